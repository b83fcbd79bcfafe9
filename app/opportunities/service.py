"""The opportunities' front door: publish one, find one, search."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col

from app.core.clock import now
from app.core.columns import new_id
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.core.text import sort_key
from app.journal import service as journal
from app.opportunities import queries
from app.opportunities.schemas import (
    LotIn,
    LotRead,
    OpportunityCreate,
    OpportunityFilters,
    OpportunityRead,
    OpportunitySummary,
)
from app.opportunities.tables import (
    Lot,
    LotArea,
    LotCpv,
    LotReservation,
    LotTargetGroup,
    Opportunity,
    OpportunityObjective,
    OpportunitySrppArea,
)
from app.opportunities.vocabulary import LOTLESS_FORMS, PUBLIC_STATUSES, Status
from app.reference import service as reference

RECORD_TYPE = "opportunity"
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
    "source",
    "source_year",
]


# How many ids one question may hold: well below what either database takes.
_BATCH = 1_000


def publish(
    session: WriteSession, data: OpportunityCreate, *, home: str, record_id: str | None = None
) -> OpportunityRead:
    """Write an opportunity and return it; with the `record_id` of one that exists, replace what it says.

    Raises:
        InvalidContent: lots are missing where the form needs them, or a code is not in its vocabulary.
        Conflict: the notice it comes from is another opportunity already.
    """
    _check(data)
    # Locked, so that two changes of one record follow each other and each has its own `rev`.
    existing = session.get(Opportunity, record_id, with_for_update=True) if record_id else None
    opportunity = existing or _new(record_id or new_id(), home, data)
    if existing is not None:
        _forget_children(session, opportunity.id)
        opportunity.rev += 1
    _describe(opportunity, data)
    _require_own_notice(session, opportunity)
    session.add(opportunity)
    _flush(session)
    session.add_all(_children(opportunity.id, data))
    session.flush()
    queries.SEARCH.put(session, opportunity.id, _searchable(data))
    read = _read(session, opportunity)
    payload = read.model_dump(mode="json", exclude={"rev", "updated_at"})
    journal.record(session, journal.changed(RECORD_TYPE, opportunity.id, opportunity.home, opportunity.rev, payload))
    return read


def find(session: ReadSession | WriteSession, opportunity_id: str) -> OpportunityRead:
    """Return one opportunity, whole; a draft is nobody's business but its owner's.

    Raises:
        NotFound: there is none with this id that the public may see.
    """
    opportunity = session.get(Opportunity, opportunity_id)
    if opportunity is None or opportunity.status not in PUBLIC_STATUSES:
        raise NotFound(Message(N_("There is no opportunity with this id.")))
    return _read(session, opportunity)


def exists(session: ReadSession | WriteSession, opportunity_id: str) -> bool:
    """Tell whether there is a record with this id, a draft included."""
    return session.get(Opportunity, opportunity_id) is not None


def find_notice(session: ReadSession | WriteSession, source: str, notice_id: str) -> OpportunityRead | None:
    """Return the opportunity that was imported from this notice, or None."""
    wanted = select(Opportunity).where(
        col(Opportunity.notice_source) == source, col(Opportunity.notice_id) == notice_id
    )
    opportunity = session.execute(wanted).scalars().one_or_none()
    return _read(session, opportunity) if opportunity else None


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
    return _read_all(session, session.execute(wanted.order_by(col(Opportunity.id))).scalars().all())


def _check(data: OpportunityCreate) -> None:
    faults: list[FieldFault] = []
    if not data.lots and data.form not in LOTLESS_FORMS:
        told = Message(N_("at least one lot is needed, except for partnerships and early dialogue"))
        faults.append(FieldFault("/lots", told))

    def check(pointer: str, name: str, codes: Iterable[str]) -> None:
        for i, code in enumerate(codes):
            if not reference.has_code(name, code):
                told = Message(N_("{code} is not in the list {lists}"), code=code, lists=name)
                faults.append(FieldFault(f"{pointer}/{i}", told))

    check("/objectives", "social_objective", data.objectives)
    check("/srpp_areas", "srpp_area", data.srpp_areas)
    for i, lot in enumerate(data.lots):
        check(f"/lots/{i}/target_groups", "target_group", lot.target_groups)
    if faults:
        raise InvalidContent(Message(SEE_ERRORS), faults)


def _require_own_notice(session: WriteSession, opportunity: Opportunity) -> None:
    """Refuse a second opportunity from one notice."""
    if opportunity.notice_id is None:
        return
    with session.no_autoflush:
        taken = session.execute(queries.other_of_notice(opportunity)).scalar()
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


def _new(record_id: str, home: str, data: OpportunityCreate) -> Opportunity:
    return Opportunity(
        id=record_id,
        home=home,
        title_sort="",
        **{name: getattr(data, name) for name in _OWN},
    )


def _describe(opportunity: Opportunity, data: OpportunityCreate) -> None:
    for name in _OWN:
        setattr(opportunity, name, getattr(data, name))
    opportunity.title_sort = sort_key(data.title)[:300]
    opportunity.official_url = str(data.official_url) if data.official_url else None
    opportunity.published_at = data.published_at
    if data.published_at is None and data.status is not Status.DRAFT:
        opportunity.published_at = now()
    notice = data.notice
    opportunity.notice_source = notice.source if notice else None
    opportunity.notice_id = notice.notice_id if notice else None
    opportunity.notice_version = notice.version if notice else None
    opportunity.notice_subtype = notice.subtype if notice else None
    opportunity.notice_number = notice.number if notice else None
    opportunity.updated_at = now()


def _forget_children(session: WriteSession, opportunity_id: str) -> None:
    # The lots' own rows go with them: the foreign keys cascade.
    for table in (Lot, OpportunityObjective, OpportunitySrppArea):
        session.connection().execute(delete(table).where(col(table.opportunity_id) == opportunity_id))
    session.expire_all()


def _children(opportunity_id: str, data: OpportunityCreate) -> list[SQLModel]:
    rows: list[SQLModel] = []
    for objective in dict.fromkeys(data.objectives):
        rows.append(OpportunityObjective(opportunity_id=opportunity_id, objective=objective))
    for area in dict.fromkeys(data.srpp_areas):
        rows.append(OpportunitySrppArea(opportunity_id=opportunity_id, area=area))
    for position, lot in enumerate(data.lots):
        rows += _lot_rows(opportunity_id, position, lot)
    return rows


def _lot_rows(opportunity_id: str, position: int, data: LotIn) -> list[SQLModel]:
    lot_id = new_id()
    value = data.estimated_value
    lot = Lot(
        id=lot_id,
        opportunity_id=opportunity_id,
        position=position,
        number=data.number or f"LOT-{position + 1:04}",
        title=data.title,
        description=data.description,
        cpv_main=data.cpv_main,
        reserved_execution=data.reserved_execution,
        value_minor=value.minor if value else None,
        currency=value.currency if value else None,
        duration_months=data.duration_months,
        places_wanted=data.places_wanted,
    )
    more = [code for code in dict.fromkeys(data.cpv_additional) if code != data.cpv_main]
    foreign = [area for area in dict.fromkeys(data.foreign_areas) if area not in data.area_codes]
    return [
        lot,
        *(LotCpv(lot_id=lot_id, code=code, position=i) for i, code in enumerate(more)),
        *(LotArea(lot_id=lot_id, area=a, position=i) for i, a in enumerate(dict.fromkeys(data.area_codes))),
        *(LotArea(lot_id=lot_id, area=a, is_foreign=True, position=i) for i, a in enumerate(foreign)),
        *(LotReservation(lot_id=lot_id, reservation=r) for r in dict.fromkeys(data.reserved_participation)),
        *(LotTargetGroup(lot_id=lot_id, target_group=g) for g in dict.fromkeys(data.target_groups)),
    ]


def _searchable(data: OpportunityCreate) -> list[str]:
    """Return the texts an opportunity is found by; without codes, the words of the code that its title suggests."""
    found = [data.title, data.description, data.buyer_name]
    codes: list[str] = []
    for lot in data.lots:
        found += [lot.title, lot.description]
        codes += [code for code in [lot.cpv_main, *lot.cpv_additional] if code]
    codes = codes or [hit.code for hit in reference.search_cpv(data.title, data.language, 1)]
    return found + [reference.cpv_words(code) for code in dict.fromkeys(codes)]


def _read(session: ReadSession | WriteSession, opportunity: Opportunity) -> OpportunityRead:
    return _read_all(session, [opportunity])[0]


def _read_all(session: ReadSession | WriteSession, found: Sequence[Opportunity]) -> list[OpportunityRead]:
    ids = [opportunity.id for opportunity in found]
    lots = _lots(session, ids)
    objectives = _grouped(session, OpportunityObjective, "opportunity_id", ids)
    areas = _grouped(session, OpportunitySrppArea, "opportunity_id", ids)
    return [
        OpportunityRead(
            **opportunity.model_dump(exclude={"title_sort", "created_at"}),
            lots=lots.get(opportunity.id, []),
            lot_count=len(lots.get(opportunity.id, [])),
            reserved_participation=sorted(
                {code for lot in lots.get(opportunity.id, []) for code in lot.reserved_participation}
            ),
            objectives=sorted(row.objective for row in objectives.get(opportunity.id, [])),
            srpp_areas=sorted(row.area for row in areas.get(opportunity.id, [])),
        )
        for opportunity in found
    ]


def _lots(session: ReadSession | WriteSession, opportunity_ids: list[str]) -> dict[str, list[LotRead]]:
    ordered = select(Lot).where(col(Lot.opportunity_id).in_(opportunity_ids)).order_by(col(Lot.position))
    lots = session.execute(ordered).scalars().all()
    of = [lot.id for lot in lots]
    codes = _grouped(session, LotCpv, "lot_id", of)
    areas = _grouped(session, LotArea, "lot_id", of)
    reservations = _grouped(session, LotReservation, "lot_id", of)
    groups = _grouped(session, LotTargetGroup, "lot_id", of)
    found: dict[str, list[LotRead]] = {}
    for lot in lots:
        read = LotRead(
            **lot.model_dump(exclude={"opportunity_id", "position"}),
            cpv_additional=[row.code for row in codes.get(lot.id, [])],
            area_codes=[row.area for row in areas.get(lot.id, []) if not row.is_foreign],
            foreign_areas=[row.area for row in areas.get(lot.id, []) if row.is_foreign],
            reserved_participation=sorted(row.reservation for row in reservations.get(lot.id, [])),
            target_groups=sorted(row.target_group for row in groups.get(lot.id, [])),
        )
        found.setdefault(lot.opportunity_id, []).append(read)
    return found


def _grouped(session: ReadSession | WriteSession, table: Any, parent: str, ids: list[str]) -> dict[str, list[Any]]:
    """Return the rows of a child table by their parent, in order of position where they have one."""
    found: dict[str, list[Any]] = {}
    rows: list[Any] = []
    for first in range(0, len(ids), _BATCH):
        wanted = getattr(table, parent).in_(ids[first : first + _BATCH])
        rows += session.execute(select(table).where(wanted)).scalars()
    for row in sorted(rows, key=lambda row: getattr(row, "position", 0)):
        found.setdefault(getattr(row, parent), []).append(row)
    return found
