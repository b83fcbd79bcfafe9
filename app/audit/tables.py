"""The audit log: who did what, in a chain of hashes that shows when somebody changed it."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, LargeBinary
from sqlmodel import Field, SQLModel

from app.core.clock import now
from app.core.columns import id_column, new_id


class AuditHead(SQLModel, table=True):
    """One row: the end of the chain, and where it begins now that the oldest part has been cut off."""

    __tablename__ = "audit_head"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    hash: str = Field(max_length=64)
    kept_from: int = Field(sa_column=Column(BigInteger, nullable=False))
    cut_hash: str = Field(max_length=64, description="The hash of the last entry that was cut off")


class AuditActor(SQLModel, table=True):
    """Who stands behind a random id of the log. Whoever is erased loses this row, and the log knows nobody."""

    __tablename__ = "audit_actor"

    id: str = Field(default_factory=new_id, sa_column=id_column())
    actor_id: str = Field(max_length=36, unique=True, description="A person's or a key's; empty: the node's own")
    # What was before and after is hashed with it: without it nobody can tell what a hash is of by guessing.
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AuditEntry(SQLModel, table=True):
    """One act. The database refuses to change it, and to remove it before the chain has been cut there."""

    __tablename__ = "audit_entry"

    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: datetime = Field(default_factory=now, index=True)
    actor: str | None = Field(default=None, max_length=36)
    role: str | None = Field(default=None, max_length=32)
    organization_id: str | None = Field(default=None, max_length=36, index=True)
    action: str = Field(max_length=64)
    object_type: str = Field(max_length=64)
    object_id: str = Field(max_length=64, index=True)
    before_hash: str | None = Field(default=None, max_length=64)
    after_hash: str | None = Field(default=None, max_length=64)
    request_id: str | None = Field(default=None, max_length=64)
    previous: str = Field(max_length=64, description="The hash of the entry before")
    hash: str = Field(max_length=64)
