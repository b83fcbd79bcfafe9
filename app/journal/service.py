"""Record changes, and tell the rooms above."""

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import col

from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.journal.tables import JournalCounter, JournalEntry
from app.journal.vocabulary import Change, Method

Handler = Callable[[WriteSession, Change], None]
_handlers: dict[str, list[Handler]] = {}


def subscribe(record_type: str, handler: Handler) -> None:
    """Call `handler` in the same transaction as every change of `record_type`. Called where the house is assembled."""
    known = _handlers.setdefault(record_type, [])
    if handler not in known:
        known.append(handler)


def payload_hash(payload: dict[str, Any]) -> str:
    """Return the SHA-256 of the public payload as canonical JSON, in hex."""
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def record(session: WriteSession, change: Change) -> None:
    """Write `change` to the journal when the transaction commits, and tell the subscribers now."""
    session.flush()
    for handler in _handlers.get(change.type, []):
        handler(session, change)
    session.info.setdefault("journal", []).append(change)
    finishing = session.info.setdefault("before_commit", [])
    if _number_and_write not in finishing:
        finishing.append(_number_and_write)


def changed(record_type: str, record_id: str, home: str, rev: int, payload: dict[str, Any]) -> Change:
    """Return the change that says that a record is now as `payload` says."""
    return Change(record_type, record_id, home, rev, Method.PUT, payload_hash(payload))


def entries(session: ReadSession | WriteSession, record_id: str) -> Iterable[JournalEntry]:
    """Return the journal of one record, oldest first."""
    wanted = select(JournalEntry).where(col(JournalEntry.record_id) == record_id).order_by(col(JournalEntry.seq))
    return session.execute(wanted).scalars().all()


def _number_and_write(session: WriteSession) -> None:
    # Always the last of what is to be done: its counter is locked until the commit, and whoever needs a lock after that
    # could wait for somebody who waits for the counter.
    if waiting := session.info["before_commit"]:
        waiting.append(_number_and_write)
        return
    changes: list[Change] = session.info.pop("journal")
    session.flush()
    value = col(JournalCounter.value)
    taken = update(JournalCounter).values(value=value + len(changes)).returning(value)
    last: int = session.connection().execute(taken).scalar_one()
    at = now()
    rows = [
        {
            "seq": last - len(changes) + position,
            "type": change.type,
            "record_id": change.record_id,
            "home": change.home,
            "rev": change.rev,
            "method": change.method.value,
            "payload_hash": change.payload_hash,
            "at": at,
        }
        for position, change in enumerate(changes, start=1)
    ]
    session.connection().execute(insert(JournalEntry), rows)
