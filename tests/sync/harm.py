"""Harm from within: what is done to a process of a node before its program runs. Called by name, see starter.py.

A name may carry values after colons: `clock:365` sets the clock a year ahead.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from app.core import clock


def do(name: str) -> None:
    """Do the harm of this name."""
    kind, *values = name.split(":")
    _HARM[kind](*values)


def _clock(days: str) -> None:
    """Set this process's clock ahead by so many days; behind, when there is a minus."""
    ahead = timedelta(days=int(days))
    true_time = time.time

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + ahead

    clock.datetime = Wrong
    time.time = lambda: true_time() + ahead.total_seconds()


_HARM: dict[str, Callable[..., None]] = {"clock": _clock}
