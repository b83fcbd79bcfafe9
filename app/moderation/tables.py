"""What readers report, and what coordinators do. Nothing is kept of who reports."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from app.core.clock import now
from app.core.columns import id_column, new_id, state_column
from app.moderation.vocabulary import ReportKind, ReportState, Subject, Verb


class Report(SQLModel, table=True):
    """What somebody says is wrong with a public record."""

    __table_args__ = (Index(None, "state", "created_at"), Index(None, "subject_id", "state"))

    id: str = Field(default_factory=new_id, sa_column=id_column())
    subject: Subject = Field(sa_column=state_column(Subject))
    subject_id: str = Field(max_length=36)
    # As it was then, so that the report of a record that has gone still has its coordinator.
    area: str | None = Field(default=None, max_length=8)
    kind: ReportKind = Field(sa_column=state_column(ReportKind))
    text: str
    state: ReportState = Field(sa_column=state_column(ReportState))
    act_id: str | None = Field(default=None, max_length=36, index=True, description="The act that closed it")
    created_at: datetime = Field(default_factory=now)


class ModerationAct(SQLModel, table=True):
    """One act of a coordinator, with its reason. Acts are added and marked as undone, never changed or removed."""

    __tablename__ = "moderation_act"
    __table_args__ = (Index(None, "actor_id", "at"), Index(None, "subject_id", "verb"))

    id: str = Field(default_factory=new_id, sa_column=id_column())
    verb: Verb = Field(sa_column=state_column(Verb))
    subject: Subject = Field(sa_column=state_column(Subject))
    subject_id: str = Field(max_length=36)
    area: str | None = Field(default=None, max_length=8)
    reason: str = Field(max_length=300)
    actor_id: str = Field(max_length=36)
    organization_id: str = Field(max_length=36)
    role: str = Field(max_length=32)
    at: datetime = Field(default_factory=now, index=True)
    undone_at: datetime | None = Field(default=None)
    rev: int | None = Field(default=None, description="The number that the record had after it was hidden or shown")
    undoes: str | None = Field(default=None, max_length=36, description="The act that this one takes back")
