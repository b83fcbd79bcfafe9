"""Opportunities that travel between nodes: what of them may leave the node, and copies of others' written here."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Self

from pydantic import Field, model_validator
from sqlalchemy import select
from sqlmodel import col

from app.core.columns import part_id
from app.core.db import ReadSession, WriteSession
from app.core.errors import Message
from app.core.i18n import N_
from app.core.privacy import holds_personal_number
from app.core.schema import Day, Instant, KeptProse, SchemaIn
from app.journal.replicas import Draft, Replicas, Rows, shown_as
from app.journal.vocabulary import Copy
from app.opportunities import queries, saving
from app.opportunities.lifecycle import as_written
from app.opportunities.reading import read_all
from app.opportunities.rules import ENDED
from app.opportunities.schemas import LotAwardIn, OpportunityCreate
from app.opportunities.tables import Award, Opportunity
from app.opportunities.vocabulary import PUBLIC_STATUSES, Ending, Status
from app.reference.fields import public_number

RECORD_TYPE: Final = saving.RECORD_TYPE
SCHEMA: Final = "opportunity/1.0"
# All that leaves the node: who keeps the record, what it said before, and every answer to it stay here.
_PUBLISHED: Final = (
    *("title", "description", "language", "form", "status", "origin", "country", "buyer_name", "buyer_area"),
    *("other_buyers", "legal_basis", "procedure_type", "contact_function", "contact_email", "official_url"),
    *("published_at", "deadline_at", "questions_until", "starts_on", "electronic_tenders", "prior_notice", "closed_at"),
    *("objectives", "srpp_areas", "source", "source_year"),
)
# Kept as they were written, with the writer's own offset, and told in one form.
_INSTANTS: Final = ("published_at", "deadline_at", "questions_until", "closed_at")
# A lot's id is new at each node.
_PUBLISHED_OF_LOT: Final = (
    *("number", "title", "description", "cpv_main", "cpv_additional", "area_codes", "foreign_areas"),
    *("reserved_participation", "reserved_execution", "estimated_value", "duration_months", "places_wanted"),
    "target_groups",
)
_PUBLISHED_OF_AWARD: Final = (
    *("lot_number", "result", "winner_name", "winner_country", "is_natural_person", "is_winner_sme"),
    *("is_winner_social", "winner_source", "value", "value_band", "currency", "tender_count", "awarded_on", "reason"),
)


class _CopiedOutcome(SchemaIn):
    """How an opportunity ended, as its home publishes it."""

    kind: Ending
    on: Day | None = None
    reason: KeptProse | None = None
    awards: list[LotAwardIn] = Field(default=[], max_length=10_000)


class _CopiedOpportunity(OpportunityCreate):
    """An opportunity as its home publishes it: in a state of its life, with how it ended."""

    status: Annotated[Status, shown_as(PUBLIC_STATUSES)]
    published_at: Instant
    closed_at: Instant | None = None
    outcome: _CopiedOutcome | None = None

    @model_validator(mode="after")
    def _ends_as_it_says(self) -> Self:
        if self.outcome is not None and (self.status not in ENDED or self.outcome.kind != self.status.value):
            raise ValueError(Message(N_("its outcome is not that of its status")))
        return self


def published(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what other nodes may know of an opportunity; None for a draft, and for one that is hidden."""
    if said["status"] not in PUBLIC_STATUSES or said["hidden_at"] is not None:
        return None
    instants = {name: said[name] and _in_utc(said[name]) for name in _INSTANTS}
    return (
        {name: said[name] for name in _PUBLISHED}
        | instants
        | {
            "buyer_number": _number(said["buyer_number"], said["country"]),
            "lots": [{name: lot[name] for name in _PUBLISHED_OF_LOT} for lot in said["lots"]],
            "notice": as_written(said).get("notice"),
            "outcome": said["outcome"] and _outcome(said["outcome"]),
        }
    )


def _in_utc(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(UTC).isoformat().replace("+00:00", "Z")


def _outcome(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in ("kind", "on", "reason")} | {"awards": list(map(_award, said["awards"]))}


def _award(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of an award: of a natural person never who it is."""
    told = {name: said[name] for name in _PUBLISHED_OF_AWARD}
    if said["is_natural_person"]:
        return told | {"winner_name": None, "winner_number": None}
    return told | {"winner_number": _number(said["winner_number"], said["winner_country"])}


def _number(number: str | None, country: str | None) -> str | None:
    """Return an organisation's number, and None for a person's; only Swedish and Norwegian ones can be told apart."""
    if number is None or holds_personal_number(number):
        return None
    return public_number(number) if country in {None, "SE", "NO"} else number


def said(session: ReadSession | WriteSession, record_ids: Sequence[str]) -> dict[str, tuple[int, dict[str, Any]]]:
    """Return the `rev` of these opportunities, drafts too, and what the journal would say of them now, by id."""
    rows = session.execute(select(Opportunity).where(col(Opportunity.id).in_(record_ids))).scalars().all()
    return {one.id: (one.rev, saving.as_kept(one)) for one in read_all(session, rows)}


def _draft(copy: Copy, data: _CopiedOpportunity) -> Draft:
    """Return what becomes of a copy.

    Raises:
        InvalidContent: a code is in no list, or lots are missing.
    """
    saving.check(data)
    rows: Rows = {Opportunity: [_row(copy, data)], **saving.child_rows(copy.id, data), Award: _awards(copy.id, data)}
    notice = (data.notice.source, data.notice.notice_id) if data.notice else None
    return Draft(rows, saving.searchable(data), notice)


def _row(copy: Copy, data: _CopiedOpportunity) -> dict[str, Any]:
    fixed = {"id": copy.id, "home": copy.home, "rev": copy.rev, "owner_id": None, "hidden_at": None}
    ended = {"ended_on": data.outcome and data.outcome.on, "ended_reason": data.outcome and data.outcome.reason}
    own = {**saving.own_values(data), "closed_at": data.closed_at, **ended}
    return {**fixed, **own, "created_at": copy.at, "updated_at": copy.at}


def _awards(opportunity_id: str, data: _CopiedOpportunity) -> list[dict[str, Any]]:
    awards = data.outcome.awards if data.outcome else []
    return [{"id": part_id(), **saving.award_values(opportunity_id, i, one)} for i, one in enumerate(awards)]


REPLICAS: Final = Replicas(
    RECORD_TYPE,
    _CopiedOpportunity,
    _draft,
    [Opportunity, *saving.CHILDREN],
    search=queries.SEARCH,
    unique=["notice_source", "notice_id"],
)
