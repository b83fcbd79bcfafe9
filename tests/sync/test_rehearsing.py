"""A rehearsal writes nothing, proves nothing, and says what would come of a run."""

from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col

from app.sync import ahead, buckets, pulling
from app.sync.tables import SyncRecord
from tests.engines import mostly_sqlite
from tests.sync.neighbours import record_id
from tests.sync.two_nodes import remove, two_nodes, write


@mostly_sqlite
@pytest.mark.parametrize("damaged", [False, True])
def test_a_rehearsal_adds_up_what_pages_would_change_that_are_undone(
    database_kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, damaged: bool
):
    monkeypatch.setattr("app.sync.calling.PAGE_RECORDS", 1)
    with two_nodes(database_kind, tmp_path) as nodes:
        write(nodes.north, *range(1, 10))
        nodes.pull()
        write(nodes.north, *range(5, 15), summary="Ändrad.")
        remove(nodes.north, 1, 2)
        if damaged:
            # No page brings that one again.
            with nodes.south.writes() as session:
                of = col(SyncRecord.id) == record_id(3)
                session.connection().execute(update(SyncRecord).where(of).values(rev=9))
                buckets.put_right(session, "north")
        monkeypatch.setattr(ahead, "AT_ONCE", ahead._DRAFTED_AT_ONCE)
        steps: list[int] = []
        seen = pulling.rehearse_pull(nodes.reader(tell=lambda step: steps.append(step.cursor)), "north")
        assert (seen.verdict, seen.counts.put, seen.counts.deleted) == (None, 10, 2)
        assert len(steps) >= 3
        expected = "The sums would still differ" if damaged else "Both sides would hold the same"
        assert str(seen.found).startswith(expected)
