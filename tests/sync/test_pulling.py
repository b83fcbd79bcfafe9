"""A run reads all that a peer says and proves it; whatever goes wrong, the next one ends with equal sums."""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import orjson
import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlmodel import col

from app.core.clock import now
from app.core.errors import InvalidContent
from app.organizations import replicas
from app.sync import buckets, drafting, leasing, pulling, serving
from app.sync.calling import Caller, CallFault
from app.sync.canonical import bucket_of
from app.sync.tables import SyncPeer, SyncRecord
from app.sync.vocabulary import PeerState, Verdict
from tests.engines import mostly_sqlite
from tests.sync.neighbours import record_id
from tests.sync.two_nodes import TwoNodes, remove, two_nodes, write


@pytest.fixture
def nodes(database_kind: str, tmp_path: Path) -> Iterator[TwoNodes]:
    with two_nodes(database_kind, tmp_path) as nodes:
        yield nodes


def set_peer(nodes: TwoNodes, **values: object) -> None:
    with nodes.south.writes() as session:
        session.connection().execute(update(SyncPeer).values(values))


def test_what_is_written_changed_and_removed_at_home_is_so_here(nodes: TwoNodes):
    write(nodes.north, 1, 2, 3)
    first = nodes.pull()
    assert (first.verdict, first.counts.put, first.fault) == (Verdict.VERIFIED, 3, None)
    write(nodes.north, 2, summary="Ändrad.")
    remove(nodes.north, 3)
    second = nodes.pull()
    assert (second.verdict, second.counts.put, second.counts.deleted) == (Verdict.VERIFIED, 1, 1)
    assert nodes.shown() == {record_id(1): "Skriven hemma.", record_id(2): "Ändrad."}
    assert nodes.are_equal()
    assert nodes.peer.failures == 0
    assert nodes.peer.verified_at is not None
    assert nodes.peer.held_until is None
    assert sorted((run.verdict, run.put, run.deleted, run.pages, bool(run.bytes)) for run in nodes.runs()) == [
        (Verdict.VERIFIED, 1, 1, 1, True),
        (Verdict.VERIFIED, 3, 0, 1, True),
    ]


def test_what_cannot_be_shown_here_is_kept_aside_and_the_rest_of_its_page_is_shown(
    nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch
):
    write_all = replicas.REPLICAS.write

    def but_for_poison(session, copies, drafted, **how):
        write_all(session, copies, drafted, **how)
        if any(one.payload["summary"] == "Gift." for one in copies):
            raise InvalidContent("Only afterwards is it seen that this cannot be kept.")

    monkeypatch.setattr(replicas.REPLICAS, "write", but_for_poison)
    write(nodes.north, 1, 2)
    write(nodes.north, 3, summary="Gift.")
    found = nodes.pull()
    assert (found.verdict, found.fault) == (Verdict.VERIFIED, None)
    assert (found.counts.put, found.counts.quarantined, found.pages) == (3, 1, 1)
    assert list(nodes.shown()) == [record_id(1), record_id(2)]
    assert nodes.are_equal()
    (run,) = nodes.runs()
    assert (run.put, run.quarantined, run.pages) == (3, 1, 1)


@mostly_sqlite
def test_an_idle_night_asks_no_more_than_three_times(nodes: TwoNodes):
    write(nodes.north, 1)
    nodes.pull()
    nodes.wire.asked.clear()
    assert nodes.pull().verdict is Verdict.VERIFIED
    assert len(nodes.wire.asked) == 2


@mostly_sqlite
def test_many_pages_are_read_to_the_end_and_a_rehearsal_writes_nothing(
    nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.sync.calling.PAGE_RECORDS", 3)
    write(nodes.north, *range(1, 9))
    told: list[int] = []
    seen = pulling.rehearse_pull(nodes.reader(tell=lambda step: told.append(step.cursor)), "north")
    assert (seen.counts.put, seen.pages, seen.is_good) == (8, 3, True)
    # What has come meanwhile is written at once: with each page, or with several.
    assert (told, told[-1]) == (sorted(told), 8)
    assert (nodes.shown(), nodes.runs(), nodes.peer.cursor) == ({}, [], 0)
    outcome = nodes.pull()
    assert (outcome.verdict, outcome.pages, outcome.counts.put) == (Verdict.VERIFIED, 3, 8)
    assert nodes.are_equal()


def test_what_processes_beside_have_drafted_is_written_as_any_other(nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.sync.calling.PAGE_RECORDS", 3)
    monkeypatch.setattr("app.sync.drafting._MANY", 1)
    write(nodes.north, *range(1, 30))
    first = nodes.pull()
    assert (first.verdict, first.counts.put, first.pages) == (Verdict.VERIFIED, 29, 10)
    # Some are changed, some are new, one cannot be shown any more, and one was deleted.
    write(nodes.north, *range(5, 20), summary="Ändrad.")
    write(nodes.north, *range(30, 60), summary="Ny.")
    remove(nodes.north, 1)
    read = replicas.REPLICAS.drafted

    def but_for_poison(copies, dialect):
        if any(one.id == record_id(7) for one in copies):
            raise InvalidContent("It cannot be read.")
        return read(copies, dialect)

    monkeypatch.setattr(replicas.REPLICAS, "drafted", but_for_poison)
    second = nodes.pull()
    assert (second.verdict, second.counts.put, second.counts.deleted) == (Verdict.VERIFIED, 45, 1)
    assert second.counts.quarantined == 1
    shown = dict.fromkeys(range(2, 30), "Skriven hemma.") | dict.fromkeys(range(5, 20), "Ändrad.")
    shown |= dict.fromkeys(range(30, 60), "Ny.")
    del shown[7]
    assert nodes.shown() == {record_id(number): summary for number, summary in shown.items()}
    assert nodes.are_equal()


@mostly_sqlite
@pytest.mark.parametrize("begun", [0, 2])
def test_a_run_beside_which_nothing_can_be_begun_fails_and_does_not_wait(
    nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch, begun: int
):
    monkeypatch.setattr("app.sync.calling.PAGE_RECORDS", 1)
    draft_of, asked = drafting.Beside.draft_of, []

    def no_more(processes, pages):
        asked.append(pages)
        if len(asked) > begun:
            raise OSError("no process can be begun")
        return draft_of(processes, pages)

    write(nodes.north, *range(1, 6))
    with monkeypatch.context() as patched:
        patched.setattr(drafting.Beside, "draft_of", no_more)
        outcome = nodes.pull()
    assert (outcome.verdict, outcome.counts.put) == (Verdict.FAILED, begun)
    assert "OSError" in (outcome.fault or "")
    assert nodes.pull().verdict is Verdict.VERIFIED
    assert nodes.are_equal()


@mostly_sqlite
def test_pages_before_a_fault_are_written_though_others_were_to_be_drafted_with_them(
    nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.sync.calling.PAGE_RECORDS", 1)
    monkeypatch.setattr("app.sync.drafting._MANY", 1)
    write(nodes.north, *range(1, 12))
    changes = Caller.changes

    def until_seven(caller, after, run):
        if after >= 6:
            raise CallFault("The line is dead.")
        return changes(caller, after, run)

    with monkeypatch.context() as patched:
        patched.setattr(Caller, "changes", until_seven)
        outcome = nodes.pull()
    assert (outcome.verdict, outcome.counts.put) == (Verdict.FAILED, 6)
    assert nodes.pull().counts.put == 5
    assert nodes.are_equal()


@mostly_sqlite
def test_what_differs_although_all_was_read_is_fetched_and_what_is_too_much_is_removed(nodes: TwoNodes):
    write(nodes.north, 1, 2, 3)
    nodes.pull()
    with nodes.south.writes() as session:
        # One is damaged, one is lost, and one is held that the home does not have.
        of = col(SyncRecord.id)
        session.connection().execute(update(SyncRecord).where(of == record_id(1)).values(hash="0" * 64))
        row = session.get_one(SyncRecord, ("north", "organization", record_id(3)))
        session.add(SyncRecord(**{**row.model_dump(), "id": record_id(9), "bucket": bucket_of(record_id(9))}))
        session.delete(session.get_one(SyncRecord, ("north", "organization", record_id(2))))
        session.flush()
        buckets.put_right(session, "north")
    outcome = nodes.pull()
    assert (outcome.verdict, outcome.fault) == (Verdict.RECONCILED, None)
    assert (outcome.counts.put, outcome.counts.deleted) == (2, 1)
    assert nodes.are_equal()
    assert nodes.pull().verdict is Verdict.VERIFIED


@mostly_sqlite
def test_sums_that_stay_different_fail_loudly(nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch):
    write(nodes.north, 1)
    held = buckets.held

    def wrong(session, home):
        sums = held(session, home)
        return {key: replace(total, sum=total.sum + 1) for key, total in sums.items()}

    # The same module serves and reads here: what is served is wrong, what is read is right.
    monkeypatch.setattr(
        serving, "buckets", type("Wrong", (), {"held": staticmethod(wrong), "as_json": buckets.as_json})
    )
    outcome = nodes.pull()
    assert outcome.verdict is Verdict.FAILED
    assert "do not hold the same" in str(outcome.fault)
    assert nodes.peer.failures == 1


@mostly_sqlite
@pytest.mark.parametrize("values", [{"run_id": "somebody-else-s"}, {"cursor": 10**6}], ids=["run", "ahead"])
def test_without_a_common_past_all_is_compared(nodes: TwoNodes, values: dict[str, object]):
    write(nodes.north, 1, 2)
    nodes.pull()
    write(nodes.north, 2, 3, summary="Nyare.")
    remove(nodes.north, 1)
    set_peer(nodes, **values)
    assert nodes.pull().verdict is Verdict.RECONCILED
    assert nodes.shown() == {record_id(2): "Nyare.", record_id(3): "Nyare."}
    assert nodes.are_equal()
    nodes.wire.asked.clear()
    assert nodes.pull().verdict is Verdict.VERIFIED
    assert len(nodes.wire.asked) == 2


def test_two_runs_never_overlap_and_one_that_was_left_behind_is_taken_over(nodes: TwoNodes):
    write(nodes.north, 1)
    set_peer(nodes, held_until=now() + leasing.LENGTH / 2, holder=leasing.this_process())
    refused = nodes.pull()
    assert (refused.verdict, refused.is_good) == (None, False)
    assert nodes.runs() == []
    assert pulling.pull(nodes.reader(), "north", take_over=True).verdict is Verdict.VERIFIED


@pytest.mark.deep
@mostly_sqlite
@pytest.mark.parametrize(
    "left",
    [timedelta(seconds=-1), timedelta(days=365), timedelta(seconds=60)],
    ids=["over", "by a wrong clock", "died"],
)
def test_a_lease_that_nobody_can_hold_any_more_stops_nobody(nodes: TwoNodes, left: timedelta):
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    died = leasing.this_process().rpartition(" ")[0] + f" {child}"
    set_peer(nodes, held_until=now() + left, holder=died if left == timedelta(seconds=60) else "elsewhere 1")
    assert nodes.pull().verdict is Verdict.VERIFIED


def test_a_run_that_was_taken_over_writes_nothing_more(nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch):
    write(nodes.north, 1)
    monkeypatch.setattr(nodes.wire, "harm", overtaken_by_another_run(nodes))
    outcome = nodes.pull()
    assert (outcome.verdict, outcome.is_good) == (Verdict.UNFINISHED, False)
    assert (nodes.shown(), nodes.peer.cursor, nodes.peer.fence) == ({}, 0, 7)
    monkeypatch.setattr(nodes.wire, "harm", None)
    assert pulling.pull(nodes.reader(), "north", take_over=True).verdict is Verdict.VERIFIED
    assert sorted(str(run.verdict) for run in nodes.runs()) == ["unfinished", "verified"]


def overtaken_by_another_run(nodes: TwoNodes):
    def harm(_request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        set_peer(nodes, fence=7)
        return answer

    return harm


@mostly_sqlite
def test_a_storm_of_deletions_deletes_nothing_until_it_is_allowed_once(
    nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.sync.calling.PAGE_RECORDS", 40)
    write(nodes.north, *range(1, 71))
    nodes.pull()
    # On the first page alone it is no storm.
    remove(nodes.north, *range(1, 61))
    for _ in range(2):
        held = nodes.pull()
        assert (held.verdict, held.counts.deleted, held.is_good) == (Verdict.HELD, 0, False)
        assert "samnod sync deletions allow north" in str(held.fault)
    assert len(nodes.shown()) == 70
    set_peer(nodes, deletions_allowed=True)
    allowed = nodes.pull()
    assert (allowed.verdict, allowed.counts.deleted) == (Verdict.VERIFIED, 60)
    assert not nodes.peer.deletions_allowed


@pytest.mark.deep
@mostly_sqlite
def test_a_storm_is_held_too_when_all_is_compared(nodes: TwoNodes):
    write(nodes.north, *range(1, 71))
    nodes.pull()
    remove(nodes.north, *range(1, 61))
    set_peer(nodes, run_id="another")
    assert nodes.pull().verdict is Verdict.HELD
    assert len(nodes.shown()) == 70
    set_peer(nodes, deletions_allowed=True)
    assert nodes.pull().verdict is Verdict.RECONCILED
    assert len(nodes.shown()) == 10


@pytest.mark.deep
@mostly_sqlite
def test_a_few_deletions_or_a_small_share_are_no_storm(nodes: TwoNodes):
    write(nodes.north, *range(1, 52))
    nodes.pull()
    remove(nodes.north, *range(1, 51))
    assert nodes.pull().verdict is Verdict.VERIFIED


@mostly_sqlite
def test_a_peer_that_is_silent_is_tried_again_a_few_times_and_does_not_stop_the_others(nodes: TwoNodes):
    nodes.wire.cut.add("north.test")
    (outcome,) = pulling.pull_all(nodes.reader(), ["north"])
    assert (outcome.verdict, outcome.requests) == (Verdict.FAILED, 5)
    assert len(nodes.waited) == 4
    assert (nodes.peer.failures, nodes.peer.fault) == (1, outcome.fault)
    nodes.wire.cut.clear()
    assert nodes.pull().verdict is Verdict.VERIFIED
    assert (nodes.peer.failures, nodes.peer.fault) == (0, None)


@mostly_sqlite
def test_a_peer_that_was_just_removed_does_not_stop_the_others(nodes: TwoNodes):
    write(nodes.north, 1)
    gone, read = pulling.pull_all(nodes.reader(), ["gone", "north"])
    assert (gone.verdict, gone.is_good, gone.fault) == (None, False, "gone is no peer any more.")
    assert read.verdict is Verdict.VERIFIED
    assert not pulling.reconcile_with(nodes.reader(), "gone").is_good
    assert not pulling.rehearse_pull(nodes.reader(), "gone").is_good


@mostly_sqlite
@pytest.mark.parametrize("where", [(leasing, "begin"), (buckets, "held")], ids=["before it begins", "as it begins"])
def test_a_database_that_is_silent_when_a_run_begins_does_not_stop_the_others(
    nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch, where: tuple[object, str]
):
    write(nodes.north, 1)
    silent_once(monkeypatch, *where)
    failed, read = pulling.pull_all(nodes.reader(), ["north", "north"])
    assert (failed.verdict, "database is locked" in str(failed.fault)) == (Verdict.FAILED, True)
    assert read.verdict is Verdict.VERIFIED
    assert nodes.are_equal()
    # One that has begun is written down as it ended, and nobody keeps its lease.
    ended = [Verdict.VERIFIED] if where[1] == "begin" else [Verdict.FAILED, Verdict.VERIFIED]
    assert sorted(run.verdict or "open" for run in nodes.runs()) == ended


def silent_once(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> None:
    """Let the database be locked the first time that this is called."""
    usual, called = getattr(module, name), []

    def silent(*arguments, **named):
        called.append(name)
        if len(called) == 1:
            raise OperationalError("SELECT 1", {}, sqlite3.OperationalError("database is locked"))
        return usual(*arguments, **named)

    monkeypatch.setattr(module, name, silent)


@pytest.mark.deep
@mostly_sqlite
def test_a_run_that_takes_too_long_goes_on_the_next_time(nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch):
    write(nodes.north, 1)
    assert nodes.pull(seconds=0.0).verdict is Verdict.UNFINISHED
    assert nodes.peer.failures == 0
    assert nodes.pull().verdict is Verdict.VERIFIED


@pytest.mark.deep
@mostly_sqlite
def test_a_paused_peer_is_not_read(nodes: TwoNodes):
    set_peer(nodes, state=PeerState.PAUSED)
    told = nodes.pull()
    assert (told.verdict, told.fault) == (None, "north is paused.")


@pytest.mark.deep
@mostly_sqlite
def test_an_acknowledgement_that_is_lost_costs_one_comparison(nodes: TwoNodes):
    write(nodes.north, 1)
    nodes.pull()

    def lost(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        return httpx.Response(500) if request.url.path.endswith("/ack") else answer

    nodes.wire.harm = lost
    told = nodes.pull()
    assert (told.verdict, told.is_good) == (Verdict.VERIFIED, False)
    nodes.wire.harm = None
    assert nodes.pull().verdict is Verdict.RECONCILED
    assert nodes.pull().verdict is Verdict.VERIFIED


def damaged(nodes: TwoNodes, change) -> None:
    """Let the first page of changes that comes be changed, and every later one be as it was sent."""
    done: list[int] = []

    def harm(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if done or not request.url.path.endswith("/changes"):
            return answer
        done.append(1)
        body = b"".join(answer.stream)
        if answer.headers.get("content-encoding") == "gzip":
            return httpx.Response(200, headers=answer.headers, stream=httpx.ByteStream(change(body)))
        return httpx.Response(200, stream=httpx.ByteStream(change(body)))

    nodes.wire.harm = harm


DAMAGE = {
    "cut off": lambda body: body[: len(body) // 2],
    "without its last line": lambda body: body[: body[:-1].rfind(b"\n") + 1],
    "one letter": lambda body: body.replace(b"Skriven", b"Skrivet", 1),
    "a line twice": lambda body: body.replace(lines(body)[1], lines(body)[1] * 2, 1),
    "lines in another order": lambda body: b"".join([lines(body)[0], lines(body)[2], lines(body)[1], lines(body)[3]]),
    "nothing": lambda _: b"",
    "not JSON": lambda _: b"<html>\n</html>\n",
    "too large": lambda _: b"{}\n" * 2_000,
    "too deep": lambda _: b"[" * 100_000 + b"\n",
}


def lines(body: bytes) -> list[bytes]:
    return body.splitlines(keepends=True)


OFTEN = ("cut off",)


@mostly_sqlite
@pytest.mark.parametrize("what", [one if one in OFTEN else pytest.param(one, marks=pytest.mark.deep) for one in DAMAGE])
def test_a_page_that_was_damaged_is_asked_for_again(nodes: TwoNodes, what: str):
    write(nodes.north, 1, 2)
    damaged(nodes, DAMAGE[what])
    assert nodes.pull().verdict is Verdict.VERIFIED
    assert len([one for one in nodes.wire.asked if one.url.path.endswith("/changes")]) == 2
    assert nodes.are_equal()


@mostly_sqlite
def test_a_page_that_answers_another_question_is_not_taken(nodes: TwoNodes):
    write(nodes.north, 1)
    kept: list[bytes] = []

    def replay(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if request.url.path.endswith("/changes"):
            kept.append(b"".join(answer.stream))
            return httpx.Response(200, stream=httpx.ByteStream(kept[0]))
        return answer

    nodes.wire.harm = replay
    assert nodes.pull().verdict is Verdict.VERIFIED
    write(nodes.north, 2)
    outcome = nodes.pull()
    assert (outcome.verdict, "another question" in str(outcome.fault)) == (Verdict.FAILED, True)
    assert list(nodes.shown()) == [record_id(1)]
    nodes.wire.harm = None
    assert nodes.pull().verdict is Verdict.VERIFIED


@pytest.mark.deep
@mostly_sqlite
def test_a_page_signed_with_another_key_is_not_taken(nodes: TwoNodes):
    write(nodes.north, 1)
    key = next(iter(nodes.peer.public_keys))
    right = dict(nodes.peer.public_keys)
    set_peer(nodes, public_keys={key: "A" * 43 + "="})
    outcome = nodes.pull()
    assert (outcome.verdict, "signature" in str(outcome.fault)) == (Verdict.FAILED, True)
    assert len(nodes.wire.asked) == 1
    set_peer(nodes, public_keys=right)
    assert nodes.pull().verdict is Verdict.VERIFIED


@pytest.mark.deep
@mostly_sqlite
def test_a_refusal_is_told_and_not_tried_again(nodes: TwoNodes):
    def refuse(_request: httpx.Request, _answer: httpx.Response) -> httpx.Response:
        return httpx.Response(403, stream=httpx.ByteStream(orjson.dumps({"detail": "You are paused\u0007 here."})))

    nodes.wire.harm = refuse
    outcome = nodes.pull()
    assert (outcome.requests, outcome.fault) == (1, "The peer refused (403): You are paused here.")
