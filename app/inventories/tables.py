"""Tables of the needs inventories. What somebody answered stands in a row that tells neither when nor, once the round
is closed, by whose invitation; what is published of a round is written into the round itself, once.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.clock import now
from app.core.columns import id_column, new_id, state_column
from app.inventories.vocabulary import InvitationState, Side, Status


def _round_column(*, index: bool = False) -> Column[str]:
    return Column(String(36), ForeignKey("needs_inventory.id", ondelete="CASCADE"), nullable=False, index=index)


class NeedsInventory(SQLModel, table=True):
    """One round of a survey of needs."""

    __tablename__ = "needs_inventory"
    __table_args__ = (Index(None, "status", "closes_on"),)

    id: str = Field(default_factory=new_id, sa_column=id_column())
    home: str = Field(max_length=64, description="The node that asks")
    rev: int = Field(default=1)
    status: Status = Field(sa_column=state_column(Status))
    name: str = Field(max_length=300)
    summary: str = Field(default="")
    language: str = Field(max_length=3)
    area_code: str = Field(max_length=8, index=True)
    side: Side = Field(sa_column=state_column(Side))
    opens_on: date
    closes_on: date
    own_questions: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    is_imported: bool = Field(default=False)
    is_demo: bool = Field(default=False, description="Answers that are made up, and labelled so")
    results: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True)), description="What is published, from its closing on"
    )
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)
    opened_at: datetime | None = Field(default=None)
    closed_at: datetime | None = Field(default=None)


class InventoryInvitation(SQLModel, table=True):
    """An organisation that is asked. Of its link only a keyed hash is here."""

    __tablename__ = "inventory_invitation"
    __table_args__ = (UniqueConstraint("inventory_id", "receiver"),)

    id: str = Field(default_factory=new_id, sa_column=id_column())
    inventory_id: str = Field(sa_column=_round_column())
    receiver: str = Field(max_length=320, description="An organisation's id, or a function's address in small letters")
    organization_id: str | None = Field(default=None, max_length=36)
    name: str = Field(max_length=300)
    address: str | None = Field(default=None, max_length=320)
    language: str = Field(max_length=3)
    area_code: str | None = Field(default=None, max_length=8)
    state: InvitationState = Field(sa_column=state_column(InvitationState))
    token_hash: str = Field(max_length=64, unique=True)
    sent_on: date
    reminders: int = Field(default=0)
    reminded_on: date | None = Field(default=None)
    answered: bool = Field(default=False)


class InventoryAnswer(SQLModel, table=True):
    """What one organisation answered. Nothing ever reads these rows but what counts them, and shows comments alone."""

    __tablename__ = "inventory_answer"

    id: str = Field(default_factory=new_id, sa_column=id_column())
    inventory_id: str = Field(sa_column=_round_column(index=True))
    invitation_id: str | None = Field(
        default=None, max_length=36, unique=True, description="None once the round is closed, and of an import"
    )
    area_code: str | None = Field(default=None, max_length=8)
    given: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False), description="Level or choice, by question"
    )
    texts: dict[str, str] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False), description="Comment or text, by question"
    )
