"""Many writers at once, over HTTP, through two workers: one wins each round, and nothing acknowledged is lost."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.durability.node import Node, running_node

WRITERS = 20
TURNS = 6


def body(name: str, summary: str = "") -> dict[str, str]:
    """Return the least that an enterprise is made of."""
    return {"name": name, "country": "SE", "source": "exempel", "summary": summary}


def compete(node: Node, record: str, rounds: int) -> list[Counter[int]]:
    """Let 20 writers read a number in the record and write the next one, at the same moment in each round.

    Returns how many of each status were answered in each round.
    """
    together = threading.Barrier(WRITERS)
    answers: list[Counter[int]] = [Counter() for _ in range(rounds)]
    counting = threading.Lock()

    def write() -> None:
        with node.client() as client:
            for turn in range(rounds):
                found = client.get(f"/enterprises/{record}")
                number = int(found.json()["summary"])
                together.wait(timeout=60)
                answer = client.patch(
                    f"/enterprises/{record}",
                    json={"summary": str(number + 1)},
                    headers={"If-Match": found.headers["ETag"], "Content-Type": "application/merge-patch+json"},
                )
                with counting:
                    answers[turn][answer.status_code] += 1
                # Nobody reads for the next round before everybody has written in this one.
                together.wait(timeout=60)

    with ThreadPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(write) for _ in range(WRITERS)]:
            done.result()
    return answers


def one_wins_each_round(node: Node, rounds: int) -> None:
    """Check the whole of it: the statuses, the sum, the version and the history."""
    with node.client() as client:
        made = client.post("/enterprises", json=body("Exempel Räknaren", "0"))
        assert made.status_code == 201, made.text
        record = made.json()["id"]
        answers = compete(node, record, rounds)
        assert answers == [Counter({412: WRITERS - 1, 200: 1})] * rounds
        found = client.get(f"/enterprises/{record}")
        assert (found.json()["summary"], found.json()["rev"]) == (str(rounds), 1 + rounds)
        history = client.get(f"/enterprises/{record}/history").json()["items"]
        # Newest first: each winner replaced what the winner before it had written.
        won = [(change["rev"], change["before"]["summary"]) for change in history]
        assert won == [(2 + turn, str(turn)) for turn in reversed(range(rounds))]
    assert node.faults() == []


# Both in one test: a server with two workers takes seconds to start. Each time the rooms' own tests let threads
# compete.
@pytest.mark.deep
def test_two_workers_twenty_writers_one_wins_each_round_and_nobody_is_refused(database_kind: str, tmp_path: Path):
    with running_node(database_kind, tmp_path, workers=2) as node:
        one_wins_each_round(node, rounds=3)
        both_workers_write(node)


@pytest.mark.deep
def test_twenty_writers_on_one_record_for_fifty_rounds(database_kind: str, tmp_path: Path):
    with running_node(database_kind, tmp_path, workers=2) as node:
        one_wins_each_round(node, rounds=50)


@contextmanager
def clients_of_both_workers(node: Node) -> Iterator[list[httpx.Client]]:
    """Give eight clients whose kept connections are with both workers, so that both of them write."""
    for _ in range(20):
        with ExitStack() as opened:
            clients = [opened.enter_context(node.client()) for _ in range(8)]
            for client in clients:
                client.get("/api-info")
            served = [connections_of(worker) for worker in node.worker_processes()]
            if len(served) == 2 and all(served):
                yield clients
                return
    raise AssertionError("one of the workers took no connection")


def connections_of(worker: psutil.Process) -> int:
    """Return how many clients are connected to a worker."""
    return sum(1 for one in worker.net_connections("tcp") if one.status == psutil.CONN_ESTABLISHED)


def both_workers_write(node: Node) -> None:
    """Check that many new records sent to both workers are all taken: nobody meets a locked database."""
    with node.client() as client:
        before = client.get("/enterprises").json()["total"]

    def write(me: int, client: httpx.Client) -> list[int]:
        sent = [client.post("/enterprises", json=body(f"Exempel {me} {turn}")) for turn in range(TURNS)]
        return [answer.status_code for answer in sent]

    with clients_of_both_workers(node) as clients, ThreadPoolExecutor(len(clients)) as pool:
        written = pool.map(write, range(len(clients)), clients)
        statuses = Counter(status for done in written for status in done)
    assert statuses == Counter({201: TURNS * len(clients)})
    assert node.faults() == []
    with node.client() as client:
        assert client.get("/enterprises").json()["total"] == before + TURNS * len(clients)
