"""`samnod sync introduce`, `peers`, `keys`, `tokens` and `erasures`, as whoever runs a node meets them."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from app import cli
from app.audit import checking
from app.audit.tables import AuditEntry
from app.core.clock import now
from app.core.db import Database
from app.journal import copies
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.settings import settings
from app.sync import buckets, envelopes, erasures, identity, peers, trying
from app.sync.canonical import canonical, hash_of
from app.sync.kinds import KINDS
from app.sync.tables import SyncPeer
from app.sync.vocabulary import Envelope, PeerState, Verdict
from app.wiring import wire
from tests.databases import migrated_database
from tests.engines import mostly_sqlite
from tests.keys import SECRET
from tests.sync.copying import SORTS
from tests.sync.peering import SECRET_OF_SODRA, SODRA, introduction_of, organization, removed
from tests.sync.test_status import run

Samnod = Callable[..., tuple[int, str, str]]
pytestmark = mostly_sqlite


@pytest.fixture
def samnod(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Samnod]:
    """Give `samnod(...)`: the command of norr; its exit code, and what it said and complained."""
    told = {"DATABASE_URL": database_url, "VAR_DIR": str(tmp_path), "SECRET_KEY": SECRET, "NODE": "norr"}
    for name, value in (told | {"NODE_NAME": "Norrbotten", "BASE_URL": "https://norr.example/"}).items():
        monkeypatch.setenv(f"SAMNOD_{name}", value)
    # Nobody answers a question.
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
        for name, value in environment.items():
            monkeypatch.setenv(f"SAMNOD_{name.upper()}", value)
        settings.cache_clear()
        monkeypatch.setattr(sys, "argv", ["samnod", "sync", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    yield run
    settings.cache_clear()


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    return written(tmp_path / "sodra.json")


def written(path: Path, **said: Any) -> Path:
    told = introduction_of(SODRA, SECRET_OF_SODRA).model_dump(mode="json") | said
    path.write_text(json.dumps(told), "utf-8")
    return path


def peer_of(database: Database) -> SyncPeer:
    with database.reads() as session:
        return session.get_one(SyncPeer, "sodra")


def test_an_introduction_says_who_this_is_and_nothing_secret(samnod: Samnod):
    code, said, hint = samnod("introduce", "sodra")
    told = json.loads(said)
    assert code == 0
    assert (told["id"], told["name"], told["url"]) == ("norr", "Norrbotten", "https://norr.example")
    token = identity.token_for(SECRET.encode(), "sodra", identity.FIRST_SEED)
    assert told["token_hash"] == identity.token_hash(token)
    assert token not in said
    assert SECRET not in said
    assert "samnod sync peers add" in hint
    # The same however often it is asked for, also when the peer is known by then.
    assert json.loads(samnod("introduce", "sodra")[1]) == told
    other = json.loads(samnod("introduce", "sodra", "--url", "https://inside.norr.example")[1])
    assert other == told | {"url": "https://inside.norr.example"}
    assert json.loads(samnod("introduce", "mitt")[1])["token_hash"] != told["token_hash"]


def test_a_node_without_a_name_or_an_address_is_introduced_to_nobody(samnod: Samnod):
    code, _, complaint = samnod("introduce", "sodra", base_url="")
    assert (code, "SAMNOD_BASE_URL" in complaint) == (1, True)
    for name in ("local", "norra noden"):
        code, _, complaint = samnod("introduce", "sodra", node=name)
        assert (code, "SAMNOD_NODE" in complaint) == (1, True)


def test_a_node_that_is_named_late_adopts_what_it_has_written(samnod: Samnod, database: Database, theirs: Path):
    wire()
    for sort in SORTS.values():
        sort.write(database)
    code, _, hint = samnod("introduce", "sodra")
    assert (code, "samnod sync adopt a" in hint) == (0, True)
    code, said, _ = samnod("adopt", "a")
    assert (code, said) == (0, f"{len(SORTS)} records of a are norr's now.\n")
    assert "adopt" not in samnod("introduce", "sodra")[2]
    with database.reads() as session:
        assert list(envelopes.unsaid(session, "norr")) == []
        assert buckets.held(session, "norr") == buckets.counted(session, "norr")
        assert sum(one.count for one in buckets.held(session, "norr").values()) == len(SORTS)
        assert all(
            kind.REPLICAS.own_ids(session, "norr") and not kind.REPLICAS.own_ids(session, "a")
            for kind in KINDS.values()
        )
    samnod("peers", "add", str(theirs))
    code, _, complaint = samnod("adopt", "sodra")
    assert (code, "do not change hands" in complaint) == (1, True)


def test_what_was_written_under_both_names_is_adopted_as_well(samnod: Samnod, database: Database, tmp_path: Path):
    wire()
    erasures.append(tmp_path, [erasures.Erasure("2026-11-22", "a", "need", "gone", 2)])
    with database.writes() as session:
        for home, number in (("a", "5560360793"), ("norr", "2021002387")):
            organizations.register(session, organization_named(f"Exempel {home}", number), home=home)
    assert samnod("adopt", "a")[:2] == (0, "2 records of a are norr's now.\n")
    with database.reads() as session:
        assert buckets.held(session, "norr") == buckets.counted(session, "norr")
        assert buckets.held(session, "a") == {}
    assert [one.home for one in erasures.read(tmp_path)] == ["a", "norr"]
    with database.writes() as session:
        organizations.register(session, organization_named("twice", "2021002387"), home="local")
    code, _, complaint = samnod("adopt", "local")
    assert (code, "remove one of the two" in complaint) == (1, True)


def test_a_peer_of_the_name_that_this_node_had_is_refused(samnod: Samnod, theirs: Path, database: Database):
    wire()
    with database.writes() as session:
        organizations.register(session, organization_named("Exempel", "2021002387"), home="sodra")
    code, _, complaint = samnod("peers", "add", str(theirs))
    assert (code, "samnod sync adopt sodra" in complaint) == (1, True)
    samnod("adopt", "sodra")
    assert samnod("peers", "add", str(theirs))[0] == 0


def test_numbers_that_two_nodes_tell_of_are_listed(samnod: Samnod, database: Database):
    wire()
    with database.writes() as session:
        for home, number in (("norr", "5560360793"), ("sodra", "5560360793"), ("norr", "2021002387"), ("norr", None)):
            organizations.register(session, organization_named(f"Exempel {home}", number), home=home)
    code, said, _ = samnod("doubles")
    lines = said.splitlines()
    assert (code, lines[0], lines[-1]) == (0, "organization 5560360793", "Numbers that more than one node tells of: 1")
    assert [line.split()[0] for line in lines[1:-1]] == ["norr", "sodra"]
    assert "Exempel sodra" in said


def organization_named(name: str, number: str | None) -> OrganizationCreate:
    said = {"name": name, "organisation_number": number, "country": "SE", "kind": "association", "source": "test"}
    return OrganizationCreate.model_validate(said)


def test_a_peer_is_added_listed_paused_moved_and_resumed(samnod: Samnod, theirs: Path, database: Database):
    assert "no peer" in samnod("peers", "list")[1]
    code, said, _ = samnod("peers", "add", str(theirs))
    assert (code, said.splitlines()[0]) == (0, "sodra (Skåne) at https://sodra.example is a peer now.")
    kid = next(iter(introduction_of(SODRA, SECRET_OF_SODRA).keys))
    assert samnod("peers", "list")[1] == f"sodra  active  https://sodra.example  Skåne  keys {kid}, one token\n"
    with database.reads() as session:
        assert copies.nodes(session)["sodra"].name == "Skåne"
    samnod("peers", "pause", "sodra")
    assert peer_of(database).state is PeerState.PAUSED
    samnod("peers", "resume", "sodra")
    assert peer_of(database).state is PeerState.ACTIVE
    samnod("peers", "url", "sodra", "https://skane.example/")
    assert peer_of(database).url == "https://skane.example"
    with database.reads() as session:
        assert copies.nodes(session)["sodra"].url == "https://skane.example"


def test_an_introduction_is_read_from_standard_input(
    samnod: Samnod, theirs: Path, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "stdin", io.StringIO(theirs.read_text("utf-8")))
    assert samnod("peers", "add", "-")[0] == 0
    assert peer_of(database).name == "Skåne"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"id": "norr"}, "this node itself"),
    ({"protocol": "samnod-sync/2"}, "speaks samnod-sync/1"),
    ({"id": "a/b"}, "id:"),
    ({"token_hash": "secret"}, "token_hash:"),
    ({"keys": {}}, "keys:"),
    ({"keys": {"a": "bm8ga2V5"}}, "is not whole"),
    ({"keys": {"a": "/w=="}}, "is not whole"),
    ({"url": "http://sodra.example"}, "--allow-private"),
    ({"url": "https://127.0.0.1:8000"}, "--allow-private"),
    ({"url": "https://[::1]"}, "--allow-private"),
    ({"url": "https://10.0.0.7"}, "--allow-private"),
    ({"url": "https://169.254.169.254"}, "--allow-private"),
    ({"url": "https://localhost"}, "--allow-private"),
    ({"url": "https://user:word@sodra.example"}, "not the address of a node"),
    ({"name": "Skåne\x1b[2J"}, "name:"),
    ({"name": "Sk\u202eåne"}, "name:"),
    ({"url": "https://sodra.exa\nmple"}, "url:"),
    ({"url": "ftp://sodra.example"}, "not the address of a node"),
    ({"url": "https://sodra.example/?a=b"}, "not the address of a node"),
    ({"url": "https://[sodra"}, "not the address of a node"),
    ({"url": "https://sodra.example:port"}, "not the address of a node"),
]


def test_what_cannot_be_a_peer_is_refused(samnod: Samnod, tmp_path: Path, database: Database):
    for said, complaint in WRONG:
        code, _, told = samnod("peers", "add", str(written(tmp_path / "wrong.json", **said)))
        assert (code, complaint in told) == (1, True), (said, told)
    with database.reads() as session:
        assert peers.listed(session) == []


def test_a_private_address_is_the_operators_decision(samnod: Samnod, tmp_path: Path, database: Database):
    file = written(tmp_path / "near.json", url="http://127.0.0.1:8001")
    assert samnod("peers", "add", str(file), "--allow-private")[0] == 0
    assert (peer_of(database).url, peer_of(database).may_be_private) == ("http://127.0.0.1:8001", True)
    assert "may be private" in samnod("peers", "list")[1]
    assert samnod("peers", "url", "sodra", "http://127.0.0.1:8002")[0] == 1
    assert samnod("peers", "url", "sodra", "http://127.0.0.1:8002", "--allow-private")[0] == 0


def test_what_is_no_introduction_is_told_in_a_sentence(samnod: Samnod, tmp_path: Path):
    (tmp_path / "words").write_text("hej")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name, complaint in (("words", "no introduction"), ("bytes", "not UTF-8"), ("nothing", "nothing")):
        code, _, told = samnod("peers", "add", str(tmp_path / name))
        assert (code, complaint in told) == (1, True), told


def test_what_no_introduction_can_say_is_a_sentence(samnod: Samnod, theirs: Path, tmp_path: Path):
    for told, complaint in (
        (("introduce", "Bad Name"), "is no id of a node"),
        (("introduce", "norr"), "norr is this node itself"),
        (("introduce", "sodra", "--url", "ht tp:/"), "is not the address of a node"),
        (("introduce", "sodra", "--url", "ftp://norr.example"), "is not the address of a node"),
    ):
        code, _, said = samnod(*told)
        assert (code, complaint in said) == (1, True), said
    code, _, said = samnod("introduce", "sodra", node_name="Norr\tbotten")
    assert (code, "name: " in said) == (1, True), said
    meant = written(tmp_path / "misled.json", addressee="mitt")
    code, _, said = samnod("peers", "add", str(meant), node_name="Norrbotten")
    assert (code, "for mitt, and this node is norr" in said) == (1, True)


def test_a_private_address_is_allowed_once(samnod: Samnod, tmp_path: Path):
    theirs = written(tmp_path / "private.json", url="http://10.0.0.7:8000")
    assert samnod("peers", "add", str(theirs))[0] == 1
    assert samnod("peers", "add", str(theirs), "--allow-private")[0] == 0
    assert samnod("peers", "add", str(theirs))[0] == 0
    assert samnod("peers", "add", str(written(tmp_path / "moved.json", url="http://10.0.0.8:8000")))[0] == 1


def test_nobody_knows_a_peer_that_is_none(samnod: Samnod):
    for told in (
        ("peers", "remove", "mitt", "--keep-copies"),
        ("peers", "remove", "mitt"),
        ("peers", "pause", "mitt"),
        ("peers", "url", "mitt", "https://mitt.example"),
        ("tokens", "rotate", "mitt"),
        ("tokens", "rotate", "mitt", "--use"),
    ):
        code, _, complaint = samnod(*told)
        assert (code, "There is no peer mitt" in complaint) == (1, True)


def with_a_copy(database: Database) -> None:
    payload = canonical({"name": "Skånes exempel"})
    copy = Envelope("sodra", "unheard-of", "one", 7, 1, "PUT", "unheard-of/1.0", hash_of(payload), "2026", payload)
    with database.writes() as session:
        envelopes.store(session, [copy], {})


def copies_of(database: Database) -> int:
    with database.reads() as session:
        return len(envelopes.held_of(session, "sodra", "unheard-of", ["one"]))


def test_a_peer_that_leaves_takes_its_records_along_or_not(samnod: Samnod, theirs: Path, database: Database):
    samnod("peers", "add", str(theirs))
    with_a_copy(database)
    code, said, _ = samnod("peers", "remove", "sodra", "--keep-copies")
    assert (code, "Its records stay" in said) == (0, True)
    assert copies_of(database) == 1
    with database.reads() as session:
        assert "sodra" in copies.nodes(session)
    samnod("peers", "add", str(theirs))
    code, said, _ = samnod("peers", "remove", "sodra", "--remove-copies")
    assert code == 0
    assert copies_of(database) == 0
    with database.reads() as session:
        assert copies.nodes(session) == {}


def test_whoever_removes_a_peer_is_asked_about_its_copies(
    samnod: Samnod, theirs: Path, database: Database, monkeypatch: pytest.MonkeyPatch
):
    samnod("peers", "add", str(theirs))
    with_a_copy(database)
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    code, said, _ = samnod("peers", "remove", "sodra")
    assert (code, "Remove the copies of sodra's records too?" in said) == (0, True)
    assert copies_of(database) == 1


def test_keys_are_rotated_so_that_peers_can_learn_them(samnod: Samnod, database: Database):
    first = json.loads(samnod("introduce", "sodra")[1])["keys"]
    samnod("keys", "rotate")
    both = json.loads(samnod("introduce", "sodra")[1])["keys"]
    assert len(both) == 2
    assert first.items() <= both.items()
    with database.reads() as session:
        assert identity.identity_of(session, SECRET.encode()).signer.kid in first
    assert samnod("keys", "drop")[0] == 1
    assert "1 old keys" in samnod("keys", "drop", "--yes")[1]
    with database.reads() as session:
        assert identity.identity_of(session, SECRET.encode()).signer.kid not in first
    assert "only one key" in samnod("keys", "drop")[1]


def test_a_key_that_was_dropped_is_forgotten_by_peers_too(
    samnod: Samnod, theirs: Path, tmp_path: Path, database: Database, database_kind: str
):
    (tmp_path / "sodra").mkdir()
    samnod("peers", "add", str(theirs))
    files = {name: tmp_path / f"{name}.json" for name in ("first", "rotated", "dropped")}

    def hand_over(name: str) -> set[str]:
        files[name].write_text(samnod("introduce", "sodra")[1], "utf-8")
        return set(json.loads(files[name].read_text("utf-8"))["keys"])

    first = hand_over("first")
    samnod("keys", "rotate")
    both = hand_over("rotated")
    said = samnod("keys", "drop", "--yes")[1].splitlines()
    assert said[1].startswith("Peers believe the old ones until")
    assert said[2:] == ["    samnod sync introduce sodra"]
    newest = hand_over("dropped")
    assert newest == both - first

    with migrated_database(database_kind, tmp_path / "sodra") as url:
        of_sodra = {"database_url": url, "node": "sodra", "base_url": "https://sodra.example"}

        def add(name: str, *options: str) -> tuple[int, str]:
            code, _, complaint = samnod("peers", "add", str(files[name]), *options, **of_sodra)
            return code, complaint

        def known() -> set[str]:
            return set(samnod("peers", "list")[1].partition("  keys ")[2].partition(", one token")[0].split(", "))

        for name, keys in (("first", first), ("rotated", both), ("dropped", newest)):
            assert add(name) == (0, "")
            assert known() == keys
        for name in ("first", "rotated"):
            code, complaint = add(name)
            assert (code, "is older than the one that was added of norr" in complaint) == (1, True)
        assert add("dropped") == (0, "")
        assert known() == newest
        # The operator knows better: theirs was put back, or has forgotten this node.
        assert add("rotated", "--older") == (0, "")
        assert known() == both


def test_keys_that_are_all_new_are_asked_about(samnod: Samnod, theirs: Path, tmp_path: Path, database: Database):
    samnod("peers", "add", str(theirs))
    told = introduction_of(SODRA, b"the secret of somebody else altogether")
    other = written(tmp_path / "other.json", keys=told.keys)
    assert samnod("peers", "add", str(other))[0] == 1
    assert told.keys != peer_of(database).public_keys
    assert samnod("peers", "add", str(other), "--new-keys")[0] == 0
    assert told.keys == peer_of(database).public_keys


def test_nobody_calls_with_the_token_of_another(samnod: Samnod, theirs: Path, tmp_path: Path):
    samnod("peers", "add", str(theirs))
    code, _, told = samnod("peers", "add", str(written(tmp_path / "copied.json", id="mitt")))
    assert (code, "token is that of sodra" in told) == (1, True)


def test_what_another_node_says_moves_no_cursor(samnod: Samnod, theirs: Path, database: Database):
    samnod("peers", "add", str(theirs))
    with database.writes() as session:
        session.execute(update(SyncPeer).values(name="Sk\x1b[2J\u202eåne", public_keys={"[/]": ""}))
    assert "Sk\ufffd[2J\ufffdåne  keys [/]" in samnod("peers", "list")[1]


def test_what_an_operator_does_is_in_the_audit_log(
    samnod: Samnod, theirs: Path, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(trying, "try_next_token", lambda *_: None)
    with database.writes() as session:
        session.add(run(now(), Verdict.HELD, peer="sodra"))
    # A new generation is begun when nobody else has the database open.
    database.close()
    for told in (
        ("peers", "add", str(theirs)),
        ("peers", "add", str(theirs)),
        ("peers", "pause", "sodra"),
        ("peers", "resume", "sodra"),
        ("peers", "url", "sodra", "https://skane.example"),
        ("deletions", "allow", "sodra"),
        ("tokens", "rotate", "sodra", "--use"),
        ("peers", "remove", "sodra", "--remove-copies"),
        ("keys", "rotate"),
        ("keys", "drop", "--yes"),
        ("adopt", "local"),
        ("new-generation",),
    ):
        assert samnod(*told)[0] == 0, told
    with database.reads() as session:
        entries = session.execute(select(AuditEntry).order_by(col(AuditEntry.seq))).scalars().all()
        assert [(one.action, one.object_type, one.object_id) for one in entries] == [
            *((f"peer.{act}", "peer", "sodra") for act in ("add", "introduce", "pause", "resume", "move")),
            *((f"peer.{act}", "peer", "sodra") for act in ("allow-deletions", "rotate-token", "remove")),
            ("keys.rotate", "node", "own"),
            ("keys.drop", "node", "own"),
            ("node.adopt", "node", "local"),
            ("generation.begin", "node", "own"),
        ]
        assert checking.verify(session).fault == ""


def test_tokens_are_rotated_in_two_steps(
    samnod: Samnod, theirs: Path, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(trying, "try_next_token", lambda *_: None)
    samnod("peers", "add", str(theirs))
    code, said, hint = samnod("tokens", "rotate", "sodra")
    assert (code, "--use" in hint) == (0, True)
    coming = json.loads(said)["token_hash"]
    assert peer_of(database).token_seed == "1"
    assert samnod("tokens", "rotate", "sodra", "--use")[0] == 0
    seed = peer_of(database).token_seed
    assert identity.token_hash(identity.token_for(SECRET.encode(), "sodra", seed)) == coming
    assert json.loads(samnod("introduce", "sodra")[1])["token_hash"] == coming


def test_the_ledger_is_completed(samnod: Samnod, database: Database, tmp_path: Path):
    removed(database, organization(database))
    assert samnod("erasures")[1].startswith("1 erasures were missing")
    assert [one.home for one in erasures.read(tmp_path)] == ["norr"]
    assert samnod("erasures")[1].startswith("0 erasures")
