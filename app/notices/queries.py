"""What the notices ask the database. Each function returns a Select; nothing runs here."""

from collections.abc import Collection

from sqlalchemy import Select, or_, select
from sqlmodel import col

from app.journal import copies
from app.notices.tables import ReadNotice
from app.notices.vocabulary import RESULT_FORM_TYPES
from app.opportunities.tables import Opportunity
from app.opportunities.vocabulary import PUBLIC_STATUSES

_MOST_CANDIDATES = 10
# As a publication number may be written: `338764-2023`, or with zeros before it up to this width.
_WIDEST_NUMBER = 8


def read_notice(source: str, notice_id: str) -> Select[ReadNotice]:
    """Select what is remembered of one notice."""
    return select(ReadNotice).where(col(ReadNotice.source) == source, col(ReadNotice.notice_id) == notice_id)


def results_of(opportunity_id: str) -> Select[ReadNotice]:
    """Select the result notices that have been read into an opportunity."""
    return select(ReadNotice).where(
        col(ReadNotice.opportunity_id) == opportunity_id, col(ReadNotice.form_type).in_(sorted(RESULT_FORM_TYPES))
    )


def of_procedure(procedure_id: str) -> Select[str]:
    """Select this node's public opportunities of one procedure (BT-04), the latest first."""
    return _candidates().where(col(Opportunity.procedure_id) == procedure_id)


def of_numbers(numbers: Collection[str]) -> Select[str]:
    """Select this node's public opportunities whose notice has one of these publication numbers, however padded."""
    written = [
        f"{serial.zfill(width)}-{year}"
        for serial, year in (number.split("-") for number in numbers)
        for width in range(len(serial), _WIDEST_NUMBER + 1)
    ]
    return _candidates().where(col(Opportunity.notice_number).in_(written))


def from_results(procedure_id: str) -> Select[str]:
    """Select the opportunities of one procedure that no call has described yet, only a result notice."""
    told = select(col(ReadNotice.notice_id)).where(
        col(ReadNotice.source) == Opportunity.notice_source,
        col(ReadNotice.notice_id) == Opportunity.notice_id,
        col(ReadNotice.form_type).in_(sorted(RESULT_FORM_TYPES)),
    )
    return of_procedure(procedure_id).where(told.exists())


def _candidates() -> Select[str]:
    return (
        select(col(Opportunity.id))
        .where(or_(*(col(Opportunity.status) == status for status in sorted(PUBLIC_STATUSES))))
        .where(copies.is_own(col(Opportunity.home)))
        .order_by(col(Opportunity.published_at).desc().nulls_last(), col(Opportunity.id))
        .limit(_MOST_CANDIDATES)
    )
