"""Organisations that travel between nodes: what of them may leave the node, and copies of others' written here."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import delete
from sqlmodel import col

from app.core.bulk import insert_many
from app.core.db import ReadSession, WriteSession
from app.core.search import words_of
from app.journal import replicas as journal
from app.journal.vocabulary import Copy
from app.organizations import queries, service
from app.organizations.schemas import OrganizationCreate
from app.organizations.tables import Organization, OrganizationPart
from app.organizations.vocabulary import Visibility
from app.reference.fields import public_number

RECORD_TYPE: Final = service.RECORD_TYPE
SCHEMA: Final = "organization/1.0"
# All that leaves the node: who keeps the record, and what it said before, stay here.
_PUBLISHED: Final = (
    "name",
    "organisation_number",
    "country",
    "kind",
    "parts",
    "area_code",
    "summary",
    "language",
    "website",
    "contact_function",
    "contact_email",
    "source",
    "source_year",
)
said = service.said


def published(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what other nodes may know of an organisation; None for a private one."""
    if said["visibility"] != Visibility.PUBLIC:
        return None
    return {name: said[name] for name in _PUBLISHED} | {
        "organisation_number": public_number(said["organisation_number"])
    }


def own_ids(session: ReadSession | WriteSession, home: str) -> Sequence[str]:
    """Return the ids of all the organisations of a node."""
    return journal.own_ids(session, Organization, home)


def project(session: WriteSession, copies: Sequence[Copy]) -> None:
    """Write copies in place of what was here of them, and tell the journal.

    Raises:
        InvalidContent: a field is not what it should be.
        Conflict: an id belongs to another node's record, or a number to another of the same node.
    """
    read = journal.read(OrganizationCreate, copies)
    _delete(session, journal.require_home(session, Organization, copies))
    numbers = [(data.organisation_number,) for _, data in read if data.organisation_number]
    journal.give_way(session, Organization, copies, ["organisation_number"], numbers)
    with journal.as_conflicts():
        insert_many(session, Organization, [_row(one, data) for one, data in read])
    insert_many(
        session,
        OrganizationPart,
        [{"organization_id": one.id, "part": part} for one, data in read for part in dict.fromkeys(data.parts)],
    )
    queries.SEARCH.put_all(session, {one.id: words_of(service.searchable(data)) for one, data in read})
    journal.written(session, RECORD_TYPE, copies)


def forget(session: WriteSession, home: str, record_ids: Sequence[str]) -> None:
    """Take copies of a node's organisations away, and tell the journal."""
    gone = journal.here(session, Organization, home, record_ids)
    _delete(session, gone)
    queries.SEARCH.remove_all(session, gone)
    journal.forgotten(session, RECORD_TYPE, home, gone)


def _row(copy: Copy, data: OrganizationCreate) -> dict[str, Any]:
    fixed = {"id": copy.id, "home": copy.home, "rev": copy.rev, "owner_id": None}
    shown = {"visibility": Visibility.PUBLIC}
    return {**fixed, "created_at": copy.at, "updated_at": copy.at, **service.values_of(data), **shown}


def _delete(session: WriteSession, record_ids: Sequence[str]) -> None:
    # What an organisation does goes with it: the foreign key cascades.
    session.connection().execute(delete(Organization).where(col(Organization.id).in_(record_ids)))
    session.expire_all()
