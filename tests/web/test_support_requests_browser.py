"""Requests for support in a real browser: every state accessible on a phone, and the whole way without JavaScript."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from app.accounts.vocabulary import Caller, Role, Scope
from app.demo.organizations import organization_id
from app.demo.vocabulary import support_offer_id
from app.support_requests import service
from app.support_requests.schemas import SupportRequestFilters
from tests.browser import axe_violations, scrolls_sideways
from tests.live import live_cookie, live_database

OpenPage = Callable[..., AbstractContextManager[Page]]
FIRM, PROVIDER = organization_id("enterprise"), organization_id("support_provider")
# Information that Tillväxtverket gives: nobody there is on Samnod.
NOBODYS = support_offer_id("O028")
LANGUAGES = ["sv", *(pytest.param(other, marks=pytest.mark.deep) for other in ("nb", "en"))]


def asked(offer: str) -> str:
    """Return the id of the newest request of the demo's enterprise to one of the demo's offers."""
    by = Caller("actor", FIRM, Role.ENTERPRISE, frozenset(Scope))
    database = live_database()
    with database.reads() as session:
        filters = SupportRequestFilters(offer_id=support_offer_id(offer))
        found = service.search(session, filters, by)[0][0].id
    database.close()
    return found


def acting(page: Page, live_server: str, role: Role, organization: str) -> None:
    """Sign somebody in on this page."""
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "samnod", "value": live_cookie(role, organization), "url": live_server}])


def look(page: Page, where: str) -> None:
    """Fail if the page as it stands is not accessible, or too wide."""
    assert page.locator("main h1").count() == 1, where
    assert axe_violations(page) == [], where
    assert not scrolls_sideways(page), where


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dark", [False, pytest.param(True, marks=pytest.mark.deep)])
def test_every_state_is_accessible_on_a_phone(open_page: OpenPage, live_server: str, language: str, dark: bool):
    ran, waits = asked("exempel-radgivning"), asked("exempel-handledare")
    # What the others have of their own is looked at in the long tests, which see every state.
    every = dark or language != "sv"
    with open_page(width=320, dark=dark) as page:
        acting(page, live_server, Role.ENTERPRISE, FIRM)
        rarer = (
            f"/support-offers/{support_offer_id('O024')}/ask",
            "/support-requests?show_only=ended",
            f"/support-requests/{waits}?done=sent",
        )
        for path in ("/support-requests", f"/support-requests/{ran}", *(rarer if every else ())):
            page.goto(f"/{language}{path}")
            look(page, path)
        page.goto(f"/{language}/support-offers/{NOBODYS}/ask")
        page.locator("#text").fill("Ring 19811218-9876 om det.")
        page.locator("button[value=send]").click()
        expect(page.locator("#faults")).to_be_visible()
        look(page, "ask, error")
        acting(page, live_server, Role.SUPPORT_PROVIDER, PROVIDER)
        for path in ("/support-requests", f"/support-requests/{waits}") if every else ():
            page.goto(f"/{language}{path}")
            look(page, path)
        page.goto(f"/{language}/support-requests/{waits}?form=decline")
        page.locator("button[value=decline]").click()
        expect(page.locator("#faults")).to_be_visible()
        look(page, "decline, error")


def test_support_is_asked_for_and_taken_back_without_javascript(open_page: OpenPage, live_server: str):
    with open_page(javascript=False, width=320) as page:
        acting(page, live_server, Role.ENTERPRISE, FIRM)
        page.goto(f"/sv/support-offers/{NOBODYS}")
        page.get_by_role("link", name="Be om det här stödet").click()
        page.locator("#text").fill("Ring 19811218-9876 om det.")
        page.get_by_role("button", name="Skicka förfrågan").click()
        expect(page).to_have_title("Fel: Be om stöd: Information om sociala företag – Samnod")
        expect(page.locator("[autofocus]")).to_contain_text("personnummer")
        page.locator("#text").fill("Vi vill veta vilka bolagsformer som passar.")
        page.get_by_role("button", name="Skicka förfrågan").click()
        expect(page.get_by_role("status")).to_contain_text("Din förfrågan är skickad.")
        assert not scrolls_sideways(page)
        page.get_by_role("button", name="Ta tillbaka förfrågan").click()
        expect(page.get_by_role("status")).to_contain_text("Din förfrågan är återtagen.")
