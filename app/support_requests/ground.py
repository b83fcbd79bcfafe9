"""What every step of a request stands on: the row held, the right to act, one conditional UPDATE and its event."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlmodel import col

from app.accounts import permissions
from app.accounts.permissions import PERMISSIONS, Action, Reach
from app.accounts.vocabulary import Caller, Role
from app.audit import service as audit
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Message, NotFound
from app.core.i18n import N_
from app.core.preconditions import Precondition
from app.support_requests import queries, rules
from app.support_requests.queries import Reader
from app.support_requests.schemas import RequestEvent, SupportRequestRead, SupportRequestSummary
from app.support_requests.tables import SupportRequest, SupportRequestEvent
from app.support_requests.vocabulary import OBJECT, RequestSide, RequestState, RequestStep

# What the other side is not told of, since it tells whether somebody has said that it helped.
_OWN_STEPS = (RequestStep.ASK_OUTCOME, RequestStep.TELL_OUTCOME)


def reader_of(by: Caller) -> Reader:
    """Return whose requests `by` reads: a coordinator those of its region that no provider here could answer."""
    may_answer = _reach(by, Action.ANSWER_SUPPORT_REQUEST)
    return Reader(
        asks=None if _reach(by, Action.REQUEST_SUPPORT) is Reach.NONE else by.organization_id,
        answers=None if may_answer is Reach.NONE else by.organization_id,
        region=by.region or "-" if may_answer is Reach.REGION else None,
        everywhere=may_answer is Reach.ALL,
    )


def side_of(by: Caller | None, row: SupportRequest) -> RequestSide | None:
    """Return on which side of a request `by` is; None: on neither, and may not know of it."""
    if by is None:
        return None
    if permissions.may(by, Action.REQUEST_SUPPORT, owner_id=row.organization_id, area=None):
        return RequestSide.ENTERPRISE
    return RequestSide.PROVIDER if _answers(by, row) else None


def find(session: ReadSession | WriteSession, request_id: str, by: Caller | None) -> tuple[SupportRequest, RequestSide]:
    """Return a request and on which side of it `by` is. Raises `NotFound` for everybody else."""
    row = session.get(SupportRequest, request_id)
    side = side_of(by, row) if row else None
    if row is None or side is None:
        raise _unknown()
    return row, side


def held(
    session: WriteSession, request_id: str, side: RequestSide, *, by: Caller, match: Precondition
) -> tuple[SupportRequest, dict[str, Any]]:
    """Return a request that `by` acts upon from `side`, and what it says; nobody changes it until the transaction ends.

    Raises:
        NotFound: there is none that the caller may know of.
        Forbidden: the other side does this.
        BadRequest: a coordinator answers for an organisation and does not say why.
        PreconditionFailed: it has changed since the caller read it.
    """
    session.flush()
    row = session.get(SupportRequest, request_id, with_for_update=True, populate_existing=True)
    if row is None or side_of(by, row) is None:
        raise _unknown()
    if side is RequestSide.ENTERPRISE:
        permissions.require(by, Action.REQUEST_SUPPORT, owner_id=row.organization_id, area=None)
    else:
        permissions.require(by, Action.ANSWER_SUPPORT_REQUEST, owner_id=row.provider_id, area=_area(row))
    before = read(session, row, side).model_dump(mode="json")
    match.require(row.rev, current=before)
    return row, before


def take(
    session: WriteSession,
    row: SupportRequest,
    step: RequestStep,
    *also: ColumnElement[bool],
    by: Caller | None = None,
    at: datetime | None = None,
    **values: Any,
) -> None:
    """Take a step with a request and write its event, or refuse it: the statement names the states it is taken from.

    `also` is what must hold besides. Without `by` it is the clock's doing; `at` is when, unless now.

    Raises:
        Conflict: it is in another state; the text says in which.
    """
    targets = rules.STEPS[step]
    changed: dict[str, Any] = {"rev": col(SupportRequest.rev) + 1, "updated_at": at or now(), **values}
    if len(set(targets.values())) == 1:
        (changed["state"],) = set(targets.values())
    allowed = (col(SupportRequest.id) == row.id, col(SupportRequest.state).in_(sorted(targets)), *also)
    session.flush()
    taken = session.connection().execute(update(SupportRequest).where(*allowed).values(**changed))
    session.refresh(row)
    if taken.rowcount == 0:
        told = N_("The request is {state} now: {step} is not possible any more.")
        raise Conflict(Message(told, state=row.state.value, step=step.value))
    write_event(session, row, step, by, at)


def write_event(
    session: WriteSession, row: SupportRequest, step: RequestStep, by: Caller | None, at: datetime | None = None
) -> None:
    """Write down one step of a request as it is now."""
    session.add(
        SupportRequestEvent(
            request_id=row.id, at=at or now(), step=step, state=row.state, role=by.role.value if by else None
        )
    )
    session.flush()


def told(
    session: WriteSession, row: SupportRequest, step: RequestStep, side: RequestSide, before: dict[str, Any] | None
) -> SupportRequestRead:
    """Write a step into the audit log, and return the request as the side that took it reads it."""
    now_there = read(session, row, side)
    after = now_there.model_dump(mode="json")
    audit.record(session, f"support-request.{step.value}", OBJECT, row.id, before=before, after=after)
    return now_there


def read(session: ReadSession | WriteSession, row: SupportRequest, side: RequestSide) -> SupportRequestRead:
    """Return a request, whole, as one of its sides may read it: whether it helped is the enterprise's own word."""
    is_own = side is RequestSide.ENTERPRISE
    steps = session.execute(queries.events(row.id)).scalars().all()
    return SupportRequestRead(
        **summary(row, side).model_dump(),
        text=row.text,
        contact_email=row.contact_email,
        reason=row.reason,
        answer=row.answer,
        helped=row.helped if is_own else None,
        comment=row.comment if is_own else "",
        events=[
            RequestEvent(at=one.at, step=one.step, state=one.state, role=one.role)
            for one in steps
            if is_own or one.step not in _OWN_STEPS
        ],
    )


def summary(row: SupportRequest, side: RequestSide) -> SupportRequestSummary:
    """Return a request as a row of a list."""
    taken = {"side", "days_waited", "is_outcome_asked"}
    own = {name: getattr(row, name) for name in SupportRequestSummary.model_fields if name not in taken}
    is_asked = row.state is RequestState.ACCEPTED and row.asked_at is not None and row.told_at is None
    return SupportRequestSummary(
        **own,
        side=side,
        # Who is no longer waited for, though nobody answered, waited until it ended.
        days_waited=rules.days_waited(row.sent_at, row.answered_at or row.decided_at, now()),
        is_outcome_asked=is_asked and side is RequestSide.ENTERPRISE,
    )


def _reach(by: Caller, action: Action) -> Reach:
    return PERMISSIONS[action][by.role]


def _answers(by: Caller, row: SupportRequest) -> bool:
    if by.role is Role.ADMIN and not row.is_by_coordinator:
        return row.provider_id == by.organization_id
    return permissions.may(by, Action.ANSWER_SUPPORT_REQUEST, owner_id=row.provider_id, area=_area(row))


def _area(row: SupportRequest) -> str | None:
    """Return where a coordinator must look after to answer: nowhere, while the provider has people of its own."""
    return row.area if row.is_by_coordinator else None


def _unknown() -> NotFound:
    return NotFound(Message(N_("There is no request with this id that you may know of.")))
