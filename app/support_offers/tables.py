"""Tables of the support offers. What an offer says several of lies in one table of terms, replaced with it."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String
from sqlmodel import Field, SQLModel

from app.core.clock import now
from app.core.columns import Synced, id_column, index_of_shown, new_id, sort_column, state_column
from app.organizations.vocabulary import OrganizationKind
from app.support_offers.vocabulary import REVIEW_MONTHS, Capacity, CorrectionState, Cost, LedTo, Status, TermKind


class SupportOffer(Synced, table=True):
    """Support that somebody offers to social enterprises, or to the public bodies that meet them."""

    __tablename__ = "support_offer"
    # Each order of the list is read from its own index; the last one is what the nightly job asks by.
    __table_args__ = (
        index_of_shown("status", "rank", "name_sort", "id"),
        index_of_shown("status", "name_sort", "id"),
        index_of_shown("status", "updated_at", "id"),
        Index(None, "status", "due_on"),
        # What there is in all is counted from the index alone.
        index_of_shown("status", "ends_on", "id"),
    )

    id: str = Field(default_factory=new_id, sa_column=id_column())
    slug: str = Field(max_length=80, unique=True)
    owner_id: str | None = Field(default=None, max_length=36, index=True, description="The organisation that keeps it")
    licence: str = Field(max_length=64)
    status: Status = Field(sa_column=state_column(Status))
    status_note: str | None = Field(default=None, max_length=300, description="Why it is in that state")
    status_at_source: str | None = Field(default=None, max_length=300)
    name: str = Field(max_length=300)
    name_sort: str = Field(sa_column=sort_column())
    rank: int = Field(description="Its place in the order `nearest`: see rules.rank_of")
    reach: int = Field(description="How wide it reaches: see rules.reach_of")
    need_count: int
    summary: str = Field(default="")
    description: str = Field(default="")
    language: str = Field(max_length=3)
    country: str = Field(max_length=3)
    area_code: str | None = Field(default=None, max_length=8, index=True)
    provider_id: str | None = Field(default=None, max_length=36, index=True)
    provider_name: str = Field(max_length=300)
    provider_kind: OrganizationKind | None = Field(
        default=None, sa_column=state_column(OrganizationKind, nullable=True)
    )
    offer_type: str = Field(max_length=64)
    structure_type: str | None = Field(default=None, max_length=64)
    eligibility: str = Field(default="")
    how_to_apply: str = Field(default="")
    website: str | None = Field(default=None, max_length=2048)
    contact_function: str | None = Field(default=None, max_length=300)
    contact_email: str | None = Field(default=None, max_length=320)
    cost: Cost = Field(sa_column=state_column(Cost))
    price_minor: int | None = Field(default=None, sa_type=BigInteger)
    currency: str | None = Field(default=None, max_length=3)
    funding_source: str | None = Field(default=None, max_length=300)
    de_minimis: bool | None = Field(default=None)
    amount: str | None = Field(default=None, max_length=300, description="How much of it: 5 hours a year")
    starts_on: date | None = Field(default=None)
    ends_on: date | None = Field(default=None)
    deadline_on: date | None = Field(default=None)
    capacity: Capacity = Field(sa_column=state_column(Capacity))
    places_left: int | None = Field(default=None)
    waiting_days: int | None = Field(default=None)
    published_at: datetime | None = Field(default=None)
    assured_on: date | None = Field(default=None, description="When its provider last said that it holds")
    review_months: int = Field(default=REVIEW_MONTHS)
    due_on: date | None = Field(default=None, description="By when it is to be confirmed again")
    hidden_at: datetime | None = Field(default=None, description="When a coordinator hid it from everybody else")


class SupportOfferTerm(SQLModel, table=True):
    """One need, group, stage, side, area or way of delivery of an offer."""

    __tablename__ = "support_offer_term"
    __table_args__ = (Index(None, "kind", "code", "offer_id"),)

    offer_id: str = Field(
        sa_column=Column(String(36), ForeignKey("support_offer.id", ondelete="CASCADE"), primary_key=True)
    )
    kind: TermKind = Field(sa_column=state_column(TermKind, primary_key=True))
    code: str = Field(primary_key=True, max_length=64)


class SupportOfferCorrection(SQLModel, table=True):
    """What somebody says is wrong with an offer, or out of date, and what became of it. Nothing is kept of who says."""

    __tablename__ = "support_offer_correction"
    __table_args__ = (Index(None, "offer_id", "state", "created_at"), Index(None, "state", "created_at"))

    id: str = Field(default_factory=new_id, sa_column=id_column())
    offer_id: str = Field(
        sa_column=Column(String(36), ForeignKey("support_offer.id", ondelete="CASCADE"), nullable=False)
    )
    field: str | None = Field(default=None, max_length=64, description="What it is about; None: the whole offer")
    text: str
    proposed: str | None = Field(default=None, max_length=2000, description="What should stand there instead")
    offer_rev: int = Field(description="Which version of the offer was read")
    state: CorrectionState = Field(sa_column=state_column(CorrectionState))
    led_to: LedTo | None = Field(default=None, sa_column=state_column(LedTo, nullable=True))
    led_to_rev: int | None = Field(default=None, description="The version of the offer that it led to")
    note: str | None = Field(default=None, max_length=300, description="What was decided, in words")
    created_at: datetime = Field(default_factory=now)
    decided_at: datetime | None = Field(default=None)
    decided_by: str | None = Field(default=None, max_length=36, description="The organisation that decided")
