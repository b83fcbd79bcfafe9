"""Questions about what travels."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Delete, Select, and_, delete, func, select, tuple_
from sqlmodel import col

from app.journal.vocabulary import Method
from app.sync.tables import SyncBucket, SyncPeer, SyncRecord, SyncRun
from app.sync.vocabulary import RecordState

Record = SyncRecord


def changes(home: str, after: int, limit: int, record_type: str | None = None) -> Select[SyncRecord]:
    """Select the records of a home, or those of one type, numbered above `after`, in the order of their numbers."""
    own = [col(Record.home) == home, col(Record.seq) > after]
    if record_type is not None:
        own.append(col(Record.type) == record_type)
    return select(Record).where(*own).order_by(col(Record.seq), col(Record.id)).limit(limit)


def newest(home: str) -> Select[int]:
    """Select the highest number that is held of a home; None when nothing is."""
    return select(func.max(col(Record.seq))).where(col(Record.home) == home)


def all_homes() -> Select[str]:
    """Select the homes of all that is said here."""
    return select(col(SyncBucket.home)).distinct().order_by(col(SyncBucket.home))


def records(home: str, record_type: str, record_ids: Sequence[str]) -> Select[SyncRecord]:
    """Select these records."""
    of = (col(Record.home) == home, col(Record.type) == record_type, col(Record.id).in_(record_ids))
    return select(Record).where(*of)


def forget(home: str, record_type: str, record_ids: Sequence[str]) -> Delete:
    """Delete these records, tombstones and all."""
    of = (col(Record.home) == home, col(Record.type) == record_type, col(Record.id).in_(record_ids))
    return delete(Record).where(*of)


def twins(home: str, other: str) -> Delete:
    """Delete what is held of those records of a home of which another one has said something as well."""
    also = select(col(Record.type), col(Record.id)).where(col(Record.home) == other)
    return delete(Record).where(col(Record.home) == home, tuple_(col(Record.type), col(Record.id)).in_(also))


def bucket(home: str, record_type: str, number: int) -> Select[SyncRecord]:
    """Select the records of a bucket, tombstones too, by id."""
    of = (col(Record.home) == home, col(Record.type) == record_type, col(Record.bucket) == number)
    return select(Record).where(*of).order_by(col(Record.id))


def living(home: str) -> Select[str, str, int, str]:
    """Select type, id, rev and hash of what a home has said and not taken back."""
    columns = (col(Record.type), col(Record.id), col(Record.rev), col(Record.hash))
    return select(*columns).where(col(Record.home) == home, col(Record.method) == Method.PUT.value)


def buckets(home: str) -> Select[SyncBucket]:
    """Select how the buckets of a home add up."""
    order = (col(SyncBucket.type), col(SyncBucket.bucket))
    return select(SyncBucket).where(col(SyncBucket.home) == home).order_by(*order)


def tombstones(home: str, through: int, before: str) -> Select[SyncRecord]:
    """Select the tombstones of a home numbered up to `through` and made before a moment (RFC 3339)."""
    of = and_(
        col(Record.home) == home,
        col(Record.method) == Method.DELETE.value,
        col(Record.seq) <= through,
        col(Record.time) < before,
    )
    return select(Record).where(of)


def others_tombstones(home: str, before: str) -> Select[str, str, str]:
    """Select home, type and id of the tombstones of all homes but one that were made before a moment (RFC 3339)."""
    of = and_(
        col(Record.home) != home,
        col(Record.method) == Method.DELETE.value,
        col(Record.state) == RecordState.CURRENT,
        col(Record.time) < before,
    )
    return select(col(Record.home), col(Record.type), col(Record.id)).where(of)


def aside() -> Select[SyncRecord]:
    """Select what is kept and cannot be shown: parked and quarantined, by home, type and id."""
    order = (col(Record.home), col(Record.type), col(Record.id))
    return select(Record).where(col(Record.state) != RecordState.CURRENT).order_by(*order)


def counts() -> Select[Any, Any, Any, int]:
    """Count the living records by home, type and state."""
    by = (col(Record.home), col(Record.type), col(Record.state))
    living = col(Record.method) == Method.PUT.value
    return select(*by, func.count()).where(living).group_by(*by).order_by(*by)


def peers() -> Select[SyncPeer]:
    """Select every peer, by id."""
    return select(SyncPeer).order_by(col(SyncPeer.id))


def runs(peer: str, limit: int, until: datetime) -> Select[SyncRun]:
    """Select the newest runs of a peer that began at `until` or before."""
    begun = (col(SyncRun.peer) == peer, col(SyncRun.started_at) <= until)
    return select(SyncRun).where(*begun).order_by(col(SyncRun.started_at).desc()).limit(limit)


def totals() -> Select[Any, Any, int]:
    """Count the living records by home and type, parked and quarantined ones too, as the buckets add them up."""
    by = (col(SyncBucket.home), col(SyncBucket.type))
    return select(*by, func.sum(col(SyncBucket.count))).group_by(*by).order_by(*by)


def aside_counts() -> Select[Any, Any, Any, int, int]:
    """Count what is kept and does not stand here as it should, by home, type and state; and how much of it is living.

    The rest are tombstones: what they delete could not be taken away here.
    """
    by = (col(Record.home), col(Record.type), col(Record.state))
    apart = col(Record.state).in_([RecordState.PARKED, RecordState.QUARANTINED])
    living = func.count().filter(col(Record.method) == Method.PUT.value)
    return select(*by, func.count(), living).where(apart).group_by(*by).order_by(*by)


def runs_since(at: datetime) -> Select[SyncRun]:
    """Select the runs begun at `at` or later, the oldest first."""
    return select(SyncRun).where(col(SyncRun.started_at) >= at).order_by(col(SyncRun.started_at))


def homes(record_type: str, record_ids: Sequence[str], among: Sequence[str]) -> Select[str, str]:
    """Select id and home of those of these records that belong to one of these homes and can be shown."""
    of = (col(Record.home).in_(among), col(Record.type) == record_type, col(Record.id).in_(record_ids))
    is_shown = (col(Record.method) == Method.PUT.value, col(Record.state) == RecordState.CURRENT)
    return select(col(Record.id), col(Record.home)).where(*of, *is_shown)
