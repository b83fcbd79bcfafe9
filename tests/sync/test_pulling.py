"""A run reads all that a peer says and proves it; whatever goes wrong, the next one ends with equal sums."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.sync.vocabulary import Verdict
from tests.sync.neighbours import record_id
from tests.sync.two_nodes import TwoNodes, remove, two_nodes, write


@pytest.fixture
def nodes(database_kind: str, tmp_path: Path) -> Iterator[TwoNodes]:
    with two_nodes(database_kind, tmp_path) as nodes:
        yield nodes


def test_what_is_written_changed_and_removed_at_home_is_so_here(nodes: TwoNodes):
    write(nodes.north, 1, 2, 3)
    first = nodes.pull()
    assert (first.verdict, first.counts.put, first.fault) == (Verdict.VERIFIED, 3, None)
    write(nodes.north, 2, summary="Ändrad.")
    remove(nodes.north, 3)
    second = nodes.pull()
    assert (second.verdict, second.counts.put, second.counts.deleted) == (Verdict.VERIFIED, 1, 1)
    assert nodes.shown() == {record_id(1): "Skriven hemma.", record_id(2): "Ändrad."}
    assert nodes.are_equal()
    assert nodes.peer.failures == 0
    assert nodes.peer.verified_at is not None
    assert [(run.verdict, run.put, run.deleted, run.pages) for run in nodes.runs()] == [
        (Verdict.VERIFIED, 3, 0, 1),
        (Verdict.VERIFIED, 1, 1, 1),
    ]


def test_an_idle_night_asks_no_more_than_three_times(nodes: TwoNodes):
    write(nodes.north, 1)
    nodes.pull()
    nodes.wire.asked.clear()
    assert nodes.pull().verdict is Verdict.VERIFIED
    assert len(nodes.wire.asked) == 2
