"""What matching asks the database: postings of the index, and the records that profiles are made of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Enum, Select, String, Table, func, select, type_coerce
from sqlmodel import col

from app.enterprises.tables import Enterprise
from app.matching.gate import Span
from app.matching.tables import MatchAsked, MatchEnterprise, MatchLot, MatchOpportunity, MatchSeen
from app.opportunities.tables import Opportunity

# What a profile tells of an enterprise itself.
PROFILED = (
    "id",
    "name",
    "country",
    "municipality",
    "lifecycle",
    "kind",
    "turnover",
    "employees",
    "confirmed_on",
    "source_year",
)


def postings(dialect: str, terms: Sequence[str], spans: Sequence[Span]) -> tuple[str, list[Any]]:
    """Return SQL and values for the postings of `terms` and of every term within `spans`, for `core.db.driver_rows`."""
    rows = "SELECT term, chunk, offsets, impacts FROM match_posting WHERE "
    if dialect == "sqlite":
        named: tuple[str, list[Any]] = (f"term IN ({', '.join('?' * len(terms))})", list(terms))
        between = "term BETWEEN ? AND ?"
    else:
        named = ("term = ANY(%s)", [list(terms)])
        between = "term BETWEEN %s AND %s"
    sql = " UNION ALL ".join(rows + condition for condition in [named[0], *(between for _ in spans)])
    return sql, named[1] + [end for span in spans for end in (span.first, span.last)]


def known(dialect: str, column: Literal["slot", "enterprise_id"], values: Sequence[Any]) -> tuple[str, list[Any]]:
    """Return SQL and values for compiled documents, with what a list shows of them, by `slot` or `enterprise_id`."""
    wanted = f"IN ({', '.join('?' * len(values))})" if dialect == "sqlite" else "= ANY(%s)"
    columns = "slot, enterprise_id, m.name, e.home, m.municipality, document"
    # `column` is one of two words of our own, never a reader's text.
    sql = (
        f"SELECT {columns} FROM match_enterprise m JOIN enterprise e ON e.id = m.enterprise_id "  # noqa: S608
        f"WHERE m.{column} {wanted}"
    )
    return sql, list(values) if dialect == "sqlite" else [list(values)]


def ids_in(slots: Sequence[int]) -> Select[int, str]:
    """Select slot and id of the enterprises in slots."""
    wanted = select(col(MatchEnterprise.slot), col(MatchEnterprise.enterprise_id))
    return wanted.where(col(MatchEnterprise.slot).in_(slots))


def asked(dialect: str, terms: Sequence[str]) -> tuple[str, list[Any]]:
    """Return SQL and values for the lots that ask for any of `terms`, for `core.db.driver_rows`."""
    rows = "SELECT term, chunk, entries FROM match_asked WHERE term "
    if dialect == "sqlite":
        return rows + f"IN ({', '.join('?' * len(terms))})", list(terms)
    return rows + "= ANY(%s)", [list(terms)]


def asked_under(beginning: str) -> Select[str, int]:
    """Select each term with this beginning that a lot asks for, and the bytes of its entries, chunks together."""
    term = col(MatchAsked.term)
    length: ColumnElement[int] = func.sum(func.length(col(MatchAsked.entries)))
    return select(term, length).where(term.startswith(beginning)).group_by(term)


def openings(slots: Sequence[int]) -> Select[str, datetime | None, str, bytes]:
    """Select what judges the opportunities that have any of these lots."""
    owners = select(col(MatchLot.opportunity_id)).where(col(MatchLot.slot).in_(slots))
    wanted = select(
        col(MatchOpportunity.opportunity_id),
        col(MatchOpportunity.deadline_at),
        col(MatchOpportunity.request),
        col(MatchOpportunity.lots),
    )
    return wanted.where(col(MatchOpportunity.opportunity_id).in_(owners))


def told(opportunity_ids: Sequence[str]) -> Select[MatchOpportunity, str]:
    """Select what explains these opportunities, and the home of each."""
    wanted = select(MatchOpportunity, col(Opportunity.home))
    of_each = wanted.join(Opportunity, col(Opportunity.id) == col(MatchOpportunity.opportunity_id))
    return of_each.where(col(MatchOpportunity.opportunity_id).in_(opportunity_ids))


def open_at(at: datetime) -> Select[str]:
    """Select the ids of the opportunities that are open at an instant."""
    return select(col(MatchOpportunity.opportunity_id)).where(_is_open(at))


def seen_by_opportunity(opportunity_id: str) -> Select[str, str, datetime | None]:
    """Select whom an opportunity has met."""
    return _seen().where(col(MatchSeen.opportunity_id) == opportunity_id)


def seen_by_enterprises(enterprise_ids: Sequence[str]) -> Select[str, str, datetime | None]:
    """Select which opportunities these enterprises have met."""
    return _seen().where(col(MatchSeen.enterprise_id).in_(enterprise_ids))


def meetings(
    since: datetime, at: datetime, enterprise_id: str | None, opportunity_id: str | None
) -> Select[str, str, datetime, datetime, int, str]:
    """Select who met since an instant and still fits, of what is open at another; newest first."""
    wanted = select(
        col(MatchSeen.opportunity_id),
        col(MatchSeen.enterprise_id),
        col(MatchSeen.first_at),
        col(MatchSeen.met_at),
        col(MatchSeen.score),
        col(MatchSeen.eligibility),
    ).where(
        col(MatchSeen.met_at) >= since,
        col(MatchSeen.parted_at).is_(None),
        col(MatchSeen.opportunity_id).in_(open_at(at)),
    )
    if enterprise_id is not None:
        wanted = wanted.where(col(MatchSeen.enterprise_id) == enterprise_id)
    if opportunity_id is not None:
        wanted = wanted.where(col(MatchSeen.opportunity_id) == opportunity_id)
    newest_best = (col(MatchSeen.met_at).desc(), col(MatchSeen.score).desc())
    return wanted.order_by(*newest_best, col(MatchSeen.opportunity_id), col(MatchSeen.enterprise_id))


def _seen() -> Select[str, str, datetime | None]:
    return select(col(MatchSeen.opportunity_id), col(MatchSeen.enterprise_id), col(MatchSeen.parted_at))


def _is_open(at: datetime) -> ColumnElement[bool]:
    deadline = col(MatchOpportunity.deadline_at)
    return deadline.is_(None) | (deadline >= at)


def children(table: Any, enterprise_ids: Sequence[str]) -> Select[Any]:
    """Select the child rows of enterprises from one table of the registry, as plain rows."""
    return select(*_as_stored(table.__table__)).where(table.enterprise_id.in_(enterprise_ids))


def enterprises(enterprise_ids: Sequence[str]) -> Select[Any]:
    """Select enterprises by id, as plain rows: a registry of objects would take twice the time to read.

    What a coordinator has hidden is not there to be matched.
    """
    table: Any = Enterprise
    named = _as_stored(table.__table__, PROFILED)
    shown = col(Enterprise.hidden_at).is_(None)
    return select(*named).where(col(Enterprise.id).in_(enterprise_ids), shown)


def _as_stored(table: Table, names: Sequence[str] = ()) -> list[ColumnElement[Any]]:
    """Return columns of a table, all or those named, with states as the words that are stored."""
    columns = [table.c[name] for name in names] or list(table.c)
    return [type_coerce(one, String) if isinstance(one.type, Enum) else one for one in columns]


def every_enterprise() -> Select[str]:
    """Select the id of every enterprise that is not hidden, in order."""
    return select(col(Enterprise.id)).where(col(Enterprise.hidden_at).is_(None)).order_by(col(Enterprise.id))


def registered(enterprise_ids: Sequence[str]) -> Select[str]:
    """Select those of these ids that the registry holds, hidden or not."""
    return select(col(Enterprise.id)).where(col(Enterprise.id).in_(enterprise_ids))
