"""How fast: one need to a ranked, explained first twenty, at growing registries, on both databases.

Beside it a baseline in the same run: the same questions answered with a plain yes/no filter in SQL (any shared CPV
group and county), unranked and unexplained, as the closest peer does.
"""

import gc
import json
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config

from app.core.db import Database, ReadSession
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseFilters
from app.matching import service as matching
from app.matching.schemas import LotQuestion, MatchQuestion
from benchmarks import awards, postgres, registry

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = 240


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one job on one database at one size."""

    database: str
    enterprises: int
    job: str
    p50: float
    p99: float
    runs: int


def questions(path: Path, number: int = QUESTIONS, seed: int = 7) -> list[MatchQuestion]:
    """Return a mix of needs drawn from real notices, every fourth of them reserved."""
    found = random.Random(seed).sample(awards.notices(awards.read(path)), number)
    return [_question(notice, reserved=position % 4 == 0) for position, notice in enumerate(found)]


def _question(notice: awards.Notice, *, reserved: bool) -> MatchQuestion:
    lot = LotQuestion.model_validate(
        {
            "cpv_main": notice.cpv if len(notice.cpv) == 8 else None,
            "area_codes": [notice.area] if notice.area else [],
            "reserved_participation": ["res-ws"] if reserved else [],
        }
    )
    return MatchQuestion(title=notice.title[:300] or "inköp", lots=[lot])


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


def run(train: Path, dev: Path, sizes: list[int], kinds: list[str]) -> list[Timing]:
    """Measure every job at every size on every database."""
    winners = awards.profiles(awards.read(train))
    asked = questions(dev)
    found: list[Timing] = []
    for size in sizes:
        for kind in kinds:
            with migrated(kind) as database:
                registry.fill(database, size, winners)
                found += _measure(database, kind, size, asked)
                database.close()
    return found


def _measure(database: Database, kind: str, size: int, asked: list[MatchQuestion]) -> list[Timing]:
    def preview(session: ReadSession, question: MatchQuestion) -> object:
        return matching.preview(session, question, limit=20).model_dump_json()

    def listed(session: ReadSession, question: MatchQuestion) -> object:
        return enterprises.search(session, EnterpriseFilters(page=1 + len(question.title) % 20))

    def searched(session: ReadSession, question: MatchQuestion) -> object:
        return enterprises.search(session, EnterpriseFilters(words=question.title.split()[0][:40]))

    def filtered(session: ReadSession, question: MatchQuestion) -> object:
        lot = question.lots[0]
        cpv = [f"{lot.cpv_main[:3]}00000"] if lot.cpv_main else []
        area = [code[:5] for code in lot.area_codes]
        return enterprises.search(session, EnterpriseFilters(cpv=cpv, area=area, limit=100))

    jobs: dict[str, Callable[[ReadSession, MatchQuestion], object]] = {
        "preview: rank, explain, JSON": preview,
        "baseline: yes/no filter": filtered,
        "registry page of 20": listed,
        "text search page of 20": searched,
    }
    return [_time(database, kind, size, name, job, asked) for name, job in jobs.items()]


def _time(
    database: Database,
    kind: str,
    size: int,
    name: str,
    job: Callable[[ReadSession, MatchQuestion], object],
    asked: list[MatchQuestion],
) -> Timing:
    for question in asked[:20]:
        with database.reads() as session:
            job(session, question)
    gc.collect()
    spent = []
    for question in asked:
        started = time.perf_counter()
        with database.reads() as session:
            job(session, question)
        spent.append((time.perf_counter() - started) * 1000)
    spent.sort()
    return Timing(
        kind, size, name, round(statistics.median(spent), 2), round(spent[int(len(spent) * 0.99)], 2), len(spent)
    )


def report(found: list[Timing]) -> str:
    """Return the timings as a table, and the peak memory of this process."""
    lines = [f"{'database':<12}{'enterprises':>12}  {'job':<32}{'p50 ms':>9}{'p99 ms':>9}"]
    lines += [f"{t.database:<12}{t.enterprises:>12}  {t.job:<32}{t.p50:>9.2f}{t.p99:>9.2f}" for t in found]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return "\n".join([*lines, f"peak memory of the process: {peak:.0f} MB"])


def write(found: list[Timing], path: Path) -> None:
    """Write the timings as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(timing) for timing in found], indent=1) + "\n", encoding="utf-8")
