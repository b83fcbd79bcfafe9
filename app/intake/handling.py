"""The coordinator of the region: examines a request, proposes a decision, tells what was decided; and the clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import col

from app.accounts.vocabulary import Caller
from app.core.clock import now, zone
from app.core.db import WriteSession
from app.core.errors import Conflict
from app.core.preconditions import Precondition
from app.intake import ground, letters, queries
from app.intake.schemas import ChecklistIn, CooperationRead, DecisionIn, ExamineIn, ProposalIn, ReturnIn
from app.intake.tables import CooperationRequest
from app.intake.vocabulary import Side, Step

ANY_VERSION = Precondition(None)
# How many a night: each is a letter or several.
_BATCH = 500


def examine(
    session: WriteSession,
    request_id: str,
    data: ExamineIn,
    *,
    by: Caller,
    secret: bytes,
    match: Precondition = ANY_VERSION,
) -> CooperationRead:
    """Take a request up, and tell whoever asks that its possibilities are examined; return it.

    Raises:
        NotFound: there is none in the caller's region.
        PreconditionFailed: it has changed since the caller read it.
        Conflict: it is in another state than received.
        InvalidContent: the day set has passed.
    """
    row, before = ground.held(session, request_id, Side.HANDLER, by=by, match=match)
    due = ground.due_day(row, data.due_on, Step.EXAMINE)
    return _step(session, row, Step.EXAMINE, {"due_on": due}, by, secret, before, data.note)


def propose(
    session: WriteSession,
    request_id: str,
    data: ProposalIn,
    *,
    by: Caller,
    secret: bytes,
    match: Precondition = ANY_VERSION,
) -> CooperationRead:
    """Propose a decision by one of the four routes, or put it in other words; return the request.

    Warnings about a partnership stand in what is returned, and stop nothing.

    Raises:
        NotFound, PreconditionFailed, InvalidContent: as `examine`.
        Conflict: it is not being examined.
    """
    row, before = ground.held(session, request_id, Side.HANDLER, by=by, match=match)
    values = {
        "route": data.route,
        "proposal": data.proposal,
        "proposal_reason": data.reason,
        "due_on": ground.due_day(row, data.due_on, Step.PROPOSE),
    }
    return _step(session, row, Step.PROPOSE, values, by, secret, before)


def take_back(
    session: WriteSession,
    request_id: str,
    data: ReturnIn,
    *,
    by: Caller,
    secret: bytes,
    match: Precondition = ANY_VERSION,
) -> CooperationRead:
    """Take a proposal back, to examine further; its text stays, to be put in other words. Raises as `propose`."""
    row, before = ground.held(session, request_id, Side.HANDLER, by=by, match=match)
    due = ground.due_day(row, None, Step.RETURN)
    return _step(session, row, Step.RETURN, {"due_on": due}, by, secret, before, data.note)


def decide(
    session: WriteSession,
    request_id: str,
    data: DecisionIn,
    *,
    by: Caller,
    secret: bytes,
    match: Precondition = ANY_VERSION,
) -> CooperationRead:
    """Tell what was decided upon a proposal, and why; return the request.

    Raises:
        NotFound, PreconditionFailed: as `examine`.
        Conflict: nothing is proposed, or it is decided already.
    """
    row, before = ground.held(session, request_id, Side.HANDLER, by=by, match=match)
    values = {
        "outcome": data.outcome,
        "decision": data.decision,
        "decision_reason": data.reason,
        "decided_at": now(),
        "due_on": None,
    }
    return _step(session, row, Step.DECIDE, values, by, secret, before)


def check(
    session: WriteSession, request_id: str, data: ChecklistIn, *, by: Caller, match: Precondition = ANY_VERSION
) -> CooperationRead:
    """Say of the rules of a partnership whether they hold; return the request with what speaks against one.

    Raises:
        NotFound, PreconditionFailed: as `examine`.
        Conflict: it is neither being examined nor proposed.
    """
    row, before = ground.held(session, request_id, Side.HANDLER, by=by, match=match)
    said = {rule: holds.value for rule, holds in data.rules.items()}
    ground.take(session, row, Step.CHECK, by=by, checklist={**row.checklist, **said})
    return ground.told(session, row, Step.CHECK, Side.HANDLER, before)


def remind(session: WriteSession, at: datetime) -> int:
    """Remind the handlers of the requests whose day has passed, once for each day set; return how many requests."""
    day = at.astimezone(zone("SE")).date()
    reminded = 0
    for row in session.execute(queries.overdue(day, _BATCH)).scalars().all():
        still = (col(CooperationRequest.reminded_on).is_(None), col(CooperationRequest.due_on) < day)
        try:
            ground.take(session, row, Step.REMIND, *still, at=at, reminded_on=day)
        except Conflict:
            # Whoever came first has moved it on, or reminded.
            continue
        letters.overdue(session, row)
        reminded += 1
    return reminded


def _step(
    session: WriteSession,
    row: CooperationRequest,
    step: Step,
    values: Mapping[str, Any],
    by: Caller,
    secret: bytes,
    before: dict[str, Any],
    note: str = "",
) -> CooperationRead:
    ground.take(session, row, step, by=by, note=note, reminded_on=None, **values)
    letters.moved(session, row, secret)
    return ground.told(session, row, step, Side.HANDLER, before)
