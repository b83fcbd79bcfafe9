"""The link in an invitation: it shows, and acts once, on a POST only."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database
from app.core.errors import Conflict, NotFound
from app.responses import rules, service
from app.responses.schemas import AnswerIn, QuestionText, ReplyRead
from app.responses.tables import EnterpriseInvitation
from app.responses.vocabulary import AnswerKind, InvitationState, LinkState
from tests.responses.ground import BUYER, FIRM, NODE_SECRET, firm, published, token_of
from tests.responses.test_answers import ask, invite, pass_deadline, respond, state_of

YES = AnswerIn(kind=AnswerKind.INTEREST)


def shown(database: Database, token: str) -> ReplyRead:
    """Return what a link shows."""
    with database.reads() as session:
        return service.read_reply(session, token, secret=NODE_SECRET)


def reply(database: Database, token: str) -> ReplyRead:
    """Answer by a link."""
    with database.writes() as session:
        return service.reply(session, token, YES, secret=NODE_SECRET)


def test_a_link_answers_once_and_then_shows_the_answer(database: Database):
    one, own = published(database), firm(database, kept_by=None)
    (made,) = invite(database, one, own).invited
    token = token_of(database)
    before = shown(database, token)
    assert (before.state, before.response, before.enterprise_id) == (LinkState.OPEN, None, own)
    assert state_of(database, made.id) is InvitationState.SENT, "to look changes nothing"
    with database.writes() as session:
        asked = service.ask_by_link(session, token, QuestionText(text="Vilka tider?"), secret=NODE_SECRET)
    assert [item.is_own for item in asked.questions] == [True]
    answered = reply(database, token)
    assert answered.state is LinkState.ANSWERED
    assert answered.response is not None
    assert answered.response.is_by_link
    with pytest.raises(Conflict, match="has been used"):
        reply(database, token)
    with database.writes() as session, pytest.raises(Conflict, match="has been used"):
        service.ask_by_link(session, token, QuestionText(text="Och sen?"), secret=NODE_SECRET)
    assert shown(database, token) == answered


def test_a_link_that_was_used_stays_used_when_the_answer_is_taken_back(database: Database):
    one, own = published(database), firm(database)
    invite(database, one, own)
    token = token_of(database)
    given = reply(database, token).response
    assert given is not None
    with database.writes() as session:
        service.withdraw_response(session, given.id, by=FIRM)
    with pytest.raises(Conflict, match="has been used"):
        reply(database, token)


def test_a_link_that_nobody_sent_leads_nowhere(database: Database):
    for token in ("", "x" * 43, "å"):
        with pytest.raises(NotFound):
            shown(database, token)
        with pytest.raises(NotFound):
            reply(database, token)


def test_another_nodes_secret_opens_nothing(database: Database):
    invite(database, published(database), firm(database, kept_by=None))
    token = token_of(database)
    with database.reads() as session, pytest.raises(NotFound):
        service.read_reply(session, token, secret=b"another")


def test_links_taken_back_expired_or_late_say_so(database: Database):
    cases = {
        LinkState.WITHDRAWN: "has taken this invitation back",
        LinkState.EXPIRED: "has expired",
        LinkState.CLOSED: "No more answers",
        LinkState.ANSWERED: "has been used",
    }
    for state, told in cases.items():
        one, own = published(database), firm(database, f"Exempel {state.value}", kept_by=None)
        (made,) = invite(database, one, own).invited
        with database.reads() as session:
            row = session.get(EnterpriseInvitation, made.id)
            assert row is not None
            assert row.sent_at is not None
        token = rules.token_of(NODE_SECRET, made.id, row.sent_at)
        if state is LinkState.WITHDRAWN:
            with database.writes() as session:
                service.withdraw_invitation(session, made.id, by=BUYER)
        elif state is LinkState.EXPIRED:
            with database.writes() as session:
                session.execute(update(EnterpriseInvitation).values(expires_at=now() - timedelta(seconds=1)))
        elif state is LinkState.CLOSED:
            pass_deadline(database, one)
        else:
            reply(database, token)
        assert shown(database, token).state is state
        with pytest.raises(Conflict, match=told):
            reply(database, token)


def test_who_reads_a_link_reads_no_other_questions_than_its_own_and_the_answered(database: Database):
    one, own = published(database), firm(database, kept_by=None)
    ask(database, one, firm(database, "Exempel Park"))
    invite(database, one, own)
    assert shown(database, token_of(database)).questions == []


def test_a_link_over_http_acts_on_post_only(app_client: httpx.Client, database: Database):
    one, own = published(database), firm(database, kept_by=None)
    (made,) = invite(database, one, own).invited
    where = f"/api/v1/replies/{token_of(database)}"
    for _ in range(2):
        answer = app_client.get(where)
        assert (answer.status_code, answer.json()["state"]) == (200, "open")
        assert "no-store" in answer.headers["cache-control"]
        app_client.head(where)
    assert state_of(database, made.id) is InvitationState.SENT
    for _ in range(2):
        # Sent again because the answer was lost on the way, it is asked once.
        asked = app_client.post(f"{where}/questions", json={"text": "Vilka tider?"})
        assert (asked.status_code, asked.json()["state"]) == (200, "open")
        assert [(one["text"], one["is_own"]) for one in asked.json()["questions"]] == [("Vilka tider?", True)]
    assert app_client.post(f"{where}/questions", json={"text": ""}).status_code == 422
    assert app_client.post(where, json={"kind": "decline"}).status_code == 422
    body = {"kind": "decline", "reason": "time"}
    first = app_client.post(where, json=body)
    assert (first.status_code, first.json()["state"]) == (200, "answered")
    assert app_client.post(where, json=body).status_code == 409
    assert app_client.post(f"{where}/questions", json={"text": "Och sedan?"}).status_code == 409
    assert app_client.post("/api/v1/replies/" + "x" * 43 + "/questions", json={"text": "Hallå?"}).status_code == 404
    assert app_client.get("/api/v1/replies/" + "x" * 43).status_code == 404
    assert app_client.post("/api/v1/replies/" + "x" * 43, json=body).status_code == 404


def test_no_log_holds_a_link(app_client: httpx.Client, database: Database, caplog: pytest.LogCaptureFixture):
    invite(database, published(database), firm(database, kept_by=None))
    token = token_of(database)
    with caplog.at_level("INFO", logger="samnod.request"):
        app_client.get(f"/api/v1/replies/{token}")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("samnod")]
    assert ours == ["GET /api/v1/replies/…"]


def test_who_has_answered_otherwise_finds_the_link_answered(database: Database):
    one, own = published(database), firm(database)
    invite(database, one, own)
    token = token_of(database)
    respond(database, one, own)
    assert shown(database, token).state is LinkState.ANSWERED
