"""A page of a peer's records is written whole or not at all, and one bad record never stops the others."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from app.core.db import Database
from app.core.errors import InvalidContent
from app.journal.tables import JournalEntry
from app.organizations import replicas
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.organizations.tables import Organization
from app.sync import applying, buckets, queries
from app.sync.applying import Counts, Lease, Overtaken, Untrue
from app.sync.careful import Stumbled
from app.sync.vocabulary import Envelope, RecordState
from app.wiring import wire
from tests.databases import migrated_database
from tests.engines import mostly_sqlite
from tests.sync.neighbours import NEIGHBOUR, gone, introduce, record_id, said

OWN = {"name": "Vår egen", "country": "SE", "kind": "municipality", "source": "test"}


def write(database: Database, *page: Envelope, **how: bool) -> Counts:
    wire()
    with database.writes() as session:
        return applying.write(session, NEIGHBOUR, page, **how)


def kept(database: Database) -> dict[str, tuple[str, int, str, RecordState]]:
    """Return the envelopes that are held of the neighbour: method, number, payload and state, by id."""
    with database.reads() as session:
        assert buckets.held(session, NEIGHBOUR) == buckets.counted(session, NEIGHBOUR)
        rows = session.execute(queries.changes(NEIGHBOUR, 0, 1000)).scalars().all()
        return {row.id: (row.method, row.seq, row.payload, row.state) for row in rows}


def shown(database: Database) -> dict[str, str]:
    """Return the neighbour's organisations as everybody sees them: name by id."""
    with database.reads() as session:
        own = select(Organization.id, Organization.name).where(col(Organization.home) == NEIGHBOUR)
        return dict(list(session.execute(own)))


def test_records_come_change_and_go(database: Database):
    introduce(database)
    first = write(database, said(1, 5), said(2, 6), gone(3, 7))
    assert first == Counts(put=2)
    assert list(shown(database)) == [record_id(1), record_id(2)]
    assert write(database, said(1, 8, rev=2, name="Nytt namn"), gone(2, 9)) == Counts(put=1, deleted=1)
    assert shown(database) == {record_id(1): "Nytt namn"}
    assert kept(database)[record_id(2)][:3] == ("DELETE", 9, "")
    assert kept(database)[record_id(3)][0] == "DELETE"


def test_what_has_been_read_before_changes_nothing(database: Database):
    introduce(database)
    page = [said(1, 5), said(2, 6), gone(3, 7)]
    write(database, *page)
    before = kept(database)
    assert write(database, *page) == Counts(unchanged=3)
    assert write(database, said(1, 4, name="Äldre"), gone(2, 3)) == Counts(unchanged=2)
    assert kept(database) == before
    # Said again under a new number, as after a restore: no room is told, and the number is written down.
    assert write(database, said(1, 9), gone(3, 10)) == Counts(unchanged=2)
    assert [kept(database)[record_id(n)][1] for n in (1, 2, 3)] == [9, 6, 10]
    with database.reads() as session:
        assert len(session.execute(select(JournalEntry)).scalars().all()) == 2


def test_a_time_is_the_same_moment_whatever_clock_it_was_read_from(database: Database):
    introduce(database)
    there = said(1, 1)._replace(time="2026-11-21T01:30:00+02:00")
    of_no_clock = said(2, 2)._replace(time="2026-11-21T01:30:00")
    assert write(database, there, of_no_clock) == Counts(put=2, quarantined=1)
    with database.reads() as session:
        row = session.get_one(Organization, record_id(1))
        assert row.updated_at == datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


def test_what_differs_is_overwritten_whatever_its_number(database: Database):
    introduce(database)
    write(database, said(1, 50, rev=9, name="Från den förlorade tiden"))
    assert write(database, said(1, 5), overwrite=True) == Counts(put=1)
    assert shown(database) == {record_id(1): "Grannens kommun"}
    assert kept(database)[record_id(1)][1] == 5


def test_what_is_newer_than_this_program_is_parked_and_no_longer_shown(database: Database):
    introduce(database)
    write(database, said(1, 1))
    counts = write(
        database,
        said(1, 2, rev=2, dataschema="organization/2.0"),
        said(2, 3, dataschema="organization/1.9", a_new_field="kept as it came"),
        said(3, 4, record_type="moon_base", dataschema="moon_base/1.0", text='{"any":1}'),
    )
    assert counts == Counts(put=3, parked=2)
    assert list(shown(database)) == [record_id(2)]
    found = kept(database)
    assert [found[record_id(n)][3] for n in (1, 2, 3)] == ["parked", "current", "parked"]
    assert "a_new_field" in found[record_id(2)][2]


@pytest.mark.parametrize(
    "poison",
    [
        said(1, 9, rev=2, country="XX"),
        said(1, 9, rev=2, text="no JSON"),
        said(1, 9, rev=2, text="[]"),
        said(1, 9, rev=2, text="[" * 40 + "]" * 40),
        said(1, 9, rev=2, text="{}"),
    ],
    ids=["a field", "no JSON", "no object", "deep", "nothing"],
)
@mostly_sqlite
def test_a_record_that_no_room_can_read_is_quarantined_and_the_others_are_written(database: Database, poison: Envelope):
    introduce(database)
    write(database, said(1, 1))
    assert write(database, said(2, 8), poison, said(3, 10), gone(4, 11)) == Counts(put=3, quarantined=1)
    assert list(shown(database)) == [record_id(2), record_id(3)]
    assert kept(database)[record_id(1)][2:] == (poison.payload, "quarantined")
    with database.reads() as session:
        (row,) = session.execute(queries.aside()).scalars()
        assert row.fault
        # What the failed attempts had queued is gone with them: a number for each that was written.
        assert len(session.execute(select(JournalEntry)).scalars().all()) == 4


def test_what_one_record_queued_before_it_failed_is_undone(database: Database, monkeypatch: pytest.MonkeyPatch):
    introduce(database)
    write_all = replicas.REPLICAS.write

    def and_then_fail(session, copies, drafted, **how):
        write_all(session, copies, drafted, **how)
        if any(one.payload["name"] == "Gift" for one in copies):
            raise InvalidContent("Only afterwards is it seen that this cannot be kept.")

    monkeypatch.setattr(replicas.REPLICAS, "write", and_then_fail)
    assert write(database, said(1, 1), said(2, 2, name="Gift"), said(3, 3)) == Counts(put=3, quarantined=1)
    assert list(shown(database)) == [record_id(1), record_id(3)]
    with database.reads() as session:
        told = session.execute(select(JournalEntry.record_id).order_by(col(JournalEntry.seq))).scalars().all()
    assert told == [record_id(1), record_id(3)]


def test_whoever_hopes_in_vain_keeps_nothing_of_the_page(database: Database, monkeypatch: pytest.MonkeyPatch):
    introduce(database)
    assert write(database, said(1, 1), said(2, 2), hopeful=True) == Counts(put=2)
    before = kept(database), shown(database)
    with pytest.raises(Stumbled):
        write(database, said(3, 3), said(4, 4, country="XX"), gone(1, 5), hopeful=True)
    assert (kept(database), shown(database)) == before

    def refuse(session, home, record_ids):
        raise RuntimeError("something hangs on it")

    with monkeypatch.context() as patched:
        patched.setattr(replicas.REPLICAS, "forget", refuse)
        with pytest.raises(Stumbled):
            write(database, said(3, 3), gone(1, 5), hopeful=True)
    assert (kept(database), shown(database)) == before
    assert write(database, said(3, 3), gone(1, 5), hopeful=True) == Counts(put=1, deleted=1)
    assert list(shown(database)) == [record_id(2), record_id(3)]


def test_a_deletion_that_a_room_refuses_is_kept_aside_without_what_the_record_said(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    introduce(database)
    write(database, said(1, 1), said(2, 2))
    forget = replicas.REPLICAS.forget

    def refuse(session, home, record_ids):
        if record_id(1) in record_ids:
            raise RuntimeError("something hangs on it")
        forget(session, home, record_ids)

    with monkeypatch.context() as patched:
        patched.setattr(replicas.REPLICAS, "forget", refuse)
        assert write(database, gone(1, 3), gone(2, 4)) == Counts(deleted=2, quarantined=1)
    assert kept(database)[record_id(1)] == ("DELETE", 3, "", "quarantined")
    assert list(shown(database)) == [record_id(1)]
    with database.writes() as session:
        rows = session.execute(queries.aside()).scalars().all()
        assert applying.settle_again(session, NEIGHBOUR, rows).quarantined == 0
    assert shown(database) == {}
    assert kept(database)[record_id(1)] == ("DELETE", 3, "", "current")


def test_what_was_kept_aside_is_shown_once_it_can_be_read(database: Database):
    introduce(database)
    with database.writes() as session:
        organizations.register(session, OrganizationCreate.model_validate(OWN), home="local", record_id=record_id(1))
    # The same id at two homes: nobody speaks for anybody else.
    assert write(database, said(1, 1)).quarantined == 1
    with database.writes() as session:
        session.delete(session.get(Organization, record_id(1)))
    with database.writes() as session:
        rows = session.execute(queries.aside()).scalars().all()
        assert "local" in str(rows[0].fault)
        assert applying.settle_again(session, NEIGHBOUR, rows) == Counts(put=1)
    assert list(shown(database)) == [record_id(1)]
    with database.reads() as session:
        assert session.execute(queries.aside()).scalars().all() == []


def test_a_page_that_speaks_for_another_home_is_refused_whole(database: Database):
    introduce(database)
    with pytest.raises(Untrue):
        write(database, said(1, 1), said(2, 2, home="local"))
    assert kept(database) == {}


def test_a_database_that_falls_silent_rolls_the_page_back(database: Database, monkeypatch: pytest.MonkeyPatch):
    introduce(database)
    write_all = replicas.REPLICAS.write

    def full(session, copies, drafted, **how):
        write_all(session, copies, drafted, **how)
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    with monkeypatch.context() as patched:
        patched.setattr(replicas.REPLICAS, "write", full)
        with pytest.raises(OperationalError):
            write(database, said(1, 1))
    assert kept(database) == {}
    assert shown(database) == {}
    assert write(database, said(1, 1)) == Counts(put=1)


def test_a_run_with_a_stale_fence_writes_nothing(database: Database):
    lease = introduce(database)
    with database.writes() as session:
        applying.hold(session, lease, head=7)
    with database.writes() as session:
        applying.hold(session, lease, fence=2)
    with pytest.raises(Overtaken):
        written_under(database, lease)
    assert kept(database) == {}


def written_under(database: Database, lease: Lease) -> None:
    with database.writes() as session:
        applying.write(session, NEIGHBOUR, [said(1, 1)])
        applying.hold(session, lease, cursor=1)


def test_deletions_are_counted_before_anything_is_deleted(database: Database):
    introduce(database)
    write(database, said(1, 1), said(2, 2), gone(3, 3))
    with database.writes() as session:
        page = [gone(1, 4), gone(2, 1), gone(3, 5), gone(9, 6), said(4, 7)]
        assert applying.deletions(session, NEIGHBOUR, page) == 1


HISTORY = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["put", "other", "gone", "poison", "newer"])), min_size=1, max_size=25
)


def told(history: Sequence[tuple[int, str]]) -> list[Envelope]:
    """Return what a home says at each step of a history: number, kind of change."""
    made = {
        "put": lambda number, seq: said(number, seq, rev=seq),
        "other": lambda number, seq: said(number, seq, rev=seq, name=f"Namn {seq}"),
        "gone": lambda number, seq: gone(number, seq, rev=seq),
        "poison": lambda number, seq: said(number, seq, rev=seq, country="XX"),
        "newer": lambda number, seq: said(number, seq, rev=seq, dataschema="organization/2.0"),
    }
    return [made[what](number, seq) for seq, (number, what) in enumerate(history, start=1)]


@settings(max_examples=15, deadline=None)
@given(HISTORY, st.data())
def test_pages_in_any_order_and_any_number_of_times_end_in_the_same_state(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[int, str]], data: st.DataObject
):
    changes = told(history)
    times = data.draw(st.lists(st.sampled_from(changes), max_size=10))
    order = data.draw(st.permutations([*changes, *times]))
    size = data.draw(st.integers(1, 8))
    with migrated_database("sqlite", tmp_path_factory.mktemp("one")) as url:
        database = Database(url)
        introduce(database)
        for first in range(0, len(order), size):
            write(database, *order[first : first + size])
        last = {one.id: one for one in changes}
        assert {key: row[:3] for key, row in kept(database).items()} == {
            key: (one.method, one.seq, one.payload) for key, one in last.items()
        }
        assert set(shown(database)) == {
            one.id
            for one, (_, what) in zip(changes, history, strict=True)
            if last[one.id] is one and what in ("put", "other")
        }
        database.close()
