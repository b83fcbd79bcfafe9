"""Support offers in a real browser: written, changed by two, corrected and found, with and without JavaScript."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from app.accounts.vocabulary import Role
from app.support_offers import corrections
from app.support_offers import service as support_offers
from app.support_offers.schemas import CorrectionIn
from app.support_offers.vocabulary import Status
from tests.browser import axe_violations, scrolls_sideways
from tests.factories import support_offer
from tests.live import live_cookie, live_database

OpenPage = Callable[..., AbstractContextManager[Page]]
PROVIDER, REGION, PLACE = "browser-provider", "SE-09", "SE-0980"
LANGUAGES = ["sv", *(pytest.param(other, marks=pytest.mark.deep) for other in ("nb", "en"))]


def made(status: Status, name: str) -> str:
    """Write an offer on the live server, corrected once if it is published, and return its id."""
    database = live_database()
    data = support_offer(name=name, area_code=PLACE, service_areas=[PLACE])
    with database.writes() as session:
        one = support_offers.register(session, data, home="local", owner_id=PROVIDER, status=status).id
        if status is Status.PUBLISHED:
            said = CorrectionIn(field="how_to_apply", text="Man söker på annat sätt nu.", proposed="Sök på webben.")
            corrections.propose(session, one, said)
    database.close()
    return one


def become(page: Page, live_server: str, role: Role) -> None:
    """Sign somebody in on this page's browser."""
    token = live_cookie(role, PROVIDER if role is Role.SUPPORT_PROVIDER else "browser-region", region=REGION)
    page.context.add_cookies([{"name": "samnod", "value": token, "url": live_server}])


def looked_at(page: Page, state: str) -> None:
    """Assert that the page as it stands is accessible, and no wider than the window with everything unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.locator("main h1").count() == 1, state
    assert axe_violations(page) == [], state
    assert not scrolls_sideways(page), state


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_offer_is_written_changed_by_two_and_corrected(open_page: OpenPage, live_server: str, language: str):
    draft, shown = made(Status.DRAFT, f"Exempel utkast {language}"), made(Status.PUBLISHED, f"Exempel visat {language}")
    here = f"/{language}/support-offers"
    # On a phone, in the dark where another language is read.
    with open_page(javascript=True, width=320, dark=language != "sv") as page:
        page.goto(f"{here}/{shown}/correct")
        page.locator("main form button[type=submit]").click()
        expect(page.locator(".ds-error-summary")).to_be_focused()
        looked_at(page, "correct, faults")
        become(page, live_server, Role.SUPPORT_PROVIDER)
        # What is made of the same parts as the others is looked at among the long tests.
        alike = (f"{draft}/step/submit", f"{shown}/step/archive", f"{shown}/history", "new")
        for path in ("mine", shown, *(alike if language != "sv" else ())):
            page.goto(f"{here}/{path}")
            looked_at(page, path)
        page.goto(f"{here}/new")
        page.locator("button[value=save]").click()
        expect(page.locator(".ds-error-summary")).to_be_focused()
        looked_at(page, "new, faults")
        page.goto(f"{here}/{draft}/edit")
        with page.context.new_page() as other:
            other.goto(f"{here}/{draft}/edit")
            other.locator("#summary").fill("Den andras text.")
            other.locator("button[value=save]").click()
            expect(other.locator("#told")).not_to_be_empty()
        page.locator("#summary").fill("Min text.")
        page.locator("button[value=save]").click()
        expect(page.locator(".ds-error-summary")).to_be_focused()
        expect(page.locator("#theirs-summary-said")).to_have_text("Den andras text.")
        expect(page.locator("#summary")).to_have_value("Min text.")
        looked_at(page, "two versions")
        page.locator("#theirs-summary").check()
        page.locator("button[value=chosen]").click()
        expect(page.locator("#summary")).to_have_value("Den andras text.")
        page.goto(f"{here}/{shown}/corrections")
        page.locator("main form button[type=submit]").click()
        looked_at(page, "corrections, faults")
        page.locator("[name=do][value=applied]").check()
        page.locator("main form button[type=submit]").click()
        expect(page.locator("#told")).not_to_be_empty()
        if language != "sv":
            looked_at(page, "corrections, answered")
        become(page, live_server, Role.COORDINATOR)
        page.goto(f"/{language}/coordination/support-offers")
        looked_at(page, "queue")


def test_filters_fold_on_a_phone_and_count_as_one_chooses(open_page: OpenPage, live_server: str):
    assert live_server
    with open_page(javascript=True, width=320) as page:
        page.goto("/sv/support-offers")
        expect(page.locator("#need input").first).to_be_hidden()
        page.locator("summary", has_text="Begränsa urvalet").click()
        before = page.locator("#count").inner_text()
        page.locator("#need input[value=training]").check()
        expect(page.locator("#count")).not_to_have_text(before)
        expect(page.locator("#need input[value=training]")).to_be_focused()
        assert "need=training" in page.url
        looked_at(page, "after the swap")
    with open_page(javascript=False) as page:
        page.goto("/sv/support-offers")
        # Beside the list there is room: nothing is folded, and the button shows what was chosen.
        expect(page.locator("summary", has_text="Begränsa urvalet")).to_be_hidden()
        page.locator("#need input[value=training]").check()
        page.get_by_role("button", name="Visa", exact=True).click()
        assert "need=training" in page.url
