"""What the audit log tells."""

from datetime import datetime

from pydantic import Field

from app.core.paging import PageQuery
from app.core.schema import SchemaOut


class AuditFilters(PageQuery):
    """Which entries of the log, and which page of them."""

    object_id: str | None = Field(default=None, max_length=64, description="Only acts upon this object")


class AuditEntryRead(SchemaOut):
    """One act. Hashes are hexadecimal; an entry's own covers all its fields and the hash of the one before."""

    seq: int = Field(description="Place in the chain")
    at: datetime
    actor: str | None = Field(description="A random id of whoever did it; nobody, for what the node does by itself")
    role: str | None = Field(description="As what")
    organization_id: str | None = Field(description="For which organisation")
    action: str = Field(description="A verb", json_schema_extra={"example": "change"})
    object_type: str = Field(json_schema_extra={"example": "enterprise"})
    object_id: str
    before_hash: str | None = Field(description="Keyed hash of what the object held before; its key is not told")
    after_hash: str | None = Field(description="Keyed hash of what it holds since")
    request_id: str | None
    previous: str = Field(description="The hash of the entry before")
    hash: str
