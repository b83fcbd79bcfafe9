"""What the gaps ask the database. Each function returns a Select; nothing runs here."""

from datetime import date

from sqlalchemy import Select, func, select
from sqlmodel import col

from app.gaps.tables import MissedSearch


def searches_since(day: date) -> Select[str, str, int]:
    """Select how often each need was searched for in each area since a day, without anybody being found."""
    return (
        select(col(MissedSearch.need), col(MissedSearch.area), func.sum(MissedSearch.count))
        .where(col(MissedSearch.day) >= day)
        .group_by(col(MissedSearch.need), col(MissedSearch.area))
    )
