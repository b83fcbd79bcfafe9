"""The gaps' front door: what meets a need, what an offer meets, where nobody offers it, and what was searched for."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import delete, update
from sqlmodel import col

from app.core.clock import add_months
from app.core.db import WriteSession
from app.gaps.exporting import TYPES, area_name, as_file, need_name
from app.gaps.mapping import gap_map
from app.gaps.pairing import needs_for, offers_for
from app.gaps.tables import MissedSearch
from app.gaps.vocabulary import MONTHS_OF_SEARCHES

__all__ = [
    "TYPES",
    "area_name",
    "as_file",
    "forget_searches",
    "gap_map",
    "keep_searches",
    "need_name",
    "needs_for",
    "offers_for",
]


def keep_searches(session: WriteSession, found: Mapping[tuple[date, str, str], int]) -> None:
    """Add to how often each need was searched for in each area, by day, without anybody being found."""
    # Always in one order, so that two processes never wait for each other.
    for (day, need, area), count in sorted(found.items()):
        own = (col(MissedSearch.day) == day, col(MissedSearch.need) == need, col(MissedSearch.area) == area)
        more = update(MissedSearch).where(*own).values(count=col(MissedSearch.count) + count)
        if session.connection().execute(more).rowcount == 0:
            session.add(MissedSearch(day=day, need=need, area=area, count=count))
            session.flush()


def forget_searches(session: WriteSession, at: datetime) -> int:
    """Forget the searches that no longer count; return how many rows they were."""
    before = add_months(at.date(), -MONTHS_OF_SEARCHES)
    return session.connection().execute(delete(MissedSearch).where(col(MissedSearch.day) < before)).rowcount
