"""The worker: one of several runs a job, what was missed is caught up once, and a job that fails stops no other."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import update

from app.core.clock import zone
from app.core.db import Database
from app.jobs import service as jobs
from app.jobs.tables import JobRun
from app.jobs.vocabulary import LastRun
from app.worker import JOBS, Context, Job, Worker
from tests.mail.letters import SENDER

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
DAILY = CronTrigger(hour=7, timezone=zone("SE"))


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


def a_worker(database: Database, *work: Job, clock: Clock | None = None, **more: Any) -> Worker:
    """Return a worker with jobs of the test's own."""
    return Worker(database, b"secret", "test", SENDER, None, work, clock or Clock(), **more)


def last_runs(database: Database) -> dict[str, LastRun]:
    """Return how the last run of each job went."""
    with database.reads() as session:
        return {one.name: one for one in jobs.runs(session)}


def test_what_was_missed_is_caught_up_once(database: Database):
    ran: list[datetime] = []

    def note(context: Context) -> int:
        ran.append(context.at)
        return 3

    clock = Clock()
    worker = a_worker(database, Job("daily", DAILY, note), clock=clock)
    # A node that has just begun has missed nothing.
    assert (worker.run_due(), ran) == (0, [])
    clock.at = NOON + timedelta(hours=12)
    assert (worker.run_due(), ran) == (0, [])
    # Down for three mornings: once, and then not before the next.
    clock.at = NOON + timedelta(days=3)
    assert (worker.run_due(), worker.run_due(), ran) == (3, 0, [clock.at])
    run = last_runs(database)["daily"]
    assert (run.started_at, run.ended_at, run.done, run.fault) == (clock.at, clock.at, 3, None)
    clock.at += timedelta(days=1)
    assert worker.run_due() == 3


def test_of_two_workers_one_runs_a_job_at_a_time(database: Database):
    inside, ran, go = threading.Event(), [], threading.Event()

    def slow(context: Context) -> int:
        ran.append(context.holder)
        inside.set()
        assert go.wait(20)
        return 1

    job = Job("often", IntervalTrigger(seconds=3), slow)
    one, other = a_worker(database, job), a_worker(database, job)
    first = threading.Thread(target=one.run_due)
    first.start()
    assert inside.wait(20)
    assert other._run(job) == 0
    go.set()
    first.join()
    assert ran == [one.holder]
    # It has been given back.
    assert other._run(job) == 1


def test_the_job_of_a_worker_that_died_is_taken_when_its_lease_has_run_out(database: Database):
    job = Job("often", IntervalTrigger(seconds=3), lambda _context: 1)
    with database.writes() as session:
        jobs.remember(session, "often", NOON)
        assert jobs.take(session, "often", holder="dead", at=NOON)
    clock = Clock()
    worker = a_worker(database, job, clock=clock)
    clock.at = NOON + jobs.LEASE - timedelta(seconds=1)
    assert worker.run_due() == 0
    clock.at = NOON + jobs.LEASE
    assert worker.run_due() == 1
    with database.writes() as session:
        jobs.finish(session, "often", holder="dead", at=NOON, ran_for=NOON, done=99, fault=None)
    assert last_runs(database)["often"].done == 1


def test_what_a_clock_that_was_ahead_has_dated_is_not_believed(database: Database):
    daily = Job("daily", DAILY, lambda _context: 1)
    ahead = NOON + timedelta(days=366)
    with database.writes() as session:
        jobs.remember(session, "daily", ahead)
        assert jobs.take(session, "daily", holder="dead", at=ahead)
    worker = a_worker(database, daily)
    assert (worker.run_due(), worker.run_due()) == (1, 0)


def test_a_job_that_fails_is_told_and_the_others_go_on(database: Database, caplog: pytest.LogCaptureFixture):
    def fail(_context: Context) -> int:
        raise RuntimeError("the reason")

    worker = a_worker(
        database, Job("a", IntervalTrigger(seconds=3), fail), Job("b", IntervalTrigger(seconds=3), lambda _context: 2)
    )
    assert worker.run_due() == 2
    runs = last_runs(database)
    assert (runs["a"].fault, runs["a"].done, runs["b"].fault) == ("RuntimeError: the reason", None, None)
    assert "a job has failed" in caplog.text


def test_what_has_nothing_to_do_writes_nothing(database: Database):
    worker = a_worker(
        database, Job("often", IntervalTrigger(seconds=3), lambda _context: 1, waits=lambda _context: False)
    )
    worker._run(worker.work[0])
    assert last_runs(database) == {}


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_worker_that_is_stopped_finishes_what_it_does_and_begins_nothing(database: Database):
    inside, done = threading.Event(), []

    def slow(context: Context) -> int:
        inside.set()
        while not context.stopping():
            threading.Event().wait(0.01)
        done.append("finished")
        return 1

    worker = a_worker(database, Job("slow", IntervalTrigger(seconds=1), slow))
    runs = threading.Thread(target=worker.run_for_ever)
    runs.start()
    assert inside.wait(20)
    worker.stop()
    runs.join(20)
    assert not runs.is_alive()
    assert done == ["finished"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_worker_ends_when_nobody_wants_it_any_more(database: Database):
    worker = a_worker(database)
    runs = threading.Thread(target=worker.run_for_ever, kwargs={"wanted": lambda: False})
    runs.start()
    runs.join(20)
    assert not runs.is_alive()


def test_every_job_runs_on_an_empty_node(database: Database):
    clock = Clock()
    worker = a_worker(database, *JOBS, clock=clock)
    worker.run_due()
    with database.writes() as session:
        session.connection().execute(update(JobRun).values(ran_for=NOON - timedelta(days=40)))
    worker.run_due()
    runs = last_runs(database)
    assert set(runs) >= {job.name for job in JOBS if job.waits is None}
    assert {name: run.fault for name, run in runs.items() if run.fault} == {}
    assert len({job.name for job in JOBS}) == len(JOBS)
