"""What the list of support offers asks the database. Each function returns a Select; nothing runs here."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, and_, false, func, or_, select, tuple_, type_coerce
from sqlmodel import col

from app.core.clock import today
from app.core.db import ReadSession, WriteSession
from app.core.search import SearchIndex
from app.journal import copies
from app.reference import service as reference
from app.support_offers.rules import UNSTATED, out_of_grace
from app.support_offers.schemas import SupportOfferChoices, SupportOfferFilters
from app.support_offers.tables import SupportOffer, SupportOfferCorrection, SupportOfferTerm
from app.support_offers.vocabulary import (
    PUBLIC_STATUSES,
    CorrectionState,
    Delivery,
    NeedMatch,
    Sort,
    Status,
    TermKind,
    Unstated,
)

SEARCH = SearchIndex("support_offer")
# Filters whose values are terms of an offer, and those whose values stand in its own row.
TERM_KINDS: Final = {
    "need": TermKind.NEED,
    "target_group": TermKind.TARGET_GROUP,
    "stage": TermKind.STAGE,
    "side": TermKind.SIDE,
}
COLUMN_FILTERS: Final = ("offer_type", "structure_type", "cost", "capacity")
INDEXED: Final = ("status", *COLUMN_FILTERS, "provider_id")
# The columns of each order, and whether it descends.
ORDERS: Final[dict[Sort, tuple[tuple[str, ...], bool]]] = {
    Sort.NEAREST: (("rank", "name_sort", "id"), False),
    Sort.NAME: (("name_sort", "id"), False),
    Sort.UPDATED_DESC: (("updated_at", "id"), True),
}
REMOTE: Final = (Delivery.REMOTE, Delivery.HYBRID)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose unpublished offers are shown: of one organisation, and of a region; everything to an administrator."""

    organization_id: str | None = None
    region: str | None = None
    everything: bool = False


NOBODY: Final = Viewer()


def page(
    session: ReadSession, filters: SupportOfferFilters, order: Sort, viewer: Viewer, after: Sequence[Any] | None
) -> Select[SupportOffer]:
    """Select one page of offers, in order, and one row more if there is another page; `after` is the last row's key.

    `order` is any but `best`, which `tiers` reads.
    """
    names, descends = ORDERS[order]
    columns = [col(getattr(SupportOffer, name)) for name in names]
    wanted = select(SupportOffer).where(*conditions(session, filters, viewer))
    if after is not None:
        key, last = tuple_(*columns), tuple_(*after)
        wanted = wanted.where(key < last if descends else key > last)
    # In one direction, so that the index is read and nothing is sorted.
    sorting = [column.desc() if descends else column.asc() for column in columns]
    return wanted.order_by(*sorting).limit(filters.limit + 1)


def count(session: ReadSession, filters: SupportOfferChoices, viewer: Viewer = NOBODY) -> Select[int]:
    """Count what the filters find."""
    return select(func.count()).select_from(SupportOffer).where(*conditions(session, filters, viewer))


def terms(offer_ids: Collection[str]) -> Select[str, TermKind, str]:
    """Select everything that these offers say several of, in an order that is always the same."""
    return (
        select(col(SupportOfferTerm.offer_id), col(SupportOfferTerm.kind), col(SupportOfferTerm.code))
        .where(col(SupportOfferTerm.offer_id).in_(offer_ids))
        .order_by(col(SupportOfferTerm.offer_id), col(SupportOfferTerm.kind), col(SupportOfferTerm.code))
    )


def these(offer_ids: Collection[str]) -> Select[SupportOffer]:
    """Select these offers, in no order."""
    return select(SupportOffer).where(col(SupportOffer.id).in_(offer_ids))


def shown(offer_ids: Collection[str] | None = None) -> Select[*tuple[Any, ...]]:
    """Select, of the offers that everybody may see or of these among them, what they are found and ranked by.

    The states are read as plain text: of a hundred thousand rows that takes a third of the time.
    """
    offer = SupportOffer
    states = [type_coerce(col(getattr(offer, name)), String) for name in INDEXED]
    public = and_(
        is_shown(),
        col(offer.status).in_(sorted(PUBLIC_STATUSES)),
        or_(col(offer.status) == Status.PUBLISHED, col(offer.published_at).is_not(None)),
    )
    rows: Select[*tuple[Any, ...]] = select(col(offer.id), *states, col(offer.assured_on), col(offer.ends_on)).where(
        public
    )
    return rows if offer_ids is None else rows.where(col(offer.id).in_(offer_ids))


def all_terms(offer_ids: Collection[str] | None = None) -> Select[str, str, str]:
    """Select what every offer says several of, or each of these."""
    term = SupportOfferTerm
    rows = select(col(term.offer_id), type_coerce(col(term.kind), String), col(term.code))
    return rows if offer_ids is None else rows.where(col(term.offer_id).in_(offer_ids))


def kept_by(organization_id: str) -> Select[SupportOffer]:
    """Select what an organisation keeps, drafts too, the last changed first."""
    kept = col(SupportOffer.owner_id) == organization_id
    return select(SupportOffer).where(kept).order_by(col(SupportOffer.updated_at).desc(), col(SupportOffer.id))


def unconfirmed(day: date, limit: int) -> Select[str]:
    """Select this node's published offers that nobody has confirmed, in time or in the grace after it, oldest first."""
    late = and_(col(SupportOffer.status) == Status.PUBLISHED, col(SupportOffer.due_on) < out_of_grace(day))
    return (
        select(col(SupportOffer.id))
        .where(late, copies.is_own(col(SupportOffer.home)))
        .order_by(col(SupportOffer.due_on))
        .limit(limit)
    )


def conditions(
    session: ReadSession | WriteSession, filters: SupportOfferChoices, viewer: Viewer = NOBODY, *, without: str = ""
) -> list[ColumnElement[bool]]:
    """Return the filters as conditions, AND between them; `without` leaves one out, for its own facet's counts."""
    found: list[ColumnElement[bool]] = [_shown(filters, viewer)]
    if filters.words:
        ids = SEARCH.having(session, filters.words)
        found.append(false() if ids is None else col(SupportOffer.id).in_(ids))
    if filters.need and (filters.need_match is NeedMatch.ALL or without != "need"):
        # To ask for all leaves every other need open: each further one would narrow the list.
        groups = [[code] for code in filters.need] if filters.need_match is NeedMatch.ALL else [filters.need]
        found += [_says(TermKind.NEED, codes) for codes in groups]
    for name, kind in TERM_KINDS.items():
        if name != "need" and name != without and (codes := getattr(filters, name)):
            found.append(_says(kind, codes))
    for name in COLUMN_FILTERS:
        if name != without and (codes := getattr(filters, name)):
            found.append(col(getattr(SupportOffer, name)).in_(codes))
    if filters.area and without != "area":
        # Named one by one, which both databases look up in the index.
        found.append(_says(TermKind.AREA, sorted(set().union(*map(areas_that_serve, filters.area)))))
    if filters.remote and without != "remote":
        found.append(_says(TermKind.DELIVERY, REMOTE))
    if filters.unstated and without != "unstated":
        found.append(or_(*(leaves_open(what) for what in filters.unstated)))
    if filters.provider_id:
        found.append(col(SupportOffer.provider_id) == filters.provider_id)
    return found


def leaves_open(what: Unstated) -> ColumnElement[bool]:
    """Find the offers that say nothing of what they help with, or of where."""
    said: dict[Unstated, Callable[[], ColumnElement[bool]]] = {
        Unstated.NEED: lambda: col(SupportOffer.need_count) == 0,
        Unstated.AREA: lambda: col(SupportOffer.reach) == UNSTATED,
    }
    return said[what]()


def is_shown() -> ColumnElement[bool]:
    """Find what nobody has hidden, as the indexes of the lists say it (`core.columns.index_of_shown`)."""
    return col(SupportOffer.hidden_at).is_(None)


def named(offer_ids: Collection[str]) -> Select[Any]:
    """Select what tells these offers apart on a coordinator's page, hidden ones too."""
    columns = ("id", "name", "language", "owner_id", "area_code", "hidden_at")
    return select(*(getattr(SupportOffer, name) for name in columns)).where(col(SupportOffer.id).in_(offer_ids))


def waiting(region: str | None, limit: int) -> Select[SupportOffer]:
    """Select what waits for review in a region, or everywhere, the longest waiting first."""
    own = [] if region is None else [col(SupportOffer.area_code).startswith(_below(region))]
    found = select(SupportOffer).where(col(SupportOffer.status) == Status.IN_REVIEW, *own)
    return found.order_by(col(SupportOffer.updated_at), col(SupportOffer.id)).limit(limit)


def overdue(region: str | None, day: date, limit: int) -> Select[SupportOffer]:
    """Select this node's offers to be confirmed before `day` in a region, or everywhere, the longest overdue first."""
    own = [] if region is None else [col(SupportOffer.area_code).startswith(_below(region))]
    late = and_(col(SupportOffer.status) == Status.PUBLISHED, col(SupportOffer.due_on) < day)
    found = select(SupportOffer).where(late, copies.is_own(col(SupportOffer.home)), *own)
    return found.order_by(col(SupportOffer.due_on), col(SupportOffer.id)).limit(limit)


def corrections(
    limit: int, *, offer_id: str = "", region: str | None = None, state: CorrectionState | None = None
) -> Select[SupportOfferCorrection, str]:
    """Select the corrections of an offer, or of a region's offers, with its name, the oldest first."""
    found = select(SupportOfferCorrection, col(SupportOffer.name)).join(
        SupportOffer, col(SupportOffer.id) == SupportOfferCorrection.offer_id
    )
    if offer_id:
        found = found.where(col(SupportOfferCorrection.offer_id) == offer_id)
    if region is not None:
        found = found.where(col(SupportOffer.area_code).startswith(_below(region)))
    if state is not None:
        found = found.where(col(SupportOfferCorrection.state) == state)
    return found.order_by(col(SupportOfferCorrection.created_at), col(SupportOfferCorrection.id)).limit(limit)


def open_corrections(offer_ids: Collection[str]) -> Select[str, int]:
    """Count the open corrections of each of these offers that has any."""
    own = SupportOfferCorrection
    having = (col(own.offer_id).in_(offer_ids), col(own.state) == CorrectionState.OPEN)
    return select(col(own.offer_id), func.count()).where(*having).group_by(col(own.offer_id))


def _shown(filters: SupportOfferChoices, viewer: Viewer) -> ColumnElement[bool]:
    """Find what the viewer may see, of the statuses asked for; what has ended on its own day is no longer offered."""
    wanted = set(filters.status or [Status.PUBLISHED])
    public = wanted & PUBLIC_STATUSES
    ended = col(SupportOffer.ends_on)
    shown = and_(
        is_shown(),
        # One status by itself is read from an index in its order.
        col(SupportOffer.status) == next(iter(public))
        if len(public) == 1
        else col(SupportOffer.status).in_(sorted(public)),
        or_(ended.is_(None), ended >= today(), col(SupportOffer.status) == Status.ARCHIVED),
    )
    if public - {Status.PUBLISHED}:
        shown = and_(shown, col(SupportOffer.published_at).is_not(None))
    if viewer == NOBODY or not wanted - {Status.PUBLISHED}:
        return shown
    return or_(shown, and_(col(SupportOffer.status).in_(sorted(wanted)), seen_by(viewer)))


def seen_by(viewer: Viewer) -> ColumnElement[bool]:
    """Find what a viewer may see besides what everybody may."""
    if viewer.everything:
        return col(SupportOffer.id).is_not(None)
    own = col(SupportOffer.owner_id) == viewer.organization_id
    if viewer.region is None:
        return own
    return or_(own, col(SupportOffer.area_code).startswith(_below(viewer.region)))


def _says(kind: TermKind, codes: Sequence[str]) -> ColumnElement[bool]:
    having = select(col(SupportOfferTerm.offer_id)).where(
        col(SupportOfferTerm.kind) == kind, col(SupportOfferTerm.code).in_(codes)
    )
    return col(SupportOffer.id).in_(having)


def areas_that_serve(area: str) -> set[str]:
    """Return the areas of offers that are given in this one: itself, those that hold it, and its parts."""
    parts = {one.code for one in reference.municipalities_of(area)}
    return {area, *reference.ancestors(area), *parts, *(one.code for one in reference.counties_of(area))}


def _below(area: str) -> str:
    return f"{area}-" if len(area) == len("SE") else area
