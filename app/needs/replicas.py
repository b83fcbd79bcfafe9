"""Needs that travel between nodes: what of them may leave the node, and copies of others' written here."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints
from sqlalchemy import select
from sqlmodel import col

from app.core.db import ReadSession, WriteSession
from app.core.schema import Day, Instant, KeptLine
from app.journal.replicas import Draft, Replicas, Rows, shown_as
from app.journal.vocabulary import Copy
from app.needs import queries, records, vocabulary
from app.needs.rules import due_on, own_slug
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
    status: Annotated[Status, shown_as(PUBLIC_STATUSES)]
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


def _draft(copy: Copy, data: _CopiedNeed) -> Draft:
    rows: Rows = {Need: [_row(copy, data)], NeedTerm: records.terms_of(copy.id, data)}
    return Draft(rows, records.searchable(data, data.holder_name))


def _row(copy: Copy, data: _CopiedNeed) -> dict[str, Any]:
    fixed = {"id": copy.id, "home": copy.home, "rev": copy.rev, "owner_id": None}
    due = due_on(data.assured_on, data.published_at.date(), data.review_months)
    # No home can take the address of another's record.
    own = records.own_values(data, data.status) | {"slug": own_slug(data.slug, data.title, copy.id)}
    return {**fixed, **own, "due_on": due, "created_at": copy.at, "updated_at": copy.at}


REPLICAS: Final = Replicas(RECORD_TYPE, _CopiedNeed, _draft, [Need, NeedTerm], search=queries.SEARCH)
