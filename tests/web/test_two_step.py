"""Two-step sign-in on the pages: turned on, asked for on every way in, and turned off. Guards are named where tried."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import unquote

import httpx
import pytest
from pyotp import TOTP
from sqlalchemy import text

from app.accounts import attempts, passwords, resets, sessions, two_step
from app.accounts.vocabulary import Attempted
from app.core.clock import now
from app.core.db import Database
from tests.keys import SECRET
from tests.people import PASSWORD, code_at, person_for, send, session_for, signed_in, token_in, turned_on

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
KEY = SECRET.encode()
EMAIL = "inkop@example.org"
LOGIN = {"email": EMAIL, "password": PASSWORD}
CODE_PAGE = "/sv/sign-in/code"
ACCOUNT = "/sv/account/two-step"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let passwords be compared at once."""
    for module in (passwords, sessions):
        monkeypatch.setattr(module, "is_right", lambda password, kept: bool(kept) and password == PASSWORD)


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no code change while a test looks at it."""
    at = now()
    monkeypatch.setattr(two_step, "now", lambda: at)


@pytest.fixture
def recovery(database: Database) -> list[str]:
    """Make a person with two-step sign-in, and give the recovery codes."""
    return turned_on(database, person_for(database, "buyer", email=EMAIL).id)


def one(database: Database, question: str) -> object:
    """Return the one value that a question of the database finds."""
    with database.reads() as session:
        return session.execute(text(question)).scalar_one()


def code_of(database: Database, *, steps: int = 0) -> str:
    """Return what the app of the one person shows, so many steps from now."""
    person_id = str(one(database, "SELECT person_id FROM two_step"))
    return code_at(database, person_id, two_step.now() + timedelta(seconds=30 * steps))


def wrong_codes(database: Database) -> Iterator[str]:
    """Give codes that the app shows neither now nor soon."""
    right = {code_of(database, steps=n) for n in range(-3, 4)}
    return (f"{n:06}" for n in range(1_000_000) if f"{n:06}" not in right)


def test_it_is_turned_on_with_an_app_and_off_again(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer", email=EMAIL)
    assert "Den är av" in app_client.get("/sv/account").text
    assert app_client.get(f"{ACCOUNT}/set-up").headers["location"] == ACCOUNT
    refused = send(app_client, ACCOUNT, {"current": "fel"})
    assert (refused.status_code, "Detta är inte ditt lösenord." in refused.text) == (422, True)
    assert send(app_client, ACCOUNT, {"current": PASSWORD}).headers["location"] == f"{ACCOUNT}/set-up"
    page = app_client.get(f"{ACCOUNT}/set-up")
    assert (page.headers["cache-control"], 'src="data:image/svg+xml' in page.text) == ("no-store", True)
    address = re.search(r'href="(otpauth://[^"]+)"', page.text)
    secret = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", page.text)
    assert address
    assert secret
    typed = secret[1].replace(" ", "")
    assert f"secret={typed}" in address[1]
    assert f":{EMAIL}?" in unquote(address[1])
    wrong = next(wrong_codes(database))
    refused = send(app_client, f"{ACCOUNT}/set-up", {"one_time_code": wrong})
    assert (refused.status_code, "Koden är fel" in refused.text, typed[:4] in refused.text) == (422, True, True)
    done = send(app_client, f"{ACCOUNT}/set-up", {"one_time_code": TOTP(typed).at(two_step.now())})
    codes = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", done.text)
    assert (done.status_code, len(codes)) == (200, 10)
    on = app_client.get(ACCOUNT).text
    assert ("10 koder är kvar." in on, codes[0] in on, typed[:4] in on) == (True, False, False)
    assert app_client.get("/sv/account/export").json()["two_step"]["codes_left"] == 10
    # A code in place of the password; the one from before has been used.
    assert (
        send(app_client, ACCOUNT, {"current": TOTP(typed).at(two_step.now())}, to=f"{ACCOUNT}/codes").status_code == 422
    )
    later = code_of(database, steps=1)
    renewed = send(app_client, ACCOUNT, {"current": later}, to=f"{ACCOUNT}/codes")
    assert (renewed.status_code, codes[0] in renewed.text, renewed.text.count("<li><code>")) == (200, False, 10)
    refused = send(app_client, ACCOUNT, {"off_current": "fel"}, to=f"{ACCOUNT}/off")
    assert (refused.status_code, 'href="#off_current"' in refused.text) == (422, True)
    assert send(app_client, ACCOUNT, {"off_current": PASSWORD}, to=f"{ACCOUNT}/off").status_code == 303
    assert one(database, "SELECT count(*) FROM two_step") == 0


def test_a_password_alone_begins_no_session(database: Database, app_client: httpx.Client, recovery: list[str]):
    """The guards: `two_step.is_on` in `enter`, and `last_step` in `two_step.use_code`."""
    asked = send(app_client, "/sv/sign-in?to=/sv/keys", LOGIN | {"to": "/sv/keys"})
    assert (asked.status_code, asked.headers["location"]) == (303, f"{CODE_PAGE}?to=%2Fsv%2Fkeys")
    assert one(database, "SELECT count(*) FROM login_session") == 0
    assert "samnod" not in app_client.cookies
    assert app_client.get("/sv/account").status_code == 303
    page = app_client.get(asked.headers["location"])
    assert 'autocomplete="one-time-code" inputmode="numeric"' in page.text
    wrong = send(app_client, CODE_PAGE, {"one_time_code": next(wrong_codes(database)), "to": "/sv/keys"})
    assert (wrong.status_code, one(database, "SELECT count(*) FROM login_session")) == (422, 0)
    code = code_of(database)
    right = send(app_client, CODE_PAGE, {"one_time_code": code, "to": "/sv/keys"})
    assert (right.status_code, right.headers["location"]) == (303, "/sv/keys")
    assert app_client.get("/sv/account").status_code == 200
    # The same code opens nothing more, and the challenge is gone.
    app_client.cookies.clear()
    assert send(app_client, "/sv/sign-in", LOGIN).status_code == 303
    assert send(app_client, CODE_PAGE, {"one_time_code": code}).status_code == 422
    assert one(database, "SELECT count(*) FROM sign_in_challenge") == 1


def test_a_recovery_code_lets_in_once(database: Database, app_client: httpx.Client, recovery: list[str]):
    for typed, status in ((recovery[0].upper(), 303), (recovery[0], 422), (recovery[1], 303)):
        app_client.cookies.clear()
        send(app_client, "/sv/sign-in", LOGIN)
        assert send(app_client, CODE_PAGE, {"recovery_code": typed}).status_code == status
    assert one(database, "SELECT count(*) FROM outbox_letter") == 2
    wrong = "Det här är ingen av dina reservkoder"
    app_client.cookies.clear()
    send(app_client, "/sv/sign-in", LOGIN)
    page = send(app_client, CODE_PAGE, {"recovery_code": "nonsense"}).text
    assert (wrong in page, '<details class="panel" open>' in page, "nonsense" in page) == (True, True, False)


def test_who_guesses_codes_is_stopped_and_comes_back_later(
    database: Database, app_client: httpx.Client, recovery: list[str]
):
    """The guards: `attempts.count` in `sign_in.code` and in `two_step._prove`; it is by person, not by browser."""
    send(app_client, "/sv/sign-in", LOGIN)
    guesses = wrong_codes(database)
    most = attempts.most_of(Attempted.TWO_STEP)
    assert most == 5
    for _ in range(most):
        assert send(app_client, CODE_PAGE, {"one_time_code": next(guesses)}).status_code == 422
    for sent in ({"one_time_code": code_of(database)}, {"recovery_code": recovery[0]}):
        stopped = send(app_client, CODE_PAGE, sent)
        assert (stopped.status_code, "För många försök" in stopped.text) == (429, True)
        assert 0 < int(stopped.headers["retry-after"]) <= 300
    person_id = str(one(database, "SELECT id FROM person"))
    app_client.cookies.update(session_for(database, person_id))
    proof = {"off_current": code_of(database)}
    assert send(app_client, ACCOUNT, proof, to=f"{ACCOUNT}/off").status_code == 429
    with database.writes() as session:
        session.execute(text("UPDATE attempt SET at = :at"), {"at": now() - timedelta(minutes=6)})
    app_client.cookies.delete("samnod")
    assert send(app_client, CODE_PAGE, {"one_time_code": code_of(database)}).status_code == 303


def test_a_challenge_belongs_to_its_browser_and_runs_out(
    database: Database, app_client: httpx.Client, recovery: list[str]
):
    """The guards: the cookie in `two_step.challenged`, `LASTS`, and a session token of its own after it."""
    send(app_client, "/sv/sign-in", LOGIN)
    theirs = app_client.cookies["samnod-code"]
    assert theirs not in str(one(database, "SELECT token_hash FROM sign_in_challenge"))
    app_client.cookies.clear()
    assert app_client.get(CODE_PAGE).headers["location"] == "/sv/sign-in"
    for planted in ("", "a-token-of-mine", "x" * 5000):
        app_client.cookies.set("samnod-code", planted)
        token = token_in(app_client.get("/sv/sign-in").text)
        sent = {"_token": token, "one_time_code": code_of(database)}
        late = app_client.post(CODE_PAGE, data=sent, headers={"Sec-Fetch-Site": "same-origin"})
        assert (late.status_code, "Logga in igen." in late.text) == (422, True)
    app_client.cookies.clear()
    app_client.cookies.set("samnod-code", theirs)
    app_client.cookies.set("samnod", "planted")
    send(app_client, CODE_PAGE, {"one_time_code": code_of(database)})
    kept = [cookie.value for cookie in app_client.cookies.jar if cookie.name == "samnod"]
    assert len({*kept} - {"planted", theirs}) == 1
    app_client.cookies.clear()
    send(app_client, "/sv/sign-in", LOGIN)
    with database.writes() as session:
        long_ago = {"at": now() - two_step.LASTS}
        session.execute(text("UPDATE sign_in_challenge SET expires_at = :at"), long_ago)
    assert app_client.get(CODE_PAGE).headers["location"] == "/sv/sign-in"


def test_nobody_learns_who_has_it_without_the_password(
    database: Database, app_client: httpx.Client, recovery: list[str], monkeypatch: pytest.MonkeyPatch
):
    """The guard: `is_on` is asked only after `sessions.recognised`."""
    person_for(database, "buyer", email="utan@example.org")
    asked: list[str] = []
    is_on = two_step.is_on
    monkeypatch.setattr(two_step, "is_on", lambda session, who: (asked.append(who), is_on(session, who))[1])
    answers = set()
    for email in (EMAIL, "utan@example.org", "okand@example.org"):
        answer = send(app_client, "/sv/sign-in", {"email": email, "password": "fel"})
        answers.add((answer.status_code, re.sub(r"[0-9a-f]{64}", "", answer.text.replace(email, ""))))
    assert (len(answers), asked) == (1, [])


def test_the_attempt_at_the_password_counts_until_the_code_is_right(
    database: Database, app_client: httpx.Client, recovery: list[str]
):
    send(app_client, "/sv/sign-in", LOGIN)
    assert one(database, "SELECT count(*) FROM attempt") == 2
    assert send(app_client, CODE_PAGE, {"recovery_code": recovery[0]}).status_code == 303
    assert one(database, "SELECT count(*) FROM attempt") == 0


def test_a_link_for_a_new_password_does_not_go_round_it(
    database: Database, app_client: httpx.Client, recovery: list[str], monkeypatch: pytest.MonkeyPatch
):
    """The guard: `enter` in `passwords.choose`."""
    with database.writes() as session, monkeypatch.context() as patched:
        patched.setattr(resets.secrets, "token_urlsafe", lambda _bytes: "the-token")
        resets.send_link(session, EMAIL, secret=KEY)
    chosen = send(app_client, "/sv/reset-password/the-token", {"password": "sju lila hästar på väg till Umeå"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, CODE_PAGE)
    assert one(database, "SELECT count(*) FROM login_session") == 0
    assert send(app_client, CODE_PAGE, {"one_time_code": code_of(database)}).headers["location"] == "/sv/desk"


def test_an_invitation_does_not_go_round_it(database: Database, app_client: httpx.Client, recovery: list[str]):
    """The guard: `_is_half_way` in `invitation.accept`; the place waits until the code has been right."""
    person_for(database, "enterprise", email="chef@example.org")
    boss = str(one(database, "SELECT id FROM person WHERE email = 'chef@example.org'"))
    app_client.cookies.update(session_for(database, boss))
    send(app_client, "/sv/people", {"email": EMAIL, "role": "enterprise", "language": "sv"})
    kept = one(
        database, "SELECT CAST(\"values\" AS VARCHAR(2000)) FROM outbox_letter WHERE template LIKE '%invitation'"
    )
    page = "/sv/invitation/" + re.findall(r'"token": ?"([^"]+)"', str(kept))[0]
    app_client.cookies.clear()
    asked = send(app_client, page, {"password": PASSWORD})
    assert asked.headers["location"].startswith(f"{CODE_PAGE}?to=")
    assert one(database, "SELECT count(*) FROM membership") == 2
    back = send(app_client, CODE_PAGE, {"one_time_code": code_of(database), "to": page})
    assert back.headers["location"] == page
    assert send(app_client, page, {}).status_code == 303
    assert one(database, "SELECT count(*) FROM membership") == 3


def test_what_was_written_is_carried_over_both_steps(database: Database, app_client: httpx.Client, recovery: list[str]):
    token = token_in(app_client.get("/sv/sign-in").text)
    asked = app_client.post(
        "/sv/account",
        data={"_token": token, "digest": "weekly", "one_time_code": "123456"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert ("weekly" in asked.text, "123456" in asked.text) == (True, False)
    draft = {"draft.path": "/sv/account", "draft.field.digest": "weekly"}
    step = send(app_client, "/sv/sign-in", LOGIN | draft)
    assert (step.status_code, 'name="draft.field.digest" value="weekly"' in step.text) == (200, True)
    shown = send(app_client, CODE_PAGE, draft | {"one_time_code": code_of(database)})
    assert (shown.status_code, 'action="/sv/account"' in shown.text) == (200, True)
    sent = {"_token": token_in(shown.text), "digest": "weekly", "language": "sv"}
    assert app_client.post("/sv/account", data=sent, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    assert one(database, "SELECT digest FROM person") == "weekly"
