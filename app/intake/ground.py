"""What every step of a request stands on: the row held, the right to act, one conditional UPDATE and its event."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlmodel import col

from app.accounts import permissions
from app.accounts.permissions import PERMISSIONS, Action, Reach
from app.accounts.vocabulary import Caller
from app.audit import service as audit
from app.core.clock import now, today
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import N_, texts
from app.core.preconditions import Precondition
from app.intake import queries, rules
from app.intake.queries import Reader
from app.intake.schemas import CooperationEvent, CooperationRead, CooperationSummary, CooperationWarning
from app.intake.tables import CooperationRequest, CooperationStep
from app.intake.vocabulary import OBJECT, OPEN, Holds, Side, Step

# What whoever asks can do; everything else is the handler's.
OF_REQUESTER = (Step.SUPPLEMENT, Step.WITHDRAW)


def reader_of(by: Caller) -> Reader:
    """Return whose requests `by` reads."""
    handles = PERMISSIONS[Action.HANDLE_COOPERATION][by.role]
    return Reader(
        organization_id=by.organization_id,
        region=by.region or "-" if handles is Reach.REGION else None,
        everywhere=handles is Reach.ALL,
    )


def side_of(by: Caller | None, row: CooperationRequest) -> Side | None:
    """Return on which side of a request `by` is; None: on neither, and may not know of it."""
    if by is None:
        return None
    if permissions.may(by, Action.REQUEST_COOPERATION, owner_id=row.organization_id, area=None):
        return Side.REQUESTER
    if permissions.may(by, Action.HANDLE_COOPERATION, owner_id=None, area=row.area_code):
        return Side.HANDLER
    return None


def find(session: ReadSession | WriteSession, request_id: str, by: Caller | None) -> tuple[CooperationRequest, Side]:
    """Return a request and on which side of it `by` is. Raises `NotFound` for everybody else."""
    row = session.get(CooperationRequest, request_id)
    side = side_of(by, row) if row else None
    if row is None or side is None:
        raise _unknown()
    return row, side


def held(
    session: WriteSession, request_id: str, side: Side, *, by: Caller, match: Precondition
) -> tuple[CooperationRequest, dict[str, Any]]:
    """Return a request that `by` acts upon from `side`, and what it says; nobody changes it until the transaction ends.

    Raises:
        NotFound: there is none that the caller may know of from that side.
        PreconditionFailed: it has changed since the caller read it.
    """
    session.flush()
    row = session.get(CooperationRequest, request_id, with_for_update=True, populate_existing=True)
    if row is None or side_of(by, row) is not side:
        raise _unknown()
    before = payload(session, row)
    match.require(row.rev, current=before)
    return row, before


def take(
    session: WriteSession,
    row: CooperationRequest,
    step: Step,
    *also: ColumnElement[bool],
    by: Caller | None = None,
    note: str = "",
    at: datetime | None = None,
    **values: Any,
) -> CooperationStep:
    """Take a step with a request and write its event, or refuse it: the statement names the states it is taken from.

    `also` is what must hold besides. Without `by` it is the clock's doing, or that of whoever has the link.

    Raises:
        Conflict: it is in another state; the text says in which.
    """
    targets = rules.STEPS[step]
    changed: dict[str, Any] = {"rev": col(CooperationRequest.rev) + 1, "updated_at": at or now(), **values}
    if len(set(targets.values())) == 1:
        (changed["state"],) = set(targets.values())
    allowed = (col(CooperationRequest.id) == row.id, col(CooperationRequest.state).in_(sorted(targets)), *also)
    session.flush()
    taken = session.connection().execute(update(CooperationRequest).where(*allowed).values(**changed))
    session.refresh(row)
    if taken.rowcount == 0:
        told = N_("The request is {state} now: {step} is not possible any more.")
        raise Conflict(Message(told, state=row.state.value, step=step.value))
    return write_event(session, row, step, by=by, note=note, at=at)


def write_event(
    session: WriteSession,
    row: CooperationRequest,
    step: Step,
    *,
    by: Caller | None,
    note: str = "",
    at: datetime | None = None,
) -> CooperationStep:
    """Write down one step of a request as it is now."""
    role = by.role.value if by else None
    event = CooperationStep(request_id=row.id, at=at or now(), step=step, state=row.state, role=role, note=note)
    session.add(event)
    session.flush()
    return event


def told(
    session: WriteSession, row: CooperationRequest, step: Step, side: Side, before: dict[str, Any] | None
) -> CooperationRead:
    """Write a step into the audit log, and return the request as the side that took it reads it."""
    audit.record(session, f"cooperation.{step.value}", OBJECT, row.id, before=before, after=payload(session, row))
    return read(session, row, side)


def payload(session: ReadSession | WriteSession, row: CooperationRequest) -> dict[str, Any]:
    """Return what a request says, as JSON can say it."""
    return read(session, row, Side.HANDLER).model_dump(mode="json")


def read(
    session: ReadSession | WriteSession, row: CooperationRequest, side: Side, language: str = "en"
) -> CooperationRead:
    """Return a request, whole, as one of its sides may read it: the checklist is the handler's own tool."""
    is_handler = side is Side.HANDLER
    checklist = {rule: Holds(holds) for rule, holds in row.checklist.items()} if is_handler else {}
    say = texts(language)
    said = rules.warnings(row.route or row.wished_route, checklist)
    derived = {*CooperationSummary.model_fields, "checklist", "warnings", "steps", "events"}
    own = {name: getattr(row, name) for name in CooperationRead.model_fields if name not in derived}
    return CooperationRead(
        **summary(row, side).model_dump(),
        **own,
        checklist=checklist,
        warnings=[CooperationWarning(rule=one.rule, text=say(one.text), basis=one.basis) for one in said],
        steps=[step for step in rules.possible_steps(row.state) if _is_for(step, side)],
        events=[
            CooperationEvent(at=one.at, step=one.step, state=one.state, role=one.role, note=one.note)
            for one in session.execute(queries.events(row.id)).scalars().all()
            if is_handler or one.step is not Step.CHECK
        ],
    )


def summary(row: CooperationRequest, side: Side) -> CooperationSummary:
    """Return a request as a row of a list."""
    own = {name: getattr(row, name) for name in CooperationSummary.model_fields if name not in {"side", "is_overdue"}}
    late = row.due_on is not None and row.due_on < today(rules.country_of(row.area_code)) and row.state in OPEN
    return CooperationSummary(**own, side=side, is_overdue=late)


def due_day(row: CooperationRequest, said: date | None, step: Step) -> date | None:
    """Return by when the step that begins now is to be done: the handler's own day, or the usual one.

    Raises:
        InvalidContent: the day has passed.
    """
    day = today(rules.country_of(row.area_code))
    if said is not None:
        if said < day:
            raise InvalidContent(
                Message(SEE_ERRORS), [FieldFault("/due_on", Message(N_("this day has passed: set one to come")))]
            )
        return said
    (state,) = set(rules.STEPS[step].values())
    return rules.due_on(state, day, rules.country_of(row.area_code))


def _is_for(step: Step, side: Side) -> bool:
    return step is not Step.REMIND and (step in OF_REQUESTER) == (side is Side.REQUESTER)


def _unknown() -> NotFound:
    return NotFound(Message(N_("There is no request with this id that you may know of.")))
