"""Tables of procurement opportunities and their lots."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, ForeignKey, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.columns import Synced, id_column, index_of_shown, new_id, part_id, sort_column, state_column
from app.opportunities.vocabulary import Form, LotResult, Origin, ReservedExecution, Status, ValueBand


def _child(of: str, *, primary_key: bool = False) -> Column[str]:
    parent = ForeignKey(f"{of}.id", ondelete="CASCADE")
    return Column(String(36), parent, nullable=False, primary_key=primary_key, index=not primary_key)


class Opportunity(Synced, table=True):
    """A need, dialogue, partnership or procurement that a public buyer shows."""

    __table_args__ = (
        UniqueConstraint("home", "notice_source", "notice_id"),
        index_of_shown("title_sort", "id"),
        index_of_shown("status"),
    )

    id: str = Field(default_factory=new_id, sa_column=id_column())
    owner_id: str | None = Field(default=None, max_length=36, index=True, description="The organisation that keeps it")
    title: str = Field(max_length=1000)
    title_sort: str = Field(sa_column=sort_column())
    description: str = Field(default="")
    language: str = Field(max_length=3)
    form: Form = Field(sa_column=state_column(Form))
    status: Status = Field(sa_column=state_column(Status))
    origin: Origin = Field(sa_column=state_column(Origin))
    country: str = Field(max_length=2, description="SE, NO, or another country's code on an imported notice")
    buyer_name: str = Field(max_length=300)
    buyer_number: str | None = Field(default=None, max_length=32)
    buyer_area: str | None = Field(default=None, max_length=8, index=True)
    legal_basis: str | None = Field(default=None, max_length=300, description="As the buyer states it")
    procedure_type: str | None = Field(default=None, max_length=64)
    contact_function: str | None = Field(default=None, max_length=300)
    contact_email: str | None = Field(default=None, max_length=320)
    official_url: str | None = Field(default=None, max_length=2048)
    published_at: datetime | None = Field(default=None, index=True)
    deadline_at: datetime | None = Field(default=None, index=True)
    questions_until: datetime | None = Field(default=None)
    starts_on: date | None = Field(default=None)
    electronic_tenders: bool | None = Field(default=None, description="None: not stated")
    prior_notice: bool | None = Field(default=None, description="None: not stated")
    closed_at: datetime | None = Field(default=None)
    hidden_at: datetime | None = Field(default=None, description="When a coordinator hid it from everybody else")
    ended_on: date | None = Field(default=None, description="The day of the decision to award or to cancel")
    ended_reason: str | None = Field(default=None, description="Why it was awarded so, or cancelled")
    notice_source: str | None = Field(default=None, max_length=64)
    notice_id: str | None = Field(default=None, max_length=64)
    notice_version: str | None = Field(default=None, max_length=16)
    notice_subtype: str | None = Field(default=None, max_length=8)
    notice_number: str | None = Field(
        default=None, max_length=64, description="Publication number, for instance in TED"
    )
    procedure_id: str | None = Field(
        default=None, max_length=64, index=True, description="eForms BT-04, by which a result finds its procurement"
    )


class OpportunityObjective(SQLModel, table=True):
    """A social objective (eForms BT-775)."""

    __tablename__ = "opportunity_objective"

    opportunity_id: str = Field(sa_column=_child("opportunity", primary_key=True))
    objective: str = Field(primary_key=True, max_length=64)


class OpportunityBuyer(SQLModel, table=True):
    """A public body that buys together with the one that the opportunity is listed under."""

    __tablename__ = "opportunity_buyer"

    opportunity_id: str = Field(sa_column=_child("opportunity", primary_key=True))
    position: int = Field(primary_key=True)
    name: str = Field(max_length=300)


class OpportunitySrppArea(SQLModel, table=True):
    """One of the six areas of socially responsible procurement."""

    __tablename__ = "opportunity_srpp_area"

    opportunity_id: str = Field(sa_column=_child("opportunity", primary_key=True))
    area: str = Field(primary_key=True, max_length=64)


class Lot(SQLModel, table=True):
    """A part of an opportunity that can be awarded on its own."""

    id: str = Field(default_factory=part_id, sa_column=id_column())
    opportunity_id: str = Field(sa_column=_child("opportunity"))
    position: int
    number: str = Field(max_length=64, description="The buyer's own name of the lot, for instance LOT-0001")
    title: str = Field(max_length=1000)
    description: str = Field(default="")
    cpv_main: str | None = Field(default=None, max_length=8, index=True)
    reserved_execution: ReservedExecution | None = Field(
        default=None, sa_column=state_column(ReservedExecution, nullable=True)
    )
    value_minor: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    currency: str | None = Field(default=None, max_length=3)
    duration_months: int | None = Field(default=None)
    places_wanted: int | None = Field(default=None)


class LotCpv(SQLModel, table=True):
    """An additional CPV code of a lot."""

    __tablename__ = "lot_cpv"

    lot_id: str = Field(sa_column=_child("lot", primary_key=True))
    code: str = Field(primary_key=True, max_length=8, index=True)
    position: int = Field(default=0)


class LotArea(SQLModel, table=True):
    """A place of performance: one of our area codes, or a foreign NUTS code kept as it came."""

    __tablename__ = "lot_area"

    lot_id: str = Field(sa_column=_child("lot", primary_key=True))
    area: str = Field(primary_key=True, max_length=8, index=True)
    is_foreign: bool = Field(default=False)
    position: int = Field(default=0)


class LotReservation(SQLModel, table=True):
    """A rule under which the lot is reserved; a lot may carry two."""

    __tablename__ = "lot_reservation"

    lot_id: str = Field(sa_column=_child("lot", primary_key=True))
    reservation: str = Field(primary_key=True, max_length=32)


class LotTargetGroup(SQLModel, table=True):
    """A group that the buyer wants to reach."""

    __tablename__ = "lot_target_group"

    lot_id: str = Field(sa_column=_child("lot", primary_key=True))
    target_group: str = Field(primary_key=True, max_length=64)


class Award(SQLModel, table=True):
    """How one lot ended, or the whole: one winner, or that there is none. Only legal persons are named."""

    __tablename__ = "opportunity_award"

    id: str = Field(default_factory=part_id, sa_column=id_column())
    opportunity_id: str = Field(sa_column=_child("opportunity"))
    position: int
    lot_number: str | None = Field(default=None, max_length=64, description="None: the whole")
    result: LotResult = Field(sa_column=state_column(LotResult))
    winner_name: str | None = Field(default=None, max_length=300)
    winner_number: str | None = Field(default=None, max_length=32)
    winner_country: str | None = Field(default=None, max_length=2)
    is_natural_person: bool = Field(default=False, description="Then neither name nor number is kept")
    is_winner_sme: bool | None = Field(default=None)
    is_winner_social: bool | None = Field(default=None)
    winner_source: str | None = Field(default=None, max_length=200, description="Where the two facts above come from")
    value_minor: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    currency: str | None = Field(default=None, max_length=3)
    value_band: ValueBand | None = Field(default=None, sa_column=state_column(ValueBand, nullable=True))
    tender_count: int | None = Field(default=None)
    awarded_on: date | None = Field(default=None)
    reason: str = Field(default="")
