"""The demo's dialogue: something on the desk and in the inbox, and nothing twice."""

from app.accounts.vocabulary import Role
from app.core.clock import today
from app.core.db import Database
from app.demo import service as demo
from app.demo.organizations import organization_id
from app.demo.vocabulary import opportunity_id
from app.responses import service as responses
from app.responses.vocabulary import InboxState
from app.wiring import wire
from tests.engines import mostly_sqlite
from tests.responses.ground import NODE_SECRET, caller, letters


@mostly_sqlite
def test_the_demo_talks_once(database: Database) -> None:
    wire()
    with database.writes() as session:
        assert demo.dialogue(session, secret=NODE_SECRET) == 0
        demo.load(session, home="here", today=today())
    for invited in (5, 0):
        with database.writes() as session:
            assert demo.dialogue(session, secret=NODE_SECRET) == invited
    buyer = caller(Role.BUYER, organization_id("buyer"))
    with database.reads() as session:
        desk = responses.desk(session, by=buyer).items
        (told,) = [item for item in desk if item.opportunity.id == opportunity_id("stadning-skolor")]
        assert (told.invited, told.interested, told.declined, told.open_questions, told.shortlisted) == (4, 1, 1, 1, 1)
        inbox = responses.inbox(session, by=caller(Role.ENTERPRISE, organization_id("enterprise")))
        assert {item.state for item in inbox.items if item.invitation} == {InboxState.NEW, InboxState.ANSWERED}
        assert len(responses.questions(session, told.opportunity.id, by=None)) == 1
    assert letters(database, "responses/invitation")
