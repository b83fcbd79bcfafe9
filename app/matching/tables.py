"""The index that ranks, both ways: which enterprises hold which term, which lots ask for it; and who has met whom.

An enterprise has a slot, a small number, and so has each different lot of an open opportunity. Slots are cut into
chunks of 65,536, so that a place in a chunk is two bytes.
"""

from datetime import datetime

from sqlalchemy import Column, LargeBinary, String
from sqlmodel import Field, SQLModel

from app.core.columns import state_column
from app.matching.vocabulary import EligibilityState, Side

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
    """The areas and traits of 4,096 enterprises: see `whereabouts`."""

    __tablename__ = "match_whereabouts"

    block: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    counts: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    numbers: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    traits: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class MatchState(SQLModel, table=True):
    """One row: how many slots were ever given, and the scorer that the documents were compiled by."""

    __tablename__ = "match_state"

    id: int = Field(primary_key=True)
    slots: int
    lots: int = Field(default=0, description="How many slots were ever given to lots of open opportunities")
    scorer_version: str = Field(max_length=32)


class MatchWaiting(SQLModel, table=True):
    """A copy of another node's record that has changed and is not in the index yet: see `service.catch_up`."""

    __tablename__ = "match_waiting"

    side: Side = Field(sa_column=state_column(Side, primary_key=True))
    record_id: str = Field(primary_key=True, max_length=36)


class MatchOpportunity(SQLModel, table=True):
    """One published opportunity, compiled: see `kept`. Whether its deadline has passed is asked when it is read."""

    __tablename__ = "match_opportunity"

    opportunity_id: str = Field(sa_column=Column(String(36), primary_key=True))
    deadline_at: datetime | None = Field(default=None)
    request: str = Field(max_length=32, description="The hash of the need, by which ties are broken")
    lots: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    plans: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class MatchLot(SQLModel, table=True):
    """Whose lot a slot is."""

    __tablename__ = "match_lot"

    slot: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    opportunity_id: str = Field(sa_column=Column(String(36), nullable=False, index=True))


class MatchAsked(SQLModel, table=True):
    """The lots of one chunk that ask for one term: see `lanes`."""

    __tablename__ = "match_asked"

    term: str = Field(primary_key=True, max_length=80)
    chunk: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    entries: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class MatchSeen(SQLModel, table=True):
    """An enterprise and an open opportunity that met: they fitted well enough to be told of.

    `first_at` never changes. `met_at` is when they met last, again after having parted; `parted_at` says that they no
    longer fit. `score` and `eligibility` are those of `met_at`, by that `scorer_version`.
    """

    __tablename__ = "match_seen"

    opportunity_id: str = Field(sa_column=Column(String(36), primary_key=True))
    enterprise_id: str = Field(sa_column=Column(String(36), primary_key=True, index=True))
    first_at: datetime
    met_at: datetime = Field(index=True)
    parted_at: datetime | None = Field(default=None)
    score: int
    eligibility: EligibilityState = Field(sa_column=state_column(EligibilityState))
    scorer_version: str = Field(max_length=32)
