"""The index in the database: patched with each change, in its transaction; read with one question; rebuilt and checked.

No state lives in the workers: a question reads the postings it needs, and numpy adds them up.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import delete, func, select
from sqlmodel import col

from app.core.bulk import insert_many
from app.core.db import ReadSession, WriteSession, driver_rows
from app.core.halves import by_two
from app.matching import openings, queries, state
from app.matching import postings as lists
from app.matching.gate import flags, gate_terms
from app.matching.profile import Profile
from app.matching.profiles import every_profile, profiles
from app.matching.ranking import Chunk, LotPlan
from app.matching.tables import CHUNK, MatchEnterprise, MatchPosting, MatchState, MatchWhereabouts
from app.matching.terms import Document, document
from app.matching.vocabulary import SCORER_VERSION
from app.matching.whereabouts import BLOCK, EMPTY, Whereabouts, is_kept_here, joined, trait_of

_BATCH = 5_000
# Postings that are read and written at a time: the longest are two hundred kilobytes.
_TERMS = 500
_ALWAYS_PATCHED = 20
# Profiles that are held at a time while an index is made.
_HELD = 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """An enterprise as the index knows it."""

    enterprise_id: str
    name: str
    home: str
    municipality: str | None
    document: Document


def terms_of(compiled: Document) -> dict[str, int]:
    """Return what an enterprise has a posting under: its own terms but those kept as whereabouts, and the gate's."""
    facts = {term: impact for term, impact in compiled.facts.items() if not is_kept_here(term)}
    return {**facts, **compiled.pieces, **gate_terms(compiled)}


def place_of(compiled: Document) -> tuple[list[str], int]:
    """Return what of an enterprise is kept as whereabouts: its areas, and its trait."""
    terms = [term for term in compiled.facts if is_kept_here(term)]
    return terms, trait_of(terms, flags(compiled))


def read_chunks(session: ReadSession | WriteSession, lots: Sequence[LotPlan]) -> list[Chunk]:
    """Return the postings that the lots ask for, chunk by chunk, in one SELECT, and the whereabouts in another."""
    groups = [group for lot in lots for group in lot.plan.groups]
    terms = {term for group in groups if group.of_postings for term in group.points}
    terms |= {term for lot in lots for term in lot.gate.denied}
    spans = sorted({span for lot in lots for span in (*lot.gate.verified, *lot.gate.declared)}, key=lambda s: s.first)
    found: dict[int, dict[str, tuple[bytes, bytes]]] = {}
    for term, chunk, offsets, impacts in driver_rows(session, *queries.postings(_dialect(session), list(terms), spans)):
        found.setdefault(chunk, {})[term] = (offsets, impacts)
    blocks = _blocks(session, placed=any(group.of_areas for group in groups))
    each = CHUNK // BLOCK
    return [
        Chunk(number, found.get(number, {}), joined(blocks, number * each, min(each, max(blocks) + 1 - number * each)))
        for number in sorted({block // each for block in blocks})
    ]


def _blocks(session: ReadSession | WriteSession, *, placed: bool) -> dict[int, Whereabouts]:
    """Return every block; without the areas when the question names no place."""
    if not placed:
        rows = driver_rows(session, "SELECT block, traits FROM match_whereabouts", ())
        return {block: Whereabouts.read(b"", b"", traits) for block, traits in rows}
    rows = driver_rows(session, "SELECT block, counts, numbers, traits FROM match_whereabouts", ())
    return {block: Whereabouts.read(counts, numbers, traits) for block, counts, numbers, traits in rows}


def known_by_slot(
    session: ReadSession | WriteSession, slots: Sequence[int], pieces: frozenset[str]
) -> dict[int, Known]:
    """Return the compiled documents in slots, with those of their word pieces that a question looks for."""
    rows = driver_rows(session, *queries.known(_dialect(session), "slot", slots)) if slots else []
    return {row[0]: Known(row[1], row[2], row[3], row[4], Document.from_bytes(row[5], pieces)) for row in rows}


def known(session: ReadSession | WriteSession, enterprise_ids: Sequence[str]) -> dict[str, Known]:
    """Return the compiled documents of enterprises by id."""
    rows = driver_rows(session, *queries.known(_dialect(session), "enterprise_id", enterprise_ids))
    return {row[1]: Known(row[1], row[2], row[3], row[4], Document.from_bytes(row[5])) for row in rows}


def ids_in(session: ReadSession | WriteSession, slots: Sequence[int]) -> dict[int, str]:
    """Return the ids of the enterprises in slots."""
    found: dict[int, str] = {}
    for first in range(0, len(slots), _BATCH):
        found.update(session.connection().execute(queries.ids_in(slots[first : first + _BATCH])).all())
    return found


def _dialect(session: ReadSession | WriteSession) -> str:
    return session.get_bind().dialect.name


def put_all(session: WriteSession, enterprise_ids: Sequence[str]) -> None:
    """Bring the index up to date with many enterprises; making it anew is faster when most of them are new."""
    if is_mostly_new(session, len(enterprise_ids)):
        (rebuild_enterprises if is_current(session) else rebuild)(session)
        return
    for first in range(0, len(enterprise_ids), _BATCH):
        patch(session, enterprise_ids[first : first + _BATCH])


def is_mostly_new(session: WriteSession, number: int) -> bool:
    """Tell whether so many changed enterprises are more than the index holds: then it is sooner made anew than patched.

    Either way nearly all the time goes to compiling documents, and patching compiles only what has changed.
    """
    held = session.execute(select(func.count()).select_from(MatchEnterprise)).scalar_one()
    return number > _ALWAYS_PATCHED and number > held


def patch(session: WriteSession, enterprise_ids: Sequence[str]) -> None:
    """Bring the index up to date with some thousands of enterprises at once; those that are gone are taken out.

    Each posting and each block that they touch is read and written once.
    """
    held = state.locked(session)
    if held.slots == 0 and held.lots == 0:
        held.scorer_version = SCORER_VERSION
    before = _rows_of(session, enterprise_ids)
    after = {found.enterprise_id: (found, document(found)) for found in profiles(session, enterprise_ids)}
    slots = {one: before[one].slot for one in enterprise_ids if one in before}
    for one in after:
        if one not in slots:
            slots[one] = held.slots
            held.slots += 1
    rows = [_row_of(slots[one], found, compiled) for one, (found, compiled) in after.items()]
    of = col(MatchEnterprise.enterprise_id)
    session.connection().execute(delete(MatchEnterprise).where(of.in_(list(before))))
    insert_many(session, MatchEnterprise, rows)
    session.flush()
    session.expire_all()
    now = {slots[one]: compiled for one, (_, compiled) in after.items()}
    was = {row.slot: Document.from_bytes(row.document) for row in before.values() if row.document}
    _apply(session, was, now)
    _place(session, {slot: place_of(now[slot]) if slot in now else ([], 0) for slot in slots.values()})


def _rows_of(session: WriteSession, enterprise_ids: Sequence[str]) -> dict[str, Any]:
    """Return the slots and documents that enterprises have in the index."""
    columns = (col(MatchEnterprise.enterprise_id), col(MatchEnterprise.slot), col(MatchEnterprise.document))
    wanted = select(*columns).where(col(MatchEnterprise.enterprise_id).in_(enterprise_ids))
    return {row.enterprise_id: row for row in session.connection().execute(wanted)}


def _apply(session: WriteSession, was: Mapping[int, Document], now: Mapping[int, Document]) -> None:
    """Let the postings follow what the documents in some slots were and are."""
    changes: dict[int, dict[str, dict[int, int]]] = {}
    for slot in {*was, *now}:
        chunk, offset = divmod(slot, CHUNK)
        held = changes.setdefault(chunk, {})
        terms = [terms_of(found[slot]) if slot in found else {} for found in (was, now)]
        for term, impact in lists.difference(*terms).items():
            held.setdefault(term, {})[offset] = impact
    for chunk, held in changes.items():
        names = sorted(held)
        for first in range(0, len(names), _TERMS):
            _rewrite(session, chunk, {term: held[term] for term in names[first : first + _TERMS]})


def _rewrite(session: WriteSession, chunk: int, impacts: Mapping[str, Mapping[int, int]]) -> None:
    """Write some postings of one chunk with other impacts."""
    connection = session.connection()
    columns = (col(MatchPosting.term), col(MatchPosting.offsets), col(MatchPosting.impacts))
    these = (col(MatchPosting.chunk) == chunk, col(MatchPosting.term).in_(list(impacts)))
    before = {term: (offsets, held) for term, offsets, held in connection.execute(select(*columns).where(*these))}
    if before:
        connection.execute(delete(MatchPosting).where(*these))
    after = {term: lists.changed(before.get(term), given, CHUNK) for term, given in impacts.items()}
    insert_many(session, MatchPosting, [_row((term, chunk), one) for term, one in after.items() if one[0]])


def _place(session: WriteSession, placed: Mapping[int, tuple[list[str], int]]) -> None:
    """Write where enterprises are, by slot; the index's row is locked, so no two change a block at a time."""
    blocks: dict[int, Whereabouts] = {}
    for slot, (terms, trait) in placed.items():
        number, offset = divmod(slot, BLOCK)
        if number not in blocks:
            row = session.get(MatchWhereabouts, number)
            blocks[number] = Whereabouts.read(row.counts, row.numbers, row.traits) if row else EMPTY
        blocks[number] = blocks[number].replaced(offset, terms, trait)
    for number, block in blocks.items():
        session.merge(MatchWhereabouts(**_block_row(number, block)))
    session.flush()


def rebuild(session: WriteSession, progress: Callable[[Iterator[Profile]], Iterator[Profile]] = iter) -> int:
    """Make the whole index anew, of open opportunities too, and return how many enterprises it holds."""
    openings.rebuild(session)
    return rebuild_enterprises(session, progress)


def rebuild_enterprises(
    session: WriteSession, progress: Callable[[Iterator[Profile]], Iterator[Profile]] = iter
) -> int:
    """Make the index of enterprises anew, and return how many it holds."""
    held = state.locked(session)
    for table in (MatchPosting, MatchEnterprise, MatchWhereabouts):
        session.connection().execute(delete(table))
    found = enumerate(progress(every_profile(session)))
    parts = list(_compiled(found))
    rows = [row for part in parts for row in part.rows]
    placed = {slot: place for part in parts for slot, place in part.placed.items()}
    built = lists.joined(part.built for part in parts)
    insert_many(session, MatchEnterprise, rows)
    insert_many(session, MatchPosting, [_row(key, written) for key, written in sorted(built.items())])
    insert_many(session, MatchWhereabouts, [_block_row(number, block) for number, block in _blocked(placed).items()])
    held.slots, held.scorer_version = len(rows), SCORER_VERSION
    session.flush()
    let_planner_know(session)
    return len(rows)


def let_planner_know(session: WriteSession) -> None:
    """Tell PostgreSQL that there are many more rows now: until it knows, it reads whole tables for every question."""
    if _dialect(session) == "postgresql":
        session.connection().exec_driver_sql("ANALYZE match_posting, match_enterprise")


@dataclass(frozen=True, slots=True)
class _Part:
    """What some enterprises, slot by slot, put into the index."""

    rows: list[dict[str, Any]]
    placed: dict[int, tuple[list[str], int]]
    built: lists.Built


def _compiled(found: Iterator[tuple[int, Profile]]) -> Iterator[_Part]:
    """Yield the parts of an index of these profiles, not all of which need to be held at a time."""
    while held := list(islice(found, _HELD)):
        yield from by_two(lambda some: [_part(some)], held)


def _part(found: Sequence[tuple[int, Profile]]) -> _Part:
    part = _Part([], {}, {})

    def documents() -> Iterator[tuple[int, Mapping[str, int]]]:
        for slot, profile in found:
            compiled = document(profile)
            part.rows.append(_row_of(slot, profile, compiled))
            part.placed[slot] = place_of(compiled)
            yield slot, terms_of(compiled)

    part.built.update(lists.build(documents(), CHUNK))
    return part


def _row_of(slot: int, profile: Profile, compiled: Document) -> dict[str, Any]:
    return {
        "enterprise_id": profile.enterprise_id,
        "slot": slot,
        "name": profile.name,
        "municipality": profile.municipality,
        "document": compiled.to_bytes(),
    }


def check(session: ReadSession) -> list[str]:
    """Return what in the index differs from the registry and the open opportunities; nothing when all is well."""
    faults: list[str] = []
    slots = dict(session.execute(select(col(MatchEnterprise.enterprise_id), col(MatchEnterprise.slot))).all())
    expected: list[tuple[int, Mapping[str, int]]] = []
    placed: dict[int, tuple[list[str], int]] = {}
    for found in every_profile(session):
        slot = slots.pop(found.enterprise_id, None)
        if slot is None:
            faults.append(f"enterprise {found.enterprise_id} is not in the index")
        else:
            compiled = document(found)
            expected.append((slot, terms_of(compiled)))
            placed[slot] = place_of(compiled)
    faults += [f"enterprise {enterprise_id} is in the index but not in the registry" for enterprise_id in slots]
    built = lists.build(sorted(expected, key=lambda one: one[0]), CHUNK)
    columns = (col(MatchPosting.term), col(MatchPosting.chunk), col(MatchPosting.offsets), col(MatchPosting.impacts))
    for term, chunk, offsets, impacts in session.execute(select(*columns)):
        if built.pop((term, chunk), None) != (offsets, impacts):
            faults.append(f"posting {term} in chunk {chunk} differs")
    faults += [f"posting {term} in chunk {chunk} is missing" for term, chunk in built]
    return [*faults, *_misplaced(session, placed), *openings.check(session)]


def _misplaced(session: ReadSession, placed: Mapping[int, tuple[list[str], int]]) -> list[str]:
    """Return the blocks of whereabouts that differ from what the registry says."""
    held = {number: block.write() for number, block in _blocks(session, placed=True).items()}
    wanted = {number: block.write() for number, block in _blocked(placed).items()}
    return [
        f"whereabouts in block {number} differ"
        for number in sorted({*held, *wanted})
        if held.get(number, EMPTY.write()) != wanted.get(number, EMPTY.write())
    ]


def _blocked(placed: Mapping[int, tuple[list[str], int]]) -> dict[int, Whereabouts]:
    """Return the areas and traits of slots as blocks."""
    parted: dict[int, dict[int, tuple[list[str], int]]] = {}
    for slot, held in placed.items():
        parted.setdefault(slot // BLOCK, {})[slot % BLOCK] = held
    return {number: Whereabouts.of(part) for number, part in parted.items()}


def is_current(session: ReadSession | WriteSession) -> bool:
    """Tell whether the index was made by this program's scorer."""
    counted = (col(MatchState.slots), col(MatchState.lots))
    slots, lots, version = session.execute(select(*counted, col(MatchState.scorer_version))).one()
    return bool(slots == lots == 0 or version == SCORER_VERSION)


def _block_row(number: int, block: Whereabouts) -> dict[str, Any]:
    counts, numbers, traits = block.write()
    return {"block": number, "counts": counts, "numbers": numbers, "traits": traits}


def _row(key: tuple[str, int], written: lists.Written) -> dict[str, Any]:
    return {"term": key[0], "chunk": key[1], "offsets": written[0], "impacts": written[1]}
