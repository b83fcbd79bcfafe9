"""The front door of the requests for support: ask, answer, read, and what many have met with."""

from sqlalchemy import delete
from sqlmodel import col

from app.accounts.vocabulary import Caller
from app.core.db import ReadSession, WriteSession
from app.core.errors import Message, Unauthorized
from app.core.i18n import N_
from app.journal.vocabulary import Change
from app.support_requests import ground, queries
from app.support_requests.answering import accept, acknowledge, decline, tell_outcome, withdraw
from app.support_requests.experience import helpfulness
from app.support_requests.experience import of_offer as experience
from app.support_requests.jobs import ask_outcomes, expire, hand_over, remind
from app.support_requests.rules import refusal
from app.support_requests.schemas import SupportRequestFilters, SupportRequestRead, SupportRequestSummary, Waiting
from app.support_requests.sending import AlreadyAsked, open_request, send
from app.support_requests.tables import SupportRequest

__all__ = [
    "AlreadyAsked",
    "accept",
    "acknowledge",
    "ask_outcomes",
    "decline",
    "experience",
    "expire",
    "find",
    "follow_enterprise",
    "hand_over",
    "helpfulness",
    "open_request",
    "refusal",
    "remind",
    "search",
    "send",
    "tell_outcome",
    "waiting",
    "withdraw",
]


def find(session: ReadSession | WriteSession, request_id: str, by: Caller | None) -> SupportRequestRead:
    """Return one request, whole, to one of its two sides. Raises `NotFound` for everybody else."""
    row, side = ground.find(session, request_id, by)
    return ground.read(session, row, side)


def search(
    session: ReadSession | WriteSession, filters: SupportRequestFilters, by: Caller | None
) -> tuple[list[SupportRequestSummary], int, str | None]:
    """Return one page of the caller's requests, how many there are in all, and where the next page begins, if any.

    Raises:
        Unauthorized: a visitor asks, who has none.
        BadRequest: `after` is not what a page gave.
    """
    if by is None:
        raise Unauthorized(Message(N_("Send a key: Authorization: Bearer smn_…")))
    reader = ground.reader_of(by)
    rows = session.execute(queries.page(filters, reader)).scalars().all()
    total = session.execute(queries.count(filters, reader)).scalar_one()
    shown, following = queries.ORDERS[filters.sort].page(rows, filters)
    items = [ground.summary(row, side) for row in shown if (side := ground.side_of(by, row)) is not None]
    return items, total, following


def waiting(session: ReadSession, by: Caller) -> Waiting:
    """Return how many requests wait for the caller: to be answered, and to be told whether they helped."""
    reader = ground.reader_of(by)
    return Waiting(
        to_answer=session.execute(queries.to_answer(reader)).scalar_one(),
        to_tell=session.execute(queries.to_tell(reader)).scalar_one(),
    )


def follow_enterprise(session: WriteSession, change: Change) -> None:
    """Forget what an enterprise asked for when its record is gone; the journal calls it with every change of one."""
    if change.after is None:
        own = col(SupportRequest.enterprise_id) == change.record_id
        # Their events go with them: the foreign key cascades.
        session.connection().execute(delete(SupportRequest).where(own))
