"""Requests for support on the site: who may ask from an offer's page, and what was typed into the forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.datastructures import FormData

from app.accounts.vocabulary import Caller, Role
from app.core.clock import today
from app.core.db import ReadSession
from app.core.errors import InvalidContent
from app.core.i18n import N_, Texts
from app.enterprises import service as enterprises
from app.support_offers.schemas import SupportOfferRead
from app.support_requests import service as support_requests
from app.support_requests.schemas import OfferExperience
from app.support_requests.vocabulary import RequestSide, RequestState, RequestStep
from web.dialogue import faults_of
from web.forms import Fault

_LONGEST: Final = 4000
# What each field is called where it is told what is wrong with it.
_CALLED: Final[Mapping[str, str]] = {
    "enterprise_id": N_("Enterprise"),
    "text": N_("Your text"),
    "contact_email": N_("E-mail"),
    "reason": N_("Reason"),
    "helped": N_("Did it help?"),
    "comment": N_("Your comment"),
}
STATES: Final[Mapping[RequestState, tuple[str, str, str]]] = {
    RequestState.SENT: ("warning", "mail", N_("Sent, not read yet")),
    RequestState.ACKNOWLEDGED: ("info", "clock", N_("Read, being decided")),
    RequestState.ACCEPTED: ("success", "check", N_("Accepted")),
    RequestState.DECLINED: ("neutral", "no", N_("Declined")),
    RequestState.EXPIRED: ("neutral", "clock", N_("Ended without an answer")),
    RequestState.WITHDRAWN: ("neutral", "no", N_("Taken back")),
}
STEPS: Final[Mapping[RequestStep, str]] = {
    RequestStep.SEND: N_("Sent by the enterprise"),
    RequestStep.ACKNOWLEDGE: N_("Read: it will be decided"),
    RequestStep.ACCEPT: N_("Accepted"),
    RequestStep.DECLINE: N_("Declined"),
    RequestStep.WITHDRAW: N_("Taken back by the enterprise"),
    RequestStep.EXPIRE: N_("Ended without an answer"),
    RequestStep.REMIND: N_("Reminder sent"),
    RequestStep.HAND_OVER: N_("Handed over to whoever can answer"),
    RequestStep.ASK_OUTCOME: N_("Asked whether it helped"),
    RequestStep.TELL_OUTCOME: N_("Told whether it helped"),
}


@dataclass(frozen=True, slots=True)
class Asking:
    """What an offer's page says of asking for it: whether one can, what waits already, and what others have met with.

    `why_not` is the reason when the offer takes no requests.
    """

    may_ask: bool
    why_not: str
    open_request: str | None
    experience: OfferExperience

    @property
    def percent(self) -> int | None:
        """How much it helped, in per cent; None while too few have told."""
        share = self.experience.helpfulness
        return None if share is None else round(share * 100)


def asking(session: ReadSession, offer: SupportOfferRead, by: Caller | None, say: Texts) -> Asking:
    """Return what an offer's page says of asking for it, to a visitor or to whoever is signed in."""
    why_not = support_requests.refusal(offer, today(offer.country))
    waits = None
    if by is not None and by.role is Role.ENTERPRISE:
        kept = enterprises.kept_by(session, by.organization_id)
        waiting = [support_requests.open_request(session, offer.id, one.id) for one in kept]
        # Whoever keeps several enterprises may still ask for another.
        waits = waiting[0] if waiting and all(waiting) else None
    return Asking(
        may_ask=why_not is None and waits is None and (by is None or by.role is Role.ENTERPRISE),
        why_not=say(why_not.source) if why_not else "",
        open_request=waits,
        experience=support_requests.experience(session, offer.id, by),
    )


@dataclass(slots=True)
class RequestForm:
    """One of the forms as it was sent: what is open (`kind`), what was typed, and what must be put right."""

    kind: str = ""
    enterprise_id: str = ""
    text: str = ""
    contact_email: str = ""
    reason: str = ""
    helped: str = ""
    comment: str = ""
    rev: str = ""
    faults: list[Fault] = field(default_factory=list)

    def fault(self, name: str) -> Fault | None:
        """Return what is wrong with a field."""
        return next((fault for fault in self.faults if fault.field == name), None)

    def values(self, *names: str) -> dict[str, Any]:
        """Return the fields that say something, as a schema reads them."""
        return {name: said for name in names if (said := getattr(self, name))}

    def complain(self, refused: InvalidContent, say: Texts, otherwise: str) -> None:
        """Add what was refused, each fault with the name of its field."""
        found = faults_of(refused, {name: name for name in _CALLED}, otherwise, say)
        self.faults += [Fault(one.field, f"{say(_CALLED[one.field])}: {one.text}") for one in found]


def read_form(form: FormData) -> RequestForm:
    """Return what was typed."""

    def text(name: str) -> str:
        value = form.get(name, "")
        return value.strip()[: _LONGEST + 1] if isinstance(value, str) else ""

    return RequestForm(
        kind=text("do"),
        enterprise_id=text("enterprise_id"),
        text=text("text"),
        contact_email=text("contact_email"),
        reason=text("reason"),
        helped=text("helped"),
        comment=text("comment"),
        rev=text("rev"),
    )


def title_of(side: RequestSide) -> str:
    """Return what the list of requests is called for one of the two sides."""
    return N_("Support that you have asked for") if side is RequestSide.ENTERPRISE else N_("Requests for support")
