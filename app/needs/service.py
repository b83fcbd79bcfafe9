"""The needs' front door: register one, lead it through its life, find one, search, count."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlmodel import col

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller, Role
from app.core.clock import now
from app.core.columns import new_id
from app.core.db import ReadSession, WriteSession
from app.core.errors import BadRequest, FieldFault, Message
from app.core.i18n import N_
from app.enterprises import service as enterprises
from app.journal import service as journal
from app.journal.kept import Kept, kept
from app.journal.schemas import History
from app.needs import queries, records
from app.needs.advice import advice_on
from app.needs.lifecycle import (
    UNCONFIRMED,
    change,
    is_known_to,
    lapse_unconfirmed,
    may_edit,
    remove,
    step,
    unknown,
)
from app.needs.queries import NOBODY, Viewer
from app.needs.rules import possible_verbs, split_place
from app.needs.saying import Said, stated
from app.needs.schemas import (
    NeedChoices,
    NeedCreate,
    NeedFacet,
    NeedFacetGroup,
    NeedFacets,
    NeedFilters,
    NeedRead,
    NeedSummary,
)
from app.needs.tables import Need
from app.needs.vocabulary import PUBLIC_STATUSES, RECORD_TYPE, CategoryMatch, Status, TermKind, Unstated
from app.organizations import service as organizations
from app.organizations.vocabulary import Visibility
from app.reference import service as reference

__all__ = [
    "UNCONFIRMED",
    "Said",
    "advice_on",
    "change",
    "counted",
    "exists",
    "find",
    "history",
    "kept_by",
    "lapse_unconfirmed",
    "may_edit",
    "possible_verbs",
    "register",
    "register_for",
    "remove",
    "search",
    "stated",
    "step",
    "understood",
]

Choices = TypeVar("Choices", bound=NeedChoices)
_facets: Kept[NeedFacets] = WeakKeyDictionary()
_totals: Kept[int] = WeakKeyDictionary()


def register(
    session: WriteSession,
    data: NeedCreate,
    *,
    home: str,
    record_id: str | None = None,
    owner_id: str | None = None,
    status: Status = Status.DRAFT,
    note: str | None = None,
) -> NeedRead:
    """Write a new need in a state of its life, and return it; this is what imports and the demo call.

    `note` is why it is in that state. What is in a public state counts as published now.

    Raises:
        InvalidContent: nobody is named as its holder, or no public record has the holder's id.
    """
    own = {"status": status, "status_note": note, "published_at": now() if status in PUBLIC_STATUSES else None}
    rev = journal.next_rev(session, RECORD_TYPE, record_id) if record_id else 1
    row = records.new_row(record_id or new_id(), home, owner_id, data, **own, rev=rev)
    return records.write(session, row, data, None)


def register_for(session: WriteSession, data: NeedCreate, *, home: str, by: Caller) -> NeedRead:
    """Write the draft of a need that `by`'s organisation keeps, or in a coordinator's region for its own people.

    One that names no holder is the organisation's own, and its enterprise's if it has one.

    Raises:
        Forbidden: it lies outside the coordinator's region.
        InvalidContent: as `register`.
    """
    owner = permissions.owner_of_new(by, Action.EDIT_NEED)
    area = data.area_code or next(iter(data.areas), None)
    permissions.require(by, Action.EDIT_NEED, owner_id=owner, area=area)
    if owner is not None and not (data.holder_id or data.enterprise_id or data.holder_name):
        data = data.model_copy(update=_own_holder(session, owner, by))
    return register(session, data, home=home, owner_id=owner)


def find(session: ReadSession | WriteSession, need_id: str, by: Caller | None = None) -> NeedRead:
    """Return one need, whole; one that is not public is the business of those who may edit it.

    Raises:
        NotFound: there is none with this id that the caller may know of.
    """
    row = session.get(Need, need_id)
    if row is None or not is_known_to(by, row):
        raise unknown()
    return records.read_one(session, row)


def exists(session: ReadSession | WriteSession, need_id: str) -> bool:
    """Tell whether there is a record with this id, a draft included."""
    return session.execute(select(col(Need.id)).where(col(Need.id) == need_id)).scalar() is not None


def kept_by(session: ReadSession | WriteSession, organization_id: str) -> list[NeedRead]:
    """Return what an organisation keeps, drafts too, whole, the last changed first."""
    return records.read_all(session, session.execute(queries.kept_by(organization_id)).scalars().all())


def search(
    session: ReadSession, filters: NeedFilters, by: Caller | None = None
) -> tuple[list[NeedSummary], int, str | None]:
    """Return one page of needs, how many the filters find in all, and where the next page begins, if there is one.

    Raises:
        BadRequest: a visitor looks for drafts, or `after` is not what a page gave.
    """
    if by is None and set(filters.status) - PUBLIC_STATUSES:
        told = Message(N_("what is not published is shown to those who may edit it: send a key"))
        raise BadRequest(Message(N_("A parameter is wrong: see errors.")), [FieldFault("status", told)])
    filters, viewer = understood(filters), _viewer(by)
    rows = session.execute(queries.page(session, filters, viewer)).scalars().all()
    total = _total(session, filters, viewer)
    shown, following = queries.ORDERS[filters.sort].page(rows, filters)
    return records.summaries(session, shown), total, following


def counted(session: ReadSession, choices: NeedChoices) -> NeedFacets:
    """Return how many public needs the filters find, and how many each further choice would leave.

    Whose drafts there are is nobody's business: only what everybody may see is counted.
    """
    choices = understood(NeedChoices.model_validate(_choices(choices)))
    public = [status for status in choices.status if status in PUBLIC_STATUSES]
    choices = choices.model_copy(update={"status": public})
    return kept(session, _facets, choices.model_dump_json(), lambda: _count(session, choices))


def history(session: ReadSession, need_id: str, by: Caller | None) -> History:
    """Return the changes of a need, newest first; what it said before is for those who may edit it.

    Raises:
        NotFound: as `find`.
    """
    current = find(session, need_id, by)
    whole = permissions.may(by, Action.READ_LOG, owner_id=current.owner_id, area=current.area_code)
    return History(items=journal.history(session, RECORD_TYPE, need_id, whole=whole))


def understood(choices: Choices) -> Choices:
    """Return the filters with a place that ends the words (`rådgivning i Norrbotten`) read as the area."""
    what, place = split_place(choices.words)
    areas = [found.code for found in reference.areas_named(place)] if place else []
    if not areas or choices.area:
        return choices
    return choices.model_copy(update={"words": what, "area": areas})


def _total(session: ReadSession, filters: NeedFilters, viewer: Viewer) -> int:
    """Return how many the filters find; what everybody may see is counted once until somebody writes."""

    def ask() -> int:
        return session.connection().execute(queries.count(session, filters, viewer)).scalar_one()

    if viewer != NOBODY:
        return ask()
    return kept(session, _totals, NeedChoices.model_validate(_choices(filters)).model_dump_json(), ask)


def _count(session: ReadSession, choices: NeedChoices) -> NeedFacets:
    """Count in two passes what is not narrowed; each filter that is, once more without it."""
    connection = session.connection()
    terms = _by_kind(connection.execute(queries.term_counts(session, choices)))
    total, rows = _by_column(connection.execute(queries.row_counts(session, choices)))
    counts: dict[str, Counter[str]] = {}
    for name, kind in queries.TERM_KINDS.items():
        narrowed = getattr(choices, name) and not (name == "category" and choices.category_match is CategoryMatch.ALL)
        found = _by_kind(connection.execute(queries.term_counts(session, choices, name))) if narrowed else terms
        counts[name] = found[kind]
    for name in ("urgency", "unstated"):
        narrowed = bool(getattr(choices, name))
        again = _by_column(connection.execute(queries.row_counts(session, choices, name)))[1] if narrowed else rows
        counts[name] = again[name]
    counts["area"] = Counter(dict(iter(connection.execute(queries.county_counts(session, choices)))))
    chosen = {name: [str(code) for code in getattr(choices, name)] for name in counts}
    return NeedFacets(total=total, groups=[_group(name, found, chosen[name]) for name, found in counts.items()])


def _own_holder(session: WriteSession, owner: str, by: Caller) -> dict[str, str]:
    """Return the organisation as the holder of its own need, and its enterprise in the registry if it has just one."""
    shown = [one.id for one in enterprises.kept_by(session, owner) if enterprises.exists(session, one.id)]
    own = {"enterprise_id": shown[0]} if len(shown) == 1 else {}
    if not organizations.exists(session, owner):
        return own
    found = organizations.find(session, owner, by)
    return own | ({"holder_id": owner} if found.visibility is Visibility.PUBLIC else {"holder_name": found.name})


def _viewer(by: Caller | None) -> Viewer:
    if by is None:
        return NOBODY
    region = by.region if by.role is Role.COORDINATOR else None
    return Viewer(by.organization_id, region, everything=by.role is Role.ADMIN)


def _choices(choices: NeedChoices) -> dict[str, Any]:
    return {name: getattr(choices, name) for name in NeedChoices.model_fields}


def _group(name: str, found: Counter[str], chosen: Sequence[str]) -> NeedFacetGroup:
    codes = sorted({*found, *chosen}, key=lambda code: (-found[code], code))
    facets = [NeedFacet(code=code, count=found[code], chosen=code in chosen) for code in codes]
    return NeedFacetGroup(name=name, facets=facets)


def _by_kind(rows: Iterable[Any]) -> dict[TermKind, Counter[str]]:
    found: dict[TermKind, Counter[str]] = defaultdict(Counter)
    for kind, code, number in rows:
        found[TermKind(kind)][code] = number
    return found


def _by_column(rows: Iterable[Any]) -> tuple[int, dict[str, Counter[str]]]:
    """Return how many needs there are, and how many of them are how urgent, or leave what open."""
    total, found = 0, {"urgency": Counter[str](), "unstated": Counter[str](dict.fromkeys(Unstated, 0))}
    for urgency, *unsaid, number in rows:
        total += number
        if urgency is not None:
            found["urgency"][str(urgency)] += number
        for what, is_unsaid in zip(Unstated, unsaid, strict=True):
            found["unstated"][what] += number if is_unsaid else 0
    return total, found
