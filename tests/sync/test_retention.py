"""Tombstones go when every active peer has read past them and ninety days have gone, and not before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.db import Database
from app.journal.vocabulary import Method
from app.sync import envelopes, identity, queries, retention
from app.sync.canonical import hash_of
from app.sync.tables import SyncPeer
from app.sync.vocabulary import Envelope, PeerState, RecordState
from app.wiring import wire
from tests.sync.neighbours import said
from tests.sync.two_nodes import write
from tests.sync.waiting import only_postgresql

AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def home(database: Database) -> Database:
    """Give a node with tombstones numbered 1 to 4, the last one of yesterday, and a record that lives."""
    wire()
    days = {1: 200, 2: 120, 3: 91, 4: 1}
    with database.writes() as session:
        identity.begin(session)
        told = [
            Envelope(
                "north",
                "organization",
                f"gone-{number}",
                number,
                2,
                Method.DELETE.value,
                "organization/1.0",
                hash_of(""),
                (AT - timedelta(days=ago)).isoformat(),
                "",
            )
            for number, ago in days.items()
        ]
        envelopes.store(session, told, {})
    # Their numbers are below the journal's newest.
    write(database, 1, 2, 3, 4, 5)
    return database


def peer(database: Database, name: str, acked: int, state: PeerState = PeerState.ACTIVE) -> None:
    with database.writes() as session:
        given = {"public_keys": {}, "token_hashes": [], "token_seed": "1", "name": name, "url": f"https://{name}.test"}
        session.add(SyncPeer(id=name, state=state, acked_cursor=acked, **given))


def tombstones(database: Database) -> list[int]:
    with database.reads() as session:
        rows = session.execute(queries.changes("north", 0, 100)).scalars()
        return [row.seq for row in rows if row.method == Method.DELETE]


def purged_through(database: Database) -> int:
    with database.reads() as session:
        kept = identity.self_of(session)
        assert kept is not None
        return kept.purged_through


def test_the_peer_that_is_furthest_behind_decides(home: Database):
    peer(home, "ahead", 50)
    peer(home, "behind", 2)
    peer(home, "paused", 0, PeerState.PAUSED)
    assert retention.purge(home, "north", AT) == 2
    assert (tombstones(home), purged_through(home)) == ([3, 4], 2)
    assert retention.purge(home, "north", AT) == 0
    assert purged_through(home) == 2


def test_a_peer_that_has_never_read_keeps_them_all(home: Database):
    peer(home, "new", 0)
    assert retention.purge(home, "north", AT + timedelta(days=1000)) == 0


def test_ninety_days_are_kept_whoever_has_read(home: Database):
    assert retention.purge(home, "north", AT) == 3
    assert (tombstones(home), purged_through(home)) == ([4], 3)
    assert retention.purge(home, "north", AT + timedelta(days=100)) == 1


def test_tombstones_of_others_are_kept_as_long_as_a_backup_may_be_old(database: Database):
    wire()
    states = {"old": (401, RecordState.CURRENT), "young": (399, RecordState.CURRENT)}
    states["still shown"] = (401, RecordState.QUARANTINED)
    with database.writes() as session:
        for number, (name, (ago, state)) in enumerate(states.items(), start=1):
            when = (AT - timedelta(days=ago)).isoformat()
            shape = "organization/1.0"
            gone = Envelope("south", "organization", name, number, 2, Method.DELETE.value, shape, hash_of(""), when, "")
            envelopes.store(session, [gone], {}, state)
    assert retention.purge(database, "north", AT) == 1
    with database.reads() as session:
        rows = session.execute(queries.changes("south", 0, 100)).scalars()
        assert [row.id for row in rows] == ["young", "still shown"]
    assert retention.purge(database, "north", AT) == 0


@only_postgresql
@pytest.mark.parametrize("own", ["north", "south"])
def test_a_record_that_is_shown_again_meanwhile_stays(database: Database, monkeypatch: pytest.MonkeyPatch, own: str):
    living = said(1, 7)
    gone = living._replace(method=Method.DELETE.value, time="2020-01-01T00:00:00+00:00", seq=3)
    key = (living.type, living.id)
    with database.writes() as session:
        identity.begin(session)
        envelopes.store(session, [gone], {})
    write(database, *range(10, 20), home="local")
    forget = queries.forget

    def show_again_first(*these: Any) -> Any:
        monkeypatch.setattr(queries, "forget", forget)
        with database.writes() as session:
            held = envelopes.held_of(session, living.home, living.type, [living.id])
            envelopes.store(session, [living], {key: held[living.id]})
        return forget(*these)

    monkeypatch.setattr(queries, "forget", show_again_first)
    assert retention.purge(database, own, AT) == 0
    with database.reads() as session:
        assert envelopes.found(session, queries.changes(living.home, 0, 10)) == [living]


def test_a_node_that_nobody_knows_keeps_nothing_in_mind(database: Database):
    assert retention.purge(database, "north", AT) == 0
