"""Whose turn it is: of several workers one runs a job at a time, and what was missed is known."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlmodel import col

from app.core.db import ReadSession, WriteSession
from app.jobs import queries
from app.jobs.tables import JobRun
from app.jobs.vocabulary import LastRun

# A worker that runs a job renews its lease; one that dies leaves the job to another after this.
LEASE: Final = timedelta(seconds=60)
# What lies further ahead was dated by a clock that was wrong, and tells nothing.
CLOCKS_DIFFER: Final = timedelta(minutes=5)


def ran_for(session: ReadSession | WriteSession, name: str) -> datetime | None:
    """Return the moment of its timetable that a job last ran for; None: it has never been heard of."""
    return session.execute(select(col(JobRun.ran_for)).where(col(JobRun.name) == name)).scalar_one_or_none()


def remember(session: WriteSession, name: str, at: datetime) -> None:
    """Write a job down that is new here: its timetable begins at `at`, and nothing before that was missed."""
    session.connection().execute(queries.known(session, name, at))


def take(session: WriteSession, name: str, *, holder: str, at: datetime) -> bool:
    """Take a job to run it; False when another worker runs it just now."""
    free = queries.free(name, holder, at, at + LEASE + CLOCKS_DIFFER)
    taken = free.values(holder=holder, held_until=at + LEASE, started_at=at)
    return session.connection().execute(taken).rowcount == 1


def renew(session: WriteSession, name: str, *, holder: str, at: datetime) -> None:
    """Keep a job that takes long."""
    session.connection().execute(queries.held(name, holder).values(held_until=at + LEASE))


def finish(
    session: WriteSession,
    name: str,
    *,
    holder: str,
    at: datetime,
    ran_for: datetime,
    done: int | None,
    fault: str | None,
) -> None:
    """Give a job back, with what came of it.

    `ran_for` is the moment of its timetable that it ran for; a run that failed counts too, the next comes in its time.
    """
    values = {"holder": None, "held_until": None, "ended_at": at, "ran_for": ran_for, "done": done, "fault": fault}
    session.connection().execute(queries.held(name, holder).values(**values))


def runs(session: ReadSession | WriteSession) -> list[LastRun]:
    """Return how the last run of every job went, by name."""
    rows = session.execute(queries.all_runs()).scalars().all()
    return [LastRun(row.name, row.started_at, row.ended_at, row.done, row.fault) for row in rows]


def last_worked(session: ReadSession | WriteSession) -> datetime | None:
    """Return when a worker was last heard of; None: never. One that lives says so every minute, idle or not."""
    moments = [one for one in session.execute(queries.last_moment()).one() if one is not None]
    return max(moments, default=None)
