"""Whose turn it is to read a peer: a run takes its lease, and a fence that is higher than every other's.

The lease keeps two runs from working for nothing; that they never write over each other is the fence's work, which no
clock can mislead.
"""

import os
import platform
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlmodel import col

from app.core.clock import now
from app.core.columns import new_id
from app.core.db import Database, WriteSession
from app.sync import identity
from app.sync.applying import Lease
from app.sync.calling import Contact
from app.sync.tables import SyncPeer, SyncRun
from app.sync.vocabulary import PeerState, Verdict

# Longer than the longest time between two pages; each page begins it anew.
LENGTH: Final = timedelta(minutes=5)
_LONGEST_NAME: Final = 100


class NotNow(Exception):
    """Nothing is read from a peer now: another run does it, or the operator has paused or removed it."""


@dataclass(slots=True)
class Known:
    """What is known of a peer when a run begins; the cursor and the generation move on with its pages."""

    contact: Contact
    cursor: int
    generation: int
    acknowledged: str
    deletions_allowed: bool = False


def contact_of(row: SyncPeer, secret: bytes) -> Contact:
    """Return a peer as it is called."""
    token = identity.token_for(secret, row.id, row.token_seed)
    return Contact(row.id, row.url, identity.known_keys(row.public_keys), token, row.may_be_private)


def looked_up(database: Database, secret: bytes, peer: str) -> Known:
    """Return what is known of a peer, for whoever only reads.

    Raises:
        NotNow: there is no such peer.
    """
    with database.reads() as session:
        row = session.get(SyncPeer, peer)
        if row is None:
            raise NotNow(f"{peer} is no peer any more.")
        return _known(row, secret)


def begin(database: Database, secret: bytes, peer: str, *, take_over: bool) -> tuple[Lease, Known]:
    """Take the lease of a peer, and write down that a run has begun.

    Raises:
        NotNow: somebody else has it, or the peer is paused or was removed just now.
    """
    at = now()
    with database.writes() as session:
        wanted = select(SyncPeer).where(col(SyncPeer.id) == peer).with_for_update()
        row: SyncPeer | None = session.execute(wanted).scalar_one_or_none()
        if row is None:
            raise NotNow(f"{peer} is no peer any more.")
        if row.state is not PeerState.ACTIVE:
            raise NotNow(f"{peer} is paused.")
        if not take_over and is_held(row, at):
            raise NotNow(f"Another run reads from {peer} just now.")
        run = new_id()
        lease = Lease(peer, row.fence + 1, run)
        values = {"fence": lease.fence, "held_until": at + LENGTH, "holder": this_process()}
        session.connection().execute(update(SyncPeer).where(col(SyncPeer.id) == peer).values(values))
        _close_abandoned(session, peer)
        session.add(SyncRun(id=run, peer=peer, started_at=at, cursor_from=row.cursor, cursor_to=row.cursor))
        return lease, _known(row, secret)


def _known(row: SyncPeer, secret: bytes) -> Known:
    return Known(contact_of(row, secret), row.cursor, row.generation, row.run_id, row.deletions_allowed)


def is_held(peer: SyncPeer, at: datetime) -> bool:
    """Tell whether a run reads from a peer now, as far as anybody can know: the fence is what keeps two apart."""
    # A lease that ends later than one can was given while the clock was wrong.
    if peer.held_until is None or not at < peer.held_until <= at + LENGTH:
        return False
    return not _is_gone(peer.holder or "")


def this_process() -> str:
    """Return by what others know this process: its machine and its number there."""
    return f"{platform.node()[:_LONGEST_NAME]} {os.getpid()}"


def _is_gone(holder: str) -> bool:
    """Tell whether a process is known to run no more: it was killed, and could not give its lease back."""
    machine, _, process = holder.rpartition(" ")
    if machine != platform.node()[:_LONGEST_NAME] or not process.isdecimal() or sys.platform == "win32":
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _close_abandoned(session: WriteSession, peer: str) -> None:
    """Say of runs that never ended that they were stopped: their process is gone, or they have been taken over."""
    open_ones = (col(SyncRun.peer) == peer, col(SyncRun.ended_at).is_(None))
    told = {"ended_at": now(), "verdict": Verdict.UNFINISHED, "fault": "It was stopped before its end."}
    session.connection().execute(update(SyncRun).where(*open_ones).values(**told))
