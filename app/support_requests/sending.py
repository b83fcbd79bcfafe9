"""An enterprise asks for support: once for each offer, until that has been answered."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.core.clock import now, today
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseRead
from app.journal import copies
from app.support_offers import service as support_offers
from app.support_offers.schemas import SupportOfferRead
from app.support_offers.vocabulary import RECORD_TYPE as OFFER
from app.support_requests import ground, letters, queries
from app.support_requests.rules import refusal
from app.support_requests.schemas import SupportRequestIn, SupportRequestRead
from app.support_requests.tables import SupportRequest
from app.support_requests.vocabulary import ANSWER_WITHIN, MOST_OPEN, RequestSide, RequestState, RequestStep


class AlreadyAsked(Conflict):
    """The enterprise waits for an answer to the same question; `request_id` is that request's."""

    def __init__(self, request_id: str) -> None:
        told = N_("This enterprise has asked for this support already, and waits for the answer.")
        link = f"/api/v1/support-requests/{request_id}"
        super().__init__(Message(told), members={"request_id": request_id, "request": link})
        self.request_id = request_id


def send(
    session: WriteSession, data: SupportRequestIn, *, by: Caller, at: datetime | None = None
) -> SupportRequestRead:
    """Ask for the support of a published offer in the name of one of the caller's enterprises; tell who answers.

    `at` is when it was sent, unless now: for the demo.

    Raises:
        InvalidContent: there is no such offer, the caller keeps no such enterprise, or several, or none at all.
        Forbidden: the offer belongs to another node.
        Conflict: the offer takes no requests, the enterprise waits for too many answers, or (`AlreadyAsked`) for this.
    """
    offer = _offer(session, data.offer_id, by)
    enterprise = _asking(session, data.enterprise_id, by)
    if (why := refusal(offer, today(offer.country))) is not None:
        raise Conflict(why)
    if (waiting := open_request(session, offer.id, enterprise.id)) is not None:
        raise AlreadyAsked(waiting)
    if session.execute(queries.open_of(enterprise.id)).scalar_one() >= MOST_OPEN:
        told = N_("This enterprise waits for {n} answers already. Wait for some of them, or take a request back.")
        raise Conflict(Message(told, n=MOST_OPEN))
    row = _row(session, offer, enterprise, data, by, at or now())
    try:
        # Of two that come at once the second meets the first one's row here.
        with session.begin_nested():
            session.add(row)
    except IntegrityError as fault:
        waiting = open_request(session, offer.id, enterprise.id)
        if waiting is None:
            raise
        raise AlreadyAsked(waiting) from fault
    ground.write_event(session, row, RequestStep.SEND, by, at)
    letters.new_request(session, row)
    return ground.told(session, row, RequestStep.SEND, RequestSide.ENTERPRISE, None)


def open_request(session: ReadSession | WriteSession, offer_id: str, enterprise_id: str) -> str | None:
    """Return the id of the request of an enterprise to an offer that waits for an answer; None without one."""
    found: str | None = session.execute(queries.open_one(offer_id, enterprise_id)).scalar()
    return found


def _asking(session: WriteSession, enterprise_id: str | None, by: Caller) -> EnterpriseRead:
    """Return the enterprise that asks: the one that is named, or the only one that the caller's organisation keeps."""
    if enterprise_id is not None:
        if enterprises.exists(session, enterprise_id):
            found = enterprises.find(session, enterprise_id)
            if permissions.may(by, Action.REQUEST_SUPPORT, owner_id=found.owner_id, area=None):
                return found
        raise _wrong("/enterprise_id", N_("you keep no enterprise with this id"))
    kept = [one for one in enterprises.kept_by(session, by.organization_id) if enterprises.exists(session, one.id)]
    if not kept:
        raise _wrong("/enterprise_id", N_("register your enterprise first: your organisation keeps none"))
    if len(kept) > 1:
        raise _wrong("/enterprise_id", N_("say which enterprise asks"))
    return kept[0]


def _offer(session: WriteSession, offer_id: str, by: Caller) -> SupportOfferRead:
    try:
        found = support_offers.find(session, offer_id, by)
    except NotFound as fault:
        raise _wrong("/offer_id", N_("there is no support offer with this id")) from fault
    # Who gives it has no people here: they are asked where they are.
    copies.refuse_copy(session, found.home, OFFER, offer_id)
    return found


def _wrong(pointer: str, told: str) -> InvalidContent:
    return InvalidContent(Message(SEE_ERRORS), [FieldFault(pointer, Message(told))])


def _row(
    session: WriteSession,
    offer: SupportOfferRead,
    enterprise: EnterpriseRead,
    data: SupportRequestIn,
    by: Caller,
    at: datetime,
) -> SupportRequest:
    giving = [one for one in (offer.provider_id, offer.owner_id) if one is not None]
    # Who gives the support answers; else who keeps its record, if there are people; else the region's coordinator.
    manned = next((one for one in giving if letters.answering(session, one)), None)
    return SupportRequest(
        offer_id=offer.id,
        offer_name=offer.name,
        enterprise_id=enterprise.id,
        enterprise_name=enterprise.name,
        organization_id=by.organization_id,
        provider_id=manned or next(iter(giving), None),
        provider_name=offer.provider_name,
        # An offer without a place is nobody's region's: then whoever looks after the enterprise helps it on.
        area=offer.area_code or enterprise.area_code,
        is_by_coordinator=manned is None,
        state=RequestState.SENT,
        text=data.text,
        contact_email=data.contact_email or enterprise.contact_email,
        sent_at=at,
        due_at=at + ANSWER_WITHIN,
        updated_at=at,
    )
