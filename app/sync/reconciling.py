"""When what is held of a peer is not what the peer has: the difference is found by digests, and fetched.

Sums of types lead to buckets, buckets to records. What differs is overwritten whatever its number is, and what the home
does not have is taken away: the home always wins. Somebody may write there all the while. So what it has said since is
read as every run reads it: the last page tells what its records add up to at the page's own moment, and no other.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import update
from sqlmodel import col

from app.core.db import Database, WriteSession
from app.journal.vocabulary import Method
from app.sync import applying, buckets, queries
from app.sync.applying import Counts, Lease
from app.sync.buckets import Key, Sums, Total
from app.sync.calling import Caller, CallFault
from app.sync.canonical import bucket_of
from app.sync.pages import LARGEST_NUMBER
from app.sync.tables import SyncRecord
from app.sync.vocabulary import BUCKETS, PAGE_RECORDS, Envelope

_ROUNDS: Final = 3
# More than anybody writes while records are fetched; beyond it the sums are compared anew.
_PAGES_SINCE: Final = 1_000
# More than any node will ever have.
_MOST_TYPES: Final = 100
_LONGEST_ID: Final = 36
# So many ids are found before what they name is fetched.
_AT_ONCE: Final = 200_000
_NOTHING: Final = Total(0, 0)
# So many buckets are asked for before the lease is renewed.
_RENEWED_AFTER: Final = 50


class StillDiffers(Exception):
    """What differed was fetched, and the sums are not equal."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What a home's records add up to at its number `head`."""

    head: int
    generation: int
    sums: Sums


@dataclass(slots=True)
class _Weighed:
    """How many living records have been deleted; `allow` is asked before each page that deletes more."""

    allow: Callable[[int], None]
    deleted: int = 0

    def expect(self, deletions: int) -> None:
        """Ask for those that are to come."""
        self.allow(self.deleted + deletions)

    def add(self, deletions: int) -> None:
        """Ask for those that come now."""
        self.deleted += deletions
        if deletions:
            self.allow(self.deleted)


@dataclass(slots=True)
class _Difference:
    """What differs in one bucket: ids to fetch, ids that the home has nothing of, and how many living ones would go."""

    fetch: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)
    deletions: int = 0


def reconcile(
    database: Database,
    lease: Lease,
    caller: Caller,
    *,
    allow: Callable[[int], None],
    keep: Callable[[WriteSession, Counts], None],
) -> Digest:
    """Hold what the home holds, and return the digest at which both were equal.

    `allow` is asked before anything is written, with how many living records would be deleted, and raises if it is too
    much; it is asked again with those that the records themselves delete, whatever was said before. `keep` is called in
    each transaction with what became of records.

    Raises:
        StillDiffers: the sums are not equal in the end.
        applying.Overtaken, calling.CallFault
    """
    with database.writes() as session:
        applying.hold(session, lease)
        # What is compared is what the records themselves add up to.
        buckets.put_right(session, lease.peer)
    weighed, rounds = _Weighed(allow), 0
    while rounds < _ROUNDS:
        theirs = read_digest(caller.digest())
        with database.reads() as session:
            ours = buckets.held(session, lease.peer)
        differing = buckets.differing(ours, theirs.sums)
        if not differing:
            _lower(database, lease, theirs.head)
            return theirs
        weighed.expect(
            sum(max(0, ours.get(key, _NOTHING).count - theirs.sums.get(key, _NOTHING).count) for key in differing)
        )
        found, is_all = _some(_differences(database, lease.peer, caller, differing))
        weighed.expect(sum(one.deletions for one in found.values()))
        _write(database, lease, caller, found, weighed, keep)
        # What did not fit into memory is found in the next round, which is no proof of anything.
        if not is_all:
            continue
        equal = _caught_up(database, lease, caller, theirs.head, weighed, keep)
        if equal:
            _lower(database, lease, equal.head)
            return equal
        rounds += 1
    raise StillDiffers("What differed was fetched, and both sides still do not hold the same.")


def read_digest(said: Mapping[str, Any]) -> Digest:
    """Return what a digest says.

    Raises:
        CallFault: it is not of the form that a digest has.
    """
    try:
        sums = {
            (str(name), int(number, 16)): Total(int(total["count"]), int(total["sum"], 16))
            for name, numbers in said["buckets"].items()
            for number, total in numbers.items()
        }
        digest = Digest(int(said["head"]), int(said["generation"]), sums)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as fault:
        raise CallFault("The peer's digest is not of the form that it should be.") from fault
    if not (0 <= digest.head <= LARGEST_NUMBER and 0 <= digest.generation <= LARGEST_NUMBER):
        raise CallFault("The peer's digest is of no moment that there can be.")
    if not all(0 <= number < BUCKETS for _, number in sums) or len({name for name, _ in sums}) > _MOST_TYPES:
        raise CallFault("The peer's digest names buckets that there are not.")
    return digest


def _differences(
    database: Database, home: str, caller: Caller, differing: Sequence[Key]
) -> Iterator[tuple[Key, _Difference]]:
    for number, key in enumerate(differing):
        if number % _RENEWED_AFTER == 0:
            caller.before_waiting()
        yield key, _difference(database, home, caller, key)


def _some(differences: Iterable[tuple[Key, _Difference]]) -> tuple[dict[Key, _Difference], bool]:
    """Return so many of the differences as memory is for, and whether that is all."""
    found: dict[Key, _Difference] = {}
    ids = 0
    for key, one in differences:
        found[key] = one
        ids += len(one.fetch) + len(one.remove)
        if ids > _AT_ONCE:
            return found, False
    return found, True


def _difference(database: Database, home: str, caller: Caller, key: Key) -> _Difference:
    record_type, number = key
    theirs = _listed(caller.bucket(record_type, number), number)
    with database.reads() as session:
        columns = (col(SyncRecord.id), col(SyncRecord.method), col(SyncRecord.rev), col(SyncRecord.hash))
        rows = session.execute(queries.bucket(home, record_type, number).with_only_columns(*columns))
        ours = {record_id: (method, rev, payload_hash) for record_id, method, rev, payload_hash in rows}
    found = _Difference()
    for record_id in sorted({*ours, *theirs}):
        here, there = ours.get(record_id), theirs.get(record_id)
        if here == there or not (_is_living(here) or _is_living(there)):
            continue
        (found.fetch if there else found.remove).append(record_id)
        found.deletions += _is_living(here) and not _is_living(there)
    return found


def _listed(said: Mapping[str, Any], number: int) -> dict[str, tuple[str, int, str]]:
    try:
        listed = {str(one["id"]): (str(one["method"]), int(one["rev"]), str(one["hash"])) for one in said["records"]}
    except (KeyError, TypeError, ValueError, OverflowError) as fault:
        raise CallFault("The peer's bucket is not of the form that it should be.") from fault
    if not all(len(one) <= _LONGEST_ID and one.isprintable() and bucket_of(one) == number for one in listed):
        raise CallFault("The peer's bucket names records that are not in it.")
    return listed


def _is_living(known: tuple[str, int, str] | None) -> bool:
    return known is not None and known[0] == Method.PUT.value


def _write(
    database: Database,
    lease: Lease,
    caller: Caller,
    found: Mapping[Key, _Difference],
    weighed: _Weighed,
    keep: Callable[[WriteSession, Counts], None],
) -> None:
    for record_type, keys in groupby(sorted(found), key=lambda key: key[0]):
        wanted = [found[key] for key in keys]
        for gone in _batches([record_id for one in wanted for record_id in one.remove]):
            weighed.add(_living_here(database, lease.peer, record_type, gone))
            with database.writes() as session:
                applying.hold(session, lease)
                keep(session, applying.remove(session, lease.peer, record_type, gone))
        for ids in _batches([record_id for one in wanted for record_id in one.fetch]):
            _fetch(database, lease, caller, record_type, ids, weighed, keep)


def _fetch(
    database: Database,
    lease: Lease,
    caller: Caller,
    record_type: str,
    ids: Sequence[str],
    weighed: _Weighed,
    keep: Callable[[WriteSession, Counts], None],
) -> None:
    """Fetch records and overwrite what is here of them. A page may hold fewer than were asked for."""
    while ids:
        page = caller.records(record_type, ids)
        if not {(one.type, one.id) for one in page.records} <= {(record_type, one) for one in ids}:
            raise CallFault("The peer sends records that were not asked for.")
        _overwrite(database, lease, page.records, weighed, keep)
        if not page.has_more:
            return
        read = {one.id for one in page.records}
        ids, asked = [one for one in ids if one not in read], ids
        if len(ids) == len(asked):
            raise CallFault("The peer says that there is more, and sends nothing of it.")


def _caught_up(
    database: Database,
    lease: Lease,
    caller: Caller,
    after: int,
    weighed: _Weighed,
    keep: Callable[[WriteSession, Counts], None],
) -> Digest | None:
    """Read what the home has said after a number, and return the digest at which both are equal; None if they are not.

    No run is named: it is read on from a digest, and not from what a run has acknowledged.
    """
    for _ in range(_PAGES_SINCE):
        caller.before_waiting()
        page = caller.changes(after, "")
        _overwrite(database, lease, page.records, weighed, keep)
        if not page.has_more:
            with database.reads() as session:
                ours = buckets.held(session, lease.peer)
            return Digest(page.head, page.generation, ours) if buckets.as_json(ours) == page.digest else None
        after = page.next
    return None


def _overwrite(
    database: Database,
    lease: Lease,
    said: Sequence[Envelope],
    weighed: _Weighed,
    keep: Callable[[WriteSession, Counts], None],
) -> None:
    """Write what the home says, whatever is here of it."""
    gone = sorted((one.type, one.id) for one in said if one.method == Method.DELETE.value)
    for record_type, keys in groupby(gone, key=itemgetter(0)):
        weighed.add(_living_here(database, lease.peer, record_type, [record_id for _, record_id in keys]))
    with database.writes() as session:
        applying.hold(session, lease)
        keep(session, applying.write(session, lease.peer, said, overwrite=True))


def _living_here(database: Database, home: str, record_type: str, record_ids: Sequence[str]) -> int:
    with database.reads() as session:
        wanted = queries.records(home, record_type, record_ids).with_only_columns(col(SyncRecord.id))
        return len(session.execute(wanted.where(col(SyncRecord.method) == Method.PUT.value)).all())


def _lower(database: Database, lease: Lease, head: int) -> None:
    """Let nothing here be newer than the home: one that was put back from a backup numbers its next changes anew."""
    with database.writes() as session:
        applying.hold(session, lease)
        newer = (col(SyncRecord.home) == lease.peer, col(SyncRecord.seq) > head)
        session.connection().execute(update(SyncRecord).where(*newer).values(seq=head))


def _batches(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[first : first + PAGE_RECORDS] for first in range(0, len(ids), PAGE_RECORDS)]
