"""How far each person has been told what is new."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class DigestMark(SQLModel, table=True):
    """Until when a person's digest of one organisation has told; what is newer comes in the next."""

    __tablename__ = "digest_mark"

    person_id: str = Field(primary_key=True, max_length=36)
    organization_id: str = Field(primary_key=True, max_length=36)
    told_until: datetime
