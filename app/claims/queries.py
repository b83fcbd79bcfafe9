"""What claims ask the database. Each function returns a Select; nothing runs here."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlmodel import col

from app.claims.schemas import ClaimFilters
from app.claims.tables import EnterpriseClaim
from app.claims.vocabulary import ClaimState


def listed(filters: ClaimFilters, region: str | None) -> Select[EnterpriseClaim]:
    """Select one page of claims in a region, the oldest first; without a region, of all."""
    wanted = select(EnterpriseClaim).where(*_conditions(filters, region))
    oldest = wanted.order_by(col(EnterpriseClaim.created_at), col(EnterpriseClaim.id))
    return oldest.limit(filters.limit).offset(filters.offset)


def count(filters: ClaimFilters, region: str | None) -> Select[int]:
    """Count what the filters find."""
    return select(func.count()).select_from(EnterpriseClaim).where(*_conditions(filters, region))


def old(open_since: datetime, decided_before: datetime) -> Select[EnterpriseClaim]:
    """Select the claims that nobody has decided since, and those decided before: neither is of use any more."""
    is_open = col(EnterpriseClaim.state) == ClaimState.OPEN
    return select(EnterpriseClaim).where(
        or_(
            and_(is_open, col(EnterpriseClaim.created_at) < open_since),
            and_(~is_open, col(EnterpriseClaim.decided_at) < decided_before),
        )
    )


def _conditions(filters: ClaimFilters, region: str | None) -> list[ColumnElement[bool]]:
    places = [_lies_in(EnterpriseClaim.area, area) for area in (filters.area, region) if area is not None]
    return [col(EnterpriseClaim.state) == filters.state, *places]


def _lies_in(column: Any, area: str) -> ColumnElement[bool]:
    """Say in SQL what accounts say of a region: codes of counties begin those of their municipalities."""
    return col(column).startswith(f"{area}-" if len(area) == len("SE") else area)
