"""Processes of `samnod`, begun by the starter (starter.py), as the tests hold them."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

STARTER = Path(__file__).with_name("starter.py")
ROOT = STARTER.parents[2]


class Process:
    """A running `samnod`; `output` is what it prints, `peak` how many KiB it had at most (once it has ended)."""

    def __init__(self, wire: socket.socket, output: Path) -> None:
        self._wire = wire
        self._said = wire.makefile("r", encoding="utf-8")
        self.output = output
        self.code: int | None = None
        self.peak = 0
        self.pid = int(self._said.readline())

    def poll(self) -> int | None:
        """Return how it ended (a signal as a negative number); None while it runs."""
        return self.wait(0) if self.code is None else self.code

    def wait(self, seconds: float) -> int | None:
        """Wait for its end for so long; return how it ended, None when it has not."""
        if self.code is None and select.select([self._wire], [], [], seconds)[0]:
            self.code, self.peak = map(int, self._said.readline().split())
            self._said.close()
            self._wire.close()
        return self.code

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def end(self, number: signal.Signals = signal.SIGKILL, seconds: float = 20) -> int:
        """End it with a signal and wait until it is gone; return how it ended."""
        self.send(number)
        code = self.wait(seconds)
        assert code is not None, f"process {self.pid} did not end within {seconds} s:\n{self.told()}"
        return code

    def told(self) -> str:
        """Return what it has printed."""
        return self.output.read_text(errors="replace") if self.output.exists() else ""


class Starter:
    """What begins processes: the program is loaded in it, while others do something else."""

    def __init__(self, address: Path, loading: IO[bytes]) -> None:
        self._address = address
        self._loading: IO[bytes] | None = loading

    def start(
        self, arguments: Sequence[str], environment: Mapping[str, str], output: Path, harm: Sequence[str] = ()
    ) -> Process:
        """Begin `samnod` with these arguments and only these settings beside the environment's own."""
        if self._loading is not None:
            assert self._loading.readline() == b"ready\n", "the program could not be loaded"
            self._loading = None
        own = {name: value for name, value in os.environ.items() if not name.startswith("SAMNOD_")}
        wanted: dict[str, Any] = {"arguments": list(arguments), "environment": own | dict(environment)}
        wanted |= {"output": str(output), "harm": list(harm)}
        wire = socket.socket(socket.AF_UNIX)
        wire.connect(str(self._address))
        wire.sendall(json.dumps(wanted).encode() + b"\n")
        return Process(wire, output)


@contextmanager
def started_starter() -> Iterator[Starter]:
    """Give a starter; with the block, it and all that it began end."""
    with tempfile.TemporaryDirectory() as folder:
        address = Path(folder) / "starter"
        # What a machine has compiled once need not be compiled again.
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
        running = subprocess.Popen(
            [sys.executable, str(STARTER), str(address)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with running:
            assert running.stdout is not None
            yield Starter(address, running.stdout)
            assert running.stdin is not None
            running.stdin.close()
            deadline = time.monotonic() + 10
            while running.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            running.kill()
