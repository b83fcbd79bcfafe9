"""What is held is held against itself: what is wrong is found, put right or fetched again."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from app.core.db import Database
from app.organizations.tables import Organization
from app.sync import applying, buckets, checking
from app.sync.checking import Found
from app.sync.tables import SyncBucket, SyncRecord
from app.sync.vocabulary import Verdict
from app.wiring import wire
from tests.engines import mostly_sqlite
from tests.sync.neighbours import NEIGHBOUR, introduce, record_id, said
from tests.sync.two_nodes import TwoNodes, two_nodes, write


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[TwoNodes]:
    with two_nodes("sqlite", tmp_path) as nodes:
        write(nodes.north, 1, 2, 3)
        nodes.pull()
        yield nodes


def change(database: Database, record: int, **values: object) -> None:
    with database.writes() as session:
        of = col(SyncRecord.id) == record_id(record)
        session.connection().execute(update(SyncRecord).where(of).values(values))


def check(nodes: TwoNodes) -> Found:
    return checking.check(nodes.south, "north", is_own=False)


def test_a_payload_that_rotted_is_found_and_fetched_again(nodes: TwoNodes):
    assert check(nodes).is_clean
    change(nodes.south, 2, payload='{"name":"rotten"}')
    found = check(nodes)
    assert (found.damaged, found.is_clean) == (1, False)
    assert nodes.pull().verdict is Verdict.RECONCILED
    assert check(nodes).is_clean
    assert nodes.are_equal()


def test_a_record_that_comes_while_others_are_read_keeps_its_hash(nodes: TwoNodes):
    change(nodes.south, 2, payload='{"name":"rotten"}')

    def meanwhile(*_: object) -> None:
        write(nodes.north, 2, summary="Skriven igen.")
        nodes.pull()

    assert checking.check(nodes.south, "north", is_own=False, tell=meanwhile).is_clean
    assert nodes.are_equal()


@pytest.mark.deep
def test_sums_that_are_wrong_are_counted_anew(nodes: TwoNodes):
    with nodes.south.writes() as session:
        session.connection().execute(update(SyncBucket).values(count=9))
    assert check(nodes).sums > 0
    assert nodes.pull().verdict is Verdict.VERIFIED
    assert check(nodes).is_clean


def test_tables_hold_what_the_records_say_no_more_and_no_less(nodes: TwoNodes):
    with nodes.south.writes() as session:
        session.connection().execute(delete(Organization).where(col(Organization.id) == record_id(1)))
        session.connection().execute(delete(SyncRecord).where(col(SyncRecord.id) == record_id(2)))
        buckets.put_right(session, "north")
    found = check(nodes)
    assert (found.lost, found.left) == (1, 1)
    assert sorted(nodes.shown()) == [record_id(1), record_id(3)]
    assert nodes.pull().verdict is Verdict.RECONCILED
    assert len(nodes.shown()) == 3
    assert check(nodes).is_clean


@pytest.mark.parametrize("put_right", [check, lambda nodes: checking.settle(nodes.south, "north")])
def test_a_copy_that_says_something_else_than_its_home_is_shown_anew(
    nodes: TwoNodes, put_right: Callable[[TwoNodes], object]
):
    with nodes.south.writes() as session:
        session.connection().execute(
            update(Organization).where(col(Organization.id) == record_id(2)).values(summary="Flyttad av en migrering.")
        )
    done = put_right(nodes)
    assert not isinstance(done, Found) or done == Found(changed=1)
    assert set(nodes.shown().values()) == {"Skriven hemma."}
    assert check(nodes).is_clean


@mostly_sqlite
def test_what_this_program_does_not_know_of_makes_no_difference(database: Database):
    wire()
    introduce(database)
    with database.writes() as session:
        applying.write(session, NEIGHBOUR, [said(1, 1, novelty="unknown", dataschema="organization/1.7")])
    assert checking.check(database, NEIGHBOUR, is_own=False).is_clean


def test_what_changed_round_the_journal_is_told_anew(nodes: TwoNodes):
    with nodes.north.writes() as session:
        session.connection().execute(update(Organization).values(summary="Flyttad av en migrering."))
        session.connection().execute(delete(Organization).where(col(Organization.id) == record_id(3)))
    assert nodes.pull().counts.put == 0
    assert checking.audit_own(nodes.north, "north") == 3
    assert checking.audit_own(nodes.north, "north") == 0
    outcome = nodes.pull()
    assert (outcome.verdict, outcome.counts.put, outcome.counts.deleted) == (Verdict.VERIFIED, 2, 1)
    assert set(nodes.shown().values()) == {"Flyttad av en migrering."}


@pytest.mark.deep
def test_an_own_payload_that_rotted_is_said_anew(nodes: TwoNodes):
    change(nodes.north, 1, payload='{"name":"rotten"}')
    assert checking.check(nodes.north, "north", is_own=True).damaged == 1
    assert checking.audit_own(nodes.north, "north") == 1
    assert nodes.pull().verdict is Verdict.VERIFIED
    assert nodes.are_equal()


@mostly_sqlite
def test_what_was_kept_aside_is_tried_again(database: Database, monkeypatch: pytest.MonkeyPatch):
    wire()
    introduce(database)
    with database.writes() as session:
        newer = said(2, 2, dataschema="organization/2.0")
        applying.write(session, NEIGHBOUR, [said(1, 1), newer, said(3, 3, country="XX")])
    again = checking.settle(database, NEIGHBOUR)
    assert (again.put, again.parked, again.quarantined) == (2, 1, 1)
    # The program is upgraded.
    monkeypatch.setattr("app.sync.applying.is_understood", lambda *_: True)
    again = checking.settle(database, NEIGHBOUR)
    assert (again.put, again.parked, again.quarantined) == (2, 0, 1)
    assert checking.check(database, NEIGHBOUR, is_own=False).is_clean
