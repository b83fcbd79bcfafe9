"""Searches that found nobody, kept as evidence: the need and the area as far as they were understood, and the day.

Who searched, and with which words, is never kept. What is noticed waits in memory, and is written some at a time after
an answer has left: no search waits for it, and none fails because of it. What a process has not written when it is
killed is lost, which changes no gap.
"""

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import product
from time import monotonic
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from app.core.clock import today
from app.core.db import Database
from app.gaps import service
from app.gaps.vocabulary import UNSTATED

_log = logging.getLogger("samnod.gaps")
_MOST_WAITING: Final = 50
_LONGEST_SECONDS: Final = 20.0
_MOST_KINDS: Final = 1_000
"""Of so many different ones nothing new is taken until they are written: memory has an end."""


class Misses:
    """What one process has noticed and not written yet."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._waiting: Counter[tuple[date, str, str]] = Counter()
        self._since = monotonic()

    def notice(self, needs: Sequence[str], areas: Sequence[str]) -> None:
        """Keep a search that found nobody, and write what waits when it is time. Called after the answer has left."""
        if not needs and not areas:
            return
        day = today()
        with self._lock:
            if not self._waiting:
                self._since = monotonic()
            for need, area in product(needs or [UNSTATED], areas or [UNSTATED]):
                if (day, need, area) in self._waiting or len(self._waiting) < _MOST_KINDS:
                    self._waiting[day, need, area] += 1
            due = self._waiting.total() >= _MOST_WAITING or monotonic() - self._since >= _LONGEST_SECONDS
        if due:
            self.write()

    def write(self) -> None:
        """Write what waits in one short transaction; what cannot be written now waits on."""
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
            self._since = monotonic()
        if not waiting:
            return
        try:
            with self._database.writes() as session:
                service.keep_searches(session, waiting)
        except SQLAlchemyError:
            _log.warning("searches that found nobody could not be kept; they wait", exc_info=True)
            with self._lock:
                self._waiting.update(waiting)
