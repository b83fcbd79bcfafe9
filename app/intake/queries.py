"""What the intake asks the database. Each function returns a Select; nothing runs here."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlmodel import col

from app.core.keyset import Order
from app.intake.schemas import CooperationFilters
from app.intake.tables import CooperationRequest, CooperationStep
from app.intake.vocabulary import OPEN, Sort, Step

_KEY: Final = (col(CooperationRequest.received_at), col(CooperationRequest.id))
ORDERS: Final[dict[Sort, Order]] = {sort: Order(sort.value, _KEY, descends=sort is Sort.NEWEST) for sort in Sort}


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose requests are read: those that an organisation has sent, and those of a region; `everywhere`: all."""

    organization_id: str | None = None
    region: str | None = None
    everywhere: bool = False


def page(filters: CooperationFilters, reader: Reader, day: date) -> Select[CooperationRequest]:
    """Select one page of requests, in order, and one row more if there is another page. Raises `BadRequest`."""
    wanted = select(CooperationRequest).where(*_conditions(filters, reader, day))
    return ORDERS[filters.sort].applied(wanted, filters)


def count(filters: CooperationFilters, reader: Reader, day: date) -> Select[int]:
    """Count what the filters find."""
    return select(func.count()).select_from(CooperationRequest).where(*_conditions(filters, reader, day))


def with_hash(token_hash: str) -> Select[CooperationRequest]:
    """Select the request that a link leads to."""
    return select(CooperationRequest).where(col(CooperationRequest.token_hash) == token_hash)


def events(request_id: str) -> Select[CooperationStep]:
    """Select the steps of a request in the order in which they were taken."""
    own = col(CooperationStep.request_id) == request_id
    return select(CooperationStep).where(own).order_by(col(CooperationStep.number))


def supplements(request_id: str) -> Select[int]:
    """Count how often something has been added to a request."""
    added = (col(CooperationStep.request_id) == request_id, col(CooperationStep.step) == Step.SUPPLEMENT)
    return select(func.count()).select_from(CooperationStep).where(*added)


def overdue(day: date, limit: int) -> Select[CooperationRequest]:
    """Select the requests whose day passed before `day` and whose handler has not been reminded of it."""
    late = (
        col(CooperationRequest.state).in_(OPEN),
        col(CooperationRequest.due_on) < day,
        col(CooperationRequest.reminded_on).is_(None),
    )
    ordered = select(CooperationRequest).where(*late)
    return ordered.order_by(col(CooperationRequest.due_on), col(CooperationRequest.id)).limit(limit)


def _conditions(filters: CooperationFilters, reader: Reader, day: date) -> list[ColumnElement[bool]]:
    found = [_read_by(reader)]
    if filters.state:
        found.append(col(CooperationRequest.state).in_(filters.state))
    if filters.area:
        found.append(_lies_in(filters.area))
    if filters.overdue:
        found += [col(CooperationRequest.state).in_(OPEN), col(CooperationRequest.due_on) < day]
    return found


def _read_by(reader: Reader) -> ColumnElement[bool]:
    if reader.everywhere:
        return true()
    own = col(CooperationRequest.organization_id) == (reader.organization_id or "-")
    return own if reader.region is None else or_(own, _lies_in(reader.region))


def _lies_in(area: str) -> ColumnElement[bool]:
    """Say in SQL what accounts say of a region: codes of counties begin those of their municipalities."""
    return col(CooperationRequest.area_code).startswith(f"{area}-" if len(area) == len("SE") else area)
