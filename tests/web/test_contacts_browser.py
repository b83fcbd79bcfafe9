"""The directory's forms in a real browser: no axe violations in any state, no sideways scroll, without scripts too."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from app.accounts.vocabulary import Role
from app.contacts import service as contacts
from app.contacts.schemas import ContactCreate
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from tests.browser import axe_violations, scrolls_sideways
from tests.live import live_cookie, live_database

OpenPage = Callable[..., AbstractContextManager[Page]]
OTHERS = [pytest.param(language, marks=pytest.mark.deep) for language in ("nb", "en")]


def an_old_contact(name: str) -> tuple[str, str]:
    """Write an organisation with a contact that nobody has confirmed for years; return the ids of both."""
    told = {"name": name, "country": "SE", "kind": "municipality", "area_code": "SE-1480", "source": "exempel"}
    database = live_database()
    with database.writes() as session:
        one = organizations.register(session, OrganizationCreate.model_validate(told), home="local").id
        said = {"organization_id": one, "function": "Växeln", "email": "info@example.invalid", "roles": ["buyer"]}
        data = ContactCreate.model_validate(said)
        contact = contacts.register(session, data, home="local", assured_on=date(2020, 1, 1)).id
    database.close()
    return one, contact


@pytest.mark.parametrize("language", ["sv", *OTHERS])
def test_contacts_are_kept_without_the_pages_scripts(open_page: OpenPage, live_server: str, language: str):
    one, contact = an_old_contact(f"Exempel {language}")
    token = live_cookie(Role.COORDINATOR, "contacts-coordinator", region="SE-14")
    with open_page(width=320) as page:
        # axe itself is a script, so the page's own are kept from loading instead of turning scripts off.
        page.route("**/*.js*", lambda route: route.abort())
        page.context.add_cookies([{"name": "samnod", "value": token, "url": live_server}])

        def looks_well() -> None:
            assert page.locator("main h1").count() == 1
            assert axe_violations(page) == []
            assert not scrolls_sideways(page)

        for path in ("/coordination/contacts", f"/contacts/{contact}", f"/organizations/{one}/contacts"):
            page.goto(f"/{language}{path}")
            looks_well()
        page.locator("#function").fill("Anna Andersson")
        page.locator("#phone").fill("0600-12 34 00")
        page.locator("#reason").fill("Ringde växeln.")
        page.locator("main form button[type=submit]").first.click()
        expect(page.locator(".ds-error-summary")).to_be_visible()
        looks_well()
        page.locator("#function").fill("Inköp")
        page.locator("main form button[type=submit]").first.click()
        expect(page.get_by_role("heading", name="Inköp")).to_be_visible()
        looks_well()
