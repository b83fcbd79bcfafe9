"""The pages of the intake: asked with and without an account, followed by a link, and led to a decision."""

import httpx
import pytest

from app.accounts.vocabulary import Caller, Role
from app.core.db import Database
from app.demo import service as demo
from app.demo.organizations import organization_id
from app.intake import rules
from app.intake import service as intake
from app.intake.schemas import CooperationFilters
from tests.keys import SECRET
from tests.people import send, signed_in

ASKED = {"title": "Odling på taket", "text": "Vi vill odla på skolans tak tillsammans med er.", "place": "Sundsvall"}
OPENLY = {"requester_name": "Exempel Odlarna", "contact_email": "info@odlarna.example.invalid"}
PROPOSED = {"do": "propose", "route": "iop", "proposal": "Ett partnerskap i två år.", "proposal_reason": "Det passar."}
DECIDED = {"do": "decide", "outcome": "agreed", "decision": "Enligt förslaget.", "decision_reason": "Protokoll § 14."}


@pytest.fixture
def database_url(demo_url: str) -> str:
    """Give the URL of a database of the test's own that holds the demo."""
    return demo_url


HANDLER = Caller("a-key", "anybody", Role.COORDINATOR, frozenset(), "SE-22")


def requests_of(database: Database) -> dict[str, str]:
    """Return the requests of the region: titles and ids."""
    with database.reads() as session:
        found, _, _ = intake.search(session, CooperationFilters(), HANDLER)
    return {one.title: one.id for one in found}


def test_an_association_without_an_account_follows_its_request_by_a_link(app_client: httpx.Client, database: Database):
    form = "/sv/cooperation"
    nothing = send(app_client, form, {"title": "Odling"})
    assert nothing.status_code == 422
    for field in ("text", "place", "requester_name", "contact_email"):
        assert f'href="#{field}"' in nothing.text
    assert 'value="Odling"' in nothing.text
    for field, value, told in (
        ("text", "Ring Anna, 19640823-3234, så berättar hon mer.", "personnummer"),
        ("contact_email", "anna.andersson@example.org", "Adressen verkar vara en persons"),
        ("place", "Sverige", "ange en kommun eller ett län"),
    ):
        refused = send(app_client, form, {**ASKED, **OPENLY, field: value})
        assert refused.status_code == 422
        assert told in refused.text
        assert f'href="#{field}"' in refused.text
    assert requests_of(database) == {}
    sent = send(app_client, form, {**ASKED, **OPENLY})
    assert sent.headers["location"] == "/sv/cooperation?sent=1"
    assert "Er förfrågan är skickad." in app_client.get(sent.headers["location"]).text
    one = requests_of(database)[ASKED["title"]]
    link = f"/sv/cooperation/follow/{rules.token_of(SECRET.encode(), one)}"
    assert app_client.get("/sv/cooperation/follow/nothing").status_code == 404
    for _ in range(2):
        shown = app_client.get(link).text
        assert "Mottagen" in shown
    assert send(app_client, link, {"do": "supplement", "note": ""}).status_code == 422
    assert send(app_client, link, {"do": "supplement", "note": "Skolan har sagt ja."}).status_code == 303
    assert "Skolan har sagt ja." in app_client.get(link).text
    assert send(app_client, link, {"do": "withdraw"}).headers["location"].endswith("?done=withdrawn")
    assert "Ta tillbaka förfrågan" not in app_client.get(link).text
    # An old page that is still open in another window.
    token = app_client.get(form).text.split('name="_token" value="')[1].partition('"')[0]
    late = app_client.post(link, data={"_token": token, "do": "withdraw"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert late.status_code == 409


def test_the_demo_has_a_request_in_each_state_once(app_client: httpx.Client, database: Database):
    for written in (3, 0):
        with database.writes() as session:
            assert demo.cooperation_requested(session, secret=SECRET.encode()) == written
    signed_in(app_client, database, "coordinator", organization_id("coordinator"))
    waiting = app_client.get("/sv/coordination/cooperation").text
    assert "Exempel: café i bygdegården" in waiting
    assert "Exempel: loppis" not in waiting
    assert "Exempel: loppis" in app_client.get("/nb/coordination/cooperation?state=decided").text
    assert app_client.get("/sv/coordination/cooperation?state=x").status_code == 422
    examined = requests_of(database)["Exempel: arbetsträning i återbruket"]
    assert "Det finns en marknad: upphandla" in app_client.get(f"/sv/coordination/cooperation/{examined}").text


def test_a_request_is_led_to_a_decision_that_whoever_asked_reads(app_client: httpx.Client, database: Database):
    asking = organization_id("enterprise")
    signed_in(app_client, database, "enterprise", asking)
    sent = send(app_client, "/sv/cooperation", ASKED)
    own = sent.headers["location"]
    assert "Mottagen" in app_client.get(own).text
    assert ASKED["title"] in app_client.get("/sv/cooperation/requests").text
    assert send(app_client, own, {"do": "supplement", "note": "Ring 070-123 45 67."}).status_code == 422
    cookies = dict(app_client.cookies)
    app_client.cookies.clear()
    signed_in(app_client, database, "coordinator", organization_id("coordinator"))
    desk = own.replace("/sv/cooperation/requests", "/sv/coordination/cooperation")
    assert send(app_client, desk, {"do": "examine", "rev": "1", "due_on": "2020-01-01"}).status_code == 422
    assert send(app_client, desk, {"do": "examine", "rev": "1", "note": "Vi återkommer."}).status_code == 303
    # Another coordinator has had it open since before that.
    late = send(app_client, desk, {**PROPOSED, "rev": "1"})
    assert late.status_code == 412
    assert "Någon har fört förfrågan vidare" in late.text
    assert "Ett partnerskap i två år." in late.text
    assert send(app_client, desk, {"do": "check", "rev": "2", "no_market": "no"}).status_code == 303
    nothing = send(app_client, desk, {**PROPOSED, "proposal": "", "rev": "3"})
    assert nothing.status_code == 422
    assert 'href="#proposal"' in nothing.text
    # A market exists, and the coordinator decides all the same.
    assert send(app_client, desk, {**PROPOSED, "rev": "3"}).status_code == 303
    assert "ReSeNS (2018), IOP 2" in app_client.get(desk).text
    assert send(app_client, desk, {"do": "return", "rev": "4", "note": "Utred mer."}).status_code == 303
    assert send(app_client, desk, {**PROPOSED, "rev": "5"}).status_code == 303
    assert send(app_client, desk, {**DECIDED, "rev": "6", "outcome": ""}).status_code == 422
    assert send(app_client, desk, {**DECIDED, "rev": "6"}).status_code == 303
    app_client.cookies.clear()
    app_client.cookies.update(cookies)
    told = app_client.get(own).text
    for text in ("Beslutad", "Det blir ett samarbete", "Protokoll § 14.", "Utred mer."):
        assert text in told
    assert "Reglerna för ett partnerskap gicks igenom" not in told
