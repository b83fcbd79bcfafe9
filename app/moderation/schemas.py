"""What comes in and goes out about moderation."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from app.core.paging import PageQuery
from app.core.schema import KeptLine, KeptProse, SchemaIn, SchemaOut
from app.moderation.vocabulary import ReportKind, ReportState, Subject, Verb
from app.reference.fields import AreaCode

ReportText = Annotated[KeptProse, StringConstraints(min_length=10, max_length=2000)]


class ReportIn(SchemaIn):
    """What somebody says is wrong with a public record. Nothing is kept of who says it."""

    kind: ReportKind
    text: ReportText = Field(
        description="What is wrong, without personal data",
        json_schema_extra={"example": "Verksamheten lades ned i våras."},
    )


class ReportFilters(PageQuery):
    """Which reports: the open ones unless `state` says otherwise."""

    state: ReportState = Field(default=ReportState.OPEN, description="Which reports")
    area: AreaCode | None = Field(default=None, description="Area of the record")


class ReportRead(SchemaOut):
    """A report, with the record that it is about."""

    id: str
    subject: Subject
    subject_id: str
    subject_name: str | None = Field(description="None: the record is gone")
    hidden_at: datetime | None = Field(description="When the record was hidden")
    area: str | None
    kind: ReportKind
    text: str
    state: ReportState
    created_at: datetime


class ActFilters(PageQuery):
    """Which acts of moderation, the newest first."""

    area: AreaCode | None = Field(default=None, description="Area of the record")
    own: bool = Field(default=False, description="Only those of the key, or of whoever is signed in")


class ActRead(SchemaOut):
    """What a coordinator did with a record, and why."""

    id: str
    verb: Verb
    subject: Subject
    subject_id: str
    subject_name: str | None = Field(description="None: the record is gone")
    area: str | None
    reason: str
    organization_id: str
    role: str
    at: datetime
    undone_at: datetime | None
    undoes: str | None = Field(description="The act that this one took back")
    can_be_undone: bool


class ReasonIn(SchemaIn):
    """Why a coordinator does something; it is told to the record's keeper and kept."""

    reason: KeptLine = Field(min_length=3, description="Why")
