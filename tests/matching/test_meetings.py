"""Who fits meets at once, from whichever side the change comes, once, and parts when it no longer fits."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.clock import now
from app.core.db import Database
from app.core.preconditions import Precondition
from app.enterprises import service as enterprises
from app.matching import forward, meetings, service
from app.matching.reverse import OpenOpportunities
from app.matching.schemas import Meeting
from app.matching.vocabulary import MET_SCORE
from app.opportunities import service as opportunities
from app.opportunities.schemas import CancelIn
from app.wiring import wire
from tests import factories
from tests.engines import mostly_sqlite
from tests.matching.draws import any_opportunity, anyone

OPERATOR = Caller("key", "operator", Role.ADMIN, frozenset(Scope))
LONG_AGO = now() - timedelta(days=1)


def register(database: Database, record_id: str = "cleaner", **overrides: Any) -> None:
    """Register an enterprise that fits the usual opportunity well, or change it."""
    with database.writes() as session:
        enterprises.register(session, factories.enterprise(**overrides), home="test", record_id=record_id)


def publish(database: Database, record_id: str = "cleaning", **overrides: Any) -> None:
    """Publish an opportunity, or change it."""
    with database.writes() as session:
        opportunities.publish(session, factories.opportunity(**overrides), home="test", record_id=record_id)


def met(database: Database, **of: str) -> list[Meeting]:
    """Return all the meetings that stand."""
    with database.reads() as session:
        return service.met_since(session, LONG_AGO, **of)


def written(database: Database) -> list[tuple[str, str, bool]]:
    """Return every row: opportunity, enterprise, and whether they have parted."""
    sql = "SELECT opportunity_id, enterprise_id, parted_at IS NOT NULL FROM match_seen ORDER BY 1, 2"
    with database.reads() as session:
        return [(one, other, bool(parted)) for one, other, parted in session.connection().exec_driver_sql(sql)]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Give the time at which meetings are written, as a list of one."""
    at = [now() - timedelta(hours=3)]
    monkeypatch.setattr(meetings, "now", lambda: at[0])
    return at


def test_a_new_enterprise_meets_what_is_open(database: Database):
    wire()
    publish(database)
    assert met(database) == []
    register(database)
    (meeting,) = met(database, enterprise_id="cleaner")
    with database.reads() as session:
        (match,) = service.for_opportunity(session, "cleaning").items
    assert (meeting.opportunity_id, meeting.score, meeting.eligibility) == ("cleaning", match.score, match.eligibility)
    assert meeting.score >= MET_SCORE


def test_a_new_opportunity_meets_who_is_there(database: Database):
    wire()
    register(database)
    register(database, "baker", offerings=[factories.offering(title="Bageri", cpv=["15810000"], sectors=[])])
    publish(database)
    assert [meeting.enterprise_id for meeting in met(database, opportunity_id="cleaning")] == ["cleaner"]


def test_those_who_no_longer_fit_part_and_come_back_honestly(database: Database, clock: list[datetime]):
    wire()
    first = clock[0]
    publish(database)
    register(database)
    clock[0] += timedelta(hours=1)
    register(database, lifecycle="closed")
    assert met(database) == []
    assert written(database) == [("cleaning", "cleaner", True)]
    clock[0] += timedelta(hours=1)
    register(database)
    (meeting,) = met(database)
    assert (meeting.first_at, meeting.met_at) == (first, clock[0])
    clock[0] += timedelta(hours=1)
    register(database, summary="Något annat")
    assert met(database) == [meeting], "nothing is written of a meeting that stands"
    publish(database, title="Bröd", description="", lots=[factories.lot(title="Bröd", cpv_main="15811000")])
    assert written(database) == [("cleaning", "cleaner", True)]


def test_since_is_a_moment(database: Database, clock: list[datetime]):
    wire()
    publish(database)
    register(database)
    with database.reads() as session:
        assert len(service.met_since(session, clock[0])) == 1
        assert service.met_since(session, clock[0] + timedelta(seconds=1)) == []
        assert service.met_since(session, clock[0], enterprise_id="somebody else") == []


def test_those_who_are_gone_are_cleared(database: Database):
    wire()
    publish(database)
    publish(database, "more-cleaning")
    register(database)
    register(database, "other-cleaner", name="Exempel Rent")
    assert len(written(database)) == 4
    with database.writes() as session:
        enterprises.remove(session, "cleaner", match=Precondition(None), by=OPERATOR)
    assert written(database) == [("cleaning", "other-cleaner", False), ("more-cleaning", "other-cleaner", False)]
    with database.writes() as session:
        opportunities.cancel(session, "cleaning", CancelIn(reason="Behovet har upphört"))
    assert [meeting.opportunity_id for meeting in met(database)] == ["more-cleaning"]
    assert len(written(database)) == 2, "what was cancelled keeps whom it met"
    with database.writes() as session:
        opportunities.remove(session, "cleaning", match=Precondition(None))
    assert written(database) == [("more-cleaning", "other-cleaner", False)]
    with database.reads() as session:
        assert service.for_enterprise(session, "other-cleaner").total == 1


@mostly_sqlite
def test_meetings_are_those_of_a_full_comparison_whatever_happened(database: Database):
    wire()
    draw = random.Random(12)
    with database.writes() as session:
        for number in range(8):
            opportunities.publish(
                session, any_opportunity(draw, number), home="test", record_id=f"opportunity-{number}"
            )
    # An import, then one at a time from either side, then both sides in one transaction.
    for enterprise_ids, opportunity_ids in [(range(30), ()), ([3], ()), ([7], ()), ((), [5]), ([9, 10], [1, 2])]:
        with database.writes() as session:
            for number in enterprise_ids:
                enterprises.register(session, anyone(draw, number), home="test", record_id=f"enterprise-{number}")
            for number in opportunity_ids:
                changed = any_opportunity(draw, number)
                opportunities.publish(session, changed, home="test", record_id=f"opportunity-{number}")
        with database.reads() as session:
            expected = {
                (opportunity.id, item.enterprise.id)
                for opportunity in opportunities.open_now(session)
                for item in service.for_opportunity(session, opportunity.id, limit=100).items
                if item.score >= MET_SCORE
            }
        assert {(one.opportunity_id, one.enterprise_id) for one in met(database)} == expected
        assert len(expected) > 10


def test_work_grows_with_what_changed(database: Database, monkeypatch: pytest.MonkeyPatch):
    wire()
    draw = random.Random(9)
    passes = {"opportunity": 0, "enterprise": 0}
    ranked, fits = forward.ranked, OpenOpportunities.fits

    def counted_ranked(*arguments: Any) -> Any:
        passes["opportunity"] += 1
        return ranked(*arguments)

    def counted_fits(*arguments: Any) -> Any:
        passes["enterprise"] += 1
        return fits(*arguments)

    monkeypatch.setattr(forward, "ranked", counted_ranked)
    monkeypatch.setattr(OpenOpportunities, "fits", counted_fits)

    def count(enterprise_ids: range, opportunity_ids: range) -> dict[str, int]:
        passes.update(opportunity=0, enterprise=0)
        with database.writes() as session:
            for number in enterprise_ids:
                enterprises.register(session, anyone(draw, number), home="test", record_id=f"enterprise-{number}")
            for number in opportunity_ids:
                changed = any_opportunity(draw, number)
                opportunities.publish(session, changed, home="test", record_id=f"opportunity-{number}")
        return dict(passes)

    assert count(range(0), range(4)) == {"opportunity": 4, "enterprise": 0}
    assert count(range(25), range(0)) == {"opportunity": 4, "enterprise": 0}, (
        "an import is met once by each opportunity"
    )
    assert count(range(1), range(0)) == {"opportunity": 0, "enterprise": 1}
    assert count(range(0), range(1)) == {"opportunity": 1, "enterprise": 0}


def test_a_rebuild_lets_everybody_meet(database: Database):
    wire()
    register(database)
    publish(database)
    with database.writes() as session:
        session.connection().exec_driver_sql("DELETE FROM match_seen")
    with database.writes() as session:
        assert service.rebuild(session) == 1
    assert len(met(database)) == 1
