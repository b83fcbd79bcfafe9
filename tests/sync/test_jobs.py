"""The worker reads every peer in its night, catches up what was missed, and stops between two pages."""

from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

import pytest

from app import sync_jobs
from app.core.db import Database
from app.sync import checking, identity, leasing, pulling, restoring
from app.sync.applying import Counts
from app.sync.running import Node, Outcome, Progress
from app.sync.vocabulary import PeerState, Verdict
from app.worker import JOBS, Context, Worker
from tests.mail.letters import SENDER
from tests.sync.test_status import FAR, NIGHT, peer, run

HOME = "here"
# Swedish winter time is an hour ahead of UTC: the night begins at half past one.
BEGINS = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
TONIGHT = sync_jobs.last_night(HOME, FAR, BEGINS + timedelta(hours=2))
YESTERDAY = TONIGHT - timedelta(days=1)
YEAR = timedelta(days=365)
YEAR_TO_COME = TONIGHT + YEAR


def context(database: Database, at: datetime = NIGHT, *, stopping: bool = False) -> Context:
    """Return what a job is given."""
    return Context(database, b"secret", HOME, SENDER, None, "holder", at, lambda: stopping)


def test_each_peer_has_a_minute_of_its_own_in_the_hour_after_half_past_two():
    minutes = {sync_jobs.last_night(HOME, f"node-{n}", BEGINS + timedelta(hours=2)) for n in range(20)}
    assert all(BEGINS <= one < BEGINS + timedelta(hours=1) for one in minutes)
    assert len(minutes) > 15
    assert sync_jobs.last_night(HOME, FAR, TONIGHT) == TONIGHT
    assert sync_jobs.last_night(HOME, FAR, TONIGHT - timedelta(seconds=1)) == YESTERDAY
    # Half past two does not exist in the night when summer begins, and comes twice when it ends.
    for day in (datetime(2027, 3, 28, 12, tzinfo=UTC), datetime(2027, 10, 31, 12, tzinfo=UTC)):
        assert timedelta(0) < day - sync_jobs.last_night(HOME, FAR, day) < timedelta(hours=12)


HELD = {"held_until": TONIGHT + timedelta(hours=3, minutes=4)}
HELD_ELSEWHERE = HELD | {"holder": "elsewhere 1"}
# No process has a number as high as that.
KILLED_HERE = HELD | {"holder": f"{leasing.this_process().rpartition(' ')[0]} {2**30}"}
CASES: list[tuple[str, dict[str, Any], tuple[timedelta, Verdict | None] | None, timedelta, bool]] = [
    ("just before its minute", {}, (-timedelta(days=1), Verdict.VERIFIED), -timedelta(seconds=1), False),
    ("in its minute", {}, (-timedelta(days=1), Verdict.VERIFIED), timedelta(0), True),
    ("read tonight", {}, (timedelta(0), Verdict.VERIFIED), timedelta(hours=5), False),
    ("read by hand since", {}, (timedelta(hours=1), Verdict.VERIFIED), timedelta(hours=5), False),
    ("nobody worked at night", {}, (-timedelta(days=3), Verdict.VERIFIED), timedelta(hours=9), True),
    (
        "added today, so not before the night",
        {"added_at": TONIGHT + timedelta(hours=6)},
        None,
        timedelta(hours=7),
        False,
    ),
    ("never read, though its night has come", {}, None, timedelta(minutes=1), True),
    ("paused", {"state": PeerState.PAUSED}, None, timedelta(minutes=1), False),
    ("failed, and long not verified", {}, (timedelta(0), Verdict.FAILED), timedelta(hours=3), True),
    ("failed, a minute ago", {}, (timedelta(hours=2), Verdict.FAILED), timedelta(hours=2, minutes=1), False),
    ("stopped, and long not verified", {}, (timedelta(0), Verdict.UNFINISHED), timedelta(hours=3), True),
    ("waits for the operator", {}, (timedelta(0), Verdict.HELD), timedelta(hours=5), False),
    ("goes on", HELD_ELSEWHERE, (timedelta(0), None), timedelta(hours=3), False),
    ("was cut off by its machine", {}, (timedelta(0), None), timedelta(hours=3), True),
    ("was cut off, and its lease is over", HELD_ELSEWHERE, (timedelta(0), None), timedelta(hours=3, minutes=5), True),
    ("was killed here a minute ago", KILLED_HERE, (timedelta(0), None), timedelta(hours=3), True),
    ("was cut off, and was proved a day ago", {}, (timedelta(0), None), timedelta(hours=1, minutes=30), False),
    # A clock that was ahead has dated what is yet to come.
    ("read in the year to come", {"verified_at": YEAR_TO_COME}, (YEAR, Verdict.VERIFIED), timedelta(hours=5), True),
    ("failed in the year to come", {}, (YEAR, Verdict.FAILED), timedelta(hours=5), True),
    ("added in the year to come", {"added_at": YEAR_TO_COME, "verified_at": None}, None, timedelta(hours=5), True),
    (
        "read tonight, and proved in the year to come",
        {"verified_at": YEAR_TO_COME},
        (timedelta(0), Verdict.VERIFIED),
        timedelta(hours=1),
        True,
    ),
    (
        "read by a machine that is a minute ahead",
        {"verified_at": TONIGHT + timedelta(minutes=1)},
        (timedelta(minutes=1), Verdict.VERIFIED),
        timedelta(0),
        False,
    ),
]


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("more", "last", "after", "is_due"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_when_a_peer_is_read(
    database: Database,
    more: dict[str, Any],
    last: tuple[timedelta, Verdict | None] | None,
    after: timedelta,
    *,
    is_due: bool,
):
    with database.writes() as session:
        session.add(peer(**({"verified_at": TONIGHT - timedelta(days=1)} | more)))
        if last:
            session.add(run(TONIGHT + last[0], last[1]))
    at = TONIGHT + after
    assert sync_jobs.due(database, HOME, at) == ([FAR] if is_due else [])
    assert sync_jobs.is_any_due(context(database, at)) is is_due


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_run_of_the_year_to_come_hides_none_that_was_read_since(database: Database):
    with database.writes() as session:
        session.add(peer(verified_at=TONIGHT))
        session.add(run(YEAR_TO_COME, Verdict.FAILED))
        session.add(run(TONIGHT, Verdict.VERIFIED))
    assert sync_jobs.due(database, HOME, TONIGHT + timedelta(hours=5)) == []


def test_a_node_that_was_put_back_from_a_backup_reads_nobody_before_it_has_asked_them(database: Database):
    with database.writes() as session:
        session.add(peer(verified_at=None))
        identity.begin(session)
    night = context(database, TONIGHT + timedelta(minutes=1))
    assert sync_jobs.is_any_due(night)
    with database.writes() as session:
        restoring.mark(session)
    assert not sync_jobs.is_any_due(night)
    assert sync_jobs.tell_own_anew(night) == 0


def test_a_peer_that_fails_stops_no_other_and_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    with database.writes() as session:
        session.add(peer(id="a", verified_at=None))
        session.add(peer(id="b", verified_at=None))
    read = []

    def pull(node: Node, name: str) -> Outcome:
        read.append((node.id, name))
        failed = Outcome(name, Verdict.FAILED, fault="no answer")
        return failed if name == "a" else Outcome(name, Verdict.RECONCILED)

    monkeypatch.setattr(pulling, "pull", pull)
    assert sync_jobs.read_peers(context(database, TONIGHT + timedelta(hours=2))) == 1
    assert read == [(HOME, "a"), (HOME, "b")]
    (warning,) = caplog.records
    assert (warning.peer, warning.fault) == ("a", "no answer")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_worker_that_is_asked_to_stop_leaves_the_run_at_its_checkpoint(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    with database.writes() as session:
        session.add(peer(verified_at=None))
    asked, pages = [], []

    def pull(node: Node, name: str) -> Outcome:
        for page in range(3):
            pages.append(page)
            asked.append(page == 1)
            node.tell(Progress(name, 0, page, 3, Counts()))
        return Outcome(name, Verdict.VERIFIED)

    monkeypatch.setattr(pulling, "pull", pull)
    at = TONIGHT + timedelta(hours=2)
    ending = Context(database, b"secret", HOME, SENDER, None, "holder", at, lambda: bool(asked and asked[-1]))
    assert sync_jobs.read_peers(ending) == 0
    assert pages == [0, 1]


def test_what_does_not_agree_with_itself_is_told_home_by_home(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    with database.writes() as session:
        session.add(peer())
    checked = []

    def check(_database: Database, home: str, *, is_own: bool) -> checking.Found:
        checked.append((home, is_own))
        return checking.Found(sums=0 if is_own else 2)

    monkeypatch.setattr(checking, "check", check)
    assert sync_jobs.check_all(context(database)) == 1
    assert checked == [(HOME, True), (FAR, False)]
    (warning,) = caplog.records
    assert (warning.home, warning.sums) == (FAR, 2)
    assert sync_jobs.check_all(context(database, stopping=True)) == 0


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_worker_has_the_jobs_and_keeps_the_lease_of_a_long_run(database: Database, monkeypatch: pytest.MonkeyPatch):
    named = {job.name: job for job in JOBS}
    assert {"sync", "sync-audit", "sync-verify", "sync-retention"} <= named.keys()
    with database.writes() as session:
        session.add(peer(verified_at=None))
    renewed = []
    monkeypatch.setattr("app.jobs.service.LEASE", timedelta(seconds=0.3))
    monkeypatch.setattr("app.jobs.service.renew", lambda *_, **__: renewed.append(1))

    def pull(_node: Node, name: str) -> Outcome:
        deadline = datetime.now(UTC) + timedelta(seconds=10)
        while not renewed and datetime.now(UTC) < deadline:
            sleep(0.01)
        return Outcome(name, Verdict.VERIFIED)

    monkeypatch.setattr(pulling, "pull", pull)
    worker = Worker(database, b"secret", HOME, SENDER, None, (named["sync"],), lambda: TONIGHT + timedelta(hours=2))
    assert worker.run_due() == 1
    assert renewed
