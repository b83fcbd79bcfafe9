"""What every speed bench shares: an empty, migrated database of either kind, and the timing of one job on it."""

import gc
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config

from app.core.db import Database
from benchmarks import postgres

ROOT = Path(__file__).resolve().parents[1]
Asked = TypeVar("Asked")
Session = TypeVar("Session")


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one job on a database of so many records; `cpu` is what this process worked in the median run."""

    database: str
    records: int
    job: str
    p50: float
    p99: float
    cpu: float
    runs: int


@contextmanager
def migrated(kind: str) -> Iterator[Database]:
    """Give an empty, migrated database of `kind`; it is gone after the block."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            yield _open(f"sqlite:///{folder}/bench.db")
        else:
            server = postgres.start()
            try:
                yield _open(server.create("bench"))
            finally:
                server.stop()


def _open(url: str) -> Database:
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("sqlalchemy.url", url)
    command.upgrade(config, "head")
    return Database(url)


def time_job(
    opened: Callable[[], AbstractContextManager[Session]],
    kind: str,
    size: int,
    name: str,
    job: Callable[[Session, Asked], object],
    asked: Sequence[Asked],
    before: Callable[[], object] | None = None,
) -> Timing:
    """Return how long `job` takes for each of `asked`, each time in a session of its own, after some to warm up.

    `before` is done each time before the clock starts.
    """
    for question in asked[: min(20, len(asked) // 2)]:
        with opened() as session:
            job(session, question)
    gc.collect()
    spent, worked = [], []
    for question in asked:
        if before is not None:
            before()
        started, began = time.perf_counter(), time.process_time()
        with opened() as session:
            job(session, question)
        spent.append((time.perf_counter() - started) * 1000)
        worked.append((time.process_time() - began) * 1000)
    spent.sort()
    last = spent[int(len(spent) * 0.99)]
    median, cpu = statistics.median(spent), statistics.median(worked)
    return Timing(kind, size, name, round(median, 2), round(last, 2), round(cpu, 2), len(spent))


def report(found: list[Timing]) -> str:
    """Return the timings as a table, and the peak memory of this process."""
    lines = [f"{'database':<12}{'records':>12}  {'job':<36}{'p50 ms':>9}{'p99 ms':>9}{'cpu ms':>9}"]
    lines += [f"{t.database:<12}{t.records:>12}  {t.job:<36}{t.p50:>9.2f}{t.p99:>9.2f}{t.cpu:>9.2f}" for t in found]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return "\n".join([*lines, f"peak memory of the process: {peak:.0f} MB"])


def write(found: list[Timing], path: Path) -> None:
    """Write the timings as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(timing) for timing in found], indent=1) + "\n", encoding="utf-8")
