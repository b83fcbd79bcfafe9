"""The registry and the opportunities: filters in the address, pages, counts, and what is said when nothing is found."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests.client import client_of
from tests.web.html import parsed

HTMX = {"HX-Request": "true"}
LISTS = ("/sv/enterprises", "/sv/opportunities")


def total(html: str) -> int:
    """Return the count that the page announces."""
    return int(parsed(html).with_id("count").text.split()[0])


def boxes(html: str, field: str) -> dict[str, int]:
    """Return the count beside each box of a filter."""
    counted = [e for e in parsed(html).all("span") if e.attributes.get("id", "").startswith(f"n-{field}-")]
    return {e.attributes["id"].removeprefix(f"n-{field}-"): int(e.text) for e in counted}


@pytest.mark.parametrize("path", LISTS)
def test_every_page_of_a_list_is_reached_and_holds_the_whole_list_once(demo_client: httpx.Client, path: str):
    seen: list[str] = []
    link: str | None = path
    while link:
        page = demo_client.get(link)
        items = parsed(page.text).all("h2", class_="h3")
        seen += [e.text for e in items]
        following = parsed(page.text).all("a", rel="next")
        link = following[0].attributes["href"] if following else None
    assert len(seen) == total(demo_client.get(path).text)


def test_a_facet_says_how_many_its_choice_leaves(demo_client: httpx.Client):
    page = demo_client.get("/sv/enterprises?located_in=SE-22").text
    for sector, count in list(boxes(page, "sector").items())[:3]:
        assert total(demo_client.get(f"/sv/enterprises?located_in=SE-22&sector={sector}").text) == count


def test_choices_that_leave_nothing_stay_visible(demo_client: httpx.Client):
    everything = boxes(demo_client.get("/sv/enterprises").text, "sector")
    narrowed = boxes(demo_client.get("/sv/enterprises?located_in=NO-50").text, "sector")
    assert narrowed.keys() == everything.keys()
    assert 0 in narrowed.values()


def test_words_find_in_both_languages(demo_client: httpx.Client):
    assert "Exempel Städkompaniet" in demo_client.get("/nb/enterprises?words=renhold").text


def test_a_record_from_a_report_is_marked_with_its_year(demo_client: httpx.Client):
    assert "Ur en rapport från 2018, inte bekräftad" in demo_client.get("/sv/enterprises?words=Eko+Teck").text


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/sv/enterprises?located_in=XX-99", "located_in"),
        ("/sv/enterprises?kind=castle", "kind"),
        ("/sv/enterprises?sort=luck", "sort"),
        ("/sv/enterprises?page=0", "page"),
        ("/sv/enterprises?page=99999999999999999999", "page"),
        ("/sv/enterprises?words=%00", "words"),
        ("/sv/opportunities?area=XX", "area"),
        ("/sv/opportunities?status=open", "status"),
        ("/sv/opportunities?form=x&words=" + "x" * 301, "words"),
    ],
)
def test_filters_that_cannot_be_read_are_named_and_the_others_kept(demo_client: httpx.Client, path: str, field: str):
    answer = demo_client.get(path)
    page = parsed(answer.text)
    assert answer.status_code == 422
    assert page.all("title")[0].text.startswith("Fel:")
    assert f"#{field}" in page.links()


def test_parameters_of_others_are_left_alone(demo_client: httpx.Client):
    assert demo_client.get("/sv/enterprises?utm_source=newsletter").status_code == 200


@pytest.mark.parametrize("path", ["/sv/enterprises?words=Eko+Teck&kind=event", "/sv/opportunities?words=qqqq"])
def test_nothing_found_offers_looser_filters_that_find_what_they_say(demo_client: httpx.Client, path: str):
    page = parsed(demo_client.get(path).text)
    offers = page.with_id("list")
    links = [e for e in page.all("a", class_="ds-link") if e.text in offers.text and "/sv/" in e.attributes["href"]]
    counts = [e for e in page.all("span", class_="num") if "id" not in e.attributes]
    assert len(links) == len(counts) >= 1
    for link, count in zip(links, counts, strict=True):
        assert total(demo_client.get(link.attributes["href"]).text) == int(count.text)


@pytest.mark.parametrize("path", LISTS)
def test_htmx_gets_the_list_the_counts_and_a_clean_address(demo_client: httpx.Client, path: str):
    part = demo_client.get(f"{path}?words=&sort=&reserved=res-ws", headers=HTMX)
    assert "<html" not in part.text
    assert part.headers["hx-push-url"] == f"{path}?reserved=res-ws"
    assert total(part.text) == total(demo_client.get(f"{path}?reserved=res-ws").text)


@pytest.mark.parametrize("path", LISTS)
def test_the_same_list_is_one_link_away_as_json(demo_client: httpx.Client, path: str):
    page = demo_client.get(f"{path}?reserved=res-ws")
    link = next(link for link in parsed(page.text).links() if link.startswith("/api/v1/"))
    assert demo_client.get(link).json()["total"] == total(page.text)


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_node_says_so(app_client: httpx.Client, path: str):
    answer = app_client.get(path)
    assert answer.status_code == 200
    assert total(answer.text) == 0


def test_a_page_past_the_end_leads_back(demo_client: httpx.Client):
    page = parsed(demo_client.get("/sv/enterprises?page=90").text)
    assert "Sidan finns inte" in page.with_id("list").text


def test_the_chosen_order_is_remembered_until_another_is_chosen(app: FastAPI, tmp_path: Path):
    with client_of(app) as client:
        first = client.get("/sv/enterprises?sort=-updated_at")
        kept = first.headers["set-cookie"]
        assert kept.startswith("samnod_order=-updated_at;")
        assert "HttpOnly" in kept
        assert "Max-Age" not in kept
        page = parsed(client.get("/nb/enterprises?words=x").text)
        assert [o.attributes["value"] for o in page.all("option") if "selected" in o.attributes] == ["-updated_at"]
        client.get("/sv/enterprises?sort=name")
        assert "set-cookie" not in client.get("/sv/enterprises?sort=name").headers
        page = parsed(client.get("/sv/enterprises").text)
        assert [o.attributes["value"] for o in page.all("option") if "selected" in o.attributes] == ["name"]


@pytest.mark.parametrize("order", ["luck", "name; Path=/x", ""])
def test_an_order_that_nobody_can_have_chosen_is_not_followed(demo_client: httpx.Client, order: str):
    answer = demo_client.get("/sv/enterprises", headers={"Cookie": f"samnod_order={order}"})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


def test_everything_found_is_one_link_away_as_csv(demo_client: httpx.Client):
    page = demo_client.get("/sv/enterprises?reserved=res-ws&sort=-name&page=2").text
    link = next(link for link in parsed(page).links() if "/export" in link)
    answer = demo_client.get(link)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    names = [line.split(";")[1] for line in answer.text.splitlines()[1:]]
    assert len(names) == total(page)
    assert names[0] > names[-1]


def test_what_waits_to_be_confirmed_can_be_listed(demo_client: httpx.Client):
    everything = demo_client.get("/sv/enterprises").text
    waiting = boxes(everything, "overdue")["true"]
    page = demo_client.get("/sv/enterprises?overdue=true").text
    assert 0 < waiting == total(page) < total(everything)
    assert "Bekräftad av företaget" not in parsed(page).with_id("list").text
    since = demo_client.get("/sv/enterprises?confirmed_before=2019-01-01").text
    assert "Inte bekräftad sedan 2019-01-01" in since
    assert total(since) <= waiting
