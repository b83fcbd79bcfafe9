"""Needs that travel between nodes: what of them may leave the node, and copies of others' written here."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints
from sqlalchemy import delete, select
from sqlmodel import col

from app.core.bulk import insert_many
from app.core.db import ReadSession, WriteSession
from app.core.schema import Day, Instant, KeptLine
from app.core.search import words_of
from app.journal import replicas as journal
from app.journal.vocabulary import Copy
from app.needs import queries, records, vocabulary
from app.needs.rules import due_on
from app.needs.schemas import NeedCreate
from app.needs.tables import Need, NeedTerm
from app.needs.vocabulary import PUBLIC_STATUSES, Status

RECORD_TYPE: Final = vocabulary.RECORD_TYPE
SCHEMA: Final = "need/1.0"
# All that leaves the node: who keeps the record, and what it said before, stay here.
_PUBLISHED: Final = (
    *("title", "slug", "description", "language", "categories", "support_areas", "sides", "urgency", "holder_id"),
    *("enterprise_id", "holder_name", "country", "areas", "area_code", "review_months", "licence", "source"),
    *("source_year", "source_section", "status", "status_note", "published_at", "assured_on"),
)
_SomeId = Annotated[str, StringConstraints(max_length=36)]


class _CopiedNeed(NeedCreate):
    """A need as its home publishes it: in a state of its life, with its holder's name as it stands there.

    The holder's own records may come later, or never: an id is kept as it is, and refers to nothing here as yet.
    """

    slug: Annotated[str, StringConstraints(max_length=80, pattern="^[a-z0-9-]+$")]
    holder_id: _SomeId | None = None
    enterprise_id: _SomeId | None = None
    holder_name: KeptLine = Field(min_length=1)
    status: Annotated[Status, journal.shown_as(PUBLIC_STATUSES)]
    status_note: KeptLine | None = None
    published_at: Instant
    assured_on: Day | None = None


def published(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what other nodes may know of a need; None for a draft, and for one that its holder has withdrawn."""
    is_public = said["status"] in PUBLIC_STATUSES and said["published_at"] is not None
    return {name: said[name] for name in _PUBLISHED} if is_public else None


def said(session: ReadSession | WriteSession, record_ids: Sequence[str]) -> dict[str, tuple[int, dict[str, Any]]]:
    """Return the `rev` of these needs, drafts too, and what the journal would say of them now, by id."""
    rows = session.execute(select(Need).where(col(Need.id).in_(record_ids))).scalars().all()
    return {one.id: (one.rev, records.payload(one)) for one in records.read_all(session, rows)}


def own_ids(session: ReadSession | WriteSession, home: str) -> Sequence[str]:
    """Return the ids of all the needs of a node."""
    return journal.own_ids(session, Need, home)


def project(session: WriteSession, copies: Sequence[Copy]) -> None:
    """Write copies in place of what was here of them, and tell the journal.

    Raises:
        InvalidContent: a field is not what it should be, or a code is in no list.
        Conflict: an id or slug belongs to another node's record.
    """
    read = journal.read(_CopiedNeed, copies)
    _delete(session, journal.require_home(session, Need, copies))
    with journal.as_conflicts():
        insert_many(session, Need, [_row(one, data) for one, data in read])
    insert_many(session, NeedTerm, [row for one, data in read for row in records.terms_of(one.id, data)])
    words = {one.id: words_of(records.searchable(data, data.holder_name)) for one, data in read}
    queries.SEARCH.put_all(session, words)
    journal.written(session, RECORD_TYPE, copies)


def forget(session: WriteSession, home: str, record_ids: Sequence[str]) -> None:
    """Take copies of a node's needs away, and tell the journal."""
    gone = journal.here(session, Need, home, record_ids)
    _delete(session, gone)
    queries.SEARCH.remove_all(session, gone)
    journal.forgotten(session, RECORD_TYPE, home, gone)


def _row(copy: Copy, data: _CopiedNeed) -> dict[str, Any]:
    fixed = {"id": copy.id, "home": copy.home, "rev": copy.rev, "owner_id": None}
    due = due_on(data.assured_on, data.published_at.date(), data.review_months)
    own = records.own_values(data, data.status)
    return {**fixed, **own, "due_on": due, "created_at": copy.at, "updated_at": copy.at}


def _delete(session: WriteSession, need_ids: Sequence[str]) -> None:
    if need_ids:
        # Its terms go with it: the foreign key cascades.
        session.connection().execute(delete(Need).where(col(Need.id).in_(need_ids)))
        session.expire_all()
