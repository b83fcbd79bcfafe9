"""The index that ranks: which enterprises hold which term, as sorted lists in binary, and the compiled documents.

An enterprise has a slot, a small number. Slots are cut into chunks of 65,536, so that a place in a chunk is two bytes.
"""

from sqlalchemy import Column, LargeBinary, String
from sqlmodel import Field, SQLModel

CHUNK = 65_536


class MatchEnterprise(SQLModel, table=True):
    """One enterprise in the index: its slot and its document as matching compiled it."""

    __tablename__ = "match_enterprise"

    enterprise_id: str = Field(sa_column=Column(String(36), primary_key=True))
    slot: int = Field(unique=True)
    name: str = Field(max_length=300)
    municipality: str | None = Field(default=None, max_length=8)
    document: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class MatchPosting(SQLModel, table=True):
    """The enterprises of one chunk that hold one term: two-byte offsets in order, and an impact byte for each."""

    __tablename__ = "match_posting"

    term: str = Field(primary_key=True, max_length=80)
    chunk: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    offsets: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    impacts: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class MatchWhereabouts(SQLModel, table=True):
    """The areas of 4,096 enterprises: see `whereabouts`."""

    __tablename__ = "match_whereabouts"

    block: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    counts: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    numbers: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class MatchState(SQLModel, table=True):
    """One row: how many slots were ever given, and the scorer that the documents were compiled by."""

    __tablename__ = "match_state"

    id: int = Field(primary_key=True)
    slots: int
    scorer_version: str = Field(max_length=32)
