"""Support offers that travel between nodes: what of them may leave the node, and copies of others' written here."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints
from sqlalchemy import select
from sqlmodel import col

from app.core.db import ReadSession, WriteSession
from app.core.schema import Day, Instant, KeptLine
from app.journal.replicas import Draft, Replicas, Rows, shown_as
from app.journal.vocabulary import Copy
from app.support_offers import queries, records, vocabulary
from app.support_offers.rules import due_on, own_slug
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
    status: Annotated[Status, shown_as(PUBLIC_STATUSES)]
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


def _draft(copy: Copy, data: _CopiedOffer) -> Draft:
    rows: Rows = {SupportOffer: [_row(copy, data)], SupportOfferTerm: records.terms_of(copy.id, data)}
    return Draft(rows, records.searchable(data, data.provider_name))


def _row(copy: Copy, data: _CopiedOffer) -> dict[str, Any]:
    fixed = {"id": copy.id, "home": copy.home, "rev": copy.rev, "owner_id": None, "hidden_at": None}
    due = due_on(data.assured_on, data.published_at.date(), data.review_months)
    # No home can take the address of another's record.
    own = records.own_values(data, data.status) | {"slug": own_slug(data.slug, data.name, copy.id)}
    return {**fixed, **own, "due_on": due, "created_at": copy.at, "updated_at": copy.at}


REPLICAS: Final = Replicas(RECORD_TYPE, _CopiedOffer, _draft, [SupportOffer, SupportOfferTerm], search=queries.SEARCH)
