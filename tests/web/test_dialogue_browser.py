"""The board, the inbox and the link in a real browser: every state accessible, rows swapped, and the keyboard alone."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.columns import stable_id
from app.core.db import Database
from app.core.preconditions import Precondition
from app.demo.vocabulary import enterprise_id, opportunity_id
from app.mail.tables import OutboxLetter
from app.responses import service as responses
from app.responses.schemas import AnswerIn, NoteIn
from app.responses.vocabulary import AnswerKind
from app.wiring import wire
from tests.browser import axe_violations, scrolls_sideways
from tests.live import live_cookie, live_database
from tests.session import once, session_folder

OpenPage = Callable[..., AbstractContextManager[Page]]
BUYER = stable_id("demo-organization", "buyer")
FIRM = stable_id("demo-organization", "enterprise")
CLEANER = enterprise_id("stadkompaniet")
# The demo has a dialogue about this one.
OWN = opportunity_id("stadning-skolor")
LINKED = {"open": opportunity_id("arbetstraning-kust"), "used": opportunity_id("cykelservice")}
# Fewer in the other languages: what they share is their words.
FEWER = ("/desk", f"/desk/{OWN}", "/inbox", f"/inbox/{LINKED['used']}?form=question")


def caller(role: Role, organization_id: str) -> Caller:
    """Return somebody who acts for an organisation of the demo."""
    return Caller("actor", organization_id, role, frozenset(Scope))


def links(live_server: str) -> dict[str, str]:
    """Invite a firm of the demo on the live server, once a run; return the links, one open and one used."""
    assert live_server
    return dict(once("dialogue", _invite))


def _invite() -> dict[str, Any]:
    wire()
    live_cookie(Role.ENTERPRISE, FIRM)
    secret = (session_folder() / "live" / "secret-key").read_bytes().strip()
    database = live_database()
    with database.writes() as session:
        for one in LINKED.values():
            responses.invite(session, one, [CLEANER], by=caller(Role.BUYER, BUYER), secret=secret)
    made = {name: _link(database, one) for name, one in LINKED.items()}
    with database.writes() as session:
        data = AnswerIn(kind=AnswerKind.INTEREST, text="Gärna.", is_joint=True)
        responses.reply(session, made["used"], data, secret=secret)
    database.close()
    return made


def _link(database: Database, opportunity: str) -> str:
    """Return the text of the link in the invitation to an opportunity."""
    wanted = select(OutboxLetter).where(OutboxLetter.template == "responses/invitation")
    with database.reads() as session:
        sent = [row.values for row in session.execute(wanted).scalars()]
    return next(str(values["token"]) for values in sent if values["opportunity_id"] == opportunity)


def acting(page: Page, live_server: str, role: Role, organization_id: str) -> Page:
    """Sign somebody in on this page."""
    cookie = {"name": "samnod", "value": live_cookie(role, organization_id), "url": live_server}
    page.context.clear_cookies()
    page.context.add_cookies([cookie])
    return page


def faults_of(page: Page, *, colours: bool | None = None) -> list[str]:
    """Return what is wrong with the page as it stands, with everything unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    return axe_violations(page, colours=colours) + (["scrolls sideways"] if scrolls_sideways(page) else [])


@pytest.mark.parametrize(
    ("language", "every"),
    [
        ("sv", False),
        pytest.param("sv", True, marks=pytest.mark.deep),
        pytest.param("nb", True, marks=pytest.mark.deep),
        pytest.param("en", True, marks=pytest.mark.deep),
    ],
)
def test_axe_finds_nothing_in_any_state(open_page: OpenPage, live_server: str, language: str, every: bool):
    sent = links(live_server)
    found: dict[str, list[str]] = {}
    with open_page(width=320) as page:

        def look(*paths: str, who: str = "") -> None:
            for path in paths:
                if every or (path in FEWER and not who):
                    page.goto(f"/{language}{path}")
                    found[who + path] = faults_of(page)

        def wrong(path: str, button: str, field: str = "") -> None:
            page.goto(f"/{language}{path}")
            if field:
                page.locator(field).fill("tre")
            page.locator(button).click()
            expect(page.locator(".ds-error-summary")).to_be_focused()
            # The desk and the inbox with all that can stand there.
            found[f"{path}, error"] = faults_of(page, colours=True)

        acting(page, live_server, Role.BUYER, BUYER)
        look("/desk", f"/desk/{OWN}", f"/desk/{OWN}?show=interested&invited=2", f"/desk/{OWN}/dialogue")
        wrong(f"/desk/{OWN}", "form[action$='/plan'] button", "#batch_size")
        acting(page, live_server, Role.ENTERPRISE, FIRM)
        look("/inbox", "/inbox?state=answered", f"/inbox/{OWN}?form=interest", FEWER[-1])
        wrong(f"/inbox/{LINKED['open']}?form=decline", "button[value=send]")
        acting(page, live_server, Role.BUYER, "org-without-anything")
        look("/desk", who="new buyer")
        acting(page, live_server, Role.ENTERPRISE, "org-without-a-firm")
        look("/inbox", who="new firm")
        page.context.clear_cookies()
        look(f"/reply/{sent['open']}?form=decline", f"/reply/{sent['used']}", f"/opportunities/{OWN}")
    assert {state: faults for state, faults in found.items() if faults} == {}


def test_a_row_is_swapped_where_it_stands_and_focus_stays(page: Page, live_server: str):
    acting(page, live_server, Role.BUYER, BUYER).goto(f"/sv/desk/{OWN}?show=not-invited")
    button = page.locator("button[value=shortlist]").last
    one = str(button.get_attribute("id")).removeprefix("s-")
    rev = page.locator(f"#e-{one} .pipe__note input[name=rev]")
    button.press("Enter")
    expect(rev).to_have_value("1")
    expect(page.locator(f"#s-{one}")).to_contain_text("Ta bort från kortlistan")
    expect(page.locator(f"#s-{one}")).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("på kortlistan")
    page.locator(f"#n-{one}").fill("Ring först.")
    page.locator(f"#k-{one}").press("Enter")
    expect(rev).to_have_value("2")
    expect(page.locator(f"#k-{one}")).to_be_focused()
    assert page.url.endswith("?show=not-invited"), "the page was not left"
    # Somebody else writes a note meanwhile.
    database = live_database()
    with database.writes() as session:
        by = caller(Role.BUYER, BUYER)
        responses.change_note(session, OWN, one, NoteIn(note="Redan ringt."), match=Precondition(None), by=by)
    database.close()
    page.locator(f"#n-{one}").fill("Ring på nytt.")
    page.locator(f"#k-{one}").press("Enter")
    row = page.locator(f"#e-{one}")
    expect(row.locator(".ds-error-summary")).to_be_focused()
    expect(row).to_contain_text("Redan ringt.")
    expect(page.locator(f"#n-{one}")).to_have_value("Ring på nytt.")
    expect(page.get_by_role("alert")).to_have_text("")
    assert axe_violations(page) == []
    page.locator(f"#s-{one}").press("Enter")
    expect(page.locator(f"#n-{one}")).to_have_count(0)


def test_the_link_is_answered_with_the_keyboard_alone(open_page: OpenPage, live_server: str):
    link = links(live_server)["open"]
    with open_page(width=320) as page:
        page.goto(f"/sv/reply/{link}?form=decline")
        page.locator("#content").focus()
        walked = []
        for _ in range(12):
            page.keyboard.press("Tab")
            walked.append(page.evaluate("document.activeElement.id || document.activeElement.value"))
            if walked[-1] == "reason-capacity":
                page.keyboard.press("ArrowDown")
            if walked[-1] == "text":
                page.keyboard.type("Inte vår bransch.")
            if walked[-1] == "send":
                break
        assert walked[-3:] == ["reason-capacity", "text", "send"]
        assert page.locator("#reason-services").is_checked()
        expect(page.locator("#text")).to_have_value("Inte vår bransch.")
