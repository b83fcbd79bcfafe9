"""What becomes of a request: acknowledged, accepted, declined, taken back; and whether the support helped."""

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
    session: WriteSession, request_id: str, *, by: Caller, match: Precondition = ANY_VERSION
) -> SupportRequestRead:
    """Say that a request has been read and will be decided, which gives another month; return it.

    Raises:
        NotFound, Forbidden, BadRequest, PreconditionFailed: as `ground.held`.
        Conflict: it is in another state than sent.
    """
    more = {"due_at": now() + ANSWER_WITHIN, "reminded_at": None}
    return _answer(session, request_id, RequestStep.ACKNOWLEDGE, more, by, match)


def accept(
    session: WriteSession, request_id: str, data: AcceptIn, *, by: Caller, match: Precondition = ANY_VERSION
) -> SupportRequestRead:
    """Say that the enterprise gets the support, and how to go on; return the request.

    Raises:
        NotFound, Forbidden, BadRequest, PreconditionFailed: as `ground.held`.
        Conflict: it is decided, expired or taken back.
    """
    return _answer(session, request_id, RequestStep.ACCEPT, {"answer": data.text, "decided_at": now()}, by, match)


def decline(
    session: WriteSession, request_id: str, data: DeclineIn, *, by: Caller, match: Precondition = ANY_VERSION
) -> SupportRequestRead:
    """Say that the enterprise does not get the support, and why; return the request. Raises as `accept`."""
    more = {"answer": data.text, "reason": data.reason, "decided_at": now()}
    return _answer(session, request_id, RequestStep.DECLINE, more, by, match)


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
    said = {"helped": data.helped, "comment": data.comment, "told_at": now()}
    ground.take(session, row, RequestStep.TELL_OUTCOME, by=by, **said)
    return ground.told(session, row, RequestStep.TELL_OUTCOME, RequestSide.ENTERPRISE, before)


def _answer(
    session: WriteSession,
    request_id: str,
    step: RequestStep,
    more: dict[str, Any],
    by: Caller,
    match: Precondition,
) -> SupportRequestRead:
    row, before = ground.held(session, request_id, RequestSide.PROVIDER, by=by, match=match)
    ground.take(session, row, step, by=by, answered_at=row.answered_at or now(), **more)
    letters.answer(session, row)
    return ground.told(session, row, step, RequestSide.PROVIDER, before)
