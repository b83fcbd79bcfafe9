"""Runs are begun: everything that peers have said since the last one is read, written and proved (running.py)."""

import logging
from collections.abc import Callable, Sequence

from app.core.collecting import passing_by_what_is_here
from app.core.db import is_silence
from app.matching import service as matching
from app.sync import leasing
from app.sync.applying import Lease
from app.sync.running import Node, Outcome, Run, about
from app.sync.vocabulary import Verdict

_log = logging.getLogger(__name__)


def pull_all(node: Node, peers: Sequence[str], *, take_over: bool = False) -> list[Outcome]:
    """Read from these peers, one after the other; one bad peer never stops the others."""
    return [pull(node, peer, take_over=take_over) for peer in peers]


def pull(node: Node, peer: str, *, take_over: bool = False) -> Outcome:
    """Read from one peer to the end, and prove that both hold the same. Afterwards, matching wants to know (`index`).

    With `take_over` a run that seems to go on is left behind: it can write nothing any more.
    """
    return _all_the_way(peer, lambda: Run(node, *leasing.begin(node.database, node.secret, peer, take_over=take_over)))


def reconcile_with(node: Node, peer: str, *, take_over: bool = False) -> Outcome:
    """Compare with one peer by digests, whatever has been read of it, and fetch what differs."""

    def begin() -> Run:
        begun = leasing.begin(node.database, node.secret, peer, take_over=take_over)
        return Run(node, *begun, only_compare=True)

    return _all_the_way(peer, begin)


def index(node: Node, tell: Callable[[int, int], None] = lambda _done, _of: None) -> None:
    """Let matching know what the runs have written: it was told of nothing while the pages came.

    `tell` hears how many copies are in the index, and of how many.
    """
    try:
        matching.index_copies(node.database, tell)
    except Exception as silent:
        # The worker brings them in when the database answers again.
        if not is_silence(silent):
            raise
        _log.warning("the index waits: %s", about(silent))


def rehearse_pull(node: Node, peer: str) -> Outcome:
    """Read from one peer to the end, and only tell what would be written."""

    def begin() -> Run:
        known = leasing.looked_up(node.database, node.secret, peer)
        return Run(node, Lease(peer, 0, ""), known, rehearsal=True)

    return _all_the_way(peer, begin)


def _all_the_way(peer: str, begin: Callable[[], Run]) -> Outcome:
    """Begin a run and go to its end; what keeps it from beginning is a fault of this peer's run alone."""
    try:
        run = begin()
    except leasing.NotNow as fault:
        return Outcome(peer, None, fault=str(fault))
    except Exception as wrong:
        _log.exception("A run of the sync could not begin", extra={"peer": peer})
        return Outcome(peer, Verdict.FAILED, fault=about(wrong))
    with passing_by_what_is_here():
        return run.whole()
