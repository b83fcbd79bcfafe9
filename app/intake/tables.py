"""Tables of the intake. What stands here is the business of its two sides: nothing of it is synced.

Organisations are another room's, so they are referred to by id; the name is kept as it was then.
"""

from datetime import date, datetime

from sqlalchemy import JSON, Column, ForeignKey, Index, String
from sqlmodel import Field, SQLModel

from app.core.clock import now
from app.core.columns import id_column, new_id, state_column
from app.intake.vocabulary import Outcome, State, Step


class CooperationRequest(SQLModel, table=True):
    """What somebody wants to do together with the public side, how it is handled, and what was decided."""

    __tablename__ = "cooperation_request"
    # Each side's list is read from its own index; the last is what the nightly job asks by.
    __table_args__ = (
        Index(None, "organization_id", "received_at", "id"),
        Index(None, "area_code", "received_at", "id"),
        Index(None, "state", "due_on"),
    )

    id: str = Field(default_factory=new_id, sa_column=id_column())
    organization_id: str | None = Field(default=None, max_length=36, description="None: asked without an account")
    requester_name: str = Field(max_length=300)
    title: str = Field(max_length=300)
    text: str
    area_code: str = Field(max_length=8)
    wished_route: str | None = Field(default=None, max_length=64)
    contact_function: str | None = Field(default=None, max_length=300)
    contact_email: str | None = Field(default=None, max_length=320)
    language: str = Field(max_length=3)
    token_hash: str | None = Field(default=None, max_length=64, unique=True)
    state: State = Field(sa_column=state_column(State))
    route: str | None = Field(default=None, max_length=64)
    checklist: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    proposal: str = Field(default="")
    proposal_reason: str = Field(default="")
    outcome: Outcome | None = Field(default=None, sa_column=state_column(Outcome, nullable=True))
    decision: str = Field(default="")
    decision_reason: str = Field(default="")
    due_on: date | None = Field(default=None)
    reminded_on: date | None = Field(default=None)
    rev: int = Field(default=1)
    received_at: datetime = Field(default_factory=now)
    decided_at: datetime | None = Field(default=None)
    updated_at: datetime = Field(default_factory=now)


class CooperationStep(SQLModel, table=True):
    """One step of a request, in the order in which they were taken; nothing is ever changed in it."""

    __tablename__ = "cooperation_step"

    number: int | None = Field(default=None, primary_key=True)
    request_id: str = Field(
        sa_column=Column(
            String(36), ForeignKey("cooperation_request.id", ondelete="CASCADE"), nullable=False, index=True
        )
    )
    at: datetime = Field(default_factory=now)
    step: Step = Field(sa_column=state_column(Step))
    state: State = Field(sa_column=state_column(State))
    role: str | None = Field(default=None, max_length=32)
    note: str = Field(default="")
