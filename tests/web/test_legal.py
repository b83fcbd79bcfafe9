"""The pages that the law asks for, in three languages, and the form that tells what cannot be used."""

from html import unescape
from itertools import pairwise

import httpx
import pytest
from sqlmodel import select

from app.core.db import Database
from app.mail.tables import OutboxLetter
from app.main import create_app
from app.settings import Settings
from tests.client import client_of
from tests.people import person_for, send
from tests.web.html import parsed

CONTACT = "tillganglighet@exempel.example"


def letters(database: Database) -> list[OutboxLetter]:
    """Return what waits to be sent."""
    with database.reads() as session:
        return list(session.execute(select(OutboxLetter)).scalars())


@pytest.mark.parametrize("language", ["sv", "nb", "en"])
@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("accessibility", ["EN 301 549", "WCAG 2.1", "axe-core", "https://www.digg.se/tdosanmalan", "uutilsynet.no"]),
        ("privacy", ["6", "Argon2id", "imy.se", "datatilsynet.no", "30 "]),
        ("terms", ["CC BY 4.0"]),
    ],
)
def test_each_says_what_it_must_in_each_language(demo_client: httpx.Client, language: str, page: str, said: list[str]):
    answer = demo_client.get(f"/{language}/{page}")
    assert answer.status_code == 200
    assert [words for words in said if words not in answer.text] == []
    found = parsed(answer.text)
    assert len(found.all("h1")) == 1
    levels = [int(e.tag[1]) for e in found.elements if e.tag in {"h1", "h2", "h3"}]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    footer = answer.text[answer.text.index("<footer") :]
    assert all(f'href="/{language}/{name}"' in footer for name in ("accessibility", "privacy", "terms"))


def test_what_is_told_goes_to_the_contact_function_once(database: Database, settings: Settings):
    app = create_app(settings.model_copy(update={"contact_email": CONTACT}))
    said = {"told": "Knappen syns inte.\r\nAlls.", "where": "Första sidan", "answer_to": ""}
    with client_of(app) as client:
        for _ in range(2):
            answer = send(client, "/sv/accessibility", said)
            assert answer.headers["location"] == "/sv/accessibility?sent=1#feedback"
        assert "Tack." in client.get("/sv/accessibility?sent=1").text
        [letter] = letters(database)
        assert (letter.address, letter.template) == (CONTACT, "legal/feedback")
        assert letter.values["told"] == "Knappen syns inte.\nAlls."
        for wrong, field in (({"told": " "}, "told"), ({"answer_to": "inte en adress"}, "answer_to")):
            refused = send(client, "/nb/accessibility", said | wrong)
            page = parsed(refused.text)
            assert refused.status_code == 422
            assert page.all("title")[0].text.startswith("Feil:")
            assert page.with_id(field).attributes["aria-invalid"] == "true"
            assert "Första sidan" in unescape(refused.text)
    assert len(letters(database)) == 1


def test_nobody_fills_the_outbox_from_one_address(database: Database, settings: Settings):
    app = create_app(settings.model_copy(update={"contact_email": CONTACT, "rate_limits": True}))
    with client_of(app) as client:
        codes = [send(client, "/sv/accessibility", {"told": f"Rad {n}"}).status_code for n in range(4)]
    assert codes == [303, 303, 303, 429]
    assert len(letters(database)) == 3


def test_without_a_contact_function_the_administrators_read_it(app_client: httpx.Client, database: Database):
    person = person_for(database, "admin", language="nb")
    assert send(app_client, "/en/accessibility", {"told": "The button is not seen."}).status_code == 303
    [letter] = letters(database)
    assert (letter.address, letter.person_id, letter.language) == (person.email, person.id, "nb")


def test_a_node_with_nobody_to_read_it_shows_no_form(app_client: httpx.Client, database: Database):
    assert "<textarea" not in app_client.get("/sv/accessibility").text
    assert send(app_client, "/sv/sign-in", {"told": "x"}, to="/sv/accessibility").status_code == 404
    assert letters(database) == []
