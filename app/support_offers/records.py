"""Support offers as rows and as what is read of them: written whole, read many at once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete
from sqlmodel import col

from app.core.bulk import insert_many
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import LANGUAGES, N_
from app.core.schema import Money
from app.core.text import sort_key
from app.journal import service as journal
from app.organizations import service as organizations
from app.reference import service as reference
from app.support_offers import queries
from app.support_offers.rules import due_on, rank_of, reach_of, slug_of
from app.support_offers.schemas import SupportOfferCreate, SupportOfferRead, SupportOfferSummary
from app.support_offers.tables import SupportOffer, SupportOfferTerm
from app.support_offers.vocabulary import (
    NEED_LIST,
    RECORD_TYPE,
    STRUCTURE_LIST,
    TARGET_GROUP_LIST,
    TYPE_LIST,
    Status,
    TermKind,
)

# The fields of an offer that are rows of their own.
FIELDS_OF = {
    TermKind.NEED: "needs",
    TermKind.TARGET_GROUP: "target_groups",
    TermKind.STAGE: "stages",
    TermKind.SIDE: "sides",
    TermKind.AREA: "service_areas",
    TermKind.DELIVERY: "delivery",
}
_NOT_COLUMNS = {*FIELDS_OF.values(), "price", "website"}


def write(
    session: WriteSession, row: SupportOffer, data: SupportOfferCreate, before: dict[str, Any] | None
) -> SupportOfferRead:
    """Write what `data` says of an offer into its row and its terms, tell the journal, and return it as it is read.

    Raises:
        InvalidContent: nobody is named as its provider, or no organisation has the provider's id.
    """
    for name, value in {**own_values(data, row.status), **_provider(session, data)}.items():
        setattr(row, name, value)
    row.due_on = due_day(row)
    row.updated_at = now()
    session.add(row)
    session.flush()
    session.connection().execute(delete(SupportOfferTerm).where(col(SupportOfferTerm.offer_id) == row.id))
    insert_many(session, SupportOfferTerm, terms_of(row.id, data))
    queries.SEARCH.put(session, row.id, searchable(data, row.provider_name))
    return journalled(session, row, before)


def new_row(record_id: str, home: str, owner_id: str | None, data: SupportOfferCreate, **own: Any) -> SupportOffer:
    """Return the row of an offer that is not there yet; `write` fills in what its contents decide."""
    values = {**own_values(data, own["status"]), "provider_name": data.provider_name or "", **own}
    return SupportOffer(id=record_id, home=home, owner_id=owner_id, slug=slug_of(data.name, record_id), **values)


def due_day(row: SupportOffer) -> date | None:
    """Return the day by which an offer is to be confirmed; None for one that nobody has been shown."""
    return due_on(row.assured_on, row.published_at.date(), row.review_months) if row.published_at else None


def journalled(session: WriteSession, row: SupportOffer, before: dict[str, Any] | None) -> SupportOfferRead:
    """Tell the journal what an offer says now, and return it."""
    session.flush()
    read = read_one(session, row)
    journal.record(session, journal.changed(RECORD_TYPE, read.id, read.home, read.rev, payload(read), before))
    return read


def payload(read: SupportOfferRead) -> dict[str, Any]:
    """Return what an offer says, as JSON can say it."""
    return read.model_dump(mode="json")


def read_one(session: ReadSession | WriteSession, row: SupportOffer) -> SupportOfferRead:
    """Return one offer, whole."""
    return SupportOfferRead.model_validate(_members(row, SupportOfferRead, _terms(session, [row.id])[row.id]))


def read_all(session: ReadSession | WriteSession, rows: Sequence[SupportOffer]) -> list[SupportOfferRead]:
    """Return these offers, whole, in two queries."""
    terms = _terms(session, [row.id for row in rows])
    return [SupportOfferRead.model_validate(_members(row, SupportOfferRead, terms[row.id])) for row in rows]


def summaries(session: ReadSession, rows: Sequence[SupportOffer]) -> list[SupportOfferSummary]:
    """Return these offers as rows of a list."""
    terms = _terms(session, [row.id for row in rows])
    return [SupportOfferSummary.model_validate(_members(row, SupportOfferSummary, terms[row.id])) for row in rows]


def _members(row: SupportOffer, schema: type[SupportOfferSummary], terms: dict[TermKind, list[str]]) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in schema.model_fields if name not in {*FIELDS_OF.values(), "price"}}
    found |= {name: terms[kind] for kind, name in FIELDS_OF.items()}
    if "price" in schema.model_fields:
        found["price"] = _price(row)
    return found


def _terms(session: ReadSession | WriteSession, offer_ids: list[str]) -> dict[str, dict[TermKind, list[str]]]:
    found: dict[str, dict[TermKind, list[str]]] = {one: defaultdict(list) for one in offer_ids}
    for offer_id, kind, code in session.execute(queries.terms(offer_ids)):
        found[offer_id][TermKind(kind)].append(code)
    return found


def _price(row: SupportOffer) -> Money | None:
    if row.price_minor is None or row.currency is None:
        return None
    whole, hundredths = divmod(row.price_minor, 100)
    return Money(amount=f"{whole}.{hundredths:02}" if hundredths else str(whole), currency=row.currency)


def own_values(data: SupportOfferCreate, status: Status) -> dict[str, Any]:
    """Return the values of an offer's own columns in a state of its life, with what is reckoned from them."""
    reach = reach_of(data.service_areas)
    return {
        **data.model_dump(exclude=_NOT_COLUMNS),
        "website": str(data.website) if data.website else None,
        "price_minor": data.price.minor if data.price else None,
        "currency": data.price.currency if data.price else None,
        "name_sort": sort_key(data.name)[:300],
        "reach": reach,
        "need_count": len(data.needs),
        "rank": rank_of(status, reach),
    }


def _provider(session: WriteSession, data: SupportOfferCreate) -> dict[str, Any]:
    """Return who gives the support: as its own record says, or by name."""
    if data.provider_id is None:
        if not data.provider_name:
            told = Message(N_("name who gives the support, or send the id of its record"))
            raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/provider_name", told)])
        return {"provider_name": data.provider_name}
    try:
        # A private organisation is nobody's provider: its name is not for everybody.
        found = organizations.find(session, data.provider_id)
    except NotFound as fault:
        told = Message(N_("there is no organisation with this id"))
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/provider_id", told)]) from fault
    area = data.area_code or found.area_code
    return {"provider_name": found.name, "provider_kind": found.kind, "area_code": area}


def terms_of(offer_id: str, data: SupportOfferCreate) -> list[dict[str, Any]]:
    """Return the rows of what an offer says several of."""
    return [
        {"offer_id": offer_id, "kind": kind, "code": str(code)}
        for kind, name in FIELDS_OF.items()
        for code in getattr(data, name)
    ]


def searchable(data: SupportOfferCreate, provider_name: str) -> list[str]:
    """Return the texts that an offer is found by: its words, its provider and its codes' words in every language."""
    codes = [
        (TYPE_LIST, [data.offer_type]),
        (STRUCTURE_LIST, [data.structure_type] if data.structure_type else []),
        (NEED_LIST, data.needs),
        (TARGET_GROUP_LIST, data.target_groups),
    ]
    labels = [
        reference.label(name, code, language) for name, found in codes for code in found for language in LANGUAGES
    ]
    # Of an offer for four hundred municipalities the names would say nothing; the filter knows them all.
    places = [reference.area_label(code, "sv") for code in data.service_areas[:40]]
    texts = [data.name, data.summary, data.description, data.eligibility, data.amount or "", data.funding_source or ""]
    return [*texts, provider_name, *labels, *places]
