"""Fixtures of the tests between nodes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.nodes import Node
from tests.sync.pairs import KINDS, acquainted
from tests.sync.processes import Starter, started_starter


@pytest.fixture(scope="session")
def starter() -> Iterator[Starter]:
    """Give what starts processes quickly; the first test that starts one waits until the program is loaded."""
    with started_starter() as starter:
        yield starter


@pytest.fixture(params=KINDS, ids="-".join)
def pair(request: pytest.FixtureRequest, starter: Starter, tmp_path: Path) -> Iterator[list[Node]]:
    """Give a home with forty records and a reader that has read them, with databases of either kind."""
    home, reader = request.param
    with acquainted(starter, tmp_path, {"north": home, "south": reader}) as nodes:
        yield nodes


@pytest.fixture
def light_pair(starter: Starter, tmp_path: Path) -> Iterator[list[Node]]:
    """Give the same on SQLite, for what is not the database's business."""
    with acquainted(starter, tmp_path, {"north": "sqlite", "south": "sqlite"}) as nodes:
        yield nodes
