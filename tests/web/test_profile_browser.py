"""The profile in a real browser: on a phone, in place and without JavaScript, and every state of it accessible."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from app.accounts import sessions
from app.accounts.vocabulary import Role
from app.enterprises import service as enterprises
from tests.browser import axe_violations, scrolls_sideways
from tests.factories import enterprise, offering
from tests.live import live_cookie, live_database
from tests.session import once, session_folder

OpenPage = Callable[..., AbstractContextManager[Page]]


def profile_of(organization_id: str) -> str:
    """Return the id of an enterprise on the live server that an organisation keeps, registered once a run."""

    def register() -> dict[str, str]:
        database = live_database()
        data = enterprise(
            # Nobody looks for it: the other tests count what the demo holds.
            name=f"Exempel {organization_id}",
            lifecycle="paused",
            area_code="SE-2584",
            service_areas=["SE-2584"],
            employees="10-19",
            certificates=[{"name": "SKOOPI", "valid_from": "2026-01-01"}],
            criteria=[{"criterion": "reinvest", "state": "declared", "on": "2026-01-01"}],
            offerings=[
                offering(title="Isskulpturer", cpv=["92312000"], cpv_is_guess=True, sectors=[]),
                offering(title="Praktik", kind="work_training", cpv=["85312510"], sectors=[]),
            ],
        )
        with database.writes() as session:
            made = enterprises.register(session, data, home="local", owner_id=organization_id)
        database.close()
        return {"id": made.id}

    return str(once(f"profile-{organization_id}", register)["id"])


def live_secret() -> bytes:
    """Return what the live server signs sessions with."""
    return (session_folder() / "live" / "secret-key").read_bytes().strip()


def keeps(page: Page, live_server: str, organization_id: str) -> Page:
    """Sign somebody in who acts for an organisation that keeps enterprises."""
    token = live_cookie(Role.ENTERPRISE, organization_id)
    page.context.add_cookies([{"name": "samnod", "value": token, "url": live_server}])
    return page


def test_on_a_phone_each_section_is_changed_in_its_place(open_page: OpenPage, live_server: str):
    path = f"/sv/profile/{profile_of('i-plats')}"
    with open_page(width=320) as page:
        keeps(page, live_server, "i-plats").goto(path)
        page.locator("#s-words").get_by_role("link", name="Ändra").click()
        expect(page.locator("#words")).to_be_focused()
        page.get_by_role("textbox", name="Beskrivning").fill("Ring 070-123 45 67")
        page.get_by_role("button", name="Spara").click()
        expect(page.locator(".ds-error-summary")).to_be_focused()
        assert page.title().startswith("Fel:")
        assert axe_violations(page) == []
        page.get_by_role("link", name="Beskrivning: ").click()
        expect(page.get_by_role("textbox", name="Beskrivning")).to_be_focused()
        page.get_by_role("textbox", name="Beskrivning").fill("Vi hugger i is.")
        page.get_by_role("button", name="Spara").click()
        expect(page.get_by_role("status")).to_have_text("Sparat: Beskrivning och språk")
        expect(page.locator("#s-words")).to_contain_text("Vi hugger i is.")
        expect(page.locator("#words")).to_be_focused()
        assert not page.title().startswith("Fel:")
        assert path in page.url
        assert not scrolls_sideways(page)


def test_an_offering_is_found_codes_for_taken_away_and_put_back_in_place(page: Page, live_server: str):
    keeps(page, live_server, "erbjuder").goto(f"/sv/profile/{profile_of('erbjuder')}")
    section = page.locator("#s-offerings")
    section.get_by_role("link", name="Ändra").click()
    page.get_by_role("link", name="Lägg till en vara eller tjänst").click()
    page.get_by_label("Vad det heter").fill("Fönsterputs")
    page.get_by_label("Sök kod med ord").fill("fönsterputsning")
    page.get_by_role("button", name="Lägg till").click()
    page.get_by_label("90911300").check()
    expect(page.get_by_label("Vad det heter")).to_have_value("Fönsterputs")
    assert axe_violations(page) == []
    page.get_by_label("Sök kod med ord").fill("")
    page.get_by_role("button", name="Spara").click()
    expect(page.get_by_role("status")).to_have_text("Sparat: Säljer")
    expect(section).to_contain_text("90911300")
    section.get_by_role("link", name="Ändra").click()
    page.get_by_role("button", name="Ta bort Fönsterputs").click()
    expect(page.get_by_role("status")).to_have_text("Borttaget: Fönsterputs")
    assert axe_violations(page) == []
    page.get_by_role("button", name="Ångra").click()
    expect(page.get_by_role("button", name="Flytta upp Fönsterputs")).to_be_visible()
    page.get_by_role("link", name="Klar").click()
    expect(section).to_contain_text("Fönsterputs")


def test_somebody_elses_change_is_shown_in_place(page: Page, live_server: str):
    path = f"/sv/profile/{profile_of('samtidigt')}"
    keeps(page, live_server, "samtidigt").goto(path)
    page.locator("#s-words").get_by_role("link", name="Ändra").click()
    page.get_by_role("textbox", name="Beskrivning").fill("Min text")
    other = page.context.new_page()
    other.goto(f"{path}/words")
    other.get_by_role("textbox", name="Beskrivning").fill("Deras text")
    other.get_by_role("button", name="Spara").click()
    expect(other.get_by_role("status")).to_have_text("Sparat: Beskrivning och språk")
    page.get_by_role("button", name="Spara").click()
    expect(page.locator("#s-words")).to_contain_text("Deras text")
    expect(page.get_by_role("textbox", name="Beskrivning")).to_have_value("Min text")
    expect(page.get_by_role("alert")).to_have_text("")
    assert axe_violations(page) == []
    page.get_by_role("button", name="Spara ändå").click()
    expect(page.locator("#s-words")).to_contain_text("Min text")


def test_whose_session_ends_finds_what_was_written_at_the_sign_in(page: Page, live_server: str):
    keeps(page, live_server, "utloggad").goto(f"/sv/profile/{profile_of('utloggad')}")
    page.locator("#s-words").get_by_role("link", name="Ändra").click()
    page.get_by_role("textbox", name="Beskrivning").fill("Min långa text")
    database = live_database()
    with database.writes() as session:
        who = sessions.signed_in(session, live_cookie(Role.ENTERPRISE, "utloggad"), secret=live_secret())
        assert who
        sessions.end(session, who.person_id, who.session_id)
    database.close()
    page.get_by_role("textbox", name="Webbplats").press("Enter")
    expect(page.get_by_label("Lösenord")).to_be_visible()
    expect(page.locator("input[value='Min långa text']")).to_be_attached()


def test_a_profile_is_begun_and_filled_in_without_javascript(open_page: OpenPage, live_server: str):
    with open_page(javascript=False, width=320) as page:
        keeps(page, live_server, "utan-skript").goto("/sv/profile")
        page.get_by_label("Vad heter företaget?").fill("Exempel utan skript")
        page.get_by_label("I vilken kommun?").fill("Herøy")
        page.get_by_label("Vad erbjuder det?").fill("isskulpturer")
        page.get_by_role("button", name="Börja").click()
        expect(page.locator(".ds-error-summary")).to_be_focused()
        page.get_by_role("button", name="Herøy").first.click()
        page.get_by_label("Sök kod med ord").fill("konst")
        page.get_by_role("button", name="Lägg till").click()
        page.locator(".sugg input").first.check()
        page.get_by_role("button", name="Spara").click()
        # The words in the code field are still to be chosen among, or taken away.
        page.get_by_label("Sök kod med ord").fill("")
        page.get_by_role("button", name="Spara").click()
        expect(page.get_by_role("status")).to_have_text("Sparat: Säljer")
        page.locator("#s-offerings").get_by_role("link", name="Ändra").click()
        page.get_by_role("button", name="Ta bort").click()
        page.get_by_role("button", name="Ångra").click()
        expect(page.get_by_role("button", name="Ta bort isskulpturer")).to_be_visible()
        page.get_by_role("link", name="Klar").click()
        page.get_by_role("button", name="Posten stämmer i dag").click()
        expect(page.get_by_role("status")).to_have_text("Tack. Posten är bekräftad i dag.")


@pytest.mark.parametrize("language", ["sv", *(pytest.param(other, marks=pytest.mark.deep) for other in ("nb", "en"))])
def test_axe_finds_nothing_and_nothing_is_wider_than_a_phone(open_page: OpenPage, live_server: str, language: str):
    profile = f"/profile/{profile_of('i-plats')}"
    states = ["/profile-start", profile, f"{profile}/contact"]
    # The rest holds the same parts in every language.
    states += [f"{profile}/{part}" for part in ("offerings/0", "training", "statements", "certificates", "history")]
    found = {}
    with open_page(width=320, dark=language == "nb") as page:
        keeps(page, live_server, "i-plats")
        for state in states if language == "sv" else states[:3]:
            page.goto(f"/{language}{state}")
            found[state] = axe_violations(page) + ["is too wide"] * scrolls_sideways(page)
        page.goto(f"/{language}/profile-start")
        page.locator("form.panel button.ds-button").click()
        found["error"] = axe_violations(page, colours=True) + ["is too wide"] * scrolls_sideways(page)
        assert page.locator(".ds-error-summary li").count() == 3
    assert {state: faults for state, faults in found.items() if faults} == {}
