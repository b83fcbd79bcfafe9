"""Much that a peer deletes is weighed before any of it goes, however its pages come."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.clock import now
from app.sync import ahead, drafting, pages, running, serving
from app.sync.calling import Caller
from app.sync.pages import PageRead
from app.sync.vocabulary import Verdict
from tests.engines import mostly_sqlite
from tests.sync.harm import do as do_harm
from tests.sync.neighbours import record_id
from tests.sync.two_nodes import TwoNodes, remove, two_nodes, write


@pytest.fixture
def nodes(database_kind: str, tmp_path: Path) -> Iterator[TwoNodes]:
    with two_nodes(database_kind, tmp_path) as nodes:
        yield nodes


@mostly_sqlite
def test_a_storm_is_added_up_from_pages_that_are_written_together(nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.sync.calling.PAGE_RECORDS", 40)
    write(nodes.north, *range(1, 71))
    nodes.pull()
    remove(nodes.north, *range(1, 61))
    # Whoever looks ahead is shown nothing of it: the peer lies, or much is deleted just then.
    changes = Caller.changes

    def but_for_records(caller: Caller, after: int, run: str) -> PageRead:
        return replace(changes(caller, after, run), records=[], has_more=False)

    @contextmanager
    def shown_once(*asked):
        with all_at_once(*asked) as given:
            monkeypatch.setattr(Caller, "changes", but_for_records)
            yield given

    monkeypatch.setattr(ahead, "pages", shown_once)
    held = nodes.pull()
    assert (held.verdict, held.counts.deleted) == (Verdict.HELD, 0)
    assert len(nodes.shown()) == 70


@contextmanager
def all_at_once(caller: Caller, _processes: object, after: int, run: str):
    """Give every page together, as when they have come while others were written."""
    read = [caller.changes(after, run)]
    while read[-1].has_more:
        read.append(caller.changes(read[-1].next, run))
    yield lambda: ahead.Read(read, drafting.here)


@mostly_sqlite
def test_whoever_looks_ahead_for_deletions_comes_to_an_end(nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.sync.calling.PAGE_RECORDS", 1)
    write(nodes.north, 1, 2)
    nodes.pull()
    remove(nodes.north, 1)
    monkeypatch.setattr(pages, "build", pages.build)
    monkeypatch.setattr(serving, "_require_common_past", serving._require_common_past)
    do_harm("endless")
    outcome = nodes.pull(seconds=60.0)
    assert (outcome.verdict, "again and again" in str(outcome.fault)) == (Verdict.FAILED, True)
    assert (outcome.counts.deleted, list(nodes.shown())) == (0, [record_id(1), record_id(2)])


@mostly_sqlite
def test_whoever_looks_ahead_for_deletions_keeps_the_lease(nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.sync.calling.PAGE_RECORDS", 1)
    write(nodes.north, *range(1, 6))
    nodes.pull()
    remove(nodes.north, *range(1, 6))
    monkeypatch.setattr(ahead, "pages", all_at_once)
    until, asked = [], []
    changes = Caller.changes

    def noted(caller: Caller, after: int, run: str) -> PageRead:
        until.append(nodes.peer.held_until)
        return changes(caller, after, run)

    def later():
        asked.append(1)
        return now() + timedelta(seconds=len(asked))

    monkeypatch.setattr(Caller, "changes", noted)
    monkeypatch.setattr(running, "now", later)
    assert nodes.pull().counts.deleted == 5
    # Five pages are read; then all but the first are looked at, each with a lease that ends later.
    assert len(until) == 9
    assert len(set(until[5:])) == 4
