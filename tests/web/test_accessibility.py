"""Every page in every state in a real browser: no axe violations, no sideways scroll, whatever the mode."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page

from app.demo.organizations import organization_id
from app.demo.vocabulary import enterprise_id, need_id, opportunity_id, support_offer_id
from tests.browser import axe_violations, scrolls_sideways

OpenPage = Callable[..., AbstractContextManager[Page]]
LANGUAGES = ("sv", "nb", "en")
# The templates are the same: what only longer words could break is looked at in the long tests.
MOSTLY_SWEDISH = ["sv", *(pytest.param(other, marks=pytest.mark.deep) for other in LANGUAGES[1:])]
CLEANER, RECYCLER = enterprise_id("stadkompaniet"), enterprise_id("E001")
STATES = {
    "matchmaking, first visit": "/",
    "matchmaking, full": "/?q=städning&place=Sundsvall&reserved=res-ws&code=90910000&why=Stair",
    "matchmaking, undecided": "/?q=catering&cpv=lunch&add=1",
    "matchmaking, no match": "/?q=qqqq+xxxx",
    "matchmaking, error": "/?q=städning&place=Herøy&by=2001-01-01&value=x",
    "registry, full": "/enterprises?sector=cleaning",
    "registry, nothing found": "/enterprises?words=Eko+Teck&kind=event",
    "registry, error": "/enterprises?located_in=XX",
    "enterprise, full": f"/enterprises/{CLEANER}",
    "enterprise, from a report": f"/enterprises/{RECYCLER}",
    "enterprise, what it lacks": f"/enterprises/{RECYCLER}/completeness",
    "opportunities, full": "/opportunities",
    "opportunities, nothing found": "/opportunities?words=qqqq",
    "opportunities, error": "/opportunities?status=x",
    "opportunity, awarded": f"/opportunities/{opportunity_id('presentkorgar')}",
    "opportunity": f"/opportunities/{opportunity_id('stadning-skolor')}",
    "support, full": "/support-offers?need=advice&area=SE-25",
    "support, nothing found": "/support-offers?words=styrelsekompetens+i+Norrbotten",
    "support, error": "/support-offers?need=x",
    "support offer": f"/support-offers/{support_offer_id('exempel-handledare')}",
    "needs, full": "/needs?category=sales_marketing&side=enterprise&limit=5",
    "needs, nothing found": "/needs?words=qqqq&area=SE-25",
    "needs, error": "/needs?category=x",
    "need": f"/needs/{need_id('N029')}",
    "need, met": f"/needs/{need_id('exempel-handledning')}",
    "support offer, ended": f"/support-offers/{support_offer_id('O024')}",
    "gap map": "/gap-map",
    "gap map, one county": "/gap-map?area=SE-25&sort=-gaps",
    "gap map, error": "/gap-map?area=XX",
    "directory, full": "/contacts?role=buyer&place=Sundsvall",
    "directory, cards": "/contacts?view=cards&limit=2",
    "directory, error": "/contacts?place=Ingenstans&words=qqqq",
    "organisation, with contacts": f"/organizations/{organization_id('buyer')}",
    "about": "/about",
    "nothing there": "/nope",
}

# One of each sort: the others are painted with the same colours, and are measured among the long tests.
COLOURED = {
    "matchmaking, error",
    "registry, full",
    "enterprise, full",
    "opportunities, full",
    "opportunity",
    "support, full",
    "support offer, ended",
    "needs, full",
    "need, met",
    "gap map, one county",
    "directory, cards",
    "organisation, with contacts",
    "about",
}
# Thousands of cells of the sort that "gap map, one county" has.
LARGE = {"gap map", "gap map, error"}

# WCAG 1.4.12: line height 1.5, letters 0.12 em apart, words 0.16 em.
WIDE_SPACING = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }"
# A stylesheet of the test's own, in a way that the page's policy allows.
ADOPT = "rule => { const s = new CSSStyleSheet(); s.replaceSync(rule); document.adoptedStyleSheets = [s]; }"


@pytest.mark.parametrize("language", MOSTLY_SWEDISH)
def test_every_state_is_accessible_on_a_phone_and_scrolls_one_way(open_page: OpenPage, language: str):
    found = {}
    with open_page(width=320) as page:
        for state, path in STATES.items():
            if language == "sv" and state in LARGE:
                continue
            page.goto(f"/{language}{path}")
            colours = language != "sv" or state in COLOURED
            found[state] = axe_violations(page, colours=colours) + sideways(page)
    assert {state: faults for state, faults in found.items() if faults} == {}


def sideways(page: Page) -> list[str]:
    """Return how the page is wider than its window, with everything unfolded: as it is, or with text set wide."""
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = ["scrolls sideways"] if scrolls_sideways(page) else []
    page.evaluate(ADOPT, WIDE_SPACING)
    return found + (["scrolls sideways with wide spacing"] if scrolls_sideways(page) else [])


@pytest.mark.deep
@pytest.mark.parametrize("options", [{"width": 1280}, {"dark": True, "width": 320}], ids=["wide", "dark-phone"])
def test_axe_finds_nothing_with_every_colour_measured(open_page: OpenPage, options: dict[str, int]):
    found = {}
    with open_page(**options) as page:
        for state, path in STATES.items():
            page.goto(f"/sv{path}")
            found[state] = axe_violations(page, colours=True)
    assert {state: faults for state, faults in found.items() if faults} == {}


@pytest.mark.deep
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_without_the_pages_scripts(open_page: OpenPage, language: str):
    found = {}
    with open_page() as page:
        # axe itself is a script, so the page's own are kept from loading instead of turning scripts off.
        page.route("**/*.js*", lambda route: route.abort())
        for state, path in STATES.items():
            page.goto(f"/{language}{path}")
            assert page.evaluate("typeof htmx") == "undefined"
            found[state] = axe_violations(page, colours=False)
    assert {state: faults for state, faults in found.items() if faults} == {}


@pytest.mark.deep
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_scrolls_sideways_on_a_tablet(open_page: OpenPage, language: str):
    with open_page(width=640) as page:
        found = {}
        for state, path in STATES.items():
            page.goto(f"/{language}{path}")
            found[state] = sideways(page)
    assert {state: faults for state, faults in found.items() if faults} == {}
