"""Pages of the needs inventories in a real browser: each state accessible, and a survey answered on a phone."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from app.accounts.vocabulary import Role
from app.core.db import Database
from app.inventories.rules import token_of
from app.inventories.vocabulary import Verb
from tests.browser import axe_violations, scrolls_sideways
from tests.inventories.ground import answered, drafted, imported, invite, opened, step
from tests.live import live_cookie, live_database
from tests.session import session_folder

OpenPage = Callable[..., AbstractContextManager[Page]]
HOME = "/coordination/needs-inventories"
# A region of its own, so that other tests of the live server find nothing of it in theirs.
REGION = "SE-10"


@pytest.fixture
def database(live_server: str) -> Iterator[Database]:
    """Give the live server's database."""
    assert live_server
    found = live_database()
    yield found
    found.close()


def states(database: Database) -> list[str]:
    """Return the addresses of every page in each of its states."""
    areas = ["SE-1080"] * 12 + ["SE-1081"] * 12
    levels = ([3] * 6 + [0] * 6) * 2
    first, second = (imported(database, areas, levels, area_code=REGION) for _ in range(2))
    few = answered(database, areas[:2], levels[:2], area_code=REGION)
    draft, open_round = drafted(database, area_code=REGION).id, opened(database, area_code=REGION).id
    invite(database, open_round, {"name": "Exempel Kök", "email": "kok@example.invalid", "area_code": "SE-1080"})
    return [
        "/needs-inventories",
        f"/needs-inventories/{first}",
        f"/needs-inventories/{few}",
        f"/needs-inventories/compare?rounds={first}&rounds={second}",
        "/needs-inventories/compare?rounds=x&rounds=y",
        HOME,
        f"{HOME}/new",
        f"{HOME}/{draft}/edit",
        f"{HOME}/{draft}/import",
        *(f"{HOME}/{one}" for one in (draft, open_round, first, few)),
    ]


def look(open_page: OpenPage, live_server: str, database: Database, language: str, **how: object) -> None:
    """Look at every page in each state."""
    token = live_cookie(Role.COORDINATOR, "inventory-coordinator", region=REGION)
    with open_page(javascript=True, width=320, **how) as page:
        page.context.add_cookies([{"name": "samnod", "value": token, "url": live_server}])
        for path in states(database):
            page.goto(f"/{language}{path}")
            assert page.locator("main h1").count() == 1, path
            assert axe_violations(page) == [], path
            assert not scrolls_sideways(page), path


def test_pages_of_surveys_are_accessible_in_each_state(open_page: OpenPage, live_server: str, database: Database):
    look(open_page, live_server, database, "sv")


@pytest.mark.deep
@pytest.mark.parametrize("language", ["nb", "en"])
def test_pages_of_surveys_are_accessible_in_other_languages(
    open_page: OpenPage, live_server: str, database: Database, language: str
):
    look(open_page, live_server, database, language, dark=True)


def test_a_survey_is_answered_on_a_phone_without_javascript(open_page: OpenPage, live_server: str, database: Database):
    made = opened(database, area_code=REGION).id
    secret = (session_folder() / "live" / "secret-key").read_bytes().strip()
    asked = {"name": "Exempel Sy", "email": "sy@example.invalid", "area_code": "SE-1080"}
    token = token_of(secret, invite(database, made, asked, secret=secret).invited[0].id)
    with open_page(javascript=False, width=320, dark=True) as page:
        page.goto(f"/sv/survey/{token}")
        page.get_by_label("3 – Akut behov").first.check()
        page.locator("#text-board").fill("Ring 811218-9876")
        page.get_by_role("button", name="Skicka svaret").click()
        expect(page.locator("#text-board")).to_have_value("Ring 811218-9876")
        assert "Styrelsekompetens" in page.locator(".ds-error-summary").inner_text()
        page.locator("#text-board").fill("Vi söker en ordförande.")
        page.get_by_role("button", name="Skicka svaret").click()
        expect(page.get_by_role("status")).to_contain_text("svaret är sparat")
        assert page.get_by_label("3 – Akut behov").first.is_checked()
        assert not scrolls_sideways(page)
    with open_page(javascript=True, width=320) as page:
        for path in (f"/sv/survey/{token}", f"/sv/survey/{token}?kept=1"):
            page.goto(path)
            assert axe_violations(page) == [], path
        page.locator("#text-board").fill("Ring 811218-9876")
        page.get_by_role("button", name="Ändra svaret").click()
        expect(page.locator(".ds-error-summary")).to_be_visible()
        assert axe_violations(page, colours=True) == [], "with a fault"
        step(database, made, Verb.CLOSE)
        page.goto(f"/sv/survey/{token}")
        assert axe_violations(page) == [], "closed"
