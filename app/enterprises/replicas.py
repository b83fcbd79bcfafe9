"""Enterprises that travel between nodes: what of them may leave the node, and copies of others' written here."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import delete
from sqlmodel import col

from app.core.db import ReadSession, WriteSession
from app.core.search import words_of
from app.enterprises import queries, records, vocabulary
from app.enterprises.schemas import EnterpriseCreate
from app.enterprises.tables import Enterprise
from app.journal import replicas as journal
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


def own_ids(session: ReadSession | WriteSession, home: str) -> Sequence[str]:
    """Return the ids of all the enterprises of a node."""
    return journal.own_ids(session, Enterprise, home)


def project(session: WriteSession, copies: Sequence[Copy]) -> None:
    """Write copies in place of what was here of them, and tell the journal.

    Raises:
        InvalidContent: a field is not what it should be, or a code is in no list.
        Conflict: an id belongs to another node's record.
    """
    read = journal.read(EnterpriseCreate, copies)
    for _, data in read:
        records.require_sound(data)
    _delete(session, journal.require_home(session, Enterprise, copies))
    numbers = [(data.organisation_number,) for _, data in read if data.organisation_number]
    journal.give_way(session, Enterprise, copies, ["organisation_number"], numbers)
    rows: records.Rows = {Enterprise: [_row(one, data) for one, data in read]}
    for one, data in read:
        for table, values in records.child_rows(one.id, data).items():
            rows.setdefault(table, []).extend(values)
    with journal.as_conflicts():
        records.write_rows(session, rows)
    queries.SEARCH.put_all(session, {one.id: words_of(records.searchable(data)) for one, data in read})
    journal.written(session, RECORD_TYPE, copies)


def forget(session: WriteSession, home: str, record_ids: Sequence[str]) -> None:
    """Take copies of a node's enterprises away, and tell the journal."""
    gone = journal.here(session, Enterprise, home, record_ids)
    _delete(session, gone)
    queries.SEARCH.remove_all(session, gone)
    journal.forgotten(session, RECORD_TYPE, home, gone)


def _row(copy: Copy, data: EnterpriseCreate) -> dict[str, Any]:
    fixed = {"id": copy.id, "home": copy.home, "rev": copy.rev, "owner_id": None, "hidden_at": None}
    return {**fixed, **records.own_values(data), "created_at": copy.at, "updated_at": copy.at}


def _delete(session: WriteSession, enterprise_ids: Sequence[str]) -> None:
    if enterprise_ids:
        # What belongs to an enterprise goes with it: the foreign keys cascade.
        session.connection().execute(delete(Enterprise).where(col(Enterprise.id).in_(enterprise_ids)))
        session.expire_all()
