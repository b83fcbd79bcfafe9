"""The registry's front door: register an enterprise, change it, remove it, find one, search."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, Update, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.core.clock import now, today
from app.core.columns import new_id
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.core.lists import Listing
from app.core.patching import merged, sent, validated
from app.core.preconditions import Precondition
from app.enterprises import queries, records
from app.enterprises.rules import (
    COUNTING_STATES,
    STATEMENT_MONTHS,
    needs_reconfirmation,
    newly_verified,
    statement_counts,
)
from app.enterprises.schemas import (
    EnterpriseChoices,
    EnterpriseCreate,
    EnterpriseFacets,
    EnterpriseFilters,
    EnterpriseNamed,
    EnterprisePatch,
    EnterpriseRead,
    EnterpriseSummary,
    Facet,
    FacetGroup,
)
from app.enterprises.tables import Enterprise
from app.enterprises.vocabulary import RECORD_TYPE
from app.journal import copies
from app.journal import service as journal
from app.journal.schemas import History

__all__ = [
    "COUNTING_STATES",
    "STATEMENT_MONTHS",
    "change",
    "confirm",
    "counted",
    "entrust",
    "exists",
    "facets",
    "find",
    "held",
    "hide",
    "history",
    "kept_by",
    "named",
    "needs_reconfirmation",
    "overdue",
    "register",
    "register_for",
    "remove",
    "restore",
    "search",
    "statement_counts",
]

LISTING = Listing(rows=queries.summaries, count=queries.count, last_change=journal.last_number)


def register(
    session: WriteSession,
    data: EnterpriseCreate,
    *,
    home: str,
    record_id: str | None = None,
    owner_id: str | None = None,
) -> EnterpriseRead:
    """Write an enterprise and return it; with the `record_id` of one that exists, replace what it says.

    `owner_id` is the organisation that keeps a new record. Whether somebody may write is asked by `register_for` and
    `change`; this is what imports and the demo call.

    Raises:
        InvalidContent: a code is not in its vocabulary, the seat is not in the country, or something is said twice; the
            faults name the fields.
        Conflict: another enterprise of the same node has the organisation number.
    """
    records.require_sound(data)
    # Locked, so that two changes of one record follow each other and each has its own `rev`.
    existing = session.get(Enterprise, record_id, with_for_update=True) if record_id else None
    before = records.payload(_read(session, existing.id)) if existing else None
    if existing is None:
        own = records.own_values(data)
        rev = journal.next_rev(session, RECORD_TYPE, record_id) if record_id else 1
        enterprise = Enterprise(id=record_id or new_id(), home=home, owner_id=owner_id, rev=rev, **own)
    else:
        enterprise = existing
        enterprise.rev += 1
        for name, value in records.own_values(data).items():
            setattr(enterprise, name, value)
        records.forget_children(session, [enterprise.id])
    _require_own_number(session, enterprise)
    session.add(enterprise)
    _flush(session)
    records.write_rows(session, records.child_rows(enterprise.id, data))
    queries.SEARCH.put(session, enterprise.id, records.searchable(data))
    read = _read(session, enterprise.id)
    journal.record(session, journal.changed(RECORD_TYPE, read.id, read.home, read.rev, records.payload(read), before))
    return read


def register_for(session: WriteSession, data: EnterpriseCreate, *, home: str, by: Caller) -> EnterpriseRead:
    """Register an enterprise in the name of `by`'s organisation, or in a coordinator's region for its own people.

    Raises:
        InvalidContent, Conflict: as `register`; or an enterprise says of itself that something is verified.
        Forbidden: its seat lies outside the coordinator's region.
    """
    owner = permissions.owner_of_new(by, Action.EDIT_ENTERPRISE)
    permissions.require(by, Action.EDIT_ENTERPRISE, owner_id=owner, area=data.area_code)
    _require_verifier(data, None, owner, by)
    return register(session, data, home=home, owner_id=owner)


def change(
    session: WriteSession, enterprise_id: str, patch: EnterprisePatch, *, match: Precondition, by: Caller
) -> EnterpriseRead:
    """Change what a merge patch (RFC 7396) names, and return the whole record.

    Raises:
        NotFound: there is none with this id.
        Forbidden: another organisation keeps it.
        PreconditionFailed: it has changed since the caller read it; the problem shows both versions.
        InvalidContent, Conflict: as `register`.
    """
    current = _locked(session, enterprise_id, by)
    permissions.require(by, Action.EDIT_ENTERPRISE, owner_id=current.owner_id, area=current.area_code)
    wanted = sent(patch)
    now_there = current.model_dump(mode="json")
    match.require(current.rev, current=now_there, sent=wanted)
    as_written = {name: value for name, value in now_there.items() if name in EnterpriseCreate.model_fields}
    data = validated(EnterpriseCreate, merged(as_written, wanted))
    # Who may change it may not carry it out of reach: a coordinator's region holds before and after.
    permissions.require(by, Action.EDIT_ENTERPRISE, owner_id=current.owner_id, area=data.area_code)
    _require_verifier(data, current, current.owner_id, by)
    return register(session, data, home=current.home, record_id=enterprise_id)


def confirm(session: WriteSession, enterprise_id: str, *, by: Caller) -> EnterpriseRead:
    """Write down that the organisation that keeps an enterprise says, today, that the record is right; return it.

    Raises:
        NotFound: there is none with this id.
        Forbidden: another organisation keeps it, or nobody does: who knows it best has to say so.
    """
    current = _locked(session, enterprise_id, by)
    permissions.require(by, Action.CONFIRM_ENTERPRISE, owner_id=current.owner_id, area=current.area_code)
    day = today(current.country)
    if current.confirmed_on == day:
        return current
    own = update(Enterprise).where(col(Enterprise.id) == enterprise_id)
    return _marked(session, own, current, {"confirmed_on": day})


def hide(session: WriteSession, enterprise_id: str, *, by: Caller) -> EnterpriseRead:
    """Let nobody see an enterprise but those who may edit it, until it is restored; return it.

    Raises:
        NotFound: there is none with this id.
        Forbidden: it lies outside the coordinator's region.
        Conflict: it is hidden already.
    """
    current = _locked(session, enterprise_id, by)
    permissions.require(by, Action.MODERATE, owner_id=current.owner_id, area=current.area_code)
    own = update(Enterprise).where(col(Enterprise.id) == enterprise_id, queries.is_shown())
    return _marked(session, own, current, {"hidden_at": now()})


def restore(session: WriteSession, enterprise_id: str, *, by: Caller) -> EnterpriseRead:
    """Show an enterprise that was hidden to everybody again; return it.

    Raises:
        NotFound, Forbidden: as `hide`.
        Conflict: it is not hidden.
    """
    current = _locked(session, enterprise_id, by)
    permissions.require(by, Action.MODERATE, owner_id=current.owner_id, area=current.area_code)
    own = update(Enterprise).where(col(Enterprise.id) == enterprise_id, ~queries.is_shown())
    return _marked(session, own, current, {"hidden_at": None})


def entrust(session: WriteSession, enterprise_id: str, organization_id: str, *, by: Caller) -> EnterpriseRead:
    """Give an enterprise that nobody keeps into the hands of an organisation, and return it.

    Raises:
        NotFound: there is none with this id.
        Forbidden: it lies outside the coordinator's region.
        Conflict: an organisation keeps it already.
    """
    current = _locked(session, enterprise_id, by)
    permissions.require(by, Action.MODERATE, owner_id=None, area=current.area_code)
    if current.owner_id is not None:
        raise Conflict(Message(N_("An organisation keeps this enterprise already.")))
    own = update(Enterprise).where(col(Enterprise.id) == enterprise_id)
    return _marked(session, own, current, {"owner_id": organization_id})


def _marked(session: WriteSession, own: Update, current: EnterpriseRead, marks: dict[str, Any]) -> EnterpriseRead:
    """Change columns of an enterprise's own row, by a statement that may find it in another state; return it."""
    change: dict[str, Any] = {**marks, "rev": current.rev + 1, "updated_at": now()}
    if session.connection().execute(own.values(**change)).rowcount == 0:
        told = N_("It is hidden already.") if current.hidden_at else N_("It is not hidden.")
        raise Conflict(Message(told))
    session.expire_all()
    read = current.model_copy(update=change)
    journal.record(
        session,
        journal.changed(RECORD_TYPE, read.id, read.home, read.rev, records.payload(read), records.payload(current)),
    )
    return read


def remove(session: WriteSession, enterprise_id: str, *, match: Precondition, by: Caller) -> None:
    """Take an enterprise out of the registry; the journal keeps a tombstone, and nothing of what the record said.

    Raises:
        NotFound, Forbidden, PreconditionFailed: as `change`.
    """
    current = _locked(session, enterprise_id, by)
    permissions.require(by, Action.EDIT_ENTERPRISE, owner_id=current.owner_id, area=current.area_code)
    match.require(current.rev, current=current.model_dump(mode="json"))
    queries.SEARCH.remove(session, enterprise_id)
    records.forget_children(session, [enterprise_id])
    session.expunge_all()
    session.connection().execute(delete(Enterprise).where(col(Enterprise.id) == enterprise_id))
    gone = journal.removed(RECORD_TYPE, enterprise_id, current.home, current.rev + 1, records.payload(current))
    journal.record(session, gone)


def history(session: ReadSession, enterprise_id: str, by: Caller | None) -> History:
    """Return the changes of an enterprise, newest first; what it said before is for those who may edit it.

    Raises:
        NotFound: there is none with this id.
    """
    current = find(session, enterprise_id, by)
    whole = permissions.may(by, Action.READ_LOG, owner_id=current.owner_id, area=current.area_code)
    return History(items=journal.history(session, RECORD_TYPE, enterprise_id, whole=whole))


def find(session: ReadSession | WriteSession, enterprise_id: str, by: Caller | None = None) -> EnterpriseRead:
    """Return one enterprise, whole; one that is hidden is shown to those who may edit it, and to nobody else.

    Raises:
        NotFound: there is none with this id that the caller may know of.
    """
    return _known_to(by, _read(session, enterprise_id))


def held(session: WriteSession, enterprise_id: str, *, by: Caller) -> EnterpriseRead:
    """Return one enterprise that nobody changes until the transaction ends. Raises `NotFound` as `find`."""
    return _locked(session, enterprise_id, by)


def exists(session: ReadSession | WriteSession, enterprise_id: str, *, hidden_too: bool = False) -> bool:
    """Tell whether there is an enterprise with this id, one that everybody sees unless it may be `hidden_too`."""
    found = session.get(Enterprise, enterprise_id)
    return found is not None and (hidden_too or found.hidden_at is None)


def named(session: ReadSession | WriteSession, enterprise_ids: Collection[str]) -> dict[str, EnterpriseNamed]:
    """Return what tells these enterprises apart, hidden ones too, by id; one that is gone is left out."""
    rows = session.connection().execute(queries.named(enterprise_ids)).mappings()
    return {row["id"]: EnterpriseNamed(**row, area=row["municipality"]) for row in rows}


def overdue(session: ReadSession, area: str | None, limit: int) -> tuple[list[EnterpriseSummary], int]:
    """Return the first of those, in `area`, that nobody has confirmed for a year, and how many they are in all."""
    waiting = queries.overdue(today(), area)
    rows = session.connection().execute(waiting.limit(limit)).mappings()
    total = session.connection().execute(select(func.count()).select_from(waiting.order_by(None).subquery()))
    return [EnterpriseSummary.model_validate(dict(row)) for row in rows], total.scalar_one()


def kept_by(session: ReadSession | WriteSession, organization_id: str) -> list[EnterpriseRead]:
    """Return the enterprises that an organisation keeps, whole, by name; it may keep none, or several."""
    ids = session.execute(queries.ids_of_owner(organization_id)).scalars().all()
    return records.read_many(session, ids)


def search(session: ReadSession, filters: EnterpriseFilters) -> tuple[list[EnterpriseSummary], int]:
    """Return one page of the registry and how many the filters find in all."""
    rows = session.connection().execute(queries.summaries(session, filters)).mappings()
    found = [EnterpriseSummary.model_validate(dict(row)) for row in rows]
    total = session.connection().execute(queries.count(session, filters)).scalar_one()
    return found, total


def facets(session: ReadSession, filters: EnterpriseChoices) -> list[FacetGroup]:
    """Return how many enterprises each further choice would leave, group by group."""
    connection = session.connection()

    def group(name: str, counts: Select[str, int], chosen: Sequence[str]) -> FacetGroup:
        found = {str(code): number for code, number in connection.execute(counts)}
        # A place may be chosen more or less finely than by county.
        for code in [code for code in chosen if name == "located_in" and code not in found]:
            narrowed = filters.model_copy(update={"located_in": [code]})
            found[code] = connection.execute(queries.count(session, narrowed)).scalar_one()
        codes = sorted({*found, *chosen}, key=lambda code: (-found.get(code, 0), code))
        return FacetGroup(
            name=name,
            facets=[Facet(code=code, count=found.get(code, 0), chosen=code in chosen) for code in codes],
        )

    return [
        group("located_in", queries.county_counts(session, filters), filters.located_in),
        group("sector", queries.sector_counts(session, filters), filters.sector),
        group("reserved", queries.reserved_counts(session, filters), filters.reserved),
        group("kind", queries.kind_counts(session, filters), filters.kind),
        group("overdue", queries.overdue_counts(session, filters), ["true"] if filters.overdue else []),
    ]


def counted(session: ReadSession, filters: EnterpriseChoices) -> EnterpriseFacets:
    """Return how many the filters find, and how many each further choice would leave."""
    total = session.connection().execute(queries.count(session, filters)).scalar_one()
    return EnterpriseFacets(total=total, groups=facets(session, filters))


def _locked(session: WriteSession, enterprise_id: str, by: Caller) -> EnterpriseRead:
    """Return an enterprise that nobody else changes until the transaction ends. Raises `NotFound` as `find`."""
    # Looked at anew: whoever held it until now may have changed it.
    row = session.get(Enterprise, enterprise_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise _unknown()
    copies.refuse_copy(session, row.home, RECORD_TYPE, enterprise_id)
    return _known_to(by, _read(session, enterprise_id))


def _known_to(by: Caller | None, found: EnterpriseRead) -> EnterpriseRead:
    """Return what `by` may know of: what is hidden is known to those who may edit it, or hide it."""
    if found.hidden_at is not None and not any(
        permissions.may(by, action, owner_id=found.owner_id, area=found.area_code)
        for action in (Action.EDIT_ENTERPRISE, Action.MODERATE)
    ):
        raise _unknown()
    return found


def _read(session: ReadSession | WriteSession, enterprise_id: str) -> EnterpriseRead:
    found = records.read_many(session, [enterprise_id])
    if not found:
        raise _unknown()
    return found[0]


def _unknown() -> NotFound:
    return NotFound(Message(N_("There is no enterprise with this id.")))


def _require_verifier(data: EnterpriseCreate, current: EnterpriseRead | None, owner: str | None, by: Caller) -> None:
    """Refuse that somebody verifies itself: only those who look after a region may say that something is verified.

    Raises:
        InvalidContent: it points at each statement that would become verified.
    """
    if permissions.may(by, Action.VERIFY_ENTERPRISE, owner_id=owner, area=data.area_code):
        return
    told = Message(N_("only a coordinator can say that this is verified: write declared"))
    if pointers := newly_verified(data.model_dump(mode="json"), current.model_dump(mode="json") if current else {}):
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault(pointer, told) for pointer in pointers])


def _require_own_number(session: WriteSession, enterprise: Enterprise) -> None:
    """Refuse an organisation number that another enterprise of the same node has."""
    if enterprise.organisation_number is None:
        return
    with session.no_autoflush:
        taken = session.execute(queries.other_with_number(enterprise)).scalar()
    if taken is not None:
        raise _taken(taken)


def _flush(session: WriteSession) -> None:
    try:
        session.flush()
    except IntegrityError as fault:
        # Somebody else wrote the same number or id a moment ago.
        raise _taken() from fault


def _taken(other: str | None = None) -> Conflict:
    told = Message(N_("Another enterprise has this organisation number or id."))
    members = {"existing": f"/api/v1/enterprises/{other}"} if other else {}
    return Conflict(told, [FieldFault("/organisation_number", told)], members=members)
