"""What is held is held against itself: payloads against hashes, records against sums, tables against records.

Every night a node finds what it has said wrongly of its own records; every week it reads all that it holds. What a
peer's copies lack is fetched by the run that follows: a record that is damaged says so, and then differs from its home.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import orjson
from sqlalchemy import select, tuple_
from sqlmodel import col

from app.core.db import Database, WriteSession
from app.journal import copies
from app.journal import service as journal
from app.journal.vocabulary import Method
from app.sync import applying, buckets, envelopes, queries
from app.sync.applying import Counts
from app.sync.canonical import canonical, hash_of
from app.sync.kinds import KINDS
from app.sync.tables import SyncRecord
from app.sync.vocabulary import Key, RecordKind, RecordState

_BATCH: Final = 500
_KEY: Final = (col(SyncRecord.type), col(SyncRecord.id))
Tell = Callable[[str, int, int | None], None]
"""Told what is done, how much of it is done, and of how much; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was not as it should be in what is held of one home, and has been put right or will be by the next run.

    `damaged` payloads are not what their hash says, `sums` is the number of buckets that did not add up, `lost` records
    are not in the rooms' tables, `left` ones are there without being held, and `changed` ones say something else there.
    """

    damaged: int = 0
    sums: int = 0
    lost: int = 0
    left: int = 0
    changed: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether all was as it should be."""
        return not (self.damaged or self.sums or self.lost or self.left or self.changed)


def audit_own(database: Database, home: str, tell: Tell = lambda *_: None) -> int:
    """Tell others of own records whatever they have been told wrongly or not at all; return of how many.

    A write went round the journal, or the node has just learned to sync.
    """
    with database.reads() as session:
        wrong = sorted({(one.type, one.record_id) for one in envelopes.unsaid(session, home)})
    told = 0
    for record_type, keys in groupby(wrong, key=lambda key: key[0]):
        ids = [record_id for _, record_id in keys]
        for first in range(0, len(ids), _BATCH):
            with database.writes() as session:
                # From here on nobody else numbers a change: what is read now is what others are told last.
                journal.hold_numbers(session)
                for change in envelopes.unsaid_of(session, home, record_type, ids[first : first + _BATCH]):
                    journal.restate(session, change)
                    told += 1
            tell("Telling anew", told, len(wrong))
    return told


def check(database: Database, home: str, *, is_own: bool, tell: Tell = lambda *_: None) -> Found:
    """Read all that is held of a home, put right what can be put right here, and return what was wrong.

    A payload that is not what its hash says is given the hash that it has, so that it differs from what its home says:
    the next run fetches it, and of an own record others are told anew (`audit_own`).
    """
    suspected = [key for batch in _rehashed(database, home, tell) for key in batch]
    with database.writes() as session:
        if is_own:
            journal.hold_numbers(session)
        else:
            applying.wait_for(session, home)
        damaged = _give_own_hashes(session, home, suspected)
        sums = len(buckets.differing(buckets.held(session, home), buckets.counted(session, home)))
        if sums:
            buckets.put_right(session, home)
    lost, left, changed = (0, 0, 0) if is_own else _follow(database, home, tell)
    return Found(damaged, sums, lost, left, changed)


def settle(database: Database, home: str, tell: Tell = lambda *_: None) -> Counts:
    """Try again to show what was kept aside of a home, as after an upgrade; return what became of it.

    What is shown already is shown anew where it says more than the program understood when it came.
    """
    with database.reads() as session:
        aside = queries.aside().where(col(SyncRecord.home) == home).with_only_columns(*_KEY)
        keys: list[Key] = [(record_type, record_id) for record_type, record_id in session.execute(aside)]
    for record_type, kind in KINDS.items():
        with database.reads() as session:
            here = kind.REPLICAS.own_ids(session, home)
        keys += [(record_type, one) for one in _saying_otherwise(database, home, kind, here)]
    return _settle(database, home, keys, tell)


def _give_own_hashes(session: WriteSession, home: str, suspected: list[Key]) -> int:
    """Give records the hash that their payload has, and return how many had another.

    They were found before this transaction began, so each is read again: a newer one may have come since.
    """
    changed = 0
    for record_type, keys in groupby(suspected, key=lambda key: key[0]):
        ids = [record_id for _, record_id in keys]
        for first in range(0, len(ids), _BATCH):
            held = queries.records(home, record_type, ids[first : first + _BATCH])
            for one in session.execute(held).scalars():
                if one.hash != (actual := hash_of(one.payload)):
                    one.hash = actual
                    changed += 1
            session.flush()
    return changed


def _rehashed(database: Database, home: str, tell: Tell) -> Iterator[list[Key]]:
    """Yield the records whose payload is not what their hash says."""
    last: Key = ("", "")
    read = 0
    columns = (*_KEY, col(SyncRecord.hash), col(SyncRecord.payload))
    while True:
        after = select(*columns).where(col(SyncRecord.home) == home, tuple_(*_KEY) > last).order_by(*_KEY)
        with database.reads() as session:
            rows = session.execute(after.limit(_BATCH)).all()
        if not rows:
            return
        yield [(row[0], row[1]) for row in rows if hash_of(row[3]) != row[2]]
        last, read = (rows[-1][0], rows[-1][1]), read + len(rows)
        tell("Reading", read, None)


def _follow(database: Database, home: str, tell: Tell) -> tuple[int, int, int]:
    """Let the rooms' tables hold what is held of a home, no more, no less and nothing else.

    Return how many records lacked, how many were left, and how many said something else.
    """
    lost, left, changed = 0, 0, 0
    for record_type, kind in KINDS.items():
        with database.reads() as session:
            here = set(kind.REPLICAS.own_ids(session, home))
            said = {
                record_id
                for (record_id,) in session.execute(
                    select(col(SyncRecord.id)).where(
                        col(SyncRecord.home) == home,
                        col(SyncRecord.type) == record_type,
                        col(SyncRecord.method) == Method.PUT.value,
                        col(SyncRecord.state) == RecordState.CURRENT,
                    )
                )
            }
        missing, surplus = sorted(said - here), sorted(here - said)
        other = _saying_otherwise(database, home, kind, sorted(said & here))
        _settle(database, home, [(record_type, one) for one in (*missing, *other)], tell)
        _take_away(database, home, kind, surplus)
        lost, left, changed = lost + len(missing), left + len(surplus), changed + len(other)
    return lost, left, changed


def _saying_otherwise(database: Database, home: str, kind: RecordKind, record_ids: Sequence[str]) -> list[str]:
    """Return the copies of which a room's tables say something else than their home.

    A write went round the sync, or this program understands more than it did when they came.
    """
    found = []
    for first in range(0, len(record_ids), _BATCH):
        some = record_ids[first : first + _BATCH]
        with database.reads() as session:
            columns = (col(SyncRecord.id), col(SyncRecord.payload))
            told = session.execute(queries.records(home, kind.RECORD_TYPE, some).with_only_columns(*columns)).all()
            shown = kind.said(session, some)
        found += [one for one, payload in told if payload and one in shown and _differs(kind, payload, shown[one][1])]
    return found


def _differs(kind: RecordKind, payload: str, shown: Any) -> bool:
    """Tell whether a copy as it is shown would be said otherwise than its home says it, in what both can say."""
    published = kind.published(shown)
    if published is None:
        return True
    own = canonical(published)
    return own != payload and not _agree(orjson.loads(own), orjson.loads(payload))


def _agree(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_agree(one[name], other[name]) for name in one.keys() & other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_agree, one, other))
    return bool(one == other)


def _settle(database: Database, home: str, keys: list[Key], tell: Tell) -> Counts:
    total = Counts()
    for record_type, of_type in groupby(sorted(keys), key=lambda key: key[0]):
        ids = [record_id for _, record_id in of_type]
        for first in range(0, len(ids), _BATCH):
            with database.writes() as session:
                applying.wait_for(session, home)
                rows = session.execute(queries.records(home, record_type, ids[first : first + _BATCH])).scalars().all()
                total += applying.settle_again(session, home, rows)
            tell("Writing", total.put + total.deleted, len(keys))
    return total


def _take_away(database: Database, home: str, kind: RecordKind, surplus: list[str]) -> None:
    for first in range(0, len(surplus), _BATCH):
        with database.writes() as session:
            applying.wait_for(session, home)
            copies.copying(session)
            some = surplus[first : first + _BATCH]
            held = envelopes.held_of(session, home, kind.RECORD_TYPE, some)
            kind.REPLICAS.forget(
                session, home, [one for one in some if one not in held or held[one].method != Method.PUT.value]
            )
