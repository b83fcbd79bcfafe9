"""Pages of the requests for support: asked from an offer's page, answered at the desk, told of; without JavaScript."""

import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest
from starlette.applications import Starlette

from app.accounts.vocabulary import Role
from app.core.db import Database
from app.support_requests import service
from app.support_requests.schemas import AcceptIn, OutcomeIn
from app.support_requests.vocabulary import OUTCOME_AFTER, Helped
from tests.client import client_of
from tests.people import send, signed_in, token_in
from tests.support_requests.ground import GIVER, ask, caller, firm, offered, read

NUMBER = "19811218-9876"


@pytest.fixture
def giver(app: Starlette, database: Database) -> Iterator[httpx.Client]:
    """Give the browser of somebody at the provider."""
    with client_of(app) as client:
        signed_in(client, database, Role.SUPPORT_PROVIDER)
        yield client


@pytest.fixture
def asker(app: Starlette, database: Database) -> Iterator[httpx.Client]:
    """Give the browser of somebody at the enterprise."""
    with client_of(app) as client:
        signed_in(client, database, Role.ENTERPRISE)
        yield client


def test_a_request_goes_all_the_way_by_forms(asker: httpx.Client, giver: httpx.Client, database: Database):
    offer, own = offered(database), firm(database)
    page = f"/sv/support-offers/{offer}/ask"
    assert f'href="{page}"' in asker.get(f"/sv/support-offers/{offer}").text
    assert page not in giver.get(f"/sv/support-offers/{offer}").text
    # A text about a person is refused at its field, by name, and nothing of what was typed is lost.
    told = {"enterprise_id": own, "text": f"Ring {NUMBER} om kaféet.", "contact_email": "kafe@example.invalid"}
    refused = send(asker, page, told)
    assert refused.status_code == 422
    assert "<title>Fel:" in refused.text
    assert '<a class="ds-link" href="#text">Din text: Texten verkar innehålla ett personnummer' in refused.text
    assert NUMBER in refused.text
    assert "kafe@example.invalid" in refused.text
    sent = send(asker, page, told | {"text": "Vi vill starta ett till kafé."})
    assert sent.status_code == 303
    where = re.sub(r"[?#].*", "", sent.headers["location"])
    assert "Du får ett brev när den är besvarad" in asker.get(sent.headers["location"]).text
    # Opened once more it leads there; a second one that was typed before is refused, and leads there too.
    assert f'href="{where}"' in asker.get(page).text
    token = token_in(asker.get(where).text)
    fields = told | {"text": "Vi vill starta ett till kafé.", "_token": token}
    again = asker.post(page, data=fields, headers={"Sec-Fetch-Site": "same-origin"})
    assert again.status_code == 409
    assert f'href="{where}"' in again.text
    assert f'href="{where}"' in asker.get(f"/sv/support-offers/{offer}").text
    # The provider finds it, has read it, and says yes.
    desk = giver.get("/sv/support-requests").text
    assert "Exempel Städ" in desk
    assert "Har väntat i 0 dagar" in desk
    rev = {"rev": "1"}
    assert send(giver, where, {"do": "acknowledge", **rev}).status_code == 303
    stale = send(giver, where, {"do": "decline", "reason": "full", **rev})
    assert stale.status_code == 412
    assert "Det gick inte att göra" in stale.text
    lacking = send(giver, where, {"do": "decline", "rev": "2"})
    assert (lacking.status_code, 'id="reason-error"' in lacking.text) == (422, True)
    assert send(giver, where, {"do": "accept", "text": "Ring växeln på måndag.", "rev": "2"}).status_code == 303
    assert "Ring växeln på måndag." in asker.get(where).text
    assert send(asker, where, {"do": "withdraw", "rev": "3"}).status_code == 409
    # It helped; nobody but the enterprise reads that.
    assert send(asker, where, {"do": "outcome"}).status_code == 422
    assert (
        send(asker, where, {"do": "outcome", "helped": "partly", "comment": "Mer tid hade hjälpt."}).status_code == 303
    )
    assert "Mer tid hade hjälpt." in asker.get(where).text
    assert "Mer tid hade hjälpt." not in giver.get(where).text


def test_each_side_sees_what_waits_for_it(asker: httpx.Client, giver: httpx.Client, database: Database):
    offer, _ = offered(database), firm(database)
    empty = asker.get("/nb/support-requests").text
    assert "Ingen forespørsel venter" in empty
    one = ask(database, offer).id
    assert "1 väntar på dig" in giver.get("/sv/support-offers/mine").text
    with database.writes() as session:
        service.accept(session, one, AcceptIn(), by=GIVER)
    decided = read(database, one).decided_at
    assert decided is not None
    with database.writes() as session:
        service.ask_outcomes(session, decided + OUTCOME_AFTER)
    assert "Hjälpte det?" in asker.get("/sv/support-requests?show_only=accepted").text
    assert "1 väntar på dig" in asker.get("/sv/inbox").text
    for language in ("sv", "nb", "en"):
        for tab in ("open", "accepted", "ended", "nonsense"):
            assert asker.get(f"/{language}/support-requests?show_only={tab}").status_code == 200
        for client in (asker, giver):
            assert client.get(f"/{language}/support-requests/{one}").status_code == 200


def test_the_list_goes_on_page_by_page(asker: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("web.pages.support_requests._WITHIN", 2)
    own = firm(database)
    sent = {ask(database, offered(database), own).id for _ in range(3)}
    first = asker.get("/sv/support-requests").text
    following = re.search(r'rel="next" href="([^"]*)"', first)
    assert following
    second = asker.get(unescape(following[1])).text
    assert 'rel="next"' not in second
    assert "Till första sidan" in second
    shown = [re.findall(r'href="/sv/support-requests/([0-9a-f-]{36})"', page) for page in (first, second)]
    assert [len(one) for one in shown] == [2, 1]
    assert {one for page in shown for one in page} == sent


def test_the_coordinator_answers_and_the_offer_tells_how_to_apply(
    asker: httpx.Client, app_client: httpx.Client, database: Database
):
    offer, own = offered(database, kept_by=None, how_to_apply="Ring växeln."), firm(database)
    page = asker.get(f"/sv/support-offers/{offer}").text
    assert "Ring växeln." in page
    sent = send(asker, f"/sv/support-offers/{offer}/ask", {"enterprise_id": own, "text": "Vi vill växa."})
    where = re.sub(r"[?#].*", "", sent.headers["location"])
    assert "regionens samordnare svarar" in asker.get(where).text
    signed_in(app_client, database, Role.COORDINATOR)
    assert "1 väntar på dig" in app_client.get("/sv/coordination").text
    assert send(app_client, where, {"do": "decline", "reason": "other", "text": "De har stängt."}).status_code == 303
    assert "De har stängt." in asker.get(where).text


def test_an_offer_that_takes_no_requests_says_why(asker: httpx.Client, database: Database):
    firm(database)
    closed = offered(database, deadline_on="2026-01-01")
    for page in (f"/sv/support-offers/{closed}", f"/sv/support-offers/{closed}/ask"):
        assert "Sista ansökningsdagen har passerat" in asker.get(page).text
    assert asker.get("/sv/support-offers/nobodys/ask").status_code == 404


def test_figures_stand_on_the_offers_page_when_five_stand_behind_them(asker: httpx.Client, database: Database):
    offer = offered(database)
    for n in range(5):
        by = caller(Role.ENTERPRISE, f"org-{n}")
        assert "Vanlig tid till svar" not in asker.get(f"/sv/support-offers/{offer}").text
        one = ask(database, offer, firm(database, f"Exempel {n}", kept_by=by), by=by).id
        with database.writes() as session:
            service.accept(session, one, AcceptIn(), by=GIVER)
            service.tell_outcome(session, one, OutcomeIn(helped=Helped.HELPED), by=by)
    page = asker.get(f"/sv/support-offers/{offer}").text
    assert "<dt>Vanlig tid till svar</dt><dd>1 dag</dd>" in page
    assert "100 procent, enligt minst fem företag" in page
