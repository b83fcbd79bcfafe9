"""Loading the demo: everything once, and a second time nothing."""

from datetime import date

from app.core.db import Database
from app.demo import service as demo
from app.demo.vocabulary import enterprise_id, opportunity_id
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseFilters
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityFilters
from app.opportunities.vocabulary import PUBLIC_STATUSES, Status
from tests.engines import mostly_sqlite

TODAY = date(2026, 11, 21)


@mostly_sqlite
def test_loading_twice_gives_the_same_rows_once(database: Database) -> None:
    with database.writes() as session:
        first = demo.load(session, home="here", today=TODAY)
    with database.writes() as session:
        second = demo.load(session, home="here", today=date(2027, 5, 1))
    there = first.organizations + first.enterprises + first.opportunities + first.support_offers + first.needs
    assert first.already_there == 0
    assert second == demo.DemoReport(0, 0, 0, 0, 0, already_there=there)
    with database.reads() as session:
        assert enterprises.search(session, EnterpriseFilters())[1] == first.enterprises
        drafts = [data for data in demo.example_opportunities(TODAY).values() if data.status is Status.DRAFT]
        listed = opportunities.search(session, OpportunityFilters(status=sorted(PUBLIC_STATUSES)))[1]
        assert listed == first.opportunities - len(drafts)
        cleaning = opportunities.find(session, opportunity_id("stadning-skolor"))
    assert [lot.value_minor for lot in cleaning.lots] == [190_000_000, 65_000_000]
    assert cleaning.reserved_participation == ["res-ws"]
    assert cleaning.deadline_at is not None
    assert cleaning.deadline_at.isoformat() == "2026-12-19T22:59:00+00:00"


@mostly_sqlite
def test_what_a_user_has_changed_stays_and_what_is_missing_is_added(database: Database) -> None:
    changed = demo.named_enterprises()["E033"].model_copy(update={"summary": "Så här är det nu."})
    with database.writes() as session:
        enterprises.register(session, changed, home="here", record_id=enterprise_id("E033"))
    with database.writes() as session:
        report = demo.load(session, home="here", today=TODAY)
    assert report.already_there == 1
    with database.reads() as session:
        assert enterprises.find(session, enterprise_id("E033")).summary == "Så här är det nu."
        assert enterprises.find(session, enterprise_id("E001")).home == "here"
