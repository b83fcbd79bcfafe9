"""What a node answers its peers: its own records, of one moment, signed for the one that asked and for nobody else."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from app.core.db import Database
from app.journal import generations
from app.journal.vocabulary import Method
from app.main import create_app
from app.settings import Settings
from app.sync import buckets, envelopes, identity, peers, serving
from app.sync.canonical import canonical, hash_of
from app.sync.schemas import AckIn
from app.sync.tables import SyncPeer, SyncSelf
from app.sync.vocabulary import Envelope, PageKind, PeerState, Verdict
from tests.client import client_of
from tests.engines import mostly_sqlite
from tests.keys import SECRET
from tests.sync.peering import NONCE, SECRET_OF_SODRA, SODRA, Caller, introduced, introduction_of, organization, removed
from tests.sync.waiting import only_postgresql, until_somebody_waits


@pytest.fixture
def norr(settings: Settings) -> Iterator[httpx.Client]:
    told = {"node": "norr", "node_name": "Norrbotten", "base_url": "https://norr.example/"}
    with client_of(create_app(settings.model_copy(update=told))) as client:
        yield client


@pytest.fixture
def sodra(norr: httpx.Client, database: Database) -> Caller:
    return Caller(norr, introduced(database))


def forget_tombstones(database: Database, through: int) -> None:
    with database.writes() as session:
        session.execute(update(SyncSelf).values(purged_through=through))


def test_a_node_says_who_it_is_to_everybody(norr: httpx.Client, database: Database):
    before = norr.get("/.well-known/samnod-node").json()
    assert (before["id"], before["name"], before["url"]) == ("norr", "Norrbotten", "https://norr.example")
    assert before["keys"] == {}
    keys = introduced(database)
    told = norr.get("/.well-known/samnod-node").json()
    assert told["keys"] == keys
    assert told["protocol"] == "samnod-sync/1"
    assert told["schemas"]["organization"] == "organization/1.0"


def test_a_peer_reads_all_of_it_page_by_page_and_can_add_it_up(sodra: Caller, database: Database):
    ids = [organization(database, f"Exempel {number}") for number in range(5)]
    seen: list[Envelope] = []
    read = sodra.changes(limit=2)
    while True:
        seen += read.records
        if not read.has_more:
            break
        assert read.digest is None
        read = sodra.changes(limit=2, after=read.next)
    assert [one.id for one in seen] == ids
    with database.reads() as session:
        assert read.digest == buckets.as_json(buckets.counted(session, "norr"))
    # An idle night: one empty page proves that both hold the same.
    idle = sodra.changes(after=read.next)
    assert (idle.records, idle.has_more, idle.digest, idle.next) == ([], False, read.digest, read.head)


def test_what_goes_is_told_and_what_is_private_is_not(sodra: Caller, database: Database):
    gone, hidden = organization(database), organization(database, "Hemlig", visibility="private")
    shown = organization(database, "Synlig")
    removed(database, gone)
    told = {one.id: one.method for one in sodra.changes().records}
    assert told == {gone: Method.DELETE.value, shown: Method.PUT.value}
    assert hidden not in told


STRANGERS: list[dict[str, str]] = [
    {},
    {"Authorization": "Basic c29kcmE6"},
    {"Authorization": "Bearer "},
    {"Authorization": f"Bearer {identity.token_for(SECRET_OF_SODRA, 'norr', '2')}"},
    {"Authorization": f"Bearer {identity.token_for(SECRET_OF_SODRA, 'mitt', '1')}"},
]
QUESTIONS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", f"changes?nonce={NONCE}", None),
    ("GET", f"held?nonce={NONCE}", None),
    ("GET", f"digest?nonce={NONCE}", None),
    ("GET", f"buckets/organization/00?nonce={NONCE}", None),
    ("POST", "records", {"type": "organization", "ids": ["x"], "nonce": NONCE}),
    ("PUT", "ack", {"run": "r", "cursor": 0, "generation": 0, "verdict": "verified", "nonce": NONCE}),
]


@mostly_sqlite
def test_nobody_else_is_answered(sodra: Caller):
    for method, path, said in QUESTIONS:
        for header in STRANGERS:
            answer = sodra.client.request(method, f"/sync/v1/{path}", json=said, headers=header)
            assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json"), path
        known = sodra.client.request(method, f"/sync/v1/{path}", json=said, headers=sodra.headers)
        assert known.status_code == 200, path


@mostly_sqlite
def test_a_paused_peer_is_told_so_and_one_that_is_removed_is_a_stranger(sodra: Caller, database: Database):
    with database.writes() as session:
        peers.set_state(session, "sodra", PeerState.PAUSED)
    assert sodra.get("digest").status_code == 403
    with database.writes() as session:
        peers.set_state(session, "sodra", PeerState.ACTIVE)
    assert sodra.get("digest").status_code == 200
    with database.writes() as session:
        peers.remove(session, "sodra", keep_copies=True)
    assert sodra.get("digest").status_code == 401


@mostly_sqlite
def test_the_newest_token_ends_the_one_before_when_it_is_used(sodra: Caller, database: Database):
    newer = Caller(sodra.client, sodra.keys, identity.token_for(SECRET_OF_SODRA, "norr", "2"))
    with database.writes() as session:
        peers.add(session, introduction_of(SODRA, SECRET_OF_SODRA, token="2"), own_id="norr")
    assert sodra.get("digest").status_code == 200
    assert newer.get("digest").status_code == 200
    head = sodra.changes().head
    assert sodra.acknowledge("run-1", head).status_code == 200
    assert sodra.get("digest").status_code == 200
    assert newer.acknowledge("run-2", head).status_code == 200
    assert sodra.get("digest").status_code == 401
    assert newer.get("digest").status_code == 200


@mostly_sqlite
def test_a_token_that_is_introduced_while_the_one_before_is_used_ends_nothing(sodra: Caller, database: Database):
    with database.reads() as session:
        caller = peers.caller_with(session, sodra.token)
    with database.writes() as session:
        peers.add(session, introduction_of(SODRA, SECRET_OF_SODRA, token="2"), own_id="norr")
    told = AckIn(run="run-1", cursor=0, generation=0, verdict=Verdict.VERIFIED, nonce=NONCE)
    with database.writes() as session:
        serving.acknowledge(session, serving.Serving("norr", SECRET.encode()), caller, told)
    assert sodra.get("digest").status_code == 200


@only_postgresql
def test_a_token_that_is_introduced_while_another_ends_is_not_lost(sodra: Caller, database: Database):
    with database.writes() as session:
        peers.add(session, introduction_of(SODRA, SECRET_OF_SODRA, token="2"), own_id="norr")
    second = identity.token_for(SECRET_OF_SODRA, "norr", "2")
    with database.reads() as session:
        caller = peers.caller_with(session, second)
    told = AckIn(run="run-1", cursor=0, generation=0, verdict=Verdict.VERIFIED, nonce=NONCE)

    def end_the_first() -> None:
        with database.writes() as session:
            serving.acknowledge(session, serving.Serving("norr", SECRET.encode()), caller, told)

    with ThreadPoolExecutor(1) as peer:
        with database.writes() as session:
            peers.add(session, introduction_of(SODRA, SECRET_OF_SODRA, token="3"), own_id="norr")
            session.flush()
            ended = peer.submit(end_the_first)
            until_somebody_waits(database)
        ended.result()
    third = identity.token_for(SECRET_OF_SODRA, "norr", "3")
    assert [Caller(sodra.client, sodra.keys, one).get("digest").status_code for one in (second, third)] == [200, 200]


def test_a_run_opens_with_the_one_that_was_acknowledged(sodra: Caller, database: Database):
    organization(database)
    head = sodra.changes().head
    # Until a run is acknowledged, whoever was stopped goes on from anywhere.
    assert sodra.changes(after=head).records == []
    told = sodra.signed(sodra.acknowledge("run-1", head), PageKind.ACK)
    assert (told["run"], told["cursor"]) == ("run-1", head)
    assert sodra.get("changes", after=head, run="run-1").status_code == 200
    lost = sodra.get("changes", after=head, run="run-of-another-past")
    assert (lost.status_code, lost.json()["reason"], lost.json()["head"]) == (409, "run", head)
    with database.reads() as session:
        peer = session.get_one(SyncPeer, "sodra")
        assert (peer.acked_run, peer.acked_cursor) == ("run-1", head)


def test_a_cursor_ahead_of_the_newest_change_is_of_a_lost_database(sodra: Caller, database: Database):
    organization(database)
    head = sodra.changes().head
    ahead = sodra.get("changes", after=head + 1)
    assert (ahead.status_code, ahead.json()["reason"]) == (409, "ahead")
    assert sodra.acknowledge("run-1", head + 1).status_code == 409


def test_a_new_generation_is_told_to_whoever_has_read_another(sodra: Caller, database: Database):
    organization(database)
    head = sodra.changes().head
    assert sodra.acknowledge("run-1", head).status_code == 200
    with database.writes() as session:
        generations.begin_generation(session, at_least=3)
    later = organization(database, "Efter")
    refused = sodra.get("changes", after=head, run="run-1")
    assert (refused.status_code, refused.json()["reason"], refused.json()["generation"]) == (409, "generation", 3)
    assert sodra.acknowledge("run-2", head).status_code == 409
    # From the beginning, numbers of every generation are read.
    first = sodra.changes(limit=1)
    second = sodra.changes(limit=1, after=first.next)
    assert [one.id for one in second.records] == [later]
    assert (second.generation, second.next >> 40) == (3, 3)


def test_forgotten_tombstones_are_told_to_whoever_has_not_read_them(sodra: Caller, database: Database):
    first, second = organization(database), organization(database, "Två")
    number = sodra.changes().records[0].seq
    assert sodra.acknowledge("run-1", number).status_code == 200
    forget_tombstones(database, number + 1)
    assert sodra.get("changes", after=number, run="run-1").status_code == 410
    assert sodra.get("changes", after=number + 1, run="run-1").status_code == 200
    # Whoever begins anew passes those numbers, and misses nothing.
    assert [one.id for one in sodra.changes(limit=1).records] == [first]
    assert [one.id for one in sodra.changes(after=number).records] == [second]


def test_digests_lead_to_the_records_that_differ(sodra: Caller, database: Database):
    ids = [organization(database, f"Exempel {number}") for number in range(4)]
    told = sodra.signed(sodra.get("digest"), PageKind.DIGEST)
    assert told["digest"]["organization"]["count"] == 4
    found = []
    for number in told["buckets"]["organization"]:
        bucket = sodra.signed(sodra.get(f"buckets/organization/{number}"), PageKind.BUCKET)
        assert (bucket["type"], f"{bucket['bucket']:02x}") == ("organization", number)
        found += [one["id"] for one in bucket["records"]]
    assert sorted(found) == sorted(ids)
    wanted = {"type": "organization", "ids": [ids[2], ids[0], ids[0], "nobody"], "nonce": NONCE}
    answer = sodra.client.post("/sync/v1/records", json=wanted, headers=sodra.headers)
    read = sodra.read(answer, kind=PageKind.RECORDS)
    assert [one.id for one in read.records] == [ids[0], ids[2]]
    assert not read.has_more


def of_sodra(record_id: str, seq: int, payload: str) -> Envelope:
    method = Method.PUT if payload else Method.DELETE
    return Envelope(
        "sodra", "organization", record_id, seq, 1, method.value, "organization/1.0", hash_of(payload), "2026", payload
    )


def test_a_home_reads_back_what_is_held_of_its_own(sodra: Caller, database: Database):
    organization(database)
    base = 2 * generations.GENERATION_SIZE
    with database.writes() as session:
        payload = canonical({"name": "Skånes exempel"})
        envelopes.store(session, [of_sodra("one", base + 7, payload), of_sodra("two", base + 9, "")], {})
        session.execute(update(SyncPeer).values(generation=2))
    read = sodra.read(sodra.get("held"), kind=PageKind.HELD)
    assert [(one.home, one.id, one.method) for one in read.records] == [
        ("sodra", "one", "PUT"),
        ("sodra", "two", "DELETE"),
    ]
    assert (read.generation, read.head, read.has_more) == (2, base + 9, False)
    rest = sodra.read(sodra.get("held", after=base + 7), after=base + 7, kind=PageKind.HELD)
    assert [one.id for one in rest.records] == ["two"]
    # Nobody reads here what belongs to a third node, or copies as if they were norr's own.
    assert {one.home for one in sodra.changes().records} == {"norr"}


@mostly_sqlite
def test_answers_are_compressed_for_those_who_can_read_it_and_kept_by_nobody(sodra: Caller, database: Database):
    for number in range(20):
        organization(database, f"Exempel {number}", summary="Köper städning. " * 10)
    packed = sodra.get("changes")
    assert packed.headers["content-encoding"] == "gzip"
    assert len(sodra.read(packed).records) == 20
    plain = sodra.client.get(
        "/sync/v1/changes", params={"nonce": NONCE}, headers=sodra.headers | {"Accept-Encoding": "identity"}
    )
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content
    assert plain.headers["content-type"] == "application/x-ndjson"
    assert plain.headers["cache-control"] == "no-store"


UNREADABLE = [
    "changes?nonce=short",
    "changes",
    f"changes?nonce={NONCE}&after=-1",
    f"changes?nonce={NONCE}&after=9007199254740993",
    f"changes?nonce={NONCE}&limit=501",
    f"changes?nonce={NONCE}&what=ever",
    f"changes?nonce={NONCE}&run=..%2Fetc",
    f"held?nonce={NONCE}&after=x",
]


@mostly_sqlite
def test_a_question_that_cannot_be_read_is_refused(sodra: Caller):
    for path in UNREADABLE:
        assert sodra.client.get(f"/sync/v1/{path}", headers=sodra.headers).status_code == 400, path


@mostly_sqlite
def test_addresses_that_are_none_lead_nowhere_and_nobody_is_sent_elsewhere(sodra: Caller):
    for path in ("/sync/v1/nothing", "/sync/v1/changes/", "/sync/v1/buckets/organization/100", "/sync/v1/a%0Ab"):
        answer = sodra.client.get(path, params={"nonce": NONCE}, headers=sodra.headers, follow_redirects=False)
        assert answer.status_code == 404, path
    assert sodra.client.delete("/sync/v1/ack", headers=sodra.headers).status_code == 405


@mostly_sqlite
def test_peers_are_counted_as_others_are(settings: Settings, database: Database):
    keys = introduced(database)
    told = {"node": "norr", "rate_limits": True}
    with client_of(create_app(settings.model_copy(update=told))) as client:
        answer = Caller(client, keys).get("digest")
        first = client.get("/sync/v1/digest", headers={"Authorization": "Bearer no-token"})
    assert '"key";r=599' in answer.headers["ratelimit"]
    assert '"address"' in first.headers["ratelimit"]
