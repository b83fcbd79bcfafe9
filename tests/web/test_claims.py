"""Claiming a record on its page, and deciding on the coordinator's."""

import httpx
import pytest
from sqlalchemy import text

from app.core.db import Database
from app.enterprises import service as enterprises
from tests.factories import enterprise
from tests.people import send, signed_in

FIELDS = {"email": "vi@example.org", "function": "Verksamhetschef", "evidence": "Organisationsnumret står på webben."}


@pytest.fixture
def enterprise_id(database: Database) -> str:
    """Give an enterprise in Sundsvall that nobody keeps."""
    with database.writes() as session:
        return enterprises.register(session, enterprise(), home="here").id


def test_a_record_is_claimed_and_verified(database: Database, app_client: httpx.Client, enterprise_id: str):
    page = f"/sv/enterprises/{enterprise_id}/claim"
    wrong = send(app_client, page, {**FIELDS, "email": "ingen", "evidence": ""})
    assert (wrong.status_code, "<title>Fel:" in wrong.text, "Verksamhetschef" in wrong.text) == (422, True, True)
    sent = send(app_client, page, FIELDS)
    assert sent.headers["location"] == f"{page}?sent=1"
    assert "Tack." in app_client.get(f"{page}?sent=1").text
    signed_in(app_client, database, "coordinator")
    waiting = app_client.get("/sv/coordination/claims").text
    assert ("vi@example.org" in waiting, "Exempel Städ" in waiting) == (True, True)
    with database.reads() as session:
        claim_id = session.execute(text("SELECT id FROM enterprise_claim")).scalar_one()
    where = f"/sv/coordination/claims/{claim_id}/verify"
    silent = send(app_client, "/sv/coordination/claims", {"reason": ""}, to=where)
    assert (silent.status_code, f'href="#reason-{claim_id}"' in silent.text) == (422, True)
    token = send(app_client, "/sv/coordination/claims", {"reason": "växeln svarade"}, to=where)
    assert token.headers["location"] == "/sv/coordination/claims?done=verified"
    again = app_client.get("/sv/coordination/claims")
    assert "vi@example.org" not in again.text
    with database.reads() as session:
        assert enterprises.find(session, enterprise_id).owner_id


def test_the_page_of_claims_is_for_coordinators(database: Database, app_client: httpx.Client, enterprise_id: str):
    """The guard: `CoordinatorCaller`, and the region in `claims.service`."""
    send(app_client, f"/sv/enterprises/{enterprise_id}/claim", FIELDS)
    assert app_client.get("/sv/coordination/claims").status_code == 303
    signed_in(app_client, database, "coordinator", region="SE-23")
    assert "vi@example.org" not in app_client.get("/sv/coordination/claims").text
    app_client.cookies.clear()
    signed_in(app_client, database, "buyer")
    assert app_client.get("/sv/coordination/claims").status_code == 403


@pytest.mark.parametrize("language", ["sv", "nb", "en"])
def test_the_form_is_drawn_in_every_language(app_client: httpx.Client, enterprise_id: str, language: str):
    assert "Exempel Städ" in app_client.get(f"/{language}/enterprises/{enterprise_id}/claim").text
    assert app_client.get(f"/{language}/enterprises/none/claim").status_code == 404
