"""A real worker at a real node: it reads by itself whom nobody has read for too long, and then both hold the same."""

import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.core.clock import now
from app.sync import status
from app.sync.tables import SyncPeer
from tests.engines import MOSTLY_SQLITE
from tests.sync import homework
from tests.sync.few import few_nodes
from tests.sync.nodes import PATIENCE, Node, require_agreement
from tests.sync.processes import Starter


@pytest.fixture(params=MOSTLY_SQLITE)
def trio(request: pytest.FixtureRequest, starter: Starter, tmp_path: Path) -> Iterator[list[Node]]:
    """Give a node that will read, and two that it has known for some days."""
    with few_nodes(starter, tmp_path / "few", (request.param, "sqlite", "sqlite")) as nodes:
        with nodes[0].database() as database, database.writes() as session:
            session.connection().execute(update(SyncPeer).values(added_at=now() - timedelta(days=3)))
        yield nodes


def test_a_worker_catches_up_with_all_that_nobody_has_read_for_too_long(trio: list[Node]):
    reader, near, far = trio
    # One was proved two days ago; the other never: its run was killed inside a page, by a clock a year ahead.
    reader.do("sync", "run", "--peer", near.id, harm=["hasty", "clock:-2"])
    killed = reader.run("sync", "run", "--peer", far.id, harm=["hasty", "clock:366", "killed:1"])
    assert killed.code == -signal.SIGKILL
    homework.write(near, range(5))
    assert proved(reader) == []
    worker = reader.begin("worker", harm=["hasty"])
    deadline = time.monotonic() + PATIENCE
    while len(proved(reader)) < 2 and time.monotonic() < deadline:
        assert worker.wait(0.2) is None, worker.told()
    for home in (near, far):
        require_agreement([reader, home], [home])
    assert homework.summary_at(reader, near, 4) == "Skriven hemma."
    assert worker.end(signal.SIGTERM) == 0, worker.told()


def proved(node: Node) -> list[str]:
    """Return the peers that a node is known to hold the same as, today."""
    with node.database() as database, database.reads() as session:
        return [one.id for one in status.peers(session, now()) if one.verified_at and not one.is_late]
