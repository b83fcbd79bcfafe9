"""What this node says of its own records: an envelope each, written with the journal's number, in one transaction."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Select, select
from sqlmodel import col

from app.core.bulk import Ready, insert_ready
from app.core.clock import now
from app.core.db import ReadSession, WriteSession, plain_rows
from app.journal import copies
from app.journal import service as journal
from app.journal.vocabulary import Change, Method
from app.sync import buckets, queries
from app.sync.canonical import bucket_of, canonical, hash_of
from app.sync.kinds import KINDS
from app.sync.tables import SyncRecord
from app.sync.vocabulary import LONGEST_LINE, Envelope, RecordKind, RecordState

log = logging.getLogger("samnod.sync")
_BATCH = 500
# The other attributes of a record need little; a character takes at most four bytes, or two when it is escaped.
_LARGEST = LONGEST_LINE - 4096
_SURELY_FITS = _LARGEST // 4
_PUT = Method.PUT.value
_KEPT = (*Envelope._fields, "bucket", "state", "fault")
_TRAVELLING = [col(getattr(SyncRecord, name)) for name in Envelope._fields]


class Held(NamedTuple):
    """What is held of a record already."""

    method: str
    rev: int
    hash: str


def follow(session: WriteSession, numbered: Sequence[tuple[int, Change]]) -> None:
    """Say of own records what the changes made of them: called with the journal's numbers, just before the commit."""
    if copies.is_copying(session):
        return
    last: dict[tuple[str, str, str], tuple[int, Change]] = {}
    for seq, change in numbered:
        if change.type in KINDS:
            last[change.home, change.type, change.record_id] = seq, change
    for home, record_type in sorted({key[:2] for key in last}):
        told = [one for key, one in last.items() if key[:2] == (home, record_type)]
        for first in range(0, len(told), _BATCH):
            _say(session, home, KINDS[record_type], told[first : first + _BATCH])


def _say(session: WriteSession, home: str, kind: RecordKind, told: Sequence[tuple[int, Change]]) -> None:
    said = held_of(session, home, kind.RECORD_TYPE, [change.record_id for _, change in told])
    new = [one for seq, change in told if (one := _envelope(kind, seq, change, said.get(change.record_id)))]
    store(session, new, {(kind.RECORD_TYPE, one): before for one, before in said.items()})


def _envelope(kind: RecordKind, seq: int, change: Change, before: Held | None) -> Envelope | None:
    """Return what is to be said of a change; None when others need not hear of it."""
    payload = _payload(kind, change.record_id, change.after) if change.after is not None else ""
    method = Method.PUT if payload else Method.DELETE
    if before is None and method is Method.DELETE:
        return None
    if before is not None and before.method == method.value and before.hash == hash_of(payload):
        return None
    return Envelope(
        home=change.home,
        type=change.type,
        id=change.record_id,
        seq=seq,
        rev=change.rev,
        method=method.value,
        dataschema=kind.SCHEMA,
        hash=hash_of(payload),
        time=now().isoformat(),
        payload=payload,
    )


def _payload(kind: RecordKind, record_id: str, said: Mapping[str, Any]) -> str:
    """Return what others may know of a record, as it is sent; nothing of one that they may not know or could not read.

    A record longer than a line may be would stop the feed for everybody, so it stays at home.
    """
    published = kind.published(said)
    payload = canonical(published) if published is not None else ""
    if len(payload) > _SURELY_FITS and len(orjson.dumps(payload)) > _LARGEST:
        log.warning("%s %s is too large to be sent to other nodes", kind.RECORD_TYPE, record_id)
        return ""
    return payload


def held_of(
    session: ReadSession | WriteSession, home: str, record_type: str, record_ids: Sequence[str]
) -> dict[str, Held]:
    """Return what is held of these records, by id."""
    columns = (col(SyncRecord.id), col(SyncRecord.method), col(SyncRecord.rev), col(SyncRecord.hash))
    found = queries.records(home, record_type, record_ids).with_only_columns(*columns)
    return {record_id: Held(*rest) for record_id, *rest in session.execute(found)}


def store(
    session: WriteSession,
    envelopes: Sequence[Envelope],
    before: dict[tuple[str, str], Held],
    state: RecordState = RecordState.CURRENT,
    faults: dict[tuple[str, str], str] | None = None,
) -> None:
    """Write envelopes of one home in place of what was held, and let the buckets follow.

    `before` has what is held of them, by type and id; `faults` says why some are kept aside in that `state`.
    """
    if not envelopes:
        return
    home = envelopes[0].home
    for record_type in sorted({one.type for one in envelopes}):
        ids = [one.id for one in envelopes if one.type == record_type and (record_type, one.id) in before]
        if ids:
            session.connection().execute(queries.forget(home, record_type, ids))
    why = faults or {}
    rows, differences = [], []
    for one in envelopes:
        key, bucket = (one.type, one.id), bucket_of(one.id)
        rows.append((*one, bucket, state.value, why.get(key)))
        differences.append(_difference(one, bucket, before.get(key)))
    insert_ready(session, SyncRecord, Ready(_KEPT, rows))
    buckets.change(session, home, differences)


def _difference(one: Envelope, bucket: int, before: Held | None) -> buckets.Difference:
    was = (before.rev, before.hash) if before and before.method == _PUT else None
    now_is = (one.rev, one.hash) if one.method == _PUT else None
    return buckets.difference((one.type, bucket), one.id, was, now_is)


def of_row(row: SyncRecord) -> Envelope:
    """Return a record as it travels."""
    return Envelope(**{name: getattr(row, name) for name in Envelope._fields})


def found(session: ReadSession | WriteSession, wanted: Select[SyncRecord]) -> list[Envelope]:
    """Return records as they travel: those that a select of whole rows finds, read without making rows of them."""
    return list(map(Envelope._make, plain_rows(session, wanted.with_only_columns(*_TRAVELLING))))


def unsaid(session: ReadSession | WriteSession, home: str) -> Iterator[Change]:
    """Yield what others have been told wrongly or not at all of own records: a write went round the journal.

    `journal.restate` tells it. A node that has just learned to sync finds all its records here.
    """
    for kind in KINDS.values():
        ids = kind.REPLICAS.own_ids(session, home)
        for first in range(0, len(ids), _BATCH):
            yield from _unsaid(session, home, kind, ids[first : first + _BATCH])
        yield from _gone(session, home, kind, set(ids))


def unsaid_of(
    session: ReadSession | WriteSession, home: str, record_type: str, record_ids: Sequence[str]
) -> Iterator[Change]:
    """Yield what others have been told wrongly or not at all of these own records, be they here or gone."""
    kind = KINDS[record_type]
    yield from _unsaid(session, home, kind, record_ids)
    here = kind.said(session, record_ids)
    for record_id, held in held_of(session, home, record_type, record_ids).items():
        if record_id not in here and held.method == Method.PUT.value:
            yield journal.removed(record_type, record_id, home, held.rev + 1, {})


def _unsaid(session: ReadSession | WriteSession, home: str, kind: RecordKind, ids: Sequence[str]) -> Iterator[Change]:
    held = {row.id: row for row in session.execute(queries.records(home, kind.RECORD_TYPE, ids)).scalars()}
    for record_id, (rev, said) in kind.said(session, ids).items():
        payload = _payload(kind, record_id, said)
        row = held.get(record_id)
        is_out = row is not None and row.method == Method.PUT.value
        if not payload:
            if is_out:
                yield journal.removed(kind.RECORD_TYPE, record_id, home, rev, {})
        elif row is None or not is_out or row.hash != hash_of(payload):
            yield journal.changed(kind.RECORD_TYPE, record_id, home, rev, said)


def _gone(session: ReadSession | WriteSession, home: str, kind: RecordKind, known: set[str]) -> Iterator[Change]:
    said: Iterable[Any] = session.execute(
        select(col(SyncRecord.id), col(SyncRecord.rev)).where(
            col(SyncRecord.home) == home,
            col(SyncRecord.type) == kind.RECORD_TYPE,
            col(SyncRecord.method) == Method.PUT.value,
        )
    )
    for record_id, rev in said:
        if record_id not in known:
            yield journal.removed(kind.RECORD_TYPE, record_id, home, rev + 1, {})
