"""What the list of opportunities asks the database. Each function returns a Select; nothing runs here."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlmodel import col

from app.core.db import ReadSession
from app.core.search import SearchIndex
from app.journal import copies
from app.opportunities.schemas import OpportunityFilters
from app.opportunities.tables import Lot, LotArea, LotCpv, LotReservation, Opportunity
from app.opportunities.vocabulary import PUBLIC_STATUSES, Sort, Status
from app.reference import service as reference

SEARCH = SearchIndex("opportunity")
_SUMMARY = [
    "id",
    "home",
    "title",
    "language",
    "form",
    "status",
    "origin",
    "country",
    "buyer_name",
    "buyer_area",
    "published_at",
    "deadline_at",
    "official_url",
    "source",
    "source_year",
    "updated_at",
]


def summaries(session: ReadSession, filters: OpportunityFilters, own: str | None = None) -> Select[Any]:
    """Select one page of rows for the list, in order; drafts only of the organisation `own`."""
    columns = [getattr(Opportunity, name) for name in _SUMMARY]
    return (
        select(*columns, _reservations(), _lot_count())
        .where(*_conditions(session, filters, own))
        .order_by(*_order(filters.sort))
        .limit(filters.limit)
        .offset(filters.offset)
    )


def count(session: ReadSession, filters: OpportunityFilters, own: str | None = None) -> Select[int]:
    """Count what the filters find."""
    return select(func.count()).select_from(Opportunity).where(*_conditions(session, filters, own))


def led_by(organization_id: str, region: str | None = None, limit: int = 100) -> Select[Opportunity]:
    """Select what an organisation keeps, drafts too, the last changed first.

    In `region` also what nobody keeps, but not the copies of other nodes' records.
    """
    kept: ColumnElement[bool] = col(Opportunity.owner_id) == organization_id
    if region is not None:
        beginning = f"{region}-" if len(region) == len("SE") else region
        unkept = and_(col(Opportunity.owner_id).is_(None), copies.is_own(col(Opportunity.home)))
        nobodys = and_(unkept, col(Opportunity.buyer_area).startswith(beginning))
        kept = or_(kept, nobodys)
    return select(Opportunity).where(kept).order_by(col(Opportunity.updated_at).desc()).limit(limit)


def is_shown() -> ColumnElement[bool]:
    """Find what nobody has hidden, as the indexes of the lists say it (`core.columns.index_of_shown`)."""
    return col(Opportunity.hidden_at).is_(None)


def named(opportunity_ids: Collection[str]) -> Select[Any]:
    """Select what tells these opportunities apart on a coordinator's page, hidden ones too."""
    columns = ("id", "title", "language", "owner_id", "buyer_area", "hidden_at")
    return select(*(getattr(Opportunity, name) for name in columns)).where(col(Opportunity.id).in_(opportunity_ids))


def _lot_count() -> ColumnElement[int]:
    """Count the lots of an opportunity, beside its own columns."""
    lots = select(func.count()).where(col(Lot.opportunity_id) == Opportunity.id)
    return lots.correlate(Opportunity).scalar_subquery().label("lot_count")


def _reservations() -> ColumnElement[str]:
    """List the rules under which lots of an opportunity are reserved: one for each lot, with commas between."""
    codes = (
        select(func.aggregate_strings(col(LotReservation.reservation), ","))
        .join(Lot, col(Lot.id) == LotReservation.lot_id)
        .where(col(Lot.opportunity_id) == Opportunity.id)
    )
    return codes.correlate(Opportunity).scalar_subquery().label("reserved_participation")


def other_of_notice(opportunity: Opportunity) -> Select[str]:
    """Select another opportunity of the same node that comes from the same notice."""
    return select(col(Opportunity.id)).where(
        col(Opportunity.home) == opportunity.home,
        col(Opportunity.notice_source) == opportunity.notice_source,
        col(Opportunity.notice_id) == opportunity.notice_id,
        col(Opportunity.id) != opportunity.id,
    )


def _conditions(session: ReadSession, filters: OpportunityFilters, own: str | None) -> list[ColumnElement[bool]]:
    # Whatever is asked for, a draft is nobody's business but its owner's.
    statuses = PUBLIC_STATUSES.intersection(filters.status or [Status.PUBLISHED])
    shown: ColumnElement[bool] = col(Opportunity.status).in_(sorted(statuses))
    if own is not None and Status.DRAFT in filters.status:
        shown = or_(shown, and_(col(Opportunity.status) == Status.DRAFT, col(Opportunity.owner_id) == own))
    found: list[ColumnElement[bool]] = [shown, is_shown()]
    if filters.words:
        ids = SEARCH.having(session, filters.words)
        found.append(false() if ids is None else col(Opportunity.id).in_(ids))
    if filters.form:
        found.append(col(Opportunity.form).in_(filters.form))
    if filters.cpv:
        prefixes = [reference.significant_cpv(code) for code in filters.cpv]
        main = or_(*(col(Lot.cpv_main).startswith(prefix) for prefix in prefixes))
        more = or_(*(col(LotCpv.code).startswith(prefix) for prefix in prefixes))
        lots = select(col(Lot.opportunity_id)).where(or_(main, col(Lot.id).in_(select(col(LotCpv.lot_id)).where(more))))
        found.append(col(Opportunity.id).in_(lots))
    if filters.reserved:
        reserved = select(col(LotReservation.lot_id)).where(col(LotReservation.reservation).in_(filters.reserved))
        found.append(col(Opportunity.id).in_(select(col(Lot.opportunity_id)).where(col(Lot.id).in_(reserved))))
    if filters.area:
        found.append(or_(*(_in_area(area) for area in filters.area)))
    return found


def _in_area(area: str) -> ColumnElement[bool]:
    """Find lots performed there, in an area above it or below it; without a place, the buyer's area stands in."""
    prefix = f"{area}-" if len(area) == 2 else area
    wanted = [area, *reference.ancestors(area)]
    here = or_(col(LotArea.area).in_(wanted), col(LotArea.area).startswith(prefix))
    placed = select(col(Lot.opportunity_id)).join(LotArea, col(LotArea.lot_id) == Lot.id)
    buyer = or_(col(Opportunity.buyer_area).in_(wanted), col(Opportunity.buyer_area).startswith(prefix))
    return or_(col(Opportunity.id).in_(placed.where(here)), and_(col(Opportunity.id).not_in(placed), buyer))


def _order(sort: Sort) -> list[ColumnElement[Any]]:
    by_deadline = col(Opportunity.deadline_at)
    orders: dict[Sort, list[ColumnElement[Any]]] = {
        Sort.DEADLINE: [by_deadline.asc().nulls_last()],
        Sort.DEADLINE_DESC: [by_deadline.desc().nulls_last()],
        Sort.PUBLISHED: [col(Opportunity.published_at).asc().nulls_last()],
        Sort.PUBLISHED_DESC: [col(Opportunity.published_at).desc().nulls_last()],
        Sort.TITLE: [col(Opportunity.title_sort).asc()],
    }
    return [*orders[sort], col(Opportunity.id).asc()]
