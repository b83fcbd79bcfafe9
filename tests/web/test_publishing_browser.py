"""Publishing in a real browser: few interactions, live matches and hints, no JavaScript, and every state accessible."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Locator, Page, expect

from app.accounts.vocabulary import Role
from app.core.columns import stable_id
from app.core.preconditions import Precondition
from app.demo.vocabulary import opportunity_id
from app.opportunities import service as opportunities
from app.opportunities.schemas import CancelIn
from tests.browser import axe_violations, scrolls_sideways
from tests.live import live_cookie, live_database

OpenPage = Callable[..., AbstractContextManager[Page]]
BUYER = stable_id("demo-organization", "buyer")
OWN = opportunity_id("stadning-skolor")
# The first ones are looked at in every language, the others hold fewer words of their own.
STATES = [
    "/publish?q=städning&code=90910000&place=Sundsvall",
    f"/publish/{OWN}/outcome",
    f"/opportunities/{OWN}/history",
    "/publish",
    "/publish/mine",
    f"/publish/{OWN}",
    f"/publish/{OWN}/withdraw",
    "/accessibility",
    "/privacy",
    "/terms",
]


def as_buyer(page: Page, live_server: str) -> Page:
    """Sign a buyer in on this page."""
    page.context.add_cookies([{"name": "samnod", "value": live_cookie(Role.BUYER, BUYER), "url": live_server}])
    return page


def test_it_is_published_in_twelve_interactions_with_matches_on_the_way(page: Page, live_server: str):
    as_buyer(page, live_server).goto("/sv/publish")
    done = 0

    def write(field: Locator, text: str) -> None:
        nonlocal done
        field.click()
        done += 1
        field.fill(text)

    def press(button: str) -> None:
        nonlocal done
        page.get_by_role("button", name=button, exact=True).click()
        done += 1

    write(page.get_by_label("Rubrik"), "Städning av skolor")
    expect(page.get_by_role("status")).to_contain_text("företag matchar")
    write(page.get_by_label("Sök kod med ord"), "90910000")
    press("Lägg till")
    expect(page.get_by_label("90910000 Städning")).to_be_checked()
    write(page.get_by_label("Kommun där det ska utföras"), "Ingenstans")
    expect(page.locator("#place-error")).to_contain_text("Ingen kommun")
    assert page.title().startswith("Fel:")
    assert axe_violations(page) == []
    page.get_by_label("Kommun där det ska utföras").fill("Sundsvall")
    expect(page.locator("#place-error")).to_have_text("")
    expect(page.locator("#beside")).to_contain_text("Exempel")
    write(page.get_by_label("Sista dag för svar"), "2199-03-01")
    expect(page.locator("#hints")).to_contain_text("LOU")
    assert page.evaluate("document.activeElement.id") == "by"
    assert axe_violations(page) == []
    press("Publicera")
    expect(page.get_by_role("heading", level=1)).to_have_text("Städning av skolor")
    assert done <= 12
    made = page.url.rpartition("/")[2]
    # Others read the same server: what was published is taken away again.
    database = live_database()
    with database.writes() as session:
        opportunities.cancel(session, made, CancelIn(reason="Ett prov."))
        opportunities.remove(session, made, match=Precondition(None))
    database.close()


def test_without_javascript_matches_are_shown_and_faults_take_focus(open_page: OpenPage, live_server: str):
    with open_page(javascript=False, width=320) as page:
        as_buyer(page, live_server).goto("/sv/publish")
        page.get_by_label("Rubrik").fill("Städning av skolor")
        page.get_by_role("button", name="Visa matchningar").click()
        expect(page.get_by_role("status")).to_contain_text("företag matchar")
        expect(page.locator("#beside li").first).to_contain_text("Exempel")
        page.get_by_role("button", name="Lägg till en del").click()
        expect(page.get_by_label("Delens rubrik", exact=True)).to_be_visible()
        page.get_by_role("button", name="Publicera", exact=True).click()
        expect(page.locator(".ds-error-summary")).to_be_focused()
        assert page.title().startswith("Fel:")
        page.get_by_role("link", name="Välj minst en CPV-kod.").click()
        expect(page.locator("#cpv")).to_be_focused()
        expect(page.get_by_label("Rubrik", exact=True)).to_have_value("Städning av skolor")


@pytest.mark.parametrize("language", ["sv", *(pytest.param(other, marks=pytest.mark.deep) for other in ("nb", "en"))])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page: OpenPage, live_server: str, language: str):
    found: dict[str, list[str]] = {}
    with open_page(width=320) as page:
        as_buyer(page, live_server)
        for path in STATES if language == "sv" else STATES[:3]:
            page.goto(f"/{language}{path}")
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            found[path] = axe_violations(page) + (["scrolls sideways"] if scrolls_sideways(page) else [])
        page.goto(f"/{language}/publish")
        page.locator("button[name=add_lot]").click()
        page.locator("button[value=publish]").click()
        expect(page.locator(".ds-error-summary")).to_be_focused()
        found["422"] = axe_violations(page, colours=True) + (["scrolls sideways"] if scrolls_sideways(page) else [])
    assert {state: faults for state, faults in found.items() if faults} == {}
