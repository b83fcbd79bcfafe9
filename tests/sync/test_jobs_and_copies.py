"""What is done by the clock, and listed for a coordinator, is this node's own; a notice finds its own record."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.clock import now
from app.core.db import Database
from app.enterprises import service as enterprises
from app.needs import service as needs
from app.needs.vocabulary import Status as NeedStatus
from app.notices import service as notices
from app.notices.vocabulary import Outcome
from app.opportunities import service as opportunities
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationFilters
from app.support_offers import service as support_offers
from app.support_offers.vocabulary import Status as OfferStatus
from tests.factories import enterprise, need, opportunity, support_offer
from tests.sync.copying import HOME, SORTS, carried, node

COORDINATOR = Caller("key", "org-coordinator", Role.COORDINATOR, frozenset(Scope), "SE-22")
LATER = timedelta(days=800)
NOTICE = Path(__file__).parents[1] / "notices" / "files" / "se_reserved_cleaning.xml"


@pytest.fixture
def with_copies(database: Database, tmp_path: Path) -> Database:
    """Give a database that holds another node's record of each kind, all in the coordinator's region."""
    with node(tmp_path) as at_home:
        SORTS["organization"].write(at_home, area_code="SE-2281")
        SORTS["enterprise"].write(at_home, confirmed_on="2020-01-01")
        SORTS["support_offer"].write(at_home, area_code="SE-2281")
        SORTS["need"].write(at_home, area_code="SE-2281")
        SORTS["opportunity"].write(at_home)
        carried(at_home, database)
    return database


def test_what_nobody_confirms_stays_as_its_home_says(with_copies: Database):
    with with_copies.writes() as session:
        assert support_offers.suspend_unconfirmed(session, now() + LATER) == 0
        assert needs.lapse_unconfirmed(session, now() + LATER) == 0
    with with_copies.writes() as session:
        support_offers.register(session, support_offer(), home="here", status=OfferStatus.PUBLISHED)
        needs.register(session, need(), home="here", status=NeedStatus.PUBLISHED)
    with with_copies.writes() as session:
        assert support_offers.suspend_unconfirmed(session, now() + LATER) == 1
        assert needs.lapse_unconfirmed(session, now() + LATER) == 1


def test_a_coordinators_lists_are_of_this_nodes_records(with_copies: Database):
    with with_copies.reads() as session:
        assert enterprises.overdue(session, "SE-22", 10) == ([], 0)
        assert opportunities.led_by(session, COORDINATOR) == []
        assert organizations.looked_after(session, OrganizationFilters(), COORDINATOR) == ([], 0)
    with with_copies.writes() as session:
        own = enterprises.register(session, enterprise(), home="here").id
        led = opportunities.publish(session, opportunity(), home="here").id
    with with_copies.reads() as session:
        assert [one.id for one in enterprises.overdue(session, "SE-22", 10)[0]] == [own]
        assert [one.id for one in opportunities.led_by(session, COORDINATOR)] == [led]


def test_two_nodes_that_import_one_notice_have_a_record_each(database: Database, tmp_path: Path):
    content = NOTICE.read_bytes()
    with node(tmp_path) as at_home:
        with at_home.writes() as session:
            there = notices.import_notice(session, content, source="n.xml", home=HOME.id, now=now())
        carried(at_home, database)
        with database.writes() as session:
            here = notices.import_notice(session, content, source="n.xml", home="here", now=now())
        carried(at_home, database)
    assert (here.outcome, there.outcome) == (Outcome.CREATED, Outcome.CREATED)
    assert here.opportunity_id != there.opportunity_id
    with database.writes() as session:
        again = notices.import_notice(session, content, source="n.xml", home="here", now=now())
        assert (again.outcome, again.opportunity_id) == (Outcome.UNCHANGED, here.opportunity_id)
        assert opportunities.find(session, there.opportunity_id).home == HOME.id
        source = opportunities.find(session, here.opportunity_id).notice_source or ""
        found = opportunities.find_notice(session, source, here.notice_id)
        assert found is not None
        assert found.id == here.opportunity_id
