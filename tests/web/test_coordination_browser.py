"""The coordinator's desk in a real browser: decided in place, taken back, accessible in each state and mode."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from app.accounts.vocabulary import Role
from app.enterprises import service as enterprises
from app.moderation import service as moderation
from app.moderation.schemas import ReportIn
from app.moderation.vocabulary import ReportKind, Subject
from tests.browser import axe_violations, scrolls_sideways
from tests.factories import enterprise
from tests.live import live_cookie, live_database

OpenPage = Callable[..., AbstractContextManager[Page]]
# A region of the test's own, where no other test looks for anything.
REGION, PLACE = "SE-09", "SE-0980"
TOLD = "Lades ned i våras, och telefonen är avstängd."


def reported(name: str) -> str:
    """Return the id of a new enterprise on the live server that somebody has reported."""
    database = live_database()
    data = enterprise(name=name, lifecycle="paused", area_code=PLACE, service_areas=[PLACE], offerings=[])
    with database.writes() as session:
        made = enterprises.register(session, data, home="local", owner_id="org-far-away").id
        said = ReportIn(kind=ReportKind.OUTDATED, text=TOLD)
        moderation.report(session, Subject.ENTERPRISE, made, said)
    database.close()
    return made


def coordinates(page: Page, live_server: str) -> Page:
    """Sign somebody in who coordinates the region."""
    token = live_cookie(Role.COORDINATOR, "gotland-coordinator", region=REGION)
    page.context.add_cookies([{"name": "samnod", "value": token, "url": live_server}])
    return page


def test_a_report_is_decided_in_place_and_taken_back(open_page: OpenPage, live_server: str):
    made = reported("Exempel Fårö Fisk")
    with open_page() as page:
        coordinates(page, live_server).goto("/sv/coordination")
        assert axe_violations(page) == []
        row = page.get_by_role("listitem").filter(has_text="Exempel Fårö Fisk").filter(has_text=TOLD)
        row.get_by_text("Avgör").click()
        row.get_by_role("button", name="Dölj uppgiften").click()
        expect(row.get_by_role("textbox", name="Varför")).to_have_attribute("aria-invalid", "true")
        expect(row.get_by_role("textbox", name="Varför")).to_be_focused()
        assert axe_violations(page) == []
        row.get_by_role("textbox", name="Varför").fill("Finns inte längre")
        row.get_by_role("button", name="Dölj uppgiften").click()
        expect(page.locator("#told")).to_contain_text("Dold")
        expect(page.locator("ol li:focus")).to_contain_text("Finns inte längre")
        assert axe_violations(page) == []
        page.locator("ol li:focus").get_by_role("button", name="Ångra").click()
        expect(page.locator("#told")).to_contain_text("Visas igen")
        assert page.url.endswith("/sv/coordination")
        page.goto(f"/sv/enterprises/{made}")
        expect(page.get_by_role("heading", level=1)).to_have_text("Exempel Fårö Fisk")


def test_without_scripts_on_a_phone_in_the_dark(open_page: OpenPage, live_server: str):
    reported("Exempel Slite Sten")
    with open_page(javascript=False, width=320, dark=True) as page:
        coordinates(page, live_server).goto("/nb/coordination")
        assert not scrolls_sideways(page)
        row = page.get_by_role("listitem").filter(has_text="Exempel Slite Sten").filter(has_text=TOLD)
        row.get_by_text("Avgjør").click()
        row.get_by_role("textbox", name="Hvorfor").fill("Stemmer ikke")
        row.get_by_role("button", name="Avvis meldingen").click()
        expect(page.locator("#told")).to_contain_text("Melding avvist")
        page.get_by_role("button", name="Angre").first.click()
        expect(page.locator("#told")).to_contain_text("Melding åpnet igjen")


def test_the_form_for_reports_comes_to_the_record_and_is_accessible(open_page: OpenPage, live_server: str):
    made = reported("Exempel Visby Väv")
    with open_page(dark=True) as page:
        page.goto(f"/sv/enterprises/{made}")
        page.get_by_role("link", name="Anmäl något som är fel").click()
        expect(page.locator("#report h3")).to_be_focused()
        assert axe_violations(page) == []
        page.get_by_role("button", name="Skicka till samordnaren").click()
        expect(page.locator(".ds-error-summary")).to_be_focused()
        assert axe_violations(page) == []
        page.get_by_label("Det är inaktuellt").check()
        page.get_by_role("textbox", name="Berätta för samordnaren").fill("Lades ned i våras.")
        page.get_by_role("button", name="Skicka till samordnaren").click()
        expect(page.get_by_role("status")).to_contain_text("samordnare")
        assert axe_violations(page) == []


@pytest.mark.deep
def test_every_state_is_accessible_in_the_dark_and_fits_a_phone(open_page: OpenPage, live_server: str):
    made = reported("Exempel Klinte Kalk")
    states = ["/coordination", f"/coordination/enterprises/{made}/hide", f"/enterprises/{made}/report"]
    states += ["/coordination/organizations", "/coordination/organizations?words=qqqq", "/people"]
    with open_page(width=320, dark=True) as page:
        coordinates(page, live_server)
        for language in ("sv", "nb", "en"):
            for path in states:
                page.goto(f"/{language}{path}")
                assert axe_violations(page) == [], path
                assert not scrolls_sideways(page), path
        page.goto(f"/sv/coordination/enterprises/{made}/hide")
        page.get_by_role("textbox", name="Varför").fill("Finns inte längre")
        page.get_by_role("button", name="Dölj den här uppgiften").click()
        expect(page.locator(".notice.warm")).to_contain_text("Finns inte längre")
        assert axe_violations(page) == []
        assert not scrolls_sideways(page)
        page.get_by_role("link", name="Visa den igen").click()
        assert axe_violations(page) == []
