"""What an operator does with `samnod sync`: `run`, `status`, `verify`, `repair`, and what follows a restore."""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col

from app import cli, sync_run_commands
from app.core.db import Database, WriteSession
from app.organizations import replicas
from app.settings import settings
from app.sync import applying, buckets, peers, restoring, trying
from app.sync.calling import Line, calling
from app.sync.running import Node
from app.sync.schemas import Introduction
from app.sync.tables import SyncPeer, SyncRecord
from tests.sync.neighbours import record_id, said
from tests.sync.two_nodes import SECRETS, TwoNodes, remove, two_nodes, write

Samnod = Callable[..., tuple[int, str, str]]


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[TwoNodes]:
    with two_nodes("sqlite", tmp_path) as nodes:
        write(nodes.north, 1, 2)
        yield nodes


@pytest.fixture
def samnod(
    nodes: TwoNodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Samnod]:
    """Give `samnod(...)`: the command of south, which calls north without a network."""
    told = {"DATABASE_URL": nodes.south.url.render_as_string(hide_password=False), "VAR_DIR": str(tmp_path)}
    for name, value in (told | {"SECRET_KEY": SECRETS["south"].decode(), "NODE": "south"}).items():
        monkeypatch.setenv(f"SAMNOD_{name}", value)
    line = Line(nodes.wire, sleep=lambda _: None)
    monkeypatch.setattr(sync_run_commands, "Node", partial(Node, line=line))

    def run(*arguments: str) -> tuple[int, str, str]:
        settings.cache_clear()
        monkeypatch.setattr(sys, "argv", ["samnod", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    yield run
    settings.cache_clear()


def test_a_run_tells_what_it_did_and_fails_loudly(nodes: TwoNodes, samnod: Samnod):
    code, out, _ = samnod("sync", "run", "--dry-run")
    assert (code, "north: rehearsed; 2 written" in out, nodes.shown()) == (0, True, {})
    assert "would hold the same" in out
    assert "nothing was written" in out
    assert samnod("sync", "run", "--peer", "north") == (
        0,
        "north: verified; 2 written, 0 deleted, 0 unchanged; 1 pages, 2 requests.\n",
        "",
    )
    assert samnod("sync", "run", "--peer", "nobody")[0] == 1
    nodes.wire.cut.add("north.test")
    code, out, err = samnod("sync", "run")
    assert (code, "north: failed" in out, "does not answer" in err) == (1, True, True)
    code, out, err = samnod("sync", "status")
    assert (code, "2 records" in out, "does not answer" in out, "north" in err) == (1, True, True, True)
    nodes.wire.cut.clear()
    assert samnod("sync", "run")[0] == 0
    assert samnod("sync", "status")[0] == 0


def test_a_dry_run_proves_nothing_and_says_what_a_run_would_compare(nodes: TwoNodes, samnod: Samnod):
    samnod("sync", "run")
    write(nodes.north, 2, summary="Nyare.")
    with nodes.south.writes() as session:
        session.connection().execute(update(SyncPeer).values(run_id="another"))
    code, out, _ = samnod("sync", "run", "--dry-run")
    assert (code, "north: rehearsed; 0 written" in out) == (0, True)
    assert "no common past: a run would compare all, and fetch what differs. 1 sums differ now." in out
    assert "verified" not in out + samnod("sync", "run")[1]
    with nodes.south.writes() as session:
        of = col(SyncRecord.id) == record_id(1)
        session.connection().execute(update(SyncRecord).where(of).values(hash="0" * 64))
        buckets.put_right(session, "north")
    code, out, _ = samnod("sync", "run", "--dry-run")
    assert (code, "north: rehearsed; 0 written" in out, "would still differ then" in out) == (0, True, True)
    assert "north: reconciled; 1 written" in samnod("sync", "run")[1]
    assert "would hold the same" in samnod("sync", "run", "--dry-run")[1]


def test_a_dry_run_that_is_not_answered_or_would_be_held_says_so(nodes: TwoNodes, samnod: Samnod):
    write(nodes.north, *range(1, 61))
    samnod("sync", "run")
    remove(nodes.north, *range(1, 56))
    code, out, err = samnod("sync", "run", "--dry-run")
    assert (code, "north: held" in out, "samnod sync deletions allow north" in err) == (1, True, True)
    # A rehearsal holds nothing.
    assert "Nothing of north is held" in samnod("sync", "deletions", "allow", "north")[2]
    samnod("sync", "run")
    samnod("sync", "deletions", "allow", "north")
    code, out, _ = samnod("sync", "run", "--dry-run")
    assert (code, "55 deleted" in out, "would hold the same" in out, len(nodes.shown())) == (0, True, True, 60)
    nodes.wire.cut.add("north.test")
    code, out, err = samnod("sync", "run", "--dry-run")
    assert (code, "north: failed" in out, "does not answer" in err) == (1, True, True)


def test_what_is_wrong_is_verified_and_repaired(nodes: TwoNodes, samnod: Samnod):
    samnod("sync", "run")
    assert "agrees with itself" in samnod("sync", "verify")[1]
    with nodes.south.writes() as session:
        of = col(SyncRecord.id) == record_id(1)
        session.connection().execute(update(SyncRecord).where(of).values(payload="{}"))
    code, out, _ = samnod("sync", "verify", "--peer", "north")
    assert (code, "1 payloads were not" in out, "north: reconciled" in out) == (0, True, True)
    code, out, _ = samnod("sync", "repair")
    assert (code, "north: reconciled; 0 written" in out) == (0, True)
    assert nodes.are_equal()


@pytest.mark.deep
def test_what_is_kept_aside_is_listed_and_tried_again(nodes: TwoNodes, samnod: Samnod):
    with nodes.south.writes() as session:
        applying.write(session, "north", [said(7, 70, home="north", country="XX")])
    code, out, _ = samnod("sync", "quarantine", "list")
    assert (code, record_id(7) in out, "country" in out) == (0, True, True)
    assert samnod("sync", "quarantine", "retry")[1] == "0 records are written, 1 are still kept aside.\n"


def test_a_deletion_that_is_refused_is_told_until_it_is_done(
    nodes: TwoNodes, samnod: Samnod, monkeypatch: pytest.MonkeyPatch
):
    samnod("sync", "run")
    remove(nodes.north, 1)
    with monkeypatch.context() as patched:
        patched.setattr(replicas.REPLICAS, "forget", refuse)
        assert "0 written (0 parked, 1 quarantined), 1 deleted" in samnod("sync", "run")[1]
        assert samnod("sync", "quarantine", "retry")[1] == "0 records are written, 1 are still kept aside.\n"
    code, out, _ = samnod("sync", "status")
    assert (code, "1 records, 0 parked, 1 quarantined" in out, len(nodes.shown())) == (1, True, 2)
    assert nodes.are_equal()
    assert samnod("sync", "quarantine", "retry")[1] == "1 records are written, 0 are still kept aside.\n"
    assert (samnod("sync", "status")[0], list(nodes.shown())) == (0, [record_id(2)])


def refuse(_session: WriteSession, _home: str, _record_ids: Sequence[str]) -> None:
    raise RuntimeError("something hangs on it")


def test_a_new_token_is_used_when_the_peer_takes_it(nodes: TwoNodes, samnod: Samnod, monkeypatch: pytest.MonkeyPatch):
    line = Line(nodes.wire, sleep=lambda _: None)
    monkeypatch.setattr(trying, "calling", lambda contact, own, _: calling(contact, own, line))
    rotate = ("sync", "tokens", "rotate", "north")
    code, _, err = samnod(*rotate, "--use")
    assert (code, "north does not take the next token yet" in err) == (1, True)
    assert samnod("sync", "run")[0] == 0
    told = Introduction.model_validate_json(samnod(*rotate, "--url", "http://south.test")[1])
    with nodes.north.writes() as session:
        peers.add(session, told, own_id="north", may_be_private=True)
    assert samnod(*rotate, "--use")[0] == 0
    assert samnod("sync", "run")[0] == 0
    with nodes.north.reads() as session:
        assert peers.require_known(session, "south").token_hashes == [told.token_hash]
    # Nobody has been told of the one after that.
    assert samnod(*rotate, "--use")[0] == 1


def test_who_is_passed_by_is_not_believed(nodes: TwoNodes, samnod: Samnod):
    nodes.south.close()
    code, _, err = samnod("sync", "new-generation", "--from", "north", "--without", "north")
    assert (code, "north can be believed or passed by, and not both" in err) == (1, True)


@pytest.mark.deep
def test_deletions_are_let_through_once(nodes: TwoNodes, samnod: Samnod):
    write(nodes.north, *range(1, 61))
    samnod("sync", "run")
    remove(nodes.north, *range(1, 56))
    code, _, err = samnod("sync", "run")
    assert (code, "samnod sync deletions allow north" in err) == (1, True)
    assert samnod("sync", "deletions", "allow", "nobody")[0] == 1
    assert samnod("sync", "deletions", "allow", "north")[0] == 0
    assert "55 deleted" in samnod("sync", "run")[1]


def test_a_node_does_not_serve_under_a_name_that_no_peer_knows(
    nodes: TwoNodes, samnod: Samnod, monkeypatch: pytest.MonkeyPatch
):
    write(nodes.south, 5, home="south")
    monkeypatch.setenv("SAMNOD_NODE", "elsewhere")
    code, _, err = samnod("serve")
    assert (code, "SAMNOD_NODE is elsewhere, and peers know this node as south" in err) == (1, True)


def test_a_restored_node_asks_its_peers_before_it_serves(nodes: TwoNodes, samnod: Samnod):
    with nodes.south.writes() as session:
        restoring.mark(session)
    code, _, err = samnod("serve")
    assert (code, "samnod sync new-generation" in err) == (1, True)
    # Somebody has the database open.
    other = Database(nodes.south.url.render_as_string(hide_password=False))
    with other.reads() as session:
        restoring.is_waiting(session)
        code, _, err = samnod("sync", "new-generation")
    other.close()
    assert (code, "in use" in err) == (1, True)
    nodes.south.close()
    assert "nothing was written" in samnod("sync", "new-generation", "--dry-run")[1]
    nodes.wire.cut.add("north.test")
    nodes.south.close()
    code, _, err = samnod("sync", "new-generation")
    assert (code, "--without north" in err) == (1, True)
    nodes.wire.cut.clear()
    with nodes.north.writes() as session:
        applying.write(session, "south", [said(9, 70, home="south", summary="Läst i norr.")])
    nodes.south.close()
    code, _, err = samnod("sync", "new-generation")
    assert (code, record_id(9) in err, "To believe it: --from north\nNot to: --without north" in err) == (1, True, True)
    nodes.south.close()
    assert samnod("sync", "new-generation", "--from", "nobody")[0] == 1
    nodes.south.close()
    code, out, _ = samnod("sync", "new-generation", "--from", "north")
    assert (code, "1 records were newer" in out, "The server may start." in out) == (0, True, True)
    with nodes.south.reads() as session:
        assert not restoring.is_waiting(session)
