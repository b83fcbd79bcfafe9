"""What the directory of contacts asks the database. Each function returns a Select; nothing runs here."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Select, false, func, select, true
from sqlmodel import col

from app.contacts.schemas import ContactChoices, ContactFilters
from app.contacts.tables import Contact, ContactTerm
from app.contacts.vocabulary import Sort, TermKind
from app.core.db import ReadSession
from app.core.keyset import Order
from app.core.search import SearchIndex
from app.reference import service as reference

SEARCH = SearchIndex("contact")
ORDERS: Final[dict[Sort, Order]] = {
    Sort.NAME: Order("name", (col(Contact.name_sort), col(Contact.id))),
    Sort.UPDATED_DESC: Order("-updated_at", (col(Contact.updated_at), col(Contact.id)), descends=True),
    Sort.DUE: Order("due_on", (col(Contact.due_on), col(Contact.id))),
}


def shown() -> ColumnElement[bool]:
    """Find what everybody may see: the contacts of organisations that are public."""
    return col(Contact.is_shown).is_(True)


def lying_in(region: str | None) -> ColumnElement[bool]:
    """Find those whose organisation works in a region or a part of it, shown or not; None is everywhere."""
    if region is None:
        return true()
    return col(Contact.area_code).startswith(f"{region}-" if len(region) == len("SE") else region)


def page(session: ReadSession, filters: ContactFilters, seen: ColumnElement[bool], day: date) -> Select[Contact]:
    """Select one page, in order, of the contacts that are `seen`, and one row more if there is another page."""
    wanted = select(Contact).where(seen, *_conditions(session, filters, day))
    return ORDERS[filters.sort].applied(wanted, filters)


def count(session: ReadSession, filters: ContactChoices, seen: ColumnElement[bool], day: date) -> Select[int]:
    """Count what the filters find of those that are `seen`."""
    return select(func.count()).select_from(Contact).where(seen, *_conditions(session, filters, day))


def terms(contact_ids: Sequence[str]) -> Select[str, TermKind, str]:
    """Select the roles and areas of these contacts, in an order that is always the same."""
    return (
        select(col(ContactTerm.contact_id), col(ContactTerm.kind), col(ContactTerm.code))
        .where(col(ContactTerm.contact_id).in_(contact_ids))
        .order_by(col(ContactTerm.contact_id), col(ContactTerm.kind), col(ContactTerm.code))
    )


def of_organization(organization_id: str) -> Select[Contact]:
    """Select the contacts of an organisation, shown or not, by their names."""
    own = col(Contact.organization_id) == organization_id
    return select(Contact).where(own).order_by(col(Contact.name_sort), col(Contact.id))


def _conditions(session: ReadSession, filters: ContactChoices, day: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.words:
        ids = SEARCH.having(session, filters.words)
        found.append(false() if ids is None else col(Contact.id).in_(ids))
    if filters.role:
        found.append(_says(TermKind.ROLE, [role.value for role in filters.role]))
    if filters.area:
        found.append(_says(TermKind.AREA, sorted(set().union(*map(_answers_for, filters.area)))))
    if filters.organization_id:
        found.append(col(Contact.organization_id) == filters.organization_id)
    if filters.overdue:
        found.append(col(Contact.due_on) < day)
    return found


def _says(kind: TermKind, codes: Sequence[str]) -> ColumnElement[bool]:
    having = select(col(ContactTerm.contact_id)).where(col(ContactTerm.kind) == kind, col(ContactTerm.code).in_(codes))
    return col(Contact.id).in_(having)


def _answers_for(area: str) -> set[str]:
    """Return the areas of contacts that answer for this one: itself, those that hold it, and its parts."""
    parts = {one.code for one in (*reference.municipalities_of(area), *reference.counties_of(area))}
    return {area, *reference.ancestors(area), *parts}
