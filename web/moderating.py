"""What pages about records and about their moderation share: addresses, words, and how a hidden record is told of."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller, SignedIn
from app.core.db import ReadSession
from app.core.i18n import N_
from app.enterprises.schemas import EnterpriseRead
from app.moderation import service as moderation
from app.moderation.schemas import ActRead
from app.moderation.vocabulary import ReportKind, Subject, Verb
from app.opportunities.schemas import OpportunityRead
from app.organizations import service as organizations
from app.support_offers.schemas import SupportOfferRead

Record = EnterpriseRead | OpportunityRead | SupportOfferRead


class Place(StrEnum):
    """The beginning of the address of a record's page."""

    ENTERPRISES = "enterprises"
    OPPORTUNITIES = "opportunities"
    SUPPORT_OFFERS = "support-offers"


SUBJECTS: Final = {
    Place.ENTERPRISES: Subject.ENTERPRISE,
    Place.OPPORTUNITIES: Subject.OPPORTUNITY,
    Place.SUPPORT_OFFERS: Subject.SUPPORT_OFFER,
}
PLACES: Final = {subject: place for place, subject in SUBJECTS.items()}
_SUBJECT_OF: Final[dict[type[Record], Subject]] = {
    EnterpriseRead: Subject.ENTERPRISE,
    OpportunityRead: Subject.OPPORTUNITY,
    SupportOfferRead: Subject.SUPPORT_OFFER,
}
KINDS: Final = {
    ReportKind.WRONG: N_("Something in it is wrong"),
    ReportKind.OUTDATED: N_("It is out of date"),
    ReportKind.NOT_HERE: N_("It should not be here"),
    ReportKind.OBJECTION: N_("An objection from its keeper"),
}
DONE: Final = {
    Verb.HIDE: N_("Hidden"),
    Verb.RESTORE: N_("Shown again"),
    Verb.DISMISS: N_("Report dismissed"),
    Verb.REOPEN: N_("Report opened again"),
    Verb.REMIND: N_("Reminder sent"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a record stands with moderation, for whoever looks at its page."""

    place: Place
    record_id: str
    act: ActRead | None
    hidden_by: str
    may_moderate: bool


def caller_of(who: SignedIn | None) -> Caller | None:
    """Return whoever looks, as services know who asks."""
    return who.caller() if who else None


def name_of(record: Record) -> str:
    """Return what a record is called."""
    return record.title if isinstance(record, OpportunityRead) else record.name


def standing(session: ReadSession, record: Record, by: Caller | None) -> Standing:
    """Return whether a record is hidden, why and by whom, and whether `by` may change that."""
    subject = _SUBJECT_OF[type(record)]
    area = record.buyer_area if isinstance(record, OpportunityRead) else record.area_code
    act = moderation.why_hidden(session, subject, record.id) if record.hidden_at else None
    return Standing(
        place=PLACES[subject],
        record_id=record.id,
        act=act,
        hidden_by=organizations.name_of(session, act.organization_id) if act else "",
        may_moderate=permissions.may(by, Action.MODERATE, owner_id=record.owner_id, area=area),
    )
