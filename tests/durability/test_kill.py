"""`kill -9` of the server under write load: what was acknowledged is there, and nothing is there twice.

What is killed is Samnod's own processes, all of them at one stroke. SQLite lives in those processes, so its file is
left as a crash leaves it. PostgreSQL's server goes on, as it does on a machine of its own; that it survives a crash
itself is PostgreSQL's promise, and the test's server runs with fsync off. A power cut is tested on neither.
"""

import random
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from app.enterprises.tables import Enterprise
from app.journal.tables import JournalEntry
from app.matching import index as matching_index
from tests.durability.load import Ledger, Load
from tests.durability.node import Node, running_node


def check(node: Node, known: Ledger) -> None:
    """Compare the database with what the clients were told.

    Every acknowledged write is there, whole; no request has been carried out twice, acknowledged or not; the journal
    tells each version once, without a gap; the index that ranks agrees with the registry.
    """
    with node.database() as database, database.reads() as session:
        found = {row.id: row for row in session.execute(select(Enterprise)).scalars()}
        journal = session.execute(
            select(col(JournalEntry.seq), col(JournalEntry.record_id), col(JournalEntry.rev)).order_by(
                col(JournalEntry.seq)
            )
        ).all()
        faults = matching_index.check(session)
    names = Counter(row.name for row in found.values())
    assert [name for name, times in names.items() if times > 1] == [], "done twice"
    assert [key for key, record in known.made.items() if record not in found] == [], "acknowledged and lost"
    assert [key for key, record in known.made.items() if found[record].name != known.sent[key]] == []
    behind = {record: (rev, found[record].rev) for record, rev in known.revs.items() if found[record].rev < rev}
    assert behind == {}, "an acknowledged change is lost"
    told = [(record, rev) for _, record, rev in journal if record in found]
    assert sorted(told) == sorted((row.id, rev) for row in found.values() for rev in range(1, row.rev + 1))
    numbers = [seq for seq, _, _ in journal]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "the journal has a gap"
    assert faults == []


def kill_often(kind: str, folder: Path, kills: int, workers: int) -> tuple[Ledger, list[float]]:
    """Kill the server `kills` times under load, checking after each start; return the ledger and the start times."""
    chance = random.Random(f"{kind} {kills}")
    starts = []
    with running_node(kind, folder, workers) as node:
        with Load(node) as load:
            for _ in range(kills):
                load.wait_for(chance.randint(5, 25))
                node.kill()
                known = load.snapshot()
                starts.append(node.start())
                check(node, known)
            load.wait_for(10)
        # Every client has its last acknowledgement: nothing is left in doubt.
        known = load.snapshot()
        assert known.made.keys() == known.sent.keys()
        assert known.wrong == []
        check(node, known)
    return known, starts


@pytest.mark.deep
def test_a_killed_server_loses_nothing_and_does_nothing_twice(database_kind: str, tmp_path: Path):
    kill_often(database_kind, tmp_path, kills=1, workers=1)


@pytest.mark.deep
def test_twenty_kills_lose_nothing_and_do_nothing_twice(database_kind: str, tmp_path: Path):
    known, starts = kill_often(database_kind, tmp_path, kills=20, workers=2)
    # Requests that had been carried out and came again were many, so that nothing was done twice says something.
    assert known.replayed > 0
    print(f"{database_kind}: {len(known.made)} registered, {sum(known.revs.values())} versions,")
    print(f"{known.replayed} answers replayed; a start takes {min(starts):.1f} to {max(starts):.1f} s")


@pytest.mark.deep
def test_a_worker_that_is_killed_is_started_again_and_nothing_is_lost(database_kind: str, tmp_path: Path):
    with running_node(database_kind, tmp_path, workers=2) as node, Load(node) as load:
        for _ in range(5):
            load.wait_for(15)
            gone = node.worker_processes()[0]
            node.kill_one_worker()
            gone.wait(10)
            load.wait_for(30)
            check(node, load.snapshot())
        assert load.snapshot().wrong == []
