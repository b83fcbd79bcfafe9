"""An enterprise asks for the link to answer with: it goes to the address in its record, and the buyer sees that."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core.clock import now
from app.core.db import Database
from app.journal import copies
from app.journal.schemas import NodeRead
from app.opportunities.tables import Opportunity
from app.responses import invitations as sending
from app.responses import service as responses
from app.responses.schemas import AnswerIn
from app.responses.tables import EnterpriseInvitation
from app.responses.vocabulary import InvitationState, LinkState, Reached, StepKind
from tests.people import person_for
from tests.responses import ground
from tests.responses.ground import BUYER, FIRM, NODE_SECRET, firm, letters, published

INTEREST = AnswerIn.model_validate({"kind": "interest", "text": "Vi kan."})


def ask(database: Database, opportunity_id: str, enterprise_id: str) -> None:
    """Ask for the link, as the page does after it has answered."""
    with database.writes() as session:
        responses.send_link(session, opportunity_id, enterprise_id, secret=NODE_SECRET)


def invitations(database: Database, opportunity_id: str) -> list[Any]:
    """Return what the buyer sees of who has a link."""
    with database.reads() as session:
        return responses.invitations(session, opportunity_id, by=BUYER)


def test_the_link_goes_to_the_function_address_works_and_is_seen_by_the_buyer(database: Database):
    opportunity, enterprise = published(database), firm(database)
    person_for(database, FIRM.role, FIRM.organization_id, email="anna@example.org")
    ask(database, opportunity, enterprise)
    (letter,) = letters(database, "responses/link")
    # Its people have logins of their own, which nobody else may have letters sent to.
    assert letter["to"] == "info@example.invalid"
    (invited,) = invitations(database, opportunity)
    assert (invited.is_requested, invited.reached, invited.state) == (True, Reached.ADDRESS, InvitationState.SENT)
    with database.reads() as session:
        steps = responses.dialogue(session, opportunity, by=BUYER).steps
    # The procurement file does not say that the buyer has invited it.
    assert [(step.kind, step.enterprise_id) for step in steps] == [(StepKind.LINK_ASKED, enterprise)]
    assert invited.expires_at is not None
    assert timedelta(days=29) < invited.expires_at - now() <= timedelta(days=30)
    with database.writes() as session:
        shown = responses.reply(session, letter["token"], INTEREST, secret=NODE_SECRET)
    assert (shown.state, shown.enterprise_id) == (LinkState.ANSWERED, enterprise)
    ask(database, opportunity, enterprise)
    assert len(letters(database, "responses/link")) == 1


def test_asking_again_sends_the_same_link_once_a_day(database: Database):
    opportunity, enterprise = published(database), firm(database)
    for _ in range(3):
        ask(database, opportunity, enterprise)
    first, second = letters(database, "responses/link")
    assert first["token"] == second["token"]
    with database.reads() as session:
        assert responses.read_reply(session, first["token"], secret=NODE_SECRET).state is LinkState.OPEN


def test_whoever_was_invited_stays_invited_and_what_was_taken_back_stays_so(database: Database):
    opportunity, enterprise = published(database), firm(database)
    with database.writes() as session:
        (invited,) = responses.invite(session, opportunity, [enterprise], by=BUYER, secret=NODE_SECRET).invited
    ask(database, opportunity, enterprise)
    (row,) = invitations(database, opportunity)
    assert (row.is_requested, len(letters(database, "responses/link"))) == (False, 1)
    with database.writes() as session:
        responses.withdraw_invitation(session, invited.id, by=BUYER)
    ask(database, opportunity, enterprise)
    (row,) = invitations(database, opportunity)
    assert (row.state, len(letters(database, "responses/link"))) == (InvitationState.WITHDRAWN, 1)


def test_an_expired_link_is_made_anew(database: Database, monkeypatch: pytest.MonkeyPatch):
    opportunity, enterprise = published(database), firm(database)
    with monkeypatch.context() as earlier:
        earlier.setattr(sending, "now", lambda: now() - timedelta(days=31))
        ask(database, opportunity, enterprise)
    (old,) = letters(database, "responses/link")
    with database.writes() as session:
        session.execute(select(EnterpriseInvitation)).scalar_one().state = InvitationState.EXPIRED
    ask(database, opportunity, enterprise)
    new = {one["token"] for one in letters(database, "responses/link")} - {old["token"]}
    assert len(new) == 1
    (row,) = invitations(database, opportunity)
    assert (row.state, row.is_requested) == (InvitationState.SENT, True)


@pytest.mark.parametrize("wrong", ["no address", "no enterprise", "no opportunity", "closed", "a copy"])
def test_otherwise_nothing_is_written_and_nothing_told(database: Database, wrong: str):
    opportunity = published(database)
    enterprise = firm(database, contact_email=None if wrong == "no address" else "info@example.invalid")
    with database.writes() as session:
        row = session.get(Opportunity, opportunity)
        assert row is not None
        if wrong == "closed":
            row.deadline_at = now() - timedelta(hours=1)
        if wrong == "a copy":
            row.home = "far"
            copies.know(session, NodeRead(id="far", name="Trøndelag", url="https://far.example.org"))
            copies.copying(session)
    other = {"no opportunity": ("nothing", enterprise), "no enterprise": (opportunity, "nothing")}
    ask(database, *other.get(wrong, (opportunity, enterprise)))
    assert letters(database, "responses/link") == []
    assert ground.letters(database, "responses/invitation") == []
    if wrong != "a copy":
        assert invitations(database, opportunity) == []
