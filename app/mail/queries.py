"""Statements of the outbox."""

from typing import Any

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite

from app.core.clock import now
from app.core.db import WriteSession
from app.mail.tables import OutboxLetter


def inserted_once(session: WriteSession, row: dict[str, Any]) -> Insert:
    """Return the statement that writes a letter unless one with its key is there, also when two come at once."""
    row = {"next_try_at": now(), "queued_at": now()} | row
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(OutboxLetter).values(row).on_conflict_do_nothing(index_elements=["key"])
    return postgresql.insert(OutboxLetter).values(row).on_conflict_do_nothing(index_elements=["key"])
