"""Fixtures of the tests between nodes."""

from collections.abc import Iterator

import pytest

from tests.sync.processes import Starter, started_starter


@pytest.fixture(scope="session")
def starter() -> Iterator[Starter]:
    """Give what starts processes quickly; the first test that starts one waits until the program is loaded."""
    with started_starter() as starter:
        yield starter
