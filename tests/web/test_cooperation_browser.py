"""The intake in a real browser: asked, followed and led to a decision; no axe violations, no sideways scroll."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from app.accounts.vocabulary import Caller, Role
from app.intake import rules
from app.intake import service as intake
from app.intake.schemas import CooperationFilters
from tests.browser import axe_violations, scrolls_sideways
from tests.live import live_cookie, live_database
from tests.session import session_folder

OpenPage = Callable[..., AbstractContextManager[Page]]
OTHERS = [pytest.param(language, marks=pytest.mark.deep) for language in ("nb", "en")]
# A region that no other test looks at.
REGION, PLACE = "SE-10", "Karlskrona"


def newest_request() -> tuple[str, str]:
    """Return the id of the region's newest request on the live server, and the text of the link to it."""
    secret = (session_folder() / "live" / "secret-key").read_bytes().strip()
    by = Caller("a-key", "anybody", Role.COORDINATOR, frozenset(), REGION)
    database = live_database()
    with database.reads() as session:
        found, _, _ = intake.search(session, CooperationFilters.model_validate({"sort": "-received_at"}), by)
    database.close()
    return found[0].id, rules.token_of(secret, found[0].id)


@pytest.mark.parametrize("language", ["sv", *OTHERS])
def test_a_request_goes_its_way_without_the_pages_scripts(open_page: OpenPage, live_server: str, language: str):
    token = live_cookie(Role.COORDINATOR, "cooperation-coordinator", region=REGION)
    with open_page(width=320) as page:
        # axe itself is a script, so the page's own are kept from loading instead of turning scripts off.
        page.route("**/*.js*", lambda route: route.abort())

        def looks_well() -> None:
            assert page.locator("main h1").count() == 1
            assert axe_violations(page) == []
            assert not scrolls_sideways(page)

        page.goto(f"/{language}/cooperation")
        page.locator("#title").fill("Odling på taket")
        page.locator("#text").fill("Ring Anna, 19640823-3234, så får ni veta mer.")
        page.locator("#place").fill(PLACE)
        page.locator("#requester_name").fill("Exempel Odlarna")
        page.locator("#contact_email").fill("info@odlarna.example.invalid")
        page.locator("main form button[type=submit]").click()
        expect(page.locator(".ds-error-summary")).to_be_visible()
        looks_well()
        page.locator("#text").fill("Vi vill odla på skolans tak tillsammans med er.")
        page.locator("main form button[type=submit]").click()
        expect(page.get_by_role("status")).to_be_visible()
        one, link = newest_request()
        page.goto(f"/{language}/cooperation/follow/{link}")
        looks_well()
        page.context.add_cookies([{"name": "samnod", "value": token, "url": live_server}])
        page.goto(f"/{language}/coordination/cooperation")
        looks_well()
        page.goto(f"/{language}/coordination/cooperation/{one}")
        page.locator("form:has([value=examine]) button").click()
        page.locator("#rule-no_market").select_option("no")
        page.locator("form:has([value=check]) button").click()
        page.locator("#route").select_option("iop")
        page.locator("#proposal").fill("Ett partnerskap i två år.")
        page.locator("#proposal_reason").fill("Det passar.")
        page.locator("form:has([value=propose]) button").click()
        expect(page.locator("#decision")).to_be_visible()
        looks_well()
        page.locator("[name=outcome]").first.check()
        page.locator("#decision").fill("Enligt förslaget.")
        page.locator("#decision_reason").fill("Protokoll § 14.")
        page.locator("form:has([value=decide]) button").click()
        expect(page.locator("#decided")).to_be_visible()
        page.context.clear_cookies()
        page.goto(f"/{language}/cooperation/follow/{link}")
        expect(page.locator("#decided")).to_be_visible()
        looks_well()
