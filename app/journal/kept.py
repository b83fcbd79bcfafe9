"""What everybody may see is counted once, and stays true until somebody writes: kept for each database in memory."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.engine import Connection, Engine

from app.core.clock import today
from app.core.db import ReadSession
from app.journal import service as journal

_MOST: int = 200
Answer = TypeVar("Answer")
Kept = WeakKeyDictionary[Engine, dict[tuple[int, date, str], Answer]]
"""Answers by the number of the last change, the day and the question."""


def kept(session: ReadSession, answers: Kept[Answer], question: str, ask: Callable[[], Answer]) -> Answer:
    """Return what was answered before, if nobody has written since; else ask, and keep the answer."""
    last: int = session.execute(select(journal.last_number())).scalar_one()
    known = answers.setdefault(engine_of(session), {})
    key = (last, today(), question)
    if key not in known:
        answer = ask()
        if len(known) >= _MOST:
            known.clear()
        known[key] = answer
        return answer
    return known[key]


def engine_of(session: ReadSession) -> Engine:
    """Return the engine that a session asks: what is kept in memory is kept for each database by itself."""
    bound = session.get_bind()
    return bound.engine if isinstance(bound, Connection) else bound
