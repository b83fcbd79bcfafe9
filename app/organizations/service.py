"""The organisations' front door: register one, change it, remove it, find one, search."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from app.accounts import permissions
from app.accounts.permissions import Action, Reach
from app.accounts.vocabulary import Caller
from app.core.clock import now
from app.core.columns import new_id
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, FieldFault, Forbidden, Message, NotFound
from app.core.i18n import N_
from app.core.patching import merged, sent, validated
from app.core.preconditions import Precondition
from app.core.text import sort_key
from app.journal import copies
from app.journal import service as journal
from app.journal.schemas import History
from app.organizations import queries
from app.organizations.schemas import OrganizationCreate, OrganizationFilters, OrganizationPatch, OrganizationRead
from app.organizations.tables import Organization, OrganizationPart
from app.organizations.vocabulary import Part, Visibility
from app.reference import service as reference

RECORD_TYPE = "organization"


def register(
    session: WriteSession,
    data: OrganizationCreate,
    *,
    home: str,
    record_id: str | None = None,
    owner_id: str | None = None,
) -> OrganizationRead:
    """Write an organisation and return it; with the `record_id` of one that exists, replace what it says.

    An organisation that nobody keeps (`owner_id` is None) keeps itself.

    Raises:
        Conflict: another organisation of the same node has the organisation number.
    """
    # Locked, so that two changes of one record follow each other and each has its own `rev`.
    existing = session.get(Organization, record_id, with_for_update=True) if record_id else None
    before = _payload(_read(session, existing)) if existing else None
    rev = journal.next_rev(session, RECORD_TYPE, record_id) if record_id else 1
    organization = existing or Organization(
        id=record_id or new_id(), home=home, owner_id=owner_id, rev=rev, **values_of(data)
    )
    if existing is not None:
        existing.rev += 1
    for name, value in values_of(data).items():
        setattr(organization, name, value)
    organization.updated_at = now()
    _require_own_number(session, organization)
    session.add(organization)
    _flush(session)
    session.connection().execute(_parts_of(organization.id))
    session.add_all(OrganizationPart(organization_id=organization.id, part=part) for part in dict.fromkeys(data.parts))
    session.flush()
    queries.SEARCH.put(session, organization.id, searchable(data))
    read = _read(session, organization)
    journal.record(session, journal.changed(RECORD_TYPE, read.id, read.home, read.rev, _payload(read), before))
    return read


def register_for(session: WriteSession, data: OrganizationCreate, *, home: str, by: Caller) -> OrganizationRead:
    """Register an organisation that `by`'s own keeps, or in a coordinator's region for its own people.

    Raises:
        Forbidden: it lies outside the coordinator's region.
        Conflict: as `register`.
    """
    owner = permissions.owner_of_new(by, Action.EDIT_ORGANIZATION)
    permissions.require(by, Action.EDIT_ORGANIZATION, owner_id=owner, area=data.area_code)
    return register(session, data, home=home, owner_id=owner)


def change(
    session: WriteSession, organization_id: str, patch: OrganizationPatch, *, match: Precondition, by: Caller
) -> OrganizationRead:
    """Change what a merge patch (RFC 7396) names, and return the whole record.

    Raises:
        NotFound: there is none with this id that the caller may know of.
        Forbidden: another organisation keeps it.
        PreconditionFailed: it has changed since the caller read it; the problem shows both versions.
        InvalidContent, Conflict: as `register`.
    """
    current = _editable(session, organization_id, by)
    now_there = current.model_dump(mode="json")
    wanted = sent(patch)
    match.require(current.rev, current=now_there, sent=wanted)
    as_written = {name: value for name, value in now_there.items() if name in OrganizationCreate.model_fields}
    data = validated(OrganizationCreate, merged(as_written, wanted))
    # Who may change it may not carry it out of reach: a coordinator's region holds before and after.
    permissions.require(by, Action.EDIT_ORGANIZATION, owner_id=_keeper(current), area=data.area_code)
    return register(session, data, home=current.home, record_id=organization_id)


def remove(session: WriteSession, organization_id: str, *, match: Precondition, by: Caller) -> None:
    """Take an organisation out of the list; the journal keeps a tombstone, and nothing of what the record said.

    Raises:
        NotFound, Forbidden, PreconditionFailed: as `change`.
        Conflict: it is the caller's own, for which the key acts.
    """
    current = _editable(session, organization_id, by)
    match.require(current.rev, current=current.model_dump(mode="json"))
    if organization_id == by.organization_id:
        raise Conflict(Message(N_("A key cannot remove the organisation that it acts for.")))
    queries.SEARCH.remove(session, organization_id)
    session.connection().execute(_parts_of(organization_id))
    session.expunge_all()
    session.connection().execute(delete(Organization).where(col(Organization.id) == organization_id))
    gone = journal.removed(RECORD_TYPE, organization_id, current.home, current.rev + 1, _payload(current))
    journal.record(session, gone)


def find(session: ReadSession | WriteSession, organization_id: str, by: Caller | None = None) -> OrganizationRead:
    """Return one organisation; a private one is nobody's business but its keeper's and the region's coordinator's.

    Raises:
        NotFound: there is none with this id that the caller may know of.
    """
    row = session.get(Organization, organization_id)
    if row is None:
        raise _unknown()
    found = _read(session, row)
    if found.visibility is Visibility.PRIVATE and not _may_know(found, by):
        raise _unknown()
    return found


def find_own(session: ReadSession | WriteSession, organization_id: str, by: Caller) -> OrganizationRead:
    """Return one organisation of this node: another's people and contacts are kept where it is at home.

    Raises:
        NotFound: as `find`.
        Forbidden: it belongs to another node.
    """
    found = find(session, organization_id, by)
    copies.refuse_copy(session, found.home, RECORD_TYPE, organization_id)
    return found


def name_of(session: ReadSession | WriteSession, organization_id: str) -> str:
    """Return what an organisation is called, private or not, for those who belong to it; nothing when it is gone."""
    row = session.get(Organization, organization_id)
    return row.name if row else ""


def public_ones(session: ReadSession, organization_ids: Collection[str]) -> dict[str, OrganizationRead]:
    """Return those of these organisations that everybody may know of, by id, in two queries."""
    rows = session.execute(queries.public_ones(organization_ids)).scalars().all()
    return {found.id: found for found in _read_all(session, rows)}


def said(session: ReadSession | WriteSession, organization_ids: Sequence[str]) -> dict[str, tuple[int, dict[str, Any]]]:
    """Return the `rev` of these organisations, private ones too, and what the journal would say of them now, by id."""
    rows = session.execute(queries.these(organization_ids)).scalars().all()
    return {found.id: (found.rev, _payload(found)) for found in _read_all(session, rows)}


def values_of(data: OrganizationCreate) -> dict[str, Any]:
    """Return the columns of an organisation's own row that follow from what it says."""
    return {**_own(data), "name_sort": sort_key(data.name)[:300]}


def searchable(data: OrganizationCreate) -> list[str]:
    """Return the texts that an organisation is found by."""
    place = reference.area_label(data.area_code, "sv") if data.area_code else ""
    return [data.name, data.summary, place]


def exists(session: ReadSession | WriteSession, organization_id: str) -> bool:
    """Tell whether there is an organisation with this id, private or not."""
    return session.get(Organization, organization_id) is not None


def named(session: ReadSession | WriteSession, name: str) -> list[OrganizationRead]:
    """Return the organisations with exactly this name, private ones too: for whoever runs the node."""
    return [_read(session, row) for row in session.execute(queries.with_name(name)).scalars().all()]


def numbered(session: ReadSession | WriteSession, home: str, number: str) -> str | None:
    """Return the id of the organisation with this organisation number at a node, private or not; None without one."""
    found: str | None = session.execute(queries.with_number(home, number)).scalar()
    return found


def search(session: ReadSession, filters: OrganizationFilters, by: Caller | None) -> tuple[list[OrganizationRead], int]:
    """Return one page of organisations, and how many the filters find in all; of the private ones only the caller's."""
    return _found(session, filters, queries.known_to(by.organization_id if by else None))


def looked_after(session: ReadSession, filters: OrganizationFilters, by: Caller) -> tuple[list[OrganizationRead], int]:
    """Return one page of the organisations whose people a coordinator or an administrator looks after, and how many.

    Private ones too.

    Raises:
        Forbidden: the caller looks after its own organisation's people and nobody else's.
    """
    reach = permissions.PERMISSIONS[Action.MANAGE_PEOPLE][by.role]
    if reach is not Reach.ALL and (reach is not Reach.REGION or by.region is None):
        raise Forbidden(Message(N_("This record is kept by another organisation, or lies outside your region.")))
    own = copies.is_own(col(Organization.home))
    return _found(session, filters, queries.lying_in(None if reach is Reach.ALL else by.region) & own)


def _found(
    session: ReadSession, filters: OrganizationFilters, seen: ColumnElement[bool]
) -> tuple[list[OrganizationRead], int]:
    rows = session.execute(queries.listed(session, filters, seen)).scalars().all()
    return _read_all(session, rows), session.execute(queries.count(session, filters, seen)).scalar_one()


def history(session: ReadSession, organization_id: str, by: Caller | None) -> History:
    """Return the changes of an organisation, newest first; what it said before is for those who may edit it.

    Raises:
        NotFound: as `find`.
    """
    current = find(session, organization_id, by)
    return History(items=journal.history(session, RECORD_TYPE, organization_id, whole=_may_know(current, by)))


def _editable(session: WriteSession, organization_id: str, by: Caller) -> OrganizationRead:
    """Return an organisation that `by` may edit, and that nobody else changes until the transaction ends."""
    row = session.get(Organization, organization_id, with_for_update=True)
    if row is None:
        raise _unknown()
    copies.refuse_copy(session, row.home, RECORD_TYPE, organization_id)
    current = _read(session, row)
    reach = {"owner_id": _keeper(current), "area": current.area_code}
    if current.visibility is Visibility.PRIVATE and not permissions.may(by, Action.EDIT_ORGANIZATION, **reach):
        raise _unknown()
    permissions.require(by, Action.EDIT_ORGANIZATION, **reach)
    return current


def _keeper(organization: OrganizationRead) -> str:
    return organization.owner_id or organization.id


def _may_know(organization: OrganizationRead, by: Caller | None) -> bool:
    own = by is not None and by.organization_id == organization.id
    return own or permissions.may(by, Action.READ_LOG, owner_id=_keeper(organization), area=organization.area_code)


def _own(data: OrganizationCreate) -> dict[str, Any]:
    return {**data.model_dump(exclude={"parts"}), "website": str(data.website) if data.website else None}


def _parts_of(organization_id: str) -> Any:
    return delete(OrganizationPart).where(col(OrganizationPart.organization_id) == organization_id)


def _read(session: ReadSession | WriteSession, row: Organization) -> OrganizationRead:
    return _as_read(row, [part for _, part in session.execute(queries.parts([row.id]))])


def _read_all(session: ReadSession | WriteSession, rows: Sequence[Organization]) -> list[OrganizationRead]:
    parts: dict[str, list[Part]] = {}
    for organization_id, part in session.execute(queries.parts([row.id for row in rows])):
        parts.setdefault(organization_id, []).append(part)
    return [_as_read(row, parts.get(row.id, [])) for row in rows]


def _as_read(row: Organization, parts: list[Part]) -> OrganizationRead:
    own = {name: getattr(row, name) for name in OrganizationRead.model_fields if name != "parts"}
    return OrganizationRead.model_validate({**own, "parts": parts})


def _payload(read: OrganizationRead) -> dict[str, Any]:
    return read.model_dump(mode="json")


def _unknown() -> NotFound:
    return NotFound(Message(N_("There is no organisation with this id.")))


def _require_own_number(session: WriteSession, organization: Organization) -> None:
    """Refuse an organisation number that another organisation of the same node has."""
    if organization.organisation_number is None:
        return
    with session.no_autoflush:
        taken = session.execute(queries.other_with_number(organization)).scalar()
    if taken is not None:
        raise _taken(taken)


def _flush(session: WriteSession) -> None:
    try:
        session.flush()
    except IntegrityError as fault:
        # Somebody else wrote the same number or id a moment ago.
        raise _taken() from fault


def _taken(other: str | None = None) -> Conflict:
    told = Message(N_("Another organisation has this organisation number or id."))
    members = {"existing": f"/api/v1/organizations/{other}"} if other else {}
    return Conflict(told, [FieldFault("/organisation_number", told)], members=members)
