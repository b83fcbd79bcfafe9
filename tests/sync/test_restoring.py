"""After a restore a node takes back what its peers hold of its records, and nothing that was erased comes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from app.core.clock import today
from app.core.db import Database
from app.demo import service as demo
from app.journal import generations
from app.journal.schemas import NodeRead
from app.journal.tables import JournalCounter, JournalRevision
from app.organizations.tables import Organization
from app.sync import checking, erasures, queries, restoring
from app.sync.canonical import hash_of
from app.sync.erasures import Erasure
from app.sync.kinds import KINDS
from app.sync.restoring import Disputed, Unheard
from app.sync.running import Node
from app.sync.tables import SyncPeer, SyncSelf
from app.sync.vocabulary import PeerState, Verdict
from tests.databases import copied_database, migrated_database
from tests.engines import mostly_sqlite
from tests.sync.neighbours import record_id
from tests.sync.two_nodes import (
    NORTH,
    SECRETS,
    SOUTH,
    TwoNodes,
    introduce,
    introduction,
    remove,
    served,
    two_nodes,
    write,
)


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[TwoNodes]:
    with two_nodes("sqlite", tmp_path) as nodes:
        yield nodes


def backup(nodes: TwoNodes, tmp_path: Path) -> Path:
    """Return a copy of north's database as it is now."""
    saved = tmp_path / "saved.db"
    with nodes.north.writes() as session:
        session.connection().exec_driver_sql("SELECT 1")
    raw = nodes.north.write_engine.raw_connection()
    raw.driver_connection.execute("VACUUM INTO ?", (str(saved),))
    raw.close()
    return saved


@pytest.fixture
def put_back(nodes: TwoNodes, tmp_path: Path):
    """Give what puts north back to a copy, as `samnod restore` does, and serves it from then on."""
    opened: list[Database] = []

    def restore(saved: Path) -> Database:
        nodes.north.close()
        place = tmp_path / "restored"
        place.mkdir()
        with copied_database("sqlite", str(saved), place) as url:
            database = Database(url)
        opened.append(database)
        with database.writes() as session:
            generations.begin_generation(session, at_least=1)
            restoring.mark(session)
        nodes.serve_north(database)
        return database

    yield restore
    for database in opened:
        database.close()


def north(nodes: TwoNodes) -> Node:
    return nodes.reader(database=nodes.north, id="north", secret=SECRETS["north"])


def summaries(database: Database) -> dict[str, str]:
    with database.reads() as session:
        own = select(Organization.id, Organization.summary).where(col(Organization.home) == "north")
        return {str(one): str(summary) for one, summary in session.execute(own)}


def test_what_was_written_changed_and_removed_after_the_backup_is_so_again(nodes: TwoNodes, put_back, tmp_path: Path):
    write(nodes.north, 1, 2, 3, 4)
    with nodes.north.writes() as session:
        session.execute(update(Organization).where(col(Organization.id) == record_id(2)).values(owner_id="its keeper"))
    nodes.pull()
    saved = backup(nodes, tmp_path)
    write(nodes.north, 2, summary="Efter säkerhetskopian.")
    write(nodes.north, 5)
    remove(nodes.north, 3)
    nodes.pull()
    restored = put_back(saved)
    assert set(summaries(restored)) == {record_id(n) for n in (1, 2, 3, 4)}
    with restored.reads() as session:
        assert restoring.is_waiting(session)

    seen = restoring.begin_anew(north(nodes), tmp_path, dry_run=True)
    assert (seen.taken, seen.removed, set(seen.alone.values()), len(seen.alone)) == (0, 0, {"south"}, 3)
    seen = restoring.begin_anew(north(nodes), tmp_path, believed=["south"], dry_run=True)
    assert (seen.taken, seen.removed, seen.alone) == (2, 1, {})
    assert set(summaries(restored)) == {record_id(n) for n in (1, 2, 3, 4)}
    done = restoring.begin_anew(north(nodes), tmp_path, believed=["south"])
    assert (done.taken, done.removed, done.generation, done.refused) == (2, 1, 2, {})
    assert done.unkept == [("organization", record_id(5))]
    assert summaries(restored) == {
        record_id(1): "Skriven hemma.",
        record_id(2): "Efter säkerhetskopian.",
        record_id(4): "Skriven hemma.",
        record_id(5): "Skriven hemma.",
    }
    with restored.reads() as session:
        assert not restoring.is_waiting(session)
        assert session.get_one(Organization, record_id(2)).owner_id == "its keeper"
        assert session.get_one(Organization, record_id(2)).rev == 2

    # It goes on: what it writes next is read by those who knew it before.
    write(nodes.north, 1, summary="Efter återställningen.")
    outcome = nodes.pull()
    assert (outcome.verdict, outcome.fault) == (Verdict.RECONCILED, None)
    assert nodes.shown() == summaries(restored)
    assert nodes.are_equal()
    assert nodes.pull().verdict is Verdict.VERIFIED
    again = restoring.begin_anew(north(nodes), tmp_path)
    assert (again.taken, again.removed, again.told, again.generation) == (0, 0, 0, 3)


def test_what_was_erased_does_not_come_back_although_no_peer_ever_heard_of_it(
    nodes: TwoNodes, put_back, tmp_path: Path
):
    write(nodes.north, 1, 2)
    write(nodes.north, 1, summary="Ändrad.")
    saved = backup(nodes, tmp_path)
    remove(nodes.north, 1)
    ledger = [Erasure("2026-11-22T00:00:00+00:00", "north", "organization", record_id(1), 3)]
    ledger.append(Erasure("2026-11-22T00:00:00+00:00", "other", "organization", record_id(2), 9))
    erasures.append(tmp_path, ledger)
    restored = put_back(saved)
    assert record_id(1) in summaries(restored)
    assert restoring.begin_anew(north(nodes), tmp_path).erased == 1
    assert set(summaries(restored)) == {record_id(2)}
    with restored.reads() as session:
        kept = session.execute(
            select(JournalRevision.before).where(col(JournalRevision.record_id) == record_id(1))
        ).scalars()
        assert all(before == {} for before in kept)
    nodes.pull()
    assert set(nodes.shown()) == {record_id(2)}


@pytest.mark.deep
def test_what_was_written_anew_after_it_was_erased_stays(nodes: TwoNodes, tmp_path: Path):
    write(nodes.north, 1)
    remove(nodes.north, 1)
    write(nodes.north, 1, summary="Ny.")
    with nodes.north.reads() as session:
        rev = session.get_one(Organization, record_id(1)).rev
    erasures.append(tmp_path, [Erasure("2026-11-22", "north", "organization", record_id(1), rev - 1)])
    assert restoring.begin_anew(north(nodes), tmp_path).erased == 0
    assert summaries(nodes.north) == {record_id(1): "Ny."}


@pytest.mark.parametrize("is_in_the_backup", [False, True])
def test_what_was_written_anew_after_a_restore_erased_it_again_stays(
    nodes: TwoNodes, put_back, tmp_path: Path, is_in_the_backup: bool
):
    saved = backup(nodes, tmp_path)
    if is_in_the_backup:
        write(nodes.north, 1)
        write(nodes.north, 1, summary="Ändrad.")
        (tmp_path / "saved.db").unlink()
        saved = backup(nodes, tmp_path)
    erasures.append(tmp_path, [Erasure("2026-11-22T00:00:00+00:00", "north", "organization", record_id(1), 3)])
    restored = put_back(saved)
    assert restoring.begin_anew(north(nodes), tmp_path).erased == is_in_the_backup
    write(restored, 1, summary="Ny.")
    assert restoring.begin_anew(north(nodes), tmp_path).erased == 0
    assert summaries(restored) == {record_id(1): "Ny."}


def test_a_peer_that_does_not_answer_stops_it_unless_it_is_left_out(nodes: TwoNodes, tmp_path: Path):
    with nodes.north.writes() as session:
        restoring.mark(session)
    nodes.wire.cut.add("south.test")
    with pytest.raises(Unheard) as unheard:
        restoring.begin_anew(north(nodes), tmp_path)
    assert unheard.value.peer == "south"
    with nodes.north.reads() as session:
        assert restoring.is_waiting(session)
        assert session.execute(select(JournalCounter.value)).scalar_one() < generations.GENERATION_SIZE
    assert restoring.begin_anew(north(nodes), tmp_path, without=["south"]).generation == 1
    with nodes.north.reads() as session:
        assert not restoring.is_waiting(session)


def forge(database: Database, number: int, summary: str) -> None:
    """Let a peer hold a version of a record of north's that north has never said."""
    with database.writes() as session:
        (row,) = session.execute(queries.records("north", "organization", [record_id(number)])).scalars()
        row.payload = row.payload.replace("Skriven hemma.", summary)
        row.rev, row.seq, row.hash = row.rev + 1, row.seq + 100, hash_of(row.payload)
        session.add(row)


def test_what_one_peer_alone_holds_is_taken_when_the_operator_says_so(nodes: TwoNodes, tmp_path: Path):
    write(nodes.north, 1, 2)
    nodes.pull()
    with another_peer(nodes, "east", tmp_path) as east:
        for database in (nodes.south, east):
            forge(database, 1, "Efter säkerhetskopian.")
        forge(east, 2, "Aldrig skriven.")
        with pytest.raises(Disputed) as disputed:
            restoring.begin_anew(north(nodes), tmp_path)
        assert disputed.value.alone == {("organization", record_id(2)): "east"}
        assert set(summaries(nodes.north).values()) == {"Skriven hemma."}
        seen = restoring.begin_anew(north(nodes), tmp_path, dry_run=True)
        assert (seen.taken, seen.alone) == (1, disputed.value.alone)
        with nodes.north.reads() as session:
            assert generations.generation(session) == 0
        done = restoring.begin_anew(north(nodes), tmp_path, believed=["south"])
        assert (done.taken, done.alone) == (1, disputed.value.alone)
        assert summaries(nodes.north) == {record_id(1): "Efter säkerhetskopian.", record_id(2): "Skriven hemma."}
        assert restoring.begin_anew(north(nodes), tmp_path, believed=["east"]).taken == 1
        assert summaries(nodes.north)[record_id(2)] == "Aldrig skriven."


@contextmanager
def another_peer(nodes: TwoNodes, name: str, folder: Path) -> Iterator[Database]:
    """Give the database of another peer of north's, which holds what south holds."""
    SECRETS[name] = f"{name}'s secret, of thirty-two letters"[:36].encode()
    place = folder / name
    place.mkdir()
    raw = nodes.south.write_engine.raw_connection()
    raw.driver_connection.execute("VACUUM INTO ?", (str(place / "south.db"),))
    raw.close()
    node = NodeRead(id=name, name=name, url=f"http://{name}.test")
    with copied_database("sqlite", str(place / "south.db"), place) as url:
        database = Database(url)
        introduce(database, node, NORTH, introduction(nodes.north, NORTH, node))
        introduce(nodes.north, NORTH, node, introduction(database, node, NORTH))
        nodes.wire.serve(f"{name}.test", served(database, node))
        yield database
        database.close()


def test_a_peer_that_tells_of_generations_that_nobody_has_seen_is_not_believed(nodes: TwoNodes, tmp_path: Path):
    with nodes.south.writes() as session:
        session.execute(update(SyncPeer).where(col(SyncPeer.id) == "north").values(generation=8_000))
    with pytest.raises(Unheard, match="generation 8000"):
        restoring.begin_anew(north(nodes), tmp_path, believed=["south"])
    with nodes.north.reads() as session:
        assert generations.generation(session) == 0


@pytest.mark.deep
def test_whoever_forgets_it_is_found_out_by_the_digest(nodes: TwoNodes, put_back, tmp_path: Path):
    write(nodes.north, 1, 2)
    nodes.pull()
    saved = backup(nodes, tmp_path)
    write(nodes.north, 3)
    nodes.pull()
    restored = put_back(saved)
    write(restored, 1, summary="Efter återställningen.")
    assert nodes.pull().verdict is Verdict.RECONCILED
    assert nodes.are_equal()
    assert nodes.shown() == {record_id(1): "Efter återställningen.", record_id(2): "Skriven hemma."}


@pytest.mark.deep
def test_a_node_that_lost_everything_gets_every_kind_of_record_back_word_for_word(nodes: TwoNodes, tmp_path: Path):
    with nodes.north.writes() as session:
        demo.load(session, home="north", today=today())
    with nodes.north.writes() as session:
        demo.surveyed(session, home="north", today=today(), secret=SECRETS["north"])
    nodes.pull()
    before = published(nodes.south)
    assert {kind for kind, _ in before} == set(KINDS)
    with nodes.north.reads() as session:
        seeds = session.execute(select(SyncSelf.key_seeds)).scalar_one()
    lost = nodes.north
    (tmp_path / "new").mkdir()
    with migrated_database("sqlite", tmp_path / "new") as url:
        empty = Database(url)
        introduce(empty, NORTH, SOUTH, introduction(nodes.south, SOUTH, NORTH))
        with empty.writes() as session:
            session.execute(update(SyncSelf).values(key_seeds=seeds))
        nodes.serve_north(empty)
        done = restoring.begin_anew(north(nodes), tmp_path, believed=["south"])
        assert (done.taken, done.refused) == (len(before), {})
        assert published(empty) == before
        outcome = nodes.pull()
        assert (outcome.verdict, outcome.counts.put, outcome.counts.deleted) == (Verdict.RECONCILED, 0, 0)
        assert nodes.are_equal()
        empty.close()
    nodes.north = lost


def published(database: Database) -> dict[tuple[str, str], str]:
    with database.reads() as session:
        rows = session.execute(queries.changes("north", 0, 10_000)).scalars()
        return {(row.type, row.id): row.payload for row in rows}


@mostly_sqlite
def test_a_node_without_peers_waits_for_nobody(database: Database):
    with database.writes() as session:
        session.add(SyncSelf(id=1, key_seeds=[]))
        restoring.mark(session)
    with database.reads() as session:
        assert not restoring.is_waiting(session)
        assert checking.audit_own(database, "north") == 0
    # Whom it meets later has read nothing before.
    with database.writes() as session:
        given = {"public_keys": {}, "token_hashes": [], "token_seed": "1", "state": PeerState.ACTIVE}
        session.add(SyncPeer(id="south", name="South", url=SOUTH.url, **given))
        session.flush()
        assert not restoring.is_waiting(session)
