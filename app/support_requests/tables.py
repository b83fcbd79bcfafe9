"""Tables of the requests for support. What stands here is the business of its two sides: nothing of it is synced.

Offers, enterprises and organisations are other rooms', so they are referred to by id; names are kept as they were then.
"""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, String, text
from sqlmodel import Field, SQLModel

from app.core.clock import now
from app.core.columns import id_column, new_id, state_column
from app.support_requests.vocabulary import DeclineReason, Helped, RequestState, RequestStep

_WAITS = text("state IN ('sent', 'acknowledged')")


class SupportRequest(SQLModel, table=True):
    """What one enterprise asks of one offer, how it was answered, and whether it helped."""

    __tablename__ = "support_request"
    __table_args__ = (
        # Nobody waits for two answers to the same question: of two that come at once the database takes one.
        Index(None, "offer_id", "enterprise_id", unique=True, sqlite_where=_WAITS, postgresql_where=_WAITS),
        # Each side's list is read from its own index; the last two are what the nightly jobs ask by.
        Index(None, "organization_id", "sent_at", "id"),
        Index(None, "provider_id", "sent_at", "id"),
        Index(None, "area", "sent_at", "id"),
        Index(None, "offer_id", "answered_at"),
        Index(None, "state", "due_at"),
        Index(None, "state", "decided_at"),
    )

    id: str = Field(default_factory=new_id, sa_column=id_column())
    offer_id: str = Field(max_length=36)
    offer_name: str = Field(max_length=300)
    enterprise_id: str = Field(max_length=36, index=True)
    enterprise_name: str = Field(max_length=300)
    organization_id: str = Field(max_length=36, description="Who asks: the organisation that keeps the enterprise")
    provider_id: str | None = Field(default=None, max_length=36, description="The organisation that answers")
    provider_name: str = Field(max_length=300)
    area: str | None = Field(default=None, max_length=8, description="Whose coordinator answers in its place")
    is_by_coordinator: bool = Field(description="The provider has nobody on Samnod who could answer")
    state: RequestState = Field(sa_column=state_column(RequestState))
    text: str
    contact_email: str | None = Field(default=None, max_length=320)
    reason: DeclineReason | None = Field(default=None, sa_column=state_column(DeclineReason, nullable=True))
    answer: str = Field(default="")
    helped: Helped | None = Field(default=None, sa_column=state_column(Helped, nullable=True))
    comment: str = Field(default="", description="For nobody but the enterprise itself")
    rev: int = Field(default=1)
    sent_at: datetime = Field(default_factory=now)
    due_at: datetime
    answered_at: datetime | None = Field(default=None, description="When the first answer came, whatever it said")
    decided_at: datetime | None = Field(default=None)
    reminded_at: datetime | None = Field(default=None)
    asked_at: datetime | None = Field(default=None, description="When the enterprise was asked whether it helped")
    told_at: datetime | None = Field(default=None, description="When the enterprise said whether it helped")
    updated_at: datetime = Field(default_factory=now)


class SupportRequestEvent(SQLModel, table=True):
    """One step of a request, in the order in which they were taken; nothing is ever changed in it."""

    __tablename__ = "support_request_event"

    number: int | None = Field(default=None, primary_key=True)
    request_id: str = Field(
        sa_column=Column(String(36), ForeignKey("support_request.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    at: datetime = Field(default_factory=now)
    step: RequestStep = Field(sa_column=state_column(RequestStep))
    state: RequestState = Field(sa_column=state_column(RequestState))
    role: str | None = Field(default=None, max_length=32, description="As what somebody took it; none: the clock did")
