"""Generations of the journal: a restored database goes on counting where the lost one has not been.

The sync protocol: a number in the journal is generation x 2^40 + a count within the generation.
"""

from sqlalchemy import select, update
from sqlmodel import col

from app.core.db import ReadSession, WriteSession
from app.journal.tables import JournalCounter

GENERATION_SIZE = 2**40
# JSON's numbers are exact below 2^53.
LAST_GENERATION = 2**53 // GENERATION_SIZE - 1


def generation(session: ReadSession | WriteSession) -> int:
    """Return the generation that the journal counts in; 0 until the node's database has been restored once."""
    last: int = session.connection().execute(select(col(JournalCounter.value))).scalar_one()
    return last // GENERATION_SIZE


def begin_generation(session: WriteSession, *, at_least: int) -> int:
    """Go on counting in the next generation, or in `at_least` if that is higher, and return which one it is.

    Called after a restore: what the lost database numbered after the backup was made may have been read by others.
    """
    begun = max(generation(session) + 1, at_least)
    session.connection().execute(update(JournalCounter).values(value=begun * GENERATION_SIZE))
    return begun
