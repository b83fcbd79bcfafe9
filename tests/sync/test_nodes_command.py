"""`samnod nodes`, as `make nodes` runs it: three nodes come up, agree, serve, and are gone with Ctrl-C."""

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import httpx
import pytest

from tests.browser import free_port
from tests.databases import ROOT, SAMNOD


def three_free_ports() -> int:
    """Return the first of three ports that nothing listens on."""
    for _ in range(50):
        first = free_port()
        if all(_is_free(first + number) for number in range(3)):
            return first
    raise AssertionError("no three free ports in a row")


def _is_free(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", timeout=1)
    except httpx.ConnectError:
        return True
    return False


@pytest.mark.deep
def test_three_nodes_come_up_agree_serve_and_go(tmp_path: Path):
    port = three_free_ports()
    output = tmp_path / "output"
    # A short name: it is part of a socket's.
    aside = Path(tempfile.mkdtemp())
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
        deadline = time.monotonic() + 400
        while "Ctrl-C stops" not in output.read_text():
            assert running.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.2)
        told = output.read_text()
        rows = [line for line in told.splitlines() if line.rstrip().endswith("agree")]
        # Five types at each of three homes, and the inventories of one.
        assert len(rows) == 16, told
        assert "DIFFER" not in told
        for number, name in enumerate(("Västernorrland", "Jämtland", "Trøndelag")):
            url = f"http://127.0.0.1:{port + number}"
            assert f"{name}: {url}/" in told
            found = httpx.get(f"{url}/api/v1/enterprises", params={"located_in": "SE-23"}).json()
            assert found["total"] == 17
        # The terminal tells everybody in front of it.
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(60) == 0, output.read_text()
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
    assert "Stopped" in output.read_text()
    assert list(aside.iterdir()) == []
    assert all(_is_free(port + number) for number in range(3))
