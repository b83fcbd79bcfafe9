"""How fast: a hundred thousand records read from another node, end to end, between real processes.

The home is a `samnod serve` process over records as the demo has them, multiplied; the reader is `samnod sync run`.
Everything of a night is in the figures: pages made, signed, sent, checked, written as they came, written into the
rooms' tables, and proved equal. What follows it, bringing the copies into the index of matching, has its own figure.
The memory of the reader, with the processes beside it, is looked at on the way: it must not grow with what is read.
"""

import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
from sqlalchemy import select, update
from sqlmodel import col

from app.core.clock import now, today
from app.core.columns import stable_id
from app.core.db import Database
from app.demo import service as demo
from app.journal.schemas import NodeRead
from app.journal.tables import JournalCounter
from app.sync import buckets, envelopes, peers, queries
from app.sync.canonical import canonical, hash_of
from app.sync.tables import SyncPeer, SyncSelf
from app.sync.vocabulary import PAGE_RECORDS, Envelope
from app.wiring import wire
from benchmarks.timing import migrated

RECORDS = 100_000
FEW = 10_000
CHANGES = 1_000
HOME, READER = "home", "reader"
_BATCH = 2_000
# Among so many records are about a thousand opportunities.
_MOST_OPEN_BELOW = 14_000
# When the reader's memory is looked at, in parts of what there is to read.
_LOOKS = (0.1, 0.5, 1.0)
# A look costs the reader some milliseconds.
_BETWEEN_LOOKS = 2.0
_NIGHTS = 5
_BACKFILLS = 3
# The command as it is, and how long it took when the program had been loaded: all of it, and until the index was begun.
_TOOK = "seconds it took: "
_READ = "seconds until all was read: "
_PROGRAM = f"""
import sys, time
from app.cli import main
from app.sync import pulling
index = pulling.index
begun = time.perf_counter()
def then_index(*given):
    print("{_READ}", time.perf_counter() - begun, file=sys.stderr)
    index(*given)
pulling.index = then_index
try:
    main()
finally:
    print("{_TOOK}", time.perf_counter() - begun, file=sys.stderr)
"""
_SAMNOD = [sys.executable, "-c", _PROGRAM]
_READY_SECONDS = 120.0


@dataclass
class Measured:
    """What one kind of database did; seconds are of a whole command, when the program has been loaded.

    `backfill_seconds` are of its runs, from the first question to the proof: `records_a_second` is their median's. Each
    has a reader that has read nothing; the last one's goes on. `index_seconds` are of what is done next.
    `memory` is the most that the reader had by then, in MB, by the part that it had read, and `index` what that took;
    `mix` are records by type. The baseline is records a second that are only hashed and stored as they came, by pages,
    and a median as well.
    """

    database: str
    records: int
    mix: dict[str, int]
    baseline: float
    to_baseline: float
    backfill_seconds: list[float]
    records_a_second: float
    index_seconds: float
    memory: dict[str, float]
    changes: dict[str, float]
    ratio: float
    changes_index: dict[str, float]
    idle_seconds: float
    idle_requests: int


class Node:
    """A node of the bench: a folder, a database, settings, and processes."""

    def __init__(self, name: str, database: Database, folder: Path) -> None:
        self.name = name
        self.database = database
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        folder.mkdir()

    @property
    def secret(self) -> str:
        """What its keys and tokens are made of."""
        return f"a secret of the bench for {self.name}, kept by nobody"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of its processes."""
        return os.environ | {
            "SAMNOD_NODE": self.name,
            "SAMNOD_NODE_NAME": self.name,
            "SAMNOD_BASE_URL": self.url,
            "SAMNOD_DATABASE_URL": self.database.url.render_as_string(hide_password=False),
            "SAMNOD_VAR_DIR": str(self.folder),
            "SAMNOD_SECRET_KEY": self.secret,
            "SAMNOD_RATE_LIMITS": "off",
            "PYTHONDONTWRITEBYTECODE": "",
        }

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Begin a command; its output is kept in a file."""
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen([*_SAMNOD, *arguments], env=self.environment, stdout=log, stderr=log)

    def took(self) -> tuple[float, float]:
        """Return how many seconds the last run took until all was read and proved, and those of the index after it."""
        read, whole = map(self.seconds_of, (_READ, _TOOK))
        return read, whole - read

    def seconds_of(self, said: str) -> float:
        """Return the seconds that the last run has told of."""
        return float(self.log().rpartition(said)[2].split()[0])

    def has_read(self) -> bool:
        """Tell whether a run has read all and proved it."""
        return _READ in self.log()

    def read(self) -> tuple[float, float]:
        """Read from the peers, and return what `took` does."""
        if self.begin("sync", "run").wait():
            raise RuntimeError(f"samnod sync run failed: {self.log()[-2_000:]}")
        return self.took()

    def log(self) -> str:
        """Return what its processes have told."""
        return (self.folder / "log").read_text(errors="replace")

    def asked(self) -> int:
        """Return how many requests of peers the server has written to its log."""
        return self.log().count(" /sync/v1/")


def run(kinds: Sequence[str], records: int = RECORDS, few: int = FEW, changes: int = CHANGES) -> list[Measured]:
    """Measure each kind of database, the same on both sides."""
    return [_measure(kind, records, few, changes) for kind in kinds]


def report(found: Sequence[Measured]) -> str:
    """Return the figures as a table."""
    lines = [
        f"{'database':<12}{'records':>9}{'records/s':>11}{'baseline':>10}{'index s':>9}  memory MB at 10/50/100 %   "
        "1,000 changes: run + index s          ratio  idle"
    ]
    for one in found:
        memory = "/".join(f"{one.memory.get(f'{part:.0%}', 0):.0f}" for part in _LOOKS)
        changed = ", ".join(
            f"{size}: {seconds:.2f} + {one.changes_index[size]:.2f}" for size, seconds in one.changes.items()
        )
        figures = f"{one.records:>9}{one.records_a_second:>11.0f}{one.baseline:>10.0f}{one.index_seconds:>9.1f}"
        lines.append(f"{one.database:<12}{figures}  {memory:<26}{changed:<38}{one.ratio:.2f}  {one.idle_requests}")
    return "\n".join(lines)


def write(found: Sequence[Measured], path: Path) -> None:
    """Write the figures as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", encoding="utf-8")


def _measure(kind: str, records: int, few: int, changes: int) -> Measured:
    with _home(kind, few) as home, _reader(kind, home) as reader:
        _backfill(reader, few)
        small, small_index = _nights(home, reader, changes)
    with _home(kind, records) as home:
        mix = _mix(home)
        seconds = []
        for number in range(1, _BACKFILLS):
            with _reader(kind, home, f"{READER}-{number}") as reader:
                seconds.append(_only_read(reader, records))
        with _reader(kind, home) as reader:
            last, index, memory = _backfill(reader, records)
            seconds.append(last)
            large, large_index = _nights(home, reader, changes)
            before = home.asked()
            idle, _ = reader.read()
            requests = home.asked() - before
    baseline = _stored_as_they_came(kind)
    a_second = records / statistics.median(seconds)
    return Measured(
        database=kind,
        baseline=round(baseline),
        to_baseline=round(a_second / baseline, 2),
        records=records,
        mix=mix,
        backfill_seconds=[round(one, 2) for one in seconds],
        records_a_second=round(a_second),
        index_seconds=round(index, 2),
        memory=memory,
        changes={str(few): round(small, 2), str(records): round(large, 2)},
        ratio=round(large / small, 2),
        changes_index={str(few): round(small_index, 2), str(records): round(large_index, 2)},
        idle_seconds=round(idle, 2),
        idle_requests=requests,
    )


@contextmanager
def _home(kind: str, records: int) -> Iterator[Node]:
    """Give a node with so many records, served."""
    with ExitStack() as opened:
        home = opened.enter_context(_node(kind, HOME))
        fill(home.database, records)
        server = home.begin("serve", "--port", str(home.port), "--no-worker")
        opened.callback(server.wait)
        opened.callback(server.kill)
        _wait_for(home)
        yield home


@contextmanager
def _reader(kind: str, home: Node, name: str = READER) -> Iterator[Node]:
    """Give a node that knows the home and is known there, and has read nothing."""
    with _node(kind, name) as reader:
        for node, other in ((home, reader), (reader, home)):
            _introduce(node, other)
        yield reader


@contextmanager
def _node(kind: str, name: str) -> Iterator[Node]:
    with tempfile.TemporaryDirectory() as folder, migrated(kind) as database:
        yield Node(name, database, Path(folder) / name)
        database.close()


def _stored_as_they_came(kind: str, records: int = 20_000) -> float:
    """Return how many records a second can be hashed and stored with their sums, each page with a checkpoint."""
    with migrated(kind) as home:
        fill(home, records)
        with home.reads() as session:
            said = envelopes.found(session, queries.changes(HOME, 0, records))
    return statistics.median(_stored(kind, said) for _ in range(_BACKFILLS))


def _stored(kind: str, said: Sequence[Envelope]) -> float:
    records = len(said)
    with migrated(kind) as reader:
        begun = time.perf_counter()
        for first in range(0, records, PAGE_RECORDS):
            page = said[first : first + PAGE_RECORDS]
            with reader.writes() as session:
                session.connection().execute(update(SyncSelf).values(purged_through=first))
                envelopes.store(session, [one for one in page if hash_of(one.payload) == one.hash], {})
        return records / (time.perf_counter() - begun)


def _introduce(node: Node, other: Node) -> None:
    own = NodeRead(id=node.name, name=node.name, url=node.url)
    with node.database.writes() as session:
        told = peers.introduction(session, own, node.secret.encode(), other.name)
    with other.database.writes() as session:
        peers.add(session, told, own_id=other.name, may_be_private=True)


def fill(database: Database, records: int, *, home: str = HOME, seed: int = 1) -> None:
    """Let a home say so many records: the demo's own, and copies of what it says of them under other ids and names."""
    wire()
    draw = random.Random(seed)
    with database.writes() as session:
        demo.load(session, home=home, today=today())
    with database.reads() as session:
        models = [envelopes.of_row(row) for row in session.execute(queries.changes(home, 0, records)).scalars()]
    for first in range(len(models), records, _BATCH):
        last = min(first + _BATCH, records)
        _say(database, [_another(draw.choice(models), number) for number in range(first, last)])
    with database.writes() as session:
        # As the database does by itself, some minutes after a bulk load.
        session.connection().exec_driver_sql("ANALYZE")


def _another(model: Envelope, number: int) -> Envelope:
    said = orjson.loads(model.payload)
    for name in ("name", "title"):
        if name in said:
            said[name] = f"{said[name]} {number}"
    if model.type == "opportunity" and number > _MOST_OPEN_BELOW:
        # Of those that a node has heard of most are over: a thousand or so are open.
        said |= {"status": "closed", "closed_at": model.time, "outcome": None}
    # What only one record may have.
    if "slug" in said:
        said["slug"] = f"{said['slug'][:60]}-{number}"
    said |= {name: None for name in ("organisation_number", "notice") if name in said}
    return _saying(model, said, record_id=stable_id("bench-sync", str(number)), rev=1)


def _saying(model: Envelope, said: dict[str, Any], *, record_id: str, rev: int) -> Envelope:
    payload = canonical(said)
    return Envelope(
        home=model.home,
        type=model.type,
        id=record_id,
        seq=0,
        rev=rev,
        method=model.method,
        dataschema=model.dataschema,
        hash=hash_of(payload),
        time=now().isoformat(),
        payload=payload,
    )


def _say(database: Database, said: Sequence[Envelope]) -> None:
    """Say records with the next numbers, in place of what was said of them."""
    with database.writes() as session:
        value = col(JournalCounter.value)
        taken = update(JournalCounter).values(value=value + len(said)).returning(value)
        last: int = session.connection().execute(taken).scalar_one()
        numbered = [one._replace(seq=last - len(said) + place) for place, one in enumerate(said, start=1)]
        before = {
            (kind, record_id): held
            for kind in {one.type for one in said}
            for record_id, held in envelopes.held_of(
                session, said[0].home, kind, [one.id for one in said if one.type == kind]
            ).items()
        }
        envelopes.store(session, numbered, before)


def _mix(home: Node) -> dict[str, int]:
    with home.database.reads() as session:
        return {name: total.count for name, total in buckets.by_type(buckets.held(session, HOME)).items()}


def _backfill(reader: Node, records: int) -> tuple[float, float, dict[str, float]]:
    """Read everything; return the seconds of that and of the index, and the memory on the way in MB."""
    memory: dict[str, float] = {}
    most = 0.0
    process = reader.begin("sync", "run")
    while process.poll() is None:
        read, most = _read_part(reader), max(most, memory_of(process.pid))
        for part in _LOOKS:
            if read >= part:
                memory.setdefault(f"{part:.0%}", most)
        memory["index"] = most
        time.sleep(_BETWEEN_LOOKS)
    held = _held(reader)
    if process.returncode or held != records:
        raise RuntimeError(f"{held} of {records} records were read:\n{reader.log()[-2_000:]}")
    return *reader.took(), memory


def _only_read(reader: Node, records: int) -> float:
    """Read everything, and return the seconds of that; what would follow is not waited for."""
    process = reader.begin("sync", "run")
    while process.poll() is None and not reader.has_read():
        time.sleep(_BETWEEN_LOOKS)
    process.terminate()
    process.wait()
    if not reader.has_read() or _held(reader) != records:
        raise RuntimeError(f"{_held(reader)} of {records} records were read:\n{reader.log()[-2_000:]}")
    return reader.seconds_of(_READ)


def _nights(home: Node, reader: Node, changes: int) -> tuple[float, float]:
    """Return the seconds of a night with so many changes, and of the index after it: medians of some nights."""
    runs, indexes = zip(*(_timed_changes(home, reader, changes) for _ in range(_NIGHTS)), strict=True)
    return statistics.median(runs), statistics.median(indexes)


def _timed_changes(home: Node, reader: Node, number: int) -> tuple[float, float]:
    """Change so many records, spread over all; return the seconds of the next night's run, and of the index after."""
    with home.database.reads() as session:
        rows = session.execute(queries.changes(HOME, 0, 10**7)).scalars().all()
        step = max(1, len(rows) // number)
        chosen = [envelopes.of_row(row) for row in rows[::step]][:number]
    changed = []
    for one in chosen:
        said = orjson.loads(one.payload)
        name = "name" if "name" in said else "title"
        said[name] = f"{said[name]}, ändrad" if name in said else None
        changed.append(_saying(one, said, record_id=one.id, rev=one.rev + 1))
    _say(home.database, changed)
    return reader.read()


def _read_part(reader: Node) -> float:
    with reader.database.reads() as session:
        found = session.execute(select(col(SyncPeer.cursor), col(SyncPeer.head))).first()
    return found[0] / found[1] if found and found[1] else 0.0


def _held(reader: Node) -> int:
    with reader.database.reads() as session:
        return sum(total.count for total in buckets.held(session, HOME).values())


def memory_of(process: int) -> float:
    """Return the memory that a process and those it began have now, in MB; 0 when they have ended.

    What they share is counted once (Linux: the proportional set size).
    """
    try:
        whole = [process, *(child.pid for child in psutil.Process(process).children(recursive=True))]
    except psutil.NoSuchProcess:
        return 0.0
    return round(sum(map(_share_of, whole)) / 1024, 1)


def _share_of(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return int(next((line.split()[1] for line in lines if line.startswith("Pss:")), "0"))


def _wait_for(node: Node) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{node.url}/readyz").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"{node.name} does not answer: {(node.folder / 'log').read_text()[-2_000:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])
