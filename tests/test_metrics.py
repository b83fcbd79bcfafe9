"""The numbers of a node: for whoever watches over it, and for nobody else."""

from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from app import metrics
from app.core.db import Database
from app.jobs import service as jobs
from app.settings import Settings
from app.sync import envelopes
from app.sync.canonical import hash_of
from app.sync.vocabulary import Envelope, PeerState, RecordState, Verdict
from tests.client import client_of
from tests.sync.test_status import FAR, NIGHT, held, peer, run


def numbers(text: str) -> dict[tuple[str, ...], float]:
    """Return every sample, by its name and the values of its labels, in the order of the labels' names."""
    families = text_string_to_metric_families(text)
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value for sample in samples}


def test_the_numbers_are_those_of_the_database(database: Database):
    at = NIGHT + timedelta(hours=2)
    with database.writes() as session:
        session.add(peer(failures=1, cursor=3, head=8))
        session.add(peer(id="paused", verified_at=None, state=PeerState.PAUSED))
        session.add(run(NIGHT, Verdict.VERIFIED, put=2, deleted=1, quarantined=1, bytes=4_000))
        held(session, "a", "b")
        held(session, "c", state=RecordState.QUARANTINED)
        for number in (1, 2):
            unheard = Envelope(FAR, f"new-{number}", "d", number, 1, "PUT", "new/1.0", hash_of("{}"), "2026", "{}")
            envelopes.store(session, [unheard], {}, RecordState.PARKED)
        jobs.remember(session, "sync", at)
        jobs.take(session, "sync", holder="x", at=at)
        jobs.finish(session, "sync", holder="x", at=at, ran_for=at, done=None, fault="no answer")
    found = numbers(metrics.exposition(database, at).decode())
    assert found["samnod_sync_verified_age_seconds", FAR] == 2 * 60 * 60
    assert found["samnod_sync_verified_age_seconds", "paused"] == float("inf")
    assert (found["samnod_sync_lag", FAR], found["samnod_sync_failures", FAR]) == (5, 1)
    assert (found["samnod_sync_paused", FAR], found["samnod_sync_paused", "paused"]) == (0, 1)
    assert found["samnod_sync_records", FAR, "current", "enterprise"] == 2
    assert found["samnod_sync_records", FAR, "quarantined", "enterprise"] == 1
    assert found["samnod_sync_records", FAR, "parked", "other"] == 2
    assert found["samnod_sync_last_run_records", "put", FAR] == 2
    assert found["samnod_sync_last_run_verdict", FAR, "verified"] == 1
    assert (found["samnod_sync_last_run_bytes", FAR], found["samnod_sync_last_run_seconds", FAR]) == (4_000, 300)
    assert (found["samnod_letters", "queued"], found["samnod_job_failed", "sync"]) == (0, 1)
    assert found[("samnod_worker_heard_age_seconds",)] == 0


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_whoever_comes_from_here_reads_them_and_who_comes_through_a_proxy_does_not(app_client: httpx.Client):
    answer = app_client.get("/metrics")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert ("samnod_letters", "queued") in numbers(answer.text)
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        refused = app_client.get("/metrics", headers={name: "127.0.0.1"})
        assert (refused.status_code, refused.text) == (403, metrics.REFUSED)
    assert app_client.post("/metrics").status_code == 405


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("readers", "status"), [("127.0.0.0/8", 200), ("10.0.0.0/8,::1", 403), ("", 403), ("127.0.0.1", 200)]
)
def test_the_setting_says_who_reads_them(database: Database, readers: str, status: int):
    app = Starlette()
    app.state.database = database
    metrics.install(app, readers)
    with client_of(app) as client:
        assert client.get("/metrics").status_code == status


def test_a_setting_that_names_no_address_stops_the_start():
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 network"):
        Settings(metrics_from="10.0.0.0/8, everybody.example")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_silent_database_is_told_and_not_waited_for(database: Database):
    app = Starlette()
    database.close()
    app.state.database = Database("sqlite:////nowhere/at/all.db")
    metrics.install(app, "127.0.0.1")
    with client_of(app) as client:
        answer = client.get("/metrics")
    assert (answer.status_code, answer.text) == (503, metrics.SILENT)
