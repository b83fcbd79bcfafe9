"""The pages of one enterprise and of one opportunity."""

from types import SimpleNamespace

import httpx

from app.core.db import Database
from app.enterprises import service as enterprises
from tests.factories import enterprise
from tests.web.html import parsed


def test_an_enterprise_shows_what_is_known_and_what_is_not(demo_client: httpx.Client, known: SimpleNamespace):
    page = parsed(demo_client.get(f"/sv/enterprises/{known.cleaner}").text)
    main = page.with_id("content").text
    for text in ("Exempel Städkompaniet", "90910000", "Behörig", "LOU 4 kap. 18 §", "Verifierad", "4 lediga platser"):
        assert text in main
    assert len(page.all("circle", class_="kb")) == 6
    assert len(page.all("circle", class_="w")) == 1


def test_every_record_says_where_it_comes_from_and_how_fresh_it_is(demo_client: httpx.Client, known: SimpleNamespace):
    fresh = parsed(demo_client.get(f"/sv/enterprises/{known.cleaner}").text).with_id("content").text
    for text in ("Källa", "Senast ändrad", "Förvaras i noden", "local", "Bekräftad av företaget"):
        assert text in fresh
    assert "bekräftas en gång om året" not in fresh
    old = parsed(demo_client.get(f"/nb/enterprises/{known.recycler}").text).with_id("content").text
    for text in ("ReSeNS practice book (2018)", "2018", "bekreftes en gang i året"):
        assert text in old


def test_a_page_tells_which_parts_have_changed_and_not_what_they_said(database: Database, app_client: httpx.Client):
    with database.writes() as session:
        made = enterprises.register(session, enterprise(summary="Hemligt ord."), home="local")
    assert "Vad som har ändrats" not in app_client.get(f"/sv/enterprises/{made.id}").text
    with database.writes() as session:
        changed = enterprise(summary="Nytt ord.", area_code="SE-2262", place="Timrå")
        enterprises.register(session, changed, home="local", record_id=made.id)
    page = app_client.get(f"/sv/enterprises/{made.id}").text
    items = " ".join(parsed(page).all("ol", class_="stack-s small")[0].text.split())
    assert items.endswith("Beskrivning och Plats") or items.endswith("Plats och Beskrivning")
    assert "Hemligt" not in page


def test_open_opportunities_that_fit_are_listed_with_scores(demo_client: httpx.Client, known: SimpleNamespace):
    page = parsed(demo_client.get(f"/sv/enterprises/{known.cleaner}").text)
    assert f"/sv/opportunities/{known.cleaning}" in page.links()


def test_codes_that_were_guessed_are_marked(demo_client: httpx.Client, known: SimpleNamespace):
    assert "CPV-koderna är gissade" in demo_client.get(f"/sv/enterprises/{known.recycler}").text
    assert "CPV-koderna är gissade" not in demo_client.get(f"/sv/enterprises/{known.cleaner}").text


def test_texts_in_another_language_say_so(demo_client: httpx.Client, known: SimpleNamespace):
    swedish = parsed(demo_client.get(f"/sv/enterprises/{known.norwegian}").text)
    assert swedish.all("p", class_="lead")[0].attributes["lang"] == "nb"
    norwegian = parsed(demo_client.get(f"/nb/enterprises/{known.norwegian}").text)
    assert "lang" not in norwegian.all("p", class_="lead")[0].attributes


def test_addresses_that_lead_nowhere_are_no_links(demo_client: httpx.Client, known: SimpleNamespace):
    for path in (f"/sv/enterprises/{known.cleaner}", f"/sv/opportunities/{known.cleaning}"):
        assert not [link for link in parsed(demo_client.get(path).text).links() if ".invalid" in link]


def test_an_opportunity_shows_lots_money_days_and_three_witnesses(demo_client: httpx.Client, known: SimpleNamespace):
    page = parsed(demo_client.get(f"/sv/opportunities/{known.cleaning}").text)
    main = page.with_id("content").text.replace("\xa0", " ")
    for text in ("1 900 000 kr", "2 550 000 kr", "28 dagar kvar", "LOU 4 kap. 18 §", "ingen annonsdatabas"):
        assert text in " ".join(main.split())
    assert len(page.all("dl", class_="evid")[0].text.split("Talar för")) >= 2


def test_who_could_deliver_is_matchmaking_filled_in(demo_client: httpx.Client, known: SimpleNamespace):
    page = parsed(demo_client.get(f"/sv/opportunities/{known.cleaning}").text)
    link = next(e.attributes["href"] for e in page.all("a", class_="ds-button") if "Se vem" in e.text)
    answer = demo_client.get(link)
    form = parsed(answer.text)
    assert answer.status_code == 200
    assert form.with_id("q").text == "Städning av skolor och förskolor"
    assert form.with_id("place").attributes["value"] == "Sundsvall"
    assert "checked" in form.with_id("reserved-res-ws").attributes
    assert "Exempel Städkompaniet" in answer.text


def test_what_does_not_exist_is_a_page_that_says_so(demo_client: httpx.Client):
    for path in ("/sv/enterprises/nope", "/sv/opportunities/nope", "/sv/nope", "/nope", "/xx/enterprises"):
        answer = demo_client.get(path, follow_redirects=True)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert parsed(answer.text).all("title")[0].text.startswith(("Fel:", "Error:", "Feil:"))


def test_what_a_record_lacks_is_told_by_what_it_would_give(demo_client: httpx.Client, known: SimpleNamespace):
    page = parsed(demo_client.get(f"/sv/enterprises/{known.recycler}").text)
    link = next(link for link in page.links() if link.endswith("/completeness"))
    answer = demo_client.get(link)
    told = demo_client.get(
        f"/api/v1/enterprises/{known.recycler}/completeness", headers={"Accept-Language": "sv"}
    ).json()
    lacking = parsed(answer.text)
    assert answer.status_code == 200
    assert [" ".join(e.text.split()) for e in lacking.all("h2", class_="h3")] == [
        one["text"] for one in told["effects"]
    ]
    assert told["effects"]
    gains = [f"+{one['gain']['opportunities']}" for one in told["effects"] if one["gain"]["opportunities"] > 0]
    assert [e.text for e in lacking.all("b") if e.text.startswith("+")] == gains
    assert demo_client.get("/sv/enterprises/nope/completeness").status_code == 404
