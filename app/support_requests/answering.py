"""What becomes of a request: acknowledged, accepted, declined, taken back; and whether the support helped."""

from datetime import datetime
from typing import Any

from app.accounts.vocabulary import Caller
from app.core.clock import now
from app.core.db import WriteSession
from app.core.preconditions import Precondition
from app.support_requests import ground, letters
from app.support_requests.schemas import AcceptIn, DeclineIn, OutcomeIn, SupportRequestRead
from app.support_requests.vocabulary import ANSWER_WITHIN, RequestSide, RequestStep

ANY_VERSION = Precondition(None)


def acknowledge(
    session: WriteSession,
    request_id: str,
    *,
    by: Caller,
    match: Precondition = ANY_VERSION,
    at: datetime | None = None,
) -> SupportRequestRead:
    """Say that a request has been read and will be decided, which gives another month; return it.

    `at` is when, unless now: for the demo.

    Raises:
        NotFound, Forbidden, BadRequest, PreconditionFailed: as `ground.held`.
        Conflict: it is in another state than sent.
    """
    at = at or now()
    more = {"due_at": at + ANSWER_WITHIN, "reminded_at": None}
    return _answer(session, request_id, RequestStep.ACKNOWLEDGE, more, by, match, at)


def accept(
    session: WriteSession,
    request_id: str,
    data: AcceptIn,
    *,
    by: Caller,
    match: Precondition = ANY_VERSION,
    at: datetime | None = None,
) -> SupportRequestRead:
    """Say that the enterprise gets the support, and how to go on; return the request. `at` as `acknowledge`.

    Raises:
        NotFound, Forbidden, BadRequest, PreconditionFailed: as `ground.held`.
        Conflict: it is decided, expired or taken back.
    """
    at = at or now()
    return _answer(session, request_id, RequestStep.ACCEPT, {"answer": data.text, "decided_at": at}, by, match, at)


def decline(
    session: WriteSession,
    request_id: str,
    data: DeclineIn,
    *,
    by: Caller,
    match: Precondition = ANY_VERSION,
    at: datetime | None = None,
) -> SupportRequestRead:
    """Say that the enterprise does not get the support, and why; return the request. `at` and raises as `accept`."""
    at = at or now()
    more = {"answer": data.text, "reason": data.reason, "decided_at": at}
    return _answer(session, request_id, RequestStep.DECLINE, more, by, match, at)


def withdraw(
    session: WriteSession, request_id: str, *, by: Caller, match: Precondition = ANY_VERSION
) -> SupportRequestRead:
    """Take an own request back before it is decided; return it. Raises as `accept`."""
    row, before = ground.held(session, request_id, RequestSide.ENTERPRISE, by=by, match=match)
    ground.take(session, row, RequestStep.WITHDRAW, by=by, decided_at=now())
    letters.withdrawn(session, row)
    return ground.told(session, row, RequestStep.WITHDRAW, RequestSide.ENTERPRISE, before)


def tell_outcome(
    session: WriteSession, request_id: str, data: OutcomeIn, *, by: Caller, match: Precondition = ANY_VERSION
) -> SupportRequestRead:
    """Say whether the support of an own accepted request helped; what was said before is replaced. Return the request.

    Raises:
        NotFound, Forbidden, BadRequest, PreconditionFailed: as `ground.held`.
        Conflict: it was never accepted.
    """
    row, before = ground.held(session, request_id, RequestSide.ENTERPRISE, by=by, match=match)
    said: dict[str, Any] = {"helped": data.helped, "comment": data.comment, "told_at": now()}
    ground.take(session, row, RequestStep.TELL_OUTCOME, by=by, **said)
    return ground.told(session, row, RequestStep.TELL_OUTCOME, RequestSide.ENTERPRISE, before)


def _answer(
    session: WriteSession,
    request_id: str,
    step: RequestStep,
    more: dict[str, Any],
    by: Caller,
    match: Precondition,
    at: datetime,
) -> SupportRequestRead:
    row, before = ground.held(session, request_id, RequestSide.PROVIDER, by=by, match=match)
    ground.take(session, row, step, by=by, at=at, answered_at=row.answered_at or at, **more)
    letters.answer(session, row)
    return ground.told(session, row, step, RequestSide.PROVIDER, before)
