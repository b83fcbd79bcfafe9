"""The directory's pages: found by role and place, kept by the organisation's people and by the coordinator."""

import re

import httpx
import pytest

from app.core.db import Database
from app.demo.contacts import contact_id
from app.demo.organizations import organization_id
from tests.people import send, signed_in

TOWN = organization_id("buyer")
CONTACT = {"function": "Växeln", "phone": "0600-12 34 00", "language": "sv"}


@pytest.fixture
def database_url(demo_url: str) -> str:
    """Give the URL of a database of the test's own that holds the demo."""
    return demo_url


def test_the_directory_is_found_by_role_and_place_and_taken_out(app_client: httpx.Client):
    page = app_client.get("/sv/contacts?role=buyer&place=Sundsvall").text
    assert page.index("Upphandlingsenheten") < page.index("Sundsvalls kommun")
    assert "Företagsrådgivningen" not in page
    assert "Inte bekräftad sedan" in page
    assert "Samordnare" in app_client.get("/sv/contacts?words=samordnare&view=cards").text
    first = app_client.get("/en/contacts?limit=1").text
    following = re.search(r'rel="next" href="([^"]+after[^"]+)"', first)
    assert following
    assert app_client.get(following[1].replace("&amp;", "&")).status_code == 200
    # Whom the reports name has no contact yet, and a page of its own all the same.
    empty = app_client.get("/nb/contacts?words=NTNU").text
    assert "Ingen har oppgitt noen kontakt her ennå" in empty
    assert "NTNU" in app_client.get(f"/nb/organizations/{organization_id('A084')}").text
    nowhere = app_client.get("/sv/contacts?place=Ingenstans&role=x")
    assert nowhere.status_code == 422
    assert "Vi känner inte till någon kommun" in nowhere.text
    assert app_client.get("/sv/contacts?page=99999999").status_code == 200
    table = app_client.get("/sv/contacts.csv?role=buyer&place=Sundsvall")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.text.splitlines()[0].startswith("\ufeffOrganisation;Funktion;Svarar för")
    assert "Upphandlingsenheten" in table.text
    assert app_client.get(f"/sv/organizations/{organization_id('integrator')}").status_code == 404


def test_an_organisation_keeps_its_own_contacts(app_client: httpx.Client, database: Database):
    signed_in(app_client, database, "buyer", TOWN)
    page = f"/sv/organizations/{TOWN}/contacts"
    personal = send(app_client, page, {**CONTACT, "email": "anna.andersson@example.org", "places": "Ingenstans, Herøy"})
    assert personal.status_code == 422
    for told in ("Vi känner inte till någon kommun", "Det finns flera platser", 'value="Växeln"'):
        assert told in personal.text
    named = send(app_client, page, {**CONTACT, "email": "anna.andersson@example.org"})
    assert "Adressen verkar vara en persons." in named.text
    silent = send(app_client, page, {**CONTACT, "phone": ""})
    assert "det räcker med en" in silent.text
    assert 'href="#email"' in silent.text
    saved = send(
        app_client, page, {**CONTACT, "places": "Sundsvall, Timrå", "roles": ["buyer"], "website": "x.example"}
    )
    assert saved.status_code == 303, saved.text
    shown = app_client.get(saved.headers["location"]).text
    assert "Kontakten är sparad." in shown
    assert "https://x.example/" in shown
    one = f"/sv/contacts/{contact_id('asf-samordnare')}"
    assert "Inte bekräftad sedan" in app_client.get(f"/sv/organizations/{TOWN}").text
    assert send(app_client, one, {}, to=f"{one}/confirm").status_code == 303
    assert "Inte bekräftad sedan" not in app_client.get(f"/sv/organizations/{TOWN}").text
    # Somebody else has it open since before that.
    late = send(app_client, one, {**CONTACT, "rev": "1"})
    assert late.status_code == 412
    assert "Samordnare för arbetsintegrerande sociala företag" in late.text
    assert 'name="rev" value="2"' in late.text
    assert send(app_client, one, {**CONTACT, "rev": "2"}).status_code == 303
    assert send(app_client, one, {}, to=f"{one}/remove").status_code == 303
    assert app_client.get(one).status_code == 404
    elsewhere = organization_id("support_provider")
    assert app_client.get(f"/sv/organizations/{elsewhere}/contacts").status_code == 403


def test_the_coordinator_confirms_what_has_waited_too_long(app_client: httpx.Client, database: Database):
    signed_in(app_client, database, "coordinator", organization_id("coordinator"))
    waiting = app_client.get("/sv/coordination/contacts").text
    assert "1 kontakt har inte bekräftats i tid." in waiting
    late = contact_id("asf-samordnare")
    confirm = f"/sv/contacts/{late}/confirm"
    silent = send(app_client, "/sv/coordination/contacts", {"from": "coordination"}, to=confirm)
    assert silent.status_code == 400
    assert "Skriv hur du vet det" in silent.text
    done = send(app_client, "/sv/coordination/contacts", {"from": "coordination", "reason": "Ringde."}, to=confirm)
    assert done.headers["location"] == "/sv/coordination/contacts?done=confirmed"
    assert "Alla kontakter i katalogen har bekräftats i tid." in app_client.get("/sv/coordination/contacts").text
