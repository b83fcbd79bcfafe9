"""Two-step sign-in walked in a real browser: turned on, signed in with, and accessible in each state on a phone."""

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect
from pyotp import TOTP

from app.accounts.vocabulary import Role
from tests.browser import axe_violations, scrolls_sideways
from tests.live import live_database
from tests.people import PASSWORD, person_for

OpenPage = Callable[..., AbstractContextManager[Page]]
EMAIL = "tva-steg@example.org"


def looks_right(page: Page) -> bool:
    """Tell whether nothing on a page stands in anybody's way."""
    return axe_violations(page) == [] and not scrolls_sideways(page)


def gives_password(page: Page) -> None:
    """Sign in with the password."""
    page.goto("/nb/sign-in")
    page.get_by_label("E-postadresse").fill(EMAIL)
    page.get_by_label("Passord").fill(PASSWORD)
    page.get_by_role("button", name="Logg inn").click()


@pytest.mark.deep
def test_from_the_account_to_the_next_time_on_a_phone_in_the_dark(open_page: OpenPage):
    database = live_database()
    person_for(database, Role.BUYER, "org-of-two-steps", email=EMAIL, language="nb")
    database.close()
    with open_page(width=320, dark=True) as page:
        page.goto("/nb/sign-in")
        assert looks_right(page)
        gives_password(page)
        page.goto("/nb/account")
        assert looks_right(page)
        page.get_by_role("link", name="Slå på totrinnsinnlogging").click()
        assert looks_right(page)
        page.get_by_label("Passordet ditt").fill(PASSWORD)
        page.get_by_role("button", name="Fortsett").click()
        assert page.locator("img.qr").evaluate("image => image.complete && image.naturalWidth > 100")
        assert looks_right(page)
        secret = re.sub(r"\s", "", page.locator("code").first.inner_text())
        at = int(time.time())
        page.get_by_label("Kode fra appen").fill(TOTP(secret).at(at))
        page.get_by_role("button", name="Slå på").click()
        expect(page.get_by_role("listitem").filter(has_text=re.compile(r"^[a-z0-9]{5}-[a-z0-9]{5}$"))).to_have_count(10)
        assert looks_right(page)
        page.get_by_role("link", name="Jeg har tatt vare på dem").click()
        assert looks_right(page)
        page.goto("/nb/account")
        page.get_by_role("button", name="Logg ut", exact=True).click()
        gives_password(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Skriv koden")
        page.get_by_text("Jeg har ikke telefonen min").click()
        page.get_by_label("Reservekode").fill("feil")
        page.get_by_role("button", name="Logg inn med reservekode").click()
        expect(page.get_by_label("Reservekode")).to_have_attribute("aria-invalid", "true")
        assert looks_right(page)
        # The one before has been used; the app's clock may be a step ahead.
        page.get_by_label("Kode fra appen").fill(TOTP(secret).at(at + 30))
        page.get_by_role("button", name="Logg inn", exact=True).click()
        expect(page).to_have_url(re.compile("/nb/desk$"))
