"""Nodes as they really run: each a folder, a database, a `samnod serve` process, and commands in processes.

What stands between two of them is a proxy (faulty.py): the address at which a node is known is its proxy's.
"""

import os
import shutil
import signal
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.engine import make_url

from app.core.clock import today
from app.core.db import Database
from app.demo import service as demo
from app.demo.shares import Share
from app.sync import buckets
from app.wiring import wire
from benchmarks import postgres
from tests.browser import free_port
from tests.databases import copied_database, filled_template, migrated_database, postgres_server
from tests.sync.faulty import Proxy, standing_before
from tests.sync.processes import Process, Starter

COUNTIES = ("SE-22", "SE-23", "NO-50")
NAMES = {"SE-22": "Västernorrland", "SE-23": "Jämtland", "NO-50": "Trøndelag"}
IDS = {"SE-22": "vasternorrland", "SE-23": "jamtland", "NO-50": "trondelag"}
# A command or a start may take so long on a machine that is busy with other tests.
PATIENCE = 120.0
Digest = dict[str, dict[str, object]]


@dataclass(frozen=True)
class Done:
    """How a command ended: its code, what it printed, and how many KiB of memory it had at most."""

    code: int
    text: str
    peak: int


class Node:
    """One node; `proxy` stands before it."""

    def __init__(self, node: str, name: str, database_url: str, folder: Path, starter: Starter, proxy: Proxy) -> None:
        self.id = node
        self.name = name
        self.database_url = database_url
        self.folder = folder
        self.proxy = proxy
        # Where pages find the design system: only a browser asks.
        self.assets = "cdn"
        self.port = proxy.upstream
        self._starter = starter
        self._server: Process | None = None
        self._commands = 0

    @property
    def url(self) -> str:
        """Where the server itself listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def secret(self) -> bytes:
        """What the node's keys and tokens are made of."""
        return f"a secret for tests of {self.id}, kept by nobody at all".encode()

    def begin(self, *arguments: str, harm: Sequence[str] = ()) -> Process:
        """Begin a command; see harm.py for what may be done to its process."""
        self._commands += 1
        output = self.folder / f"command-{self._commands}.log"
        return self._starter.start(arguments, self._environment(), output, harm)

    def run(self, *arguments: str, harm: Sequence[str] = (), seconds: float = PATIENCE) -> Done:
        """Run a command to its end, however that is."""
        process = self.begin(*arguments, harm=harm)
        code = process.wait(seconds)
        if code is None:
            process.end()
            raise AssertionError(f"samnod {' '.join(arguments)} did not end:\n{process.told()}")
        return Done(code, process.told(), process.peak)

    def do(self, *arguments: str, harm: Sequence[str] = ()) -> str:
        """Run a command that has to succeed; return what it printed."""
        done = self.run(*arguments, harm=harm)
        assert done.code == 0, f"{self.id}: samnod {' '.join(arguments)} ended with {done.code}:\n{done.text}"
        return done.text

    def launch(self, harm: Sequence[str] = ()) -> None:
        """Start the server, without waiting for it."""
        arguments = ["serve", "--port", str(self.port), "--no-worker"]
        self._server = self._starter.start(arguments, self._environment(), self.folder / "server.log", harm)

    def start(self, harm: Sequence[str] = ()) -> None:
        """Start the server and wait until it is ready."""
        self.launch(harm)
        self.is_up()

    def is_up(self) -> None:
        """Wait until the server is ready."""
        assert self._server is not None
        with httpx.Client(base_url=self.url, timeout=5) as asking:
            # The log is the fault's: whoever waits looks at the process too.
            while self._server.wait(0.02) is None:
                try:
                    if asking.get("/readyz").is_success:
                        return
                except httpx.TransportError:
                    continue
        raise AssertionError(f"{self.id} did not start:\n{self.told()}")

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End the server."""
        if self._server is not None:
            self._server.end(number)
            self._server = None

    def restart(self, harm: Sequence[str] = ()) -> None:
        """End the server and start it again, with harm done to it or without."""
        self.stop()
        self.start(harm)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Give the database, opened beside the server."""
        database = Database(self.database_url, beside=self.folder)
        try:
            yield database
        finally:
            database.close()

    def save(self) -> str:
        """Copy the database as it is, as somebody does who copies files and has never heard of `samnod backup`.

        The server is stopped for it, and started again. Returns what `put_back` wants.
        """
        self.stop()
        if self.database_url.startswith("sqlite"):
            copy = str(self.folder / "copy.db")
            with closing(sqlite3.connect(self._file)) as old, closing(sqlite3.connect(copy)) as new:
                old.backup(new)
        else:
            copy = f"copy_{uuid.uuid4().hex}"
            postgres_server().create(copy, self._database_name)
        self.start()
        return copy

    def put_back(self, copy: str) -> None:
        """Put such a copy in the database's place, while the server is stopped."""
        self.stop()
        if self.database_url.startswith("sqlite"):
            for name in (f"{self._file}-wal", f"{self._file}-shm"):
                Path(name).unlink(missing_ok=True)
            shutil.copyfile(copy, self._file)
        else:
            postgres_server().drop(self._database_name)
            postgres_server().create(self._database_name, copy)
            postgres_server().drop(copy)
        self.start()

    @property
    def _file(self) -> str:
        return str(make_url(self.database_url).database)

    _database_name = _file

    def digest(self, home: str) -> Digest:
        """Return what the node holds of a home: as its records add up, which has to be what it keeps."""
        with self.database() as database, database.reads() as session:
            counted, held = buckets.counted(session, home), buckets.held(session, home)
        assert counted == held, f"the buckets of {home} at {self.id} are not what its records add up to"
        return buckets.as_json(counted)

    def told(self) -> str:
        """Return the end of what the server has written to its log."""
        log = self.folder / "server.log"
        return log.read_text(errors="replace")[-4_000:] if log.exists() else ""

    def _environment(self) -> dict[str, str]:
        return {
            "SAMNOD_NODE": self.id,
            "SAMNOD_NODE_NAME": self.name,
            "SAMNOD_BASE_URL": self.proxy.url,
            "SAMNOD_DATABASE_URL": self.database_url,
            "SAMNOD_VAR_DIR": str(self.folder),
            "SAMNOD_SECRET_KEY": self.secret.decode(),
            "SAMNOD_RATE_LIMITS": "off",
            "SAMNOD_ASSETS": self.assets,
            "PYTHONWARNINGS": "default",
            # pg_dump and pg_restore of the server's own version.
            "PATH": f"{postgres.programs()}:{os.environ['PATH']}",
        }


@contextmanager
def new_node(starter: Starter, folder: Path, node: str, name: str, database_url: str) -> Iterator[Node]:
    """Give a node over a database that is there; it is killed after the block."""
    folder.mkdir(parents=True, exist_ok=True)
    with standing_before(free_port()) as proxy:
        made = Node(node, name, database_url, folder, starter, proxy)
        try:
            yield made
        except BaseException as fault:
            fault.add_note(f"The log of {node}:\n{made.told()}")
            raise
        finally:
            made.stop()


@contextmanager
def demo_nodes(starter: Starter, folder: Path, kinds: Sequence[str]) -> Iterator[list[Node]]:
    """Give running nodes that split the demo by county, on databases of these kinds; they know nobody yet."""
    with ExitStack() as opened:
        nodes = []
        for county, kind in zip(COUNTIES, kinds, strict=False):
            own = folder / IDS[county]
            own.mkdir(parents=True, exist_ok=True)
            template, _ = filled_template(kind, f"demo_{IDS[county]}", _Filled(county))
            url = opened.enter_context(copied_database(kind, template, own))
            nodes.append(opened.enter_context(new_node(starter, own, IDS[county], NAMES[county], url)))
        all_started(nodes)
        yield nodes


@contextmanager
def empty_nodes(starter: Starter, folder: Path, kinds: dict[str, str]) -> Iterator[list[Node]]:
    """Give running nodes without a record, by id and kind of database; they know nobody yet."""
    with ExitStack() as opened:
        nodes = []
        for node, kind in kinds.items():
            own = folder / node
            own.mkdir(parents=True, exist_ok=True)
            url = opened.enter_context(migrated_database(kind, own))
            nodes.append(opened.enter_context(new_node(starter, own, node, node.capitalize(), url)))
        all_started(nodes)
        yield nodes


def all_started(nodes: Sequence[Node]) -> None:
    """Start the servers of these nodes beside each other, and wait for all."""
    for node in nodes:
        node.launch()
    for node in nodes:
        node.is_up()


class _Filled:
    """Loads one county's share of the demo."""

    def __init__(self, county: str) -> None:
        self.county = county

    def __call__(self, url: str) -> Any:
        wire()
        database = Database(url)
        with database.writes() as session:
            demo.load(session, home=IDS[self.county], today=today(), share=Share(self.county, COUNTIES))
        database.close()
        return None


def acquaint(nodes: Sequence[Node]) -> None:
    """Let the operators of these nodes hand each other their introductions."""
    for node in nodes:
        for other in nodes:
            if other is not node:
                introduce(node, other)


def introduce(node: Node, other: Node) -> None:
    """Let the operator of `other` write `node` down."""
    letter = node.folder / f"for-{other.id}.json"
    # What is said beside it, to whoever reads the screen, is in the same file here.
    told = node.do("sync", "introduce", other.id)
    letter.write_text(told[told.index("{") : told.rindex("}") + 1])
    other.do("sync", "peers", "add", str(letter), "--allow-private")


def sync_all(nodes: Sequence[Node]) -> None:
    """Let every node read every other, all at the same time."""
    begun = [(node, node.begin("sync", "run", harm=["hasty"])) for node in nodes]
    for node, process in begun:
        code = process.wait(PATIENCE)
        assert code == 0, f"{node.id}: samnod sync run ended with {code}:\n{process.told()}"


def require_agreement(nodes: Sequence[Node], homes: Sequence[Node] | None = None) -> dict[str, Digest]:
    """Check that all nodes hold the same of these homes, or of every one, to the last record; return what."""
    held = {node.id: {home.id: node.digest(home.id) for home in homes or nodes} for node in nodes}
    first = held[nodes[0].id]
    for node in nodes:
        assert held[node.id] == first, f"{node.id} does not hold what {nodes[0].id} holds"
    assert all(first.values()), "a home has no records: nothing was compared"
    return first
