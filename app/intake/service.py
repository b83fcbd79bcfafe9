"""The front door of the intake: ask for cooperation, follow it, lead it to a decision."""

from app.accounts.vocabulary import Caller
from app.core.clock import today
from app.core.db import ReadSession, WriteSession
from app.core.errors import Message, Unauthorized
from app.core.i18n import N_
from app.intake import ground, queries
from app.intake.handling import check, decide, examine, propose, remind, take_back
from app.intake.requesting import (
    read_link,
    submit,
    submit_openly,
    supplement,
    supplement_by_link,
    withdraw,
    withdraw_by_link,
)
from app.intake.schemas import CooperationFilters, CooperationRead, CooperationSummary
from app.intake.tables import CooperationRequest

__all__ = [
    "check",
    "decide",
    "examine",
    "exists",
    "find",
    "propose",
    "read_link",
    "remind",
    "search",
    "submit",
    "submit_openly",
    "supplement",
    "supplement_by_link",
    "take_back",
    "withdraw",
    "withdraw_by_link",
]


def find(
    session: ReadSession | WriteSession, request_id: str, by: Caller | None, language: str = "en"
) -> CooperationRead:
    """Return one request, whole, to one of its two sides. Raises `NotFound` for everybody else."""
    row, side = ground.find(session, request_id, by)
    return ground.read(session, row, side, language)


def exists(session: ReadSession | WriteSession, request_id: str) -> bool:
    """Tell whether there is a request with this id."""
    return session.get(CooperationRequest, request_id) is not None


def search(
    session: ReadSession | WriteSession, filters: CooperationFilters, by: Caller | None
) -> tuple[list[CooperationSummary], int, str | None]:
    """Return one page of the caller's requests, how many there are in all, and where the next page begins, if any.

    Raises:
        Unauthorized: a visitor asks, who has none.
        BadRequest: `after` is not what a page gave.
    """
    if by is None:
        raise Unauthorized(Message(N_("Send a key: Authorization: Bearer smn_…")))
    reader, day = ground.reader_of(by), today()
    rows = session.execute(queries.page(filters, reader, day)).scalars().all()
    total = session.execute(queries.count(filters, reader, day)).scalar_one()
    shown, following = queries.ORDERS[filters.sort].page(rows, filters)
    items = [ground.summary(row, side) for row in shown if (side := ground.side_of(by, row)) is not None]
    return items, total, following
