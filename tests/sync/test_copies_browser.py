"""Copies in a real browser, at a node that has read another: each of the six kinds, and the way to their home."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import col, select

from app.core.clock import today
from app.demo import service as demo
from app.sync.tables import SyncRecord
from app.wiring import wire
from tests.browser import axe_violations, opened_page, scrolls_sideways
from tests.responses.ground import letters
from tests.sync.nodes import Node, acquaint, demo_nodes, sync_all
from tests.sync.processes import Starter
from tests.web.copied import PLACES

pytestmark = pytest.mark.deep
OpenPage = Callable[..., AbstractContextManager[Page]]
LANGUAGES = ("sv", "nb", "en")
OPEN_AT = {"sv": "Öppna hos", "nb": "Åpne hos", "en": "Open it at"}
# Where rows of each kind stand among others.
LISTS = {
    "enterprise": "enterprises?q=Städkompaniet",
    "opportunity": "opportunities",
    "organization": "contacts",
    "support_offer": "support-offers",
    "need": "needs",
    "needs_inventory": "needs-inventories",
}
# What everybody may begin at its home, and nobody at a copy.
FORMS = (
    "enterprises/{enterprise}/report",
    "support-offers/{support_offer}/correct",
    "opportunities/{opportunity}/report",
)


@pytest.fixture(scope="module")
def pair(starter: Starter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    """Give two nodes that hold each other's part of the demo: here and home."""
    wire()
    with demo_nodes(starter, tmp_path_factory.mktemp("pair"), ("sqlite", "sqlite")) as (home, here):
        with home.database() as database, database.writes() as session:
            demo.surveyed(session, home=home.id, today=today(), secret=b"of the survey's links, which nobody opens")
        acquaint([home, here])
        sync_all([home, here])
        for node in (home, here):
            node.assets = "vendor"
            node.restart()
        yield here, home


@pytest.fixture
def look(browser: Browser, pair: tuple[Node, Node]) -> OpenPage:
    """Give a page at the node that holds the copies."""
    return partial(opened_page, browser, pair[0].url)


@pytest.fixture(scope="module")
def copies(pair: tuple[Node, Node]) -> dict[str, str]:
    """Give the id of one record of each kind that is from home; the opportunity takes answers."""
    here, home = pair
    found = {}
    with here.database() as database, database.reads() as session:
        for kind in PLACES:
            of = (col(SyncRecord.home) == home.id, col(SyncRecord.type) == kind, col(SyncRecord.method) == "PUT")
            rows = session.execute(select(SyncRecord).where(*of).order_by(col(SyncRecord.id))).scalars().all()
            is_open = [row for row in rows if kind != "opportunity" or '"status":"published"' in row.payload]
            found[kind] = is_open[0].id
    return found


@pytest.mark.parametrize(
    ("language", "width", "dark"), [("sv", 320, True), ("nb", 320, False), ("en", 320, True), ("sv", 1280, False)]
)
def test_a_copy_of_each_kind_is_accessible_and_leads_home(
    look: OpenPage, pair: tuple[Node, Node], copies: dict[str, str], language: str, width: int, dark: bool
):
    home = pair[1]
    with look(width=width, dark=dark) as page:
        for kind, record_id in copies.items():
            page.goto(f"/{language}/{PLACES[kind]}/{record_id}")
            looks_well(page, kind)
            way = page.get_by_role("link", name=f"{OPEN_AT[language]} {home.name}").first
            expect(way).to_have_attribute("href", f"{home.proxy.url}/records/{kind}/{record_id}")
            page.emulate_media(media="print")
            # On paper nobody can follow a link: the address itself stands there.
            assert way.evaluate("a => getComputedStyle(a, '::after').content") != "none", kind
            page.emulate_media(media="screen")


@pytest.mark.parametrize("javascript", [False, True])
def test_the_way_home_from_each_kind_is_walked_by_keys(
    look: OpenPage, pair: tuple[Node, Node], copies: dict[str, str], javascript: bool
):
    home = pair[1]
    with look(width=320, javascript=javascript) as page:
        for kind, record_id in copies.items():
            page.goto(f"/sv/{PLACES[kind]}/{record_id}")
            name = page.locator("h1").inner_text()
            press(page, f"Öppna hos {home.name}")
            page.wait_for_url(f"{home.proxy.url}/sv/{PLACES[kind]}/{record_id}")
            assert page.locator("h1").inner_text() == name, kind
            assert page.get_by_text("en kopia").count() == 0, kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_lists_and_refused_forms_are_accessible_and_say_whose_it_is(
    look: OpenPage, pair: tuple[Node, Node], copies: dict[str, str], language: str
):
    home = pair[1]
    with look(width=320) as page:
        for kind, path in LISTS.items():
            page.goto(f"/{language}/{path}")
            looks_well(page, path)
            marks = page.locator(f"main li a[href^='{home.proxy.url}/records/{kind}/']")
            assert marks.count(), path
            expect(marks.first).to_contain_text(home.name)
        for form in FORMS:
            answer = page.goto(f"/{language}/{form.format(**copies)}")
            assert answer is not None
            assert answer.status == 403, form
            looks_well(page, form)
            expect(page.get_by_role("link", name=f"{OPEN_AT[language]} {home.name}")).to_be_visible()
        answer = page.goto(f"/{language}/records/enterprise/gone")
        assert answer is not None
        assert answer.status == 404
        looks_well(page, "gone")


@pytest.mark.parametrize("javascript", [False, True])
def test_whoever_has_no_account_answers_at_its_home_by_keys_alone(
    look: OpenPage, pair: tuple[Node, Node], copies: dict[str, str], javascript: bool
):
    home = pair[1]
    with look(width=320, javascript=javascript) as page:
        page.goto(f"/sv/opportunities/{copies['opportunity']}")
        title = page.locator("h1").inner_text()
        press(page, f"Svara hos {home.name}")
        page.wait_for_url(f"{home.proxy.url}/sv/opportunities/{copies['opportunity']}/answer")
        page.get_by_label("Företagets namn").focus()
        page.keyboard.type("storsjöstäd")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Från Jämtland")).to_be_visible()
        press(page, "Exempel Storsjöstäd")
        press(page, "Skicka länken till Exempel Storsjöstäd")
        expect(page.get_by_role("status")).to_contain_text("är ett brev med länken på väg dit")
        page.goto(f"{home.proxy.url}/sv/reply/{sent_token(home)}")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)


def sent_token(home: Node) -> str:
    """Return what the letter's link holds; it is written after the answer has left."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with home.database() as database:
            if found := letters(database, "responses/link"):
                return str(found[0]["token"])
        time.sleep(0.1)
    raise AssertionError("no letter was written")


def looks_well(page: Page, where: str) -> None:
    """Check what every state has to be: one heading, no fault of WCAG A or AA, no sideways scroll."""
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.locator("main h1").count() == 1, where
    assert axe_violations(page) == [], where
    assert not scrolls_sideways(page), where


def press(page: Page, name: str) -> None:
    """Walk with Tab to the link or button of this name, and press Enter."""
    wanted = page.get_by_role("link", name=name).or_(page.get_by_role("button", name=name)).first
    expect(wanted).to_be_visible()
    page.locator("body").press("Tab")
    for _ in range(150):
        if wanted.evaluate("one => one === document.activeElement"):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to {name} by Tab")
