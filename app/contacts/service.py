"""The contacts' front door: write one, change, confirm or remove it, find one, search.

A contact is kept by its organisation's keeper or by the coordinator of the region, as the organisation itself is.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlmodel import col

from app.accounts import permissions
from app.accounts.permissions import Action, Reach
from app.accounts.vocabulary import Caller
from app.contacts import queries
from app.contacts.exporting import as_csv
from app.contacts.rules import due_on, is_overdue
from app.contacts.schemas import ContactContent, ContactCreate, ContactFilters, ContactPatch, ContactRead
from app.contacts.tables import Contact, ContactTerm
from app.contacts.vocabulary import RECORD_TYPE, TermKind
from app.core.bulk import insert_many
from app.core.clock import now, today
from app.core.columns import new_id
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, FieldFault, Forbidden, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.core.patching import merged, sent, validated
from app.core.preconditions import Precondition
from app.core.text import sort_key
from app.journal import copies
from app.journal import service as journal
from app.journal.vocabulary import Change
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationRead
from app.organizations.vocabulary import Visibility
from app.reference import service as reference

__all__ = [
    "as_csv",
    "change",
    "confirm",
    "everything",
    "exists",
    "find",
    "follow_organization",
    "looked_after",
    "may_edit",
    "of_organization",
    "register",
    "remove",
    "search",
]

_LONGEST_PAGE = 100
_NOT_COLUMNS = {"organization_id", "roles", "areas", "website", "source"}


def register(
    session: WriteSession,
    data: ContactCreate,
    *,
    home: str,
    record_id: str | None = None,
    assured_on: date | None = None,
    by: Caller | None = None,
) -> ContactRead:
    """Write a new contact of an organisation, confirmed today unless `assured_on` says otherwise, and return it.

    Without `by` it is the operator's own doing, and nothing is asked.

    Raises:
        InvalidContent: no organisation that `by` may know of has the id, or it is private.
        Forbidden: another organisation keeps it, or another node.
    """
    organization = _organization(session, data.organization_id, by)
    keeper = organization.owner_id or organization.id
    if by is not None:
        permissions.require(by, Action.EDIT_ORGANIZATION, owner_id=keeper, area=organization.area_code)
    day = assured_on or today(organization.country)
    row = Contact(
        id=record_id or new_id(),
        home=home,
        rev=journal.next_rev(session, RECORD_TYPE, record_id) if record_id else 1,
        organization_id=organization.id,
        owner_id=keeper,
        organization_name=organization.name,
        area_code=organization.area_code,
        country=organization.country,
        name_sort="",
        source=data.source or organization.name[:200],
        assured_on=day,
        due_on=due_on(day),
        **_own(data),
    )
    return _write(session, row, data, organization, None)


def change(
    session: WriteSession, contact_id: str, patch: ContactPatch, *, match: Precondition, by: Caller
) -> ContactRead:
    """Change what a merge patch (RFC 7396) names, and return the whole record.

    Raises:
        NotFound: there is none with this id that the caller may know of.
        Forbidden: another organisation keeps it.
        PreconditionFailed: it has changed since the caller read it; the problem shows both versions.
        InvalidContent: nothing is left by which it can be reached.
    """
    row, before = _locked(session, contact_id, by)
    wanted = sent(patch)
    match.require(row.rev, current=before, sent=wanted)
    written = {name: value for name, value in before.items() if name in ContactContent.model_fields}
    data = validated(ContactContent, merged(written, wanted))
    row.rev += 1
    for name, value in _own(data).items():
        setattr(row, name, value)
    organization = organizations.find(session, row.organization_id, by)
    row.source = data.source or organization.name[:200]
    return _write(session, row, data, organization, before)


def confirm(session: WriteSession, contact_id: str, *, by: Caller) -> ContactRead:
    """Say that a contact still holds, for a year from today, and return it. Raises `NotFound`, `Forbidden`."""
    row, before = _locked(session, contact_id, by)
    row.rev += 1
    row.assured_on = today(row.country)
    row.due_on = due_on(row.assured_on)
    row.updated_at = now()
    return _journalled(session, row, before)


def remove(session: WriteSession, contact_id: str, *, match: Precondition, by: Caller) -> None:
    """Take a contact out of the directory; the journal keeps a tombstone, and nothing of what it said.

    Raises:
        NotFound, Forbidden, PreconditionFailed: as `change`.
    """
    row, before = _locked(session, contact_id, by)
    match.require(row.rev, current=before)
    _take_away(session, row, before)


def find(session: ReadSession | WriteSession, contact_id: str, by: Caller | None = None) -> ContactRead:
    """Return one contact; one of a private organisation is the business of those who may edit it.

    Raises:
        NotFound: there is none with this id that the caller may know of.
    """
    row = session.get(Contact, contact_id)
    if row is None or not (row.is_shown or may_edit(by, row)):
        raise _unknown()
    return _read(session, [row])[0]


def exists(session: ReadSession | WriteSession, contact_id: str) -> bool:
    """Tell whether there is a contact with this id."""
    return session.execute(select(col(Contact.id)).where(col(Contact.id) == contact_id)).scalar() is not None


def search(session: ReadSession, filters: ContactFilters) -> tuple[list[ContactRead], int, str | None]:
    """Return one page of contacts, how many the filters find in all, and where the next page begins, if there is one.

    Raises:
        BadRequest: `after` is not what a page gave.
    """
    return _found(session, filters, queries.shown())


def everything(session: ReadSession, filters: ContactFilters) -> list[ContactRead]:
    """Return every contact that the filters find, from `after` on, for a table. Raises `BadRequest` as `search`."""
    found: list[ContactRead] = []
    following: str | None = filters.after
    while True:
        asked = filters.model_copy(update={"after": following, "limit": _LONGEST_PAGE})
        page, _, following = search(session, asked)
        found += page
        if following is None:
            return found


def looked_after(
    session: ReadSession, filters: ContactFilters, by: Caller
) -> tuple[list[ContactRead], int, str | None]:
    """Return one page of the contacts in a coordinator's region, those of private organisations too.

    Raises:
        Forbidden: the caller looks after its own organisation's contacts and nobody else's.
        BadRequest: as `search`.
    """
    reach = permissions.PERMISSIONS[Action.EDIT_ORGANIZATION][by.role]
    if reach is not Reach.ALL and (reach is not Reach.REGION or by.region is None):
        raise Forbidden(Message(N_("This record is kept by another organisation, or lies outside your region.")))
    return _found(session, filters, queries.lying_in(None if reach is Reach.ALL else by.region))


def of_organization(session: ReadSession, organization_id: str, by: Caller | None = None) -> list[ContactRead]:
    """Return the contacts of an organisation that the caller may know of, by name."""
    rows = session.execute(queries.of_organization(organization_id)).scalars().all()
    return _read(session, [row for row in rows if row.is_shown or may_edit(by, row)])


def may_edit(by: Caller | None, contact: Contact | ContactRead | OrganizationRead) -> bool:
    """Tell whether `by` may change this contact, or write one of this organisation; a visitor may not."""
    if isinstance(contact, OrganizationRead):
        keeper, area = contact.owner_id or contact.id, contact.area_code
    elif isinstance(contact, Contact):
        keeper, area = contact.owner_id, contact.area_code
    else:
        keeper, area = contact.owner_id, contact.organization_area
    return permissions.may(by, Action.EDIT_ORGANIZATION, owner_id=keeper, area=area)


def follow_organization(session: WriteSession, told: Change) -> None:
    """Keep the contacts with their organisation: called in the transaction of every change of one."""
    if told.before is None:
        return
    for row in session.execute(queries.of_organization(told.record_id)).scalars().all():
        before = _payload(_read(session, [row])[0])
        if told.after is None:
            _take_away(session, row, before)
            continue
        followed = {
            "organization_name": told.after["name"],
            "owner_id": told.after["owner_id"] or told.record_id,
            "area_code": told.after["area_code"],
            "is_shown": told.after["visibility"] == Visibility.PUBLIC,
        }
        if any(getattr(row, name) != value for name, value in followed.items()):
            for name, value in followed.items():
                setattr(row, name, value)
            row.rev += 1
            _index(session, row, before["roles"], before["areas"])
            _journalled(session, row, before)


def _found(
    session: ReadSession, filters: ContactFilters, seen: ColumnElement[bool]
) -> tuple[list[ContactRead], int, str | None]:
    day = today()
    rows = session.execute(queries.page(session, filters, seen, day)).scalars().all()
    total = session.execute(queries.count(session, filters, seen, day)).scalar_one()
    shown, following = queries.ORDERS[filters.sort].page(rows, filters)
    return _read(session, shown), total, following


def _organization(session: WriteSession, organization_id: str, by: Caller | None) -> OrganizationRead:
    try:
        found = organizations.find(session, organization_id, by)
    except NotFound as fault:
        raise _wrong_organization(Message(N_("there is no organisation with this id"))) from fault
    copies.refuse_copy(session, found.home, organizations.RECORD_TYPE, found.id)
    if found.visibility is Visibility.PRIVATE:
        raise _wrong_organization(Message(N_("a contact is shown to everybody, and this organisation is not")))
    return found


def _wrong_organization(told: Message) -> InvalidContent:
    return InvalidContent(Message(SEE_ERRORS), [FieldFault("/organization_id", told)])


def _locked(session: WriteSession, contact_id: str, by: Caller) -> tuple[Contact, dict[str, Any]]:
    """Return a contact that `by` may edit, and what it says; nobody else changes it until the transaction ends."""
    row = session.get(Contact, contact_id, with_for_update=True, populate_existing=True)
    if row is None or not (row.is_shown or may_edit(by, row)):
        raise _unknown()
    permissions.require(by, Action.EDIT_ORGANIZATION, owner_id=row.owner_id, area=row.area_code)
    return row, _payload(_read(session, [row])[0])


def _write(
    session: WriteSession,
    row: Contact,
    data: ContactContent,
    organization: OrganizationRead,
    before: dict[str, Any] | None,
) -> ContactRead:
    roles = [role.value for role in dict.fromkeys(data.roles or organization.parts)]
    areas = data.areas or ([organization.area_code] if organization.area_code else [])
    row.updated_at = now()
    session.add(row)
    session.flush()
    session.connection().execute(delete(ContactTerm).where(col(ContactTerm.contact_id) == row.id))
    said = {TermKind.ROLE: roles, TermKind.AREA: areas}
    told = [(kind, code) for kind, codes in said.items() for code in codes]
    insert_many(session, ContactTerm, [{"contact_id": row.id, "kind": kind, "code": code} for kind, code in told])
    _index(session, row, roles, areas)
    return _journalled(session, row, before)


def _index(session: WriteSession, row: Contact, roles: Sequence[str], areas: Sequence[str]) -> None:
    """Write what a contact is sorted and found by: its organisation, its function, its places."""
    row.name_sort = sort_key(f"{row.organization_name} {row.function}")[:300]
    places = [reference.area_label(code, "sv") for code in areas[:40]]
    queries.SEARCH.put(session, row.id, [row.organization_name, row.function, *roles, *places])


def _journalled(session: WriteSession, row: Contact, before: dict[str, Any] | None) -> ContactRead:
    session.flush()
    (read,) = _read(session, [row])
    journal.record(session, journal.changed(RECORD_TYPE, read.id, read.home, read.rev, _payload(read), before))
    return read


def _take_away(session: WriteSession, row: Contact, before: dict[str, Any]) -> None:
    queries.SEARCH.remove(session, row.id)
    gone = journal.removed(RECORD_TYPE, row.id, row.home, row.rev + 1, before)
    # Its terms go with it: the foreign key cascades.
    session.delete(row)
    journal.record(session, gone)


def _own(data: ContactContent) -> dict[str, Any]:
    """Return the values of a contact's own columns."""
    return {**data.model_dump(exclude=_NOT_COLUMNS), "website": str(data.website) if data.website else None}


def _read(session: ReadSession | WriteSession, rows: Sequence[Contact]) -> list[ContactRead]:
    terms: dict[str, dict[TermKind, list[str]]] = defaultdict(lambda: defaultdict(list))
    for contact_id, kind, code in session.execute(queries.terms([row.id for row in rows])):
        terms[contact_id][TermKind(kind)].append(code)
    return [_as_read(row, terms[row.id]) for row in rows]


def _as_read(row: Contact, terms: dict[TermKind, list[str]]) -> ContactRead:
    derived: dict[str, Any] = {
        "roles": terms[TermKind.ROLE],
        "areas": terms[TermKind.AREA],
        "organization_area": row.area_code,
        "is_overdue": is_overdue(row.due_on, today(row.country)),
    }
    own = {name: getattr(row, name) for name in ContactRead.model_fields if name not in derived}
    return ContactRead.model_validate(own | derived)


def _payload(read: ContactRead) -> dict[str, Any]:
    """Return what a contact says, as JSON can say it; that its day has passed is told by the calendar."""
    return read.model_dump(mode="json", exclude={"is_overdue"})


def _unknown() -> NotFound:
    return NotFound(Message(N_("There is no contact with this id.")))
