"""What the registry asks the database. Each function takes what it needs and returns a Select; nothing runs here."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, literal_column, or_, select
from sqlmodel import col

from app.core.clock import today
from app.core.db import ReadSession, WriteSession
from app.core.search import SearchIndex
from app.enterprises.rules import COUNTING_STATES, confirmed_enough, oldest_statement
from app.enterprises.schemas import EnterpriseChoices, EnterpriseExport, EnterpriseFilters
from app.enterprises.tables import (
    Enterprise,
    EnterpriseArea,
    EnterpriseEligibility,
    EnterpriseTargetGroup,
    OfferingCpv,
    OfferingSector,
)
from app.enterprises.vocabulary import Sort
from app.journal import copies
from app.reference import service as reference

SEARCH = SearchIndex("enterprise")
_SUMMARY = [
    "id",
    "home",
    "name",
    "country",
    "kind",
    "lifecycle",
    "legal_form",
    "municipality",
    "place",
    "summary",
    "language",
    "source",
    "source_year",
    "confirmed_on",
    "updated_at",
]
# The seat is kept as a municipality and shown as an area code.
_SHOWN_AS = {"municipality": "area_code"}


def summaries(session: ReadSession, filters: EnterpriseFilters) -> Select[Any]:
    """Select one page of rows for the list, in order."""
    columns = [getattr(Enterprise, name).label(_SHOWN_AS.get(name, name)) for name in _SUMMARY]
    return (
        select(*columns)
        .where(*conditions(session, filters))
        .order_by(*_order(filters.sort))
        .limit(filters.limit)
        .offset(filters.offset)
    )


def count(session: ReadSession, filters: EnterpriseChoices) -> Select[int]:
    """Count what the filters find."""
    return select(func.count()).select_from(Enterprise).where(*conditions(session, filters))


def conditions(
    session: ReadSession | WriteSession, filters: EnterpriseChoices, *, without: str = ""
) -> list[ColumnElement[bool]]:
    """Return the filters as conditions, AND between them; `without` leaves one out, for its own facet's counts.

    What a coordinator has hidden is in no list.
    """
    found: list[ColumnElement[bool]] = [is_shown()]
    if filters.words:
        ids = SEARCH.having(session, filters.words)
        found.append(false() if ids is None else col(Enterprise.id).in_(ids))
    if filters.cpv:
        under = or_(*(col(OfferingCpv.code).startswith(reference.significant_cpv(code)) for code in filters.cpv))
        found.append(col(Enterprise.id).in_(select(col(OfferingCpv.enterprise_id)).where(under)))
    if filters.area:
        found.append(or_(*(_serves(area) for area in filters.area)))
    if filters.located_in and without != "located_in":
        found.append(or_(*(_seated_in(area) for area in filters.located_in)))
    if filters.reserved and without != "reserved":
        may = and_(col(EnterpriseEligibility.reservation).in_(filters.reserved), _counts_on(today()))
        found.append(col(Enterprise.id).in_(select(col(EnterpriseEligibility.enterprise_id)).where(may)))
    if filters.sector and without != "sector":
        sectors = select(col(OfferingSector.enterprise_id)).where(col(OfferingSector.sector).in_(filters.sector))
        found.append(col(Enterprise.id).in_(sectors))
    if filters.target_group:
        groups = select(col(EnterpriseTargetGroup.enterprise_id)).where(
            col(EnterpriseTargetGroup.target_group).in_(filters.target_group)
        )
        found.append(col(Enterprise.id).in_(groups))
    if filters.kind and without != "kind":
        found.append(col(Enterprise.kind).in_(filters.kind))
    if filters.confirmed_before:
        found.append(_unconfirmed_since(filters.confirmed_before))
    if filters.overdue and without != "overdue":
        found.append(_unconfirmed_since(confirmed_enough(today())))
    return found


def sector_counts(session: ReadSession, filters: EnterpriseChoices) -> Select[str, int]:
    """Count enterprises by sector, under every filter but the sector's own."""
    return (
        select(col(OfferingSector.sector), func.count(func.distinct(OfferingSector.enterprise_id)))
        .join(Enterprise, col(Enterprise.id) == OfferingSector.enterprise_id)
        .where(*conditions(session, filters, without="sector"))
        .group_by(col(OfferingSector.sector))
    )


def county_counts(session: ReadSession, filters: EnterpriseChoices) -> Select[str, int]:
    """Count enterprises by the county of their seat, under every filter but that one."""
    county = func.substr(Enterprise.municipality, 1, 5)
    return (
        select(county, func.count())
        .where(*conditions(session, filters, without="located_in"), col(Enterprise.municipality).is_not(None))
        .group_by(literal_column("1"))
    )


def kind_counts(session: ReadSession, filters: EnterpriseChoices) -> Select[str, int]:
    """Count enterprises by kind, under every filter but that one."""
    return (
        select(col(Enterprise.kind), func.count())
        .where(*conditions(session, filters, without="kind"))
        .group_by(col(Enterprise.kind))
    )


def reserved_counts(session: ReadSession, filters: EnterpriseChoices) -> Select[str, int]:
    """Count enterprises that may take part under each rule today, by their word or verified."""
    return (
        select(col(EnterpriseEligibility.reservation), func.count())
        .join(Enterprise, col(Enterprise.id) == EnterpriseEligibility.enterprise_id)
        .where(_counts_on(today()), *conditions(session, filters, without="reserved"))
        .group_by(col(EnterpriseEligibility.reservation))
    )


def ids(session: ReadSession, filters: EnterpriseExport) -> Select[str]:
    """Select the id of everything that the filters find, in order."""
    return select(col(Enterprise.id)).where(*conditions(session, filters)).order_by(*_order(filters.sort))


def ids_of_owner(organization_id: str) -> Select[str]:
    """Select the id of every enterprise that an organisation keeps, by name."""
    kept = col(Enterprise.owner_id) == organization_id
    return select(col(Enterprise.id)).where(kept).order_by(*_order(Sort.NAME))


def overdue(day: date, area: str | None = None) -> Select[Any]:
    """Select the rows of a list of those of this node, in `area`, that nobody has confirmed for a year.

    Those that have waited longest come first.
    """
    columns = [getattr(Enterprise, name).label(_SHOWN_AS.get(name, name)) for name in _SUMMARY]
    longest = [col(Enterprise.confirmed_on).asc().nulls_first(), col(Enterprise.name_sort), col(Enterprise.id)]
    own = (is_shown(), copies.is_own(col(Enterprise.home)), _unconfirmed_since(confirmed_enough(day)))
    waiting = select(*columns).where(*own).order_by(*longest)
    return waiting.where(col(Enterprise.municipality).startswith(_below(area))) if area else waiting


def is_shown() -> ColumnElement[bool]:
    """Find what nobody has hidden, as the indexes of the lists say it (`core.columns.index_of_shown`)."""
    return col(Enterprise.hidden_at).is_(None)


def named(enterprise_ids: Collection[str]) -> Select[Any]:
    """Select what tells these enterprises apart on a coordinator's page, hidden ones too."""
    columns = (
        *("id", "name", "organisation_number", "language", "owner_id", "municipality", "contact_email", "hidden_at"),
    )
    return select(*(getattr(Enterprise, name) for name in columns)).where(col(Enterprise.id).in_(enterprise_ids))


def known_by() -> Select[Any]:
    """Select what every enterprise is known again by: id, home, organisation number, name, municipality."""
    columns = ("id", "home", "organisation_number", "name", "municipality")
    return select(*(getattr(Enterprise, name) for name in columns))


def overdue_counts(session: ReadSession, filters: EnterpriseChoices) -> Select[str, int]:
    """Count those that nobody has confirmed for a year, under every filter but that one."""
    waiting = _unconfirmed_since(confirmed_enough(today()))
    return select(literal("true"), func.count()).where(waiting, *conditions(session, filters, without="overdue"))


def other_with_number(enterprise: Enterprise) -> Select[str]:
    """Select another enterprise of the same node with the same organisation number."""
    return select(col(Enterprise.id)).where(
        col(Enterprise.home) == enterprise.home,
        col(Enterprise.organisation_number) == enterprise.organisation_number,
        col(Enterprise.id) != enterprise.id,
    )


def _counts_on(day: date) -> ColumnElement[bool]:
    """Say in SQL what `rules.statement_counts` says."""
    on, valid_until = col(EnterpriseEligibility.on), col(EnterpriseEligibility.valid_until)
    return and_(
        col(EnterpriseEligibility.state).in_(COUNTING_STATES),
        or_(on.is_(None), on.between(oldest_statement(day), day)),
        or_(valid_until.is_(None), valid_until >= day),
    )


def _unconfirmed_since(day: date) -> ColumnElement[bool]:
    """Find those last confirmed before a day, or never."""
    return or_(col(Enterprise.confirmed_on).is_(None), col(Enterprise.confirmed_on) < day)


def _serves(area: str) -> ColumnElement[bool]:
    """Find those that declare the area, one above it or one below it."""
    wanted = col(EnterpriseArea.area).in_([area, *reference.ancestors(area)])
    below = col(EnterpriseArea.area).startswith(_below(area))
    return col(Enterprise.id).in_(select(col(EnterpriseArea.enterprise_id)).where(or_(wanted, below)))


def _seated_in(area: str) -> ColumnElement[bool]:
    if len(area) == 2:
        return col(Enterprise.country) == area
    return col(Enterprise.municipality).startswith(area)


def _below(area: str) -> str:
    return f"{area}-" if len(area) == 2 else area


def _order(sort: Sort) -> list[ColumnElement[Any]]:
    orders: dict[Sort, ColumnElement[Any]] = {
        Sort.NAME: col(Enterprise.name_sort).asc(),
        Sort.NAME_DESC: col(Enterprise.name_sort).desc(),
        Sort.UPDATED: col(Enterprise.updated_at).asc(),
        Sort.UPDATED_DESC: col(Enterprise.updated_at).desc(),
    }
    # In one direction, so that the index is read and nothing is sorted.
    return [orders[sort], col(Enterprise.id).desc() if sort.startswith("-") else col(Enterprise.id).asc()]
