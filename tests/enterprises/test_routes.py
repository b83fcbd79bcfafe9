"""What the registry answers over HTTP beside reading and writing: counts, and a record confirmed once a year."""

import httpx
import pytest

from app.core.clock import today
from app.core.db import Database
from app.enterprises import records, service
from app.journal import service as journal
from tests.factories import enterprise
from tests.keys import key_for, organization_of

ENTERPRISES = "/api/v1/enterprises"


def registered(database: Database, owner_id: str | None, **fields: object) -> str:
    """Register an enterprise that `owner_id` keeps; its id."""
    with database.writes() as session:
        return service.register(session, enterprise(**fields), home="local", owner_id=owner_id).id


def test_counts_are_those_of_the_list(database: Database, app_client: httpx.Client):
    registered(database, None, name="Ankan")
    registered(database, None, name="Laget", kind="association", offerings=[])
    counted = app_client.get(f"{ENTERPRISES}/facets", params={"kind": "association"}).json()
    assert counted["total"] == 1
    groups = {group["name"]: group["facets"] for group in counted["groups"]}
    assert groups["kind"] == [
        {"code": "association", "count": 1, "chosen": True},
        {"code": "enterprise", "count": 1, "chosen": False},
    ]
    assert groups["sector"] == []
    assert app_client.get(f"{ENTERPRISES}/facets", params={"page": 2}).status_code == 400


def test_its_keeper_confirms_a_record_and_nothing_else_changes(database: Database, app_client: httpx.Client):
    one = registered(database, organization_of("enterprise"), confirmed_on="2024-02-01")
    before = app_client.get(f"{ENTERPRISES}/{one}").json()
    key = key_for(database, "enterprise")
    answer = app_client.post(f"{ENTERPRISES}/{one}/confirm", headers=key)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    told = {"confirmed_on": today().isoformat(), "rev": 2, "updated_at": answer.json()["updated_at"]}
    assert answer.json() == before | told == app_client.get(f"{ENTERPRISES}/{one}").json()
    with database.reads() as session:
        changes = journal.history(session, "enterprise", one, whole=True)
    assert [(change.rev, change.fields, change.before) for change in changes] == [
        (2, ["confirmed_on"], {"confirmed_on": "2024-02-01"})
    ]
    # Once a day is enough.
    again = app_client.post(f"{ENTERPRISES}/{one}/confirm", headers=key)
    assert (again.status_code, again.json()["rev"]) == (200, 2)


def test_nobody_else_confirms_a_record(database: Database, app_client: httpx.Client):
    others = registered(database, organization_of("enterprise"))
    nobodys = registered(database, None)
    for role, one, status in [
        ("integrator", others, 403),
        ("coordinator", others, 403),
        ("buyer", others, 403),
        ("admin", others, 403),
        ("enterprise", nobodys, 403),
        ("enterprise", "nobody-knows-it", 404),
    ]:
        answer = app_client.post(f"{ENTERPRISES}/{one}/confirm", headers=key_for(database, role))
        assert answer.status_code == status, role
    assert app_client.post(f"{ENTERPRISES}/{others}/confirm").status_code == 401
    with database.reads() as session:
        assert service.find(session, others).confirmed_on is None


def test_a_head_of_an_export_costs_no_export(
    database: Database, app_client: httpx.Client, monkeypatch: pytest.MonkeyPatch
):
    registered(database, None)
    monkeypatch.setattr(records, "read_many", None)
    answer = app_client.head(f"{ENTERPRISES}/export")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
