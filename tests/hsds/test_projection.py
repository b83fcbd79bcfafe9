"""Support offers as services: who is shown, what is told of them, and which of them a reader asks for."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import col

from app.contacts import service as contacts
from app.contacts.schemas import ContactCreate
from app.core.clock import now, today
from app.core.db import Database
from app.core.limits import ADDRESS
from app.journal import copies
from app.journal.schemas import NodeRead
from app.main import create_app
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.settings import Settings
from app.support_offers import service as support_offers
from app.support_offers.tables import SupportOffer
from app.support_offers.vocabulary import Status
from tests.client import client_of
from tests.engines import mostly_sqlite
from tests.factories import support_offer

ORGANIZATION = {
    "name": "Exempelkommunen",
    "organisation_number": "5590000005",
    "country": "SE",
    "kind": "municipality",
    "area_code": "SE-2380",
    "source": "exempel",
    "contact_function": "Näringslivskontoret",
    "contact_email": "naringsliv@example.org",
    "website": "https://example.org/",
}
Offers = Callable[..., str]


@pytest.fixture
def offer(database: Database) -> Offers:
    """Give a function that writes an offer, published unless it says otherwise, and returns its id."""

    def write(status: Status = Status.PUBLISHED, **told: Any) -> str:
        with database.writes() as session:
            return support_offers.register(session, support_offer(**told), home="here", status=status).id

    return write


def found(client: httpx.Client, path: str = "/hsds/services", **asked: Any) -> list[str]:
    """Return the ids of a list's rows."""
    answer = client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.json()["total_items"] == answer.json()["size"]
    return [one["id"] for one in answer.json()["contents"]]


def term(client: httpx.Client, taxonomy: str, code: str) -> str:
    """Return the id of a term."""
    terms = client.get("/hsds/taxonomy_terms", params={"per_page": 100}).json()["contents"]
    return next(one["id"] for one in terms if (one["taxonomy"], one["code"]) == (taxonomy, code))


def test_only_what_is_published_is_listed_and_what_has_been_tells_what_became_of_it(
    app_client: httpx.Client, database: Database, offer: Offers
):
    yesterday = today() - timedelta(days=1)
    shown = offer()
    left = {
        offer(Status.SUSPENDED, provider_name="Den vilande"): "inactive",
        offer(ends_on=yesterday): "inactive",
        offer(Status.ARCHIVED): "defunct",
    }
    hidden = [offer(provider_name="Den dolda"), offer(Status.DRAFT), offer(Status.IN_REVIEW, provider_name="Den nya")]
    with database.writes() as session:
        session.execute(update(SupportOffer).where(col(SupportOffer.id) == hidden[0]).values(hidden_at=now()))
    assert found(app_client) == [shown]
    assert {one: app_client.get(f"/hsds/services/{one}").json()["status"] for one in left} == left
    assert app_client.get(f"/hsds/services/{shown}").json()["status"] == "active"
    assert {app_client.get(f"/hsds/services/{one}").status_code for one in hidden} == {404}
    # Whoever gives nothing now is not listed, but is found by what is still read of it; of the hidden there is nothing.
    assert len(found(app_client, "/hsds/organizations")) == 1
    resting = app_client.get(f"/hsds/services/{next(iter(left))}").json()["organization_id"]
    told = app_client.get(f"/hsds/organizations/{resting}").json()
    assert (told["name"], told["services"]) == ("Den vilande", [])
    for name in ("Den dolda", "Den nya"):
        assert name not in app_client.get("/hsds/organizations", params={"search": name}).text


def test_an_offer_of_another_node_is_told_of_there(app_client: httpx.Client, database: Database, offer: Offers):
    own = offer()
    with database.writes() as session:
        theirs = support_offer(provider_name="Den i norr")
        copy = support_offers.register(session, theirs, home="norr", status=Status.PUBLISHED).id
    assert set(found(app_client)) == {own, copy}
    with database.writes() as session:
        copies.know(session, NodeRead(id="norr", name="Norr", url="https://norr.example"))
        # As with every page that is read: what was counted stands until something is written.
        support_offers.register(session, support_offer(), home="here", status=Status.DRAFT)
    assert found(app_client) == [own]
    assert found(app_client, full="true") == [own]
    assert app_client.get(f"/hsds/services/{copy}").status_code == 404
    assert "Den i norr" not in app_client.get("/hsds/organizations").text
    assert app_client.get(f"/api/v1/support-offers/{copy}").json()["home"] == "norr"


def test_everything_an_offer_says_has_its_place(app_client: httpx.Client, database: Database, offer: Offers):
    with database.writes() as session:
        organization = organizations.register(session, OrganizationCreate.model_validate(ORGANIZATION), home="here").id
        told = {"organization_id": organization, "function": "Företagslotsen", "phone": "063-14 30 00"}
        contact = contacts.register(session, ContactCreate.model_validate(told), home="here").id
    offer_id = offer(
        provider_id=organization,
        provider_name=None,
        description="Tio timmar.",
        eligibility="Sociala företag",
        how_to_apply="Skriv till oss.",
        website="https://example.org/stod",
        contact_function="Rådgivningen",
        contact_email="rad@example.org",
        cost="paid",
        price={"amount": "1500.50", "currency": "SEK"},
        amount="5 timmar om året",
        funding_source="Regionen",
        de_minimis=True,
        capacity="full",
        waiting_days=14,
        deadline_on="2190-05-17",
        target_groups=["far_from_labour_market"],
        structure_type="business_development",
        source_year=2021,
    )
    service = app_client.get(f"/hsds/services/{offer_id}", headers={"accept-language": "en"}).json()
    expected = {
        "name": "Exempelrådgivning",
        "description": "Råd till den som vill starta.\n\nTio timmar.",
        "url": "https://example.org/stod",
        "email": "rad@example.org",
        "application_process": "Skriv till oss. Last day to apply: May 17, 2190.",
        "fees_description": "1500.50 SEK without VAT. To an enterprise it counts as de minimis aid.",
        "eligibility_description": "Sociala företag",
        "alert": "There is no room for now. The wait is 14 days.",
    }
    assert {name: service[name] for name in expected} == expected
    assert [one["name"] for one in service["service_areas"]] == ["Norrbotten County"]
    assert [(one["code"], one["name"]) for one in service["languages"]] == [("sv", "Swedish")]
    assert [one["source"] for one in service["funding"]] == ["Regionen"]
    (cost,) = service["cost_options"]
    assert (cost["amount"], cost["currency"], cost["amount_description"]) == (1500.5, "SEK", "5 timmar om året")
    assert [(one["title"], one["email"]) for one in service["contacts"]] == [("Rådgivningen", "rad@example.org")]
    said = {(one["link_type"], one.get("value") or one["taxonomy_term"]["name"]) for one in service["attributes"]}
    assert said >= {("need_category", "Advice"), ("licence", "CC-BY-4.0"), ("source", "exempel (2021)")}
    assert "assured_date" not in service
    given = service["organization"]
    assert given["id"] == organization
    assert [(one["title"], one.get("phones", [{}])[0].get("number")) for one in given["contacts"]] == [
        ("Näringslivskontoret", None),
        ("Företagslotsen", "063-14 30 00"),
    ]
    assert given["contacts"][1]["id"] == contact
    (address,) = given["locations"][0]["addresses"]
    assert (address["city"], address["state_province"], address["country"]) == ("Östersund", "Jämtland County", "SE")
    (number,) = given["organization_identifiers"]
    assert (number["identifier_scheme"], number["identifier"]) == ("SE-ON", "5590000005")
    whole = app_client.get(f"/hsds/organizations/{organization}", headers={"accept-language": "en"}).json()
    assert [(one["id"], one["status"]) for one in whole.pop("services")] == [(offer_id, "active")]
    assert whole == given


@mostly_sqlite
def test_a_private_organisation_is_known_by_what_its_offers_call_it(
    app_client: httpx.Client, database: Database, offer: Offers
):
    with database.writes() as session:
        organization = organizations.register(session, OrganizationCreate.model_validate(ORGANIZATION), home="here").id
    offer_id = offer(provider_id=organization, provider_name=None)
    with database.writes() as session:
        private = OrganizationCreate.model_validate({**ORGANIZATION, "visibility": "private"})
        organizations.register(session, private, home="here", record_id=organization)
    given = app_client.get(f"/hsds/services/{offer_id}").json()["organization"]
    assert (given["id"], given["name"], given["contacts"]) == (organization, "Exempelkommunen", [])
    assert "naringsliv@example.org" not in app_client.get(f"/hsds/organizations/{organization}").text


def test_the_filters_of_the_standard(app_client: httpx.Client, database: Database, offer: Offers):
    advice = [offer() for _ in range(3)]
    training = offer(needs=["training", "advice"], offer_type="training", provider_name="Kursgivarna")
    unsaid = offer(needs=[], name="Lokaler", offer_type="premises", provider_name="Husägarna")
    need = {code: term(app_client, "need_category", code) for code in ("advice", "training", "board")}
    taxonomies = {one["uri"]: one["id"] for one in app_client.get("/hsds/taxonomies").json()["contents"]}
    needs = taxonomies["urn:samnod:codes:need_category"]
    assert found(app_client) == sorted([*advice, training, unsaid])
    assert found(app_client, taxonomy_term_id=need["advice"]) == sorted([*advice, training])
    assert found(app_client, taxonomy_term_id=need["training"]) == [training]
    # Two of unequal size, and of two taxonomies: either will do.
    kinds = [need["training"], term(app_client, "offer_type", "premises")]
    assert found(app_client, taxonomy_term_id=kinds) == sorted([training, unsaid])
    assert found(app_client, taxonomy_id=needs) == sorted([*advice, training])
    assert found(app_client, taxonomy_term_id=kinds, taxonomy_id=needs) == [training]
    assert found(app_client, taxonomy_id=taxonomies["urn:samnod:codes:offer_type"]) == found(app_client)
    assert found(app_client, taxonomy_id=taxonomies["urn:samnod:codes:support_structure_type"]) == []
    assert found(app_client, search="lokal") == [unsaid]
    # What nobody has finds nothing, instead of everything.
    for name in ("taxonomy_term_id", "taxonomy_id", "organization_id"):
        assert found(app_client, **{name: "00000000-0000-4000-8000-000000000000"}) == []
    given = {one["name"]: one["id"] for one in app_client.get("/hsds/organizations").json()["contents"]}
    assert set(given) == {"Exempelrådgivarna", "Kursgivarna", "Husägarna"}
    assert found(app_client, organization_id=given["Exempelrådgivarna"]) == sorted(advice)
    assert found(app_client, organization_id=given["Kursgivarna"].upper()) == [training]
    assert found(app_client, "/hsds/organizations", search="kurs") == [given["Kursgivarna"]]
    assert found(app_client, "/hsds/organizations", taxonomy_term_id=need["training"]) == [given["Kursgivarna"]]
    assert given["Husägarna"] not in found(app_client, "/hsds/organizations", taxonomy_id=needs)
    of_needs = found(app_client, "/hsds/taxonomy_terms", taxonomy_id=needs, per_page=100)
    assert set(need.values()) <= set(of_needs)
    assert found(app_client, "/hsds/taxonomy_terms", taxonomy_id=needs, search="advice") == [need["advice"]]
    with database.writes() as session:
        old = now() - timedelta(days=3)
        session.execute(update(SupportOffer).where(col(SupportOffer.id) != training).values(updated_at=old))
    assert found(app_client, modified_after=(old + timedelta(hours=1)).isoformat()) == [training]
    assert found(app_client, modified_after=old.strftime("%Y-%m-%dT%H:%M:%S.000Z")) == found(app_client)


def test_a_page_neither_repeats_nor_loses_what_stood_there(app_client: httpx.Client, database: Database, offer: Offers):
    before = {offer(name=f"Nummer {number}") for number in range(7)}

    def page(number: int) -> list[str]:
        answer = app_client.get("/hsds/services", params={"page": number, "per_page": 3}).json()
        return [one["id"] for one in answer["contents"]]

    first = page(1)
    with database.writes() as session:
        # First in every other order.
        changed = update(SupportOffer).where(col(SupportOffer.id).in_(first)).values(name="Ö", name_sort=" ")
        session.execute(changed.values(updated_at=now() + timedelta(days=1)))
    after = [one for number in (2, 3) for one in page(number)]
    assert sorted(before) == [*first, *after]
    # What enters the list may push a row over to the next page; nothing is lost.
    offer(name="Aaa")
    assert before <= {*first, *(one for number in (2, 3) for one in page(number))}
    beyond = app_client.get("/hsds/services", params={"page": 9, "per_page": 3}).json()
    assert (beyond["contents"], beyond["empty"], beyond["last_page"], beyond["total_pages"]) == ([], True, True, 3)


@mostly_sqlite
def test_it_is_read_over_http_like_all_that_is_open(app_client: httpx.Client, offer: Offers):
    offer_id = offer()
    address = f"/hsds/services/{offer_id}"
    meta = app_client.get("/hsds", follow_redirects=True).json()
    assert meta == {
        "version": "3.0",
        "profile": "https://docs.openreferral.org/en/3.0/",
        "openapi_url": "http://testserver/hsds/openapi.json",
    }
    answer = app_client.get(address)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-language"] == "sv"
    again = app_client.get(address, headers={"if-none-match": answer.headers["etag"], "origin": "https://example.org"})
    assert (again.status_code, again.content, again.headers["access-control-allow-origin"]) == (304, b"", "*")
    head = app_client.head(address)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])
    asked = {"origin": "https://example.org", "access-control-request-method": "GET"}
    before = app_client.options(address, headers={**asked, "access-control-request-headers": "if-none-match"})
    assert before.status_code == 204
    assert "If-None-Match" in before.headers["access-control-allow-headers"]
    refused = app_client.post("/hsds/services", json={})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    # A key is not asked for, and one that opens nothing hinders nobody.
    assert app_client.get(address, headers={"authorization": "Bearer smn_nobody"}).status_code == 200


WRONG = {
    "services?page=0": "page",
    "services?page=two": "page",
    "services?per_page=101": "per_page",
    "services?limit=5": "limit",
    "services?organization_id=1": "organization_id",
    "services?taxonomy_term_id=advice": "taxonomy_term_id",
    "services?modified_after=2026": "modified_after",
    "organizations?taxonomy_id=x": "taxonomy_id",
    "taxonomy_terms?taxonomy_id=x": "taxonomy_id",
}
ABSENT = ("services/none", "organizations/none", "taxonomies/none", "taxonomy_terms/none", "locations", "services/")


@mostly_sqlite
def test_what_is_wrong_is_told_as_everywhere(app_client: httpx.Client):
    for address in (*WRONG, *ABSENT, "services/%0A"):
        answer = app_client.get(f"/hsds/{address}")
        assert answer.headers["content-type"] == "application/problem+json", address
        assert answer.status_code == (400 if address in WRONG else 404), address
        assert [one["pointer"] for one in answer.json()["errors"]] == ([WRONG[address]] if address in WRONG else [])
    assert app_client.get("/hsds/services?page=0").headers["access-control-allow-origin"] == "*"


@mostly_sqlite
def test_who_asks_too_often_is_told_to_wait(settings: Settings):
    app = create_app(settings.model_copy(update={"rate_limits": True}))
    # A clock that stands still gives nothing back.
    app.state.limits.clock = lambda: 0.0
    for _ in range(ADDRESS.quota - 1):
        app.state.limits.spend(ADDRESS, "127.0.0.1")
    with client_of(app) as client:
        answers = [client.get("/hsds/taxonomies") for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 429]
    assert answers[0].headers["ratelimit"].startswith('"address";r=0')
    assert answers[1].headers["access-control-allow-origin"] == "*"
    assert "retry-after" in answers[1].headers


@mostly_sqlite
def test_its_document_tells_its_addresses(app_client: httpx.Client):
    document = app_client.get("/hsds/openapi.json").json()
    named = ("services", "organizations", "taxonomies", "taxonomy_terms")
    assert set(document["paths"]) == {"/", *(f"/{name}" for name in named), *(f"/{name}/{{id}}" for name in named)}
    assert document["servers"] == [{"url": "https://samnod.example/hsds", "description": "This node"}]
    for path, item in document["paths"].items():
        assert set(item) == {"get", "parameters"}
        assert {"200", "304", "400", "429"} <= set(item["get"]["responses"]), path
