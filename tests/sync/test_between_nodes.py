"""Three real server processes, one of them on PostgreSQL: they read each other, hold the same, and answer the same.

They also meet two faults of the wire that are drawn each day from test_faults_on_the_wire.py, which has them all. Each
time this is done with a few records a node, and at length with the demo split by county.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest

from app.sync import status
from tests.sync.few import few_nodes
from tests.sync.nodes import IDS, Node, acquaint, demo_nodes, require_agreement, sync_all
from tests.sync.processes import Starter
from tests.sync.test_faults_on_the_wire import DRAWN, survive

# What is asked of every node: the registry by words, a need that is matched, and a search for support.
QUESTIONS: Sequence[tuple[str, str, dict[str, Any]]] = (
    ("GET", "/enterprises", {"params": {"words": "städning", "limit": 50}}),
    ("GET", "/enterprises", {"params": {"area": "NO-50", "limit": 50}}),
    ("GET", "/support-offers", {"params": {"words": "rådgivning", "limit": 50}}),
    ("GET", "/opportunities", {"params": {"limit": 50}}),
    ("GET", "/needs", {"params": {"limit": 50}}),
    ("POST", "/matches/preview", {"json": {"title": "städning av skolor", "lots": [{"area_codes": ["SE-2380"]}]}}),
    ("POST", "/matches/preview", {"json": {"title": "kantine og catering", "lots": [{"area_codes": ["NO-5001"]}]}}),
)
FEW = ("sqlite", "postgresql", "sqlite", "few")
MIXED = FEW[:3]
OTHERS = (("postgresql", "sqlite", "postgresql"), ("postgresql", "postgresql", "sqlite"))


def deep(kinds: Sequence[str]) -> Any:
    """Return a parameter of the long tests."""
    return pytest.param(kinds, marks=pytest.mark.deep)


def answers_of(node: Node) -> list[Any]:
    """Return what a node answers to each question: which records, whose, in which order, with which points.

    The last answers are the opportunities that fit the first enterprise of the last question, and what fits the first
    of those in turn.
    """
    found = []
    with httpx.Client(base_url=f"{node.url}/api/v1", timeout=60) as client:
        for method, path, asked in QUESTIONS:
            answer = client.request(method, path, **asked)
            found.append(_told(node, answer))
        for kind in ("enterprises", "opportunities"):
            first = found[-1][0][0]
            found.append(_told(node, client.get(f"/{kind}/{first}/matches")))
    return found


def _told(node: Node, answer: httpx.Response) -> list[tuple[Any, ...]]:
    assert answer.status_code == 200, f"{node.id} {answer.url}: {answer.text}"
    items = answer.json()["items"]
    assert items, f"{node.id} finds nothing at {answer.url}"
    records = [item.get("enterprise") or item.get("opportunity") or item for item in items]
    assert {record["home"] for record in records} <= set(IDS.values())
    return [
        (record["id"], record["home"], item.get("score"), item.get("eligibility"))
        for record, item in zip(records, items, strict=True)
    ]


def kept_aside(node: Node) -> list[tuple[str, str | None]]:
    """Return what a node holds and cannot show: the type, and why."""
    with node.database() as database, database.reads() as session:
        return [(one.type, one.fault) for one in status.aside(session)]


@pytest.fixture(scope="module", params=[FEW, *map(deep, (MIXED, *OTHERS))], ids="-".join)
def trio(
    request: pytest.FixtureRequest, starter: Starter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Node]]:
    """Give three nodes that have read each other once: with a few records each, or with the demo split between them."""
    if request.param == FEW:
        with few_nodes(starter, tmp_path_factory.mktemp("few"), MIXED) as nodes:
            sync_all(nodes)
            yield nodes
        return
    with demo_nodes(starter, tmp_path_factory.mktemp("trio"), request.param) as nodes:
        acquaint(nodes)
        sync_all(nodes)
        yield nodes


def test_three_nodes_hold_the_same_and_rank_alike(trio: list[Node]):
    held = require_agreement(trio)
    assert {"organization", "enterprise", "opportunity", "support_offer", "need"} <= set(held["vasternorrland"])
    assert {node.id: kept_aside(node) for node in trio} == {node.id: [] for node in trio}
    answers = [answers_of(node) for node in trio]
    for number, question in enumerate([*QUESTIONS, "what fits an enterprise", "who fits an opportunity"]):
        assert answers[0][number] == answers[1][number] == answers[2][number], question
    # A need that two counties can meet finds the enterprises of both.
    assert len({home for _, home, *_ in answers[0][0]}) > 1


def test_a_night_on_which_nothing_has_changed_takes_three_questions_a_peer(trio: list[Node]):
    for node in trio:
        node.proxy.heal()
    held = require_agreement(trio)
    sync_all(trio)
    for node in trio:
        asked = [question.path for question in node.proxy.asked]
        assert 0 < len(asked) <= 3 * (len(trio) - 1), asked
    assert require_agreement(trio) == held


@pytest.mark.parametrize("name", DRAWN)
def test_a_fault_drawn_for_the_day_is_survived(trio: list[Node], name: str):
    survive(trio[:2], name)


@pytest.mark.deep
@pytest.mark.parametrize("name", DRAWN)
def test_a_fault_drawn_for_the_day_is_survived_the_other_way(trio: list[Node], name: str):
    survive([trio[1], trio[0]], name)
