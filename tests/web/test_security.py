"""What somebody who means harm meets at the pages. Each test names its guard, and fails when that is taken away.

On one database: what is asked of the database itself is tested on both in tests/accounts.
"""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from app.accounts import attempts, passwords, resets, sessions
from app.core.clock import now
from app.core.db import Database
from app.main import create_app
from app.settings import Settings
from tests.client import client_of
from tests.keys import SECRET, key_for
from tests.people import PASSWORD, person_for, send, session_for, signed_in, token_in

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
KEY = SECRET.encode()
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
WRONG = {"email": "inkop@example.org", "password": "fel"}


def one(database: Database, question: str) -> object:
    """Return the one value that a question of the database finds."""
    with database.reads() as session:
        return session.execute(text(question)).scalar_one()


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Let a password be compared at once, and give the list of the hashes that it was compared with."""
    compared: list[str | None] = []

    def is_right(password: str, kept: str | None) -> bool:
        compared.append(kept)
        return kept is not None and password == PASSWORD

    monkeypatch.setattr(passwords, "is_right", is_right)
    monkeypatch.setattr(sessions, "is_right", is_right)
    return compared


def test_who_guesses_passwords_is_stopped_and_comes_back_later(
    database: Database, app_client: httpx.Client, cheap: list[str | None]
):
    """The guard: `counted` in `sign_in`."""
    person_for(database, "buyer", email="inkop@example.org")
    token = token_in(app_client.get("/sv/sign-in").text)
    answers = [
        app_client.post("/sv/sign-in", data={"_token": token, **WRONG}, headers=SAME_SITE) for _ in range(attempts.MOST)
    ]
    assert {answer.status_code for answer in answers} == {422}
    right = {"_token": token, "email": "inkop@example.org", "password": PASSWORD}
    stopped = app_client.post("/sv/sign-in", data=right, headers=SAME_SITE)
    assert (stopped.status_code, "För många försök" in stopped.text) == (429, True)
    assert 0 < int(stopped.headers["retry-after"]) <= 300
    assert len(cheap) == attempts.MOST
    with database.writes() as session:
        session.execute(text("UPDATE attempt SET at = :at"), {"at": now() - timedelta(minutes=6)})
    assert app_client.post("/sv/sign-in", data=right, headers=SAME_SITE).status_code == 303
    kept = one(database, "SELECT count(*) FROM attempt WHERE subject LIKE '%example%'")
    assert kept == 0


def test_asking_for_links_is_throttled_too(database: Database, app_client: httpx.Client):
    """The guards: `counted` in `passwords.ask`, `invitation.accept` and `people.invite`."""
    for _ in range(attempts.MOST):
        assert send(app_client, "/sv/reset-password", {"email": "a@example.org"}).status_code == 200
    stopped = send(app_client, "/sv/reset-password", {"email": "b@example.org"})
    assert (stopped.status_code, "retry-after" in stopped.headers) == (429, True)
    token = token_in(app_client.get("/sv/sign-in").text)
    guesses = [
        app_client.post(f"/sv/invitation/guess-{n}", data={"_token": token}, headers=SAME_SITE)
        for n in range(attempts.MOST + 1)
    ]
    assert [answer.status_code for answer in guesses[:-1]] == [404] * attempts.MOST
    # Who guesses is told nothing new: a link that does not work.
    assert guesses[-1].status_code in {404, 429}
    signed_in(app_client, database, "buyer")
    for n in range(attempts.MOST):
        send(app_client, "/sv/people", {"email": f"{n}@example.org", "role": "buyer", "language": "sv"})
    stopped = send(app_client, "/sv/people", {"email": "x@example.org", "role": "buyer", "language": "sv"})
    assert stopped.status_code == 429


FORGED = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {},
]


def test_another_site_cannot_send_our_forms(database: Database, app_client: httpx.Client):
    """The guard: `writing.refuse_other_sites`."""
    signed_in(app_client, database, "buyer")
    token = token_in(app_client.get("/sv/account").text)
    sent = {"_token": token, "language": "nb", "digest": "off"}
    for headers in FORGED:
        assert app_client.post("/sv/account", data=sent, headers=headers).status_code == 403, headers
    assert one(database, "SELECT language FROM person") == "sv"
    assert app_client.post("/sv/account", data=sent, headers={"Origin": "http://testserver"}).status_code == 303


def test_a_form_without_our_token_does_nothing_and_keeps_the_draft(database: Database, app_client: httpx.Client):
    """The guard: `writing._require_token`."""
    signed_in(app_client, database, "buyer")
    sent = {"language": "nb", "digest": "off", "current": "hemligt"}
    for token in ({}, {"_token": ""}, {"_token": "0" * 64}):
        answer = app_client.post("/sv/account", data=sent | token, headers=SAME_SITE)
        assert (answer.status_code, one(database, "SELECT language FROM person")) == (403, "sv")
        assert ('name="digest" value="off"' in answer.text, "hemligt" in answer.text) == (True, False)
    again = {"_token": token_in(answer.text), "language": "nb", "digest": "off"}
    assert app_client.post("/sv/account", data=again, headers=SAME_SITE).status_code == 303
    assert one(database, "SELECT language FROM person") == "nb"


def test_a_token_of_another_session_is_none_of_ours(database: Database, app_client: httpx.Client):
    """The guard: the form's token is tied to the session."""
    signed_in(app_client, database, "buyer", email="a@example.org")
    theirs = token_in(app_client.get("/sv/account").text)
    signed_in(app_client, database, "buyer", email="b@example.org")
    answer = app_client.post("/sv/account", data={"_token": theirs, "language": "nb"}, headers=SAME_SITE)
    assert (answer.status_code, one(database, "SELECT count(*) FROM person WHERE language = 'nb'")) == (403, 0)


def test_signing_in_makes_a_new_token_and_ends_the_old_session(
    database: Database, app_client: httpx.Client, cheap: list[str | None]
):
    """The guard against session fixation: `sessions.begin` makes the token, whatever the browser sent."""
    person = person_for(database, "buyer", email="inkop@example.org")
    planted = session_for(database, person.id)["samnod"]
    app_client.cookies.set("samnod", planted)
    page = app_client.get("/sv/account")
    fields = {"_token": token_in(page.text), "email": "inkop@example.org", "password": PASSWORD}
    app_client.post("/sv/sign-in", data=fields, headers=SAME_SITE)
    kept = [cookie.value for cookie in app_client.cookies.jar if cookie.name == "samnod" and cookie.value != planted]
    assert kept
    with database.reads() as session:
        assert sessions.signed_in(session, planted, secret=KEY) is None
        assert sessions.signed_in(session, str(kept[-1]), secret=KEY) is not None
    app_client.cookies.clear()
    app_client.cookies.set("samnod", "a-token-of-mine")
    fields["_token"] = token_in(app_client.get("/sv/sign-in").text)
    answer = app_client.post("/sv/sign-in", data=fields, headers=SAME_SITE)
    assert "a-token-of-mine" not in answer.headers["set-cookie"]


def _without_what_differs(page: str, email: str) -> str:
    return re.sub(r"[0-9a-f]{64}", "", page.replace(email, ""))


def test_signing_in_tells_nothing_of_who_is_known(
    database: Database, app_client: httpx.Client, cheap: list[str | None]
):
    """The guards: one message for both, and a hash that is compared for an address that nobody has."""
    person_for(database, "buyer", email="kand@example.org")
    answers = {}
    for email in ("kand@example.org", "okand@example.org"):
        answer = send(app_client, "/sv/sign-in", {"email": email, "password": "fel lösenord"})
        answers[email] = (answer.status_code, _without_what_differs(answer.text, email))
    assert len(set(answers.values())) == 1
    # Once each: `passwords.is_right` hashes for nobody too, as tests/accounts/test_attempts.py sees.
    assert [kept is None for kept in cheap] == [False, True]


def test_asking_for_a_new_password_tells_nothing_of_who_is_known(
    database: Database, app_client: httpx.Client, monkeypatch: pytest.MonkeyPatch
):
    """The guards: one answer, made before anybody is looked up (`BackgroundTasks` in `passwords.ask`)."""
    person_for(database, "buyer", email="kand@example.org")
    order: list[str] = []
    looked = resets.send_link
    monkeypatch.setattr(resets, "send_link", lambda *args, **told: (order.append("looked up"), looked(*args, **told)))
    from web.pages import passwords as page

    shown = page.show
    monkeypatch.setattr(page, "show", lambda *args, **told: (order.append("answered"), shown(*args, **told))[1])
    answers = {}
    for email in ("kand@example.org", "okand@example.org"):
        answer = send(app_client, "/sv/reset-password", {"email": email})
        answers[email] = (answer.status_code, _without_what_differs(answer.text, email))
    assert len(set(answers.values())) == 1
    # Each time the form, the answer, and only then the question whether there is anybody.
    assert order == ["answered", "answered", "looked up"] * 2
    assert one(database, "SELECT count(*) FROM outbox_letter") == 1


def test_inviting_tells_nothing_of_who_is_known(database: Database, app_client: httpx.Client):
    """The guard: `invitations.invite` never asks."""
    signed_in(app_client, database, "buyer", email="chef@example.org")
    person_for(database, "enterprise", email="kand@example.org")
    answers = set()
    for email in ("kand@example.org", "okand@example.org"):
        answer = send(app_client, "/sv/people", {"email": email, "role": "buyer", "language": "sv"})
        answers.add((answer.status_code, answer.headers["location"]))
    assert answers == {(303, "/sv/people?done=invited")}


def test_no_line_break_reaches_a_letters_head(database: Database, app_client: httpx.Client):
    """The guards: `LoginAddress`, and `Letter`'s own form of an address."""
    signed_in(app_client, database, "buyer")
    for email in ("a@example.org\r\nBcc: alla@example.org", "a@example.org\nX: y", "a@b.se, c@d.se"):
        answer = send(app_client, "/sv/people", {"email": email, "role": "buyer", "language": "sv"})
        assert answer.status_code == 422, email
        send(app_client, "/sv/reset-password", {"email": email})
    assert one(database, "SELECT count(*) FROM outbox_letter") == 0


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/sv/\r\nSet-Cookie: a=b",
    "javascript:alert(1)",
    "/\t/evil.example",
    "http:evil",
    "//[",
]


def test_nobody_is_sent_on_to_another_site(database: Database, app_client: httpx.Client, cheap: list[str | None]):
    """The guard: `sign_in.own_path`."""
    person_for(database, "buyer", email="inkop@example.org")
    for to in ELSEWHERE:
        answer = send(app_client, "/sv/sign-in", {"email": "inkop@example.org", "password": PASSWORD, "to": to})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sv/desk"), to
        assert "set-cookie: a=b" not in str(answer.headers).lower()
        assert app_client.get("/sv/sign-in", params={"to": to}).headers["location"] == "/sv/desk", to
        app_client.cookies.clear()


def test_other_organisations_people_and_keys_are_not_there(database: Database, app_client: httpx.Client):
    """The guards: `managing.require` and `managing._require_own_key`."""
    person_for(database, "enterprise", email="annan@example.org")
    key_for(database, "enterprise")
    key_id, place = one(database, "SELECT id FROM api_key"), one(database, "SELECT id FROM membership")
    signed_in(app_client, database, "buyer", email="jag@example.org")
    assert app_client.get("/sv/people?organization=org-enterprise").status_code == 404
    tries = [
        ("/sv/people/end", {"place": place}),
        ("/sv/people/resume", {"place": place}),
        ("/sv/people/end", {"place": place, "organization": "org-enterprise"}),
        ("/sv/people", {"email": "x@example.org", "role": "buyer", "organization": "org-enterprise"}),
        (f"/sv/keys/{key_id}/revoke", {}),
        (f"/sv/keys/{key_id}/rotate", {}),
        ("/sv/account/place", {"place": place}),
    ]
    for path, fields in tries:
        assert send(app_client, "/sv/account", fields, to=path).status_code == 404, path
    assert one(database, "SELECT count(*) FROM membership WHERE ended_at IS NULL") == 2
    assert one(database, "SELECT count(*) FROM api_key WHERE revoked_at IS NULL") == 1
    assert one(database, "SELECT count(*) FROM invitation") == 0


def test_who_does_not_look_after_people_sees_none(database: Database, app_client: httpx.Client):
    """The guard: `by.manages` in `managing.require`."""
    person = person_for(database, "buyer", email="jag@example.org", manages=False)
    app_client.cookies.update(session_for(database, person.id))
    for page in ("/sv/people", "/sv/keys"):
        assert app_client.get(page).status_code == 403, page


ENDINGS = [
    ("seen_at", now() - sessions.IDLE - timedelta(minutes=1)),
    ("expires_at", now() - timedelta(seconds=1)),
    ("ended_at", now() - timedelta(seconds=1)),
]


@pytest.mark.parametrize(("column", "at"), ENDINGS)
def test_a_session_ends_by_idleness_by_age_and_at_will(
    database: Database, app_client: httpx.Client, column: str, at: object
):
    """The guard: `sessions._is_alive`."""
    signed_in(app_client, database, "buyer")
    with database.writes() as session:
        session.execute(text(f"UPDATE login_session SET {column} = :at"), {"at": at})
    assert app_client.get("/sv/account").headers["location"] == "/sv/sign-in?to=%2Fsv%2Faccount"


def test_who_is_disabled_is_out_at_once(database: Database, app_client: httpx.Client):
    """The guard: `disabled_at` in `sessions.signed_in`."""
    person_id = signed_in(app_client, database, "buyer")
    with database.writes() as session:
        session.execute(text("UPDATE person SET disabled_at = created_at WHERE id = :id"), {"id": person_id})
    assert app_client.get("/sv/account").status_code == 303


def test_a_draft_outlives_the_session_without_its_passwords(
    database: Database, app_client: httpx.Client, cheap: list[str | None]
):
    """The guard: `sign_in.ask` keeps what was written, and leaves `SECRETS` out."""
    signed_in(app_client, database, "buyer", email="inkop@example.org")
    token = token_in(app_client.get("/sv/account").text)
    with database.writes() as session:
        session.execute(text("UPDATE login_session SET ended_at = created_at"))
    sent = {"_token": token, "digest": "weekly", "language": "sv", "password": "hemligheten"}
    asked = app_client.post("/sv/account", data=sent, headers=SAME_SITE)
    assert (asked.status_code, "hemligheten" in asked.text) == (401, False)
    fields = dict(re.findall(r'name="(draft[^"]*|_token)" value="([^"]*)"', asked.text))
    login = {**fields, "email": "inkop@example.org", "password": PASSWORD}
    onwards = app_client.post("/sv/sign-in", data=login, headers=SAME_SITE)
    assert onwards.status_code == 200
    kept = {
        "_token": token_in(onwards.text),
        **dict(re.findall(r'name="(digest|language)" value="([^"]*)"', onwards.text)),
    }
    assert app_client.post("/sv/account", data=kept, headers=SAME_SITE).status_code == 303
    assert one(database, "SELECT digest FROM person") == "weekly"


def test_over_https_the_cookie_is_secure_and_pages_are_kept_by_nobody(database: Database, settings: Settings):
    """The guards: `Cookies(secure=…)`, and `Cache-Control` in web/security.py."""
    person = person_for(database, "buyer", email="inkop@example.org")
    public = settings.model_copy(update={"base_url": "https://samnod.example"})
    with client_of(create_app(public)) as client:
        client.base_url = "https://samnod.example"
        answer = send(client, "/sv/sign-in", {"email": "inkop@example.org", "password": PASSWORD})
        cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-samnod="))
        assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert "max-age" not in cookie.lower()
        page = client.get("/sv/account")
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
        assert "max-age=31536000" in page.headers["strict-transport-security"]
        client.cookies.clear()
        client.cookies.set("samnod", session_for(database, person.id)["samnod"])
        # A plain cookie, which another host could have set, is not looked at.
        assert client.get("/sv/account").status_code == 303


def test_cookies_open_nothing_in_the_api(database: Database, app_client: httpx.Client):
    """The guard: `permissions.caller_of` reads the Authorization header alone."""
    signed_in(app_client, database, "buyer")
    answer = app_client.post("/api/v1/opportunities", json={}, headers=SAME_SITE)
    assert answer.status_code == 401
