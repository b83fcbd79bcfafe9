"""The index ranks exactly as reading every document would, on both databases, and follows every change."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.clock import today
from app.core.db import Database
from app.enterprises import service as enterprises
from app.matching import index, service
from app.matching.eligibility import eligibility
from app.matching.needs import need_of_question
from app.matching.plan import compile_plan
from app.matching.profiles import every_profile
from app.matching.schemas import LotQuestion, MatchQuestion
from app.matching.scoring import order_key, request_hash, score_need, tie_key
from app.matching.terms import document
from app.matching.vocabulary import EligibilityState
from app.wiring import wire
from tests.engines import mostly_sqlite
from tests.matching.draws import anyone, anything


@pytest.fixture
def registry(database: Database) -> Database:
    """Give a database with sixty random enterprises: forty at once, as an import does, and twenty one by one."""
    wire()
    draw = random.Random(5)
    for numbers in [range(40), *([number] for number in range(40, 60))]:
        with database.writes() as session:
            for number in numbers:
                enterprises.register(session, anyone(draw, number), home="test", record_id=f"enterprise-{number:02}")
    return database


def by_full_scan(database: Database, question: MatchQuestion) -> tuple[list[tuple[str, int, str]], int]:
    """Return (id, score, eligibility) of everyone in the list, in order, by reading every document."""
    need = need_of_question(question)
    plans = [compile_plan(lot) for lot in need.lots]
    request = request_hash(need)
    found = []
    with database.reads() as session:
        documents = [document(profile) for profile in every_profile(session)]
    for one in documents:
        scored = score_need(plans, one)
        outcomes = [eligibility(lot, one, today()) for lot in need.lots]
        may = min(outcomes, key=lambda outcome: list(EligibilityState).index(outcome.state))
        if scored.relevant and may.state is not EligibilityState.INELIGIBLE:
            key = order_key(scored, may, tie_key(request, one.enterprise_id))
            found.append((key, (one.enterprise_id, scored.score, may.state.value)))
    found.sort()
    return [answer for _, answer in found], len(found)


def test_ranking_equals_a_full_scan(registry: Database):
    draw = random.Random(11)
    listed = 0
    for _ in range(40):
        question = anything(draw)
        expected, total = by_full_scan(registry, question)
        with registry.reads() as session:
            answer = service.preview(session, question, limit=10)
        got = [(item.enterprise.id, item.score, item.eligibility) for item in answer.items]
        assert got == expected[:10]
        assert answer.total == total
        listed += len(got)
    assert listed > 200, "the questions are too narrow to prove anything"


@mostly_sqlite
def test_the_index_agrees_with_the_registry_after_any_changes(registry: Database):
    draw = random.Random(3)
    for number in draw.sample(range(60), 25):
        with registry.writes() as session:
            enterprises.register(session, anyone(draw, number), home="test", record_id=f"enterprise-{number:02}")
    with registry.reads() as session:
        assert index.check(session) == []
    with registry.writes() as session:
        assert index.rebuild(session) == 60
    with registry.reads() as session:
        assert index.check(session) == []


def test_check_finds_what_went_round_the_journal(registry: Database):
    with registry.writes() as session:
        session.connection().exec_driver_sql("DELETE FROM match_posting WHERE term = 't:?'")
        session.connection().exec_driver_sql("UPDATE offering SET title = 'Något annat'")
    with registry.reads() as session:
        faults = index.check(session)
    assert any("t:?" in fault for fault in faults)
    assert len(faults) > 5


def test_an_index_of_another_scorer_is_known_as_such(registry: Database):
    with registry.reads() as session:
        assert index.is_current(session)
    with registry.writes() as session:
        session.connection().exec_driver_sql("UPDATE match_state SET scorer_version = 'older'")
    with registry.reads() as session:
        assert not index.is_current(session)


def test_a_rolled_back_change_leaves_the_index_alone(registry: Database):
    class Regret(Exception):
        pass

    def register_and_regret() -> None:
        with registry.writes() as session:
            enterprises.register(session, anyone(random.Random(1), 99), home="test", record_id="enterprise-99")
            raise Regret

    with pytest.raises(Regret):
        register_and_regret()
    with registry.reads() as session:
        assert index.check(session) == []


def test_first_writers_and_a_rebuild_take_turns(database: Database):
    wire()
    draw = random.Random(2)
    people = [anyone(draw, number) for number in range(8)]

    def write(number: int) -> None:
        with database.writes() as session:
            enterprises.register(session, people[number], home="test", record_id=f"enterprise-{number:02}")

    def rebuild() -> None:
        with database.writes() as session:
            index.rebuild(session)

    with ThreadPoolExecutor(5) as pool:
        work = [pool.submit(write, number) for number in range(8)]
        work.insert(4, pool.submit(rebuild))
        for one in work:
            one.result(timeout=60)
    with database.reads() as session:
        assert index.check(session) == []
        assert len(list(every_profile(session))) == 8


@mostly_sqlite
def test_points_and_reasons_add_up(registry: Database):
    draw = random.Random(23)
    for _ in range(15):
        with registry.reads() as session:
            answer = service.preview(session, anything(draw), limit=20)
        for item in [*answer.items, *answer.near_misses]:
            assert item.score == sum(reason.points for reason in item.reasons)
            assert sum(reason.max_points for reason in item.reasons) == 100
            assert all(0 <= reason.points <= reason.max_points and reason.text for reason in item.reasons)
            for lot in item.lots:
                assert lot.score == sum(reason.points for reason in lot.reasons)
            mean = sum(lot.score for lot in item.lots) / len(item.lots)
            assert abs(item.score - mean) <= 0.5


def test_another_enterprise_moves_nobodys_score(registry: Database):
    question = MatchQuestion(title="Städning", lots=[LotQuestion(area_codes=["SE-2281"])])
    with registry.reads() as session:
        before = {item.enterprise.id: item.score for item in service.preview(session, question, limit=100).items}
    with registry.writes() as session:
        enterprises.register(session, anyone(random.Random(77), 77), home="test", record_id="enterprise-77")
    with registry.reads() as session:
        after = {item.enterprise.id: item.score for item in service.preview(session, question, limit=100).items}
    assert before.items() <= after.items()
