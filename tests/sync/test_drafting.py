"""What is drafted by processes beside a run is what would be drafted here, and a process that is gone is no loss."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.connection import wait

import pytest
from sqlalchemy import Dialect

from app.core import images
from app.core.db import Database
from app.core.errors import InvalidContent
from app.core.images import Imaged
from app.sync import ahead, drafting
from app.sync.drafting import Draft
from app.sync.kinds import KINDS
from app.sync.pages import PageRead
from app.sync.vocabulary import Envelope
from tests.engines import mostly_sqlite
from tests.sync.copying import SORTS, node, said_by

# What each drafting makes anew.
_NEW = {"id", "offering_id", "lot_id", "updated_at"}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[Envelope]:
    """Return what a node says that has a record of every kind."""
    with node(tmp_path_factory.mktemp("home")) as at_home:
        for sort in SORTS.values():
            sort.write(at_home)
        return [one for one in said_by(at_home) if one.payload]


@pytest.fixture
def dialect(database: Database) -> Dialect:
    return database.write_engine.dialect


def page(said: Sequence[Envelope], to_come: int) -> PageRead:
    return PageRead(said, generation=0, head=to_come, next=0, has_more=to_come > 0, digest=None, size=0)


def told(draft: Draft, database: Database, record_type: str, said: Sequence[Envelope]) -> dict[str, object]:
    """Return what would be written of records, without what is new each time."""
    parts = draft(database.write_engine.dialect, record_type, said)
    written: dict[str, list[object]] = {}
    words: dict[str, str] = {}
    with database.writes() as session:
        for _, drafted in parts:
            for table, rows in drafted.rows.items():
                kept = [place for place, name in enumerate(rows.names) if name not in _NEW]
                values = images.values_of(session, rows) if isinstance(rows, Imaged) else rows.values
                written.setdefault(table.__name__, []).extend([str(row[place]) for place in kept] for row in values)
            found = drafted.words
            words |= dict(images.values_of(session, found)) if isinstance(found, Imaged) else found
    return {
        "copies": [(one.id, one.home, one.rev, one.at, dict(one.payload)) for copied, _ in parts for one in copied],
        "homes": {one: home for _, drafted in parts for one, home in drafted.homes.items()},
        "words": words,
        "unique": [one for _, drafted in parts for one in drafted.unique],
        "rows": written,
    }


def of_type(said: Sequence[Envelope], record_type: str) -> list[Envelope]:
    return [one for one in said if one.type == record_type]


@pytest.mark.parametrize("are_copies", [True, False], ids=["copies", "begun anew"])
def test_what_is_drafted_beside_is_what_would_be_drafted_here(
    said: list[Envelope], database: Database, dialect: Dialect, are_copies: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(drafting, "_MAY_BE_COPIES", are_copies)
    with drafting.beside(database.url) as processes:
        draft = processes.draft_of([page(said, 10_000)])
        assert draft is not drafting.here
        kinds = {type(process).__name__ for process in multiprocessing.active_children()}
        assert kinds == {"ForkProcess" if are_copies else "SpawnProcess"}
        for record_type in KINDS:
            some = of_type(said, record_type)
            assert some
            assert told(draft, database, record_type, some) == told(drafting.here, database, record_type, some)
        # It was drafted for others: this is made here.
        other = [of_type(said, "enterprise")[0]._replace(id="another")]
        assert told(draft, database, "enterprise", other) == told(drafting.here, database, "enterprise", other)
        # A record that no room can read is found here, by its own fault.
        poison = of_type(said, "need")[0]._replace(payload='{"title": 1}')
        with pytest.raises(InvalidContent):
            processes.draft_of([page([poison, *said[:9]], 9)])(dialect, "need", [poison])
        # Their end is no loss.
        for process in multiprocessing.active_children():
            os.kill(process.pid, signal.SIGKILL)
        again = processes.draft_of([page(said, 10_000)])
        some = of_type(said, "enterprise")
        assert told(again, database, "enterprise", some) == told(drafting.here, database, "enterprise", some)


@mostly_sqlite
@pytest.mark.parametrize("can_be_made", [True, False])
def test_rows_come_as_an_image_where_sqlite_can_make_one(
    said: list[Envelope], database: Database, dialect: Dialect, can_be_made: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(images, "CAN_BE_MADE", can_be_made)
    some = of_type(said, "organization")
    with drafting.beside(database.url) as processes:
        draft = processes.draft_of([page(said, 10_000)])
        ((_, drafted),) = draft(dialect, "organization", some)
        is_image = can_be_made and dialect.name == "sqlite"
        assert {isinstance(rows, Imaged) for rows in (*drafted.rows.values(), drafted.words)} == {is_image}
        assert told(draft, database, "organization", some) == told(drafting.here, database, "organization", some)


def test_a_transaction_reads_no_more_images_than_sqlite_allows():
    assert ahead.AT_ONCE // ahead._DRAFTED_AT_ONCE <= images.AT_ONCE


def test_beside_threads_that_may_hold_a_lock_nothing_is_copied(database: Database):
    assert drafting.Beside(database.url)._are_copies == (sys.platform == "linux")
    with ThreadPoolExecutor(1) as worker:
        assert not worker.submit(drafting.Beside, database.url).result()._are_copies


@mostly_sqlite
def test_a_process_beside_ends_when_it_is_asked_to_and_does_nothing_else(said: list[Envelope], database: Database):
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        with drafting.beside(database.url) as processes:
            draft = processes.draft_of([page(said, 10_000)])
            some = of_type(said, "enterprise")
            assert len(draft(database.write_engine.dialect, "enterprise", some)) >= 1
            for process in multiprocessing.active_children():
                # One that has only just begun may still hear with its parent's ears.
                for _ in range(100):
                    process.terminate()
                    if wait([process.sentinel], timeout=0.2):
                        break
                else:
                    pytest.fail("it has not ended")
            assert len(draft(database.write_engine.dialect, "enterprise", some)) >= 1
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == []


@pytest.mark.parametrize("are_copies", [True, False], ids=["copies", "begun anew"])
@mostly_sqlite
def test_processes_beside_give_way_to_the_one_that_writes(
    said: list[Envelope], database: Database, are_copies: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(drafting, "_MAY_BE_COPIES", are_copies)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with drafting.beside(database.url) as processes:
        drafting.wait_for(processes.draft_of([page(said, 10_000)]))
        pool = processes._pool
        assert pool is not None
        assert pool.submit(os.getpriority, os.PRIO_PROCESS, 0).result() == min(19, own + drafting._GIVES_WAY)
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


@mostly_sqlite
def test_for_a_night_s_changes_no_process_begins(said: list[Envelope], database: Database):
    with drafting.beside(database.url) as processes:
        assert processes.draft_of([page(said, 9_999)]) is drafting.here
        assert processes.draft_of([replace(page(said, 10_000), has_more=False)]) is drafting.here
