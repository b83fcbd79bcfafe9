"""The work done in a real browser: live answers, the keyboard, a lost connection, a phone, and no JavaScript."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from playwright.sync_api import Page, expect

from tests.browser import axe_violations

OpenPage = Callable[..., AbstractContextManager[Page]]


def test_the_list_follows_what_is_written_and_stays_accessible(page: Page):
    page.goto("/sv/")
    page.get_by_label("Vad behöver ni?").fill("städning av skolor")
    expect(page.get_by_role("status")).to_contain_text("matchningar")
    expect(page.locator("article.match").first).to_be_visible()
    assert page.url.endswith("/sv/")
    assert axe_violations(page, colours=True) == []
    before = page.get_by_role("status").inner_text()
    page.get_by_label("Kommun där det ska utföras").fill("Sundsvall")
    page.get_by_label("Ja, för social och yrkesmässig integration").check()
    expect(page.get_by_role("status")).not_to_have_text(before)
    expect(page.locator("article.match h3").first).to_contain_text("Exempel")
    assert page.evaluate("document.activeElement.id") == "reserved-res-ws"
    assert page.locator(".answer .empty").count() == 0


def test_a_wrong_municipality_is_told_beside_the_field_without_moving_focus(page: Page):
    page.goto("/sv/?q=städning")
    place = page.get_by_label("Kommun där det ska utföras")
    place.fill("Herøy")
    expect(page.locator("#place-error")).to_contain_text("2 kommuner heter Herøy")
    expect(place).to_have_attribute("aria-invalid", "true")
    assert page.evaluate("document.activeElement.id") == "place"
    assert page.title().startswith("Fel:")
    assert axe_violations(page) == []
    place.fill("Sundsvall")
    expect(page.locator("#place-error")).to_have_text("")
    expect(place).not_to_have_attribute("aria-invalid", "true")
    assert not page.title().startswith("Fel:")


def test_codes_are_suggested_added_and_taken_away(page: Page):
    page.goto("/sv/?q=behov av tjänst")
    code = page.get_by_label("Sök kod med ord på svenska, norska eller engelska")
    code.press_sequentially("städ")
    expect(page.locator("#cpv-list option").first).to_be_attached()
    code.fill("90910000 Städning")
    page.get_by_role("button", name="Lägg till").click()
    chip = page.get_by_label("90910000 Städning")
    expect(chip).to_be_checked()
    expect(code).to_have_value("")
    expect(page.locator("article.match").first).to_contain_text("Städning")
    assert axe_violations(page) == []
    chip.uncheck()
    expect(page.locator("article.match").filter(has_text="90910000")).to_have_count(0)


def test_why_not_is_answered_in_place(page: Page):
    page.goto("/sv/?q=städning&place=Sundsvall&reserved=res-ws")
    page.get_by_label("Varför inte …?").fill("Stair")
    page.get_by_role("button", name="Förklara").click()
    expect(page.locator("#why-answer")).to_contain_text("Stair")
    assert axe_violations(page) == []


def test_filters_change_the_list_the_counts_and_the_address(page: Page):
    page.goto("/sv/enterprises")
    before = page.get_by_role("status").inner_text()
    box = page.get_by_label("Lokalvård")
    box.check()
    expect(page.get_by_role("status")).not_to_have_text(before)
    expect(page).to_have_url(re.compile(r"/sv/enterprises\?sector=cleaning$"))
    expect(box).to_be_focused()
    expect(page.locator("#n-located_in-NO-50")).not_to_have_text("28")
    assert axe_violations(page) == []
    page.go_back()
    expect(page.get_by_role("status")).to_have_text(before)


def test_a_lost_connection_is_told_and_stays_until_it_is_back(page: Page):
    page.goto("/sv/")
    page.context.set_offline(True)
    page.get_by_label("Vad behöver ni?").fill("städning")
    expect(page.get_by_role("alert")).to_contain_text("Anslutningen bröts")
    assert axe_violations(page) == []
    page.context.set_offline(False)
    page.get_by_label("Vad behöver ni?").fill("städning av skolor")
    expect(page.get_by_role("alert")).to_have_text("")


def test_the_whole_form_is_walked_with_a_keyboard(page: Page):
    page.goto("/sv/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "ds-skip-link"
    page.keyboard.press("Enter")
    walked = []
    for _ in range(20):
        page.keyboard.press("Tab")
        walked.append(page.evaluate("document.activeElement.id || document.activeElement.name"))
        if walked[-1] == "q":
            page.keyboard.type("städning")
        if walked[-1] == "place":
            page.keyboard.type("Sundsvall")
        if walked[-1] == "reserved-any":
            page.keyboard.press("ArrowUp")
        if walked[-1] == "show":
            break
    fields = [name for name in walked if name in {"q", "cpv", "add", "place", "value", "reserved-any", "by", "show"}]
    assert list(dict.fromkeys(fields)) == ["q", "cpv", "add", "place", "value", "reserved-any", "by", "show"]
    page.keyboard.press("Enter")
    page.wait_for_url("**/sv/?q=*")
    assert "reserved=none" in page.url
    assert "place=Sundsvall" in page.url
    expect(page.locator("article.match").first).to_be_visible()


def test_enter_in_a_field_shows_matches_and_never_takes_a_code_away(page: Page):
    page.goto("/sv/?q=städning&code=90910000")
    page.get_by_label("90910000 Städning").press("Enter")
    page.wait_for_url("**&place=*")
    expect(page.get_by_label("90910000 Städning")).to_be_checked()
    page.get_by_label("Kommun där det ska utföras").fill("Kramfors")
    page.get_by_label("Kommun där det ska utföras").press("Enter")
    page.wait_for_url("**place=Kramfors**")


def test_the_error_summary_has_focus_and_leads_to_the_field(open_page: OpenPage):
    for javascript in (True, False):
        with open_page(javascript=javascript) as page:
            page.goto("/sv/?q=städning&place=Ingenstans")
            expect(page.locator(".ds-error-summary")).to_be_focused()
            page.get_by_role("link", name="Ingen kommun i Sverige").first.click()
            expect(page.locator("#place")).to_be_focused()


def test_the_main_job_without_javascript(open_page: OpenPage):
    with open_page(javascript=False) as page:
        page.goto("/sv/")
        page.get_by_label("Vad behöver ni?").fill("städning")
        page.get_by_label("Sök kod med ord på svenska, norska eller engelska").fill("städning av skolor")
        page.get_by_role("button", name="Lägg till").click()
        page.get_by_label("90919300").check()
        page.get_by_label("Kommun där det ska utföras").fill("Sundsvall")
        page.get_by_label("Ja, för social och yrkesmässig integration").check()
        page.get_by_role("button", name="Visa matchningar").click()
        expect(page.locator("article.match h3").first).to_contain_text("Exempel")
        page.locator("article.match summary").first.click()
        expect(page.locator("article.match .allpoints").first).to_be_visible()
        page.locator("article.match h3 a").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Exempel")


def test_the_menu_opens_on_a_phone(open_page: OpenPage):
    with open_page(width=320) as page:
        page.goto("/sv/about")
        page.get_by_role("button", name="Meny").click()
        expect(page.get_by_role("link", name="Företag", exact=True)).to_be_visible()
        assert axe_violations(page) == []
        page.get_by_role("link", name="Företag", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Företag")
