"""Tables of accounts: keys, and the answers kept for requests that come again."""

from datetime import datetime

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from app.accounts.vocabulary import Role
from app.core.clock import now
from app.core.columns import id_column, new_id, state_column


class ApiKey(SQLModel, table=True):
    """A key of a machine. Only its keyed hash is here: whoever reads the database has no key."""

    __tablename__ = "api_key"

    id: str = Field(default_factory=new_id, sa_column=id_column())
    name: str = Field(max_length=300)
    hint: str = Field(max_length=16)
    key_hash: str = Field(max_length=64, unique=True)
    organization_id: str = Field(max_length=36, index=True)
    role: Role = Field(sa_column=state_column(Role))
    scopes: str = Field(max_length=500, description="Separated by spaces")
    region: str | None = Field(default=None, max_length=8)
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime
    revoked_at: datetime | None = Field(default=None)
    last_used_at: datetime | None = Field(default=None)


class KeptAnswer(SQLModel, table=True):
    """The answer to a request that had an `Idempotency-Key`, written in the transaction of what the request did."""

    __tablename__ = "kept_answer"

    organization_id: str = Field(primary_key=True, max_length=36)
    idempotency_key: str = Field(primary_key=True, max_length=255)
    request_hash: str = Field(max_length=64)
    status: int
    headers: str = Field(max_length=4000, description="JSON")
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(default_factory=now, index=True)
