"""What the list of organisations asks the database. Each function returns a Select; nothing runs here."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlmodel import col

from app.core.db import ReadSession
from app.core.search import SearchIndex
from app.organizations.schemas import OrganizationFilters
from app.organizations.tables import Organization, OrganizationPart
from app.organizations.vocabulary import Part, Sort, Visibility
from app.reference import service as reference

SEARCH = SearchIndex("organization")


def known_to(own: str | None) -> ColumnElement[bool]:
    """Find those that the organisation `own` may know of: the public ones, and of the private ones its own."""
    return or_(
        col(Organization.visibility) == Visibility.PUBLIC,
        col(Organization.id) == (own or ""),
        col(Organization.owner_id) == (own or ""),
    )


def lying_in(region: str | None) -> ColumnElement[bool]:
    """Find those that work in a region or a part of it, private ones too; None is everywhere."""
    return true() if region is None else col(Organization.area_code).startswith(_below(region))


def listed(session: ReadSession, filters: OrganizationFilters, seen: ColumnElement[bool]) -> Select[Any]:
    """Select one page, in order, of the organisations that are `seen`."""
    wanted = select(Organization).where(seen, *_conditions(session, filters)).order_by(*_order(filters.sort))
    return wanted.limit(filters.limit).offset(filters.offset)


def count(session: ReadSession, filters: OrganizationFilters, seen: ColumnElement[bool]) -> Select[int]:
    """Count what the filters find of those that are `seen`."""
    return select(func.count()).select_from(Organization).where(seen, *_conditions(session, filters))


def public_ones(organization_ids: Collection[str]) -> Select[Organization]:
    """Select those of these organisations that everybody may know of, in no order."""
    wanted = (col(Organization.id).in_(organization_ids), col(Organization.visibility) == Visibility.PUBLIC)
    return select(Organization).where(*wanted)


def these(organization_ids: Collection[str]) -> Select[Organization]:
    """Select these organisations, private ones too, in no order."""
    return select(Organization).where(col(Organization.id).in_(organization_ids))


def parts(organization_ids: list[str]) -> Select[str, Part]:
    """Select what each of these organisations does in the field."""
    return (
        select(col(OrganizationPart.organization_id), col(OrganizationPart.part))
        .where(col(OrganizationPart.organization_id).in_(organization_ids))
        .order_by(col(OrganizationPart.part))
    )


def with_name(name: str) -> Select[Organization]:
    """Select the organisations with exactly this name."""
    return select(Organization).where(col(Organization.name) == name).order_by(col(Organization.id))


def with_number(home: str, number: str) -> Select[str]:
    """Select the id of the organisation with this organisation number at a node."""
    mine = (col(Organization.home) == home, col(Organization.organisation_number) == number)
    return select(col(Organization.id)).where(*mine)


def other_with_number(organization: Organization) -> Select[str]:
    """Select another organisation of the same node with the same organisation number."""
    return select(col(Organization.id)).where(
        col(Organization.home) == organization.home,
        col(Organization.organisation_number) == organization.organisation_number,
        col(Organization.id) != organization.id,
    )


def _conditions(session: ReadSession, filters: OrganizationFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.words:
        ids = SEARCH.having(session, filters.words)
        found.append(false() if ids is None else col(Organization.id).in_(ids))
    if filters.kind:
        found.append(col(Organization.kind).in_(filters.kind))
    if filters.part:
        having = select(col(OrganizationPart.organization_id)).where(col(OrganizationPart.part).in_(filters.part))
        found.append(col(Organization.id).in_(having))
    if filters.located_in:
        found.append(or_(*(_in_area(area) for area in filters.located_in)))
    return found


def _in_area(area: str) -> ColumnElement[bool]:
    """Find those that work in an area, in one below it, or in the whole of one above it."""
    above = col(Organization.area_code).in_([area, *reference.ancestors(area)])
    return or_(above, col(Organization.area_code).startswith(_below(area)))


def _below(area: str) -> str:
    """Return what the codes of an area's parts begin with; a county's own code begins so too."""
    return f"{area}-" if len(area) == len("SE") else area


def _order(sort: Sort) -> list[ColumnElement[Any]]:
    orders: dict[Sort, ColumnElement[Any]] = {
        Sort.NAME: col(Organization.name_sort).asc(),
        Sort.NAME_DESC: col(Organization.name_sort).desc(),
        Sort.UPDATED: col(Organization.updated_at).asc(),
        Sort.UPDATED_DESC: col(Organization.updated_at).desc(),
    }
    # In one direction, so that the index is read and nothing is sorted.
    return [orders[sort], col(Organization.id).desc() if sort.startswith("-") else col(Organization.id).asc()]
