"""The pages of the needs: found by kind and place, written by who has them, changed by a coordinator who says why."""

import re

import httpx
import pytest

from app.accounts.vocabulary import Role
from app.core.db import Database
from app.demo.organizations import organization_id
from app.demo.vocabulary import need_id
from app.needs import service as needs
from app.needs.schemas import NeedRead
from tests.people import send, signed_in

WRITTEN = {
    "title": "Någon som kan läsa vårt anbud",
    "description": "Vi lämnar det före jul.",
    "categories": "sales_marketing",
    "areas": "Sundsvall\nTrondheim",
    "urgency": "3",
    "sides": "enterprise",
    "language": "sv",
}
HX = {"HX-Request": "true"}


@pytest.fixture
def database_url(demo_url: str) -> str:
    """Give the URL of a database of the test's own that holds the demo."""
    return demo_url


def kept(database: Database, record_id: str) -> NeedRead:
    """Return a need that everybody sees."""
    with database.reads() as session:
        return needs.find(session, record_id)


def test_needs_are_found_and_told_whole(app_client: httpx.Client):
    page = app_client.get("/sv/needs", params={"words": "handledarutbildning i Norrbotten"}).text
    assert need_id("N006") in page
    assert need_id("N001") not in page
    for language, nothing in (("sv", "Ingen har berättat"), ("nb", "Ingen har fortalt"), ("en", "Nobody has told")):
        nobody = app_client.get(f"/{language}/needs?words=qqqq&area=SE-25").text
        assert nothing in nobody
        assert f'href="/{language}/needs/new"' in nobody
        assert f'href="/{language}/needs?area=SE-25"' in nobody
        for key in ("N001", "N029", "N045", "N056", "exempel-handledning"):
            assert app_client.get(f"/{language}/needs/{need_id(key)}").status_code == 200, key
    met = app_client.get("/sv/needs?status=met").text
    assert re.findall(r"/sv/needs/([0-9a-f-]{36})", met) == [need_id("exempel-handledning")]
    whole = app_client.get(f"/sv/needs/{need_id('N029')}").text
    for told in ("Kramfors", "/sv/enterprises/", "Sälj och marknadsföring", 'lang="en"', "ReSeNS practice book (2018)"):
        assert told in whole, told
    assert "/sv/support-offers?need=sales_marketing&amp;area=SE-2282" in whole
    assert app_client.get(f"/sv/needs/{need_id('exempel-digitalt')}").status_code == 404
    wrong = app_client.get("/sv/needs?category=x&status=draft&after=nonsense")
    assert (wrong.status_code, "bokföringsprogram" in wrong.text) == (422, False)


def test_htmx_gets_the_list_and_the_counts_alone(app_client: httpx.Client):
    whole = app_client.get("/sv/needs")
    part = app_client.get("/sv/needs?category=advice&status=&sort=title&category_match=any", headers=HX)
    assert (part.status_code, "<html" in part.text) == (200, False)
    assert part.headers["hx-push-url"] == "/sv/needs?category=advice&sort=title"
    counts = re.findall(r'id="(n-[\w-]+)"', part.text)
    assert counts
    assert set(counts) == set(re.findall(r'id="(n-[\w-]+)"', whole.text))
    following = re.search(r'rel="next" href="([^"]+)"', whole.text)
    assert following
    further = app_client.get(following[1].replace("&amp;", "&")).text
    ids = [set(re.findall(r"/sv/needs/([0-9a-f-]{36})", text)) for text in (whole.text, further)]
    assert [len(found) for found in ids] == [20, 20]
    assert not ids[0] & ids[1]


def test_who_has_a_need_writes_publishes_and_meets_it(app_client: httpx.Client, database: Database):
    assert app_client.get("/sv/needs/new").headers["location"].startswith("/sv/sign-in?")
    signed_in(app_client, database, Role.ENTERPRISE, organization_id("enterprise"))
    refused = send(app_client, "/sv/needs/new", {**WRITTEN, "title": "", "areas": "Ingenstans"})
    assert refused.status_code == 422
    for told in ("Skriv med några få ord", "Ingenstans", "Vi lämnar det före jul.", 'href="#title"', 'href="#areas"'):
        assert told in refused.text, told
    personal = send(app_client, "/sv/needs/new", {**WRITTEN, "description": "Vi är 19811228-9874."})
    assert personal.status_code == 422
    assert 'href="#description">Mer om det: ' in personal.text
    saved = send(app_client, "/sv/needs/new", {**WRITTEN, "do": "draft"})
    assert saved.headers["location"] == "/sv/needs/mine?saved=1"
    mine = app_client.get("/sv/needs/mine?saved=1").text
    assert "Utkastet är sparat" in mine
    made = re.search(r"/sv/needs/([0-9a-f-]{36})\"[^>]*>Någon som kan läsa", mine)
    assert made
    where = f"/sv/needs/{made[1]}"
    assert "Säg hur brådskande" not in app_client.get(where).text
    assert send(app_client, where, {}, f"{where}/publish").status_code == 303
    one = kept(database, made[1])
    assert (one.holder_name, one.areas, one.country, one.urgency) == (
        "Exempel Städkompaniet",
        ["NO-5001", "SE-2281"],
        "SE",
        3,
    )
    # Twice: the second is told so.
    again = send(app_client, f"{where}/edit", {}, f"{where}/publish")
    assert again.status_code == 409
    assert "går inte att göra" in again.text
    assert send(app_client, f"{where}/met", {"reason": ""}).status_code == 422
    assert "Ta bort" in send(app_client, f"{where}/met", {"reason": "Hon 19811228-9874."}).text
    assert send(app_client, f"{where}/met", {"reason": "En mentor läste det."}).status_code == 303
    app_client.cookies.clear()
    assert "En mentor läste det." in app_client.get(where).text


def test_a_coordinator_says_why_and_the_second_of_two_sees_both(app_client: httpx.Client, database: Database):
    signed_in(app_client, database, Role.COORDINATOR)
    board = f"/sv/needs/{need_id('exempel-styrelse')}"
    assert "Exempel Städkompaniet" in app_client.get(board).text
    silent = send(app_client, f"{board}/edit", {**WRITTEN, "rev": "1", "reason": ""})
    assert (silent.status_code, 'href="#reason"' in silent.text) == (422, True)
    changed = {**WRITTEN, "title": "Styrelse sökes", "reason": "Stavfel i rubriken."}
    assert send(app_client, f"{board}/edit", {**changed, "rev": "1"}).status_code == 303
    late = send(app_client, f"{board}/edit", {**changed, "title": "Ny styrelse", "rev": "1"})
    assert late.status_code == 412
    for told in ("behåll ”Styrelse sökes”", "Du skrev: Ny styrelse", 'value="Ny styrelse"', 'name="rev" value="2"'):
        assert told in late.text, told
    taken = send(app_client, f"{board}/edit", {**changed, "title": "Ny styrelse", "theirs": "title", "rev": "2"})
    assert taken.status_code == 303
    assert kept(database, need_id("exempel-styrelse")).title == "Styrelse sökes"
    with database.reads() as session:
        told = needs.history(session, need_id("exempel-styrelse"), None).items
        assert [one.fields for one in told][-1] != []
    # Of others she names who has it, and nobody else's region is hers.
    nameless = send(app_client, "/sv/needs/new", {**WRITTEN, "areas": "Sundsvall"})
    assert 'href="#holder_name"' in nameless.text
    far = send(app_client, "/sv/needs/new", {**WRITTEN, "areas": "Luleå", "holder_name": "Kören"})
    assert (far.status_code, "Skriv en kommun i din region." in far.text) == (422, True)
    made = send(app_client, "/sv/needs/new", {**WRITTEN, "areas": "Sundsvall", "holder_name": "Kören", "do": "publish"})
    assert "Kören" in app_client.get(made.headers["location"]).text
    withdrawn = f"{made.headers['location']}/withdraw"
    assert send(app_client, withdrawn, {"reason": "De bad oss."}).status_code == 303
    assert "Kören" in app_client.get("/sv/needs/mine").text
    assert send(app_client, made.headers["location"] + "/remove", {"rev": "3"}).status_code == 303
    assert app_client.get(made.headers["location"]).status_code == 404
    assert app_client.get(f"{board}/nonsense").status_code == 404
