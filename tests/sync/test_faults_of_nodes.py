"""What can happen to a node: killed, restored, stalled, written to by many, out of disk or locked.

Each between real processes, and each ends with equal digests. Two are drawn for each day, and all are among the long
tests; those that depend on the database run with either kind on either side.
"""

import random
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from app.sync import queries, serving
from app.sync.tables import SyncPeer
from benchmarks import sync as bench
from tests.sync import homework
from tests.sync.nodes import Node, acquaint, empty_nodes, require_agreement, sync_all
from tests.sync.pairs import acquainted, fail_to_read, read
from tests.sync.processes import Starter

pytestmark = pytest.mark.fault
# Reading makes a process so much larger, whether it reads a thousand records or a hundred thousand.
MOST_GROWTH_KIB = 150 * 2**10


def test_a_run_killed_inside_a_page_loses_nothing(pair: list[Node]):
    home, reader = pair
    homework.write(home, range(100, 160))
    done = reader.run("sync", "run", harm=["killed:1"])
    assert done.code == -signal.SIGKILL
    assert homework.summary_at(reader, home, 100) is None
    read(reader)
    require_agreement(pair)
    assert homework.summary_at(reader, home, 159) == "Skriven hemma."


@pytest.mark.deep
def test_a_run_killed_at_twenty_random_moments_ends_with_the_same(pair: list[Node]):
    home, reader = pair
    chance = random.Random(20)
    homework.write(home, range(100, 3_100))
    killed, longest = 0, 1.2
    while killed < 20:
        homework.write(home, range(100, 300), summary=f"Ändrad {killed}.")
        process = reader.begin("sync", "run")
        if process.wait(chance.uniform(0.02, longest)) is None:
            process.end(signal.SIGKILL)
            killed += 1
        else:
            # It was over before it could be killed: the next one has less time.
            longest *= 0.8
        reader.digest(home.id)
    read(reader)
    require_agreement(pair)
    assert homework.summary_at(reader, home, 299) == "Ändrad 19."


def test_a_home_killed_while_it_is_read_is_read_to_the_end_later(pair: list[Node]):
    home, reader = pair
    homework.write(home, range(100, 2_100))
    process = reader.begin("sync", "run", harm=["hasty"])
    while process.wait(0.01) is None and not home.proxy.answered:
        continue
    home.stop(signal.SIGKILL)
    process.wait(60)
    home.start()
    read(reader)
    require_agreement(pair)


def backed_up(node: Node) -> Path:
    """Return a backup of a node as it is now."""
    file = node.folder / "backup.samnod"
    node.do("backup", str(file), "--force")
    return file


def restore(node: Node, file: Path, peer: Node) -> None:
    """Put a backup in a node's place, and let the node ask its peers before it serves: there is one, and believed."""
    node.stop()
    node.do("restore", str(file), "--force")
    with pytest.raises(AssertionError, match="samnod sync new-generation"):
        node.start()
    node.do("sync", "new-generation", "--from", peer.id)
    node.start()


def test_a_home_put_back_from_a_backup_takes_up_what_its_peers_have_read(pair: list[Node]):
    home, reader = pair
    file = backed_up(home)
    homework.write(home, [1], summary="Efter säkerhetskopian.")
    homework.write(home, [200])
    homework.remove(home, [2])
    read(reader)
    homework.write(home, [3], summary="Läst av ingen.")
    restore(home, file, reader)
    homework.write(home, [300, 301])
    sync_all(pair)
    require_agreement(pair)
    for node in pair:
        # What was written after the backup is back, what was removed after it stays away, and what nobody read is lost.
        assert homework.summary_at(node, home, 1) == "Efter säkerhetskopian."
        assert homework.summary_at(node, home, 200) == "Skriven hemma."
        assert homework.summary_at(node, home, 2) is None
        assert homework.summary_at(node, home, 3) == "Skriven hemma."
        assert homework.summary_at(node, home, 301) == "Skriven hemma."


@pytest.mark.parametrize("is_read", [True, False], ids=["and its peers know", "and nobody knows"])
def test_what_was_erased_does_not_come_back_with_a_backup(pair: list[Node], is_read: bool):
    home, reader = pair
    file = backed_up(home)
    homework.remove(home, [5])
    if is_read:
        read(reader)
    restore(home, file, reader)
    sync_all(pair)
    require_agreement(pair)
    for node in pair:
        assert homework.summary_at(node, home, 5) is None
    with reader.database() as database, database.reads() as session:
        (row,) = session.execute(queries.records(home.id, "organization", [homework.record_id(home, 5)])).scalars()
        assert (row.method, row.payload) == ("DELETE", "")


@pytest.mark.parametrize("writes", [0, 1, 30], ids=["cursor ahead", "one write", "writes past the cursor"])
def test_a_home_whose_files_were_copied_back_is_found_out(pair: list[Node], writes: int):
    home, reader = pair
    saved = home.save()
    homework.write(home, [1, 2, 200, 201, 202])
    homework.remove(home, [3])
    read(reader)
    # Whoever copies files back forgets that others have read on.
    home.put_back(saved)
    homework.write(home, range(400, 400 + writes))
    read(reader)
    require_agreement(pair)
    assert homework.summary_at(reader, home, 3) == "Skriven hemma."
    assert homework.summary_at(reader, home, 200) is None
    homework.write(home, [500])
    read(reader)
    require_agreement(pair)


def test_a_reader_whose_files_were_copied_back_reads_again(pair: list[Node]):
    home, reader = pair
    saved = reader.save()
    homework.write(home, [1, 200], summary="Nyare.")
    homework.remove(home, [2])
    read(reader)
    reader.put_back(saved)
    assert homework.summary_at(reader, home, 2) == "Skriven hemma."
    read(reader)
    require_agreement(pair)
    assert homework.summary_at(reader, home, 1) == "Nyare."
    assert homework.summary_at(reader, home, 2) is None
    sync_all(pair)
    require_agreement(pair)


@pytest.mark.parametrize("days", ["366", "-366"])
@pytest.mark.parametrize("side", ["home", "reader"])
def test_a_clock_that_is_a_year_off_changes_nothing(light_pair: list[Node], side: str, days: str):
    home, reader = light_pair
    wrong = f"clock:{days}"
    if side == "home":
        home.restart(harm=[wrong])
    homework.write(home, [1, 200], summary="Nyare.")
    homework.remove(home, [2])
    read(reader, *([wrong] if side == "reader" else []))
    require_agreement(light_pair)
    home.restart()
    homework.write(home, [3], summary="Nyare.")
    # The lease and the last success were written by a clock that was wrong: the right one goes on.
    read(reader)
    require_agreement(light_pair)
    assert homework.summary_at(reader, home, 3) == "Nyare."


def test_eight_writers_at_once_are_all_read(pair: list[Node]):
    home, reader = pair
    done = threading.Event()

    def write(writer: int) -> int:
        turn = 0
        while not done.is_set() or turn < 10:
            number = 10_000 + writer * 1_000 + turn % 1_000
            homework.write(home, [number], summary=f"Av {writer}, {turn}.")
            turn += 1
        return turn

    with ThreadPoolExecutor(8) as pool:
        writing = [pool.submit(write, writer) for writer in range(8)]
        for _ in range(8):
            read(reader)
        done.set()
        written = [one.result() for one in writing]
    read(reader)
    require_agreement(pair)
    assert sum(written) >= 80
    for writer, turns in enumerate(written):
        last = turns - 1
        assert homework.summary_at(reader, home, 10_000 + writer * 1_000 + last % 1_000) == f"Av {writer}, {last}."


def test_two_runs_at_once_do_the_work_once(pair: list[Node]):
    home, reader = pair
    homework.write(home, range(100, 1_600))
    runs = [reader.begin("sync", "run") for _ in range(3)]
    codes = [run.wait(120) for run in runs]
    assert None not in codes
    assert 0 in codes, [run.told() for run in runs]
    read(reader)
    require_agreement(pair)


def test_a_stalled_run_that_wakes_writes_nothing(pair: list[Node]):
    home, reader = pair
    homework.write(home, range(100, 700))
    stalled = reader.begin("sync", "run", harm=["stalled:1"])
    while not any("/changes" in question.path for question, _ in home.proxy.answered):
        assert stalled.wait(0.01) is None, stalled.told()
    stalled.wait(1)
    # Its lease has run out for whoever lives a day later.
    homework.write(home, [100], summary="Nyare.")
    read(reader, "clock:1")
    stalled.send(signal.SIGCONT)
    assert stalled.wait(60) not in (None, 0), stalled.told()
    assert homework.summary_at(reader, home, 100) == "Nyare."
    require_agreement(pair)
    read(reader)
    require_agreement(pair)


def test_a_full_disk_ends_the_run_and_loses_nothing(starter: Starter, tmp_path: Path):
    with acquainted(starter, tmp_path, {"north": "postgresql", "south": "sqlite"}) as nodes:
        home, reader = nodes
        homework.write(home, range(100, 1_600))
        told = fail_to_read(reader, "full_disk:20")
        assert "full" in told
        read(reader)
        require_agreement(nodes)


def test_a_locked_database_is_waited_for_or_the_run_ends_and_loses_nothing(pair: list[Node]):
    home, reader = pair
    homework.write(home, range(100, 200))
    with locked(reader):
        process = reader.begin("sync", "run", harm=["hasty"])
        process.wait(8)
        assert homework.summary_at(reader, home, 100) is None
    assert process.wait(60) is not None, "the run waits for ever"
    read(reader)
    require_agreement(pair)


@contextmanager
def locked(node: Node) -> Iterator[None]:
    """Let nobody else write to a node's database."""
    with node.database() as database:
        engine = database._write_engine
        with engine.connect() as connection:
            if database.is_sqlite:
                connection.exec_driver_sql("SELECT 1")
            else:
                connection.execute(text("LOCK TABLE sync_record, sync_peer IN EXCLUSIVE MODE"))
            yield
            connection.rollback()


def test_what_a_migration_changed_round_the_journal_is_found_and_told(pair: list[Node]):
    home, reader = pair
    homework.migrate_round_the_journal(home, 7, "Ändrad av en migrering.")
    read(reader)
    assert homework.summary_at(reader, home, 7) == "Skriven hemma."
    home.do("sync", "verify")
    read(reader)
    require_agreement(pair)
    assert homework.summary_at(reader, home, 7) == "Ändrad av en migrering."


@pytest.mark.deep
def test_a_hundred_thousand_records_are_read_by_runs_that_are_killed_twenty_times(starter: Starter, tmp_path: Path):
    records = 100_000
    with empty_nodes(starter, tmp_path, {"north": "sqlite", "south": "sqlite"}) as nodes:
        home, reader = nodes
        with home.database() as database:
            bench.fill(database, records, home=home.id)
            with database.reads() as session:
                head = serving.head_of(session)
        acquaint(nodes)
        small = reader.run("sync", "status")
        chance, before = random.Random(20), 0
        for turn in range(20):
            process = reader.begin("sync", "run")
            if turn % 2:
                # While it begins, or writes for the first time.
                assert process.wait(chance.uniform(0.5, 3.5)) is None, process.told()
            else:
                while cursor_of(reader, home) == before:
                    assert process.wait(0.05) is None, process.told()
                # In the midst of what it writes next: up to eight thousand records at once.
                assert process.wait(chance.uniform(0, 1.5)) is None, process.told()
            process.end(signal.SIGKILL)
            assert before <= cursor_of(reader, home) < head, turn
            before = cursor_of(reader, home)
        assert before > 0
        process, most = reader.begin("sync", "run"), 0.0
        while cursor_of(reader, home) < head:
            most = max(most, bench.memory_of(process.pid))
            assert process.wait(0.5) is None, process.told()
        # When all is read and proved, matching follows in the same process: that is no matter of the feed.
        assert process.wait(1_800) == 0, process.told()
        assert "quarantined" not in process.told()
        assert sum(int(str(one["count"])) for one in reader.digest(home.id).values()) == records
        require_agreement([home, reader], homes=[home])
        # Two processes beside it share the program with it, and have what they draft.
        assert most * 2**10 < 3 * (small.peak + MOST_GROWTH_KIB)


def cursor_of(reader: Node, home: Node) -> int:
    """Return the number up to which a home has been read."""
    with reader.database() as database, database.reads() as session:
        return session.get_one(SyncPeer, home.id).cursor
