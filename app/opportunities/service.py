"""The opportunities' front door: publish one, lead it through its life, find one, search."""

from sqlalchemy import select
from sqlmodel import col

from app.core.clock import now
from app.core.columns import new_id
from app.core.db import ReadSession, WriteSession
from app.core.errors import Message, NotFound
from app.core.i18n import N_
from app.opportunities import queries, saving
from app.opportunities.lifecycle import award, cancel, change, close, publish_draft, remove
from app.opportunities.reading import read_all, read_one
from app.opportunities.rules import ENDED
from app.opportunities.saving import RECORD_TYPE
from app.opportunities.schemas import OpportunityCreate, OpportunityFilters, OpportunityRead, OpportunitySummary
from app.opportunities.tables import Opportunity
from app.opportunities.vocabulary import PUBLIC_STATUSES, Status

__all__ = [
    "RECORD_TYPE",
    "award",
    "cancel",
    "change",
    "close",
    "exists",
    "find",
    "find_notice",
    "open_now",
    "publish",
    "publish_draft",
    "remove",
    "search",
]


def publish(
    session: WriteSession, data: OpportunityCreate, *, home: str, record_id: str | None = None
) -> OpportunityRead:
    """Write an opportunity and return it; with the `record_id` of one that exists, replace what it says.

    This is how notices and the demo write. One that has ended stays so: the call for it may be read again, which does
    not open it. People lead theirs through its life with `publish_draft`, `change`, `close`, `award` and `cancel`.

    Raises:
        InvalidContent: lots are missing where the form needs them, or a code is not in its vocabulary.
        Conflict: the notice it comes from is another opportunity already.
    """
    saving.check(data)
    # Locked, so that two changes of one record follow each other and each has its own `rev`.
    existing = session.get(Opportunity, record_id, with_for_update=True) if record_id else None
    if existing is None:
        return saving.save(session, data, saving.new(record_id or new_id(), home, data), None)
    if existing.status in ENDED and data.status not in ENDED:
        data = data.model_copy(update={"status": existing.status})
    before = saving.payload(session, existing)
    existing.rev += 1
    return saving.save(session, data, existing, before)


def find(session: ReadSession | WriteSession, opportunity_id: str) -> OpportunityRead:
    """Return one opportunity, whole; a draft is nobody's business but its owner's.

    Raises:
        NotFound: there is none with this id that the public may see.
    """
    opportunity = session.get(Opportunity, opportunity_id)
    if opportunity is None or opportunity.status not in PUBLIC_STATUSES:
        raise NotFound(Message(N_("There is no opportunity with this id.")))
    return read_one(session, opportunity)


def exists(session: ReadSession | WriteSession, opportunity_id: str) -> bool:
    """Tell whether there is a record with this id, a draft included."""
    return session.get(Opportunity, opportunity_id) is not None


def find_notice(session: ReadSession | WriteSession, source: str, notice_id: str) -> OpportunityRead | None:
    """Return the opportunity that was imported from this notice, or None."""
    wanted = select(Opportunity).where(
        col(Opportunity.notice_source) == source, col(Opportunity.notice_id) == notice_id
    )
    opportunity = session.execute(wanted).scalars().one_or_none()
    return read_one(session, opportunity) if opportunity else None


def search(session: ReadSession, filters: OpportunityFilters) -> tuple[list[OpportunitySummary], int]:
    """Return one page of opportunities and how many the filters find in all."""
    connection = session.connection()
    rows = [dict(row) for row in connection.execute(queries.summaries(session, filters)).mappings()]
    ids = [row["id"] for row in rows]
    reserved: dict[str, list[str]] = {}
    for opportunity_id, code in connection.execute(queries.reservations(ids)):
        reserved.setdefault(opportunity_id, []).append(code)
    lots = dict(connection.execute(queries.lot_counts(ids)).all())
    found = [
        OpportunitySummary(reserved_participation=reserved.get(row["id"], []), lot_count=lots.get(row["id"], 0), **row)
        for row in rows
    ]
    return found, connection.execute(queries.count(session, filters)).scalar_one()


def open_now(session: ReadSession) -> list[OpportunityRead]:
    """Return every published opportunity whose deadline has not passed, whole, in a handful of queries."""
    wanted = select(Opportunity).where(
        col(Opportunity.status) == Status.PUBLISHED,
        col(Opportunity.deadline_at).is_(None) | (col(Opportunity.deadline_at) >= now()),
    )
    return read_all(session, session.execute(wanted.order_by(col(Opportunity.id))).scalars().all())
