"""What a peer may be: of a newer version, poisoned, without an end, a storm, or not who it says it is.

Each between real processes, and each ends with equal digests. Faults are drawn as those of test_faults_of_nodes.py are.
"""

from pathlib import Path

import pytest

from app.sync import queries
from tests.sync import homework
from tests.sync.faulty import as_somebody_else
from tests.sync.nodes import Node, require_agreement, sync_all
from tests.sync.pairs import acquainted, fail_to_read, read, states
from tests.sync.processes import Starter

pytestmark = pytest.mark.fault


def test_fields_of_a_newer_minor_version_survive(light_pair: list[Node]):
    home, reader = light_pair
    write_as(home, ["newer:1.7"], 500)
    read(reader)
    require_agreement(light_pair)
    assert states(reader, home) == {"current": 41}
    assert '"future":{"of":"1.7"}' in payload_at(reader, home, 500)
    assert homework.summary_at(reader, home, 500) == "Skriven hemma."


def test_records_of_a_newer_major_version_are_parked_and_shown_after_the_upgrade(light_pair: list[Node]):
    home, reader = light_pair
    write_as(home, ["newer:2.0"], 500)
    told = read(reader)
    require_agreement(light_pair)
    assert states(reader, home) == {"current": 40, "parked": 1}
    assert homework.summary_at(reader, home, 500) is None
    assert "parked" in told
    # The other node is upgraded too, and need not fetch the record again.
    home.stop()
    reader.do("sync", "quarantine", "retry", harm=["newer:2.0"])
    assert states(reader, home) == {"current": 41}
    assert homework.summary_at(reader, home, 500) == "Skriven hemma."


def test_a_poisoned_record_is_kept_aside_and_the_feed_goes_on(pair: list[Node]):
    home, reader = pair
    write_as(home, ["poison:organization"], 500)
    homework.write(home, [501])
    told = read(reader)
    assert "quarantined" in told
    require_agreement(pair)
    assert states(reader, home) == {"current": 41, "quarantined": 1}
    assert homework.summary_at(reader, home, 501) == "Skriven hemma."
    # Mended at home, it is shown here.
    homework.write(home, [500], summary="Rätt.")
    read(reader)
    require_agreement(pair)
    assert states(reader, home) == {"current": 42}
    assert homework.summary_at(reader, home, 500) == "Rätt."


def write_as(node: Node, harm: list[str], number: int) -> None:
    """Let a process with this harm in it write an organisation at a node."""
    node.do("--help", harm=[*harm, f"write:{node.id}:{number}"])


def payload_at(node: Node, home: Node, number: int) -> str:
    """Return what a node keeps of an organisation of a home, verbatim."""
    with node.database() as database, database.reads() as session:
        (row,) = session.execute(queries.records(home.id, "organization", [homework.record_id(home, number)])).scalars()
        return str(row.payload)


@pytest.mark.parametrize(
    ("harm", "said"),
    [("claims:elsewhere", "another node"), ("claims:south", "another node"), ("wrong_key", "signature")],
)
def test_a_peer_that_is_not_what_it_says_is_not_believed(light_pair: list[Node], harm: str, said: str):
    home, reader = light_pair
    homework.write(home, [1], summary="Falsk.")
    home.restart(harm=[harm])
    own = reader.digest(reader.id)
    told = fail_to_read(reader)
    assert said in told
    assert homework.summary_at(reader, home, 1) == "Skriven hemma."
    assert reader.digest(reader.id) == own
    home.restart()
    read(reader)
    require_agreement(light_pair)


def test_a_page_made_for_another_node_is_not_taken(starter: Starter, tmp_path: Path):
    kinds = {"north": "sqlite", "south": "sqlite", "east": "sqlite"}
    with acquainted(starter, tmp_path, kinds) as nodes:
        home, reader, other = nodes
        other.do("sync", "run")
        token = home.proxy.asked[-1].headers["authorization"]
        homework.write(home, [1], summary="Nyare.")
        home.proxy.harm(as_somebody_else(token), path="/sync/v1/", times=100)
        assert "another node" in fail_to_read(reader)
        assert homework.summary_at(reader, home, 1) == "Skriven hemma."
        home.proxy.heal()
        sync_all(nodes)
        require_agreement(nodes)


def test_a_feed_without_an_end_is_given_up(light_pair: list[Node]):
    home, reader = light_pair
    home.restart(harm=["endless"])
    homework.write(home, [1], summary="Nyare.")
    assert "again and again" in fail_to_read(reader)
    home.restart()
    # What it made up was signed, and is here: that so much of it goes has to be right.
    assert "deletions allow" in fail_to_read(reader)
    reader.do("sync", "deletions", "allow", home.id)
    read(reader)
    require_agreement(light_pair)


def test_a_storm_of_deletions_is_held_for_the_operator(pair: list[Node]):
    home, reader = pair
    homework.write(home, range(100, 200))
    read(reader)
    before = reader.digest(home.id)
    homework.remove(home, range(100, 180))
    told = fail_to_read(reader)
    assert "samnod sync deletions allow north" in told
    assert reader.digest(home.id) == before
    reader.do("sync", "deletions", "allow", home.id)
    read(reader)
    require_agreement(pair)
    assert homework.summary_at(reader, home, 100) is None
