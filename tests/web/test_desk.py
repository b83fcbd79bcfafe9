"""The buyer's desk and board: every button, every state, and what strangers see."""

import httpx
import pytest

from app.core.db import Database
from app.opportunities.vocabulary import Status
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.responses import service as responses
from app.responses.schemas import ShortlistIn
from tests.people import send, signed_in, token_in
from tests.responses.ground import BUYER, firm, letters, published
from tests.responses.test_answers import ask, invite, pass_deadline, respond
from tests.web.html import parsed
from web.render import LANGUAGE_NAMES


def board_of(client: httpx.Client, opportunity_id: str, query: str = "") -> str:
    """Return the board in Swedish."""
    return client.get(f"/sv/desk/{opportunity_id}{query}").text


def press(client: httpx.Client, opportunity_id: str, enterprise_id: str, do: str, **fields: object) -> httpx.Response:
    """Press a button of one row."""
    page = f"/sv/desk/{opportunity_id}"
    return send(client, page, {"do": do, **fields}, f"{page}/rows/{enterprise_id}")


def rev_of(html: str) -> str:
    """Return the version of the only shortlist entry on the board."""
    return parsed(html).all("input", name="rev")[0].attributes["value"]


def test_an_empty_desk_says_how_to_begin(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer")
    for language in LANGUAGE_NAMES:
        page = parsed(app_client.get(f"/{language}/desk").text)
        assert f"/{language}/publish" in page.links()
        assert page.all("div", class_="panel empty")


def test_the_desk_counts_each_dialogue_and_lists_drafts(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer")
    one, draft = published(database), published(database, title="Ofärdigt", status=Status.DRAFT)
    own, other = firm(database), firm(database, "Exempel Två")
    invite(database, one, own, other)
    respond(database, one, own, kind="decline", reason="distance")
    ask(database, one, own)
    main = parsed(app_client.get("/sv/desk").text)
    text = " ".join(main.with_id("content").text.split())
    for said in ("Inbjudna2 (1 har inte svarat)", "Tackade nej1 För långt bort: 1", "1 fråga väntar", "19 dagar kvar"):
        assert said in text, said
    assert f"/sv/publish/{draft}" in main.links()
    assert f"/sv/desk/{one}" in main.links()
    pass_deadline(database, one)
    assert "Ange utfallet senast" in app_client.get("/sv/desk").text


def test_the_board_shows_matches_with_reasons_and_invites(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer")
    one, own = published(database), firm(database)
    page = parsed(board_of(app_client, one))
    row = page.with_id(f"e-{own}").text
    assert "Exempel Städ" in row
    assert "Inte inbjuden" in row
    assert page.all("dl", class_="allpoints")
    answer = press(app_client, one, own, "invite")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sv/desk/{one}#e-{own}")
    assert "Inget svar än" in parsed(board_of(app_client, one)).with_id(f"e-{own}").text
    assert len(letters(database, "responses/invitation")) == 1


def test_those_who_are_ticked_are_invited_and_counted(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer")
    one = published(database)
    both = [firm(database), firm(database, "Exempel Två", kept_by=None, contact_email=None)]
    ticked = parsed(board_of(app_client, one, "?tick=all")).all("input", name="enterprise_id")
    assert {box.attributes["value"] for box in ticked if "checked" in box.attributes} == set(both)
    answer = send(app_client, f"/sv/desk/{one}", {"enterprise_id": both}, f"/sv/desk/{one}/invite")
    told = parsed(app_client.get(answer.headers["location"]).text).with_id("told").text
    assert "1 företag är inbjudet." in told
    assert "1 saknar adress" in told
    again = send(app_client, f"/sv/desk/{one}", {"enterprise_id": both[:1]}, f"/sv/desk/{one}/invite")
    assert "1 var redan inbjudet." in parsed(app_client.get(again.headers["location"]).text).with_id("told").text
    nobody = send(app_client, f"/sv/desk/{one}", {}, f"/sv/desk/{one}/invite")
    assert nobody.status_code == 422
    assert "Kryssa för vilka" in nobody.text


def test_an_invitation_is_taken_back_once(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer")
    one, own = published(database), firm(database)
    (made,) = invite(database, one, own).invited
    assert press(app_client, one, own, "take-back", invitation=made.id).status_code == 303
    assert "Inbjudan återtagen" in board_of(app_client, one)
    second = press(app_client, one, own, "take-back", invitation=made.id)
    assert second.status_code == 409
    assert "Någon ändrade detta" in second.text
    assert "Inbjudan återtagen" in second.text


def test_the_shortlist_has_notes_that_nobody_overwrites(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer")
    one, own = published(database), firm(database)
    assert press(app_client, one, own, "shortlist").status_code == 303
    rev = rev_of(board_of(app_client, one))
    assert press(app_client, one, own, "note", rev=rev, note="Ring på måndag").status_code == 303
    late = press(app_client, one, own, "note", rev=rev, note="Ring på fredag")
    assert late.status_code == 412
    field = parsed(late.text).with_id(f"n-{own}").text
    assert "Ring på fredag" in field, "the draft is kept"
    assert "Ring på måndag" in parsed(late.text).with_id(f"e-{own}").text, "and what is now is shown"
    assert press(app_client, one, own, "note", rev=rev_of(late.text), note="Ring på fredag").status_code == 303
    refused = press(app_client, one, own, "note", rev=rev_of(board_of(app_client, one)), note="Anna 19900101-1239")
    assert refused.status_code == 422
    assert press(app_client, one, own, "take-off", rev=rev_of(board_of(app_client, one))).status_code == 303
    gone = press(app_client, one, own, "take-off", rev="9")
    assert gone.status_code == 409
    assert not parsed(gone.text).with_id(f"n-{own}")


def test_htmx_gets_one_row_and_the_counts(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer")
    one, own = published(database), firm(database)
    token = token_in(board_of(app_client, one))
    path, asked = f"/sv/desk/{one}/rows/{own}", {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
    answer = app_client.post(path, data={"_token": token, "do": "invite"}, headers=asked)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    fragment = app_client.get(path, headers=asked)
    assert "<html" not in fragment.text
    assert fragment.text.lstrip().startswith(f'<li id="e-{own}">')
    assert parsed(fragment.text).with_id("steps").attributes["hx-swap-oob"] == "true"
    assert app_client.get(path).headers["location"] == f"/sv/desk/{one}#e-{own}"
    refused = app_client.post(path, data={"_token": token, "do": "note", "rev": "7", "note": "x"}, headers=asked)
    assert refused.status_code == 409
    assert "Någon ändrade detta" in refused.text
    assert "<html" not in refused.text


def test_the_plan_is_saved_whole_or_told_why_not(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer")
    one = published(database)
    page = f"/sv/desk/{one}"
    plan = {"batch_size": "3", "enough": "2", "answer_by": "2026-12-01", "rev": "0"}
    for field, wrong in (("batch_size", "tre"), ("answer_by", "1 december"), ("answer_by", "2020-01-01")):
        answer = send(app_client, page, plan | {field: wrong}, f"{page}/plan")
        assert answer.status_code == 422
        assert parsed(answer.text).with_id(field).attributes["aria-invalid"] == "true"
        assert parsed(answer.text).with_id(field).attributes["value"] == wrong
    plan["answer_by"] = ""
    assert send(app_client, page, plan, f"{page}/plan").headers["location"] == f"{page}?saved=plan#told"
    assert "Samnod bjuder in 3 om dagen" in board_of(app_client, one, "?saved=plan")
    late = send(app_client, page, plan | {"batch_size": "9"}, f"{page}/plan")
    assert late.status_code == 412
    assert "Planen är nu: 3 om dagen" in late.text
    assert parsed(late.text).with_id("batch_size").attributes["value"] == "9"


def test_a_question_is_answered_once_for_all(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer")
    one, own = published(database), firm(database)
    question = ask(database, one, own)
    page, to = f"/sv/desk/{one}", f"/sv/desk/{one}/questions/{question.id}"
    assert "Exempel Städ" not in parsed(board_of(app_client, one)).with_id(f"q-{question.id}").text
    assert send(app_client, page, {"answer": " "}, to).status_code == 422
    personal = send(app_client, page, {"answer": "Ring 19900101-1239", "shown_text": "Vilka tider?"}, to)
    assert personal.status_code == 422
    assert "Ring 19900101-1239" in parsed(personal.text).with_id(f"answer-{question.id}").text
    assert "Vilka tider?" in parsed(personal.text).with_id(f"shown-{question.id}").text
    said = {"answer": "Efter klockan 18.", "shown_text": "Vilka tider gäller?"}
    assert send(app_client, page, said, to).status_code == 303
    assert len(letters(database, "responses/answer")) == 1
    public = app_client.get(f"/sv/opportunities/{one}").text
    assert "Vilka tider gäller?" in public
    assert "Efter klockan 18." in public
    second = send(app_client, page, said, to)
    assert second.status_code == 409


def test_the_tabs_choose_rows(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer")
    one, own, other = published(database), firm(database), firm(database, "Exempel Två")
    invite(database, one, own)
    with database.writes() as session:
        responses.add_to_shortlist(session, one, ShortlistIn(enterprise_id=other), by=BUYER)
    shown = {
        tab: [row for row in (own, other) if parsed(board_of(app_client, one, f"?show={tab}")).with_id(f"e-{row}")]
        for tab in ("", "waiting", "shortlist", "not-invited", "interested", "nonsense")
    }
    assert shown == {
        "": [own, other],
        "waiting": [own],
        "shortlist": [other],
        "not-invited": [other],
        "interested": [],
        "nonsense": [own, other],
    }


def test_answers_are_shown_with_their_words(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer")
    one, own, other = published(database), firm(database), firm(database, "Exempel Två")
    respond(database, one, own, kind="interest", text="Gärna del ett.", partner_ids=[other])
    respond(database, one, other, kind="decline", reason="capacity")
    page = parsed(board_of(app_client, one))
    joint = " ".join(page.with_id(f"e-{own}").text.split())
    for said in ("Intresserad", "Gärna del ett.", "Vill lämna anbud ihop med Exempel Två"):
        assert said in joint
    assert "Skäl" in page.with_id(f"e-{other}").text or "Orsak" in page.with_id(f"e-{other}").text


def test_few_matches_show_what_would_give_more_and_whom_to_ask(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer")
    lot = {"title": "Städning", "cpv_main": "90910000", "area_codes": ["SE-2281"]}
    one = published(database, lots=[lot | {"reserved_participation": ["res-ws"]}])
    nobody = board_of(app_client, one)
    assert "Inget företag matchar detta än" in nobody
    assert "Ingen samordnare i er region" in nobody
    firm(database, eligibility=[{"reservation": "res-ws", "state": "denied"}])
    with database.writes() as session:
        data = OrganizationCreate(
            name="Exempel Samordning",
            country="SE",
            kind="network",
            parts=["coordinator"],
            area_code="SE-22",
            contact_email="samordning@example.org",
            source="exempel",
        )
        organizations.register(session, data, home="here")
    page = parsed(board_of(app_client, one))
    assert "reservation" in page.all("ul", class_="facets")[0].text
    assert any(link.startswith("mailto:samordning@example.org?subject=St%C3%A4dning") for link in page.links())


@pytest.mark.parametrize(
    ("role", "organization", "status"),
    [
        ("buyer", "org-of-a-stranger", 404),
        ("enterprise", "", 403),
        ("coordinator", "", 404),
    ],
)
def test_nobody_else_reads_or_writes_on_a_board(
    database: Database, app_client: httpx.Client, role: str, organization: str, status: int
):
    signed_in(app_client, database, role, organization)
    one, own = published(database), firm(database)
    question = ask(database, one, own)
    for path in ("", "/dialogue", "/dialogue.csv", f"/rows/{own}"):
        answer = app_client.get(f"/sv/desk/{one}{path}", headers={"HX-Request": "true"})
        assert answer.status_code == status, path
    writes = {
        "invite": {"enterprise_id": own},
        f"rows/{own}": {"do": "shortlist"},
        "plan": {"batch_size": "1", "rev": "0"},
        f"questions/{question.id}": {"answer": "Ja."},
    }
    for path, fields in writes.items():
        # A coordinator invites with a reason, through the API; this page asks for none.
        answer = send(app_client, "/sv/account", fields, f"/sv/desk/{one}/{path}")
        assert answer.status_code in {status, 400}, path
    assert letters(database, "responses/invitation") == []
    assert letters(database, "responses/answer") == []


def test_a_visitor_is_asked_to_sign_in(database: Database, app_client: httpx.Client):
    one = published(database)
    for path in ("/sv/desk", f"/sv/desk/{one}", f"/sv/desk/{one}/dialogue", f"/sv/desk/{one}/dialogue.csv"):
        assert app_client.get(path).headers["location"].startswith("/sv/sign-in?to="), path
