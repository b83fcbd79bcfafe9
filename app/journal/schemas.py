"""What the journal tells of a record."""

from datetime import datetime
from typing import Any

from pydantic import Field

from app.core.schema import SchemaOut
from app.journal.vocabulary import Method


class Revision(SchemaOut):
    """One change of a record."""

    rev: int = Field(description="The number that the record had after the change")
    at: datetime
    method: Method
    fields: list[str] = Field(description="The fields that changed")
    organization_id: str | None = Field(description="Who changed it; for those who may edit the record")
    role: str | None = Field(description="As what; for those who may edit the record")
    reason: str | None = Field(description="Why, when somebody else than its owner did; for those who may edit it")
    before: dict[str, Any] | None = Field(description="What the fields held before; for those who may edit the record")


class History(SchemaOut):
    """The changes of a record, newest first."""

    items: list[Revision]


class NodeRead(SchemaOut):
    """Another node, which records are copied from."""

    id: str
    name: str = Field(description="The region it serves")
    url: str = Field(description="Its public address")
