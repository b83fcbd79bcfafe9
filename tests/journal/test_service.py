"""The journal: every change once, numbered without gaps in the order of the commits, on both databases."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlmodel import col

from app.core.columns import new_id
from app.core.db import Database, WriteSession
from app.journal import service as journal
from app.journal.tables import JournalCounter, JournalEntry
from app.journal.vocabulary import Change

WRITERS = 6
TIMES = 8


@pytest.fixture
def handlers() -> Iterator[dict[str, list[journal.Handler]]]:
    """Give the journal's subscribers, none to begin with, and put back what was there."""
    kept = dict(journal._handlers)
    journal._handlers.clear()
    yield journal._handlers
    journal._handlers.clear()
    journal._handlers.update(kept)


def a_change(name: str = "thing", record_id: str = "") -> Change:
    """Return a change of a made-up record."""
    return journal.changed(name, record_id or new_id(), "here", 1, {"name": name})


def numbers(database: Database) -> list[int]:
    """Return the number of every entry, in order."""
    with database.reads() as session:
        return list(session.execute(select(col(JournalEntry.seq)).order_by(col(JournalEntry.seq))).scalars())


def counter(database: Database) -> int:
    """Return the number given last."""
    with database.reads() as session:
        return session.execute(select(col(JournalCounter.value))).scalar_one()


def test_a_change_is_written_when_the_transaction_commits(database: Database):
    before = counter(database)
    change = a_change()
    with database.writes() as session:
        journal.record(session, change)
        assert numbers(database) == []
    with database.reads() as session:
        (entry,) = journal.entries(session, change.record_id)
    assert (entry.seq, entry.type, entry.home, entry.rev, entry.method) == (before + 1, "thing", "here", 1, "PUT")
    assert entry.payload_hash == journal.payload_hash({"name": "thing"})
    assert entry.at.tzinfo is not None


def test_the_changes_of_one_transaction_keep_their_order(database: Database):
    with database.writes() as session:
        for name in ("a", "b", "c"):
            journal.record(session, a_change(name))
    with database.reads() as session:
        found = session.execute(select(col(JournalEntry.type)).order_by(col(JournalEntry.seq))).scalars()
        assert list(found) == ["a", "b", "c"]


def test_what_is_rolled_back_leaves_nothing_and_takes_no_number(database: Database):
    before = counter(database)

    def record_and_fail() -> None:
        with database.writes() as session:
            journal.record(session, a_change())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        record_and_fail()
    assert (numbers(database), counter(database)) == ([], before)
    with database.writes() as session:
        journal.record(session, a_change())
    assert numbers(database) == [before + 1]


def test_a_transaction_goes_on_after_a_refusal_that_was_caught(database: Database):
    with database.writes() as session:
        journal.record(session, a_change("first"))
        try:
            raise ValueError
        except ValueError:
            journal.record(session, a_change("second"))
    assert len(numbers(database)) == 2


def test_a_transaction_without_changes_takes_no_number(database: Database):
    before = counter(database)
    with database.writes() as session:
        session.execute(select(col(JournalCounter.value)))
    assert counter(database) == before


def test_the_same_payload_has_the_same_hash():
    assert journal.payload_hash({"a": 1, "b": "å"}) == journal.payload_hash({"b": "å", "a": 1})
    assert journal.payload_hash({"a": 1}) != journal.payload_hash({"a": 2})


def test_subscribers_hear_of_their_own_kind_inside_the_transaction(database: Database, handlers: object):
    heard: list[str] = []

    def hear(_session: WriteSession, change: Change) -> None:
        heard.append(change.type)

    journal.subscribe("thing", hear)
    journal.subscribe("thing", hear)
    with database.writes() as session:
        journal.record(session, a_change("thing"))
        journal.record(session, a_change("other"))
        assert heard == ["thing"]


def test_a_subscriber_that_fails_undoes_the_change(database: Database, handlers: object):
    def fail(_session: WriteSession, _change: Change) -> None:
        raise RuntimeError

    journal.subscribe("thing", fail)
    with pytest.raises(RuntimeError), database.writes() as session:
        journal.record(session, a_change("thing"))
    assert numbers(database) == []


def test_numbers_are_taken_last_whatever_subscribers_do_before_the_commit(database: Database, handlers: object):
    done: list[str] = []

    def later(session: WriteSession, _change: Change) -> None:
        finishing = session.info.setdefault("before_commit", [])
        finishing.append(lambda one: done.append("journal" if "journal" not in one.info else "subscriber"))

    journal.subscribe("thing", later)
    with database.writes() as session:
        journal.record(session, a_change("other"))
        journal.record(session, a_change("thing"))
    # The subscriber's work came while the journal still had its changes to write.
    assert done == ["subscriber"]


def test_numbers_come_last_when_work_before_the_commit_adds_more(database: Database):
    done: list[str] = []

    def first(session: WriteSession) -> None:
        done.append("first")
        session.info["before_commit"].append(second)

    def second(session: WriteSession) -> None:
        assert "journal" in session.info, "the numbers are taken already"
        done.append("second")
        journal.record(session, a_change("later"))

    with database.writes() as session:
        session.info["before_commit"] = [first]
        journal.record(session, a_change("sooner"))
    assert done == ["first", "second"]
    with database.reads() as session:
        found = session.execute(select(col(JournalEntry.type)).order_by(col(JournalEntry.seq))).scalars()
        assert list(found) == ["sooner", "later"]


def test_many_writers_leave_no_gap_and_readers_see_numbers_in_order(database: Database):
    start = threading.Barrier(WRITERS + 1)
    seen: list[list[int]] = []
    running = threading.Event()
    running.set()

    def write() -> None:
        start.wait()
        for turn in range(TIMES):
            try:
                with database.writes() as session:
                    journal.record(session, a_change())
                    journal.record(session, a_change())
                    if turn % 3 == 0:
                        raise RuntimeError
            except RuntimeError:
                continue

    def read() -> None:
        start.wait()
        while running.is_set():
            seen.append(numbers(database))

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reader = pool.submit(read)
        for done in [pool.submit(write) for _ in range(WRITERS)]:
            done.result()
        running.clear()
        reader.result()
    kept = WRITERS * sum(turn % 3 != 0 for turn in range(TIMES)) * 2
    found = numbers(database)
    assert found == list(range(found[0], found[0] + kept))
    # At no moment was a number to be seen whose predecessor was not: nobody who reads `after=` misses one.
    assert all(view == found[: len(view)] for view in seen)


def test_a_record_that_comes_back_counts_on_from_its_tombstone(database: Database):
    with database.writes() as session:
        assert journal.next_rev(session, "enterprise", "a") == 1
        journal.record(session, journal.removed("enterprise", "a", "here", 4, {"name": "A"}))
        assert journal.next_rev(session, "enterprise", "a") == 5
        assert journal.next_rev(session, "opportunity", "a") == 1
