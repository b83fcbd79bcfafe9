"""Two transactions at once on PostgreSQL: one goes on when the other is known to wait for it."""

import time
from typing import Final

import pytest
from sqlalchemy import text

from app.core.db import Database

# SQLite has one writer: there, nothing comes in between.
only_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"])
_LONGEST_SECONDS: Final = 30.0
_WAITING: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def until_somebody_waits(database: Database) -> None:
    """Return when a transaction waits for a lock that another one holds."""
    end = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < end:
        with database.reads() as session:
            if session.connection().execute(_WAITING).scalar():
                return
        time.sleep(0.01)
    raise TimeoutError("Nobody waits for a lock.")
