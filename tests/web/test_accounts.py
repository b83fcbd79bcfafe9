"""The pages about people: a new password, an invitation, one's account, the people and the keys of an organisation."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from app.accounts import service as keys
from app.accounts import sessions
from app.accounts.vocabulary import Scope
from app.core.db import Database
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from tests.keys import SECRET
from tests.people import PASSWORD, person_for, send, session_for, signed_in
from web.pages.keys import SCOPES

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
NEW = "sju lila hästar på väg till Umeå"
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


def organization(**told: object) -> OrganizationCreate:
    """Return a made-up municipality, which buys."""
    record = {"country": "SE", "kind": "municipality", "visibility": "private", "source": "exempel", **told}
    return OrganizationCreate.model_validate(record)


def one(database: Database, question: str) -> object:
    """Return the one value that a question of the database finds."""
    with database.reads() as session:
        return session.execute(text(question)).scalar_one()


def token_of_letter(database: Database, template: str) -> str:
    """Return the token of the link in the newest letter of a kind."""
    values = one(
        database,
        f"SELECT CAST(\"values\" AS VARCHAR(2000)) FROM outbox_letter WHERE template = 'accounts/{template}'",
    )
    found = re.search(r'"token": ?"([^"]+)"', str(values))
    assert found
    return found[1]


def test_an_invitation_makes_an_account_when_the_form_is_sent(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer", email="chef@example.org")
    assert "chef@example.org" in app_client.get("/sv/people").text
    sent = send(app_client, "/sv/people", {"email": "Ny@Example.org", "role": "buyer", "language": "nb"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/sv/people?done=invited")
    token = token_of_letter(database, "invitation")
    assert token not in app_client.get("/sv/people").text
    app_client.cookies.clear()
    page = f"/nb/invitation/{token}"
    for _ in range(2):
        # A mail scanner that follows the link uses nothing up.
        assert app_client.get(page).status_code == 200
    weak = send(app_client, page, {"password": "123456789012345"})
    assert (weak.status_code, "Passordet er for lett" in weak.text) == (422, True)
    taken = send(app_client, page, {"password": NEW})
    assert (taken.status_code, taken.headers["location"]) == (303, "/nb/desk")
    assert app_client.get("/nb/account").status_code == 200
    assert app_client.get(page).status_code == 404


def test_somebody_with_an_account_says_its_password(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer", email="chef@example.org")
    person_for(database, "enterprise", email="vi@example.org")
    send(app_client, "/sv/people", {"email": "vi@example.org", "role": "buyer", "language": "sv"})
    page = f"/sv/invitation/{token_of_letter(database, 'invitation')}"
    app_client.cookies.clear()
    assert send(app_client, page, {"password": NEW}).status_code == 422
    assert send(app_client, page, {"password": PASSWORD}).status_code == 303
    account = app_client.get("/sv/account").text
    assert account.count("<button") > 3
    other = one(database, "SELECT id FROM membership WHERE role = 'buyer' AND NOT manages")
    moved = send(app_client, "/sv/account", {"place": other}, to="/sv/account/place")
    assert moved.status_code == 303
    assert app_client.get("/sv/sign-in").headers["location"] == "/sv/desk"


def test_a_new_password_by_a_link_ends_every_session(database: Database, app_client: httpx.Client):
    person = person_for(database, "buyer", email="inkop@example.org")
    elsewhere = session_for(database, person.id)
    asked = send(app_client, "/sv/reset-password", {"email": "inkop@example.org"})
    assert asked.status_code == 200
    page = f"/sv/reset-password/{token_of_letter(database, 'password_reset')}"
    assert app_client.get(page).status_code == 200
    assert send(app_client, page, {"password": "kort"}).status_code == 422
    assert send(app_client, page, {"password": NEW}).status_code == 303
    assert app_client.get("/sv/account").status_code == 200
    with database.reads() as session:
        assert sessions.signed_in(session, elsewhere["samnod"], secret=SECRET.encode()) is None
        assert sessions.recognised(session, "inkop@example.org", NEW) == person.id
    assert app_client.get(page).status_code == 404
    assert one(database, "SELECT count(*) FROM outbox_letter WHERE template = 'accounts/password_changed'") == 1


def test_a_link_for_a_new_password_lasts_an_hour(database: Database, app_client: httpx.Client):
    person_for(database, "buyer", email="inkop@example.org")
    send(app_client, "/sv/reset-password", {"email": "inkop@example.org"})
    token = token_of_letter(database, "password_reset")
    with database.writes() as session:
        session.execute(text("UPDATE password_reset SET expires_at = created_at"))
    assert app_client.get(f"/sv/reset-password/{token}").status_code == 404


def test_the_account_is_kept_by_its_person(database: Database, app_client: httpx.Client):
    person_id = signed_in(app_client, database, "buyer", email="inkop@example.org")
    elsewhere = session_for(database, person_id)
    changed = send(app_client, "/sv/account", {"language": "nb", "digest": "weekly"})
    assert changed.headers["location"] == "/sv/account?done=settings"
    assert one(database, "SELECT language || digest FROM person") == "nbweekly"
    wrong = send(app_client, "/sv/account", {"current": "fel", "password": NEW}, to="/sv/account/password")
    assert (wrong.status_code, "Detta är inte ditt lösenord." in wrong.text) == (422, True)
    right = send(app_client, "/sv/account", {"current": PASSWORD, "password": NEW}, to="/sv/account/password")
    assert right.status_code == 303
    with database.reads() as session:
        assert sessions.signed_in(session, elsewhere["samnod"], secret=SECRET.encode()) is None
    assert app_client.get("/sv/account").status_code == 200
    again = session_for(database, person_id)
    assert send(app_client, "/sv/account", {"session": "all"}, to="/sv/account/sessions").status_code == 303
    with database.reads() as session:
        assert sessions.signed_in(session, again["samnod"], secret=SECRET.encode()) is None


def test_what_is_kept_is_handed_out_and_erased(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer", email="inkop@example.org")
    kept = app_client.get("/sv/account/export")
    assert kept.headers["content-disposition"].startswith("attachment")
    assert kept.json()["person"]["email"] == "inkop@example.org"
    assert "hash" not in kept.text
    wrong = send(app_client, "/sv/account/erase", {"current": "fel"})
    assert (wrong.status_code, one(database, "SELECT count(*) FROM person")) == (422, 1)
    gone = send(app_client, "/sv/account/erase", {"current": PASSWORD})
    assert gone.headers["location"] == "/sv/account/erased"
    assert app_client.get("/sv/account/erased").status_code == 200
    assert app_client.get("/sv/account").status_code == 303
    for table in ("person", "membership", "login_session"):
        assert one(database, f"SELECT count(*) FROM {table}") == 0


def test_a_place_ends_and_comes_back_and_the_last_stays(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer", email="chef@example.org")
    person_for(database, "buyer", email="b@example.org", manages=False)
    place = one(database, "SELECT id FROM membership WHERE NOT manages")
    ended = send(app_client, "/sv/people", {"place": place}, to="/sv/people/end")
    assert ended.headers["location"] == f"/sv/people?ended={place}"
    assert "b@example.org" not in app_client.get("/sv/people").text
    assert "Ångra" in app_client.get(ended.headers["location"]).text
    assert send(app_client, "/sv/people", {"place": place}, to="/sv/people/resume").status_code == 303
    assert "b@example.org" in app_client.get("/sv/people").text
    own = one(database, "SELECT id FROM membership WHERE manages")
    kept = send(app_client, "/sv/people", {"place": own}, to="/sv/people/end")
    assert (kept.status_code, "sista som sköter" in kept.text) == (409, True)


@pytest.mark.parametrize(
    ("role", "sees_far"), [("coordinator", False), ("admin", True)], ids=["coordinator", "administrator"]
)
def test_who_looks_after_a_region_invites_the_first_of_its_organisations(
    database: Database, app_client: httpx.Client, role: str, sees_far: bool
):
    with database.writes() as session:
        near, far = (
            organizations.register(session, organization(name=name, area_code=area), home="here").id
            for name, area in (("Exempelstads kommun", "SE-2281"), ("Fjärrstads kommun", "SE-0180"))
        )
    signed_in(app_client, database, role)
    assert "/sv/coordination/organizations" in app_client.get("/sv/people").text
    found = app_client.get("/sv/coordination/organizations").text
    page = f"/sv/people?organization={near}"
    assert (f'href="{page}"' in found, "Fjärrstads" in found) == (True, sees_far)
    assert "Ingen sådan organisation" in app_client.get("/sv/coordination/organizations?words=qqqq").text
    # What the first people of a municipality most likely are is chosen beforehand.
    assert '<option value="buyer" selected>' in app_client.get(page).text
    told = {"organization": near, "email": "ny@example.org", "role": "buyer", "language": "sv", "manages": "1"}
    sent = send(app_client, page, told, to="/sv/people")
    assert (sent.status_code, sent.headers["location"]) == (303, f"{page}&done=invited")
    there = one(database, "SELECT organization_id || role FROM invitation")
    assert there == f"{near}buyer"
    assert "Exempelstads kommun" in str(one(database, 'SELECT CAST("values" AS VARCHAR(2000)) FROM outbox_letter'))
    assert app_client.get(f"/sv/people?organization={far}").status_code == (200 if sees_far else 404)


def test_keys_are_made_shown_once_replaced_and_revoked(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer")
    page = send(app_client, "/sv/keys", {"name": "Ekonomisystemet", "days": "365", "scopes": ["matches:read"]})
    made = re.search(r"smn_[0-9A-Za-z]{43}", page.text)
    assert made
    key = {"Authorization": f"Bearer {made[0]}"}
    assert app_client.get("/api/v1/organizations", headers=key).status_code == 200
    shown = app_client.get("/sv/keys").text
    assert ("Ekonomisystemet" in shown, made[0] in shown) == (True, False)
    key_id = one(database, "SELECT id FROM api_key")
    replaced = send(app_client, "/sv/keys", {}, to=f"/sv/keys/{key_id}/rotate")
    assert replaced.status_code == 200
    with database.reads() as session:
        old, new = sorted(keys.list_keys(session), key=lambda found: found.id != key_id)
    assert old.expires_at - old.created_at <= timedelta(days=7, minutes=1)
    assert (new.scopes, new.role) == (old.scopes, old.role)
    assert send(app_client, "/sv/keys", {}, to=f"/sv/keys/{key_id}/revoke").status_code == 303
    assert app_client.get("/api/v1/organizations", headers=key).status_code == 401


@pytest.mark.parametrize(
    "fields", [{"name": "x", "days": "365"}, {"name": "Bra namn", "days": "9999"}, {"name": "Bra", "scopes": ["allt"]}]
)
def test_a_key_that_cannot_be_made_keeps_what_was_written(
    database: Database, app_client: httpx.Client, fields: dict[str, object]
):
    signed_in(app_client, database, "buyer")
    page = send(app_client, "/sv/keys", fields)
    assert (page.status_code, "<title>Fel:" in page.text) == (422, True)
    assert one(database, "SELECT count(*) FROM api_key") == 0


def test_every_scope_has_a_name_that_people_read(database: Database):
    assert set(SCOPES) == set(Scope)


@pytest.mark.parametrize("language", ["sv", "nb", "en"])
def test_every_page_is_drawn_in_every_language(database: Database, app_client: httpx.Client, language: str):
    for page in ("sign-in", "reset-password", "account/erased"):
        assert app_client.get(f"/{language}/{page}").status_code == 200
    signed_in(app_client, database, "coordinator")
    for page in ("account", "account/erase", "people", "keys"):
        answer = app_client.get(f"/{language}/{page}")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), page
