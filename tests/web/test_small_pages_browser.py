"""Pages that few see, in a real browser: letters stopped, letters of the demo, and an enterprise claimed."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from playwright.sync_api import Page, expect

from app.accounts.vocabulary import Role
from app.enterprises import service as enterprises
from app.mail.rules import Stops, address_hash, stop_token
from tests.browser import axe_violations, scrolls_sideways
from tests.factories import enterprise
from tests.live import live_cookie, live_database
from tests.mail.letters import a_letter, queued
from tests.session import session_folder

OpenPage = Callable[..., AbstractContextManager[Page]]
REGION, PLACE = "SE-08", "SE-0880"


def token_of(stops: Stops, subject: str) -> str:
    """Return a token that a letter of the live server would hold."""
    return stop_token((session_folder() / "live" / "secret-key").read_bytes().strip(), stops, subject)


def test_pages_about_letters_are_accessible_in_each_state(open_page: OpenPage, live_server: str):
    database = live_database()
    queued(database, a_letter("ut@example.org"))
    database.close()
    stops = token_of(Stops.INVITATIONS, address_hash(b"any", "nobody@example.org"))
    digest = token_of(Stops.DIGEST, "nobody")
    with open_page(javascript=True, width=320, dark=True) as page:
        for language in ("sv", "nb"):
            states = ("/outbox", f"/unsubscribe/{digest}", f"/unsubscribe/{stops}", f"/unsubscribe/{stops}?stopped=1")
            for path in states:
                page.goto(f"/{language}{path}")
                assert page.locator("main h1").count() == 1, path
                assert axe_violations(page) == [], path
                assert not scrolls_sideways(page), path
    with open_page(javascript=False) as page:
        page.goto(f"/sv/unsubscribe/{stops}")
        page.get_by_role("button", name="Inga fler sådana brev").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Du får inga fler sådana brev")
        page.get_by_role("button", name="Skicka inbjudningar igen").click()
        expect(page.get_by_role("button", name="Inga fler sådana brev")).to_be_visible()


def test_an_enterprise_is_claimed_and_verified_without_javascript(open_page: OpenPage, live_server: str):
    database = live_database()
    data = enterprise(name="Exempel Öland Odling", area_code=PLACE, service_areas=[PLACE], offerings=[])
    with database.writes() as session:
        made = enterprises.register(session, data, home="local").id
    database.close()
    with open_page(javascript=False, width=320) as page:
        page.goto(f"/sv/enterprises/{made}/claim")
        page.locator("#email").fill("vd@example.org")
        page.locator("#function").fill("Verksamhetsledare")
        page.locator("#evidence").fill("Ring växeln som står på vår webbplats.")
        page.locator("main form button[type=submit]").click()
        expect(page.get_by_role("status")).to_contain_text("Samordnaren i din region")
        token = live_cookie(Role.COORDINATOR, "oland-coordinator", region=REGION)
        page.context.add_cookies([{"name": "samnod", "value": token, "url": live_server}])
        page.goto("/sv/coordination/claims")
        claim = page.get_by_role("article").filter(has_text="Exempel Öland Odling")
        claim.get_by_role("textbox").fill("Växeln bekräftar det.")
        claim.get_by_role("button", name="Bekräfta").click()
        expect(page.get_by_role("article").filter(has_text="Exempel Öland Odling")).to_have_count(0)
        assert not scrolls_sideways(page)
