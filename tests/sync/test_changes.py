"""Everybody may follow a node's own records: from the beginning, from a cursor, as JSON or as lines."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from app.core.db import Database
from app.journal import generations
from app.main import create_app
from app.settings import Settings
from app.sync import envelopes, identity
from app.sync.canonical import canonical, hash_of
from app.sync.feed import Past, Place
from app.sync.tables import SyncSelf
from app.sync.vocabulary import Envelope
from tests.client import client_of
from tests.engines import mostly_sqlite
from tests.sync.peering import organization, removed

CHANGES = "/api/v1/changes"


@pytest.fixture
def norr(settings: Settings) -> Iterator[httpx.Client]:
    with client_of(create_app(settings.model_copy(update={"node": "norr"}))) as client:
        yield client


def page(norr: httpx.Client, **asked: Any) -> dict[str, Any]:
    answer = norr.get(CHANGES, params=asked)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_reader_follows_from_the_beginning_and_comes_back_another_day(norr: httpx.Client, database: Database):
    ids = [organization(database, f"Exempel {number}") for number in range(3)]
    first = page(norr, limit=2)
    assert ([one["subject"] for one in first["items"]], first["has_more"]) == (ids[:2], True)
    last = norr.get(first["links"]["next"]).json()
    assert ([one["subject"] for one in last["items"]], last["has_more"]) == (ids[2:], False)
    assert page(norr, cursor=last["next"])["items"] == []
    removed(database, ids[0])
    hidden = organization(database, "Hemlig", visibility="private")
    later = page(norr, cursor=last["next"])
    assert [(one["subject"], one["method"], one["data"]) for one in later["items"]] == [(ids[0], "DELETE", None)]
    assert hidden not in json.dumps(page(norr))


def test_a_change_is_a_cloudevent_whose_hash_can_be_checked(norr: httpx.Client, database: Database):
    organization(database, "Åre “kommun”")
    (one,) = page(norr)["items"]
    assert (one["specversion"], one["source"], one["type"], one["rev"]) == ("1.0", "norr", "organization", 1)
    assert (one["dataschema"], one["datacontenttype"]) == ("organization/1.0", "application/json")
    assert one["id"] == str(one["seq"])
    assert one["data"]["name"] == "Åre “kommun”"
    assert hash_of(canonical(one["data"])) == one["hash"]
    assert "owner_id" not in one["data"]


@mostly_sqlite
def test_records_of_other_nodes_are_read_there(norr: httpx.Client, database: Database):
    payload = canonical({"name": "Skånes exempel"})
    copy = Envelope("sodra", "organization", "one", 7, 1, "PUT", "organization/1.0", hash_of(payload), "2026", payload)
    with database.writes() as session:
        envelopes.store(session, [copy], {})
    assert page(norr)["items"] == []


@mostly_sqlite
def test_one_type_is_followed_alone_and_none_that_does_not_travel(norr: httpx.Client, database: Database):
    organization(database)
    assert len(page(norr, type="organization")["items"]) == 1
    told = page(norr, type="need")
    assert (told["items"], told["has_more"]) == ([], False)
    assert told["next"] == page(norr)["next"]
    for name in ("person", "response", "outbox_letter", "organization'"):
        refused = norr.get(CHANGES, params={"type": name})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "type")


@mostly_sqlite
def test_lines_say_the_same_as_the_object(norr: httpx.Client, database: Database):
    for number in range(3):
        organization(database, f"Exempel {number}")
    answer = norr.get(CHANGES, params={"format": "ndjson", "limit": 2})
    assert answer.headers["content-type"] == "application/x-ndjson"
    whole = page(norr, limit=2)
    assert [json.loads(line) for line in answer.text.splitlines()] == whole["items"]
    rest = norr.get(answer.links["next"]["url"])
    assert len(rest.text.splitlines()) == 1


@mostly_sqlite
def test_nothing_new_is_told_without_a_body(norr: httpx.Client, database: Database):
    organization(database)
    first = norr.get(CHANGES)
    again = norr.get(CHANGES, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    organization(database, "Två")
    assert norr.get(CHANGES, headers={"If-None-Match": first.headers["etag"]}).status_code == 200


@mostly_sqlite
def test_a_question_that_cannot_be_read_is_refused(norr: httpx.Client):
    wrong: list[dict[str, Any]] = [
        {"cursor": "x"},
        {"cursor": "1.0"},
        {"cursor": "-1.0.0"},
        {"limit": 0},
        {"limit": 501},
    ]
    for asked in [*wrong, {"format": "xml"}]:
        assert norr.get(CHANGES, params=asked).status_code == 400, asked


def test_whoever_may_have_missed_a_tombstone_begins_anew(norr: httpx.Client, database: Database):
    for number in range(4):
        organization(database, f"Exempel {number}")
    early = page(norr, limit=1)
    late = page(norr)
    with database.writes() as session:
        identity.begin(session)
        session.execute(update(SyncSelf).values(purged_through=3))
    assert norr.get(CHANGES, params={"cursor": early["next"]}).status_code == 410
    assert page(norr, cursor=late["next"])["items"] == []
    # A reading that begins now passes the same numbers, and misses nothing.
    walk, seen = page(norr, limit=1), 1
    while walk["has_more"]:
        walk = page(norr, limit=1, cursor=walk["next"])
        seen += 1
    assert seen == 4
    # The numbers of a database that was lost are nobody's any more.
    assert norr.get(CHANGES, params={"cursor": "4000.0.0"}).status_code == 410


def test_a_place_remembers_when_its_reading_began():
    # Begun before anything was forgotten, and past what has been forgotten since: nothing was missed.
    assert Place(10, 0, 0).cursor(10, Past(20, 7)) == "10.7.0"
    # Begun since, and still below it.
    assert Place(0, 7, 0).cursor(3, Past(20, 7)) == "3.7.0"
    assert not Place(3, 7, 0).is_lost(Past(20, 7))
    assert Place(3, 7, 0).is_lost(Past(20, 8))
    assert Place(3, 0, 0).is_lost(Past(20, 7))
    assert Place(21, 7, 0).is_lost(Past(20, 7))


def test_whoever_read_a_database_that_was_lost_begins_anew(norr: httpx.Client, database: Database):
    organization(database)
    before = page(norr)
    with database.writes() as session:
        generations.begin_generation(session, at_least=2)
    organization(database, "Två")
    assert norr.get(CHANGES, params={"cursor": before["next"]}).status_code == 410
    # A reading that begins now passes the numbers of every generation.
    first = page(norr, limit=1)
    assert [one["data"]["name"] for one in page(norr, limit=1, cursor=first["next"])["items"]] == ["Två"]
