"""How the node stands with its peers: what the page, the command line and the metrics are told."""

from datetime import UTC, datetime, timedelta

import pytest

from app import metrics
from app.core.db import Database, WriteSession
from app.journal.generations import GENERATION_SIZE
from app.sync import envelopes, status
from app.sync.canonical import canonical, hash_of
from app.sync.tables import SyncPeer, SyncRun
from app.sync.vocabulary import Envelope, PeerState, RecordState, Verdict

# Half past three in the night, Swedish time.
NIGHT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
FAR = "trondelag"


def peer(**more: object) -> SyncPeer:
    """Return a peer that was read last night."""
    own = {"id": FAR, "url": "https://trondelag.example.org", "name": "Trøndelag", "state": PeerState.ACTIVE}
    keys = {"public_keys": {}, "token_hashes": [], "token_seed": "", "added_at": NIGHT - timedelta(days=60)}
    return SyncPeer(**(own | keys | {"verified_at": NIGHT} | more))


def run(at: datetime, verdict: Verdict | None, **more: object) -> SyncRun:
    """Return a run of five minutes; without a verdict it goes on."""
    ended = at + timedelta(minutes=5) if verdict else None
    own = {"id": f"run-{at.isoformat()}", "peer": FAR, "started_at": at, "ended_at": ended, "verdict": verdict}
    return SyncRun(**(own | {"cursor_from": 0, "cursor_to": 0} | more))


def held(session: WriteSession, *ids: str, state: RecordState = RecordState.CURRENT, method: str = "PUT") -> None:
    """Hold records of the peer, in this state."""
    payload = canonical({"name": "x"}) if method == "PUT" else ""
    told = [
        Envelope(FAR, "enterprise", one, n, 1, method, "enterprise/1.0", hash_of(payload), NIGHT.isoformat(), payload)
        for n, one in enumerate(ids)
    ]
    envelopes.store(session, told, {}, state, {("enterprise", one): f"fault of {one}" for one in ids})


def standing(database: Database, at: datetime = NIGHT) -> status.PeerStatus:
    """Return how the one peer stands."""
    with database.reads() as session:
        (found,) = status.peers(session, at)
    return found


def test_records_are_counted_by_how_they_stand_and_tombstones_are_not(database: Database):
    with database.writes() as session:
        session.add(peer())
        held(session, "a", "b", "c")
        held(session, "d", state=RecordState.PARKED)
        held(session, "e", "f", state=RecordState.QUARANTINED)
        held(session, "g", method="DELETE")
    found = standing(database)
    assert (found.records, found.total, found.parked, found.quarantined) == ({"enterprise": 3}, 3, 1, 2)
    with database.reads() as session:
        assert [(one.state.value, one.count) for one in status.counted(session)] == [
            ("current", 3),
            ("parked", 1),
            ("quarantined", 2),
        ]
        assert [(one.id, one.fault) for one in status.aside(session, limit=2)] == [
            ("d", "fault of d"),
            ("e", "fault of e"),
        ]


def test_a_deletion_that_could_not_be_done_here_waits_for_somebody(database: Database):
    with database.writes() as session:
        session.add(peer())
        held(session, "a", "b")
        held(session, "c", state=RecordState.PARKED)
        held(session, "d", "e", state=RecordState.QUARANTINED, method="DELETE")
    found = standing(database)
    # Both are still shown, and are none of those that the peer has.
    assert (found.records, found.parked, found.quarantined) == ({"enterprise": 2}, 1, 2)
    assert found.needs_somebody
    told = metrics.exposition(database, NIGHT).decode()
    for state, count in (("current", 2), ("parked", 1), ("quarantined", 2)):
        assert f'samnod_sync_records{{home="{FAR}",state="{state}",type="enterprise"}} {count}.0' in told


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_deletion_that_could_not_be_done_is_told_though_no_other_record_is_left(database: Database):
    with database.writes() as session:
        session.add(peer())
        held(session, "a", state=RecordState.QUARANTINED, method="DELETE")
    assert (standing(database).records, standing(database).quarantined) == ({}, 1)


def test_the_last_fourteen_nights_tell_how_the_last_run_of_each_ended(database: Database):
    with database.writes() as session:
        session.add(peer())
        session.add(run(NIGHT - timedelta(days=20), Verdict.FAILED))
        session.add(run(NIGHT - timedelta(days=2), Verdict.FAILED))
        session.add(run(NIGHT - timedelta(days=2, hours=-1), Verdict.RECONCILED))
        session.add(run(NIGHT, None))
    nights = standing(database).nights
    assert (len(nights), nights[0].day, nights[-1].day) == (14, NIGHT.date() - timedelta(days=13), NIGHT.date())
    assert [(night.was_read, night.verdict) for night in nights[-3:]] == [
        (True, Verdict.RECONCILED),
        (False, None),
        (True, None),
    ]
    assert not any(night.was_read for night in nights[:-3])


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("more", "is_late"),
    [
        ({"verified_at": NIGHT - timedelta(hours=26)}, False),
        ({"verified_at": NIGHT - timedelta(hours=26, seconds=1)}, True),
        ({"verified_at": None}, True),
        ({"verified_at": None, "added_at": NIGHT - timedelta(hours=1)}, False),
        ({"verified_at": None, "state": PeerState.PAUSED}, False),
        ({"verified_at": NIGHT + timedelta(minutes=1)}, False),
        # A clock was ahead: its proof is none, and nobody knows since when there is one to come.
        ({"verified_at": NIGHT + timedelta(days=365)}, True),
        ({"verified_at": None, "added_at": NIGHT + timedelta(days=365)}, True),
    ],
)
def test_a_peer_is_late_after_a_night_and_a_little(database: Database, more: dict[str, object], is_late: bool):
    with database.writes() as session:
        session.add(peer(**more))
    assert standing(database).is_late is is_late


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_what_waits_for_the_operator_is_told_and_a_run_that_goes_on_hides_it_not(database: Database):
    with database.writes() as session:
        session.add(peer(held_until=NIGHT + timedelta(minutes=1), failures=2, fault="no answer", cursor=3, head=8))
        session.add(run(NIGHT - timedelta(days=1), Verdict.HELD, deleted=0, put=4))
        session.add(run(NIGHT, None))
    found = standing(database)
    assert (found.is_held, found.is_running, found.failures, found.fault, found.lag) == (True, True, 2, "no answer", 5)
    assert found.last is not None
    assert (found.last.put, found.last.seconds) == (4, 300)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_what_a_clock_that_was_ahead_has_dated_proves_nothing_and_hides_nothing(database: Database):
    ahead = NIGHT + timedelta(days=365)
    with database.writes() as session:
        session.add(peer(verified_at=ahead, held_until=ahead))
        session.add(run(ahead, Verdict.VERIFIED))
        session.add(run(NIGHT - timedelta(hours=1), Verdict.HELD))
    found = standing(database)
    assert (found.verified_at, found.is_running, found.is_held, found.needs_somebody) == (None, False, True, True)
    age = f'samnod_sync_verified_age_seconds{{peer="{FAR}"}} +Inf'
    assert age in metrics.exposition(database, NIGHT).decode()


def test_lag_is_counted_within_a_generation():
    assert status.lag_of(3, 10) == 7
    assert status.lag_of(10, 3) == 0
    assert status.lag_of(900, GENERATION_SIZE + 5) == 5
