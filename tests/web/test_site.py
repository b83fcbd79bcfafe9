"""What holds on every page: language, headers, links that lead somewhere, and error pages."""

import re
from collections import Counter, deque
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from tests.client import client_of
from tests.web.html import parsed
from web.assets import MissingAssets, static_address
from web.site import create_site

PAGES = ("/", "/enterprises", "/opportunities", "/about")


@pytest.mark.parametrize(
    ("accepted", "language"), [("nb-NO,nb;q=0.9", "nb"), ("no", "nb"), ("en-GB", "en"), ("fi", "sv"), ("", "sv")]
)
def test_the_root_leads_to_the_browsers_language(demo_client: httpx.Client, accepted: str, language: str):
    answer = demo_client.get("/", headers={"Accept-Language": accepted})
    assert (answer.status_code, answer.headers["location"]) == (302, f"/{language}/")
    assert "Accept-Language" in answer.headers["vary"]


@pytest.mark.parametrize("path", PAGES)
def test_the_language_switch_keeps_the_address(demo_client: httpx.Client, path: str):
    page = parsed(demo_client.get(f"/sv{path}?words=st%C3%A4d&page=2").text)
    for language in ("sv", "nb", "en"):
        switch = page.all("a", hreflang=language)[0]
        assert switch.attributes["href"] == f"/{language}{path}?words=st%C3%A4d&page=2"
        assert demo_client.get(switch.attributes["href"]).text.count(f'<html lang="{language}"') == 1


@pytest.mark.parametrize("path", ["/", "/sv/", "/sv/enterprises", "/sv/nope", "/sv/?place=x", "/static/site.css"])
def test_every_answer_carries_the_headers(demo_client: httpx.Client, path: str):
    # Whoever has been shown a form carries a cookie, and what is made for one browser is kept by nobody.
    demo_client.cookies.clear()
    headers = demo_client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["referrer-policy"]
    assert "strict-transport-security" not in headers
    if not path.startswith("/static/"):
        assert headers["vary"] == "HX-Request, Accept-Language, Cookie"
        assert headers["cache-control"] == "no-cache"


def test_files_are_kept_for_ever_by_their_hash_and_asked_for_without(demo_client: httpx.Client):
    assert "immutable" in demo_client.get(static_address("site.css")).headers["cache-control"]
    assert demo_client.get("/static/site.css").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", PAGES)
def test_no_page_holds_style_script_or_handlers_of_its_own(demo_client: httpx.Client, path: str):
    html = demo_client.get(f"/sv{path}").text
    page = parsed(html)
    assert all("src" in script.attributes for script in page.all("script"))
    assert not page.all("style")
    assert not [e for e in page.elements if "style" in e.attributes or any(a.startswith("on") for a in e.attributes)]
    assert not [e for e in page.elements if any(a.startswith("hx-on") for a in e.attributes)]


def test_every_htmx_element_names_its_target_and_works_without(demo_client: httpx.Client):
    for path in PAGES:
        for element in parsed(demo_client.get(f"/sv{path}").text).elements:
            if "hx-get" in element.attributes:
                assert "hx-target" in element.attributes
                assert element.tag == "form" or "name" in element.attributes or element.attributes["type"] == "submit"


def pattern(address: str) -> str:
    """Return what kind of page an address is: ids and values left out."""
    parts = urlsplit(address)
    names = ",".join(sorted({name for name, _ in parse_qsl(parts.query)}))
    return f"{re.sub(r'[0-9a-f-]{36}', 'ID', parts.path)}?{names}"


# The templates are the same in all three: the others are walked in the long tests.
@pytest.mark.parametrize("language", ["sv", *(pytest.param(one, marks=pytest.mark.deep) for one in ("nb", "en"))])
def test_every_link_leads_to_a_page_and_every_fragment_to_a_place_on_it(demo_client: httpx.Client, language: str):
    waiting = deque([f"/{language}/"])
    seen, kinds, fetched = set(waiting), Counter[str](), dict[str, str]()
    while waiting:
        address = waiting.popleft()
        answer = demo_client.get(address)
        if answer.status_code == 303:
            # Whoever wants to write signs in first, and comes back.
            assert answer.headers["location"].startswith(f"/{language}/sign-in"), address
            continue
        assert answer.status_code == 200, address
        if "html" not in answer.headers["content-type"]:
            continue
        page = parsed(answer.text)
        fetched[address] = answer.text
        for link in page.links():
            assert link not in ("", "#"), f"{address} has a link that leads nowhere"
            place, _, fragment = link.partition("#")
            if fragment and not place:
                assert page.with_id(fragment), f"{address} has no {link}"
            if not place.startswith("/") or place in seen:
                continue
            seen.add(place)
            kinds[pattern(place)] += 1
            # A few of each kind: their templates are the same.
            other_language = place[:4] in {f"/{other}/" for other in {"sv", "nb", "en"} - {language}}
            if kinds[pattern(place)] <= 2 and not other_language:
                waiting.append(place)
    about = parsed(fetched[f"/{language}/about"])
    linked = {link.split("#")[1] for html in fetched.values() for link in parsed(html).links() if "/about#" in link}
    assert linked
    assert all(about.with_id(fragment) for fragment in linked)
    assert len(kinds) > 15


def test_the_demo_banner_and_the_node_are_on_every_page(demo_client: httpx.Client, known: SimpleNamespace):
    for path in (*PAGES, f"/enterprises/{known.cleaner}", f"/opportunities/{known.cleaning}", "/nope"):
        html = demo_client.get(f"/sv{path}").text
        assert "Exempeldata" in html
        assert "Den här noden: Mittnorden." in html


def test_the_about_page_names_every_source(demo_client: httpx.Client):
    text = demo_client.get("/sv/about").text
    for name in ("CC BY 4.0", "eForms SDK", "Kartverket", "ReSeNS", "Coompanion", "Sosenteriet"):
        assert name in text


@pytest.fixture
def closed_database() -> Database:
    """Give a database whose tables do not exist."""
    return Database("sqlite://")


def broken(database: Database, **options: str) -> FastAPI:
    """Return a site over a database without tables."""
    return create_site(database=database, **options)


def test_a_fault_is_a_page_that_tells_nothing_of_its_cause(closed_database: Database):
    with client_of(broken(closed_database)) as client, pytest.raises(Exception, match="no such table"):
        client.get("/sv/enterprises")


def test_https_is_kept_to_when_the_node_has_it(closed_database: Database):
    with client_of(broken(closed_database, base_url="https://samnod.example")) as client:
        assert client.get("/sv/").headers["strict-transport-security"].startswith("max-age=")


def test_the_cdn_is_linked_by_hash_and_allowed_by_the_policy_alone(closed_database: Database):
    with client_of(broken(closed_database, assets="cdn")) as client:
        answer = client.get("/sv/")
    foreign = [
        e
        for e in parsed(answer.text).elements
        if "https://" in e.attributes.get("src", "") + e.attributes.get("href", "")
    ]
    assert len(foreign) == 3
    for element in foreign:
        assert element.attributes["integrity"].startswith("sha384-")
        assert element.attributes["crossorigin"] == "anonymous"
        address = element.attributes.get("src") or element.attributes["href"]
        assert f"script-src 'self' https://{urlsplit(address).netloc};" in answer.headers["content-security-policy"]


def test_vendored_files_must_be_there_when_asked_for(
    closed_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
):
    monkeypatch.setattr("web.assets.STATIC", tmp_path_factory.mktemp("static"))
    with pytest.raises(MissingAssets, match=r"htmx\.min\.js"):
        create_site(database=closed_database, assets="vendor")
