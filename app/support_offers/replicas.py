"""Support offers that travel between nodes: what of them may leave the node, and copies of others' written here."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints
from sqlalchemy import delete, select
from sqlmodel import col

from app.core.bulk import insert_many
from app.core.db import ReadSession, WriteSession
from app.core.schema import Day, Instant, KeptLine
from app.core.search import words_of
from app.journal import replicas as journal
from app.journal.vocabulary import Copy
from app.support_offers import queries, records, vocabulary
from app.support_offers.rules import due_on
from app.support_offers.schemas import SupportOfferCreate
from app.support_offers.tables import SupportOffer, SupportOfferTerm
from app.support_offers.vocabulary import PUBLIC_STATUSES, Status

RECORD_TYPE: Final = vocabulary.RECORD_TYPE
SCHEMA: Final = "support_offer/1.0"
# All that leaves the node: who keeps the record, what it said before, and corrections stay here.
_PUBLISHED: Final = (
    *("name", "slug", "summary", "description", "language", "country", "area_code", "provider_id", "provider_name"),
    *("provider_kind", "offer_type", "structure_type", "needs", "target_groups", "stages", "sides", "eligibility"),
    *("service_areas", "delivery", "how_to_apply", "website", "contact_function", "contact_email", "cost", "price"),
    *("funding_source", "de_minimis", "amount", "starts_on", "ends_on", "deadline_on", "capacity", "places_left"),
    *("waiting_days", "review_months", "licence", "source", "source_year", "status_at_source", "status", "status_note"),
    *("published_at", "assured_on"),
)


class _CopiedOffer(SupportOfferCreate):
    """An offer as its home publishes it: in a state of its life, with its provider's name as it stands there.

    The provider's own record may come later, or never: an id is kept as it is, and refers to nothing here as yet.
    """

    slug: Annotated[str, StringConstraints(max_length=80, pattern="^[a-z0-9-]+$")]
    provider_id: Annotated[str, StringConstraints(max_length=36)] | None = None
    provider_name: KeptLine = Field(min_length=1)
    status: Annotated[Status, journal.shown_as(PUBLIC_STATUSES)]
    status_note: KeptLine | None = None
    published_at: Instant
    assured_on: Day | None = None


def published(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what other nodes may know of an offer; None for a draft, and for one that a coordinator has hidden."""
    is_shown = said["status"] in PUBLIC_STATUSES and said["published_at"] is not None and said["hidden_at"] is None
    return {name: said[name] for name in _PUBLISHED} if is_shown else None


def said(session: ReadSession | WriteSession, record_ids: Sequence[str]) -> dict[str, tuple[int, dict[str, Any]]]:
    """Return the `rev` of these offers, drafts too, and what the journal would say of them now, by id."""
    rows = session.execute(select(SupportOffer).where(col(SupportOffer.id).in_(record_ids))).scalars().all()
    return {one.id: (one.rev, records.payload(one)) for one in records.read_all(session, rows)}


def own_ids(session: ReadSession | WriteSession, home: str) -> Sequence[str]:
    """Return the ids of all the offers of a node."""
    return journal.own_ids(session, SupportOffer, home)


def project(session: WriteSession, copies: Sequence[Copy]) -> None:
    """Write copies in place of what was here of them, and tell the journal.

    Raises:
        InvalidContent: a field is not what it should be, or a code is in no list.
        Conflict: an id or slug belongs to another node's record.
    """
    read = journal.read(_CopiedOffer, copies)
    _delete(session, journal.require_home(session, SupportOffer, copies))
    with journal.as_conflicts():
        insert_many(session, SupportOffer, [_row(one, data) for one, data in read])
    insert_many(session, SupportOfferTerm, [row for one, data in read for row in records.terms_of(one.id, data)])
    words = {one.id: words_of(records.searchable(data, data.provider_name)) for one, data in read}
    queries.SEARCH.put_all(session, words)
    journal.written(session, RECORD_TYPE, copies)


def forget(session: WriteSession, home: str, record_ids: Sequence[str]) -> None:
    """Take copies of a node's offers away, and tell the journal."""
    gone = journal.here(session, SupportOffer, home, record_ids)
    _delete(session, gone)
    queries.SEARCH.remove_all(session, gone)
    journal.forgotten(session, RECORD_TYPE, home, gone)


def _row(copy: Copy, data: _CopiedOffer) -> dict[str, Any]:
    fixed = {"id": copy.id, "home": copy.home, "rev": copy.rev, "owner_id": None, "hidden_at": None}
    due = due_on(data.assured_on, data.published_at.date(), data.review_months)
    own = records.own_values(data, data.status)
    return {**fixed, **own, "due_on": due, "created_at": copy.at, "updated_at": copy.at}


def _delete(session: WriteSession, offer_ids: Sequence[str]) -> None:
    if offer_ids:
        # Its terms go with it: the foreign key cascades.
        session.connection().execute(delete(SupportOffer).where(col(SupportOffer.id).in_(offer_ids)))
        session.expire_all()
