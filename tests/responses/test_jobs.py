"""What the worker does: batches by rank until enough are interested, reminders once each, links that expire."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from app.core.clock import now
from app.core.db import Database
from app.core.preconditions import Precondition
from app.enterprises.tables import Enterprise
from app.responses import service
from app.responses.rules import outcome_reminder
from app.responses.schemas import OutreachIn
from app.responses.tables import EnterpriseInvitation
from app.responses.vocabulary import InvitationState, Reached
from tests.people import person_for
from tests.responses.ground import BUYER, NODE_SECRET, SOON, firm, letters, published
from tests.responses.test_answers import at_once, invite, pass_deadline, respond

DAY = timedelta(days=1)


def plan(database: Database, opportunity_id: str, **said: object) -> None:
    """Let Samnod invite."""
    with database.writes() as session:
        data = OutreachIn.model_validate(said)
        service.set_plan(session, opportunity_id, data, match=Precondition(None), by=BUYER)


def pace(database: Database, days: int = 0) -> int:
    """Send the batches of a day."""
    with database.writes() as session:
        return service.pace(session, now() + days * DAY, secret=NODE_SECRET)


def invited(database: Database, opportunity_id: str) -> list[tuple[str, bool]]:
    """Return who is invited, by rank, and whether by the plan."""
    with database.reads() as session:
        return [(item.enterprise_id, item.is_paced) for item in service.invitations(session, opportunity_id, by=BUYER)]


def test_a_batch_goes_out_each_day_in_the_order_of_the_matches(database: Database):
    one = published(database)
    best = firm(database, offerings=[{"title": "Städning av skolor", "cpv": ["90910000"]}])
    others = [firm(database, f"Exempel {n}", kept_by=None, area_code="SE-2283") for n in range(3)]
    silent = firm(database, "Exempel Tyst", kept_by=None, contact_email=None)
    person_for(database, "enterprise")
    plan(database, one, batch_size=2)
    assert pace(database) == 2
    assert invited(database, one)[0] == (best, True)
    assert pace(database) == 0, "one batch a day"
    assert pace(database, 1) == 2
    assert pace(database, 2) == 0, "nobody is left who can be reached"
    assert {found for found, _ in invited(database, one)} == {best, *others}
    assert silent not in {found for found, _ in invited(database, one)}


def test_a_plan_rests_when_enough_are_interested(database: Database):
    one, own = published(database), firm(database)
    firm(database, "Exempel Park", kept_by=None)
    plan(database, one, batch_size=1, enough=1)
    respond(database, one, own)
    assert pace(database) == 0
    assert invited(database, one) == []


def test_a_plan_rests_after_its_day_and_after_the_deadline(database: Database):
    one = published(database)
    firm(database, kept_by=None)
    plan(database, one, batch_size=1, answer_by=now() + DAY)
    assert pace(database, 2) == 0
    other = published(database)
    plan(database, other, batch_size=1)
    pass_deadline(database, other)
    assert pace(database, 3) == 0


def test_nothing_goes_out_by_itself_without_a_plan(database: Database):
    one = published(database)
    firm(database, kept_by=None)
    plan(database, one, batch_size=0)
    assert pace(database) == 0


def test_of_two_workers_one_sends_the_batch(database: Database):
    one = published(database)
    for n in range(4):
        firm(database, f"Exempel {n}", kept_by=None)
    plan(database, one, batch_size=2)
    at = now()
    found = at_once(database, *[lambda session: service.pace(session, at, secret=NODE_SECRET)] * 3)
    assert sorted(found, key=str) == [0, 0, 2]
    assert len(letters(database, "responses/invitation")) == 2


def test_who_had_no_address_is_written_to_when_there_is_one(database: Database):
    one = published(database)
    own = firm(database, kept_by=None, contact_email=None)
    (made,) = invite(database, one, own).no_address
    assert pace(database) == 0
    with database.writes() as session:
        row = col(Enterprise.id) == own
        session.execute(update(Enterprise).where(row).values(contact_email="info@example.invalid"))
    assert pace(database) == 1
    with database.reads() as session:
        (item,) = service.invitations(session, one, by=BUYER)
    assert (item.id, item.state, item.reached) == (made.id, InvitationState.SENT, Reached.ADDRESS)


def test_those_who_have_not_answered_are_reminded_once_with_the_same_link(database: Database):
    one, own = published(database), firm(database)
    waiting = firm(database, "Exempel Park", kept_by=None)
    invite(database, one, own, waiting)
    respond(database, one, own)

    def remind(days_before: float) -> int:
        with database.writes() as session:
            return service.remind(session, SOON - days_before * DAY, secret=NODE_SECRET)

    assert remind(4) == 0
    assert remind(2.5) == 1
    assert remind(2) == 0
    assert remind(-1) == 0
    (reminder,) = letters(database, "responses/reminder")
    assert reminder["token"] in {letter["token"] for letter in letters(database, "responses/invitation")}


def test_the_plans_own_day_decides_when_to_remind(database: Database):
    one = published(database)
    invite(database, one, firm(database, kept_by=None))
    plan(database, one, answer_by=SOON - 10 * DAY)
    with database.writes() as session:
        assert service.remind(session, SOON - 2 * DAY, secret=NODE_SECRET) == 0
        assert service.remind(session, SOON - 12 * DAY, secret=NODE_SECRET) == 1


def test_links_that_are_over_end_their_invitations(database: Database):
    one = published(database)
    (made,) = invite(database, one, firm(database, kept_by=None)).invited
    with database.writes() as session:
        assert service.expire(session, now() + 29 * DAY) == 0
        assert service.expire(session, now() + 31 * DAY) == 1
        assert service.expire(session, now() + 31 * DAY) == 0
        row = session.get(EnterpriseInvitation, made.id)
        assert row is not None
        assert row.state is InvitationState.EXPIRED


@pytest.mark.parametrize(
    ("days", "reminder"), [(0, None), (6.9, None), (7, 7), (20, 7), (21, 21), (30, 30), (59, 30), (61, None)]
)
def test_on_which_days_a_buyer_is_reminded(days: float, reminder: int | None):
    assert outcome_reminder(SOON, SOON + days * DAY) == reminder


def test_a_buyer_is_reminded_of_the_outcome_once_each_time(database: Database):
    person = person_for(database, "buyer")
    one = published(database)
    pass_deadline(database, one, days=8)
    for days in (0, 1, 14, 15, 23, 24):
        with database.writes() as session:
            service.remind_of_outcomes(session, now() + days * DAY)
    sent = letters(database, "responses/outcome_due")
    assert [letter["to"] for letter in sent] == [person.email] * 3
    with database.reads() as session:
        (due,) = service.outcomes_due(session, now())
        assert (due.opportunity_id, due.is_late) == (one, False)
        (late,) = service.outcomes_due(session, now() + 23 * DAY)
        assert late.is_late


def test_what_has_an_outcome_or_nobody_here_is_not_due(database: Database):
    published(database, status="closed", deadline_at=SOON)
    with database.reads() as session:
        assert service.outcomes_due(session, now()) == []
        assert [due.owner_id for due in service.outcomes_due(session, SOON + DAY)] == [BUYER.organization_id]
