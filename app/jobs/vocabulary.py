"""Words of jobs."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LastRun:
    """How a job's last run went; `done` counts what it did, and `fault` says why it failed."""

    name: str
    started_at: datetime | None
    ended_at: datetime | None
    done: int | None
    fault: str | None
