"""The needs' forms in a real browser: no axe violations in any state, no sideways scroll, with and without scripts."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from app.accounts.vocabulary import Role
from app.demo.organizations import organization_id
from app.demo.vocabulary import need_id
from tests.browser import axe_violations, scrolls_sideways
from tests.live import live_cookie

OpenPage = Callable[..., AbstractContextManager[Page]]
OTHERS = [pytest.param(language, marks=pytest.mark.deep) for language in ("nb", "en")]


@pytest.mark.parametrize("language", ["sv", *OTHERS])
def test_a_need_is_written_without_scripts_and_accessible(open_page: OpenPage, live_server: str, language: str):
    token = live_cookie(Role.ENTERPRISE, organization_id("enterprise"))
    with open_page(width=320) as page:
        # axe itself is a script, so the page's own are kept from loading instead of turning scripts off.
        page.route("**/*.js*", lambda route: route.abort())
        page.context.add_cookies([{"name": "samnod", "value": token, "url": live_server}])

        def looks_well() -> None:
            assert page.locator("main h1").count() == 1
            assert axe_violations(page) == []
            assert not scrolls_sideways(page)

        for path in ("mine", need_id("exempel-digitalt"), f"{need_id('exempel-styrelse')}/withdraw", "new"):
            page.goto(f"/{language}/needs/{path}")
            looks_well()
        page.locator("#description").fill("Vi är 19811228-9874.")
        page.locator("#areas").fill("Ingenstans")
        page.locator("button[name=do][value=draft]").click()
        expect(page.locator(".ds-error-summary")).to_be_focused()
        looks_well()
        page.locator("#title").fill(f"Ett utkast på {language}")
        page.locator("#description").fill("")
        page.locator("#areas").fill("Sundsvall")
        page.locator("button[name=do][value=draft]").click()
        expect(page.get_by_role("link", name=f"Ett utkast på {language}")).to_be_visible()
        looks_well()
        page.get_by_role("link", name=f"Ett utkast på {language}").click()
        page.locator("a[href$='/edit']").click()
        # Somebody else has changed it since the form was opened.
        page.locator("input[name=rev]").evaluate("field => field.value = '99'")
        page.locator("#title").fill("Något annat")
        page.locator("#need button[type=submit]").click()
        expect(page.locator("#changed")).to_be_visible()
        looks_well()


def test_filters_answer_in_place(open_page: OpenPage):
    with open_page() as page:
        page.goto("/sv/needs")
        before = page.locator("#count").inner_text()
        page.locator("input[name=category][value=training]").check()
        expect(page.locator("#count")).not_to_have_text(before)
        expect(page).to_have_url("/sv/needs?category=training")
        expect(page.locator("input[name=category][value=training]")).to_be_focused()
        assert axe_violations(page) == []
