"""Record changes, and tell the rooms above."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ScalarSelect, func, insert, select, update
from sqlmodel import col

from app.core.bulk import insert_many
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.journal import copies
from app.journal.schemas import Revision
from app.journal.tables import JournalCounter, JournalEntry, JournalRevision
from app.journal.vocabulary import Actor, Change, Method, Told

Handler = Callable[[WriteSession, Change], None]
Numbered = Callable[[WriteSession, Sequence[tuple[int, Change]]], None]
_handlers: dict[str, list[Handler]] = {}
_numbered: list[Numbered] = []
# Handlers of this are told of every kind of record.
EVERY = "*"
# What changes with every change, and so tells nothing.
_ALWAYS_NEW = {"rev", "updated_at"}


def subscribe(record_type: str, handler: Handler) -> None:
    """Call `handler` in the same transaction as every change of `record_type`, or of `EVERY` one.

    Called where the house is assembled.
    """
    known = _handlers.setdefault(record_type, [])
    if handler not in known:
        known.append(handler)


def subscribe_numbered(handler: Numbered) -> None:
    """Call `handler` with the changes of every transaction and their numbers, as its very last work.

    The journal's counter is locked by then: a handler writes rows of its own, and waits for nobody.
    """
    if handler not in _numbered:
        _numbered.append(handler)


def acting(session: WriteSession, actor: Actor) -> None:
    """Say who makes the changes of this transaction."""
    session.info["actor"] = actor


def payload_hash(payload: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the public payload as canonical JSON, in hex."""
    return _hash_of(_canonical(payload))


def _canonical(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def _hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def record(session: WriteSession, change: Change) -> None:
    """Write `change` to the journal when the transaction commits, and tell the subscribers now."""
    session.flush()
    if not copies.is_copying(session):
        copies.require_own(session, change)
        _keep_revision(session, change)
    for handler in _handlers_of(change.type):
        handler(session, change)
    _to_be_numbered(session, [change])


def record_copies(session: WriteSession, record_type: str, changes: Sequence[Change]) -> None:
    """Write what became of many copies of one type to the journal, and tell the subscribers now.

    A copy's past is kept at its home, and whose it is was asked when it was written.
    """
    session.flush()
    handlers = _handlers_of(record_type)
    for change in changes:
        for handler in handlers:
            handler(session, change)
    _to_be_numbered(session, changes)


def _handlers_of(record_type: str) -> list[Handler]:
    return [*_handlers.get(record_type, []), *_handlers.get(EVERY, [])]


def hold_numbers(session: WriteSession) -> None:
    """Let nobody else number a change until the commit: what is read from now on is what others are told last."""
    session.connection().execute(update(JournalCounter).values(value=col(JournalCounter.value)))


def forget_past(session: WriteSession, record_type: str, revs: Mapping[str, int]) -> None:
    """Forget what records said before, as is done with every one that is removed; `revs` are their tombstones', by id.

    One that is written anew counts on from there, though a backup may know of no removal.
    """
    of_records = (col(JournalRevision.type) == record_type, col(JournalRevision.record_id).in_(list(revs)))
    session.connection().execute(update(JournalRevision).where(*of_records).values(before={}))
    last = select(col(JournalRevision.record_id), func.max(col(JournalRevision.rev))).where(*of_records)
    known = dict(session.execute(last.group_by(col(JournalRevision.record_id))).all())
    gone = {"type": record_type, "method": Method.DELETE.value, "at": now(), "before": {}}
    rows = [{**gone, "record_id": one, "rev": rev} for one, rev in revs.items() if known.get(one, 0) < rev]
    if rows:
        session.connection().execute(insert(JournalRevision), rows)


def restate(session: WriteSession, change: Change) -> None:
    """Give a record a new number as it stands: nothing has changed, and nobody here is told.

    For those who read the numbers: what they were told of the record before may be lost, or was never told.
    """
    _to_be_numbered(session, [change])


def _to_be_numbered(session: WriteSession, changes: Sequence[Change]) -> None:
    session.info.setdefault("journal", []).extend(changes)
    finishing = session.info.setdefault("before_commit", [])
    if _number_and_write not in finishing:
        finishing.append(_number_and_write)


def changed(
    record_type: str,
    record_id: str,
    home: str,
    rev: int,
    payload: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
) -> Change:
    """Return the change that says that a record is now as `payload` says; `before` is what it said, if it was there."""
    payload, before = _telling(payload), before and _telling(before)
    return Change(record_type, record_id, home, rev, Method.PUT, payload_hash(payload), before, payload)


def created(record_type: str, record_id: str, home: str, payload: Mapping[str, Any]) -> Change:
    """Return the change that says that a record is here for the first time, small enough to hold thousands of them."""
    text = _canonical(_telling(payload))
    return Change(record_type, record_id, home, 1, Method.PUT, _hash_of(text), None, Told(text))


def removed(record_type: str, record_id: str, home: str, rev: int, before: Mapping[str, Any]) -> Change:
    """Return the change that says that a record is gone: a tombstone, so that those who have it forget it too."""
    return Change(record_type, record_id, home, rev, Method.DELETE, payload_hash({}), _telling(before), None)


def last_number() -> ScalarSelect[int]:
    """Select the number of the last change, as part of another question: what is read beside it is as of then."""
    return select(col(JournalCounter.value)).scalar_subquery()


def next_rev(session: WriteSession, record_type: str, record_id: str) -> int:
    """Return the `rev` of a record that is written anew: 1, or one more than its tombstone's if it was here before."""
    of_record = (col(JournalRevision.type) == record_type, col(JournalRevision.record_id) == record_id)
    last = session.execute(select(func.max(col(JournalRevision.rev))).where(*of_record)).scalar()
    return (last or 0) + 1


def changed_since(session: ReadSession, record_type: str, number: int) -> set[str]:
    """Return the records of one type that have been changed or removed since the change with this number."""
    own = (col(JournalEntry.seq) > number, col(JournalEntry.type) == record_type)
    return set(session.execute(select(col(JournalEntry.record_id)).where(*own)).scalars())


def entries(session: ReadSession | WriteSession, record_id: str) -> Iterable[JournalEntry]:
    """Return the journal of one record, oldest first."""
    wanted = select(JournalEntry).where(col(JournalEntry.record_id) == record_id).order_by(col(JournalEntry.seq))
    return session.execute(wanted).scalars().all()


def history(session: ReadSession, record_type: str, record_id: str, *, whole: bool, limit: int = 100) -> list[Revision]:
    """Return the newest `limit` changes of one record, newest first.

    Everybody may know which fields changed, and when; with `whole`, for those who may edit the record, also what they
    held before, who changed them and why.
    """
    of_record = (col(JournalRevision.type) == record_type, col(JournalRevision.record_id) == record_id)
    wanted = select(JournalRevision).where(*of_record).order_by(col(JournalRevision.rev).desc()).limit(limit)
    return [
        Revision(
            rev=row.rev,
            at=row.at,
            method=Method(row.method),
            fields=sorted(row.before),
            organization_id=row.organization_id if whole else None,
            role=row.role if whole else None,
            reason=row.reason if whole else None,
            before=row.before if whole else None,
        )
        for row in session.execute(wanted).scalars()
    ]


def is_numbering(step: object) -> bool:
    """Tell whether a step before the commit is the journal's numbering, which is the last of all."""
    return step is _number_and_write


def _telling(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in _ALWAYS_NEW}


def _keep_revision(session: WriteSession, change: Change) -> None:
    """Write down what the change changed; a new record has no past, and one that is gone keeps none of its contents."""
    if change.before is None:
        return
    if change.after is None:
        of_record = (col(JournalRevision.type) == change.type, col(JournalRevision.record_id) == change.record_id)
        session.connection().execute(update(JournalRevision).where(*of_record).values(before={}))
    actor: Actor | None = session.info.get("actor")
    after = change.after or {}
    row = {
        "type": change.type,
        "record_id": change.record_id,
        "rev": change.rev,
        "method": change.method.value,
        "at": now(),
        "organization_id": actor and actor.organization_id,
        "role": actor and actor.role,
        "reason": actor and actor.reason,
        "before": {
            name: value
            for name, value in change.before.items()
            if change.after is not None and after.get(name) != value
        },
    }
    session.connection().execute(insert(JournalRevision), [row])


def _number_and_write(session: WriteSession) -> None:
    # Always the last of what is to be done: its counter is locked until the commit, and whoever needs a lock after that
    # could wait for somebody who waits for the counter.
    if waiting := session.info["before_commit"]:
        waiting.append(_number_and_write)
        return
    changes: list[Change] = session.info.pop("journal")
    session.flush()
    value = col(JournalCounter.value)
    taken = update(JournalCounter).values(value=value + len(changes)).returning(value)
    last: int = session.connection().execute(taken).scalar_one()
    at = now()
    actor: Actor | None = session.info.get("actor")
    rows = [
        {
            "seq": last - len(changes) + position,
            "type": change.type,
            "record_id": change.record_id,
            "home": change.home,
            "rev": change.rev,
            "method": str(change.method),
            "actor_id": actor and actor.id,
            "request_id": actor and actor.request_id,
            "payload_hash": change.payload_hash,
            "at": at,
        }
        for position, change in enumerate(changes, start=1)
    ]
    insert_many(session, JournalEntry, rows)
    numbered = [(last - len(changes) + position, change) for position, change in enumerate(changes, start=1)]
    for handler in _numbered:
        handler(session, numbered)
