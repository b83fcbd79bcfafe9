"""A home and those who have read it, as faults meet them: each with a few records, between real processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.sync import queries
from app.sync.vocabulary import RecordState
from tests.sync import homework
from tests.sync.nodes import Node, acquaint, empty_nodes, require_agreement, sync_all
from tests.sync.processes import Starter

KINDS = (("sqlite", "postgresql"), ("postgresql", "sqlite"))
FIRST = range(40)


@contextmanager
def acquainted(starter: Starter, folder: Path, kinds: dict[str, str]) -> Iterator[list[Node]]:
    """Give nodes that know and have read each other; the first has forty records, each other one has one."""
    with empty_nodes(starter, folder, kinds) as nodes:
        acquaint(nodes)
        homework.write(nodes[0], FIRST)
        for node in nodes[1:]:
            homework.write(node, [0])
        sync_all(nodes)
        require_agreement(nodes)
        yield nodes


def read(reader: Node, *harm: str) -> str:
    """Let the reader read, and succeed."""
    return reader.do("sync", "run", harm=["hasty", *harm])


def fail_to_read(reader: Node, *harm: str, seconds: float = 120) -> str:
    """Let the reader read, and fail; return what it said."""
    done = reader.run("sync", "run", harm=["hasty", *harm], seconds=seconds)
    assert done.code != 0, f"the run succeeded:\n{done.text}"
    return done.text


def states(node: Node, home: Node) -> dict[str, int]:
    """Count the living records of a home at a node by their state."""
    with node.database() as database, database.reads() as session:
        found: dict[str, int] = {}
        for of, _, state, number in session.execute(queries.counts()):
            if of == home.id:
                found[RecordState(state).value] = found.get(RecordState(state).value, 0) + number
    return found
