"""Opportunities written over HTTP: by whom, in which order, with which hints, and drafts that stay with their owner."""

from typing import Any

import httpx
import pytest

from app.core.db import Database
from app.opportunities import service
from tests.factories import lot, opportunity
from tests.keys import key_for, organization_of

WHERE = "/api/v1/opportunities"
AWARD = {"awards": [{"winner_name": "Exempel Städkompaniet"}], "awarded_on": "2026-11-02", "reason": "Lägst pris."}
CANCEL = {"reason": "Behovet har ändrats."}
Headers = dict[str, str]


def body(**said: Any) -> dict[str, Any]:
    """Return a new opportunity as it is sent."""
    return opportunity(**said).model_dump(mode="json", exclude={"origin", "notice"})


@pytest.fixture
def buyer(database: Database) -> Headers:
    """Give a buyer's key."""
    return key_for(database, "buyer")


@pytest.fixture
def stranger(database: Database) -> Headers:
    """Give the key of another buyer."""
    return key_for(database, "buyer", "another-buyer")


def posted(client: httpx.Client, key: Headers, **said: Any) -> str:
    """Post an opportunity, and return its address."""
    made = client.post(WHERE, json=body(**said), headers=key)
    assert made.status_code == 201, made.text
    return str(made.headers["location"])


def test_an_opportunity_is_published_for_the_keys_organisation(app_client: httpx.Client, buyer: Headers):
    made = app_client.post(WHERE, json=body(), headers=buyer)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    read = app_client.get(made.headers["location"])
    assert read.json() | {"hints": made.json()["hints"]} == made.json()
    assert read.headers["etag"] == '"1"'
    assert (read.json()["owner_id"], read.json()["origin"]) == (organization_of("buyer"), "stated")


def test_its_whole_life(app_client: httpx.Client, buyer: Headers):
    where = posted(app_client, buyer, status="draft")
    assert app_client.post(f"{where}/close", headers=buyer).status_code == 409
    for step, sent, status in [
        ("publish", None, "published"),
        ("close", None, "closed"),
        ("award", AWARD, "awarded"),
    ]:
        answer = app_client.post(f"{where}/{step}", json=sent, headers=buyer)
        assert (answer.status_code, answer.json()["status"]) == (200, status), answer.text
        assert answer.headers["etag"] == f'"{answer.json()["rev"]}"'
    outcome = app_client.get(where).json()["outcome"]
    assert (outcome["kind"], outcome["reason"]) == ("awarded", "Lägst pris.")
    assert outcome["awards"][0]["winner_name"] == "Exempel Städkompaniet"
    refused = app_client.post(f"{where}/cancel", json=CANCEL, headers=buyer | {"Accept-Language": "en"})
    assert refused.status_code == 409
    assert refused.json()["detail"] == "It is awarded and cannot take cancel. What it can take: award."


def test_a_published_one_is_cancelled_before_it_is_removed(app_client: httpx.Client, buyer: Headers):
    where = posted(app_client, buyer)
    any_version = buyer | {"If-Match": "*"}
    refused = app_client.delete(where, headers=any_version)
    assert refused.status_code == 409
    assert "cancel" in refused.json()["detail"]
    assert (
        app_client.post(f"{where}/cancel", json=CANCEL, headers=buyer).json()["outcome"]["reason"] == CANCEL["reason"]
    )
    assert app_client.delete(where, headers=any_version).status_code == 204
    assert app_client.get(where, headers=buyer).status_code == 404


def test_a_draft_is_seen_by_its_own_organisation_alone(
    app_client: httpx.Client, buyer: Headers, stranger: Headers, database: Database
):
    where = posted(app_client, buyer, status="draft")
    unknown = app_client.get(f"{WHERE}/nothing", headers=stranger).json()
    reads = [where, f"{where}/history", f"{where}/hints"]
    for header in ({}, stranger, key_for(database, "enterprise")):
        for address in reads:
            refused = app_client.get(address, headers=header)
            assert (refused.status_code, refused.json()["detail"]) == (404, unknown["detail"]), address
    any_version = stranger | {"If-Match": "*"}
    for refused in (
        app_client.patch(where, json={"title": "Mitt"}, headers=any_version),
        app_client.delete(where, headers=any_version),
        app_client.post(f"{where}/publish", headers=stranger),
        app_client.post(f"{where}/close", headers=stranger),
        app_client.post(f"{where}/award", json=AWARD, headers=stranger),
        app_client.post(f"{where}/cancel", json=CANCEL, headers=stranger),
    ):
        assert (refused.status_code, refused.json()["detail"]) == (404, unknown["detail"])
    assert all(app_client.get(address, headers=buyer).status_code == 200 for address in reads)
    assert app_client.get(where, headers=key_for(database, "coordinator")).status_code == 200
    assert app_client.get(where, headers=key_for(database, "coordinator", region="NO-50")).status_code == 404


def test_drafts_are_listed_for_who_keeps_them(app_client: httpx.Client, buyer: Headers, stranger: Headers):
    posted(app_client, buyer, status="draft", title="Utkastet")
    posted(app_client, buyer, title="Det publicerade")

    def titles(query: str, header: Headers) -> list[str]:
        found = app_client.get(f"{WHERE}?{query}", headers=header).json()
        assert found["total"] == len(found["items"])
        return sorted(one["title"] for one in found["items"])

    assert titles("status=draft", buyer) == ["Utkastet"]
    assert titles("status=draft&status=published", buyer) == ["Det publicerade", "Utkastet"]
    assert titles("", buyer) == ["Det publicerade"]
    assert titles("status=draft", stranger) == []
    assert titles("status=draft&status=published", stranger) == ["Det publicerade"]
    refused = app_client.get(f"{WHERE}?status=draft")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "status"


def test_a_stranger_changes_nothing_that_is_published(app_client: httpx.Client, buyer: Headers, stranger: Headers):
    where = posted(app_client, buyer)
    any_version = stranger | {"If-Match": "*"}
    before = app_client.get(where).json()
    for refused in (
        app_client.patch(where, json={"title": "Mitt"}, headers=any_version),
        app_client.delete(where, headers=any_version),
        app_client.post(f"{where}/close", headers=stranger),
        app_client.post(f"{where}/cancel", json=CANCEL, headers=stranger),
    ):
        assert refused.status_code == 403
    assert app_client.get(where).json() == before


def test_some_roles_publish_nothing(app_client: httpx.Client, database: Database):
    for role in ("enterprise", "support_provider", "admin"):
        assert app_client.post(WHERE, json=body(), headers=key_for(database, role)).status_code == 403, role


def test_a_coordinator_publishes_in_its_region_and_says_why_it_changes_anothers(
    app_client: httpx.Client, buyer: Headers, database: Database
):
    coordinator = key_for(database, "coordinator")
    assert app_client.post(WHERE, json=body(buyer_area="NO-5001"), headers=coordinator).status_code == 403
    own = posted(app_client, coordinator)
    assert app_client.get(own).json()["owner_id"] is None
    theirs = posted(app_client, buyer)
    assert app_client.post(f"{theirs}/close", headers=coordinator).status_code == 400
    closed = app_client.post(f"{theirs}/close?reason=köparen+bad+om+det", headers=coordinator)
    assert closed.status_code == 200
    moved = app_client.patch(own, json={"buyer_area": "NO-5001"}, headers=coordinator | {"If-Match": "*"})
    assert moved.status_code == 403


def test_what_was_read_may_be_sent_back(app_client: httpx.Client, buyer: Headers):
    lots = [lot(estimated_value={"amount": "600000", "currency": "SEK"})]
    where = posted(app_client, buyer, lots=[one.model_dump(mode="json") for one in lots])
    read = app_client.get(where)
    changed = app_client.patch(
        where, json=read.json() | {"title": "Nytt"}, headers=buyer | {"If-Match": read.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    before, after = read.json(), changed.json()
    assert (after["title"], after["rev"]) == ("Nytt", 2)
    assert after["lots"][0] | {"id": ""} == before["lots"][0] | {"id": ""}
    assert app_client.patch(where, json={"title": "Igen"}, headers=buyer).status_code == 428
    stale = app_client.patch(where, json={"title": "Igen"}, headers=buyer | {"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (stale.json()["current"]["title"], stale.json()["sent"]) == ("Nytt", {"title": "Igen"})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"status": "closed"}, "/status"),
    ({"notice": {"source": "ted", "notice_id": "x", "version": "1"}}, "/notice"),
    ({"origin": "notice"}, "/origin"),
    ({"owner_id": "somebody"}, "/owner_id"),
    ({"lots": []}, "/lots"),
    ({"prior_notice": "yes"}, "/prior_notice"),
]


def test_what_is_not_the_senders_to_say_is_refused(app_client: httpx.Client, buyer: Headers):
    for wrong, pointer in WRONG:
        refused = app_client.post(WHERE, json=body() | wrong, headers=buyer)
        assert refused.status_code == 422
        assert [fault["pointer"] for fault in refused.json()["errors"]] == [pointer]


def test_the_history_tells_everybody_what_and_its_keeper_from_what(
    app_client: httpx.Client, buyer: Headers, stranger: Headers
):
    where = posted(app_client, buyer)
    app_client.patch(where, json={"title": "Nytt"}, headers=buyer | {"If-Match": "*"})
    app_client.post(f"{where}/close", headers=buyer)
    own = app_client.get(f"{where}/history", headers=buyer).json()["items"]
    assert [(one["rev"], one["before"].get("title")) for one in own] == [(3, None), (2, "Städning av skolor")]
    assert own[0]["before"]["status"] == "published"
    for header in ({}, stranger):
        public = app_client.get(f"{where}/history", headers=header).json()["items"]
        assert [one["before"] for one in public] == [None, None]
        assert "title" in public[1]["fields"]


def test_hints_are_told_before_and_after_and_store_nothing(
    app_client: httpx.Client, buyer: Headers, database: Database
):
    sent = body(lots=[lot(reserved_participation=["res-pub-ser"]).model_dump(mode="json")], procedure_type="open")
    preview = app_client.post(f"{WHERE}/hints", json=sent, headers={"Accept-Language": "en"})
    assert preview.status_code == 200
    codes = [hint["code"] for hint in preview.json()["items"]]
    assert codes == ["public-service-code", "official-link", "public-service-once"]
    assert "90910000 is none of them" in preview.json()["items"][0]["text"]
    assert {hint["legal_basis"] for hint in preview.json()["items"]} == {"LOU 19 kap. 25 §", "LOU 19 kap. 8 §"}
    with database.reads() as session:
        assert service.open_now(session) == []
    made = app_client.post(WHERE, json=sent, headers=buyer | {"Accept-Language": "nb"})
    assert [hint["code"] for hint in made.json()["hints"]] == codes
    assert made.json()["hints"][0]["text"].startswith("Delkontrakt LOT-0001: en reservasjon")
    told = app_client.get(f"{made.headers['location']}/hints", headers={"Accept-Language": "nb"})
    assert told.json()["items"] == made.json()["hints"]
    assert app_client.post(f"{WHERE}/hints", json=sent | {"lots": []}).status_code == 422


def test_the_same_close_again_is_answered_the_same(app_client: httpx.Client, buyer: Headers):
    where = posted(app_client, buyer)
    repeated = buyer | {"Idempotency-Key": "close-1"}
    first = app_client.post(f"{where}/close", headers=repeated)
    second = app_client.post(f"{where}/close", headers=repeated)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json() == first.json()
    assert app_client.post(f"{where}/close", headers=buyer).status_code == 409
