"""`samnod nodes`, as `make nodes` runs it: three nodes come up, agree, serve, and are gone with Ctrl-C, or without."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from app import nodes_commands
from app.cli import app
from tests.browser import free_port, is_free
from tests.databases import ROOT, SAMNOD


@contextmanager
def started(port: int, output: Path, aside: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the three, whose files are `aside`; it is gone after the block."""
    with output.open("wb") as written:
        running = subprocess.Popen(
            [SAMNOD, "nodes", "--port", str(port)],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(aside), "PYTHONDONTWRITEBYTECODE": "", "COLUMNS": "100"},
            stdout=written,
            stderr=written,
            start_new_session=True,
            # Whoever runs the tests in the background has told everybody below to pass Ctrl-C by.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def wait_until_told(words: str, output: Path, running: subprocess.Popen[bytes]) -> str:
    """Wait until the command says this; return all that it has said."""
    deadline = time.monotonic() + 400
    while words not in (told := output.read_text()):
        assert running.poll() is None, told
        assert time.monotonic() < deadline, told
        time.sleep(0.2)
    return told


def wait_until_gone(port: int, aside: Path) -> None:
    """Wait until nothing listens, and nothing is left in the folder."""
    deadline = time.monotonic() + 30
    while list(aside.iterdir()) or not all(is_free(port + number) for number in range(3)):
        assert time.monotonic() < deadline, list(aside.iterdir())
        time.sleep(0.2)


@pytest.mark.deep
def test_three_nodes_come_up_agree_serve_and_go(tmp_path: Path):
    port = free_port(3)
    output = tmp_path / "output"
    # A short name: it is part of a socket's.
    aside = Path(tempfile.mkdtemp())
    with started(port, output, aside) as running:
        told = wait_until_told("Ctrl-C stops", output, running)
        rows = [line for line in told.splitlines() if line.rstrip().endswith("agree")]
        # Five types at each of three homes, and the inventories of one.
        assert len(rows) == 16, told
        assert "DIFFER" not in told
        assert re.search(r"All 3 nodes hold the same \d+ records", told)
        # Nobody watches a bar: each step is a line.
        assert "18/18 Trøndelag: reading the others" in told
        for number, name in enumerate(("Västernorrland", "Jämtland", "Trøndelag")):
            url = f"http://127.0.0.1:{port + number}"
            assert f"{name}: {url}/" in told
            found = httpx.get(f"{url}/api/v1/enterprises", params={"located_in": "SE-23"}).json()
            assert found["total"] == 17
        # The terminal tells everybody in front of it.
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(60) == 0, output.read_text()
        assert "Stopped" in output.read_text()
        assert list(aside.iterdir()) == []
        assert all(is_free(port + number) for number in range(3))


@pytest.mark.deep
@pytest.mark.parametrize("moment", ["7/18 Västernorrland is introduced", "Ctrl-C stops"])
def test_nodes_whose_command_was_killed_end_too_and_leave_nothing(tmp_path: Path, moment: str):
    port = free_port(3)
    output = tmp_path / "output"
    aside = Path(tempfile.mkdtemp())
    with started(port, output, aside) as running:
        wait_until_told(moment, output, running)
        running.kill()
        running.wait()
        wait_until_gone(port, aside)


@pytest.mark.deep
def test_a_server_that_ends_by_itself_ends_them_all_and_is_told_of(tmp_path: Path):
    port = free_port(3)
    output = tmp_path / "output"
    aside = Path(tempfile.mkdtemp())
    with started(port, output, aside) as running:
        wait_until_told("Ctrl-C stops", output, running)
        (server,) = listeners(port + 1)
        os.kill(server, signal.SIGKILL)
        assert running.wait(60) == 1
        assert "Jämtland has ended by itself." in output.read_text()
        wait_until_gone(port, aside)


def listeners(port: int) -> set[int]:
    """Return the processes that listen on a port, by their open files."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    listening = [line.split() for line in lines]
    sockets = {row[9] for row in listening if row[1].endswith(f":{port:04X}") and row[3] == "0A"}
    found = set()
    for entry in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if entry.readlink().name in {f"socket:[{one}]" for one in sockets}:
                found.add(int(entry.parts[2]))
    return found


class _Other(BaseHTTPRequestHandler):
    """Somebody else's server, which is ready for everything."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"id": "somebody-else"}' if "well-known" in self.path else b"ready")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(("node", "is_it"), [("jamtland", False), ("somebody-else", True)])
def test_a_port_that_somebody_took_meanwhile_is_not_the_node(tmp_path: Path, node: str, is_it: bool):
    with HTTPServer(("127.0.0.1", 0), _Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        asked = nodes_commands._Node(node, "Jämtland", "SE-23", tmp_path, server.server_port)
        assert nodes_commands._answers(asked) is is_it
        server.shutdown()
    assert not nodes_commands._answers(asked)


def test_a_port_that_somebody_listens_on_is_told_of_before_anything_is_begun(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    port = free_port(3)
    with socket.create_server(("127.0.0.1", port + 2)):
        told = CliRunner().invoke(app, ["nodes", "--port", str(port)])
    assert told.exit_code == 1
    assert f"Port {port + 2} of 127.0.0.1 is in use." in told.stderr
    assert "make nodes PORT=9000" in told.stderr
    assert CliRunner().invoke(app, ["nodes", "--port", "65534"]).exit_code == 2
    assert list(tmp_path.iterdir()) == []
