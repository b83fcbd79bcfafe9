"""Attempts to sign in or to be sent a link: counted in the database, so that every process counts the same.

Neither an address nor an e-mail is kept, only keyed hashes, and those for an hour.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlmodel import col

from app.accounts import queries
from app.accounts.rules import keyed_hash
from app.accounts.tables import Attempt
from app.accounts.vocabulary import Attempted
from app.core.clock import now
from app.core.columns import new_id
from app.core.db import Database, WriteSession
from app.core.errors import Message, TooManyRequests
from app.core.i18n import N_

MOST: Final = 10
# A code has six digits, and of each million three are right at once: it is guessed less often than a password.
_MOST_OF: Final = {Attempted.TWO_STEP: 5}
WINDOW: Final = timedelta(minutes=5)
_KEPT: Final = timedelta(hours=1)


def count(database: Database, kind: Attempted, subjects: tuple[str, ...], *, secret: bytes) -> tuple[str, ...]:
    """Count an attempt by each of `subjects` (whom it names, where it comes from), and return what `take_back` takes.

    In a transaction of its own, so that an attempt that fails is counted too. What is refused is not counted: whoever
    tries somebody else's address again and again keeps nobody out for longer than the window.

    Raises:
        TooManyRequests: one of them has made as many attempts as it may; `Retry-After` says when to come back.
    """
    hashed = {_hashed(secret, kind, subject) for subject in subjects if subject}
    _require(database, kind, hashed, most_of(kind) - 1)
    rows = [Attempt(id=new_id(), kind=kind.value, subject=subject) for subject in hashed]
    with database.writes() as session:
        session.add_all(rows)
    # Counted again after it is written: of many that come at once, none sees too few.
    _require(database, kind, hashed, most_of(kind))
    return tuple(row.id for row in rows)


def most_of(kind: Attempted) -> int:
    """Return how often something may be tried within the window."""
    return _MOST_OF.get(kind, MOST)


def take_back(session: WriteSession, counted: tuple[str, ...]) -> None:
    """Forget an attempt that turned out well: a whole office may sign in from one address in the morning."""
    session.connection().execute(delete(Attempt).where(col(Attempt.id).in_(counted)))


def forget_attempts(session: WriteSession, at: datetime) -> int:
    """Remove the attempts that no longer count at `at`, and return how many they were."""
    gone = session.connection().execute(delete(Attempt).where(col(Attempt.at) < at - _KEPT))
    return gone.rowcount


def _hashed(secret: bytes, kind: Attempted, subject: str) -> str:
    return keyed_hash(secret, f"attempt:{kind.value}:{subject}")


def _require(database: Database, kind: Attempted, subjects: set[str], most: int) -> None:
    at = now()
    with database.reads() as session:
        made = [
            session.execute(queries.attempts_since(kind.value, one, at - WINDOW)).scalars().all() for one in subjects
        ]
    waits = [times[most_of(kind) - 1] + WINDOW - at for times in made if len(times) > most]
    if waits:
        seconds = max(1, int(max(waits).total_seconds()))
        told = Message(N_("Too many attempts. Come back in {n} minutes."), n=-(-seconds // 60))
        raise TooManyRequests(told, headers={"Retry-After": str(seconds)})
