"""Clients that write as the documentation tells them to, and keep a list of what was acknowledged."""

import random
import threading
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from tests.durability.node import Node

CLIENTS = 4
PATCH = "application/merge-patch+json"


class _GivenUpError(Exception):
    """The test is over: whoever still waits for an answer may go."""


@dataclass
class Ledger:
    """What the clients know: which requests they sent, and which of them the server has acknowledged."""

    sent: dict[str, str] = field(default_factory=dict)
    """Idempotency key -> name of the enterprise that the request registers."""
    made: dict[str, str] = field(default_factory=dict)
    """Idempotency key -> id in the acknowledgement."""
    revs: dict[str, int] = field(default_factory=dict)
    """Id -> the last version that was acknowledged."""
    replayed: int = 0
    """Acknowledgements of what had been done before the server died."""
    wrong: list[str] = field(default_factory=list)
    """Answers that no client should ever see."""


class Load:
    """Write load for the length of a `with` block: each client registers an enterprise, then changes it, and again."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.ledger = Ledger()
        self.last_refusal = ""
        self._stop = threading.Event()
        self._given_up = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(me,), name=f"client {me}") for me in range(CLIENTS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stop.set()
        if kind is not None:
            # The test has failed: nobody waits for a server that may never come back.
            self._given_up.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def acknowledged(self) -> int:
        """Return how many writes have been acknowledged."""
        with self._lock:
            return len(self.ledger.made) + sum(self.ledger.revs.values()) - len(self.ledger.revs)

    def wait_for(self, more: int, seconds: float = 60) -> None:
        """Wait until `more` writes have been acknowledged than now.

        Raises AssertionError when the clients get no further.
        """
        wanted, tick = self.acknowledged() + more, threading.Event()
        for _ in range(int(seconds / 0.01)):
            if self.acknowledged() >= wanted:
                return
            tick.wait(0.01)
        raise AssertionError(f"no progress: {self.ledger.wrong[-5:]} {self.last_refusal}")

    def snapshot(self) -> Ledger:
        """Return the ledger as it is now."""
        with self._lock:
            known = self.ledger
            return Ledger(dict(known.sent), dict(known.made), dict(known.revs), known.replayed, list(known.wrong))

    def _run(self, me: int) -> None:
        turn = 0
        # A client that has begun goes on until its request is acknowledged: it stops between two requests.
        with suppress(_GivenUpError), self.node.client() as client:
            while not self._stop.is_set():
                record = self._register(client, f"client-{me}-turn-{turn}", f"Exempel {me} {turn}")
                if record is not None:
                    self._change(client, record)
                turn += 1

    def _register(self, client: httpx.Client, key: str, name: str) -> str | None:
        with self._lock:
            self.ledger.sent[key] = name
        body = {"name": name, "country": "SE", "source": "exempel"}
        answer = self._insist(client, "POST", "/enterprises", json=body, headers={"Idempotency-Key": key})
        if answer.status_code != 201:
            self._complain(answer)
            return None
        with self._lock:
            self.ledger.made[key] = answer.json()["id"]
            self.ledger.revs[answer.json()["id"]] = answer.json()["rev"]
            self.ledger.replayed += answer.headers.get("Idempotent-Replayed") == "true"
        return str(answer.json()["id"])

    def _change(self, client: httpx.Client, record: str) -> None:
        with self._lock:
            rev = self.ledger.revs[record]
        headers = {"If-Match": f'"{rev}"', "Content-Type": PATCH}
        answer = self._insist(
            client, "PATCH", f"/enterprises/{record}", json={"summary": f"Rad {rev}"}, headers=headers
        )
        # 412 is right when the first attempt was written and its acknowledgement died with the server.
        if answer.status_code not in (200, 412):
            self._complain(answer)
        elif answer.status_code == 200:
            with self._lock:
                self.ledger.revs[record] = answer.json()["rev"]

    def _insist(self, client: httpx.Client, method: str, path: str, **request: object) -> httpx.Response:
        """Send the same request until the server gives an answer of its own.

        The first time every other client hangs up before it can have been answered, as if the line had broken: what
        the server did for it is then known to the server alone.
        """
        patience = random.choice([0.03, 0.1, 20, 20])
        while not self._given_up.is_set():
            try:
                answer = client.request(method, path, timeout=patience, **request)  # type: ignore[arg-type]
            except httpx.TransportError:
                patience = 20
                # Not too often: whoever starts the server again needs the processor.
                self._given_up.wait(0.2)
                continue
            twin = answer.status_code == 409 and "Idempotency-Key" in request["headers"]  # type: ignore[operator]
            if twin or answer.status_code == 503:
                self.last_refusal = answer.text
                self._given_up.wait(0.05)
                continue
            return answer
        raise _GivenUpError

    def _complain(self, answer: httpx.Response) -> None:
        with self._lock:
            self.ledger.wrong.append(f"{answer.request.method} {answer.status_code} {answer.text[:300]}")
