"""The ledger of what was taken away for good: a file beside the database, and in none of its backups.

A database that is put back from a backup holds again what was erased since. Whoever puts it back erases it once more,
by this ledger. So it is written after the commit and never before: what was rolled back is not erased. What a process
that was killed between the two has not written is found in the journal (`missing`).
"""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import select, tuple_
from sqlmodel import col

from app.core.clock import now
from app.core.db import ReadSession, WriteSession, after_commit, beside
from app.journal import copies
from app.journal.tables import JournalEntry, JournalRevision
from app.journal.vocabulary import Change, Method

log = logging.getLogger("samnod.erasures")
FILE: Final = "erasures.ndjson"
_ERASED: Final = "erased"


@dataclass(frozen=True, slots=True)
class Erasure:
    """A record that was taken away: `rev` is its tombstone's, `at` in RFC 3339.

    The same record may be written anew later: it then has a higher `rev`.
    """

    at: str
    home: str
    type: str
    id: str
    rev: int


def follow(session: WriteSession, change: Change) -> None:
    """Write down that a record was taken away, when that has been committed.

    Copies are no matter of ours: their homes have ledgers of their own. And a record that is hidden is not taken away,
    though others are told to forget it: the journal has no removal of it.
    """
    folder = beside(session)
    if folder is None or change.method is not Method.DELETE or copies.is_copying(session):
        return
    gone: list[Erasure] = session.info.setdefault(_ERASED, [])
    gone.append(Erasure(now().isoformat(), change.home, change.type, change.record_id, change.rev))
    if len(gone) == 1:
        after_commit(session, partial(_append_or_tell, folder, gone))


def append(folder: Path, erasures: Iterable[Erasure]) -> None:
    """Write erasures to the ledger in `folder`; they are on the disk when this returns."""
    content = b"".join(orjson.dumps(one) + b"\n" for one in erasures)
    if not content:
        return
    folder.mkdir(parents=True, exist_ok=True)
    # Several processes write to it: what is appended at once stays together.
    descriptor = os.open(folder / FILE, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        # A full disk may have cut the last line short: that one is lost, and this one is not to be lost with it.
        is_cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, b"\n" * is_cut + content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(folder: Path) -> Iterator[Erasure]:
    """Yield what the ledger says, oldest first. A line that a full disk or a crash cut short is passed over."""
    try:
        content = (folder / FILE).read_bytes()
    except FileNotFoundError:
        return
    for line in content.splitlines():
        if (one := _read(line)) is not None:
            yield one


def rename(folder: Path, former: str, own: str) -> None:
    """Write down once more what was erased under the id that this node had before."""
    append(folder, [replace(one, home=own) for one in read(folder) if one.home == former])


def complete(session: ReadSession | WriteSession, folder: Path, home: str) -> int:
    """Write down what is `missing`, and return how much that was."""
    found = missing(session, folder, home)
    if found:
        append(folder, found)
    return len(found)


def missing(session: ReadSession | WriteSession, folder: Path, home: str) -> list[Erasure]:
    """Return what the journal says was taken away of a node's own records, and the ledger does not."""
    known = {(one.type, one.id, one.rev) for one in read(folder)}
    # What has a past was taken away by somebody here; a tombstone alone tells others to forget what is hidden as well.
    removal = (col(JournalRevision.type), col(JournalRevision.record_id), col(JournalRevision.rev))
    entry = (col(JournalEntry.type), col(JournalEntry.record_id), col(JournalEntry.rev))
    told = select(*entry).where(col(JournalEntry.home) == home)
    removals = select(JournalRevision).where(
        col(JournalRevision.method) == Method.DELETE.value, tuple_(*removal).in_(told)
    )
    return [
        Erasure(row.at.isoformat(), home, row.type, row.record_id, row.rev)
        for row in session.execute(removals.order_by(col(JournalRevision.at), *removal)).scalars()
        if (row.type, row.record_id, row.rev) not in known
    ]


def _append_or_tell(folder: Path, erasures: list[Erasure]) -> None:
    """Write erasures down. The records are gone already, so whoever took them away is not told that it failed."""
    try:
        append(folder, erasures)
    except OSError:
        log.exception("%d erasures are not in the ledger: `samnod sync erasures` writes them down", len(erasures))


def _read(line: bytes) -> Erasure | None:
    try:
        said: Mapping[str, Any] = orjson.loads(line)
        return Erasure(**{name: said[name] for name in Erasure.__slots__})
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
