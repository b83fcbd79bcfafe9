"""How a home's records add up: kept with every write, so that two nodes can say at once whether they hold the same."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, delete, tuple_
from sqlmodel import col

from app.core.bulk import insert_many
from app.core.db import ReadSession, WriteSession
from app.sync import queries
from app.sync.canonical import added, bucket_of, in_hex, item
from app.sync.tables import SyncBucket
from app.sync.vocabulary import BUCKETS

Key = tuple[str, int]
"""A type and the number of a bucket."""
Difference = tuple[Key, int, int]
"""What a record adds to a bucket: to its count, and to its sum."""


@dataclass(frozen=True, slots=True)
class Total:
    """A number of records, and the sum of what each adds (`canonical.item`) modulo 2^256."""

    count: int
    sum: int


Sums = dict[Key, Total]
_NOTHING = Total(0, 0)


def difference(key: Key, record_id: str, before: tuple[int, str] | None, after: tuple[int, str] | None) -> Difference:
    """Return by how much a record changes its bucket: `before` and `after` are its rev and hash, None when it is gone.

    The sum may be negative.
    """
    if before is None and after is not None:
        # Nearly all there are, when a hundred thousand are read.
        return key, 1, item(record_id, *after)
    count = (after is not None) - (before is not None)
    return key, count, (item(record_id, *after) if after else 0) - (item(record_id, *before) if before else 0)


def change(session: WriteSession, home: str, differences: Iterable[Difference]) -> None:
    """Add differences to the buckets of a home. Whoever calls it is alone with that home's records."""
    counts: dict[Key, int] = defaultdict(int)
    sums: dict[Key, int] = defaultdict(int)
    for key, count, total in differences:
        counts[key] += count
        sums[key] += total
    if not counts:
        return
    keys = tuple_(col(SyncBucket.type), col(SyncBucket.bucket)).in_(list(counts))
    held = _totals(session, queries.buckets(home).where(keys))
    session.connection().execute(delete(SyncBucket).where(col(SyncBucket.home) == home, keys))
    now = {key: _plus(held.get(key, _NOTHING), Total(counts[key], sums[key])) for key in counts}
    insert_many(session, SyncBucket, _rows(home, now))
    session.expire_all()


def held(session: ReadSession | WriteSession, home: str) -> Sums:
    """Return the buckets of a home that are not empty, as they are kept."""
    return {key: total for key, total in _totals(session, queries.buckets(home)).items() if total.count}


def _totals(session: ReadSession | WriteSession, wanted: Select[SyncBucket]) -> Sums:
    """Return the buckets that a select of whole rows finds, read without making rows of them."""
    columns = (col(SyncBucket.type), col(SyncBucket.bucket), col(SyncBucket.count), col(SyncBucket.sum))
    rows = session.execute(wanted.with_only_columns(*columns))
    return {(name, number): Total(count, int(total, 16)) for name, number, count, total in rows.all()}


def counted(session: ReadSession | WriteSession, home: str) -> Sums:
    """Return the buckets of a home as its records themselves add up: what `held` has to be equal to."""
    found: dict[Key, Total] = defaultdict(lambda: _NOTHING)
    for record_type, record_id, rev, payload_hash in session.execute(queries.living(home)):
        key = (record_type, bucket_of(record_id))
        found[key] = _plus(found[key], Total(1, item(record_id, rev, payload_hash)))
    return dict(found)


def put_right(session: WriteSession, home: str) -> None:
    """Let the buckets of a home say what its records add up to."""
    session.connection().execute(delete(SyncBucket).where(col(SyncBucket.home) == home))
    insert_many(session, SyncBucket, _rows(home, counted(session, home)))
    session.expire_all()


def by_type(sums: Mapping[Key, Total]) -> dict[str, Total]:
    """Return the sums of whole types."""
    found: dict[str, Total] = defaultdict(lambda: _NOTHING)
    for (record_type, _), total in sums.items():
        found[record_type] = _plus(found[record_type], total)
    return dict(found)


def as_json(sums: Mapping[Key, Total]) -> dict[str, dict[str, object]]:
    """Return types with their count and sum, as digests are sent."""
    return {name: {"count": one.count, "sum": in_hex(one.sum)} for name, one in sorted(by_type(sums).items())}


def differing(ours: Mapping[Key, Total], theirs: Mapping[Key, Total]) -> list[Key]:
    """Return the buckets that are not equal, in order."""
    keys = sorted({*ours, *theirs})
    return [key for key in keys if ours.get(key, _NOTHING) != theirs.get(key, _NOTHING)]


def _plus(one: Total, more: Total) -> Total:
    return Total(one.count + more.count, added(one.sum, [more.sum]))


def _rows(home: str, sums: Mapping[Key, Total]) -> list[dict[str, object]]:
    return [
        {"home": home, "type": name, "bucket": number, "count": total.count, "sum": in_hex(total.sum)}
        for (name, number), total in sums.items()
        if 0 <= number < BUCKETS and total.count
    ]
