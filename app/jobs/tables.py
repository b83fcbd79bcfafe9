"""What the worker does again and again: who does it now, and when it was done last."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class JobRun(SQLModel, table=True):
    """One job: the lease of the worker that runs it, and its last run."""

    __tablename__ = "job_run"

    name: str = Field(primary_key=True, max_length=64)
    holder: str | None = Field(default=None, max_length=36)
    held_until: datetime | None = Field(default=None)
    # The moment of its timetable that was last run for: what came after it and is past was missed.
    ran_for: datetime | None = Field(default=None)
    started_at: datetime | None = Field(default=None)
    ended_at: datetime | None = Field(default=None)
    done: int | None = Field(default=None, description="How many things the last run did")
    fault: str | None = Field(default=None, max_length=300, description="Why the last run failed")
