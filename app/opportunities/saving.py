"""Opportunities written whole: the row, its lots and what they are found by."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col

from app.core.bulk import insert_many
from app.core.clock import now
from app.core.columns import part_id
from app.core.db import WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message
from app.core.i18n import N_
from app.core.text import sort_key
from app.journal import service as journal
from app.opportunities.queries import SEARCH, other_of_notice
from app.opportunities.reading import read_one
from app.opportunities.schemas import LotAwardIn, LotIn, OpportunityCreate, OpportunityIn, OpportunityRead
from app.opportunities.tables import (
    Award,
    Lot,
    LotArea,
    LotCpv,
    LotReservation,
    LotTargetGroup,
    Opportunity,
    OpportunityBuyer,
    OpportunityObjective,
    OpportunitySrppArea,
)
from app.opportunities.vocabulary import LOTLESS_FORMS, Status
from app.reference import service as reference

Values = dict[str, Any]
Rows = dict[type[SQLModel], list[Values]]
RECORD_TYPE = "opportunity"
# In the order in which they may be written.
CHILDREN: tuple[type[SQLModel], ...] = (
    OpportunityBuyer,
    OpportunityObjective,
    OpportunitySrppArea,
    Award,
    Lot,
    LotCpv,
    LotArea,
    LotReservation,
    LotTargetGroup,
)
_OWN = [
    "title",
    "description",
    "language",
    "form",
    "status",
    "origin",
    "country",
    "buyer_name",
    "buyer_number",
    "buyer_area",
    "legal_basis",
    "procedure_type",
    "contact_function",
    "contact_email",
    "deadline_at",
    "questions_until",
    "starts_on",
    "electronic_tenders",
    "prior_notice",
    "source",
    "source_year",
]


def check(data: OpportunityIn) -> None:
    """Refuse codes that are in no list, and lots that are missing. Raises `InvalidContent`."""
    faults: list[FieldFault] = []
    if not data.lots and data.form not in LOTLESS_FORMS:
        told = Message(N_("at least one lot is needed, except for partnerships and early dialogue"))
        faults.append(FieldFault("/lots", told))

    def known(pointer: str, name: str, codes: Iterable[str]) -> None:
        for i, code in enumerate(codes):
            if not reference.has_code(name, code):
                told = Message(N_("{code} is not in the list {lists}"), code=code, lists=name)
                faults.append(FieldFault(f"{pointer}/{i}", told))

    known("/objectives", "social_objective", data.objectives)
    known("/srpp_areas", "srpp_area", data.srpp_areas)
    for i, lot in enumerate(data.lots):
        known(f"/lots/{i}/target_groups", "target_group", lot.target_groups)
    if faults:
        raise InvalidContent(Message(SEE_ERRORS), faults)


def new(record_id: str, home: str, owner_id: str | None, data: OpportunityCreate) -> Opportunity:
    """Return the row of a new opportunity, which is not yet in the database."""
    return Opportunity(
        id=record_id,
        home=home,
        owner_id=owner_id,
        title_sort="",
        **{name: getattr(data, name) for name in _OWN},
    )


def save(
    session: WriteSession, data: OpportunityCreate, opportunity: Opportunity, before: dict[str, Any] | None
) -> OpportunityRead:
    """Let the row and its children say what `data` says, journal the change, and return the record.

    `before` is what it said, None when it is new.

    Raises:
        Conflict: the notice it comes from is another opportunity already.
    """
    if before is not None:
        _forget_children(session, opportunity.id)
    for name, value in own_values(data).items():
        setattr(opportunity, name, value)
    opportunity.updated_at = now()
    _require_own_notice(session, opportunity)
    session.add(opportunity)
    _flush(session)
    write_rows(session, child_rows(opportunity.id, data))
    SEARCH.put(session, opportunity.id, searchable(data))
    return journalled(session, opportunity, before)


def journalled(session: WriteSession, opportunity: Opportunity, before: dict[str, Any] | None) -> OpportunityRead:
    """Record in the journal that the opportunity is as it now stands, and return it."""
    session.flush()
    read = read_one(session, opportunity)
    change = journal.changed(RECORD_TYPE, opportunity.id, opportunity.home, opportunity.rev, as_kept(read), before)
    journal.record(session, change)
    return read


def payload(session: WriteSession, opportunity: Opportunity) -> dict[str, Any]:
    """Return what the opportunity says now, as the journal keeps it: a lot's id is new with each version."""
    return as_kept(read_one(session, opportunity))


def as_kept(read: OpportunityRead) -> dict[str, Any]:
    """Return what was read of an opportunity as the journal keeps it."""
    return read.model_dump(mode="json", exclude={"lots": {"__all__": {"id"}}})


def _require_own_notice(session: WriteSession, opportunity: Opportunity) -> None:
    """Refuse a second opportunity from one notice."""
    if opportunity.notice_id is None:
        return
    with session.no_autoflush:
        taken = session.execute(other_of_notice(opportunity)).scalar()
    if taken is not None:
        raise _taken()


def _flush(session: WriteSession) -> None:
    try:
        session.flush()
    except IntegrityError as fault:
        # Somebody else imported the same notice, or took the id, a moment ago.
        raise _taken() from fault


def _taken() -> Conflict:
    told = Message(N_("Another opportunity comes from this notice, or has this id."))
    return Conflict(told, [FieldFault("/notice/notice_id", told)])


def own_values(data: OpportunityCreate) -> Values:
    """Return the columns of an opportunity's own row that follow from what it says."""
    notice = data.notice
    return {
        **{name: getattr(data, name) for name in _OWN},
        "title_sort": sort_key(data.title)[:300],
        "official_url": str(data.official_url) if data.official_url else None,
        "published_at": data.published_at or (None if data.status is Status.DRAFT else now()),
        "notice_source": notice.source if notice else None,
        "notice_id": notice.notice_id if notice else None,
        "notice_version": notice.version if notice else None,
        "notice_subtype": notice.subtype if notice else None,
        "notice_number": notice.number if notice else None,
        "procedure_id": notice.procedure_id if notice else None,
    }


def _forget_children(session: WriteSession, opportunity_id: str) -> None:
    # What has been set of the row itself goes to the database first: it is forgotten with the rest below.
    session.flush()
    # The lots' own rows go with them: the foreign keys cascade.
    for table in (Lot, OpportunityBuyer, OpportunityObjective, OpportunitySrppArea):
        session.connection().execute(delete(table).where(col(table.opportunity_id) == opportunity_id))
    session.expire_all()


def child_rows(opportunity_id: str, data: OpportunityIn) -> Rows:
    """Return the child rows of an opportunity, table by table."""
    of = {"opportunity_id": opportunity_id}
    rows: Rows = {table: [] for table in CHILDREN}
    rows[OpportunityBuyer] = [{**of, "position": i, "name": name} for i, name in _numbered(data.other_buyers)]
    rows[OpportunityObjective] = [{**of, "objective": one} for one in dict.fromkeys(data.objectives)]
    rows[OpportunitySrppArea] = [{**of, "area": one} for one in dict.fromkeys(data.srpp_areas)]
    for position, lot in enumerate(data.lots):
        _add_lot(rows, opportunity_id, position, lot)
    return rows


def _add_lot(rows: Rows, opportunity_id: str, position: int, data: LotIn) -> None:
    of = {"lot_id": part_id()}
    value = data.estimated_value
    own = {
        "id": of["lot_id"],
        "opportunity_id": opportunity_id,
        "position": position,
        "number": data.number or f"LOT-{position + 1:04}",
        "title": data.title,
        "description": data.description,
        "cpv_main": data.cpv_main,
        "reserved_execution": data.reserved_execution,
        "value_minor": value.minor if value else None,
        "currency": value.currency if value else None,
        "duration_months": data.duration_months,
        "places_wanted": data.places_wanted,
    }
    more = [code for code in data.cpv_additional if code != data.cpv_main]
    foreign = [area for area in data.foreign_areas if area not in data.area_codes]
    areas = [(False, data.area_codes), (True, foreign)]
    rows[Lot].append(own)
    rows[LotCpv] += [{**of, "code": code, "position": i} for i, code in _numbered(more)]
    rows[LotArea] += [
        {**of, "area": area, "is_foreign": is_foreign, "position": i}
        for is_foreign, codes in areas
        for i, area in _numbered(codes)
    ]
    rows[LotReservation] += [{**of, "reservation": one} for one in dict.fromkeys(data.reserved_participation)]
    rows[LotTargetGroup] += [{**of, "target_group": one} for one in dict.fromkeys(data.target_groups)]


def award_values(opportunity_id: str, position: int, data: LotAwardIn) -> Values:
    """Return the row of how one lot ended, without its id."""
    of = {"opportunity_id": opportunity_id, "position": position}
    return {**of, "value_minor": data.value.minor if data.value else None, **data.model_dump(exclude={"value"})}


def write_rows(session: WriteSession, rows: Mapping[type[SQLModel], Sequence[Values]]) -> None:
    """Insert rows, many at once, parents before children."""
    every: tuple[type[SQLModel], ...] = (Opportunity, *CHILDREN)
    for table in every:
        insert_many(session, table, rows.get(table, []))


def _numbered(values: Iterable[str]) -> Iterable[tuple[int, str]]:
    return enumerate(dict.fromkeys(values))


def searchable(data: OpportunityCreate) -> list[str]:
    """Return the texts an opportunity is found by; without codes, the words of the code that its title suggests."""
    found = [data.title, data.description, data.buyer_name, *data.other_buyers]
    codes: list[str] = []
    for lot in data.lots:
        found += [lot.title, lot.description]
        codes += [code for code in [lot.cpv_main, *lot.cpv_additional] if code]
    codes = codes or [hit.code for hit in reference.search_cpv(data.title, data.language, 1)]
    return found + [reference.cpv_words(code) for code in dict.fromkeys(codes)]
