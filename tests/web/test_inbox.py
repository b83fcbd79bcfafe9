"""The enterprise's inbox and the four forms that answer, with what strangers and latecomers see."""

import httpx
import pytest

from app.core.db import Database
from app.responses import service as responses
from app.responses.vocabulary import InvitationState
from tests.people import send, signed_in
from tests.responses.ground import BUYER, FIRM, firm, published
from tests.responses.test_answers import ask, invite, pass_deadline, respond, state_of
from tests.web.html import Document, parsed


def answers(database: Database, opportunity_id: str):
    """Return what the buyer has got."""
    with database.reads() as session:
        return responses.responses(session, opportunity_id, by=BUYER)


def post(client: httpx.Client, opportunity_id: str, enterprise_id: str, **fields: object) -> httpx.Response:
    """Send one of the forms."""
    sent = {"do": "send", "kind": "interest", "enterprise_id": enterprise_id, **fields}
    return send(client, f"/sv/inbox/{opportunity_id}?form=interest", sent, f"/sv/inbox/{opportunity_id}")


def page_of(client: httpx.Client, address: str) -> Document:
    """Return a page that is there."""
    answer = client.get(address)
    assert answer.status_code == 200
    return parsed(answer.text)


def words(page: Document) -> str:
    """Return the text of a page's content on one line."""
    return " ".join(page.with_id("content").text.split())


def test_an_empty_inbox_says_what_is_missing(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "enterprise")
    assert "/sv/profile" in page_of(app_client, "/sv/inbox").links()
    firm(database, offerings=[])
    published(database, title="Snöskottning", lots=[{"title": "Snö", "cpv_main": "90620000"}])
    page = page_of(app_client, "/sv/inbox")
    assert "Inget nytt just nu" in words(page)
    assert "Få fler matchningar" in words(page)


def test_what_matches_and_what_one_is_invited_to_stand_under_new(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "enterprise")
    one, own = published(database), firm(database)
    text = words(page_of(app_client, "/sv/inbox"))
    for said in ("Städning av skolor", "Matchar er", "19 dagar kvar", "Varför dessa poäng?", "Nya 1", "Besvarade 0"):
        assert said in text, said
    (made,) = invite(database, one, own).invited
    assert "Ni är inbjudna" in words(page_of(app_client, "/sv/inbox"))
    assert state_of(database, made.id) is InvitationState.SENT
    page_of(app_client, f"/sv/inbox/{one}")
    assert state_of(database, made.id) is InvitationState.SEEN
    respond(database, one, own)
    assert "Nya 0 Besvarade 1" in words(page_of(app_client, "/sv/inbox?state=answered"))
    pass_deadline(database, one)
    assert "Avslutade 1" in words(page_of(app_client, "/sv/inbox?state=closed")) or "Stängd" in words(
        page_of(app_client, "/sv/inbox?state=closed")
    )


def test_interest_with_partners_is_told_changed_and_taken_back(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "enterprise")
    one, own = published(database), firm(database)
    other = firm(database, "Fristad Exempel", kept_by=None)
    found = post(app_client, one, own, do="search", partner_words="Fristad", text="Gärna")
    assert found.status_code == 200
    assert parsed(found.text).with_id(f"p-{other}")
    assert "Gärna" in parsed(found.text).with_id("text").text
    assert post(app_client, one, own, do="search", partner_words="Finns inte").status_code == 422
    assert post(app_client, one, own, do="search", partner_words="").status_code == 422
    answer = post(app_client, one, own, text="Gärna", partner=other)
    assert answer.headers["location"] == f"/sv/inbox/{one}?as={own}&sent=interest#told"
    page = page_of(app_client, answer.headers["location"])
    assert "Ni vill lämna anbud ihop med Fristad Exempel" in words(page)
    (given,) = answers(database, one)
    assert (given.kind, given.text, given.partner_ids) == ("interest", "Gärna", [other])
    form = page_of(app_client, f"/sv/inbox/{one}?form=interest")
    assert "checked" in form.with_id(f"p-{other}").attributes
    assert post(app_client, one, own, kind="decline", reason="size", rev=given.rev).status_code == 303
    assert answers(database, one)[0].reason == "size"
    assert post(app_client, one, own, do="withdraw").status_code == 303
    assert answers(database, one)[0].state == "withdrawn"
    assert post(app_client, one, own, do="withdraw").status_code == 409
    assert post(app_client, one, own, kind="interest").status_code == 303, "another answer can be given"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "decline"}, "reason-error"),
        ({"kind": "decline", "reason": "nonsense"}, "reason-error"),
        ({"kind": "interest", "text": "Ring Anna 19900101-1239"}, "text-error"),
        ({"kind": "question", "question": " "}, "question-error"),
        ({"kind": "question", "question": "19900101-1239 frågar"}, "question-error"),
    ],
)
def test_what_cannot_be_sent_is_told_at_its_field(
    database: Database, app_client: httpx.Client, fields: dict[str, str], field: str
):
    signed_in(app_client, database, "enterprise")
    one, own = published(database), firm(database)
    answer = post(app_client, one, own, **fields)
    assert answer.status_code == 422
    page = parsed(answer.text)
    assert page.with_id(field).text.strip()
    assert page.all("title")[0].text.startswith("Fel:")
    assert "autofocus" in page.all("div", class_="ds-error-summary")[0].attributes
    assert answers(database, one) == []


def test_a_question_is_asked_without_a_name(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "enterprise")
    one, own = published(database), firm(database)
    assert post(app_client, one, own, kind="question", question="Vilka tider gäller?").status_code == 303
    assert "Er fråga" in words(page_of(app_client, f"/sv/inbox/{one}"))
    app_client.cookies.clear()
    assert "Vilka tider" not in app_client.get(f"/sv/opportunities/{one}").text, "open ones are nobody else's"


def test_two_who_answer_at_once_are_told(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "enterprise")
    one, own = published(database), firm(database)
    given = respond(database, one, own, kind="decline", reason="time")
    late = post(app_client, one, own, kind="interest", text="Mitt ord", rev="")
    assert late.status_code == 412
    page = parsed(late.text)
    assert "Ni tackade nej" in words(page)
    assert "Mitt ord" in page.with_id("text").text
    again = post(
        app_client, one, own, kind="interest", text="Mitt ord", rev=page.all("input", name="rev")[0].attributes["value"]
    )
    assert again.status_code == 303
    assert answers(database, one)[0].rev == given.rev + 1


def test_after_the_deadline_nothing_can_be_said(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "enterprise")
    one, own = published(database), firm(database)
    ask(database, one, own)
    page = f"/sv/inbox/{one}"
    token_page = "/sv/inbox/" + published(database, title="Städning av badhus")
    pass_deadline(database, one)
    text = words(page_of(app_client, page))
    assert "Inga fler svar tas emot." in text
    assert "Ni svarade inte i tid." in text
    for kind in ("interest", "question"):
        said = {"do": "send", "kind": kind, "question": "Och nu?", "enterprise_id": own}
        assert send(app_client, f"{token_page}?form=interest", said, page).status_code == 409
    assert answers(database, one) == []


def test_an_opportunity_that_does_not_match_can_be_answered_too(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "enterprise")
    own = firm(database)
    one = published(database, title="Snöskottning", description="", lots=[{"title": "Snö", "cpv_main": "90620000"}])
    public = app_client.get(f"/sv/opportunities/{one}").text
    assert f"/sv/inbox/{one}" in parsed(public).links()
    page_of(app_client, f"/sv/inbox/{one}?form=interest")
    assert post(app_client, one, own).status_code == 303


def test_nobody_answers_for_another_enterprise(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "enterprise")
    one, own = published(database), firm(database)
    stranger = firm(database, "Exempel Främling", kept_by=None)
    assert post(app_client, one, own).status_code == 303
    sent = {"do": "send", "kind": "interest", "enterprise_id": stranger}
    answer = send(app_client, f"/sv/inbox/{one}?form=question", sent, f"/sv/inbox/{one}")
    assert answer.status_code == 404
    assert app_client.get(f"/sv/inbox/{one}?as={stranger}").status_code == 404
    assert app_client.get("/sv/inbox/nothing").status_code == 404
    assert [given.enterprise_id for given in answers(database, one)] == [own]


def test_one_of_several_enterprises_is_chosen(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "enterprise")
    one, own, second = published(database), firm(database), firm(database, "Exempel Två")
    page = page_of(app_client, "/sv/inbox")
    assert f"/sv/inbox/{one}?as={second}" in page.links()
    assert post(app_client, one, second).status_code == 303
    assert [given.enterprise_id for given in answers(database, one)] == [second]
    assert "Ni är intresserade" not in words(page_of(app_client, f"/sv/inbox/{one}?as={own}"))


@pytest.mark.parametrize("role", ["buyer", "coordinator"])
def test_the_inbox_is_for_enterprises(database: Database, app_client: httpx.Client, role: str):
    one = published(database)
    assert app_client.get("/sv/inbox").headers["location"] == "/sv/sign-in?to=%2Fsv%2Finbox"
    signed_in(app_client, database, role)
    for path in ("/sv/inbox", f"/sv/inbox/{one}"):
        assert app_client.get(path).status_code == 403
    assert FIRM.organization_id
