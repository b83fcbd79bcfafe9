"""When a digest is due: a judgement without a database."""

from datetime import datetime, timedelta
from typing import Final

from app.accounts.vocabulary import Digest
from app.core.clock import zone

# In the morning, before the day's work; weekly ones on Mondays. Sweden and Norway keep the same time.
_HOUR: Final = 7
_EVERY: Final = {Digest.DAILY: timedelta(days=1), Digest.WEEKLY: timedelta(days=7)}


def since(digest: Digest, told_until: datetime | None, at: datetime) -> datetime | None:
    """Return since when a digest that is due at `at` tells; None when none is due.

    It is due when its hour has passed since the last one, however late that is noticed: a node that was down at seven
    catches up. The first tells of the day, or the week, that has gone.
    """
    if digest not in _EVERY or (told_until is not None and told_until >= _last_hour(digest, at)):
        return None
    return told_until or at - _EVERY[digest]


def _last_hour(digest: Digest, at: datetime) -> datetime:
    there = at.astimezone(zone("SE"))
    hour = there.replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    if hour > there:
        hour -= timedelta(days=1)
    return hour - timedelta(days=hour.weekday()) if digest is Digest.WEEKLY else hour
