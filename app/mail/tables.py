"""The outbox: letters that wait to be sent or were, and who wants no more of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel

from app.core.clock import now
from app.core.columns import id_column, new_id, state_column
from app.mail.vocabulary import State


class OutboxLetter(SQLModel, table=True):
    """One letter to one address, queued in the transaction of what it tells."""

    __tablename__ = "outbox_letter"
    __table_args__ = (Index(None, "state", "next_try_at"),)

    id: str = Field(default_factory=new_id, sa_column=id_column())
    key: str = Field(max_length=200, unique=True, description="The room's own, or the id")
    # None: wiped, some days after the letter was sent.
    address: str | None = Field(default=None, max_length=320)
    person_id: str | None = Field(default=None, max_length=36, index=True)
    language: str = Field(max_length=3)
    template: str = Field(max_length=100)
    values: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    # Given when the letter is first taken to be sent, and the same ever after: who gets it twice sees it once.
    message_id: str | None = Field(default=None, max_length=320)
    state: State = Field(sa_column=state_column(State))
    attempts: int = Field(default=0)
    next_try_at: datetime = Field(default_factory=now)
    holder: str | None = Field(default=None, max_length=36, description="Which worker sends it just now")
    held_until: datetime | None = Field(default=None)
    queued_at: datetime = Field(default_factory=now)
    ended_at: datetime | None = Field(default=None, description="When it was sent, or given up")
    fault: str | None = Field(default=None, max_length=300, description="What the mail server said last")


class MailStop(SQLModel, table=True):
    """An address that wants no more invitations to answer. Only its keyed hash is here."""

    __tablename__ = "mail_stop"

    address_hash: str = Field(primary_key=True, max_length=64)
    at: datetime = Field(default_factory=now)
