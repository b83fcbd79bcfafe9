"""The index of open opportunities in the database: patched with each change, rebuilt and checked like the other one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlmodel import col

from app.core.clock import now
from app.core.db import ReadSession, WriteSession, driver_rows
from app.core.errors import NotFound
from app.matching import lanes, queries, state
from app.matching.kept import (
    KeptLot,
    Shown,
    different,
    lots_from_bytes,
    lots_to_bytes,
    plans_from_bytes,
    plans_to_bytes,
)
from app.matching.lanes import ENTRY
from app.matching.needs import need_of_opportunity
from app.matching.plan import Plan, compile_plans
from app.matching.profile import Need
from app.matching.scoring import request_hash
from app.matching.tables import CHUNK, MatchAsked, MatchLot, MatchOpportunity
from app.matching.vocabulary import SCORER_VERSION
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityRead
from app.opportunities.vocabulary import Status

_BATCH = 5_000
_PATCHED_ONE_BY_ONE = 20
CODE = "c8:"
"""Begins the term of a whole CPV code."""

Entries = dict[tuple[str, int], list[tuple[int, int, int]]]
"""Term and chunk to entries: the lot's place in the chunk, the lane, the points."""


@dataclass(frozen=True, slots=True)
class Opening:
    """An open opportunity as it is judged: its different lots, and the hash that ties are broken by."""

    opportunity_id: str
    request: str
    lots: tuple[KeptLot, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """An open opportunity as it is explained: its lots in the buyer's order with their plans, and what a list shows."""

    opportunity_id: str
    home: str
    deadline_at: datetime | None
    shown: Shown
    need: Need
    plans: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What the index holds of one opportunity."""

    row: dict[str, Any]
    slots: tuple[int, ...]
    plans: tuple[Plan, ...]
    """One for each slot."""


def put_all(session: WriteSession, opportunity_ids: Sequence[str]) -> None:
    """Bring the index up to date with many opportunities; making it anew is faster when they are most of it."""
    held = session.execute(select(func.count()).select_from(MatchOpportunity)).scalar_one()
    if len(opportunity_ids) > _PATCHED_ONE_BY_ONE and len(opportunity_ids) > held // 4:
        rebuild(session)
        return
    for opportunity_id in opportunity_ids:
        put(session, opportunity_id)


def put(session: WriteSession, opportunity_id: str) -> None:
    """Bring the index up to date with one opportunity; one that is gone, or no longer published, is taken out."""
    held = state.locked(session)
    row = session.get(MatchOpportunity, opportunity_id)
    before = _held(row) if row else None
    if held.slots == 0 and held.lots == 0:
        held.scorer_version = SCORER_VERSION
    after = None
    if (published := _published(session, opportunity_id)) is not None:
        kept = before.slots if before else ()
        after = _compile(published, kept, held.lots)
        held.lots = max(held.lots, max(after.slots, default=0) + 1)
    if row is not None and after is not None and _says(row) == after.row:
        return
    _patch(session, before, after)
    if row is not None:
        session.delete(row)
    session.execute(delete(MatchLot).where(col(MatchLot.opportunity_id) == opportunity_id))
    session.flush()
    if after is not None:
        _insert(session, MatchOpportunity, [after.row])
        _insert(session, MatchLot, _lot_rows(after))


def rebuild(session: WriteSession) -> int:
    """Make the index of open opportunities anew, and return how many it holds."""
    held = state.locked(session)
    for table in (MatchAsked, MatchLot, MatchOpportunity):
        session.connection().execute(delete(table))
    session.expire_all()
    found: list[_Compiled] = []
    held.lots = 0
    for opportunity in opportunities.open_now(session):
        found.append(_compile(opportunity, (), held.lots))
        held.lots += len(found[-1].slots)
    if held.slots == 0:
        held.scorer_version = SCORER_VERSION
    _insert(session, MatchOpportunity, [one.row for one in found])
    _insert(session, MatchLot, [row for one in found for row in _lot_rows(one)])
    _insert(session, MatchAsked, [_asked_row(key, entries) for key, entries in sorted(_entries(found).items())])
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("ANALYZE match_asked, match_lot, match_opportunity")
    return len(found)


def check(session: ReadSession) -> list[str]:
    """Return what in the index of open opportunities differs from what they say; nothing when all is well."""
    faults: list[str] = []
    rows = {row.opportunity_id: row for row in session.execute(select(MatchOpportunity)).scalars()}
    held = {opportunity_id: _held(row) for opportunity_id, row in rows.items()}
    for opportunity in opportunities.open_now(session):
        row = rows.get(opportunity.id)
        if row is None:
            faults.append(f"opportunity {opportunity.id} is not in the index")
        elif _says(row) != _compile(opportunity, held[opportunity.id].slots, 0).row:
            faults.append(f"opportunity {opportunity.id} says something else in the index")
    faults += [f"opportunity {one} is in the index but not open" for one in rows if _published(session, one) is None]
    built = {key: lanes.packed(entries) for key, entries in _entries(held.values()).items()}
    for term, chunk, entries in session.execute(
        select(col(MatchAsked.term), col(MatchAsked.chunk), col(MatchAsked.entries))
    ):
        if built.pop((term, chunk), None) != entries:
            faults.append(f"what lots ask of {term} in chunk {chunk} differs")
    return faults + [f"what lots ask of {term} in chunk {chunk} is missing" for term, chunk in built]


def asked_of(session: ReadSession | WriteSession, terms: Sequence[str]) -> dict[int, dict[str, bytes]]:
    """Return, chunk by chunk, the entries of those of `terms` that any lot asks for."""
    found: dict[int, dict[str, bytes]] = {}
    for term, chunk, entries in driver_rows(session, *queries.asked(_dialect(session), terms)) if terms else ():
        found.setdefault(chunk, {})[term] = entries
    return found


def asked_codes(session: ReadSession) -> dict[str, int]:
    """Return how many lots ask for each CPV code."""
    return {
        term.removeprefix(CODE): length // ENTRY.itemsize for term, length in session.execute(queries.asked_under(CODE))
    }


def open_with(session: ReadSession | WriteSession, slots: Sequence[int]) -> list[Opening]:
    """Return the opportunities of these lots whose deadline has not passed."""
    at = now()
    found: dict[str, Opening] = {}
    for first in range(0, len(slots), _BATCH):
        for row in session.execute(queries.openings(slots[first : first + _BATCH])):
            if row.deadline_at is None or row.deadline_at >= at:
                found[row.opportunity_id] = Opening(row.opportunity_id, row.request, lots_from_bytes(row.lots))
    return list(found.values())


def ids(session: ReadSession | WriteSession) -> list[str]:
    """Return the ids of the opportunities in the index."""
    return list(session.execute(select(col(MatchOpportunity.opportunity_id))).scalars())


def told(session: ReadSession | WriteSession, opportunity_ids: Sequence[str]) -> dict[str, Told]:
    """Return what explains these opportunities."""
    found = {}
    for row, home in session.execute(queries.told(opportunity_ids)):
        shown, lots, plans = plans_from_bytes(row.plans, lots_from_bytes(row.lots))
        found[row.opportunity_id] = Told(
            row.opportunity_id, home, row.deadline_at, shown, Need(tuple(lots)), tuple(plans)
        )
    return found


def _dialect(session: ReadSession | WriteSession) -> str:
    return session.get_bind().dialect.name


def _published(session: ReadSession | WriteSession, opportunity_id: str) -> OpportunityRead | None:
    try:
        found = opportunities.find(session, opportunity_id)
    except NotFound:
        return None
    return found if found.status is Status.PUBLISHED else None


def _compile(opportunity: OpportunityRead, kept: Sequence[int], free: int) -> _Compiled:
    """Compile an opportunity into the slots it has already, and new ones from `free` on."""
    need = need_of_opportunity(opportunity)
    plans = compile_plans(need.lots)
    firsts, likes = different(plans)
    slots = [*kept[: len(firsts)], *range(free, free + len(firsts) - len(kept))]
    lots = [
        KeptLot(slot, likes.count(n), need.lots[at]) for n, (slot, at) in enumerate(zip(slots, firsts, strict=True))
    ]
    row = {
        "opportunity_id": opportunity.id,
        "deadline_at": opportunity.deadline_at,
        "request": request_hash(need),
        "lots": lots_to_bytes(lots),
        "plans": plans_to_bytes(Shown(opportunity.title, opportunity.language, opportunity.buyer_name), plans),
    }
    return _Compiled(row, tuple(slots), tuple(plans[at] for at in firsts))


def _held(row: MatchOpportunity) -> _Compiled:
    """Return what the index holds of one opportunity, read back."""
    lots = lots_from_bytes(row.lots)
    _, _, plans = plans_from_bytes(row.plans, lots)
    firsts, _ = different(plans)
    return _Compiled(_says(row), tuple(one.slot for one in lots), tuple(plans[at] for at in firsts))


def _says(row: MatchOpportunity) -> dict[str, Any]:
    return row.model_dump()


def _lot_rows(compiled: _Compiled) -> list[dict[str, Any]]:
    return [{"slot": slot, "opportunity_id": compiled.row["opportunity_id"]} for slot in compiled.slots]


def _entries(compiled: Iterable[_Compiled]) -> Entries:
    """Return what all the lots ask, term by term."""
    found: Entries = {}
    for one in compiled:
        for slot, plan in zip(one.slots, one.plans, strict=True):
            chunk, place = divmod(slot, CHUNK)
            for term, lane, points in lanes.entries(plan):
                found.setdefault((term, chunk), []).append((place, lane, points))
    return found


def _patch(session: WriteSession, before: _Compiled | None, after: _Compiled | None) -> None:
    """Take what an opportunity asked out of the entries, and put in what it asks now."""
    old, new = _entries([before] if before else []), _entries([after] if after else [])
    for chunk in sorted({chunk for _, chunk in (*old, *new)}):
        own = [slot % CHUNK for one in (before, after) if one for slot in one.slots if slot // CHUNK == chunk]
        terms = sorted({term for term, number in (*old, *new) if number == chunk})
        for first in range(0, len(terms), _BATCH):
            batch = terms[first : first + _BATCH]
            held = _read_asked(session, batch, chunk)
            rows = []
            for term in batch:
                entries = [*lanes.without(held.get(term, b""), own), *new.get((term, chunk), [])]
                if entries:
                    rows.append(_asked_row((term, chunk), entries))
            changed = [row for row in rows if held.get(row["term"]) != row["entries"]]
            gone = held.keys() - {row["term"] for row in rows} | {row["term"] for row in changed} & held.keys()
            _delete_asked(session, sorted(gone), chunk)
            _insert(session, MatchAsked, changed)


def _read_asked(session: WriteSession, terms: Sequence[str], chunk: int) -> Mapping[str, bytes]:
    wanted = select(col(MatchAsked.term), col(MatchAsked.entries))
    rows = session.execute(wanted.where(col(MatchAsked.term).in_(terms), col(MatchAsked.chunk) == chunk))
    return dict(rows.all())


def _delete_asked(session: WriteSession, terms: Sequence[str], chunk: int) -> None:
    if terms:
        gone = delete(MatchAsked).where(col(MatchAsked.term).in_(terms), col(MatchAsked.chunk) == chunk)
        session.connection().execute(gone)


def _asked_row(key: tuple[str, int], entries: Sequence[tuple[int, int, int]]) -> dict[str, Any]:
    return {"term": key[0], "chunk": key[1], "entries": lanes.packed(entries)}


def _insert(session: WriteSession, table: Any, rows: list[dict[str, Any]]) -> None:
    for first in range(0, len(rows), _BATCH):
        session.connection().execute(insert(table), rows[first : first + _BATCH])
