"""What the list of needs asks the database. Each function returns a Select; nothing runs here."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, and_, false, func, literal_column, or_, select, type_coerce
from sqlmodel import col

from app.core.db import ReadSession, WriteSession
from app.core.keyset import Order
from app.core.search import SearchIndex
from app.journal import copies
from app.needs.rules import UNSTATED, out_of_grace
from app.needs.schemas import NeedChoices, NeedFilters
from app.needs.tables import Need, NeedTerm
from app.needs.vocabulary import PUBLIC_STATUSES, CategoryMatch, Sort, Status, TermKind, Unstated
from app.reference import service as reference

SEARCH = SearchIndex("need")
# Filters whose values are terms of a need; those of places count and find by what holds what.
TERM_KINDS: Final = {
    "category": TermKind.CATEGORY,
    "support_area": TermKind.SUPPORT_AREA,
    "side": TermKind.SIDE,
}
ORDERS: Final[dict[Sort, Order]] = {
    Sort.NEAREST: Order("nearest", (col(Need.rank), col(Need.title_sort), col(Need.id))),
    Sort.URGENCY_DESC: Order("-urgency", (col(Need.pressing), col(Need.updated_at), col(Need.id)), descends=True),
    Sort.TITLE: Order("title", (col(Need.title_sort), col(Need.id))),
    Sort.UPDATED_DESC: Order("-updated_at", (col(Need.updated_at), col(Need.id)), descends=True),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose unpublished needs are shown: of one organisation, and of a region; everything to an administrator."""

    organization_id: str | None = None
    region: str | None = None
    everything: bool = False


NOBODY: Final = Viewer()


def page(session: ReadSession, filters: NeedFilters, viewer: Viewer) -> Select[Need]:
    """Select one page of needs, in order, and one row more if there is another page.

    Raises:
        BadRequest: `after` is not what a page of this order gave.
    """
    return ORDERS[filters.sort].applied(select(Need).where(*conditions(session, filters, viewer)), filters)


def count(session: ReadSession, filters: NeedChoices, viewer: Viewer = NOBODY) -> Select[int]:
    """Count what the filters find."""
    return select(func.count()).select_from(Need).where(*conditions(session, filters, viewer))


def terms(need_ids: Collection[str]) -> Select[str, TermKind, str]:
    """Select everything that these needs say several of, in an order that is always the same."""
    return (
        select(col(NeedTerm.need_id), col(NeedTerm.kind), col(NeedTerm.code))
        .where(col(NeedTerm.need_id).in_(need_ids))
        .order_by(col(NeedTerm.need_id), col(NeedTerm.kind), col(NeedTerm.code))
    )


def stated(ids: Collection[str] | None) -> Select[*tuple[Any, ...]]:
    """Select what published needs state, a row a term; one that states nothing has a row with neither.

    Of all of them, or of these.
    """
    own = col(NeedTerm.need_id) == col(Need.id)
    columns = (col(Need.id), type_coerce(col(NeedTerm.kind), String), col(NeedTerm.code))
    found = select(*columns).outerjoin(NeedTerm, own).where(_shown(NeedChoices(), NOBODY))
    return found if ids is None else found.where(col(Need.id).in_(ids))


def kept_by(organization_id: str) -> Select[Need]:
    """Select what an organisation keeps, drafts too, the last changed first."""
    kept = col(Need.owner_id) == organization_id
    return select(Need).where(kept).order_by(col(Need.updated_at).desc(), col(Need.id))


def unconfirmed(day: date, limit: int) -> Select[str]:
    """Select this node's published needs that nobody has confirmed in time, nor in the grace after it, oldest first."""
    late = and_(col(Need.status) == Status.PUBLISHED, col(Need.due_on) < out_of_grace(day))
    return select(col(Need.id)).where(late, copies.is_own(col(Need.home))).order_by(col(Need.due_on)).limit(limit)


def conditions(
    session: ReadSession | WriteSession, filters: NeedChoices, viewer: Viewer = NOBODY, *, without: str = ""
) -> list[ColumnElement[bool]]:
    """Return the filters as conditions, AND between them; `without` leaves one out, for its own facet's counts."""
    found: list[ColumnElement[bool]] = [_shown(filters, viewer)]
    if filters.words:
        ids = SEARCH.having(session, filters.words)
        found.append(false() if ids is None else col(Need.id).in_(ids))
    for name, kind in TERM_KINDS.items():
        if name != "category" and name != without and (codes := getattr(filters, name)):
            found.append(_says(kind, codes))
    if filters.category and (filters.category_match is CategoryMatch.ALL or without != "category"):
        # To ask for all leaves every other category open: each further one would narrow the list.
        wants_all = filters.category_match is CategoryMatch.ALL
        groups = [[code] for code in filters.category] if wants_all else [filters.category]
        found += [_says(TermKind.CATEGORY, codes) for codes in groups]
    if filters.urgency and without != "urgency":
        found.append(col(Need.urgency).in_(filters.urgency))
    if filters.area and without != "area":
        # Named one by one, which both databases look up in the index.
        found.append(_says(TermKind.AREA, sorted(set().union(*map(_felt_in, filters.area)))))
    if filters.unstated and without != "unstated":
        found.append(or_(*(leaves_open(what) for what in filters.unstated)))
    if filters.holder_id:
        found.append(col(Need.holder_id) == filters.holder_id)
    if filters.enterprise_id:
        found.append(col(Need.enterprise_id) == filters.enterprise_id)
    return found


def term_counts(session: ReadSession, filters: NeedChoices, name: str = "") -> Select[TermKind, str, int]:
    """Count needs by what they say several of: by everything at once, or of one filter under every one but that."""
    kinds = [TERM_KINDS[name]] if name else list(TERM_KINDS.values())
    found = select(col(Need.id)).where(*conditions(session, filters, without=name))
    return (
        select(col(NeedTerm.kind), col(NeedTerm.code), func.count())
        .where(col(NeedTerm.kind).in_(kinds), col(NeedTerm.need_id).in_(found))
        .group_by(col(NeedTerm.kind), col(NeedTerm.code))
    )


def county_counts(session: ReadSession, filters: NeedChoices) -> Select[str, int]:
    """Count needs by the county or country that they are felt in, under every filter but that one."""
    county = func.substr(NeedTerm.code, 1, 5)
    found = select(col(Need.id)).where(*conditions(session, filters, without="area"))
    in_area = and_(col(NeedTerm.kind) == TermKind.AREA, col(NeedTerm.need_id).in_(found))
    needs = func.count(func.distinct(NeedTerm.need_id))
    return select(county, needs).where(in_area).group_by(literal_column("1"))


def row_counts(session: ReadSession, filters: NeedChoices, without: str = "") -> Select[Any]:
    """Count needs by all that stands in their own rows, at once: how urgent they are, and what is left unsaid."""
    asked: list[Any] = [col(Need.urgency), *(leaves_open(what) for what in Unstated)]
    places: list[ColumnElement[Any]] = [literal_column(str(place)) for place in range(1, len(asked) + 1)]
    found = conditions(session, filters, without=without)
    return select(*asked, func.count()).select_from(Need).where(*found).group_by(*places)


def leaves_open(what: Unstated) -> ColumnElement[bool]:
    """Find the needs that say nothing of their category, of where, of who has them or of how urgent they are."""
    said: dict[Unstated, Callable[[], ColumnElement[bool]]] = {
        Unstated.CATEGORY: lambda: col(Need.category_count) == 0,
        Unstated.AREA: lambda: col(Need.reach) == UNSTATED,
        Unstated.SIDE: lambda: col(Need.side_count) == 0,
        Unstated.URGENCY: lambda: col(Need.urgency).is_(None),
    }
    return said[what]()


def _shown(filters: NeedChoices, viewer: Viewer) -> ColumnElement[bool]:
    """Find what the viewer may see, of the statuses asked for."""
    wanted = set(filters.status or [Status.PUBLISHED])
    public = wanted & PUBLIC_STATUSES
    # One status by itself is read from an index in its order.
    shown = col(Need.status) == next(iter(public)) if len(public) == 1 else col(Need.status).in_(sorted(public))
    if viewer == NOBODY or not wanted - PUBLIC_STATUSES:
        return shown
    return or_(shown, and_(col(Need.status).in_(sorted(wanted)), _seen_by(viewer)))


def _seen_by(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.everything:
        return col(Need.id).is_not(None)
    own = col(Need.owner_id) == viewer.organization_id
    if viewer.region is None:
        return own
    return or_(own, col(Need.area_code).startswith(_below(viewer.region)))


def _says(kind: TermKind, codes: Sequence[str]) -> ColumnElement[bool]:
    having = select(col(NeedTerm.need_id)).where(col(NeedTerm.kind) == kind, col(NeedTerm.code).in_(codes))
    return col(Need.id).in_(having)


def _felt_in(area: str) -> set[str]:
    """Return the areas of needs that are felt in this one: itself, those that hold it, and its parts."""
    parts = {one.code for one in reference.municipalities_of(area)}
    return {area, *reference.ancestors(area), *parts, *(one.code for one in reference.counties_of(area))}


def _below(area: str) -> str:
    return f"{area}-" if len(area) == len("SE") else area
