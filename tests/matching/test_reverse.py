"""An enterprise meets open opportunities as they meet it: the same pairs, points and words, on both databases."""

import random
from datetime import timedelta

import pytest

from app.core.clock import now
from app.core.db import Database
from app.core.errors import NotFound
from app.enterprises import service as enterprises
from app.matching import index, service
from app.matching.schemas import Match, ReverseMatch
from app.opportunities import service as opportunities
from app.opportunities.schemas import CancelIn
from app.wiring import wire
from tests import factories
from tests.engines import mostly_sqlite
from tests.matching.draws import any_opportunity, anyone

ALL = 1_000


def both_ways(database: Database) -> tuple[dict[tuple[str, str], Match], dict[tuple[str, str], ReverseMatch]]:
    """Return every match, found from the opportunities and found from the enterprises."""
    with database.reads() as session:
        open_ids = [opportunity.id for opportunity in opportunities.open_now(session)]
        ids = session.connection().exec_driver_sql("SELECT id FROM enterprise").scalars().all()
        there = {
            (opportunity_id, item.enterprise.id): item
            for opportunity_id in open_ids
            for item in service.for_opportunity(session, opportunity_id, limit=ALL).items
        }
        back = {
            (item.opportunity.id, enterprise_id): item
            for enterprise_id in ids
            for item in service.for_enterprise(session, enterprise_id, limit=ALL).items
        }
    return there, back


def explained(match: Match | ReverseMatch) -> dict[str, object]:
    """Return all that a match says but whom it is about."""
    return match.model_dump(exclude={"enterprise", "opportunity"})


def require_both_ways_alike(database: Database) -> int:
    """Fail unless both directions say the same; return how many matches there are."""
    there, back = both_ways(database)
    assert there.keys() == back.keys()
    for pair, match in there.items():
        assert explained(match) == explained(back[pair])
    return len(there)


@pytest.fixture
def fair(database: Database) -> Database:
    """Give a database with forty random enterprises and twenty-four random opportunities."""
    wire()
    draw = random.Random(8)
    with database.writes() as session:
        for number in range(40):
            enterprises.register(session, anyone(draw, number), home="test", record_id=f"enterprise-{number:02}")
    for numbers in [range(21), *([number] for number in range(21, 24))]:
        with database.writes() as session:
            for number in numbers:
                record_id = f"opportunity-{number:02}"
                opportunities.publish(session, any_opportunity(draw, number), home="test", record_id=record_id)
    return database


def test_both_ways_say_the_same_and_only_of_what_is_open(fair: Database):
    assert require_both_ways_alike(fair) > 300, "too few matches to prove anything"
    with fair.reads() as session:
        for number in range(40):
            scores = [item.score for item in service.for_enterprise(session, f"enterprise-{number:02}").items]
            assert scores == sorted(scores, reverse=True)
    with fair.writes() as session:
        opportunities.close(session, "opportunity-03")
        opportunities.cancel(session, "opportunity-04", CancelIn(reason="Behovet har upphört"))
    with fair.reads() as session:
        assert index.check(session) == []
        open_ids = {item.opportunity.id for item in service.for_enterprise(session, "enterprise-00", limit=ALL).items}
        held = set(session.connection().exec_driver_sql("SELECT opportunity_id FROM match_opportunity").scalars())
    assert len(held) == 22
    assert open_ids <= held
    assert not held & {"opportunity-03", "opportunity-04"}


@mostly_sqlite
def test_both_ways_say_the_same_of_the_demo(with_demo: Database):
    compared = 0
    with with_demo.reads() as session:
        some = opportunities.open_now(session)[::5]
        ids = session.connection().exec_driver_sql("SELECT id FROM enterprise ORDER BY id").scalars().all()[::5]
        back = {one: service.for_enterprise(session, one, limit=ALL).items for one in ids}
        for opportunity in some:
            there = {
                item.enterprise.id: item for item in service.for_opportunity(session, opportunity.id, limit=ALL).items
            }
            mine = {one: item for one, items in back.items() for item in items if item.opportunity.id == opportunity.id}
            assert mine.keys() == there.keys() & set(ids)
            for one, item in mine.items():
                assert explained(item) == explained(there[one])
                compared += 1
    assert compared > 20, "too few matches to prove anything"


@mostly_sqlite
def test_the_index_follows_every_change_of_an_opportunity(fair: Database):
    draw = random.Random(4)
    for number in draw.sample(range(24), 12):
        with fair.writes() as session:
            changed = any_opportunity(draw, number)
            opportunities.publish(session, changed, home="test", record_id=f"opportunity-{number:02}")
    with fair.reads() as session:
        assert index.check(session) == []
    assert require_both_ways_alike(fair) > 200
    with fair.writes() as session:
        index.rebuild(session)
    with fair.reads() as session:
        assert index.check(session) == []


def test_a_deadline_that_passes_needs_no_write(database: Database):
    wire()
    with database.writes() as session:
        enterprise = enterprises.register(session, factories.enterprise(), home="test")
        data = factories.opportunity(deadline_at=now() + timedelta(days=1))
        opportunity = opportunities.publish(session, data, home="test")
    with database.reads() as session:
        found = service.for_enterprise(session, enterprise.id)
        assert [item.opportunity.id for item in found.items] == [opportunity.id]
    with database.writes() as session:
        # As if a day had gone by: nobody tells the index.
        for table in ("opportunity WHERE id", "match_opportunity WHERE opportunity_id"):
            name, _, condition = table.partition(" ")
            past = "'2020-01-01 00:00:00'"
            sql = f"UPDATE {name} SET deadline_at = {past} {condition} = '{opportunity.id}'"
            session.connection().exec_driver_sql(sql)
    with database.reads() as session:
        assert service.for_enterprise(session, enterprise.id).total == 0
        assert index.check(session) == []


def test_check_finds_what_went_round_the_journal(fair: Database):
    with fair.writes() as session:
        session.connection().exec_driver_sql("UPDATE lot SET title = 'Något annat', cpv_main = '45000000'")
        session.connection().exec_driver_sql("DELETE FROM match_asked WHERE term = 'c2:90'")
        session.connection().exec_driver_sql("DELETE FROM match_opportunity WHERE opportunity_id = 'opportunity-05'")
    with fair.reads() as session:
        faults = index.check(session)
    assert "opportunity opportunity-05 is not in the index" in faults
    assert "what lots ask of c2:90 in chunk 0 is missing" in faults
    assert any("says something else" in fault for fault in faults)


def test_nobody_knows_an_enterprise_that_is_not_there(database: Database):
    with database.reads() as session, pytest.raises(NotFound):
        service.for_enterprise(session, "nobody")
