"""What a buyer and an enterprise read: desk, board, inbox, news, and the whole dialogue for the file."""

import csv
import io
from datetime import timedelta

import httpx
import pytest

from app.core.clock import now
from app.core.db import Database
from app.core.errors import Forbidden
from app.responses import service
from app.responses.schemas import InboxItem, QuestionAnswerIn, ShortlistIn
from app.responses.vocabulary import DeclineReason, InboxState
from tests.keys import key_for
from tests.responses.ground import BUYER, FIRM, OTHER_FIRM, STRANGER, firm, published
from tests.responses.test_answers import ask, invite, pass_deadline, respond


def inbox(database: Database, state: InboxState | None = None) -> list[InboxItem]:
    """Return the items of the firm's inbox."""
    with database.reads() as session:
        return service.inbox(session, by=FIRM, state=state).items


def test_the_desk_counts_what_was_said_and_puts_what_waits_first(database: Database):
    own, other = firm(database), firm(database, "Exempel Park", kept_by=OTHER_FIRM)
    ended = published(database, status="cancelled", title="Slut")
    draft = published(database, status="draft", title="Utkast")
    late = published(database, title="Sen")
    pass_deadline(database, late, days=31)
    one = published(database)
    invite(database, one, own, other)
    respond(database, one, own)
    respond(database, one, other, OTHER_FIRM, kind="decline", reason="distance", text="")
    ask(database, one, own)
    with database.writes() as session:
        service.add_to_shortlist(session, one, ShortlistIn(enterprise_id=own), by=BUYER)
    with database.reads() as session:
        items = service.desk(session, by=BUYER).items
        assert service.desk(session, by=STRANGER).items == []
        with pytest.raises(Forbidden):
            service.desk(session, by=FIRM)
    assert [item.opportunity.id for item in items] == [late, one, draft, ended]
    assert [item.is_outcome_late for item in items] == [True, False, False, False]
    told = items[1]
    assert (told.invited, told.waiting, told.interested, told.declined) == (2, 0, 1, 1)
    assert [(count.reason, count.count) for count in told.declined_for] == [(DeclineReason.DISTANCE, 1)]
    assert (told.open_questions, told.shortlisted, told.matches_met) == (1, 1, 2)
    assert told.opportunity.days_left == 19
    assert told.outcome_due_at is None


def test_the_board_joins_matches_with_what_was_said(database: Database):
    one, own = published(database), firm(database)
    far = firm(database, "Exempel Bageri", kept_by=OTHER_FIRM, offerings=[{"title": "Bröd", "cpv": ["15810000"]}])
    quiet = firm(database, "Exempel Tyst", kept_by=None)
    invite(database, one, own)
    respond(database, one, far, OTHER_FIRM)
    with database.reads() as session:
        board = service.board(session, one, by=BUYER, language="nb")
    assert board.total == 2
    assert {item.enterprise_id for item in board.items[:2]} == {own, quiet}
    assert [item.rank for item in board.items] == [1, 2, None]
    assert all(item.reasons for item in board.items[:2])
    said = {item.enterprise_id: (bool(item.invitation), bool(item.response)) for item in board.items}
    assert said == {own: (True, False), far: (False, True), quiet: (False, False)}


def test_the_board_of_a_draft_has_no_matches(database: Database):
    one = published(database, status="draft")
    firm(database)
    with database.reads() as session:
        assert service.board(session, one, by=BUYER).items == []


def test_the_inbox_holds_invitations_first_and_follows_the_answer(database: Database):
    own = firm(database)
    matched, invited, closed = published(database, title="A"), published(database, title="B"), published(database)
    far = published(database, title="Bröd", lots=[{"title": "Bröd", "cpv_main": "15810000"}])
    for one in (invited, closed, far):
        invite(database, one, own)
    pass_deadline(database, closed)
    found = inbox(database)
    assert {item.opportunity.id: item.state for item in found} == {
        matched: InboxState.NEW,
        invited: InboxState.NEW,
        far: InboxState.NEW,
        closed: InboxState.CLOSED,
    }
    assert found[-1].opportunity.id == matched
    assert found[-1].invitation is None
    assert found[-1].reasons
    given = respond(database, matched, own)
    assert [item.response for item in inbox(database, InboxState.ANSWERED)] == [given]
    with database.writes() as session:
        service.withdraw_response(session, given.id, by=FIRM)
    assert inbox(database, InboxState.ANSWERED) == []
    with database.reads() as session:
        counted = service.inbox(session, by=FIRM, state=InboxState.CLOSED)
        assert (counted.new, counted.answered, counted.closed, len(counted.items)) == (3, 0, 1, 1)
        assert service.inbox(session, by=OTHER_FIRM).items == []


def test_an_invitation_that_was_taken_back_leaves_the_inbox(database: Database):
    own = firm(database)
    one = published(database, title="Bröd", description="Bröd.", lots=[{"title": "Bröd", "cpv_main": "15810000"}])
    (made,) = invite(database, one, own).invited
    with database.writes() as session:
        service.withdraw_invitation(session, made.id, by=BUYER)
    assert inbox(database) == []


def test_news_are_told_to_the_side_that_they_are_new_for(database: Database):
    own, one = firm(database), published(database)
    (made,) = invite(database, one, own).invited
    given, asked = respond(database, one, own), ask(database, one, own)
    with database.writes() as session:
        service.answer_question(session, asked.id, QuestionAnswerIn(answer="Vardagar."), by=BUYER)
    with database.reads() as session:
        before = now() - timedelta(minutes=5)
        buyer = service.news_for(session, BUYER.organization_id, before)
        assert [item.id for item in buyer.responses] == [given.id]
        assert [item.id for item in buyer.questions] == [asked.id]
        assert (buyer.invitations, buyer.answered_questions, buyer.outcomes_due) == ([], [], [])
        enterprise = service.news_for(session, FIRM.organization_id, before)
        assert [item.id for item in enterprise.invitations] == [made.id]
        assert [item.answer for item in enterprise.answered_questions] == ["Vardagar."]
        assert (enterprise.responses, enterprise.questions) == ([], [])
        later = service.news_for(session, FIRM.organization_id, now() + timedelta(minutes=5))
        assert (later.invitations, later.answered_questions) == ([], [])


def test_the_dialogue_is_told_in_order_and_as_a_table(app_client: httpx.Client, database: Database):
    one, own = published(database), firm(database, "=Exempel Städ")
    invite(database, one, own)
    ask(database, one, own, "+46 timmar, räcker det?")
    respond(database, one, own, kind="decline", reason="size", text="@ alltför stort")
    key = key_for(database, "buyer")
    told = app_client.get(f"/api/v1/opportunities/{one}/dialogue", headers=key).json()
    assert [step["kind"] for step in told["steps"]] == ["invited", "asked", "declined"]
    assert told["steps"][0]["rank"] == 1
    assert told["steps"][1]["enterprise_id"] is None
    answer = app_client.get(f"/api/v1/opportunities/{one}/dialogue/export", headers={**key, "Accept-Language": "nb"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert [row["Hva"] for row in rows] == ["Invitert", "Spørsmål stilt", "Takket nei"]
    assert [row["Virksomhet"] for row in rows] == ["'=Exempel Städ", "", "'=Exempel Städ"]
    assert [row["Tekst"] for row in rows] == ["", "'+46 timmar, räcker det?", "'@ alltför stort"]
    assert rows[2]["Grunn"] == "For stort for oss"


def test_answers_over_http_name_their_version_and_come_once(app_client: httpx.Client, database: Database):
    one, own = published(database), firm(database)
    key = key_for(database, "enterprise")
    body = {"enterprise_id": own, "kind": "interest", "text": "Gärna."}
    where = f"/api/v1/opportunities/{one}/responses"
    first = app_client.post(where, json=body, headers={**key, "Idempotency-Key": "one"})
    again = app_client.post(where, json=body, headers={**key, "Idempotency-Key": "one"})
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert app_client.post(where, json=body, headers=key).status_code == 409
    address = first.headers["location"]
    assert app_client.get(address, headers=key).headers["etag"] == first.headers["etag"] == '"1"'
    assert app_client.put(address, json={"kind": "interest"}, headers=key).status_code == 428
    stale = app_client.put(address, json={"kind": "interest"}, headers={**key, "If-Match": '"9"'})
    assert (stale.status_code, stale.json()["current"]["rev"]) == (412, 1)
    changed = app_client.put(address, json=first.json() | {"text": "Ja."}, headers={**key, "If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    refused = app_client.put(address, json={"kind": "decline"}, headers={**key, "If-Match": '"2"'})
    assert refused.status_code == 422
    journal = app_client.get(f"/api/v1/opportunities/{one}/history").text
    assert "Gärna" not in journal
