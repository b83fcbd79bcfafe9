"""What all test processes of one run share: a folder, and things that are made once and then used by every process."""

import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks.postgres import PostgresServer

_FOLDER = "SAMNOD_TEST_SESSION"
_DAY = "SAMNOD_TEST_DAY"
# The process that made a folder is in its name.
_PREFIX = "samnod-test-"
# Memory that looks like a folder, where Linux has it: a PostgreSQL database is made there in a tenth of the time.
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - everything in it lies in a folder of the run's own
_GIGABYTE = 2**30


def open_session() -> None:
    """Make the shared folder. The first process does this; the others inherit it through the environment.

    Settings of whoever runs the tests are put aside, so that no test opens that person's database.
    """
    for name in [name for name in os.environ if name.startswith("SAMNOD_") and name != "SAMNOD_DATA_DIR"]:
        del os.environ[name]
    parent = _roomy_memory() or Path(tempfile.gettempdir())
    _sweep(parent)
    os.environ[_FOLDER] = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent)
    # PostgreSQL does not run as root: its own account goes through this folder to its own.
    session_folder().chmod(0o711)
    # All that the tests, and the servers they begin, put aside lies there and goes with it.
    os.environ["TMPDIR"] = tempfile.tempdir = os.environ[_FOLDER]
    os.environ[_DAY] = datetime.now(UTC).date().isoformat()


def close_session() -> None:
    """Stop what was started in this run and remove the folder."""
    _put_away(session_folder())
    tempfile.tempdir = None
    del os.environ[_FOLDER], os.environ["TMPDIR"], os.environ[_DAY]


def session_folder() -> Path:
    """Return the folder that all test processes of this run share."""
    return Path(os.environ[_FOLDER])


def day_of_run() -> str:
    """Return the day on which the run began (`2026-11-22`): the same in every test process, also past midnight."""
    return os.environ[_DAY]


def once(name: str, make: Callable[[], Any]) -> Any:
    """Return what `make` gave the first process that asked; `make` runs once a run, and its answer is JSON."""
    with (session_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (answer := _made(name)) is None:
            answer = make()
            (session_folder() / f"{name}.json").write_text(json.dumps(answer))
        return answer


def _sweep(parent: Path) -> None:
    """Put away what runs that were killed have left in `parent`: in memory it would be in everybody's way."""
    for folder in parent.glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            with suppress(RuntimeError, OSError):
                _put_away(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _put_away(folder: Path) -> None:
    """Stop the servers of a run and remove its folder."""
    if (server := _made("live-server", folder)) is not None:
        _end(server["pid"])
    if (postgres := _made("postgres", folder)) is not None:
        PostgresServer(Path(postgres["folder"])).stop()
    shutil.rmtree(folder)


def _roomy_memory() -> Path | None:
    """Return the folder in memory where there is room for a run, and otherwise nothing: the disk will do."""
    if not os.access(_IN_MEMORY, os.W_OK):
        return None
    room = min(shutil.disk_usage(_IN_MEMORY).free, psutil.virtual_memory().available - 4 * _GIGABYTE)
    return _IN_MEMORY if room >= 2 * _GIGABYTE else None


def _made(name: str, folder: Path | None = None) -> Any:
    file = (folder or session_folder()) / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else None


def _end(pid: int) -> None:
    """End a process that another test process may have started: ask, and after five seconds insist."""
    try:
        process = psutil.Process(pid)
        # Of a run long gone: the number may be somebody else's by now.
        if "serve" not in process.cmdline():
            return
        process.terminate()
        deadline = time.monotonic() + 5
        while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
    except psutil.NoSuchProcess:
        return
