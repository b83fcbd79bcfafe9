"""The index ranks exactly as reading every document would, on both databases, and follows every change."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.core.clock import today
from app.core.db import Database
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseCreate
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

TRADES = [
    ("Städning av kontor", "90910000"),
    ("Lokalvård och fönsterputs", "90911000"),
    ("Catering och lunch", "55520000"),
    ("Skötsel av grönytor", "77314000"),
    ("Återvinning av elektronik", "90514000"),
    ("Tvätteri", "98310000"),
    ("Flyttjänster", "98392000"),
    ("Arbetsträning", "85312510"),
]
AREAS = ["SE-2281", "SE-2280", "SE-2282", "SE-22", "SE", "NO-5001", "NO-50", "NO"]
STATES = ["declared", "verified", "expired", "denied"]
LIFECYCLES = ["active", "active", "active", "pilot", "planned", "closed", "unknown"]
KINDS = ["enterprise", "enterprise", "enterprise", "project", "association"]


def anyone(draw: random.Random, number: int) -> EnterpriseCreate:
    """Return a random enterprise."""
    place = draw.choice([*AREAS[:3], "NO-5001"])
    trades = draw.sample(TRADES, draw.randint(0, 3))
    statement = {
        "reservation": draw.choice(["res-ws", "res-pub-ser"]),
        "state": draw.choice(STATES),
        "on": str(today() - timedelta(days=draw.randrange(-30, 1500))) if draw.random() < 0.9 else None,
        "valid_until": str(today() + timedelta(days=draw.randrange(-200, 400))) if draw.random() < 0.5 else None,
    }
    return EnterpriseCreate.model_validate(
        {
            "name": f"Exempel {number}",
            "country": place[:2],
            "kind": draw.choice(KINDS),
            "lifecycle": draw.choice(LIFECYCLES),
            "area_code": place if draw.random() < 0.9 else None,
            "service_areas": draw.sample(AREAS, draw.randint(0, 2)),
            "offerings": [{"title": title, "cpv": [cpv] if draw.random() < 0.8 else []} for title, cpv in trades],
            "eligibility": [statement] if draw.random() < 0.7 else [],
            "turnover": draw.choice([None, "0-1", "3-10", "50-"]),
            "source": "test",
        }
    )


def anything(draw: random.Random) -> MatchQuestion:
    """Return a random need of one to three lots."""

    def lot() -> LotQuestion:
        title, cpv = draw.choice(TRADES)
        return LotQuestion.model_validate(
            {
                "title": title if draw.random() < 0.5 else "",
                "cpv_main": cpv if draw.random() < 0.6 else None,
                "cpv_additional": draw.sample([code for _, code in TRADES], draw.randint(0, 2)),
                "area_codes": draw.sample(AREAS, draw.randint(0, 2)),
                "reserved_participation": draw.choice([[], ["res-ws"], ["res-pub-ser"], ["res-ws", "res-pub-ser"]]),
                "estimated_value": draw.choice([None, {"amount": "5000000", "currency": "SEK"}]),
            }
        )

    return MatchQuestion(
        title=draw.choice(TRADES)[0],
        buyer_area_code=draw.choice([None, "SE-2281", "NO-5001"]),
        lots=[lot() for _ in range(draw.randint(0, 3))],
    )


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
        session.connection().exec_driver_sql("DELETE FROM match_posting WHERE term = 'z:all'")
        session.connection().exec_driver_sql("UPDATE offering SET title = 'Något annat'")
    with registry.reads() as session:
        faults = index.check(session)
    assert any("z:all" in fault for fault in faults)
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
