"""Matchmaking over HTTP: the form without JavaScript, the fragment for htmx, and what is said about bad input."""

import httpx
import pytest

from app.matching.vocabulary import MAX_POINTS
from tests.web.html import parsed

CLEANING = {"q": "städning", "place": "Sundsvall", "reserved": "res-ws"}
HTMX = {"HX-Request": "true"}


def cards(html: str) -> list[str]:
    """Return the headings of the match cards, in order, without their rank."""
    headings = [e for e in parsed(html).all("h3") if e.attributes.get("id", "").startswith("m-")]
    return [" ".join(heading.text.split()[1:]) for heading in headings]


def test_three_words_and_a_place_give_ranked_enterprises(demo_client: httpx.Client):
    answer = demo_client.get("/sv/", params=CLEANING)
    names = cards(answer.text)
    assert answer.status_code == 200
    assert names[0].startswith("Exempel")
    assert names.index("Eko Teck") < names.index("EVO Återvinningspartner")


def test_a_norwegian_word_finds_a_swedish_offer(demo_client: httpx.Client):
    assert "Exempel Städkompaniet" in cards(demo_client.get("/nb/?q=renhold&place=Sundsvall").text)


def test_the_reasons_of_each_card_add_up_to_its_score(demo_client: httpx.Client):
    page = parsed(demo_client.get("/sv/", params=CLEANING).text)
    scores = [int(e.text.split()[0]) for e in page.all("p", class_="points")]
    points = [int(e.text.split("/")[0]) for e in page.all("dd", class_="num")]
    assert scores
    assert len(points) == len(MAX_POINTS) * len(scores)
    each = [sum(points[n : n + len(MAX_POINTS)]) for n in range(0, len(points), len(MAX_POINTS))]
    assert each == scores


def test_the_segments_of_the_score_bar_are_as_wide_as_the_most_points(demo_client: httpx.Client):
    page = parsed(demo_client.get("/sv/", params=CLEANING).text)
    tracks = [float(e.attributes["width"]) for e in page.all("rect", class_="t")][: len(MAX_POINTS)]
    starts = [float(e.attributes["x"]) for e in page.all("rect", class_="t")][: len(MAX_POINTS)]
    most = list(MAX_POINTS.values())
    assert starts == [sum(most[:n]) for n in range(len(most))]
    assert all(points - 1 < width <= points for points, width in zip(most, tracks, strict=True))


def test_the_words_under_the_bar_have_columns_as_wide_as_its_segments(demo_client: httpx.Client):
    link = next(link for link in parsed(demo_client.get("/sv/").text).links() if "points.css" in link)
    columns = " ".join(f"minmax(0, {most}fr)" for most in MAX_POINTS.values())
    assert columns in demo_client.get(link).text
    assert "var(--points)" in demo_client.get("/static/site.css").text


def test_the_first_visit_shows_examples_that_work(demo_client: httpx.Client):
    page = parsed(demo_client.get("/sv/").text)
    examples = [link for link in page.links() if link.startswith("/sv/?q=")]
    assert len(examples) == 3
    for link in examples:
        assert cards(demo_client.get(link).text), link


def test_the_form_keeps_what_was_asked(demo_client: httpx.Client):
    asked = CLEANING | {"code": "90910000", "value": "100000-700000", "by": "2099-01-31"}
    page = parsed(demo_client.get("/sv/", params=asked).text)
    assert page.with_id("q").text == "städning"
    assert page.with_id("place").attributes["value"] == "Sundsvall"
    assert page.with_id("by").attributes["value"] == "2099-01-31"
    assert "checked" in page.with_id("reserved-res-ws").attributes
    assert [e.attributes["value"] for e in page.all("input", name="code")] == ["90910000"]
    assert [e.attributes["value"] for e in page.all("option") if "selected" in e.attributes] == ["100000-700000"]


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("place", {"place": "Nowhereville"}),
        ("place", {"place": "Herøy"}),
        ("by", {"by": "2026-13-45"}),
        ("by", {"by": "2001-01-01"}),
        ("value", {"value": "lots"}),
        ("reserved", {"reserved": "perhaps"}),
        ("cpv", {"code": "00000000"}),
        ("q", {"q": "städning\x00"}),
        ("q", {"q": "städning " * 300}),
        ("cpv", {"cpv": "qqqxyz", "add": "1"}),
        ("why", {"why": "x" * 101}),
    ],
)
def test_bad_input_is_told_at_the_field_and_in_a_summary_and_the_draft_is_kept(
    demo_client: httpx.Client, field: str, asked: dict[str, str]
):
    answer = demo_client.get("/sv/", params={"q": "städning av skolor"} | asked)
    page = parsed(answer.text)
    assert answer.status_code == 422
    assert page.all("title")[0].text.startswith("Fel:")
    summary = page.all("div", class_="ds-error-summary")[0]
    assert "autofocus" in summary.attributes
    assert summary.attributes["tabindex"] == "-1"
    assert f"#{field}" in page.links()
    assert page.with_id(f"{field}-error").text.strip()
    wrong = page.with_id(field)
    if wrong.tag in {"input", "textarea", "select"}:
        assert wrong.attributes["aria-invalid"] == "true"
        assert f"{field}-error" in wrong.attributes["aria-describedby"]
    assert "q" in asked or page.with_id("q").text == "städning av skolor"


def test_two_municipalities_of_one_name_are_offered_as_a_choice(demo_client: httpx.Client):
    page = parsed(demo_client.get("/nb/?q=renhold&place=Herøy").text)
    choices = [e for e in page.all("a") if e.text in {"Herøy (Nordland)", "Herøy (Møre og Romsdal)"}]
    assert len(choices) == 2
    for choice in choices:
        assert demo_client.get(choice.attributes["href"]).status_code == 200


def test_a_code_is_added_by_its_number_and_suggested_by_its_words(demo_client: httpx.Client):
    added = parsed(demo_client.get("/sv/?q=rent&cpv=90910000+Städning&add=1").text)
    chosen = added.all("input", name="code")
    assert [(e.attributes["value"], "checked" in e.attributes) for e in chosen] == [("90910000", True)]
    suggested = parsed(demo_client.get("/sv/?q=rent&cpv=catering&add=1").text).all("input", name="code")
    assert suggested
    assert not any("checked" in e.attributes for e in suggested)


def test_enter_with_an_empty_code_field_shows_matches(demo_client: httpx.Client):
    assert cards(demo_client.get("/sv/?q=städning&cpv=&add=1").text)


def test_codes_alone_are_a_question(demo_client: httpx.Client):
    assert cards(demo_client.get("/sv/?q=&code=90910000").text)


def test_a_part_of_the_page_for_htmx_and_the_page_for_everybody_else(demo_client: httpx.Client):
    part = demo_client.get("/sv/", params=CLEANING, headers=HTMX)
    assert "<html" not in part.text
    assert cards(part.text) == cards(demo_client.get("/sv/", params=CLEANING).text)
    assert parsed(part.text).with_id("count").attributes["hx-swap-oob"] == "innerHTML"
    assert "HX-Request" in part.headers["vary"]
    restored = demo_client.get("/sv/", params=CLEANING, headers=HTMX | {"HX-History-Restore-Request": "true"})
    assert "<html" in restored.text


def test_the_part_says_what_is_wrong_without_taking_focus(demo_client: httpx.Client):
    part = demo_client.get("/sv/?q=städning&place=Sundsv", headers=HTMX)
    assert part.status_code == 422
    assert "autofocus" not in part.text
    assert parsed(part.text).with_id("place-error").text.strip()
    assert "Sundsvall" in part.text


def test_more_are_shown_up_to_a_hundred(demo_client: httpx.Client):
    first = demo_client.get("/sv/?q=städning, catering, arbetsträning och återvinning")
    more = next(link for link in parsed(first.text).links() if "limit=40" in link)
    assert len(cards(first.text)) == 20
    assert len(cards(demo_client.get(more).text)) > 20
    assert demo_client.get("/sv/?q=städning&limit=9999").status_code == 200


def test_removing_the_reservation_is_a_link_that_gives_as_many_more_as_it_says(demo_client: httpx.Client):
    page = parsed(demo_client.get("/sv/", params=CLEANING).text)
    link = next(link for link in page.links() if "reserved=none" in link)
    before, after = (int(p.with_id("found").text.split()[0]) for p in (page, parsed(demo_client.get(link).text)))
    plus = next(e for e in page.all("span", class_="num") if "+" in e.text)
    assert after - before == int(plus.text.split("+")[1])


def test_why_not_answers_by_name(demo_client: httpx.Client):
    told = parsed(demo_client.get("/sv/", params=CLEANING | {"why": "Stair"}).text).with_id("why-answer")
    assert "Stair" in told.text
    unknown = parsed(demo_client.get("/sv/", params=CLEANING | {"why": "Qwertyfirma"}).text).with_id("why-answer")
    assert "Qwertyfirma" in unknown.text


def test_nothing_found_is_said_with_a_way_on(demo_client: httpx.Client):
    page = parsed(demo_client.get("/sv/?q=qqqq xxxx").text)
    assert "Inget företag matchar" in page.with_id("results").text
    assert "/sv/enterprises" in page.links()


def test_the_lists_under_the_fields_are_parts_for_htmx_alone(demo_client: httpx.Client):
    codes = demo_client.get("/nb/codes?cpv=renhold", headers=HTMX)
    assert any(e.attributes["value"].startswith("9091") for e in parsed(codes.text).all("option"))
    places = demo_client.get("/sv/places?place=Sund", headers=HTMX)
    assert "Sundsvall" in [e.attributes["value"] for e in parsed(places.text).all("option")]
    added = demo_client.get("/sv/codes/add?cpv=90910000", headers=HTMX)
    assert added.headers["hx-trigger-after-swap"] == "codes-added"
    for path in ("/sv/codes", "/sv/codes/add", "/sv/places"):
        alone = demo_client.get(path, params={"q": "städning"})
        assert (alone.status_code, alone.headers["location"]) == (303, "/sv/?q=st%C3%A4dning")


def test_an_empty_node_has_a_front_page(app_client: httpx.Client):
    assert app_client.get("/sv/").status_code == 200
    answer = app_client.get("/sv/", params=CLEANING)
    assert answer.status_code == 200
    assert "Inget företag matchar" in answer.text
    assert "Exempeldata" not in answer.text
