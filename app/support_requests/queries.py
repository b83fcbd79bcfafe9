"""What the requests for support ask the database. Each function returns a Select; nothing runs here."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlmodel import col

from app.core.keyset import Order
from app.support_requests.schemas import SupportRequestFilters
from app.support_requests.tables import SupportRequest, SupportRequestEvent
from app.support_requests.vocabulary import MOST_MEASURED, OPEN, Helped, RequestSide, RequestState, Sort

_KEY: Final = (col(SupportRequest.sent_at), col(SupportRequest.id))
ORDERS: Final[dict[Sort, Order]] = {sort: Order(sort.value, _KEY, descends=sort is Sort.NEWEST) for sort in Sort}


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose requests are read: those that an organisation has sent, those that it answers, and those of a region.

    `region` is what a coordinator looks after; `everywhere`: an administrator looks after what nobody else does.
    """

    asks: str | None = None
    answers: str | None = None
    region: str | None = None
    everywhere: bool = False


def page(filters: SupportRequestFilters, reader: Reader) -> Select[SupportRequest]:
    """Select one page of requests, in order, and one row more if there is another page. Raises `BadRequest`."""
    return ORDERS[filters.sort].applied(select(SupportRequest).where(*_conditions(filters, reader)), filters)


def count(filters: SupportRequestFilters, reader: Reader) -> Select[int]:
    """Count what the filters find."""
    return select(func.count()).select_from(SupportRequest).where(*_conditions(filters, reader))


def to_answer(reader: Reader) -> Select[int]:
    """Count the requests that wait for an answer of the reader's."""
    mine = (_answers(reader), col(SupportRequest.state).in_(OPEN))
    return select(func.count()).select_from(SupportRequest).where(*mine)


def to_tell(reader: Reader) -> Select[int]:
    """Count the requests of the reader's of which it has been asked, and has not told, whether they helped."""
    return select(func.count()).select_from(SupportRequest).where(_asks(reader), *_untold())


def open_one(offer_id: str, enterprise_id: str) -> Select[str]:
    """Select the request of an enterprise to an offer that waits for an answer, if there is one."""
    same = (col(SupportRequest.offer_id) == offer_id, col(SupportRequest.enterprise_id) == enterprise_id)
    return select(col(SupportRequest.id)).where(*same, col(SupportRequest.state).in_(OPEN))


def open_of(enterprise_id: str) -> Select[int]:
    """Count the requests of an enterprise that wait for an answer."""
    own = (col(SupportRequest.enterprise_id) == enterprise_id, col(SupportRequest.state).in_(OPEN))
    return select(func.count()).select_from(SupportRequest).where(*own)


def events(request_id: str) -> Select[SupportRequestEvent]:
    """Select the steps of a request in the order in which they were taken."""
    own = col(SupportRequestEvent.request_id) == request_id
    return select(SupportRequestEvent).where(own).order_by(col(SupportRequestEvent.number))


def replies_of_offer(offer_id: str) -> Select[datetime, datetime | None]:
    """Select when the newest answered requests of an offer were sent, and first answered."""
    return _replies(col(SupportRequest.offer_id) == offer_id)


def replies_of_providers(organization_ids: Collection[str]) -> Select[datetime, datetime | None]:
    """Select the same of the requests that any of these organisations answers."""
    return _replies(col(SupportRequest.provider_id).in_(organization_ids))


def _replies(of: ColumnElement[bool]) -> Select[datetime, datetime | None]:
    answered = col(SupportRequest.answered_at)
    return (
        select(col(SupportRequest.sent_at), answered)
        .where(of, answered.is_not(None))
        .order_by(answered.desc(), col(SupportRequest.id))
        .limit(MOST_MEASURED)
    )


def told(offer_ids: Collection[str]) -> Select[str, str, Helped | None]:
    """Select what each enterprise has said of these offers, the latest word last."""
    row = SupportRequest
    return (
        select(col(row.offer_id), col(row.enterprise_id), col(row.helped))
        .where(col(row.offer_id).in_(offer_ids), col(row.helped).is_not(None))
        .order_by(col(row.told_at), col(row.id))
    )


def overdue(at: datetime, limit: int) -> Select[SupportRequest]:
    """Select the requests that nobody has answered in time, the oldest first."""
    late = (col(SupportRequest.state).in_(OPEN), col(SupportRequest.due_at) <= at)
    return _by_id(select(SupportRequest).where(*late), limit)


def unreminded(until: datetime, limit: int) -> Select[SupportRequest]:
    """Select the requests that expire before `until`, and that nobody has been reminded of."""
    soon = (col(SupportRequest.due_at) <= until, col(SupportRequest.reminded_at).is_(None))
    return _by_id(select(SupportRequest).where(col(SupportRequest.state).in_(OPEN), *soon), limit)


def unasked(accepted_before: datetime, limit: int) -> Select[SupportRequest]:
    """Select the requests accepted before a moment whose enterprises have neither been asked nor told how it went."""
    own = (col(SupportRequest.state) == RequestState.ACCEPTED, col(SupportRequest.decided_at) <= accepted_before)
    silent = (col(SupportRequest.asked_at).is_(None), col(SupportRequest.told_at).is_(None))
    return _by_id(select(SupportRequest).where(*own, *silent), limit)


def waiting_providers() -> Select[str | None]:
    """Select the organisations that requests wait for, each once."""
    provider = col(SupportRequest.provider_id)
    return (
        select(provider).where(col(SupportRequest.state).in_(OPEN), provider.is_not(None)).distinct().order_by(provider)
    )


def misdirected(provider_id: str, *, is_by_coordinator: bool) -> Select[SupportRequest]:
    """Select the requests that wait for a provider and are not yet said to be answered by whom they are to be."""
    own = (col(SupportRequest.state).in_(OPEN), col(SupportRequest.provider_id) == provider_id)
    wrong = col(SupportRequest.is_by_coordinator).is_(not is_by_coordinator)
    return select(SupportRequest).where(*own, wrong).order_by(col(SupportRequest.id))


def _by_id(wanted: Select[SupportRequest], limit: int) -> Select[SupportRequest]:
    # In one order, so that two workers never wait for each other.
    return wanted.order_by(col(SupportRequest.id)).limit(limit)


def _conditions(filters: SupportRequestFilters, reader: Reader) -> list[ColumnElement[bool]]:
    sides = {
        RequestSide.ENTERPRISE: _asks(reader),
        RequestSide.PROVIDER: _answers(reader),
        None: or_(_asks(reader), _answers(reader)),
    }
    found = [sides[filters.side]]
    if filters.state:
        found.append(col(SupportRequest.state).in_(filters.state))
    if filters.offer_id:
        found.append(col(SupportRequest.offer_id) == filters.offer_id)
    if filters.enterprise_id:
        found.append(col(SupportRequest.enterprise_id) == filters.enterprise_id)
    return found


def _asks(reader: Reader) -> ColumnElement[bool]:
    return false() if reader.asks is None else col(SupportRequest.organization_id) == reader.asks


def _answers(reader: Reader) -> ColumnElement[bool]:
    own = false() if reader.answers is None else col(SupportRequest.provider_id) == reader.answers
    if reader.region is None and not reader.everywhere:
        return own
    nearby = true() if reader.region is None else _lies_in(reader.region)
    return or_(own, and_(col(SupportRequest.is_by_coordinator).is_(True), nearby))


def _lies_in(region: str) -> ColumnElement[bool]:
    """Say in SQL what accounts say of a region: codes of counties begin those of their municipalities."""
    return col(SupportRequest.area).startswith(f"{region}-" if len(region) == len("SE") else region)


def _untold() -> tuple[ColumnElement[bool], ...]:
    return (
        col(SupportRequest.state) == RequestState.ACCEPTED,
        col(SupportRequest.asked_at).is_not(None),
        col(SupportRequest.told_at).is_(None),
    )
