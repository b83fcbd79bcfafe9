"""Three real server processes, one of them on PostgreSQL: they read each other, hold the same, and answer the same."""

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.sync import status
from tests.sync.nodes import Node, acquaint, demo_nodes, require_agreement, sync_all
from tests.sync.processes import Starter

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


def answers_of(node: Node) -> list[Any]:
    """Return what a node answers to each question: which records, in which order, with which points."""
    found = []
    with httpx.Client(base_url=f"{node.url}/api/v1", timeout=60) as client:
        for method, path, asked in QUESTIONS:
            answer = client.request(method, path, **asked)
            assert answer.status_code == 200, f"{node.id} {path}: {answer.text}"
            items = answer.json()["items"]
            assert items, f"{node.id} finds nothing at {path} {asked}"
            found.append([_told(item) for item in items])
    return found


def _told(item: dict[str, Any]) -> tuple[Any, ...]:
    record = item.get("enterprise", item)
    return record["id"], item.get("score"), item.get("eligibility")


def kept_aside(node: Node) -> list[tuple[str, str | None]]:
    """Return what a node holds and cannot show: the type, and why."""
    with node.database() as database, database.reads() as session:
        return [(one.type, one.fault) for one in status.aside(session)]


def agree_and_answer_alike(starter: Starter, folder: Path, kinds: Sequence[str]) -> None:
    """Check the whole of it on nodes with databases of these kinds."""
    with demo_nodes(starter, folder, kinds) as nodes:
        acquaint(nodes)
        sync_all(nodes)
        held = require_agreement(nodes)
        assert {"organization", "enterprise", "opportunity", "support_offer", "need"} <= set(held["vasternorrland"])
        assert {node.id: kept_aside(node) for node in nodes} == {node.id: [] for node in nodes}
        answers = [answers_of(node) for node in nodes]
        for number, question in enumerate(QUESTIONS):
            assert answers[0][number] == answers[1][number] == answers[2][number], question
        # Nothing has changed: a second night finds nothing to fetch.
        for node in nodes:
            node.proxy.heal()
        sync_all(nodes)
        for node in nodes:
            asked = [question.path for question in node.proxy.asked]
            assert len(asked) <= 3 * (len(nodes) - 1), asked
        assert require_agreement(nodes) == held


def test_three_nodes_hold_the_same_and_rank_alike(starter: Starter, tmp_path: Path):
    agree_and_answer_alike(starter, tmp_path, ["sqlite", "postgresql", "sqlite"])


@pytest.mark.deep
@pytest.mark.parametrize("kinds", sorted(set(permutations(["sqlite", "postgresql", "postgresql"]))))
def test_so_they_do_whatever_databases_they_have(starter: Starter, tmp_path: Path, kinds: tuple[str, ...]):
    agree_and_answer_alike(starter, tmp_path, kinds)
