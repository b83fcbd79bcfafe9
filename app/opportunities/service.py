"""The opportunities' front door: publish one, lead it through its life, find one, search."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.core.clock import now
from app.core.columns import new_id
from app.core.db import ReadSession, WriteSession
from app.core.errors import BadRequest, FieldFault, Message
from app.core.i18n import N_
from app.core.lists import Listing
from app.journal import copies
from app.journal import service as journal
from app.journal.schemas import History
from app.legal.schemas import Hints
from app.opportunities import queries, saving
from app.opportunities.hints import hints_of
from app.opportunities.lifecycle import (
    award,
    cancel,
    change,
    close,
    hide,
    is_known_to,
    publish_draft,
    remove,
    restore,
    unknown,
)
from app.opportunities.reading import outcomes, read_all, read_one
from app.opportunities.rules import ENDED
from app.opportunities.saving import RECORD_TYPE
from app.opportunities.schemas import (
    OpportunityCreate,
    OpportunityFilters,
    OpportunityIn,
    OpportunityNamed,
    OpportunityRead,
    OpportunitySummary,
    OpportunityWritten,
    OwnFilters,
)
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
    "held",
    "hide",
    "hints",
    "history",
    "kept_by",
    "led_by",
    "named",
    "open_now",
    "outcomes",
    "past_deadline",
    "preview_hints",
    "publish",
    "publish_draft",
    "publish_for",
    "remove",
    "restore",
    "search",
    "several",
    "unknown",
    "written",
]


def publish(
    session: WriteSession,
    data: OpportunityCreate,
    *,
    home: str,
    record_id: str | None = None,
    owner_id: str | None = None,
) -> OpportunityRead:
    """Write an opportunity and return it; with the `record_id` of one that exists, replace what it says.

    This is how notices and the demo write; `owner_id` is the organisation that keeps a new record. One that has ended
    stays so: the call for it may be read again, which does not open it. People lead theirs through its life with
    `publish_draft`, `change`, `close`, `award` and `cancel`.

    Raises:
        InvalidContent: lots are missing where the form needs them, or a code is not in its vocabulary.
        Conflict: the notice it comes from is another opportunity already.
    """
    saving.check(data)
    # Locked, so that two changes of one record follow each other and each has its own `rev`.
    existing = session.get(Opportunity, record_id, with_for_update=True) if record_id else None
    if existing is None:
        opportunity = saving.new(record_id or new_id(), home, owner_id, data)
        if record_id:
            # A notice that comes again after its record was removed goes on counting where the tombstone stopped.
            opportunity.rev = journal.next_rev(session, RECORD_TYPE, record_id)
        return saving.save(session, data, opportunity, None)
    if existing.status in ENDED and data.status not in ENDED:
        data = data.model_copy(update={"status": existing.status})
    before = saving.payload(session, existing)
    existing.rev += 1
    return saving.save(session, data, existing, before)


def publish_for(session: WriteSession, data: OpportunityIn, *, home: str, by: Caller) -> OpportunityRead:
    """Write a draft or publish an opportunity in the name of `by`'s organisation, or in a coordinator's region.

    Raises:
        InvalidContent: as `publish`.
        Forbidden: the buyer lies outside the coordinator's region.
    """
    owner = permissions.owner_of_new(by, Action.PUBLISH_OPPORTUNITY)
    permissions.require(by, Action.PUBLISH_OPPORTUNITY, owner_id=owner, area=data.buyer_area)
    return publish(session, OpportunityCreate.model_validate(data.model_dump()), home=home, owner_id=owner)


def written(read: OpportunityRead, language: str) -> OpportunityWritten:
    """Return what was written together with what the law says about it."""
    return OpportunityWritten(**dict(read), hints=hints_of(read, language))


def hints(session: ReadSession, opportunity_id: str, language: str, by: Caller | None = None) -> Hints:
    """Return what the law says about an opportunity. Raises `NotFound` as `find`."""
    return Hints(items=hints_of(find(session, opportunity_id, by), language))


def preview_hints(data: OpportunityIn, language: str) -> Hints:
    """Return what the law says about an opportunity that is not stored. Raises `InvalidContent` as `publish`."""
    saving.check(data)
    return Hints(items=hints_of(data, language))


def history(session: ReadSession, opportunity_id: str, by: Caller | None) -> History:
    """Return the changes of an opportunity, newest first; what it said before is for those who may edit it.

    Raises:
        NotFound: as `find`.
    """
    current = find(session, opportunity_id, by)
    whole = permissions.may(by, Action.READ_LOG, owner_id=current.owner_id, area=current.buyer_area)
    return History(items=journal.history(session, RECORD_TYPE, opportunity_id, whole=whole))


def find(session: ReadSession | WriteSession, opportunity_id: str, by: Caller | None = None) -> OpportunityRead:
    """Return one opportunity, whole; a draft, and what is hidden, is the business of those who may edit it.

    Raises:
        NotFound: there is none with this id that the caller may know of.
    """
    opportunity = session.get(Opportunity, opportunity_id)
    if opportunity is None or not is_known_to(by, opportunity):
        raise unknown()
    return read_one(session, opportunity)


def exists(session: ReadSession | WriteSession, opportunity_id: str) -> bool:
    """Tell whether there is a record with this id, a draft or a hidden one included."""
    return session.get(Opportunity, opportunity_id) is not None


def held(session: WriteSession, opportunity_id: str) -> OpportunityRead:
    """Return one opportunity that nobody changes until the transaction ends; ask who may know of it (`is_known_to`).

    Raises:
        NotFound: there is none with this id.
    """
    session.flush()
    opportunity = session.get(Opportunity, opportunity_id, with_for_update=True, populate_existing=True)
    if opportunity is None:
        raise unknown()
    return read_one(session, opportunity)


def several(session: ReadSession | WriteSession, opportunity_ids: Collection[str]) -> dict[str, OpportunityRead]:
    """Return those of these opportunities that are public, whole, by id."""
    wanted = select(Opportunity).where(
        col(Opportunity.id).in_(sorted(opportunity_ids)),
        col(Opportunity.status).in_(sorted(PUBLIC_STATUSES)),
        queries.is_shown(),
    )
    return {one.id: one for one in read_all(session, session.execute(wanted).scalars().all())}


def kept_by(session: ReadSession | WriteSession, organization_id: str) -> list[OpportunityRead]:
    """Return what an organisation keeps, drafts too, whole, the last changed first."""
    return read_all(session, session.execute(queries.led_by(organization_id)).scalars().all())


def past_deadline(session: ReadSession | WriteSession, at: datetime) -> list[OpportunityRead]:
    """Return what organisations here keep, has passed its deadline and has no outcome yet, whole, oldest first."""
    wanted = select(Opportunity).where(
        col(Opportunity.owner_id).is_not(None),
        col(Opportunity.status).in_([Status.PUBLISHED, Status.CLOSED]),
        col(Opportunity.deadline_at) < at,
        queries.is_shown(),
    )
    oldest = (col(Opportunity.deadline_at), col(Opportunity.id))
    return read_all(session, session.execute(wanted.order_by(*oldest)).scalars().all())


def named(session: ReadSession | WriteSession, opportunity_ids: Collection[str]) -> dict[str, OpportunityNamed]:
    """Return what tells these opportunities apart, hidden ones too, by id; one that is gone is left out."""
    rows = session.connection().execute(queries.named(opportunity_ids)).mappings()
    return {row["id"]: OpportunityNamed(**row, name=row["title"], area=row["buyer_area"]) for row in rows}


def find_notice(session: ReadSession | WriteSession, source: str, notice_id: str) -> OpportunityRead | None:
    """Return the opportunity that this node imported from this notice, or None."""
    wanted = select(Opportunity).where(
        col(Opportunity.notice_source) == source,
        col(Opportunity.notice_id) == notice_id,
        copies.is_own(col(Opportunity.home)),
    )
    opportunity = session.execute(wanted).scalars().one_or_none()
    return read_one(session, opportunity) if opportunity else None


def search(
    session: ReadSession, filters: OpportunityFilters, by: Caller | None = None
) -> tuple[list[OpportunitySummary], int]:
    """Return one page of opportunities and how many the filters find in all; drafts only of the caller's own.

    Raises:
        BadRequest: a visitor looks for drafts.
    """
    if by is None and isinstance(filters, OwnFilters) and Status.DRAFT in filters.status:
        told = Message(N_("drafts are shown to their own organisation: send its key"))
        raise BadRequest(Message(N_("A parameter is wrong: see errors.")), [FieldFault("status", told)])
    own = by.organization_id if by else None
    connection = session.connection()
    rows = [dict(row) for row in connection.execute(queries.summaries(session, filters, own)).mappings()]
    for row in rows:
        _tell_rules_once(row)
    found = [OpportunitySummary.model_validate(row) for row in rows]
    return found, connection.execute(queries.count(session, filters, own)).scalar_one()


def _tell_rules_once(row: dict[str, Any]) -> None:
    """Make of the rules of each lot, with commas between, those of the opportunity."""
    codes = row["reserved_participation"]
    row["reserved_participation"] = sorted(set(codes.split(","))) if codes else []


LISTING = Listing(queries.summaries, queries.count, journal.last_number, finish=_tell_rules_once)


def led_by(session: ReadSession, by: Caller, limit: int = 100) -> list[OpportunityRead]:
    """Return what `by`'s organisation keeps, drafts too, the last changed first; to a coordinator also its region's."""
    wanted = queries.led_by(by.organization_id, by.region, limit)
    return read_all(session, session.execute(wanted).scalars().all())


def open_now(session: ReadSession | WriteSession) -> list[OpportunityRead]:
    """Return every published opportunity whose deadline has not passed, whole, in a handful of queries."""
    wanted = select(Opportunity).where(
        col(Opportunity.status) == Status.PUBLISHED,
        queries.is_shown(),
        col(Opportunity.deadline_at).is_(None) | (col(Opportunity.deadline_at) >= now()),
    )
    return read_all(session, session.execute(wanted.order_by(col(Opportunity.id))).scalars().all())
