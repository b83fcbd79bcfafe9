"""Tombstones are kept until nobody needs them: every active peer has read past them, and ninety days have gone.

Those of others are needed by a home that is put back from a backup, which asks what it has taken away since.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlmodel import col

from app.core.db import Database, WriteSession
from app.journal import service as journal
from app.sync import identity, queries
from app.sync.tables import SyncPeer, SyncRecord, SyncRun, SyncSelf
from app.sync.vocabulary import PeerState

KEPT: Final = timedelta(days=90)
# Nobody should be put back from an older backup: docs/nodes.md says so.
_KEPT_OF_OTHERS: Final = timedelta(days=400)
_RUNS_KEPT: Final = timedelta(days=400)
_BATCH: Final = 500


def purge(database: Database, home: str, at: datetime) -> int:
    """Forget the tombstones that nobody needs any more, this node's and others', and return how many.

    Whoever comes back with a cursor below them is told so (410), and compares digests.
    """
    purged = 0
    while gone := _purge_some(database, home, at):
        purged += gone
    while gone := _purge_others(database, home, at):
        purged += gone
    with database.writes() as session:
        session.connection().execute(delete(SyncRun).where(col(SyncRun.started_at) < at - _RUNS_KEPT))
    return purged


def _purge_some(database: Database, home: str, at: datetime) -> int:
    with database.writes() as session:
        if identity.self_of(session) is None:
            return 0
        old = queries.tombstones(home, _read_by_all(session), (at - KEPT).isoformat()).order_by(col(SyncRecord.seq))
        columns = (col(SyncRecord.seq), col(SyncRecord.type), col(SyncRecord.id))
        rows = session.execute(old.with_only_columns(*columns).limit(_BATCH)).all()
        for record_type in {row[1] for row in rows}:
            ids = [row[2] for row in rows if row[1] == record_type]
            session.connection().execute(queries.forget(home, record_type, ids))
        if rows:
            through = col(SyncSelf.purged_through)
            further = update(SyncSelf).where(through < rows[-1][0]).values(purged_through=rows[-1][0])
            session.connection().execute(further)
        return len(rows)


def _purge_others(database: Database, home: str, at: datetime) -> int:
    """Forget some tombstones of other nodes; one whose record could not be taken away here stays until it can be."""
    with database.writes() as session:
        old = queries.others_tombstones(home, (at - _KEPT_OF_OTHERS).isoformat())
        rows = session.execute(old.limit(_BATCH)).all()
        for of, record_type in {(row[0], row[1]) for row in rows}:
            ids = [row[2] for row in rows if (row[0], row[1]) == (of, record_type)]
            session.connection().execute(queries.forget(of, record_type, ids))
        return len(rows)


def _read_by_all(session: WriteSession) -> int:
    """Return the number up to which every active peer has read; all of them when there is none."""
    active = col(SyncPeer.state) == PeerState.ACTIVE
    read = session.execute(select(func.min(col(SyncPeer.acked_cursor))).where(active)).scalar()
    newest: int = session.execute(select(journal.last_number())).scalar_one()
    return newest if read is None else min(int(read), newest)
