"""Letters stopped with one click, and the demo's own outbox: who sees it, and where."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from app.accounts import people
from app.accounts.vocabulary import Digest
from app.core.clock import now
from app.core.db import Database
from app.mail import service
from app.mail.rules import Stops, address_hash, stop_token
from app.mail.vocabulary import Letter, State
from tests.keys import SECRET
from tests.mail.letters import SENDER, a_letter, queued
from tests.people import person_for, send

HERE = {"Host": "127.0.0.1:8000"}
INVITED = "social@example.org"


def token_of(stops: Stops, subject: str) -> str:
    """Return the token that a letter would hold."""
    return stop_token(SECRET.encode(), stops, subject)


def digest_of(database: Database, person_id: str) -> Digest:
    """Return how often a person is told what is new."""
    with database.reads() as session:
        return people.find(session, person_id).digest


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("language", ["sv", "nb", "en"])
def test_looking_stops_nothing_and_one_click_does(app_client: httpx.Client, database: Database, language: str):
    person = person_for(database, "buyer")
    page = f"/{language}/unsubscribe/{token_of(Stops.DIGEST, person.id)}"
    assert app_client.get(page).status_code == 200
    assert digest_of(database, person.id) is Digest.DAILY
    # As a mail program sends it (RFC 8058): no cookie, no Origin, no Sec-Fetch-Site.
    answer = app_client.post(page, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert digest_of(database, person.id) is Digest.OFF
    assert person.email not in answer.text


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_token_that_is_not_ours_stops_nothing(app_client: httpx.Client, database: Database):
    person = person_for(database, "buyer")
    good = token_of(Stops.DIGEST, person.id)
    forged = stop_token(b"another secret", Stops.DIGEST, person.id)
    other = good.replace("d.", "i.", 1)
    for token in (forged, other, good[:-1], f"{good}å", f"d.{person.id}.", "d..", "x", "d.a.b.c"):
        assert app_client.get(f"/sv/unsubscribe/{token}").status_code == 404, token
        assert app_client.post(f"/sv/unsubscribe/{token}").status_code == 404, token
    assert digest_of(database, person.id) is Digest.DAILY
    # Whoever has left is told the same.
    assert app_client.post(f"/sv/unsubscribe/{token_of(Stops.DIGEST, 'nobody')}").status_code == 200


def test_an_address_that_wants_no_invitations_gets_none_until_it_wants_them_again(
    app_client: httpx.Client, database: Database
):
    hashed = address_hash(SECRET.encode(), INVITED)
    page = f"/sv/unsubscribe/{token_of(Stops.INVITATIONS, hashed)}"

    def taken() -> list[str]:
        queued(database, Letter(INVITED, "sv", "responses/invitation", {}), a_letter(INVITED))
        with database.writes() as session:
            found = service.take(session, SENDER, holder="test", at=now(), secret=SECRET.encode())
        return sorted(parcel.template for parcel in found)

    assert app_client.post(page).status_code == 200
    # What answers something that somebody did still comes.
    assert taken() == ["accounts/invitation"]
    with database.reads() as session:
        assert service.numbers(session)[State.STOPPED] == 1
    assert send(app_client, f"{page}?stopped=1", {}, f"{page}/resume").status_code == 303
    assert taken() == ["accounts/invitation", "responses/invitation"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_invitations_are_sent_again_only_by_a_form_of_ours(app_client: httpx.Client, database: Database):
    page = f"/sv/unsubscribe/{token_of(Stops.INVITATIONS, 'a' * 64)}"
    assert app_client.post(f"{page}/resume").status_code == 403


@pytest.fixture
def with_demo(app: Starlette) -> Starlette:
    """Let the site believe that example data is loaded."""
    site = next(route.app for route in app.routes if isinstance(route, Mount) and route.path == "")
    site.state.site._demo_seen = True
    return app


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_demos_letters_are_read_on_its_own_page(with_demo: Starlette, app_client: httpx.Client, database: Database):
    assert "hemlig" not in app_client.get("/sv/outbox", headers=HERE).text
    queued(database, a_letter(), a_letter("b@example.org", language="nb"))
    page = app_client.get("/sv/outbox", headers=HERE)
    assert page.status_code == 200
    assert "Du är inbjuden till Samnod" in page.text
    assert 'href="http://127.0.0.1:8000/nb/invitation/hemlig"' in page.text
    assert "Härnösands kommun &lt;&amp;&gt;" in page.text


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_nobody_else_reads_the_demos_letters(with_demo: Starlette, app_client: httpx.Client, database: Database):
    site = next(route.app for route in with_demo.routes if isinstance(route, Mount) and route.path == "")
    assert app_client.get("/sv/outbox", headers=HERE).status_code == 200
    # Another name in the browser: a proxy, or a site whose name leads here.
    for host in ("samnod.example", "evil.example:8000", "127.0.0.1.evil.example"):
        assert app_client.get("/sv/outbox", headers={"Host": host}).status_code == 404, host
    site.state.keeps_mail = False
    assert app_client.get("/sv/outbox", headers=HERE).status_code == 404


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_without_a_demo_there_is_no_outbox_page(app_client: httpx.Client):
    assert app_client.get("/sv/outbox", headers=HERE).status_code == 404
