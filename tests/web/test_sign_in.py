"""Signing in and out, and what a form of ours is asked before it is read."""

import httpx
import pytest

from app.core.db import Database
from tests.people import PASSWORD, person_for, send, token_in


def test_whoever_knows_the_password_gets_in_and_out(database: Database, app_client: httpx.Client):
    person_for(database, "buyer", email="inkop@example.org")
    answer = send(app_client, "/sv/sign-in", {"email": " Inkop@example.org", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sv/desk")
    assert app_client.cookies["samnod"]
    assert app_client.get("/sv/sign-in").headers["location"] == "/sv/desk"


@pytest.mark.parametrize(("email", "password"), [("inkop@example.org", "fel"), ("okand@example.org", PASSWORD)])
def test_a_wrong_password_and_an_unknown_address_are_told_alike(
    database: Database, app_client: httpx.Client, email: str, password: str
):
    person_for(database, "buyer", email="inkop@example.org")
    answer = send(app_client, "/sv/sign-in", {"email": email, "password": password})
    assert answer.status_code == 422
    assert "samnod" not in app_client.cookies
    assert "E-postadressen eller lösenordet är fel." in answer.text


def test_a_form_without_end_is_refused(app_client: httpx.Client):
    token = token_in(app_client.get("/sv/sign-in").text)
    huge = {"_token": token, "email": "x" * 7_000_000, "password": "y"}
    answer = app_client.post("/sv/sign-in", data=huge, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 413
