"""Writing through the API: what is written, what is refused, and that nothing is lost, doubled or overwritten."""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.accounts import writing
from app.core.db import Database
from app.journal import service as journal
from tests.api.conftest import API
from tests.databases import KINDS
from tests.factories import enterprise
from tests.keys import key_for, organization_of

ENTERPRISES, ORGANIZATIONS = f"{API}/enterprises", f"{API}/organizations"
BUYER = {"name": "Exempelstads kommun", "country": "SE", "kind": "municipality", "source": "exempel"}
Rows = Callable[[], dict[str, int]]


def sent(**overrides: Any) -> dict[str, Any]:
    """Return an enterprise as it is sent."""
    return enterprise(**overrides).model_dump(mode="json")


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Run what is written, and written at once, on both databases each time; the kind's name."""
    return str(request.param)


@pytest.fixture
def key(database: Database) -> dict[str, str]:
    """Give the key of an enterprise."""
    return key_for(database, "enterprise")


@pytest.fixture
def made(app_client: httpx.Client, key: dict[str, str]) -> httpx.Response:
    """Give the answer to an enterprise's registration."""
    return app_client.post(ENTERPRISES, json=sent(), headers=key)


def test_an_enterprise_is_registered_for_the_key_s_organisation(
    app_client: httpx.Client, made: httpx.Response, database: Database
):
    assert made.status_code == 201
    read = app_client.get(made.headers["location"])
    assert read.json() == made.json()
    assert read.json()["owner_id"] == organization_of("enterprise")
    assert made.headers["etag"] == read.headers["etag"] == '"1"'
    with database.reads() as session:
        entry = next(iter(journal.entries(session, made.json()["id"])))
    assert (entry.method, entry.rev) == ("PUT", 1)
    assert entry.actor_id
    assert entry.request_id == made.headers["x-request-id"]


def test_what_was_read_can_be_sent_back_as_it_is(app_client: httpx.Client, made: httpx.Response, key: dict[str, str]):
    record = made.json()
    lists = {name: value for name, value in record.items() if isinstance(value, list)}
    changed = app_client.patch(made.headers["location"], json=lists, headers=key | {"If-Match": '"1"'})
    assert changed.status_code == 200
    unlike = {name for name, value in changed.json().items() if value != record[name]}
    # An offering's id is Samnod's own, and new with each version.
    assert unlike <= {"rev", "updated_at", "offerings"}


def test_a_patch_changes_what_it_names_and_nothing_else(
    app_client: httpx.Client, made: httpx.Response, key: dict[str, str]
):
    patch = {"name": "Exempel Golv", "summary": None, "service_areas": ["SE-22"]}
    headers = key | {"If-Match": made.headers["etag"], "Content-Type": "application/merge-patch+json"}
    changed = app_client.patch(made.headers["location"], json=patch, headers=headers)
    assert changed.status_code == 200
    assert changed.headers["etag"] == '"2"'
    after, before = changed.json(), made.json()
    assert (after["name"], after["summary"], after["service_areas"]) == ("Exempel Golv", "", ["SE-22"])
    assert after["eligibility"] == before["eligibility"]
    assert app_client.get(f"{ENTERPRISES}?words=golv").json()["total"] == 1


def test_a_change_needs_the_version_it_was_made_to(
    app_client: httpx.Client, made: httpx.Response, key: dict[str, str], rows: Rows
):
    before = rows()
    where, patch = made.headers["location"], {"name": "Exempel Fönster"}
    assert app_client.patch(where, json=patch, headers=key).status_code == 428
    assert app_client.patch(where, json=patch, headers=key | {"If-Match": "1"}).status_code == 400
    assert app_client.patch(where, json=patch, headers=key | {"If-Match": 'W/"1"'}).status_code == 412
    assert app_client.delete(where, headers=key).status_code == 428
    assert app_client.delete(where, headers=key | {"If-Match": '"7"'}).status_code == 412
    assert rows() == before
    assert app_client.get(where).json() == made.json()


def test_a_conflict_shows_both_versions(app_client: httpx.Client, made: httpx.Response, key: dict[str, str]):
    where = made.headers["location"]
    assert app_client.patch(where, json={"name": "Exempel A"}, headers=key | {"If-Match": '"1"'}).status_code == 200
    refused = app_client.patch(where, json={"name": "Exempel B"}, headers=key | {"If-Match": '"1"'})
    assert refused.status_code == 412
    told = refused.json()
    assert told["current"]["name"] == "Exempel A"
    assert told["current"]["rev"] == 2
    assert told["sent"] == {"name": "Exempel B"}
    assert told["errors"][0]["pointer"] == "/name"


def test_what_is_wrong_in_a_patch_is_named_and_changes_nothing(
    app_client: httpx.Client, made: httpx.Response, key: dict[str, str], rows: Rows
):
    before = rows()
    for patch, pointer in [
        ({"name": None}, "/name"),
        ({"area_code": "NO-5001"}, "/area_code"),
        ({"nmae": "Exempel"}, "/nmae"),
        ({"offerings": [{"title": "Städ", "cpv": ["12"]}]}, "/offerings/0/cpv/0"),
        ({"target_groups": ["nobody"]}, "/target_groups/0"),
        ({"summary": "Ring 070-123 45 67"}, "/summary"),
    ]:
        refused = app_client.patch(made.headers["location"], json=patch, headers=key | {"If-Match": '"1"'})
        assert refused.status_code == 422, patch
        assert pointer in [fault["pointer"] for fault in refused.json()["errors"]], patch
    assert rows() == before


def test_a_removed_enterprise_leaves_a_tombstone_and_none_of_its_words(
    app_client: httpx.Client, made: httpx.Response, key: dict[str, str], database: Database
):
    where, record_id = made.headers["location"], made.json()["id"]
    app_client.patch(where, json={"summary": "Något nytt"}, headers=key | {"If-Match": '"1"'})
    gone = app_client.delete(where, headers=key | {"If-Match": '"2"'})
    assert (gone.status_code, gone.content) == (204, b"")
    assert app_client.get(where).status_code == 404
    assert app_client.get(f"{ENTERPRISES}?words=exempel").json()["total"] == 0
    with database.reads() as session:
        assert [entry.method for entry in journal.entries(session, record_id)] == ["PUT", "PUT", "DELETE"]
        kept = session.execute(text("SELECT before FROM journal_revision")).scalars().all()
        assert "påhittat" not in str(kept)
        assert session.execute(text("SELECT count(*) FROM match_enterprise")).scalar() == 0


def test_the_history_tells_everybody_what_changed_and_its_keeper_from_what(
    app_client: httpx.Client, made: httpx.Response, key: dict[str, str], database: Database
):
    where = made.headers["location"]
    app_client.patch(where, json={"name": "Exempel Golv"}, headers=key | {"If-Match": '"1"'})
    admin = key_for(database, "admin")
    told_why = app_client.patch(
        f"{where}?reason=felstavat+namn", json={"name": "Exempel Golv AB"}, headers=admin | {"If-Match": '"2"'}
    )
    assert told_why.status_code == 200
    public = app_client.get(f"{where}/history").json()["items"]
    assert [one["fields"] for one in public] == [["name"], ["name"]]
    assert {one["before"] for one in public} == {one["reason"] for one in public} == {None}
    own = app_client.get(f"{where}/history", headers=key).json()["items"]
    assert [one["before"] for one in own] == [{"name": "Exempel Golv"}, {"name": "Exempel Städ"}]
    assert [one["reason"] for one in own] == ["felstavat namn", None]
    assert [one["role"] for one in own] == ["admin", "enterprise"]


def test_nobody_verifies_itself(app_client: httpx.Client, key: dict[str, str], database: Database):
    verified = [{"reservation": "res-ws", "state": "verified", "on": "2026-01-15"}]
    refused = app_client.post(ENTERPRISES, json=sent(eligibility=verified), headers=key)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/eligibility/0/state"
    coordinator = key_for(database, "coordinator")
    made = app_client.post(ENTERPRISES, json=sent(eligibility=verified), headers=coordinator)
    assert made.status_code == 201
    # What a coordinator registers waits for its own people.
    assert made.json()["owner_id"] is None


def test_a_number_that_is_taken_says_by_which_record(app_client: httpx.Client, key: dict[str, str], rows: Rows):
    number = "5560360793"
    first = app_client.post(ENTERPRISES, json=sent(organisation_number=number), headers=key)
    before = rows()
    second = app_client.post(ENTERPRISES, json=sent(organisation_number=number), headers=key)
    assert second.status_code == 409
    assert second.json()["existing"] == first.headers["location"]
    assert rows() == before


def test_the_same_request_again_is_answered_the_same_and_does_nothing(
    app_client: httpx.Client, key: dict[str, str], rows: Rows
):
    repeated = key | {"Idempotency-Key": "order-1"}
    first = app_client.post(ENTERPRISES, json=sent(), headers=repeated)
    before = rows()
    second = app_client.post(ENTERPRISES, json=sent(), headers=repeated)
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["location"] == first.headers["location"]
    assert second.headers["etag"] == first.headers["etag"]
    assert second.headers["idempotent-replayed"] == "true"
    assert rows() == before


def test_an_idempotency_key_belongs_to_one_request(app_client: httpx.Client, key: dict[str, str], database: Database):
    repeated = key | {"Idempotency-Key": "order-1"}
    assert app_client.post(ENTERPRISES, json=sent(), headers=repeated).status_code == 201
    assert app_client.post(ENTERPRISES, json=sent(name="Exempel Annan"), headers=repeated).status_code == 422
    for wrong in ("", "a b", "x" * 256):
        assert app_client.post(ENTERPRISES, json=sent(), headers=key | {"Idempotency-Key": wrong}).status_code == 400
    # Another organisation may use the same words.
    other = key_for(database, "integrator") | {"Idempotency-Key": "order-1"}
    assert app_client.post(ENTERPRISES, json=sent(), headers=other).status_code == 201


def test_a_refused_request_may_be_mended_and_sent_again_under_its_key(app_client: httpx.Client, key: dict[str, str]):
    repeated = key | {"Idempotency-Key": "order-1"}
    assert app_client.post(ENTERPRISES, json=sent() | {"name": "x"}, headers=repeated).status_code == 422
    assert app_client.post(ENTERPRISES, json=sent(), headers=repeated).status_code == 201


def test_a_request_whose_twin_is_being_worked_on_is_told_so(
    app_client: httpx.Client, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    reached, go_on = threading.Event(), threading.Event()
    recall = writing.idempotency.recall

    def slowly(*asked: Any) -> Any:
        reached.set()
        go_on.wait(10)
        return recall(*asked)

    monkeypatch.setattr(writing.idempotency, "recall", slowly)
    answers: list[httpx.Response] = []
    repeated = key | {"Idempotency-Key": "order-1"}
    first = threading.Thread(target=lambda: answers.append(app_client.post(ENTERPRISES, json=sent(), headers=repeated)))
    first.start()
    assert reached.wait(10)
    twin = app_client.post(ENTERPRISES, json=sent(), headers=repeated)
    go_on.set()
    first.join(10)
    assert twin.status_code == 409
    assert answers[0].status_code == 201


@pytest.mark.parametrize(
    "header",
    [
        {"Authorization": "Bearer smn_nothing"},
        {"Authorization": "Basic abc"},
        {"Authorization": "Bearer"},
        {},
    ],
)
def test_without_a_key_nothing_is_written(app_client: httpx.Client, header: dict[str, str], rows: Rows):
    before = rows()
    refused = app_client.post(ENTERPRISES, content=b"{not even json", headers=header)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.json()["type"] == "urn:samnod:problem:key-needed"
    assert rows() == before


def test_a_key_opens_what_its_scopes_name(app_client: httpx.Client, database: Database):
    reader = key_for(database, "enterprise", scopes=["enterprises:read"])  # type: ignore[list-item]  # as on the command line
    assert app_client.post(ENTERPRISES, json=sent(), headers=reader).status_code == 403


def test_an_organisation_is_kept_like_an_enterprise(app_client: httpx.Client, database: Database):
    key = key_for(database, "integrator")
    made = app_client.post(ORGANIZATIONS, json=BUYER | {"parts": ["buyer"]}, headers=key)
    assert made.status_code == 201
    where = made.headers["location"]
    changed = app_client.patch(where, json={"visibility": "private"}, headers=key | {"If-Match": '"1"'})
    assert changed.json()["visibility"] == "private"
    assert changed.json()["parts"] == ["buyer"]
    # A stranger does not even learn that it is there.
    stranger = key_for(database, "buyer")
    assert app_client.get(where).status_code == 404
    assert app_client.get(where, headers=stranger).status_code == 404
    assert app_client.get(f"{where}/history", headers=stranger).status_code == 404
    for method in ("PATCH", "DELETE"):
        refused = app_client.request(
            method, where, headers=stranger | {"If-Match": "*"}, **({"json": {}} if method == "PATCH" else {})
        )
        assert refused.status_code == 404, method
        unknown = app_client.get(f"{ORGANIZATIONS}/unknown").json()["detail"]
        assert refused.json()["detail"] == unknown
    assert app_client.get(ORGANIZATIONS, headers=stranger).json()["total"] == 0
    assert app_client.get(ORGANIZATIONS, headers=key).json()["total"] == 1
    assert app_client.delete(where, headers=key | {"If-Match": '"2"'}).status_code == 204
    assert app_client.get(where, headers=key).status_code == 404
