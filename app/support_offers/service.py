"""The support offers' front door: register one, lead it through its life, find one, search, count."""

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.engine import Connection, Engine
from sqlmodel import col

from app.accounts import permissions
from app.accounts.permissions import Action, Reach
from app.accounts.vocabulary import Caller, Role
from app.core.clock import now, today
from app.core.columns import new_id
from app.core.db import ReadSession, WriteSession
from app.core.errors import BadRequest, FieldFault, Forbidden, Message
from app.core.i18n import N_, texts
from app.journal import service as journal
from app.journal.schemas import History
from app.organizations import service as organizations
from app.organizations.vocabulary import Visibility
from app.reference import service as reference
from app.support_offers import queries, records
from app.support_offers.corrections import forget_corrections
from app.support_offers.hiding import hide, named, restore
from app.support_offers.lifecycle import (
    UNCONFIRMED,
    change,
    is_known_to,
    may_edit,
    remove,
    step,
    suspend_unconfirmed,
    unknown,
)
from app.support_offers.quality import quality_of
from app.support_offers.queries import NOBODY, Viewer
from app.support_offers.rules import possible_verbs, split_place
from app.support_offers.schemas import (
    OfferFacet,
    OfferFacetGroup,
    OfferQuality,
    SupportOfferChoices,
    SupportOfferCreate,
    SupportOfferFacets,
    SupportOfferFilters,
    SupportOfferRead,
    SupportOfferSummary,
)
from app.support_offers.tables import SupportOffer
from app.support_offers.vocabulary import PUBLIC_STATUSES, RECORD_TYPE, NeedMatch, Sort, Status, TermKind, Unstated

__all__ = [
    "UNCONFIRMED",
    "change",
    "counted",
    "exists",
    "find",
    "forget_corrections",
    "hide",
    "history",
    "kept_by",
    "may_edit",
    "named",
    "overdue",
    "possible_verbs",
    "quality",
    "quality_of",
    "register",
    "register_for",
    "remove",
    "restore",
    "search",
    "step",
    "suspend_unconfirmed",
    "understood",
    "waiting",
]

Choices = TypeVar("Choices", bound=SupportOfferChoices)
# Counts stay true until somebody writes: kept for each database by the number of its last change.
_MOST_COUNTS = 200
Count = TypeVar("Count")
Counts = WeakKeyDictionary[Engine, dict[tuple[int, date, str], Count]]
_facets: Counts[SupportOfferFacets] = WeakKeyDictionary()
_totals: Counts[int] = WeakKeyDictionary()


def register(
    session: WriteSession,
    data: SupportOfferCreate,
    *,
    home: str,
    record_id: str | None = None,
    owner_id: str | None = None,
    status: Status = Status.DRAFT,
    note: str | None = None,
    was_shown: bool | None = None,
) -> SupportOfferRead:
    """Write a new offer in a state of its life, and return it; this is what imports and the demo call.

    `note` is why it is in that state. What is in a public state has been shown to everybody, unless `was_shown` says
    otherwise.

    Raises:
        InvalidContent: nobody is named as its provider, or no public organisation has the provider's id.
    """
    shown = status in PUBLIC_STATUSES if was_shown is None else was_shown
    own = {"status": status, "status_note": note, "published_at": now() if shown else None}
    rev = journal.next_rev(session, RECORD_TYPE, record_id) if record_id else 1
    row = records.new_row(record_id or new_id(), home, owner_id, data, **own, rev=rev)
    return records.write(session, row, data, None)


def register_for(session: WriteSession, data: SupportOfferCreate, *, home: str, by: Caller) -> SupportOfferRead:
    """Write the draft of an offer that `by`'s organisation keeps, or in a coordinator's region for its own people.

    One that names no provider is given by the organisation itself.

    Raises:
        Forbidden: it lies outside the coordinator's region.
        InvalidContent: as `register`.
    """
    owner = permissions.owner_of_new(by, Action.EDIT_SUPPORT_OFFER)
    permissions.require(by, Action.EDIT_SUPPORT_OFFER, owner_id=owner, area=data.area_code)
    if owner is not None and data.provider_id is None and data.provider_name is None:
        data = data.model_copy(update=_own_provider(session, owner, by))
    return register(session, data, home=home, owner_id=owner)


def find(session: ReadSession | WriteSession, offer_id: str, by: Caller | None = None) -> SupportOfferRead:
    """Return one offer, whole; one that was never shown is the business of those who may edit it.

    Raises:
        NotFound: there is none with this id that the caller may know of.
    """
    row = session.get(SupportOffer, offer_id)
    if row is None or not is_known_to(by, row):
        raise unknown()
    return records.read_one(session, row)


def exists(session: ReadSession | WriteSession, offer_id: str) -> bool:
    """Tell whether there is a record with this id, a draft included."""
    return session.execute(select(col(SupportOffer.id)).where(col(SupportOffer.id) == offer_id)).scalar() is not None


def kept_by(session: ReadSession | WriteSession, organization_id: str) -> list[SupportOfferRead]:
    """Return what an organisation keeps, drafts too, whole, the last changed first."""
    return records.read_all(session, session.execute(queries.kept_by(organization_id)).scalars().all())


def waiting(session: ReadSession, *, by: Caller, limit: int) -> list[SupportOfferSummary]:
    """Return what waits for review where `by` looks after offers, the longest waiting first.

    Raises:
        Forbidden: the caller reviews none.
    """
    return records.summaries(session, session.execute(queries.waiting(_region(by), limit)).scalars().all())


def overdue(session: ReadSession, *, by: Caller, limit: int) -> list[SupportOfferSummary]:
    """Return the published offers that should have been confirmed by now, the longest overdue first.

    Raises:
        Forbidden: the caller looks after none.
    """
    return records.summaries(session, session.execute(queries.overdue(_region(by), today(), limit)).scalars().all())


def search(
    session: ReadSession, filters: SupportOfferFilters, by: Caller | None = None
) -> tuple[list[SupportOfferSummary], int, str | None]:
    """Return one page of offers, how many the filters find in all, and where the next page begins, if there is one.

    Raises:
        BadRequest: a visitor looks for drafts, or `after` is not what a page gave.
    """
    if by is None and set(filters.status) - PUBLIC_STATUSES:
        told = Message(N_("what is not published is shown to those who may edit it: send a key"))
        raise _wrong("status", told)
    after = _read_key(filters.after, filters.sort)
    filters, viewer = understood(filters), _viewer(by)
    rows = session.execute(queries.page(session, filters, viewer, after)).scalars().all()
    total = _total(session, filters, viewer)
    shown = rows[: filters.limit]
    following = _write_key(shown[-1], filters.sort) if len(rows) > len(shown) else None
    return records.summaries(session, shown), total, following


def counted(session: ReadSession, choices: SupportOfferChoices) -> SupportOfferFacets:
    """Return how many published offers the filters find, and how many each further choice would leave.

    Whose drafts there are is nobody's business: only what everybody may see is counted.
    """
    choices = understood(SupportOfferChoices.model_validate(_choices(choices)))
    public = [status for status in choices.status if status in PUBLIC_STATUSES]
    choices = choices.model_copy(update={"status": public})
    return _kept(session, _facets, choices, lambda: _count(session, choices))


def quality(session: ReadSession, offer_id: str, language: str, by: Caller | None = None) -> OfferQuality:
    """Return how much an offer tells, how to improve it, and warnings. Raises `NotFound` as `find`."""
    return quality_of(find(session, offer_id, by), texts(language))


def history(session: ReadSession, offer_id: str, by: Caller | None) -> History:
    """Return the changes of an offer, newest first; what it said before is for those who may edit it.

    Raises:
        NotFound: as `find`.
    """
    current = find(session, offer_id, by)
    whole = permissions.may(by, Action.READ_LOG, owner_id=current.owner_id, area=current.area_code)
    return History(items=journal.history(session, RECORD_TYPE, offer_id, whole=whole))


def understood(choices: Choices) -> Choices:
    """Return the filters with a place that ends the words (`rådgivning i Norrbotten`) read as the area."""
    what, place = split_place(choices.words)
    areas = [found.code for found in reference.areas_named(place)] if place else []
    if not areas or choices.area:
        return choices
    return choices.model_copy(update={"words": what, "area": areas})


def _total(session: ReadSession, filters: SupportOfferFilters, viewer: Viewer) -> int:
    """Return how many the filters find; what everybody may see is counted once until somebody writes."""

    def ask() -> int:
        return session.connection().execute(queries.count(session, filters, viewer)).scalar_one()

    if viewer != NOBODY:
        return ask()
    return _kept(session, _totals, SupportOfferChoices.model_validate(_choices(filters)), ask)


def _kept(session: ReadSession, kept: Counts[Count], choices: SupportOfferChoices, ask: Callable[[], Count]) -> Count:
    """Return what was counted before, if nobody has written since."""
    last: int = session.execute(select(journal.last_number())).scalar_one()
    known = kept.setdefault(_engine_of(session), {})
    question = (last, today(), choices.model_dump_json())
    counted = known.get(question)
    if counted is None:
        counted = ask()
        if len(known) >= _MOST_COUNTS:
            known.clear()
        known[question] = counted
    return counted


def _own_provider(session: WriteSession, owner: str, by: Caller) -> dict[str, str]:
    if not organizations.exists(session, owner):
        return {}
    found = organizations.find(session, owner, by)
    return {"provider_id": owner} if found.visibility is Visibility.PUBLIC else {"provider_name": found.name}


def _region(by: Caller) -> str | None:
    """Return the region whose offers the caller reviews, None for everywhere."""
    reach = permissions.PERMISSIONS[Action.REVIEW_SUPPORT_OFFER][by.role]
    if reach is Reach.NONE:
        raise Forbidden(Message(N_("This record is kept by another organisation, or lies outside your region.")))
    return None if reach is Reach.ALL else by.region or "-"


def _viewer(by: Caller | None) -> Viewer:
    if by is None:
        return NOBODY
    region = by.region if by.role is Role.COORDINATOR else None
    return Viewer(by.organization_id, region, everything=by.role is Role.ADMIN)


def _choices(choices: SupportOfferChoices) -> dict[str, Any]:
    return {name: getattr(choices, name) for name in SupportOfferChoices.model_fields}


def _engine_of(session: ReadSession) -> Engine:
    bound = session.get_bind()
    return bound.engine if isinstance(bound, Connection) else bound


def _count(session: ReadSession, choices: SupportOfferChoices) -> SupportOfferFacets:
    """Count in two passes what is not narrowed; each filter that is, once more without it."""
    connection = session.connection()
    terms = _by_kind(connection.execute(queries.term_counts(session, choices)))
    total, rows = _by_column(connection.execute(queries.row_counts(session, choices)))
    counts: dict[str, Counter[str]] = {}
    for name, kind in queries.TERM_KINDS.items():
        narrowed = getattr(choices, name) and not (name == "need" and choices.need_match is NeedMatch.ALL)
        found = _by_kind(connection.execute(queries.term_counts(session, choices, name))) if narrowed else terms
        counts[name] = found[kind]
    for name in (*queries.COLUMN_FILTERS, "unstated"):
        narrowed = bool(getattr(choices, name))
        again = _by_column(connection.execute(queries.row_counts(session, choices, name)))[1] if narrowed else rows
        counts[name] = again[name]
    counts["area"] = _counter(connection.execute(queries.county_counts(session, choices)))
    counts["remote"] = Counter({"true": connection.execute(queries.remote_count(session, choices)).scalar_one()})
    chosen = {name: ["true"] if value is True else value or [] for name, value in _choices(choices).items()}
    return SupportOfferFacets(total=total, groups=[_group(name, found, chosen[name]) for name, found in counts.items()])


def _group(name: str, found: Counter[str], chosen: Sequence[str]) -> OfferFacetGroup:
    codes = sorted({*found, *chosen}, key=lambda code: (-found[code], code))
    facets = [OfferFacet(code=code, count=found[code], chosen=code in chosen) for code in codes]
    return OfferFacetGroup(name=name, facets=facets)


def _counter(rows: Iterable[Any]) -> Counter[str]:
    return Counter(dict(iter(rows)))


def _by_kind(rows: Iterable[Any]) -> dict[TermKind, Counter[str]]:
    found: dict[TermKind, Counter[str]] = defaultdict(Counter)
    for kind, code, number in rows:
        found[TermKind(kind)][code] = number
    return found


def _by_column(rows: Iterable[Any]) -> tuple[int, dict[str, Counter[str]]]:
    """Return how many offers there are, and how many of them hold each value of each column, or leave it open."""
    names = (*queries.COLUMN_FILTERS, *Unstated)
    total, found = 0, {name: Counter[str]() for name in (*queries.COLUMN_FILTERS, "unstated")}
    found["unstated"].update(dict.fromkeys(Unstated, 0))
    for *values, number in rows:
        total += number
        for name, value in zip(names, values, strict=True):
            if isinstance(name, Unstated):
                found["unstated"][name] += number if value else 0
            elif value is not None:
                found[name][str(value)] += number
    return total, found


def _write_key(row: SupportOffer, sort: Sort) -> str:
    """Return where a row stands in an order, as text that a client sends back unread."""
    values = [getattr(row, name) for name in queries.ORDERS[sort][0]]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps([sort.value, *plain]).encode()).decode().rstrip("=")


def _read_key(after: str | None, sort: Sort) -> list[Any] | None:
    """Return where the page before ended. Raises `BadRequest` for what no page of this order gave."""
    if not after:
        return None
    try:
        said, *values = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        kinds = [_KINDS.get(name, str) for name in queries.ORDERS[sort][0]]
        if said != sort.value or len(values) != len(kinds):
            raise ValueError(said)
        return [kind(value) for kind, value in zip(kinds, values, strict=True)]
    except (ValueError, TypeError) as fault:
        raise _wrong("after", Message(N_("is not the end of a page of this list in this order"))) from fault


_KINDS: dict[str, Any] = {"rank": int, "updated_at": datetime.fromisoformat}


def _wrong(parameter: str, told: Message) -> BadRequest:
    return BadRequest(Message(N_("A parameter is wrong: see errors.")), [FieldFault(parameter, told)])
