"""Statements about jobs."""

from datetime import datetime
from typing import Any

from sqlalchemy import Insert, Select, Update, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from app.core.db import WriteSession
from app.jobs.tables import JobRun


def known(session: WriteSession, name: str, ran_for: datetime) -> Insert:
    """Return the statement that writes a job down unless it is there, also when two workers start at once."""
    row: dict[str, Any] = {"name": name, "ran_for": ran_for}
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(JobRun).values(row).on_conflict_do_nothing(index_elements=["name"])
    return postgresql.insert(JobRun).values(row).on_conflict_do_nothing(index_elements=["name"])


def free(name: str, holder: str, at: datetime, latest: datetime) -> Update:
    """Return the start of the statement that takes a job which nobody holds, or whose lease has run out.

    No lease lasts beyond `latest`: one that seems to was given while a clock was wrong.
    """
    is_over = or_(col(JobRun.held_until) <= at, col(JobRun.held_until) > latest)
    nobody = or_(col(JobRun.holder).is_(None), col(JobRun.holder) == holder, is_over)
    return update(JobRun).where(col(JobRun.name) == name, nobody)


def held(name: str, holder: str) -> Update:
    """Return the start of a statement about a job that `holder` runs."""
    return update(JobRun).where(col(JobRun.name) == name, col(JobRun.holder) == holder)


def last_moment() -> Select[datetime | None, datetime | None]:
    """Select the last moment at which any job was begun, and the last at which one ended."""
    return select(func.max(col(JobRun.started_at)), func.max(col(JobRun.ended_at)))


def all_runs() -> Select[JobRun]:
    """Select every job's last run, by name."""
    return select(JobRun).order_by(col(JobRun.name))
