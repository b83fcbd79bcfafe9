"""What the worker does with other nodes: reads each every night, and holds what is here against itself.

When a peer is read follows from its rows, asked each minute, so that a night that was missed is caught up when a worker
runs again, and a reading by hand counts as well.
"""

import logging
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from app.core.clock import zone
from app.core.db import Database, ReadSession
from app.sync import checking, erasures, leasing, pulling, queries, restoring, retention, status
from app.sync.running import Node, Outcome, Progress
from app.sync.tables import SyncPeer, SyncRun
from app.sync.vocabulary import PeerState, Verdict

if TYPE_CHECKING:
    from app.worker import Context

_log = logging.getLogger("samnod.worker")
NIGHTLY: Final = time(2, 30)
# Nodes that wake at the same time would all call one another in the same minute.
JITTER: Final = timedelta(hours=1)
TRY_AGAIN: Final = timedelta(hours=1)
# What may be otherwise in an hour; what waits for the operator is not.
_TRIED_AGAIN: Final = (Verdict.FAILED, Verdict.UNFINISHED)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
# Sweden and Norway keep the same time.
_ZONE: Final = zone("SE")


class _Stopping(BaseException):
    """The worker ends: the run is left at its checkpoint, and goes on from there."""


def read_peers(context: "Context") -> int:
    """Read every peer whose time has come, and return of how many it was proved that both hold the same."""
    proved = 0
    for peer in due(context.database, context.home, context.at):
        if context.stopping():
            break
        outcome = _read(context, peer)
        if outcome is None:
            break
        proved += outcome.verdict in (Verdict.VERIFIED, Verdict.RECONCILED)
        if not outcome.is_good:
            told = {"peer": peer, "verdict": outcome.verdict, "fault": outcome.fault}
            _log.warning("a peer could not be read to the end", extra=told)
    _index(context)
    return proved


def is_any_due(context: "Context") -> bool:
    """Tell whether a peer's time has come."""
    return bool(due(context.database, context.home, context.at))


def tell_own_anew(context: "Context") -> int:
    """Tell others of own records what they have been told wrongly or not at all, and return of how many.

    And complete the ledger of erasures: a process that was killed may not have written its last ones.
    """
    with context.database.reads() as session:
        if context.database.beside is not None:
            erasures.complete(session, context.database.beside, context.home)
        if restoring.is_waiting(session):
            return 0
    return checking.audit_own(context.database, context.home)


def check_all(context: "Context") -> int:
    """Hold all that is held against itself, and return of how many homes something was wrong and put right."""
    with context.database.reads() as session:
        homes = [context.home, *(row.id for row in _peers(session))]
    wrong = 0
    for home in homes:
        if context.stopping():
            break
        found = checking.check(context.database, home, is_own=home == context.home)
        if not found.is_clean:
            wrong += 1
            told = {"home": home, **asdict(found)}
            _log.warning("what is held of a node did not agree with itself", extra=told)
    return wrong


def forget_tombstones(context: "Context") -> int:
    """Forget the tombstones that nobody needs any more, and return how many."""
    return retention.purge(context.database, context.home, context.at)


def due(database: Database, home: str, at: datetime) -> list[str]:
    """Return the ids of the peers that are to be read at `at`; none before a restored node has asked them."""
    with database.reads() as session:
        found: list[str] = []
        if restoring.is_waiting(session):
            return found
        for row in _peers(session):
            last = next(iter(status.last_runs(session, row.id, at)), None)
            if row.state is PeerState.ACTIVE and is_due(home, row, last, at):
                found.append(row.id)
        return found


def is_due(home: str, peer: SyncPeer, last: SyncRun | None, at: datetime) -> bool:
    """Tell whether a peer is to be read: not since its last night, or in vain and for too long.

    `last` is its newest run that is not yet to begin. What a clock that was ahead has dated tells nothing.
    """
    added_at = status.believed(peer.added_at, at) or _LONG_AGO
    if max(last.started_at if last else added_at, added_at) < last_night(home, peer.id, at):
        return True
    if last is None or last.verdict is Verdict.HELD:
        return False
    proved_at = status.believed(peer.verified_at, at)
    is_stale = at - (proved_at or _LONG_AGO) > status.LATE_AFTER
    return is_stale and _is_in_vain(peer, last, at, proved_at) and at - last.started_at >= TRY_AGAIN


def _is_in_vain(peer: SyncPeer, last: SyncRun, at: datetime, proved_at: datetime | None) -> bool:
    """Tell whether a run came to nothing: it failed or was stopped, and also when nothing was left to write that down.

    One that was killed, or lost its machine, stays open without anybody who holds its lease. And one that ended well
    has proved nothing when its proof is dated ahead.
    """
    if last.ended_at is None:
        return not leasing.is_held(peer, at)
    return last.verdict in _TRIED_AGAIN or proved_at is None


def last_night(home: str, peer: str, at: datetime) -> datetime:
    """Return the newest moment, not after `at`, at which `home` reads a peer: the same minute every night."""
    seed = int.from_bytes(sha256(f"{home} {peer}".encode()).digest()[:8])
    begins = datetime.combine(at.astimezone(_ZONE).date(), NIGHTLY, _ZONE).astimezone(at.tzinfo)
    tonight = begins + timedelta(seconds=seed % int(JITTER.total_seconds()))
    return tonight if tonight <= at else tonight - timedelta(days=1)


def _read(context: "Context", peer: str) -> Outcome | None:
    """Read one peer to the end; None when the worker was asked to stop meanwhile."""

    def look_up(_progress: Progress) -> None:
        if context.stopping():
            raise _Stopping

    node = Node(context.database, context.home, context.secret, tell=look_up)
    try:
        return pulling.pull(node, peer)
    except _Stopping:
        return None


def _index(context: "Context") -> None:
    """Let matching know what was read; what is not yet in its index when the worker ends is brought in by the next."""

    def look_up(_done: int, _of: int) -> None:
        if context.stopping():
            raise _Stopping

    with suppress(_Stopping):
        pulling.index(Node(context.database, context.home, context.secret), look_up)


def _peers(session: ReadSession) -> list[SyncPeer]:
    return list(session.execute(queries.peers()).scalars())
