"""The link in an e-mail: no account, one answer, and nothing that a mail scanner's GET could change."""

from datetime import timedelta

import httpx
from sqlalchemy import update
from sqlmodel import col

from app.core.clock import now
from app.core.db import Database
from app.responses import service as responses
from app.responses.schemas import QuestionAnswerIn
from app.responses.tables import EnterpriseInvitation
from app.responses.vocabulary import InvitationState
from tests.people import send, token_in
from tests.responses.ground import BUYER, firm, published, token_of
from tests.responses.test_answers import ask, invite, pass_deadline, respond, state_of
from tests.web.html import parsed
from tests.web.test_inbox import answers, words


def invited(database: Database, **said: object) -> tuple[str, str, str, str]:
    """Invite an enterprise without people, and return the opportunity, enterprise, invitation and link."""
    one, own = published(database), firm(database, kept_by=None, **said)
    (made,) = invite(database, one, own).invited
    return one, own, made.id, f"/sv/reply/{token_of(database)}"


def test_to_look_changes_nothing_and_tells_nobody(database: Database, app_client: httpx.Client):
    _, _, invitation, link = invited(database)
    for method in ("GET", "HEAD"):
        answer = app_client.request(method, link)
        assert answer.status_code == 200
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
    assert state_of(database, invitation) is InvitationState.SENT
    assert app_client.get("/sv/about").headers["referrer-policy"] == "strict-origin-when-cross-origin"
    text = words(parsed(app_client.get(link).text))
    for said in ("Städning av skolor", "Inbjudan till Exempel Städ", "Ni behöver inget konto", "Tacka nej"):
        assert said in text, said
    app_client.cookies.clear()
    for nobodys in (link[:-1], f"{link}/x", "/sv/reply/"):
        # What opens nothing is an address to keep to oneself as well: a letter may be missing of the right one.
        gone = app_client.get(nobodys)
        told = (gone.headers["referrer-policy"], gone.headers["cache-control"])
        assert (gone.status_code, *told) == (404, "no-referrer", "no-store"), nobodys


def test_a_link_answers_once(database: Database, app_client: httpx.Client):
    one, own, _, link = invited(database)
    form = f"{link}?form=interest"
    assert send(app_client, form, {"kind": "question", "question": "Vilka tider gäller?"}, link).status_code == 303
    before = token_in(app_client.get(form).text)
    sent = {"kind": "decline", "reason": "distance", "text": "För långt."}
    answer = send(app_client, form, sent, link)
    assert answer.headers["location"] == f"{link}?sent=answer#told"
    text = words(parsed(app_client.get(link).text))
    for said in ("Ni tackade nej", "För långt bort", "Länken är använd"):
        assert said in text, said
    assert not parsed(app_client.get(form).text).all("form", method="post")
    second = app_client.post(
        link, data={"_token": before, "kind": "interest"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert second.status_code == 409
    assert second.headers["cache-control"] == "no-store"
    assert second.headers["referrer-policy"] == "no-referrer"
    (given,) = answers(database, one)
    assert (given.enterprise_id, given.kind, given.is_by_link) == (own, "decline", True)


def test_what_is_wrong_is_told_and_the_link_stays_good(database: Database, app_client: httpx.Client):
    one, _, _, link = invited(database)
    other = firm(database, "Fristad Exempel", kept_by=None)
    form = f"{link}?form=interest"
    assert send(app_client, form, {"kind": "decline"}, link).status_code == 422
    assert send(app_client, form, {"kind": "nonsense"}, link).status_code == 422
    assert send(app_client, form, {"kind": "interest", "text": "19900101-1239"}, link).status_code == 422
    found = send(app_client, form, {"kind": "interest", "do": "search", "partner_words": "Fristad"}, link)
    assert parsed(found.text).with_id(f"p-{other}")
    assert answers(database, one) == []
    assert send(app_client, form, {"kind": "interest", "partner": other}, link).status_code == 303
    assert answers(database, one)[0].partner_ids == [other]


def test_another_site_cannot_answer_for_the_visitor(database: Database, app_client: httpx.Client):
    one, _, _, link = invited(database)
    token = token_in(app_client.get(f"{link}?form=interest").text)
    data = {"_token": token, "kind": "interest"}
    elsewhere = app_client.post(link, data=data, headers={"Sec-Fetch-Site": "cross-site"})
    untold = app_client.post(link, data={"kind": "interest"}, headers={"Sec-Fetch-Site": "same-origin"})
    app_client.cookies.clear()
    stolen = app_client.post(link, data=data, headers={"Sec-Fetch-Site": "same-origin"})
    assert elsewhere.status_code == 403
    assert untold.status_code >= 400
    assert stolen.status_code >= 400
    assert answers(database, one) == []


def test_a_link_that_is_over_says_why_and_what_to_do(database: Database, app_client: httpx.Client):
    one, own, invitation, link = invited(database)
    later = now() - timedelta(days=1)
    with database.writes() as session:
        mine = update(EnterpriseInvitation).where(col(EnterpriseInvitation.id) == invitation)
        session.execute(mine.values(expires_at=later))
    assert "Länken har gått ut. Svar tas fortfarande emot" in words(parsed(app_client.get(link).text))
    with database.writes() as session:
        session.execute(mine.values(expires_at=now() + timedelta(days=1)))
        responses.withdraw_invitation(session, invitation, by=BUYER)
    page = parsed(app_client.get(link).text)
    assert "Köparen har tagit tillbaka inbjudan" in words(page)
    assert f"/sv/opportunities/{one}" in page.links()
    assert not page.all("form", method="post")
    assert own


def test_a_link_to_what_is_closed_says_so(database: Database, app_client: httpx.Client):
    one, _, _, link = invited(database)
    form = f"{link}?form=interest"
    token = token_in(app_client.get(form).text)
    pass_deadline(database, one)
    assert "Inga fler svar tas emot." in words(parsed(app_client.get(link).text))
    late = app_client.post(link, data={"_token": token, "kind": "interest"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert late.status_code == 409
    assert answers(database, one) == []


def test_the_public_page_shows_answers_and_hides_who_asked(database: Database, app_client: httpx.Client):
    one, own = published(database), firm(database)
    question = ask(database, one, own, "Kan det göras kvällstid?")
    page = app_client.get(f"/sv/opportunities/{one}").text
    assert "Kan det göras kvällstid?" not in page
    with database.writes() as session:
        responses.answer_question(session, question.id, QuestionAnswerIn(answer="Ja."), by=BUYER)
    respond(database, one, own)
    for language in ("sv", "nb", "en"):
        page = app_client.get(f"/{language}/opportunities/{one}").text
        assert "Kan det göras kvällstid?" in page
        assert "Exempel Städ" not in page
    pass_deadline(database, one)
    assert "inga frågor och inga svar tas emot" in app_client.get(f"/sv/opportunities/{one}").text


def test_an_early_dialogue_says_that_it_is_no_tender(database: Database, app_client: httpx.Client):
    one = published(database, form="early_dialogue", lots=[])
    assert "ingen upphandling" in app_client.get(f"/sv/opportunities/{one}").text
    assert "ingen upphandling" not in app_client.get(f"/sv/opportunities/{published(database)}").text
