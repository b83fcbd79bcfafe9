"""A node as it really runs: `samnod serve` in processes of its own, over a database that outlives it."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from app.accounts import service as accounts
from app.accounts.schemas import KeyCreate
from app.accounts.vocabulary import Role
from app.core.db import Database
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from tests.browser import free_port
from tests.databases import ROOT, SAMNOD, migrated_database

SECRET = "a secret for tests, kept by nobody at all"
# The server that a test talks to has this long to come up, on a machine that may be busy with other tests.
_PATIENCE_SECONDS = 90


class Node:
    """A database, a key that may write to it, and a server that may be killed and started again."""

    def __init__(self, database_url: str, folder: Path, workers: int) -> None:
        self.database_url = database_url
        self.folder = folder
        self.workers = workers
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self.key = self._make_key()
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start the server and wait until it is ready; return how many seconds that took.

        Raises AssertionError with the log when it does not come up: a start after a kill has to be a clean start.
        """
        begun = time.monotonic()
        command = [SAMNOD, "serve", "--port", str(self.port), "--workers", str(self.workers)]
        with self.log.open("ab") as log:
            # In a session of its own, so that the server and all its workers can be killed at one stroke.
            self._server = subprocess.Popen(
                command, cwd=ROOT, env=self._environment(), stdout=log, stderr=log, start_new_session=True
            )
        with httpx.Client(base_url=self.url, timeout=5) as asking:
            while time.monotonic() < begun + _PATIENCE_SECONDS and self._server.poll() is None:
                try:
                    if asking.get("/readyz").is_success:
                        return time.monotonic() - begun
                except httpx.TransportError:
                    time.sleep(0.1)
        raise AssertionError(f"the server did not start:\n{self.told()}")

    def kill(self) -> None:
        """End the server and every worker with SIGKILL: nothing of it runs on, and nothing is tidied up."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
            # Workers are not our children, so they are waited for by asking.
            while any(self._is_ours(process) for process in psutil.process_iter()):
                time.sleep(0.01)
            self._server = None

    def kill_one_worker(self) -> None:
        """End one of several workers with SIGKILL."""
        os.kill(self.worker_processes()[0].pid, signal.SIGKILL)

    def worker_processes(self) -> list[psutil.Process]:
        """Return the processes that answer requests: those which listen and have no child that does."""
        assert self._server is not None, "the server is not running"
        family = [psutil.Process(self._server.pid), *psutil.Process(self._server.pid).children(recursive=True)]
        return [one for one in family if "spawn_main" in " ".join(one.cmdline())] or family[:1]

    def client(self, timeout: float = 30) -> httpx.Client:
        """Return a client with the node's key; close it."""
        return httpx.Client(
            base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {self.key}"}, timeout=timeout
        )

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Give the database, opened beside the server."""
        database = Database(self.database_url)
        try:
            yield database
        finally:
            database.close()

    def told(self) -> str:
        """Return the end of what the server has written to its log."""
        return self.log.read_text(errors="replace")[-4_000:] if self.log.exists() else ""

    def faults(self) -> list[str]:
        """Return the lines of the log that tell of a fault of the server's own: an answer of 5xx, an exception."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if '"status":5' in line or '"exception"' in line or "database is locked" in line]

    def _is_ours(self, process: psutil.Process) -> bool:
        assert self._server is not None, "the server is not running"
        try:
            return os.getpgid(process.pid) == self._server.pid and process.status() != psutil.STATUS_ZOMBIE
        except (psutil.NoSuchProcess, ProcessLookupError):
            return False

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "SAMNOD_DATABASE_URL": self.database_url,
            "SAMNOD_VAR_DIR": str(self.folder),
            "SAMNOD_SECRET_KEY": SECRET,
            "SAMNOD_RATE_LIMITS": "off",
            "SAMNOD_ASSETS": "cdn",
            # Compiled modules are kept: a server that is started twenty times compiles them once.
            "PYTHONDONTWRITEBYTECODE": "",
        }

    def _make_key(self) -> str:
        supplier = OrganizationCreate(
            name="Exempel Upphandlingssystem", country="SE", kind="system_supplier", source="exempel"
        )
        with self.database() as database, database.writes() as session:
            keeper = organizations.register(session, supplier, home="local")
            wanted = KeyCreate(name="durability", organization_id=keeper.id, role=Role.INTEGRATOR)
            return accounts.create_key(session, wanted, secret=SECRET.encode()).key


@contextmanager
def running_node(kind: str, folder: Path, workers: int) -> Iterator[Node]:
    """Give a started node over a migrated database of `kind`; after the block it is killed."""
    with migrated_database(kind, folder) as url:
        node = Node(url, folder, workers)
        node.start()
        try:
            yield node
        except BaseException as fault:
            fault.add_note(f"The server's log:\n{node.told()}")
            raise
        finally:
            node.kill()
