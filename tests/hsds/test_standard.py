"""Every answer of the projection over the whole demo fits the standard's own schemas, and leads nowhere in vain."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import jsonschema_rs
import pytest

from app.main import create_app
from app.settings import Settings
from tests.client import client_of
from tests.engines import mostly_sqlite
from tests.keys import SECRET

NAMES = ("services", "organizations", "taxonomies", "taxonomy_terms")
SCHEMAS = Path(os.environ.get("SAMNOD_DATA_DIR", "../shared/data")) / "hsds"


def schema(name: str) -> Any:
    """Return one of the standard's schemas; what it refers to and is not there allows everything."""
    file = SCHEMAS / name.rpartition("/")[2]
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def faults(name: str, records: list[dict[str, Any]]) -> list[str]:
    """Return what is wrong with these records by the schema called `name`; formats count."""
    judge = jsonschema_rs.validator_for(schema(f"{name}.json"), retriever=schema, validate_formats=True)
    return [f"{fault.instance_path}: {fault.message}" for one in records for fault in judge.iter_errors(one)]


def inside(value: Any) -> Iterator[tuple[str, Any]]:
    """Give the name and value of every field, at any depth."""
    if isinstance(value, dict):
        for name, held in value.items():
            yield name, held
            yield from inside(held)
    elif isinstance(value, list):
        for one in value:
            yield from inside(one)


@pytest.fixture
def over_demo(demo_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """Give a client of the application over the demo."""
    settings = Settings(database_url=demo_url, var_dir=tmp_path, secret_key=SECRET, rate_limits=False)
    with client_of(create_app(settings)) as client:
        yield client


def walked(client: httpx.Client, path: str, **asked: str) -> list[dict[str, Any]]:
    """Return all rows of a list, page by page; what each page says of itself holds."""
    found: list[dict[str, Any]] = []
    number = 1
    while True:
        page = client.get(path, params={"page": str(number), "per_page": "10", **asked}).json()
        found += page["contents"]
        assert page["size"] == len(page["contents"])
        assert page["page_number"] == number
        assert page["empty"] is (page["contents"] == [])
        assert page["first_page"] is (number == 1)
        if page["last_page"]:
            assert page["total_items"] == len(found)
            assert page["total_pages"] == number
            assert [one["id"] for one in found] == sorted({one["id"] for one in found})
            return found
        number += 1


def test_every_answer_fits_the_schemas_of_the_standard(over_demo: httpx.Client):
    if not SCHEMAS.is_dir():
        pytest.skip("the standard's schemas (SAMNOD_DATA_DIR) are absent")
    lists = {name: walked(over_demo, f"/hsds/{name}") for name in ("services", "taxonomies", "taxonomy_terms")}
    organizations = walked(over_demo, "/hsds/organizations")
    full = walked(over_demo, "/hsds/services", full="true")
    whole = [over_demo.get(f"/hsds/services/{one['id']}").json() for one in lists["services"]]
    known = [over_demo.get(f"/hsds/organizations/{one['id']}").json() for one in organizations]
    assert whole == full
    assert len(whole) > 40
    assert len(known) > 30
    assert len(lists["taxonomies"]) == 4
    assert faults("service", whole) == []
    assert faults("organization", known) == []
    assert faults("service_list", lists["services"]) == []
    assert faults("organization", organizations) == []
    assert faults("taxonomy", lists["taxonomies"]) == []
    assert faults("taxonomy_term", lists["taxonomy_terms"]) == []
    # A schema that allows everything would find nothing either.
    assert faults("service", [{**whole[0], "status": "open", "id": "1"}]) != []
    for name in ("taxonomies", "taxonomy_terms"):
        assert [over_demo.get(f"/hsds/{name}/{one['id']}").json() for one in lists[name]] == lists[name]


@mostly_sqlite
def test_every_answer_is_as_its_own_document_says(over_demo: httpx.Client):
    document = over_demo.get("/hsds/openapi.json").json()
    one = {name: over_demo.get(f"/hsds/{name}").json()["contents"][0]["id"] for name in NAMES}
    for path, item in document["paths"].items():
        said = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        judge = jsonschema_rs.validator_for({**said, "components": document["components"]}, validate_formats=True)
        answer = over_demo.get(f"/hsds{path}".format(id=one.get(path.split("/")[1])))
        assert [fault.message for fault in judge.iter_errors(answer.json())] == [], path


@mostly_sqlite
def test_what_is_named_is_there(over_demo: httpx.Client):
    services = walked(over_demo, "/hsds/services", full="true")
    organizations = {one["id"]: one for one in walked(over_demo, "/hsds/organizations")}
    terms = {one["id"]: one for one in walked(over_demo, "/hsds/taxonomy_terms")}
    taxonomies = {one["id"] for one in walked(over_demo, "/hsds/taxonomies")}
    assert {one["taxonomy_id"] for one in terms.values()} == taxonomies
    assert {one["organization_id"] for one in services} == set(organizations)
    used = set()
    for service in services:
        assert service["organization"]["id"] == service["organization_id"]
        linked = [one for one in service["attributes"] if "taxonomy_term_id" in one]
        assert all(one["taxonomy_term"] == terms[one["taxonomy_term_id"]] for one in linked)
        assert {one["link_id"] for one in service["attributes"]} == {service["id"]}
        assert {"licence", "source", "offer_type"} <= {one["link_type"] for one in service["attributes"]}
        used |= {one["link_type"] for one in linked}
    assert used == {"need_category", "offer_type", "support_structure_type", "target_group"}
    by_name = [one for one in organizations.values() if one["description"].startswith("Bara känd till namnet")]
    assert 0 < len(by_name) < len(organizations)
    for name, value in inside([services, list(organizations.values())]):
        assert value is not None, name
        if name == "id" or name.endswith("_id"):
            assert str(UUID(value)) == value
    # Every row has an id of its own, in all that is written out.
    ids = [value for service in services for name, value in inside({**service, "organization": {}}) if name == "id"]
    terms_told = sum(len([one for one in service["attributes"] if "taxonomy_term" in one]) for service in services)
    assert len(set(ids)) >= len(ids) - terms_told
