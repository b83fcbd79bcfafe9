"""The same walk as in the browser, through the API with keys, on both databases; its letters reach a mail server."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.accounts.vocabulary import Role
from app.core.db import Database
from app.mail.sending import send_due
from tests.browser import free_port
from tests.databases import KINDS
from tests.keys import key_for
from tests.mail.letters import an_office
from tests.mail.mail_server import MailServer, running_mail_server
from tests.web.deal import cast_of, letters_to, link_in, text_of

TITLE = "Städning av skolor genom API"


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Run each test of this file on both kinds of database."""
    return str(request.param)


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    """Give a mail server of the test's own."""
    folder = tmp_path / "mail"
    folder.mkdir()
    with running_mail_server(free_port(), folder) as server:
        yield server


class Walker:
    """Somebody with a key, or a link: asks the API and takes nothing but success."""

    def __init__(self, client: httpx.Client, headers: dict[str, str] | None = None) -> None:
        self._client, self._headers = client, headers or {}

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask, and return what came back."""
        answer = self._client.request(method, f"/api/v1{path}", json=body, headers=self._headers | headers)
        assert answer.is_success, (answer.status_code, answer.text)
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None) -> int:
        """Ask, and return the status."""
        return self._client.request(method, f"/api/v1{path}", json=body, headers=self._headers).status_code


def need() -> dict[str, Any]:
    """Return what the officer publishes."""
    return {
        "title": TITLE,
        "form": "reserved_goods_services",
        "country": "SE",
        "buyer_name": "Exempel kommun",
        "buyer_area": "SE-2281",
        "deadline_at": "2199-01-01T12:00:00Z",
        "lots": [{"title": "Skolor", "cpv_main": "90910000", "area_codes": ["SE-2281"]}],
        "source": "exempel",
    }


def test_the_deal_is_made_with_keys(database: Database, app_client: httpx.Client, mail: MailServer):
    cast = cast_of(database, "sv")
    office = an_office(database, mail.url)
    officer = Walker(app_client, key_for(database, Role.BUYER, cast.buyer_id))
    asker, decliner = (Walker(app_client, key_for(database, Role.ENTERPRISE, one)) for one in cast.owners)
    made = officer.send("POST", "/opportunities", need())
    one = f"/opportunities/{made['id']}"
    board = officer.send("GET", f"{one}/board")
    assert set(cast.firms) <= {item["enterprise_id"] for item in board["items"]}
    invited = officer.send("POST", f"{one}/invitations", {"enterprise_ids": list(cast.firms)})
    assert len(invited["invited"]) == len(cast.firms)
    send_due(office)

    first, second, third = cast.firms
    (new,) = asker.send("GET", "/inbox?state=new")["items"]
    assert new["opportunity"]["id"] == made["id"]
    question = asker.send("POST", f"{one}/questions", {"enterprise_id": first, "text": "Går det efter klockan 18?"})
    declined = {"enterprise_id": second, "kind": "decline", "reason": "distance"}
    decliner.send("POST", f"{one}/responses", declined)
    link = link_in(letters_to(mail, TITLE, 3), cast.unknown)
    visitor, path = Walker(app_client), f"/replies/{link.rpartition('/')[2]}"
    assert visitor.send("GET", path)["state"] == "open"
    assert visitor.send("POST", path, {"kind": "interest", "text": "Vi har ledig tid."})["state"] == "answered"
    assert visitor.refused("POST", path, {"kind": "interest"}) == 409

    assert {item["kind"] for item in officer.send("GET", f"{one}/responses")["items"]} == {"interest", "decline"}
    officer.send("POST", f"/questions/{question['id']}/answer", {"answer": "Ja, på vardagar."})
    listed = officer.send("POST", f"{one}/shortlist", {"enterprise_id": third, "note": "Ring före jul."})
    assert listed["note"] == "Ring före jul."
    outcome = {"awards": [{"winner_name": "Exempel Utan konto sv"}]}
    officer.send("POST", f"{one}/close")
    assert officer.send("POST", f"{one}/award", outcome)["status"] == "awarded"
    assert decliner.refused("POST", f"{one}/responses", declined) == 409
    assert visitor.send("GET", path)["state"] == "answered"
    assert asker.refused("GET", f"{one}/dialogue") in {403, 404}
    send_due(office)

    told = Counter(step["kind"] for step in officer.send("GET", f"{one}/dialogue")["steps"])
    assert told == {
        "invited": 3,
        "asked": 1,
        "declined": 1,
        "interested": 1,
        "question-answered": 1,
        "shortlisted": 1,
        "expired": 1,
        "awarded": 1,
    }
    letters = letters_to(mail, TITLE, 8)
    assert Counter((letter["To"], "/reply/" in text_of(letter)) for letter in letters) == {
        (cast.asker, True): 1,
        (cast.asker, False): 1,
        (cast.decliner, True): 1,
        (cast.decliner, False): 2,
        (cast.unknown, True): 1,
        (cast.unknown, False): 2,
    }
