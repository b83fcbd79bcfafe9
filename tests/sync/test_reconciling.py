"""What a peer says when everything is compared is looked at before it is believed: buckets, digests and records."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from app.sync import reconciling, serving
from app.sync.calling import CallFault
from app.sync.reconciling import read_digest
from app.sync.tables import SyncPeer
from app.sync.vocabulary import PageKind, Verdict
from tests.sync.two_nodes import TwoNodes, remove, two_nodes, write


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[TwoNodes]:
    with two_nodes("sqlite", tmp_path) as nodes:
        yield nodes


@pytest.fixture
def lying(nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch):
    """Give what lets north sign other buckets than it has; south has read all that it says, and compares again."""
    write(nodes.north, *range(1, 71))
    nodes.pull()

    def lie(**instead: Any) -> None:
        honest = serving._signed

        def signed(session: Any, served: Any, peer: Any, kind: PageKind, nonce: str, said: dict[str, Any]) -> bytes:
            if kind is PageKind.BUCKET:
                said = said | {"records": [one | instead for one in said["records"]]}
            return honest(session, served, peer, kind, nonce, said)

        monkeypatch.setattr(serving, "_signed", signed)
        with nodes.south.writes() as session:
            session.connection().execute(update(SyncPeer).values(run_id="another"))

    return lie


def test_a_storm_that_buckets_do_not_tell_of_is_held(nodes: TwoNodes, lying: Any):
    remove(nodes.north, *range(1, 61))
    lying(method="PUT", hash="another")
    outcome = nodes.pull()
    assert (outcome.verdict, outcome.counts.deleted) == (Verdict.HELD, 0)
    assert len(nodes.shown()) == 70


def test_what_differs_is_fetched_a_part_at_a_time(nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch):
    write(nodes.north, *range(1, 71))
    nodes.pull()
    write(nodes.north, *range(1, 61), summary="Ändrad.")
    remove(nodes.north, *range(61, 71))
    with nodes.south.writes() as session:
        session.connection().execute(update(SyncPeer).values(run_id="another"))
    monkeypatch.setattr(reconciling, "_AT_ONCE", 10)
    outcome = nodes.pull()
    assert (outcome.verdict, outcome.counts.put, outcome.counts.deleted) == (Verdict.RECONCILED, 60, 10)
    assert set(nodes.shown().values()) == {"Ändrad."}
    assert nodes.are_equal()


def test_a_home_that_is_written_to_all_the_while_is_proved_equal(nodes: TwoNodes):
    write(nodes.north, *range(1, 11))
    nodes.pull()
    write(nodes.north, 1, summary="Ändrad.")
    with nodes.south.writes() as session:
        session.connection().execute(update(SyncPeer).values(run_id="another"))
    written = iter(range(11, 1000))

    def write_meanwhile(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
        number = next(written)
        write(nodes.north, number)
        remove(nodes.north, *([number - 2] if number % 3 == 0 else []))
        return answer

    nodes.wire.harm = write_meanwhile
    outcome = nodes.pull()
    assert (outcome.verdict, outcome.fault) == (Verdict.RECONCILED, None)
    nodes.wire.harm = None
    assert nodes.pull().verdict is Verdict.VERIFIED
    assert nodes.are_equal()


@pytest.mark.parametrize("name", ["elsewhere", "with\x00a hole", "x" * 37])
def test_a_bucket_that_names_what_is_not_in_it_is_refused(nodes: TwoNodes, lying: Any, name: str):
    write(nodes.north, 1, summary="Ändrad.")
    lying(id=name)
    outcome = nodes.pull()
    assert (outcome.verdict, "not in it" in str(outcome.fault)) == (Verdict.FAILED, True)
    assert len(nodes.shown()) == 70


@pytest.mark.parametrize(
    "wrong",
    [
        {"head": -1},
        {"head": 2**63},
        {"generation": 2**70},
        {"buckets": {"need": {"100": {"count": 1, "sum": "0"}}}},
        {"buckets": {f"type-{number}": {"00": {"count": 1, "sum": "0"}} for number in range(101)}},
        {"buckets": {"need": {"00": {"count": 1e400, "sum": "0"}}}},
        {"buckets": []},
    ],
)
def test_a_digest_of_what_cannot_be_is_refused(wrong: dict[str, Any]):
    with pytest.raises(CallFault):
        read_digest({"head": 1, "generation": 0, "buckets": {}} | wrong)
