"""Statements about the audit log."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlmodel import col

from app.audit.schemas import AuditFilters
from app.audit.tables import AuditEntry, AuditHead


def head() -> Select[AuditHead]:
    """Select where the chain begins and ends."""
    return select(AuditHead)


def chain(after: int, limit: int) -> Select[AuditEntry]:
    """Select so many entries after a place in the chain, in order."""
    return select(AuditEntry).where(col(AuditEntry.seq) > after).order_by(col(AuditEntry.seq)).limit(limit)


def told(filters: AuditFilters, whose: Sequence[Select[str]] | None) -> Select[AuditEntry]:
    """Select one page of entries, newest first; `whose` selects ids of organisations or objects, None is everybody."""
    wanted = select(AuditEntry).where(*_conditions(filters, whose)).order_by(col(AuditEntry.seq).desc())
    return wanted.limit(filters.limit).offset(filters.offset)


def count(filters: AuditFilters, whose: Sequence[Select[str]] | None) -> Select[int]:
    """Count what `told` finds in all."""
    return select(func.count()).select_from(AuditEntry).where(*_conditions(filters, whose))


def last_before(moment: object) -> Select[int]:
    """Select the place of the last entry that is older than an instant."""
    return select(func.max(col(AuditEntry.seq))).where(col(AuditEntry.at) < moment)


def _conditions(filters: AuditFilters, whose: Sequence[Select[str]] | None) -> list[ColumnElement[bool]]:
    conditions = []
    if whose is not None:
        by = [col(AuditEntry.organization_id).in_(one) for one in whose]
        upon = [col(AuditEntry.object_id).in_(one) for one in whose]
        conditions.append(or_(*by, *upon))
    if filters.object_id is not None:
        conditions.append(col(AuditEntry.object_id) == filters.object_id)
    return conditions
