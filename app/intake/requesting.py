"""Whoever asks: sends a request, follows it, adds to it, takes it back; signed in, or by the link in a letter."""

from datetime import datetime

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.core.clock import now, today
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.core.preconditions import Precondition
from app.intake import ground, letters, queries, rules
from app.intake.schemas import CooperationIn, CooperationRead, OpenCooperationIn, SupplementIn
from app.intake.tables import CooperationRequest
from app.intake.vocabulary import MOST_SUPPLEMENTS, Side, State, Step
from app.organizations import service as organizations

ANY_VERSION = Precondition(None)


def submit(
    session: WriteSession, data: CooperationIn, *, by: Caller, secret: bytes, at: datetime | None = None
) -> CooperationRead:
    """Send a request in the name of the caller's organisation, and tell the coordinators of the region.

    `at` is when, unless now: for the demo.

    Raises:
        Forbidden: the caller's role asks for nothing.
        InvalidContent: the place is a whole country, which no coordinator looks after.
    """
    permissions.require(by, Action.REQUEST_COOPERATION, owner_id=by.organization_id, area=None)
    name = organizations.name_of(session, by.organization_id) or by.organization_id
    row = _row(data, name, by.organization_id, at or now())
    return _send(session, row, secret, by)


def submit_openly(
    session: WriteSession, data: OpenCooperationIn, *, secret: bytes, at: datetime | None = None
) -> CooperationRead:
    """Send a request without an account: the link to follow it goes to the address that is named.

    Raises:
        InvalidContent: as `submit`.
    """
    row = _row(data, data.requester_name, None, at or now())
    row.token_hash = rules.hash_of(secret, rules.token_of(secret, row.id))
    return _send(session, row, secret, None)


def withdraw(
    session: WriteSession, request_id: str, *, by: Caller, match: Precondition = ANY_VERSION
) -> CooperationRead:
    """Take a request back, and tell the coordinators; return it.

    Raises:
        NotFound: there is none that the caller's organisation has sent.
        PreconditionFailed: it has changed since the caller read it.
        Conflict: it is decided, or taken back already.
    """
    row, before = ground.held(session, request_id, Side.REQUESTER, by=by, match=match)
    return _withdraw(session, row, before, by)


def supplement(
    session: WriteSession, request_id: str, data: SupplementIn, *, by: Caller, match: Precondition = ANY_VERSION
) -> CooperationRead:
    """Add something to a request that waits, and tell the coordinators; return it. Raises as `withdraw`."""
    row, before = ground.held(session, request_id, Side.REQUESTER, by=by, match=match)
    return _supplement(session, row, data, before, by)


def read_link(session: ReadSession | WriteSession, token: str, *, secret: bytes, language: str) -> CooperationRead:
    """Return the request that a link leads to. It changes nothing. Raises `NotFound`."""
    return ground.read(session, _linked(session, token, secret), Side.REQUESTER, language)


def withdraw_by_link(session: WriteSession, token: str, *, secret: bytes) -> CooperationRead:
    """Take a request back through its link. Raises `NotFound` and `Conflict` as `withdraw`."""
    row = _linked(session, token, secret, hold=True)
    return _withdraw(session, row, ground.payload(session, row), None)


def supplement_by_link(session: WriteSession, token: str, data: SupplementIn, *, secret: bytes) -> CooperationRead:
    """Add something to a request through its link. Raises `NotFound` and `Conflict` as `supplement`."""
    row = _linked(session, token, secret, hold=True)
    return _supplement(session, row, data, ground.payload(session, row), None)


def _send(session: WriteSession, row: CooperationRequest, secret: bytes, by: Caller | None) -> CooperationRead:
    session.add(row)
    session.flush()
    ground.write_event(session, row, Step.RECEIVE, by=by, at=row.received_at)
    letters.new_request(session, row)
    letters.received(session, row, secret)
    return ground.told(session, row, Step.RECEIVE, Side.REQUESTER, None)


def _withdraw(
    session: WriteSession, row: CooperationRequest, before: dict[str, object], by: Caller | None
) -> CooperationRead:
    event = ground.take(session, row, Step.WITHDRAW, by=by, due_on=None)
    letters.said(session, row, Step.WITHDRAW, event.number or 0)
    return ground.told(session, row, Step.WITHDRAW, Side.REQUESTER, before)


def _supplement(
    session: WriteSession, row: CooperationRequest, data: SupplementIn, before: dict[str, object], by: Caller | None
) -> CooperationRead:
    if session.execute(queries.supplements(row.id)).scalar_one() >= MOST_SUPPLEMENTS:
        told = N_("Something has been added {n} times already. Write to the coordinator instead.")
        raise Conflict(Message(told, n=MOST_SUPPLEMENTS))
    event = ground.take(session, row, Step.SUPPLEMENT, by=by, note=data.note)
    letters.said(session, row, Step.SUPPLEMENT, event.number or 0)
    return ground.told(session, row, Step.SUPPLEMENT, Side.REQUESTER, before)


def _linked(
    session: ReadSession | WriteSession, token: str, secret: bytes, *, hold: bool = False
) -> CooperationRequest:
    wanted = queries.with_hash(rules.hash_of(secret, token))
    found = session.execute(wanted.with_for_update() if hold else wanted)
    row: CooperationRequest | None = found.scalar_one_or_none()
    if row is None:
        raise NotFound(Message(N_("This link leads nowhere: check that it was copied whole.")))
    return row


def _row(data: CooperationIn, name: str, organization_id: str | None, at: datetime) -> CooperationRequest:
    country = rules.country_of(data.area_code)
    if data.area_code == country:
        told = Message(N_("name a municipality or a county: its coordinator receives the request"))
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/area_code", told)])
    return CooperationRequest(
        organization_id=organization_id,
        requester_name=name,
        **data.model_dump(exclude={"requester_name"}),
        state=State.RECEIVED,
        received_at=at,
        updated_at=at,
        due_on=rules.due_on(State.RECEIVED, min(at.date(), today(country)), country),
    )
