"""From a published need to its outcome, as people walk it: a real server and worker, real mail, a real browser.

An officer publishes and invites three enterprises; one asks, one declines with a reason, one without an account is
interested through the link in its e-mail; the officer answers, shortlists, and tells the outcome. The same is walked
through the API with keys, on both databases.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest
from playwright.sync_api import Page, expect

from app.core.db import Database
from app.core.i18n import Texts, texts
from tests.browser import opened_page
from tests.people import PASSWORD
from tests.web.deal import Cast, House, cast_of, letters_to, link_in, running_house, text_of

OpenPage = Callable[..., AbstractContextManager[Page]]
QUESTION = "Kan arbetet göras efter klockan 18?"
ANSWER = "Ja, på vardagar."


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give one node for every walk of this file."""
    with running_house(tmp_path_factory.mktemp("deal")) as house:
        yield house


@pytest.fixture(scope="module")
def casts(house: House) -> dict[str, Cast]:
    """Give the people of each language, made once."""
    database = Database(house.database_url)
    made = {language: cast_of(database, language) for language in ("sv", "nb")}
    database.close()
    return made


def sign_in(page: Page, say: Texts, email: str) -> Page:
    """Sign somebody in on the sign-in page."""
    page.goto(f"/{say.language}/sign-in")
    page.get_by_label(say("E-mail address")).fill(email)
    page.get_by_label(say("Password")).fill(PASSWORD)
    page.get_by_role("button", name=say("Sign in"), exact=True).click()
    return page


def publish(page: Page, say: Texts, title: str, place: str) -> str:
    """Publish a need, and return its id."""
    page.get_by_role("link", name=say("Publish a need")).first.click()
    page.get_by_label(say("Title"), exact=True).fill(title)
    page.locator("#cpv").fill("90910000")
    page.locator("#place").fill(place)
    page.locator("#by").fill("2199-03-01")
    page.get_by_role("button", name=say("Publish"), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    return page.url.rpartition("/")[2]


def invite_three(page: Page, say: Texts, cast: Cast) -> None:
    """Go to the board, tick the three, and invite them."""
    page.get_by_role("link", name=say("To its board")).click()
    for firm in cast.firms:
        page.locator(f"#t-{firm}").check()
    page.get_by_role("button", name=say("Invite those ticked")).click()
    expect(page.locator("#told")).to_contain_text(
        say.plural("{n} enterprise is invited.", "{n} enterprises are invited.", 3)
    )


def ask(page: Page, say: Texts, title: str) -> None:
    """Ask from the inbox."""
    article = page.locator("article").filter(has_text=title)
    article.get_by_role("link", name=say("Ask a question")).click()
    page.get_by_label(say("Your question")).fill(QUESTION)
    page.get_by_role("button", name=say("Send the question")).click()
    expect(page.locator("#told")).to_contain_text(
        say("Your question is sent. The answer is shown here, to everybody, and your name never.")
    )


def decline(page: Page, say: Texts, title: str) -> None:
    """Decline from the inbox, with a reason."""
    article = page.locator("article").filter(has_text=title)
    article.get_by_role("link", name=say("Decline")).click()
    page.get_by_label(say("Too far away")).check()
    page.get_by_role("button", name=say("Send: we decline")).click()
    expect(page.locator("#answer")).to_contain_text(say("You declined"))


def reply(page: Page, say: Texts, link: str) -> None:
    """Open the link in the e-mail, and tell that one is interested; no account is asked for."""
    page.goto(link)
    page.get_by_role("link", name=say("Tell that you are interested")).click()
    page.get_by_label(say("Do you want to tell more?")).fill("Vi har ledig tid.")
    page.get_by_role("button", name=say("Send: we are interested")).click()
    expect(page.locator("#answer")).to_contain_text(
        say("This link has been used. To change the answer, sign in until the last day.")
    )
    page.goto(link)
    expect(page.locator("main form")).to_have_count(0)


def answer_and_shortlist(page: Page, say: Texts, cast: Cast, board: str) -> None:
    """Answer the question for all, put the interested one on the shortlist, and write a note."""
    asker, decliner, interested = cast.firms
    page.goto(board)
    expect(page.locator(f"#e-{decliner}")).to_contain_text(say("Too far away"))
    expect(page.locator(f"#e-{interested}")).to_contain_text("Vi har ledig tid.")
    question = page.locator(".panel").filter(has_text=QUESTION)
    assert "Exempel" not in question.inner_text(), "the buyer is not told who asks"
    question.get_by_label(say("Your answer")).fill(ANSWER)
    question.get_by_role("button", name=say("Answer everybody")).click()
    expect(page.locator("#told")).to_contain_text(
        say("The answer is shown to everybody, and sent to those who take part.")
    )
    page.locator(f"#s-{interested}").click()
    expect(page.locator(f"#s-{interested}")).to_contain_text(say("Take off the shortlist"))
    expect(page.locator(f"#s-{interested}")).to_be_visible()
    page.locator(f"#n-{interested}").fill("Ring före jul.")
    page.locator(f"#k-{interested}").click()
    expect(page.locator(f"#n-{interested}")).to_have_value("Ring före jul.")
    expect(page.locator("#steps li").last).to_contain_text("1")
    assert asker


def tell_outcome(page: Page, say: Texts, winner: str) -> None:
    """Close with an outcome."""
    page.get_by_role("link", name=say("Tell the outcome")).first.click()
    page.locator("#result-0").select_option("awarded")
    page.locator("#winner-0").fill(winner)
    page.get_by_role("button", name=say("Tell the outcome")).click()
    expect(page.locator("main")).to_contain_text(winner)


def read_dialogue(page: Page, say: Texts, board: str) -> None:
    """Read the whole dialogue, as it goes to the procurement file."""
    page.goto(f"{board}/dialogue")
    steps = page.locator("tbody tr td:nth-child(2)").all_inner_texts()
    told = Counter(steps)
    expected = {
        "Invited": 3,
        "Question asked": 1,
        "Declined": 1,
        "Interested": 1,
        "Question answered": 1,
        "Put on the shortlist": 1,
        "Note on the shortlist changed": 1,
        "Awarded": 1,
    }
    assert {name: told[say(name)] for name in expected} == expected
    assert QUESTION in page.locator("main").inner_text()
    assert page.request.get(f"{board}/dialogue.csv").text().count("\n") == len(steps) + 1


@pytest.mark.parametrize(
    ("language", "javascript"),
    [
        ("sv", True),
        pytest.param("nb", False, marks=pytest.mark.deep),
        pytest.param("sv", False, marks=pytest.mark.deep),
        pytest.param("nb", True, marks=pytest.mark.deep),
    ],
)
def test_the_deal_is_made(browser, house: House, casts: dict[str, Cast], language: str, javascript: bool):
    say, cast = texts(language), casts[language]
    title = f"Städning av skolor, {language}, {'med' if javascript else 'utan'} skript"
    with ExitStack() as stack:
        officer, asker, decliner, stranger = (
            stack.enter_context(opened_page(browser, house.url, javascript=javascript)) for _ in range(4)
        )
        sign_in(officer, say, cast.officer)
        made = publish(officer, say, title, cast.place)
        invite_three(officer, say, cast)
        board = f"/{language}/desk/{made}"
        ask(sign_in(asker, say, cast.asker), say, title)
        decline(sign_in(decliner, say, cast.decliner), say, title)
        invitations = letters_to(house.mail, title, 3)
        reply(stranger, say, link_in(invitations, cast.unknown))
        answer_and_shortlist(officer, say, cast, board)
        tell_outcome(officer, say, f"Exempel Utan konto {language}")
        read_dialogue(officer, say, board)
        asker.goto(f"/{language}/opportunities/{made}")
        expect(asker.locator("main")).to_contain_text(ANSWER)
    everything = letters_to(house.mail, title, 8)
    assert Counter((one["To"], "/reply/" in text_of(one)) for one in everything) == {
        (cast.asker, True): 1,
        (cast.asker, False): 1,
        (cast.decliner, True): 1,
        (cast.decliner, False): 2,
        (cast.unknown, True): 1,
        (cast.unknown, False): 2,
    }
    assert {one["Content-Language"] for one in everything} == {language}
    assert len({one["Message-ID"] for one in everything}) == len(everything)
