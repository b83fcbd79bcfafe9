"""The life of an offer: each step is one conditional UPDATE, so that of two at once exactly one is taken.

`rules.TRANSITIONS` says which step is possible in which state. Whoever comes second finds no row to change, and is told
in which state it is now.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, update
from sqlmodel import col

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.core.clock import now, today
from app.core.db import WriteSession
from app.core.errors import Conflict, Message, NotFound
from app.core.i18n import N_
from app.core.patching import merged, sent, validated
from app.core.preconditions import Precondition
from app.journal import copies
from app.journal import service as journal
from app.support_offers import queries, records
from app.support_offers.rules import TRANSITIONS, possible_verbs, rank_of
from app.support_offers.schemas import SupportOfferCreate, SupportOfferPatch, SupportOfferRead
from app.support_offers.tables import SupportOffer
from app.support_offers.vocabulary import PUBLIC_STATUSES, RECORD_TYPE, Verb

# Steps that keep the state or have none to go to.
_STAYS: Final = (Verb.CHANGE, Verb.REMOVE)
# How many the nightly job suspends at a time: each is a change that is told.
_BATCH: Final = 500
UNCONFIRMED: Final = N_("Nobody has confirmed it in time.")


def step(
    session: WriteSession, offer_id: str, verb: Verb, *, by: Caller | None = None, note: str | None = None
) -> SupportOfferRead:
    """Take one step of an offer's life, and return it; `note` is why, and is shown with it.

    Without `by` it is the operator's own doing, or the clock's, and nothing is asked.

    Raises:
        NotFound: there is none with this id that the caller may know of.
        Forbidden: another organisation keeps it, or only who looks after the region may do this.
        Conflict: it is in a state that the step does not lead from.
    """
    row, before = locked(session, offer_id, by, Action.REVIEW_SUPPORT_OFFER if verb is Verb.PUBLISH else None)
    _take(session, row, verb)
    row.status_note = note
    if verb is Verb.RECONFIRM:
        row.assured_on = today(row.country)
    if verb is Verb.PUBLISH:
        row.published_at = now()
    row.rank = rank_of(row.status, row.reach)
    row.due_on = records.due_day(row)
    return records.journalled(session, row, before)


def change(
    session: WriteSession,
    offer_id: str,
    patch: SupportOfferPatch,
    *,
    match: Precondition,
    by: Caller | None = None,
) -> SupportOfferRead:
    """Change what a merge patch (RFC 7396) names, and return the whole record.

    Raises:
        NotFound, Forbidden: as `step`.
        PreconditionFailed: it has changed since the caller read it; the problem shows both versions.
        Conflict: it is archived.
        InvalidContent: a code is not in its vocabulary, or nobody is named as its provider.
    """
    row, before = locked(session, offer_id, by)
    wanted = sent(patch)
    match.require(row.rev, current=before, sent=wanted)
    written = {name: value for name, value in before.items() if name in SupportOfferCreate.model_fields}
    data = validated(SupportOfferCreate, merged(written, wanted))
    # Who may change it may not carry it out of reach: a coordinator's region holds before and after.
    _require(by, row, Action.EDIT_SUPPORT_OFFER, data.area_code)
    _take(session, row, Verb.CHANGE)
    return records.write(session, row, data, before)


def remove(session: WriteSession, offer_id: str, *, match: Precondition, by: Caller | None = None) -> None:
    """Take away a draft, or what is archived; the journal keeps a tombstone, and nothing of what the record said.

    Raises:
        NotFound, Forbidden, PreconditionFailed: as `change`.
        Conflict: it is in review, published or suspended.
    """
    row, before = locked(session, offer_id, by)
    match.require(row.rev, current=before)
    _take(session, row, Verb.REMOVE)
    gone = journal.removed(RECORD_TYPE, offer_id, row.home, row.rev, before)
    # Its terms go with it: the foreign key cascades.
    session.connection().execute(delete(SupportOffer).where(col(SupportOffer.id) == offer_id))
    session.expunge_all()
    queries.SEARCH.remove(session, offer_id)
    journal.record(session, gone)


def suspend_unconfirmed(session: WriteSession, at: datetime) -> int:
    """Suspend the published offers that nobody has confirmed in time, nor in the grace after it; return how many."""
    due = session.execute(queries.unconfirmed(at.date(), _BATCH)).scalars().all()
    for offer_id in due:
        step(session, offer_id, Verb.SUSPEND, note=UNCONFIRMED)
    return len(due)


def may_edit(by: Caller | None, offer: SupportOffer | SupportOfferRead) -> bool:
    """Tell whether `by` may lead this offer through its life; a visitor may not."""
    return permissions.may(by, Action.EDIT_SUPPORT_OFFER, owner_id=offer.owner_id, area=offer.area_code)


def is_known_to(by: Caller | None, offer: SupportOffer | SupportOfferRead) -> bool:
    """Tell whether `by` may know of this offer: everybody, once it has been shown, unless it is a draft or hidden."""
    shown = offer.status in PUBLIC_STATUSES and offer.published_at is not None and offer.hidden_at is None
    return shown or may_edit(by, offer)


def unknown() -> NotFound:
    """Return what is said of an id that nobody has, and of a draft to everybody but who may edit it."""
    return NotFound(Message(N_("There is no support offer with this id.")))


def locked(
    session: WriteSession, offer_id: str, by: Caller | None, action: Action | None = None
) -> tuple[SupportOffer, dict[str, Any]]:
    """Return an offer that `by` may edit, and what it says; nobody else changes it until the transaction ends."""
    session.flush()
    row = session.get(SupportOffer, offer_id, with_for_update=True, populate_existing=True)
    if row is None or (by is not None and not is_known_to(by, row)):
        raise unknown()
    copies.refuse_copy(session, row.home, RECORD_TYPE, offer_id)
    _require(by, row, action or Action.EDIT_SUPPORT_OFFER, row.area_code)
    return row, records.payload(records.read_one(session, row))


def _require(by: Caller | None, row: SupportOffer, action: Action, area: str | None) -> None:
    if by is not None:
        permissions.require(by, action, owner_id=row.owner_id, area=area)


def _take(session: WriteSession, row: SupportOffer, verb: Verb) -> None:
    """Take a step, or refuse it. The statement names the states it may be taken from: nobody else can take it too."""
    targets = TRANSITIONS[verb]
    values: dict[str, Any] = {"rev": col(SupportOffer.rev) + 1, "updated_at": now()}
    if verb not in _STAYS:
        (values["status"],) = set(targets.values())
    allowed = col(SupportOffer.status).in_(sorted(targets))
    own = update(SupportOffer).where(col(SupportOffer.id) == row.id, allowed)
    if session.connection().execute(own.values(values)).rowcount == 0:
        told = N_("It is {status} and cannot take {verb}. What it can take: {possible}.")
        possible = ", ".join(possible_verbs(row.status)) or "–"
        raise Conflict(Message(told, status=row.status.value, verb=verb.value, possible=possible))
    session.refresh(row)
