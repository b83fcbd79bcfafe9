"""How many requests a second the API answers: pages of a list, with ready bytes of the same server beside them.

wrk asks over 16 connections, the server has two processes, and the limits are off. Rounds go from question to question,
so that whatever else the machine does meets all of them.
"""

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import psutil

from app.core.db import Database
from benchmarks import awards, registry
from benchmarks.timing import migrated

SAMNOD = Path(sys.executable).with_name("samnod")
WORKERS = 2
ENTERPRISES = 10_000
NO_WRK = "wrk is not installed, so throughput was not measured. On Debian and Ubuntu: apt-get install wrk"
_LIST = "/api/v1/enterprises"
# What wrk asks: one address again and again, or what a script makes of the number of the request.
_EACH = "local n = 0\nrequest = function()\n  n = n + 1\n  return wrk.format('GET', {address})\nend\n"
QUESTIONS = {
    "ready bytes": "/healthz",
    "page of 20": f"{_LIST}?limit=20",
    "100 pages of 20 in turn": _EACH.format(address=f"'{_LIST}?limit=20&page=' .. (n % 100 + 1)"),
    "a page never asked for before": _EACH.format(
        # One parameter that says nothing new makes of each a question that the server does not know.
        address=f"'{_LIST}?limit=20&page=' .. (n % 100 + 1) .. '&words=' .. string.rep('%20', n % 150) .. '&kind=' .. "
        "string.rep('%20', math.floor(n / 150) % 150)"
    ),
}


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a second of one question on one database: the median of the rounds, and each of them.

    `cpu_ms` is what the server's own processes worked for each request: it says the same on a busy machine.
    """

    database: str
    enterprises: int
    question: str
    requests_per_second: int
    p99_ms: float
    cpu_ms: float
    rounds: list[int]


@dataclass(frozen=True, slots=True)
class _Round:
    per_second: float
    p99_ms: float
    cpu_ms: float


def run(train: Path, kinds: list[str], *, seconds: int = 10, rounds: int = 5) -> list[Rate]:
    """Measure every question on every database. Raises RuntimeError when wrk is missing."""
    if shutil.which("wrk") is None:
        raise RuntimeError(NO_WRK)
    winners = awards.profiles(awards.read(train))
    found: list[Rate] = []
    for kind in kinds:
        with migrated(kind) as database:
            registry.fill(database, ENTERPRISES, winners)
            with served(database) as (address, server):
                found += _measure(kind, address, server, seconds, rounds)
            database.close()
    return found


@contextmanager
def served(database: Database, workers: int = WORKERS) -> Iterator[tuple[str, psutil.Process]]:
    """Serve `database` for the length of the block, with logs on and limits off; give the address and the process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as var:
        chosen = {
            "SAMNOD_DATABASE_URL": database.url.render_as_string(hide_password=False),
            "SAMNOD_VAR_DIR": var,
            "SAMNOD_RATE_LIMITS": "off",
            "SAMNOD_LOG_LEVEL": "info",
        }
        command = [str(SAMNOD), "serve", "--port", str(port), "--workers", str(workers)]
        server = subprocess.Popen(command, env=os.environ | chosen, stderr=subprocess.DEVNULL)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address, server)
            yield address, psutil.Process(server.pid)
        finally:
            server.terminate()
            server.wait(20)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError(f"the server stopped with status {server.returncode}")
        try:
            if httpx.get(f"{address}/readyz").status_code == 200:
                # The other processes start a little later.
                time.sleep(3)
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the server did not start within a minute")


def _measure(kind: str, address: str, server: psutil.Process, seconds: int, rounds: int) -> list[Rate]:
    for question in QUESTIONS.values():
        _round(address, server, question, 1)
    asked: dict[str, list[_Round]] = {name: [] for name in QUESTIONS}
    for _ in range(rounds):
        for name, question in QUESTIONS.items():
            asked[name].append(_round(address, server, question, seconds))
    return [
        Rate(
            kind,
            ENTERPRISES,
            name,
            round(statistics.median(one.per_second for one in found)),
            round(statistics.median(one.p99_ms for one in found), 1),
            round(statistics.median(one.cpu_ms for one in found), 2),
            [round(one.per_second) for one in found],
        )
        for name, found in asked.items()
    ]


def _round(address: str, server: psutil.Process, question: str, seconds: int) -> _Round:
    """Ask one question for some seconds. Raises RuntimeError when an answer is not one."""
    command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if question.startswith("/"):
            command.append(f"{address}{question}")
        else:
            script.write(question)
            script.flush()
            command += ["-s", script.name, address]
        worked = _cpu_seconds(server)
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        worked = _cpu_seconds(server) - worked
    if wrong := re.search(r"(Non-2xx.*)", said):
        raise RuntimeError(f"{question}: {wrong[1]}")
    number, rate = re.search(r"(\d+) requests in", said), re.search(r"Requests/sec:\s*([\d.]+)", said)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert number
    assert rate
    assert late
    p99 = float(late[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[late[2]]
    return _Round(float(rate[1]), p99, worked * 1000 / int(number[1]))


def _cpu_seconds(server: psutil.Process) -> float:
    """Return how long the server's processes have worked so far."""
    return sum(sum(one.cpu_times()[:2]) for one in [server, *server.children(recursive=True)])


def report(found: list[Rate]) -> str:
    """Return the rates as a table."""
    lines = [
        f"{'database':<12}{'enterprises':>12}  {'question':<32}{'requests/s':>11}{'p99 ms':>9}{'CPU ms':>8}  rounds"
    ]
    lines += [
        f"{one.database:<12}{one.enterprises:>12}  {one.question:<32}{one.requests_per_second:>11}{one.p99_ms:>9.1f}"
        f"{one.cpu_ms:>8.2f}  {' '.join(str(rate) for rate in one.rounds)}"
        for one in found
    ]
    return "\n".join(lines)


def write(found: list[Rate], path: Path) -> None:
    """Write the rates as JSON."""
    path.write_text(json.dumps([asdict(rate) for rate in found], indent=1) + "\n", encoding="utf-8")
