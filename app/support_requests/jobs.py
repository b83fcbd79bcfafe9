"""What the worker does for requests: hands over, reminds, lets expire, and asks whether it helped.

Each is one transaction, may run as often as it likes, and does nothing twice.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col

from app.core.db import WriteSession
from app.core.errors import Conflict
from app.support_requests import ground, letters, queries
from app.support_requests.tables import SupportRequest
from app.support_requests.vocabulary import OUTCOME_AFTER, REMINDED_BEFORE, RequestStep

# How many a night: each is a letter or several.
_BATCH = 500


def hand_over(session: WriteSession, at: datetime) -> int:
    """Let the coordinator answer for a provider whose last person has left, and the provider again who has got one."""
    moved = 0
    for provider_id in session.execute(queries.waiting_providers()).scalars().all():
        if provider_id is None:
            continue
        by_coordinator = not letters.answering(session, provider_id)
        rows = session.execute(queries.misdirected(provider_id, is_by_coordinator=by_coordinator)).scalars().all()
        still = col(SupportRequest.is_by_coordinator).is_(not by_coordinator)
        moved += _each(
            session,
            rows,
            RequestStep.HAND_OVER,
            letters.new_request,
            still,
            at=at,
            is_by_coordinator=by_coordinator,
        )
    return moved


def remind(session: WriteSession, at: datetime) -> int:
    """Remind those who are to answer, once, a week before a request expires; return how many requests."""
    rows = session.execute(queries.unreminded(at + REMINDED_BEFORE, _BATCH)).scalars().all()
    still = col(SupportRequest.reminded_at).is_(None)
    return _each(session, rows, RequestStep.REMIND, letters.reminder, still, at=at, reminded_at=at)


def expire(session: WriteSession, at: datetime) -> int:
    """Let the requests expire that nobody has answered in time, and tell the enterprises; return how many."""
    rows = session.execute(queries.overdue(at, _BATCH)).scalars().all()
    still = col(SupportRequest.due_at) <= at
    return _each(session, rows, RequestStep.EXPIRE, letters.answer, still, at=at, decided_at=at)


def ask_outcomes(session: WriteSession, at: datetime) -> int:
    """Ask the enterprises whose requests were accepted two months ago whether it helped, once; return how many."""
    rows = session.execute(queries.unasked(at - OUTCOME_AFTER, _BATCH)).scalars().all()
    still = col(SupportRequest.asked_at).is_(None)
    return _each(session, rows, RequestStep.ASK_OUTCOME, letters.did_it_help, still, at=at, asked_at=at)


def _each(
    session: WriteSession,
    rows: Iterable[SupportRequest],
    step: RequestStep,
    tell: Callable[[WriteSession, SupportRequest], None],
    still: ColumnElement[bool],
    **values: Any,
) -> int:
    """Take a step with each of these rows and tell of it; whoever was answered while we looked is left alone."""
    taken = 0
    for row in rows:
        try:
            ground.take(session, row, step, still, **values)
        except Conflict:
            continue
        tell(session, row)
        taken += 1
    return taken
