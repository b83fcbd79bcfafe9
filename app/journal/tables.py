"""The change journal: what changed, when, by whom. Audit, alerts and sync read it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column
from sqlmodel import Field, SQLModel

from app.core.clock import now


class JournalCounter(SQLModel, table=True):
    """One row. Taking a number here is the last statement of a transaction, so numbers become visible in order."""

    __tablename__ = "journal_counter"

    id: int = Field(primary_key=True)
    value: int = Field(sa_column=Column(BigInteger, nullable=False))


class JournalEntry(SQLModel, table=True):
    """One change of one record."""

    __tablename__ = "journal_entry"

    # Wide, because a restored node will go on counting from generation x 2^40 (the sync protocol).
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    type: str = Field(max_length=64)
    record_id: str = Field(max_length=36, index=True)
    home: str = Field(max_length=64)
    rev: int
    method: str = Field(max_length=8)
    actor_id: str | None = Field(default=None, max_length=36)
    request_id: str | None = Field(default=None, max_length=64)
    payload_hash: str = Field(max_length=64)
    at: datetime = Field(default_factory=now)


class JournalRevision(SQLModel, table=True):
    """What one change changed: the fields and what they held before. What follows says what they hold now.

    Beside the journal and not in it: the journal is read by other nodes, this by whoever may edit the record.
    """

    __tablename__ = "journal_revision"

    type: str = Field(primary_key=True, max_length=64)
    record_id: str = Field(primary_key=True, max_length=36)
    rev: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    method: str = Field(max_length=8)
    at: datetime = Field(default_factory=now)
    organization_id: str | None = Field(default=None, max_length=36)
    role: str | None = Field(default=None, max_length=32)
    reason: str | None = Field(default=None, max_length=300)
    before: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class JournalNode(SQLModel, table=True):
    """Another node whose records are here as copies: only it changes them."""

    __tablename__ = "journal_node"

    id: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=200, description="The region it serves, as people read it")
    url: str = Field(max_length=2048, description="Its public address, without a slash at the end")
