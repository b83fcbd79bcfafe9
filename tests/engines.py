"""On which databases a test runs each time, and on which only among the long tests (`make test-deep`).

Every test that asks a database runs on SQLite each time and has a twin on PostgreSQL. A quarter of the twins run each
time, another quarter with each commit, and all of them at length. What stands above the rooms' services, or goes
through the same statements a hundred times, has its twin among the long tests only. What is PostgreSQL's own has no
twin, and runs each time. A test that is marked `turns`, since there are hundreds of its sort, takes turns as twins do.
"""

import hashlib
import random
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pytest

MOSTLY_SQLITE: Final = ["sqlite", pytest.param("postgresql", marks=pytest.mark.deep)]
# For one test; a folder overrides the fixture `database_kind` instead.
mostly_sqlite = pytest.mark.parametrize("database_kind", MOSTLY_SQLITE)
# Modules that ask through routes and pages what the rooms' own tests have asked of the services on both.
ABOVE_SERVICES: Final = {
    "test_routes.py",
    "test_permissions.py",
    "test_page_permissions.py",
    "test_the_deal_by_keys.py",
}
_EACH_TIME: Final = 4
_FAULTS_EACH_TIME: Final = 2
# What takes longest begins first: what is left for the end is small, and both processes end together.
_LONG: Final = (
    "_browser.py",
    "accessibility.py",
    "the_deal.py",
    "between_nodes.py",
    "faults_of_nodes.py",
    "faults_of_peers.py",
    "permissions.py",
    "schemathesis.py",
)


def put_twins_aside(items: Sequence[pytest.Item]) -> None:
    """Mark as `deep` and `twin` the twins on PostgreSQL, and the tests that take turns, whose turn it is not."""
    known = {item.nodeid for item in items}
    for item in items:
        is_twin = "postgresql" in item.name and item.nodeid.replace("postgresql", "sqlite") in known
        stays_away = is_twin and item.path.name in ABOVE_SERVICES
        takes_turns = is_twin or item.get_closest_marker("turns") is not None
        if stays_away or (takes_turns and not is_its_turn(item.nodeid, commit())):
            item.add_marker(pytest.mark.deep)
            item.add_marker(pytest.mark.twin)


def draw_faults(items: Sequence[pytest.Item], day: str) -> None:
    """Mark as `deep` the faults of nodes that are not drawn for the day; those that take minutes are so already."""
    short = [item for item in items if item.get_closest_marker("fault") and not item.get_closest_marker("deep")]
    drawn = random.Random(day).sample(sorted(item.nodeid for item in short), min(_FAULTS_EACH_TIME, len(short)))
    for item in short:
        if item.nodeid not in drawn:
            item.add_marker(pytest.mark.deep)


def long_ones_first(items: list[pytest.Item]) -> None:
    """Put the files that take longest first, and leave the rest in order."""
    items.sort(key=lambda item: not item.path.name.endswith(_LONG))


def is_its_turn(nodeid: str, seed: str) -> bool:
    """Tell whether a test that takes turns is in the quarter that runs with this seed."""
    return hashlib.sha256(f"{seed}{nodeid}".encode()).digest()[0] % _EACH_TIME == 0


@cache
def commit() -> str:
    """Return the commit that is tested, the same in every process; nothing where there is no repository."""
    asked = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(asked, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return done.stdout.strip()
