"""Organisations that travel between nodes: what of them may leave the node, and copies of others' written here."""

from collections.abc import Mapping
from typing import Any, Final

from app.journal.replicas import Draft, Replicas, Rows
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


def _draft(copy: Copy, data: OrganizationCreate) -> Draft:
    number = data.organisation_number
    parts = [{"organization_id": copy.id, "part": part} for part in dict.fromkeys(data.parts)]
    rows: Rows = {Organization: [_row(copy, data)], OrganizationPart: parts}
    return Draft(rows, service.searchable(data), (number,) if number else None)


def _row(copy: Copy, data: OrganizationCreate) -> dict[str, Any]:
    fixed = {"id": copy.id, "home": copy.home, "rev": copy.rev, "owner_id": None}
    shown = {"visibility": Visibility.PUBLIC}
    return {**fixed, "created_at": copy.at, "updated_at": copy.at, **service.values_of(data), **shown}


REPLICAS: Final = Replicas(
    RECORD_TYPE,
    OrganizationCreate,
    _draft,
    [Organization, OrganizationPart],
    search=queries.SEARCH,
    unique=["organisation_number"],
)
