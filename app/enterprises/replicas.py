"""Enterprises that travel between nodes: what of them may leave the node, and copies of others' written here."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.core.db import ReadSession, WriteSession
from app.enterprises import queries, records, vocabulary
from app.enterprises.schemas import EnterpriseCreate
from app.enterprises.tables import Enterprise
from app.journal.replicas import Draft, Replicas, Rows
from app.journal.vocabulary import Copy
from app.reference.fields import public_number

RECORD_TYPE: Final = vocabulary.RECORD_TYPE
SCHEMA: Final = "enterprise/1.0"
# All that leaves the node: who keeps the record, and what it said before, stay here.
_PUBLISHED: Final = (
    *("name", "aliases", "organisation_number", "country", "kind", "lifecycle", "legal_form", "area_code", "place"),
    *("founded_year", "public_ownership", "summary", "language", "service_areas", "target_groups", "industry_codes"),
    *("employees", "turnover", "languages", "contact_function", "contact_email", "website", "source", "source_year"),
    "confirmed_on",
)
# What an enterprise says several of, with all that leaves the node of each. An offering's id is new at each node.
_PUBLISHED_OF: Final = {
    "offerings": ("title", "description", "kind", "language", "cpv", "cpv_is_guess", "sectors", "places_free"),
    "criteria": ("criterion", "state", "on"),
    "certificates": ("name", "valid_from", "valid_until"),
    "eligibility": ("reservation", "state", "on", "valid_until"),
}


def published(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what other nodes may know of an enterprise; None for one that a coordinator has hidden."""
    if said["hidden_at"] is not None:
        return None
    parts = {name: [{one: part[one] for one in own} for part in said[name]] for name, own in _PUBLISHED_OF.items()}
    number = public_number(said["organisation_number"])
    return {name: said[name] for name in _PUBLISHED} | parts | {"organisation_number": number}


def said(session: ReadSession | WriteSession, record_ids: Sequence[str]) -> dict[str, tuple[int, dict[str, Any]]]:
    """Return the `rev` of these enterprises, hidden ones too, and what the journal would say of them now, by id."""
    return {one.id: (one.rev, records.payload(one)) for one in records.read_many(session, record_ids)}


def _draft(copy: Copy, data: EnterpriseCreate) -> Draft:
    """Return what becomes of a copy.

    Raises:
        InvalidContent: a code is in no list, or the same thing is said twice.
    """
    records.require_sound(data)
    number = data.organisation_number
    rows: Rows = {Enterprise: [_row(copy, data)], **records.child_rows(copy.id, data)}
    return Draft(rows, records.searchable(data), (number,) if number else None)


def _row(copy: Copy, data: EnterpriseCreate) -> dict[str, Any]:
    fixed = {"id": copy.id, "home": copy.home, "rev": copy.rev, "owner_id": None, "hidden_at": None}
    return {**fixed, **records.own_values(data, copy.at), "created_at": copy.at}


REPLICAS: Final = Replicas(
    RECORD_TYPE,
    EnterpriseCreate,
    _draft,
    [Enterprise, *records.CHILDREN],
    search=queries.SEARCH,
    unique=["organisation_number"],
)
