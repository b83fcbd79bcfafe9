"""How fast: one need to a ranked, explained first twenty, at growing registries, on both databases; and the reverse.

Beside them baselines in the same run: the same questions answered with a plain yes/no filter in SQL (any shared CPV
group and county), unranked and unexplained, as the closest peer does; and the reverse by compiling every opportunity.
"""

import random
from collections.abc import Callable
from pathlib import Path

from app.core.db import Database, ReadSession, WriteSession
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseFilters
from app.matching import index, meetings, openings
from app.matching import service as matching
from app.matching.needs import need_of_opportunity
from app.matching.plan import compile_plans
from app.matching.schemas import LotQuestion, MatchQuestion
from app.matching.scoring import score_need
from app.opportunities import service as opportunities
from benchmarks import awards, registry
from benchmarks.timing import Timing, migrated, time_job

QUESTIONS = 240
OPEN_OPPORTUNITIES = 1_000
# How often a job is timed that takes a second or more.
_SLOW = 20


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


def run(train: Path, dev: Path, sizes: list[int], kinds: list[str]) -> list[Timing]:
    """Measure every job at every size on every database."""
    winners = awards.profiles(awards.read(train))
    asked = questions(dev)
    notices = awards.notices(awards.read(dev))
    found: list[Timing] = []
    for size in sizes:
        for kind in kinds:
            with migrated(kind) as database:
                registry.fill(database, size, winners)
                registry.publish(database, notices, OPEN_OPPORTUNITIES)
                found += _of_needs(database, kind, size, asked)
                found += _of_enterprises(database, kind, size)
                found += _of_changes(database, kind, size)
                database.close()
    return found


def _of_needs(database: Database, kind: str, size: int, asked: list[MatchQuestion]) -> list[Timing]:
    """Measure what a buyer asks."""

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
    return [time_job(database.reads, kind, size, name, job, asked) for name, job in jobs.items()]


def _of_enterprises(database: Database, kind: str, size: int) -> list[Timing]:
    """Measure what an enterprise asks, of a thousand open opportunities."""

    def reverse(session: ReadSession, enterprise_id: str) -> object:
        return matching.for_enterprise(session, enterprise_id, limit=20).model_dump_json()

    def lacks(session: ReadSession, enterprise_id: str) -> object:
        return matching.completeness(session, enterprise_id).model_dump_json()

    def compiling(session: ReadSession, enterprise_id: str) -> object:
        known = index.known(session, [enterprise_id])[enterprise_id]
        found = []
        for opportunity in opportunities.open_now(session):
            need = need_of_opportunity(opportunity)
            found.append(score_need(compile_plans(need.lots), known.document).score)
        return sorted(found)

    step = max(1, size // QUESTIONS)
    asking = [registry.enterprise_id(number) for number in range(0, step * QUESTIONS, step) if number < size]
    return [
        time_job(database.reads, kind, size, "enterprise: its open opportunities", reverse, asking),
        time_job(database.reads, kind, size, "baseline: compiling each of them", compiling, asking[:_SLOW]),
        time_job(database.reads, kind, size, "enterprise: what its record lacks", lacks, asking[:_SLOW]),
    ]


def _of_changes(database: Database, kind: str, size: int) -> list[Timing]:
    """Measure what matching adds to the transaction of a change."""

    def enterprise(session: WriteSession, enterprise_id: str) -> None:
        index.patch(session, [enterprise_id])
        meetings.catch_up(session, [enterprise_id], [])

    def opportunity(session: WriteSession, opportunity_id: str) -> None:
        openings.put(session, opportunity_id)
        meetings.catch_up(session, [], [opportunity_id])

    changed = [registry.enterprise_id(number) for number in range(50)]
    with database.reads() as session:
        published = openings.ids(session)[:50]
    return [
        time_job(database.writes, kind, size, "an enterprise changes, and meets", enterprise, changed),
        time_job(database.writes, kind, size, "an opportunity changes, and meets", opportunity, published),
    ]
