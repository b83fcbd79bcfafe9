"""Thousands of damaged and hostile notices: each is brought in or refused, and none takes long or much memory.

A limit of time is one of the processor: the tests of other files run on the same cores, and an import waits for nobody.
How the memory is measured is told in watching.py. Every mutation that fails is named by its seed, which makes it again.
"""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from app.core.db import Database
from app.core.errors import SamnodError
from app.notices.service import import_notice
from app.settings import settings
from tests.keys import key_for
from tests.notices.mutations import Mutation, mutation
from tests.notices.notices import own
from tests.notices.watching import Cost, Watch, slowness

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CALL = "se_reserved_cleaning.xml"
XML = {"Content-Type": "application/xml"}
MOST_SECONDS, MOST_MEGABYTES = 2, 200
# How long one may take while the machine does other things; what waits for a lock takes longer.
MOST_WAITED = 30


@pytest.fixture
def folder() -> Path:
    """Give the development data's notices."""
    found = settings().data_dir / "notices"
    if not found.is_dir():
        pytest.skip("needs the development data ($SAMNOD_DATA_DIR), which is absent")
    return found


def check(cost: Cost, one: Mutation) -> None:
    if cost.processor >= MOST_SECONDS:
        assert cost.processor < MOST_SECONDS * slowness(), str(one)
    assert cost.seconds < MOST_WAITED, str(one)
    assert cost.megabytes < MOST_MEGABYTES, str(one)


def bring(database: Database, watch: Watch, one: Mutation) -> str:
    """Return what became of a mutation; whatever is no answer of ours is raised."""
    try:
        with watch() as cost, database.writes() as session:
            outcome = import_notice(session, one.content, source="file.xml", home="node", now=NOW).outcome.value
    except SamnodError as refusal:
        outcome = type(refusal).__name__
    check(cost, one)
    return outcome


def send(client: httpx.Client, key: dict[str, str], watch: Watch, one: Mutation) -> int:
    """Return the status with which the API answers a mutation."""
    with watch() as cost:
        answer = client.post("/api/v1/notices", content=one.content, headers=key | XML)
    check(cost, one)
    assert answer.status_code in {200, 201, 400, 403, 409, 413, 422}, f"{one}: {answer.status_code} {answer.text}"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", str(one)
        assert answer.json()["detail"], str(one)
    return answer.status_code


def test_the_same_seed_makes_the_same_file(folder: Path):
    assert [mutation(seed, folder).content for seed in range(40)] == [
        mutation(seed, folder).content for seed in range(40)
    ]


# Two hundred each time; the other two thousand are among the long tests, four hundred at once: of fewer, chance decides
# how many say what is known already.
@pytest.mark.parametrize(
    ("start", "number"),
    [(0, 200), *(pytest.param(one, 400, marks=pytest.mark.deep) for one in range(200, 2_200, 400))],
)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_two_thousand_through_the_api(
    app_client: httpx.Client, database: Database, folder: Path, start: int, number: int
):
    key = key_for(database, "buyer")
    # The first notice makes the program read its lists, which stay.
    assert app_client.post("/api/v1/notices", content=own(CALL), headers=key | XML).status_code == 201
    watch = Watch()
    answers = Counter(send(app_client, key, watch, mutation(seed, folder)) for seed in range(start, start + number))
    # Were they all refused at once, or all let in, nothing would have been tried.
    assert answers[201] > 20
    assert answers[200] > 10
    assert answers[422] > 80


def test_each_database_takes_them(database: Database, folder: Path):
    with database.writes() as session:
        import_notice(session, own(CALL), source="file.xml", home="node", now=NOW)
    watch = Watch()
    outcomes = Counter(bring(database, watch, mutation(seed, folder)) for seed in range(2_000, 2_100))
    assert outcomes["created"] > 10
    assert outcomes["InvalidContent"] > 40


@pytest.mark.deep
@pytest.mark.parametrize("start", range(10_000, 20_000, 2_500))
def test_ten_thousand_more(database: Database, folder: Path, start: int):
    with database.writes() as session:
        import_notice(session, own(CALL), source="file.xml", home="node", now=NOW)
    watch = Watch()
    outcomes = Counter(bring(database, watch, mutation(seed, folder)) for seed in range(start, start + 2_500))
    assert outcomes["created"] > 250
