"""The support offers' front door: register one, lead it through its life, find one, search, count."""

from sqlalchemy import select
from sqlmodel import col

from app.accounts import permissions
from app.accounts.permissions import Action, Reach
from app.accounts.vocabulary import Caller
from app.core.clock import now, today
from app.core.columns import new_id
from app.core.db import ReadSession, WriteSession
from app.core.errors import Forbidden, Message
from app.core.i18n import N_, texts
from app.journal import service as journal
from app.journal.schemas import History
from app.organizations import service as organizations
from app.organizations.vocabulary import Visibility
from app.support_offers import queries, records
from app.support_offers.corrections import forget_corrections
from app.support_offers.facets import counted
from app.support_offers.hiding import hide, named, restore
from app.support_offers.lifecycle import (
    UNCONFIRMED,
    change,
    is_known_to,
    may_edit,
    remove,
    step,
    suspend_unconfirmed,
    unknown,
)
from app.support_offers.quality import quality_of
from app.support_offers.ranking import needs_meant
from app.support_offers.rules import possible_verbs
from app.support_offers.schemas import OfferQuality, SupportOfferCreate, SupportOfferRead, SupportOfferSummary
from app.support_offers.searching import answering, asked_only_for, nearest, order_of, search, understood
from app.support_offers.supply import Supplied, Supply, supply
from app.support_offers.tables import SupportOffer
from app.support_offers.vocabulary import PUBLIC_STATUSES, RECORD_TYPE, Status

__all__ = [
    "UNCONFIRMED",
    "Supplied",
    "Supply",
    "answering",
    "asked_only_for",
    "change",
    "counted",
    "exists",
    "find",
    "forget_corrections",
    "hide",
    "history",
    "kept_by",
    "may_edit",
    "named",
    "nearest",
    "needs_meant",
    "order_of",
    "overdue",
    "possible_verbs",
    "quality",
    "quality_of",
    "register",
    "register_for",
    "remove",
    "restore",
    "search",
    "step",
    "supply",
    "suspend_unconfirmed",
    "understood",
    "unknown",
    "waiting",
]


def register(
    session: WriteSession,
    data: SupportOfferCreate,
    *,
    home: str,
    record_id: str | None = None,
    owner_id: str | None = None,
    status: Status = Status.DRAFT,
    note: str | None = None,
    was_shown: bool | None = None,
) -> SupportOfferRead:
    """Write a new offer in a state of its life, and return it; this is what imports and the demo call.

    `note` is why it is in that state. What is in a public state has been shown to everybody, unless `was_shown` says
    otherwise.

    Raises:
        InvalidContent: nobody is named as its provider, or no public organisation has the provider's id.
    """
    shown = status in PUBLIC_STATUSES if was_shown is None else was_shown
    own = {"status": status, "status_note": note, "published_at": now() if shown else None}
    rev = journal.next_rev(session, RECORD_TYPE, record_id) if record_id else 1
    row = records.new_row(record_id or new_id(), home, owner_id, data, **own, rev=rev)
    return records.write(session, row, data, None)


def register_for(session: WriteSession, data: SupportOfferCreate, *, home: str, by: Caller) -> SupportOfferRead:
    """Write the draft of an offer that `by`'s organisation keeps, or in a coordinator's region for its own people.

    One that names no provider is given by the organisation itself.

    Raises:
        Forbidden: it lies outside the coordinator's region.
        InvalidContent: as `register`.
    """
    owner = permissions.owner_of_new(by, Action.EDIT_SUPPORT_OFFER)
    permissions.require(by, Action.EDIT_SUPPORT_OFFER, owner_id=owner, area=data.area_code)
    if owner is not None and data.provider_id is None and data.provider_name is None:
        data = data.model_copy(update=_own_provider(session, owner, by))
    return register(session, data, home=home, owner_id=owner)


def find(session: ReadSession | WriteSession, offer_id: str, by: Caller | None = None) -> SupportOfferRead:
    """Return one offer, whole; one that was never shown is the business of those who may edit it.

    Raises:
        NotFound: there is none with this id that the caller may know of.
    """
    row = session.get(SupportOffer, offer_id)
    if row is None or not is_known_to(by, row):
        raise unknown()
    return records.read_one(session, row)


def exists(session: ReadSession | WriteSession, offer_id: str) -> bool:
    """Tell whether there is a record with this id, a draft included."""
    return session.execute(select(col(SupportOffer.id)).where(col(SupportOffer.id) == offer_id)).scalar() is not None


def kept_by(session: ReadSession | WriteSession, organization_id: str) -> list[SupportOfferRead]:
    """Return what an organisation keeps, drafts too, whole, the last changed first."""
    return records.read_all(session, session.execute(queries.kept_by(organization_id)).scalars().all())


def waiting(session: ReadSession, *, by: Caller, limit: int) -> list[SupportOfferSummary]:
    """Return what waits for review where `by` looks after offers, the longest waiting first.

    Raises:
        Forbidden: the caller reviews none.
    """
    return records.summaries(session, session.execute(queries.waiting(_region(by), limit)).scalars().all())


def overdue(session: ReadSession, *, by: Caller, limit: int) -> list[SupportOfferSummary]:
    """Return the published offers that should have been confirmed by now, the longest overdue first.

    Raises:
        Forbidden: the caller looks after none.
    """
    return records.summaries(session, session.execute(queries.overdue(_region(by), today(), limit)).scalars().all())


def quality(session: ReadSession, offer_id: str, language: str, by: Caller | None = None) -> OfferQuality:
    """Return how much an offer tells, how to improve it, and warnings. Raises `NotFound` as `find`."""
    return quality_of(find(session, offer_id, by), texts(language))


def history(session: ReadSession, offer_id: str, by: Caller | None) -> History:
    """Return the changes of an offer, newest first; what it said before is for those who may edit it.

    Raises:
        NotFound: as `find`.
    """
    current = find(session, offer_id, by)
    whole = permissions.may(by, Action.READ_LOG, owner_id=current.owner_id, area=current.area_code)
    return History(items=journal.history(session, RECORD_TYPE, offer_id, whole=whole))


def _own_provider(session: WriteSession, owner: str, by: Caller) -> dict[str, str]:
    if not organizations.exists(session, owner):
        return {}
    found = organizations.find(session, owner, by)
    return {"provider_id": owner} if found.visibility is Visibility.PUBLIC else {"provider_name": found.name}


def _region(by: Caller) -> str | None:
    """Return the region whose offers the caller reviews, None for everywhere."""
    reach = permissions.PERMISSIONS[Action.REVIEW_SUPPORT_OFFER][by.role]
    if reach is Reach.NONE:
        raise Forbidden(Message(N_("This record is kept by another organisation, or lies outside your region.")))
    return None if reach is Reach.ALL else by.region or "-"
