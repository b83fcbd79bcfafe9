"""Needs over HTTP: written, refused, led through their life and read, by whom it may concern."""

import httpx
import pytest

from app.accounts.vocabulary import Role
from app.core.db import Database
from tests.engines import mostly_sqlite
from tests.factories import need
from tests.keys import key_for

NEEDS = "/api/v1/needs"
SECRET_TEXTS = {"title": "Hjälp till 19811228-9874", "description": "Ring 070-123 45 67 så berättar vi."}


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_what_names_a_person_is_refused_by_the_field_it_stands_in(app_client: httpx.Client, database: Database):
    key = key_for(database, Role.ENTERPRISE, "org-owner") | {"Accept-Language": "sv"}
    for field, text in {**SECRET_TEXTS, "holder_name": "19811228-9874", "source_section": "19811228-9874"}.items():
        answer = app_client.post(NEEDS, json=need().model_dump(mode="json") | {field: text}, headers=key)
        assert answer.status_code == 422, field
        (fault,) = answer.json()["errors"]
        assert fault["pointer"] == f"/{field}"
        assert "Ta bort" in fault["detail"], fault
    made = app_client.post(NEEDS, json=need().model_dump(mode="json"), headers=key).json()
    where, note = f"{NEEDS}/{made['id']}", {"note": "Hon med 19811228-9874 hjälpte oss."}
    assert app_client.patch(where, json=SECRET_TEXTS, headers=key | {"If-Match": "*"}).status_code == 422
    assert app_client.post(f"{where}/publish", headers=key).status_code == 200
    assert app_client.post(f"{where}/met", json=note, headers=key).json()["errors"][0]["pointer"] == "/note"
    codes = {"categories": ["advice", "x"], "support_areas": ["advice"], "areas": ["SE-99"], "urgency": 4}
    refused = app_client.post(NEEDS, json=need().model_dump(mode="json") | codes, headers=key).json()["errors"]
    assert {fault["pointer"].split("/")[1] for fault in refused} == set(codes)


@mostly_sqlite
def test_a_need_from_draft_to_met(app_client: httpx.Client, database: Database):
    key = key_for(database, Role.BUYER, "org-owner")
    sent = need(sides=["public"], areas=["SE-2580"]).model_dump(mode="json")
    made = app_client.post(NEEDS, json=sent, headers=key)
    where = made.headers["location"]
    assert (made.status_code, made.headers["etag"], made.json()["status"]) == (201, '"1"', "draft")
    assert app_client.get(where).status_code == 404
    assert app_client.get(NEEDS).json()["total"] == 0
    assert app_client.get(f"{NEEDS}?status=draft", headers=key).json()["total"] == 1
    assert app_client.post(f"{where}/publish", headers=key).json()["status"] == "published"
    assert app_client.post(f"{where}/publish", headers=key).status_code == 409
    found = app_client.get(f"{NEEDS}?area=SE-25&category=advice&side=public").json()
    assert [one["id"] for one in found["items"]] == [made.json()["id"]]
    counted = app_client.get(f"{NEEDS}/facets?area=SE-25").json()
    assert {group["name"]: group["facets"][0]["code"] for group in counted["groups"] if group["facets"]} == {
        "category": "advice",
        "support_area": "coaching",
        "side": "public",
        "unstated": "urgency",
        "area": "SE-25",
    }
    change = {"urgency": 2}
    stale = app_client.patch(where, json=change, headers=key | {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["current"]["rev"], stale.json()["sent"]) == (412, 2, change)
    assert app_client.patch(where, json=change, headers=key | {"If-Match": '"2"'}).json()["urgency"] == 2
    met = app_client.post(f"{where}/met", json={"note": "Vi fick fem timmar."}, headers=key)
    assert (met.json()["status"], met.json()["status_note"]) == ("met", "Vi fick fem timmar.")
    assert app_client.get(where).json()["status"] == "met"
    assert [one["rev"] for one in app_client.get(f"{where}/history").json()["items"]] == [4, 3, 2]
    assert app_client.post(f"{where}/withdraw", json={"note": "Ett misstag."}, headers=key).status_code == 200
    assert app_client.get(where).status_code == 404
    assert app_client.delete(where, headers=key | {"If-Match": "*"}).status_code == 204
