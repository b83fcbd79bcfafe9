"""Statements of the outbox."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Insert, Select, Update, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from app.core.clock import now
from app.core.db import WriteSession
from app.mail.tables import MailStop, OutboxLetter
from app.mail.vocabulary import State

_ENDED = (State.SENT, State.FAILED, State.STOPPED)


def inserted_once(session: WriteSession, row: dict[str, Any]) -> Insert:
    """Return the statement that writes a letter unless one with its key is there, also when two come at once."""
    row = {"next_try_at": now(), "queued_at": now()} | row
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(OutboxLetter).values(row).on_conflict_do_nothing(index_elements=["key"])
    return postgresql.insert(OutboxLetter).values(row).on_conflict_do_nothing(index_elements=["key"])


def due(at: datetime) -> Select[OutboxLetter]:
    """Select the letters to be sent at `at`, those that wait longest first.

    Also those which somebody took to send and did not come back with: the lease has run out.
    """
    return select(OutboxLetter).where(_is_due(at)).order_by(col(OutboxLetter.next_try_at), col(OutboxLetter.id))


def is_any_due(at: datetime) -> Select[int]:
    """Select a 1 when there is something to send."""
    return select(1).where(_is_due(at)).limit(1)


def held(letter_id: str, holder: str) -> Select[OutboxLetter]:
    """Select a letter that `holder` is sending; nothing when the lease has gone to somebody else."""
    letter = OutboxLetter
    mine = (col(letter.id) == letter_id, col(letter.holder) == holder, col(letter.state) == State.SENDING)
    return select(letter).where(*mine).with_for_update()


def stopped(hashes: set[str]) -> Select[str]:
    """Select those of these addresses' hashes that want no more invitations."""
    return select(col(MailStop.address_hash)).where(col(MailStop.address_hash).in_(hashes))


def newest(limit: int) -> Select[OutboxLetter]:
    """Select the letters that were queued last, newest first."""
    return select(OutboxLetter).order_by(col(OutboxLetter.queued_at).desc(), col(OutboxLetter.id)).limit(limit)


def wiped(before: datetime) -> Update:
    """Return the statement that wipes the addresses and contents of letters that ended before an instant."""
    old = (col(OutboxLetter.state).in_(_ENDED), col(OutboxLetter.ended_at) < before)
    # What a mail server says may name the address; its code is enough to know why.
    code = func.substr(col(OutboxLetter.fault), 1, 3)
    kept = col(OutboxLetter.address).is_not(None)
    return update(OutboxLetter).where(*old, kept).values(address=None, person_id=None, values=None, fault=code)


def _is_due(at: datetime) -> ColumnElement[bool]:
    letter = OutboxLetter
    waits = and_(col(letter.state) == State.QUEUED, col(letter.next_try_at) <= at)
    left = and_(col(letter.state) == State.SENDING, col(letter.held_until) <= at)
    return or_(waits, left)


def waiting_since() -> Select[Any]:
    """Select when the letter was queued that has waited longest."""
    waits = col(OutboxLetter.state).in_([State.QUEUED, State.SENDING])
    return select(func.min(col(OutboxLetter.queued_at))).where(waits)
