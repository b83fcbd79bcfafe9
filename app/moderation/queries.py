"""What moderation asks the database. Each function returns a Select; nothing runs here."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlmodel import col

from app.moderation.schemas import ActFilters, ReportFilters
from app.moderation.tables import ModerationAct, Report
from app.moderation.vocabulary import Subject, Verb


def reports(filters: ReportFilters, region: str | None) -> Select[Report]:
    """Select one page of reports in a region, the oldest first; without a region, of all."""
    wanted = select(Report).where(*_of_reports(filters, region)).order_by(col(Report.created_at), col(Report.id))
    return wanted.limit(filters.limit).offset(filters.offset)


def count_reports(filters: ReportFilters, region: str | None) -> Select[int]:
    """Count what the filters find."""
    return select(func.count()).select_from(Report).where(*_of_reports(filters, region))


def acts(filters: ActFilters, region: str | None, actor_id: str) -> Select[ModerationAct]:
    """Select one page of acts in a region, the newest first; without a region, of all."""
    wanted = select(ModerationAct).where(*_of_acts(filters, region, actor_id))
    newest = wanted.order_by(col(ModerationAct.at).desc(), col(ModerationAct.id).desc())
    return newest.limit(filters.limit).offset(filters.offset)


def count_acts(filters: ActFilters, region: str | None, actor_id: str) -> Select[int]:
    """Count what the filters find."""
    return select(func.count()).select_from(ModerationAct).where(*_of_acts(filters, region, actor_id))


def last_act(subject: Subject, subject_id: str, *verbs: Verb) -> Select[ModerationAct]:
    """Select the last of the acts of these kinds that was done with a record."""
    wanted = select(ModerationAct).where(
        col(ModerationAct.subject) == subject,
        col(ModerationAct.subject_id) == subject_id,
        col(ModerationAct.verb).in_(verbs),
    )
    # Instants are kept by the second; the record's own number tells what came last.
    return wanted.order_by(col(ModerationAct.rev).desc(), col(ModerationAct.at).desc()).limit(1)


def _of_reports(filters: ReportFilters, region: str | None) -> list[ColumnElement[bool]]:
    places = [_lies_in(Report.area, area) for area in (filters.area, region) if area is not None]
    return [col(Report.state) == filters.state, *places]


def _of_acts(filters: ActFilters, region: str | None, actor_id: str) -> list[ColumnElement[bool]]:
    found = [_lies_in(ModerationAct.area, area) for area in (filters.area, region) if area is not None]
    return [*found, col(ModerationAct.actor_id) == actor_id] if filters.own else found


def _lies_in(column: Any, area: str) -> ColumnElement[bool]:
    """Say in SQL what accounts say of a region: codes of counties begin those of their municipalities."""
    return col(column).startswith(f"{area}-" if len(area) == len("SE") else area)
