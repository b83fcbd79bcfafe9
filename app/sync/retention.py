"""Tombstones are kept until nobody needs them: every active peer has read past them, and ninety days have gone.

Those of others are needed by a home that is put back from a backup, which asks what it has taken away since.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

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
        columns = (col(SyncRecord.home), col(SyncRecord.type), col(SyncRecord.id), col(SyncRecord.seq))
        rows = session.execute(old.with_only_columns(*columns).limit(_BATCH)).all()
        if rows:
            through = col(SyncSelf.purged_through)
            further = update(SyncSelf).where(through < rows[-1][3]).values(purged_through=rows[-1][3])
            session.connection().execute(further)
        return _forget(session, [(row[0], row[1], row[2]) for row in rows], old.whereclause)


def _purge_others(database: Database, home: str, at: datetime) -> int:
    """Forget some tombstones of other nodes; one whose record could not be taken away here stays until it can be."""
    with database.writes() as session:
        old = queries.others_tombstones(home, (at - _KEPT_OF_OTHERS).isoformat())
        rows = session.execute(old.limit(_BATCH)).all()
        return _forget(session, [(row[0], row[1], row[2]) for row in rows], old.whereclause)


def _forget(session: WriteSession, found: Sequence[tuple[str, str, str]], is_old: Any) -> int:
    """Forget tombstones by home, type and id, where they still are what was looked for; return how many.

    On PostgreSQL a record may be shown again meanwhile: then it lives, and others have to hear of it.
    """
    forgotten = 0
    for (home, record_type), some in groupby(sorted(found), key=itemgetter(0, 1)):
        these = queries.forget(home, record_type, [record_id for _, _, record_id in some])
        forgotten += session.connection().execute(these.where(is_old)).rowcount
    return forgotten


def _read_by_all(session: WriteSession) -> int:
    """Return the number up to which every active peer has read; all of them when there is none."""
    active = col(SyncPeer.state) == PeerState.ACTIVE
    read = session.execute(select(func.min(col(SyncPeer.acked_cursor))).where(active)).scalar()
    newest: int = session.execute(select(journal.last_number())).scalar_one()
    return newest if read is None else min(int(read), newest)
