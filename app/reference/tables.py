"""Tables for the full official lists, which an operator imports; what is shipped needs no database."""

from sqlmodel import Field, SQLModel


class ReferenceCode(SQLModel, table=True):
    """One code of an imported list, with the labels that its files gave."""

    __tablename__ = "reference_code"

    list: str = Field(primary_key=True, max_length=64)
    code: str = Field(primary_key=True, max_length=64)
    sv: str = Field(default="", max_length=1000)
    nb: str = Field(default="", max_length=1000)
    en: str = Field(default="", max_length=1000)


class Postcode(SQLModel, table=True):
    """One postcode and the municipality that most of it lies in."""

    country: str = Field(primary_key=True, max_length=2)
    postcode: str = Field(primary_key=True, max_length=8)
    locality: str = Field(max_length=200)
    municipality: str = Field(max_length=8)
