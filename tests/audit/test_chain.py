"""The audit log: a chain that shows what was changed, knows nobody who is erased, and never locks two writers up."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col
from typer.testing import CliRunner

from app.audit import checking
from app.audit import service as audit
from app.audit.checking import Verdict
from app.audit.rules import entry_hash
from app.audit.tables import AuditActor, AuditEntry, AuditHead
from app.cli import app as cli
from app.core.clock import now
from app.core.db import Database, rehearse
from app.journal import service as journal
from app.journal.vocabulary import Actor
from app.settings import settings

ANNA = Actor("anna", "org-of-anna", "buyer", "request-1")


@pytest.fixture(autouse=True)
def followed() -> Iterator[None]:
    """Let the log follow the journal, and nobody else."""
    kept = dict(journal._handlers)
    journal._handlers.clear()
    journal.subscribe(journal.EVERY, audit.follow)
    yield
    journal._handlers.clear()
    journal._handlers.update(kept)


def act(database: Database, action: str = "sign-in", actor: Actor | None = ANNA, object_id: str = "anna") -> None:
    """Write down one act in a transaction of its own."""
    with database.writes() as session:
        if actor:
            journal.acting(session, actor)
        audit.record(session, action, "person" if object_id == "anna" else "thing", object_id, after={"a": "å"})


def entries(database: Database) -> list[AuditEntry]:
    """Return the log, oldest first."""
    with database.reads() as session:
        return list(session.execute(select(AuditEntry).order_by(col(AuditEntry.seq))).scalars())


def verdict(database: Database, known: tuple[int, str] | None = None) -> Verdict:
    """Check the log."""
    with database.reads() as session:
        return checking.verify(session, known)


def test_an_act_is_written_with_who_did_it_and_no_name(database: Database):
    act(database)
    act(database, "invite", object_id="thing-1")
    first, second = entries(database)
    assert (first.seq, first.action, first.role, first.organization_id) == (1, "sign-in", "buyer", "org-of-anna")
    assert first.request_id == "request-1"
    assert first.actor == second.actor
    # A person is an object by its random id too.
    assert first.object_id == first.actor
    assert second.object_id == "thing-1"
    told = " ".join(str(value) for entry in (first, second) for value in entry.model_dump().values())
    assert " anna " not in told
    assert (first.previous, second.previous) == ("0" * 64, first.hash)
    assert verdict(database) == Verdict(2, 2, second.hash, "")


def test_what_was_before_and_after_can_only_be_known_with_the_key(database: Database):
    act(database, object_id="thing-1")
    (entry,) = entries(database)
    assert entry.before_hash is None
    assert entry.after_hash not in {None, journal.payload_hash({"a": "å"})}
    # The same content by somebody else has another hash.
    act(database, object_id="thing-1", actor=Actor("bo", "org", "buyer"))
    assert entries(database)[1].after_hash != entry.after_hash


def test_the_journals_changes_are_followed(database: Database):
    with database.writes() as session:
        journal.acting(session, ANNA)
        journal.record(session, journal.changed("thing", "t", "here", 1, {"name": "a"}))
        journal.record(session, journal.changed("thing", "t", "here", 2, {"name": "b"}, {"name": "a"}))
        journal.record(session, journal.removed("thing", "t", "here", 3, {"name": "b"}))
    made, changed, gone = entries(database)
    assert [one.action for one in (made, changed, gone)] == ["create", "change", "delete"]
    assert (made.before_hash, gone.after_hash) == (None, None)
    assert changed.before_hash == made.after_hash
    assert gone.before_hash == changed.after_hash


def test_what_is_undone_leaves_no_entry(database: Database):
    with database.writes() as session:
        audit.record(session, "invite", "thing", "t")
        rehearse(session)
    assert entries(database) == []
    assert verdict(database).fault == ""


def test_nobody_is_known_after_being_erased_and_the_chain_holds(database: Database):
    act(database)
    act(database, actor=Actor("bo", "org", "buyer"), object_id="thing-1")
    with database.writes() as session:
        journal.acting(session, ANNA)
        audit.record(session, "erase", "person", "anna")
        audit.forget(session, "anna")
    with database.reads() as session:
        known = set(session.execute(select(col(AuditActor.actor_id))).scalars())
    assert known == {"bo"}
    assert verdict(database).number == 3
    assert verdict(database).fault == ""
    # Not even the erasure itself leads back.
    assert entries(database)[2].actor != entries(database)[0].actor


def test_the_database_refuses_to_change_or_remove_an_entry(database: Database):
    act(database)
    for statement in (update(AuditEntry).values(action="other"), delete(AuditEntry)):
        with pytest.raises(DBAPIError), database.writes() as session:
            session.connection().execute(statement)
    assert [one.action for one in entries(database)] == ["sign-in"]


def unguard(database: Database) -> None:
    """Take away what guards the log: whoever owns the database can."""
    with database.writes() as session:
        for name in ("audit_entry_unchanged", "audit_entry_kept"):
            dropped = f"DROP TRIGGER {name}" if database.is_sqlite else f"DROP RULE {name} ON audit_entry"
            session.connection().execute(text(dropped))


def made_anew(database: Database, since: int, **changed: dict[int, object]) -> None:
    """Make the chain anew from an entry on, with other values in some: `at={1: …}`."""
    rows = [one.model_dump() for one in entries(database)]
    last = rows[since - 2]["hash"] if since > 1 else "0" * 64
    with database.writes() as session:
        for row in rows[since - 1 :]:
            row |= {name: values[row["seq"]] for name, values in changed.items() if row["seq"] in values}
            row["previous"] = last
            row["hash"] = last = entry_hash(row)
            session.connection().execute(update(AuditEntry).where(col(AuditEntry.seq) == row["seq"]).values(**row))
        session.connection().execute(update(AuditHead).values(hash=last))


def test_a_change_behind_its_back_is_found_where_it_is(database: Database):
    for number in range(5):
        act(database, f"act-{number}", object_id="thing-1")
    noted = (entries(database)[3].seq, entries(database)[3].hash)
    unguard(database)
    with database.writes() as session:
        session.connection().execute(update(AuditEntry).where(col(AuditEntry.seq) == 3).values(action="nothing"))
    assert verdict(database).fault == "entry 3 has been changed"
    assert verdict(database).number == 2
    # Whoever makes the rest of the chain anew is found by what was noted elsewhere.
    made_anew(database, since=3)
    assert verdict(database).fault == ""
    assert verdict(database, noted).fault == "entry 4 is another than the one that was noted"


@pytest.mark.parametrize(
    ("gone", "fault"),
    [
        (2, "entries 2 to 2 are missing"),
        (3, "entries are missing after 2: the last should be 3"),
        (1, "entries 1 to 1 are missing"),
    ],
)
def test_an_entry_that_is_missing_is_found(database: Database, gone: int, fault: str):
    for number in range(3):
        act(database, f"act-{number}")
    unguard(database)
    with database.writes() as session:
        session.connection().execute(delete(AuditEntry).where(col(AuditEntry.seq) == gone))
    assert verdict(database).fault == fault


def test_the_oldest_part_is_cut_off_and_the_rest_holds(database: Database):
    for number in range(4):
        act(database, f"act-{number}")
    old = now() - timedelta(days=6 * 365)
    # As if the first two had been written long ago: their hashes, and all that follow, are made of that.
    unguard(database)
    made_anew(database, since=1, at={1: old, 2: old})
    with database.writes() as session:
        assert checking.cut(session, now()) == 2
    with database.writes() as session:
        assert checking.cut(session, now()) == 0
    assert [entry.seq for entry in entries(database)] == [3, 4]
    assert (verdict(database).number, verdict(database).fault) == (2, "")
    act(database)
    assert verdict(database).fault == ""


def test_the_guard_lets_go_of_what_is_cut_off_and_of_nothing_else(database: Database):
    for number in range(3):
        act(database, f"act-{number}")
    with database.writes() as session:
        session.connection().execute(update(AuditHead).values(kept_from=2))
        session.connection().execute(delete(AuditEntry).where(col(AuditEntry.seq) < 2))
    with pytest.raises(DBAPIError), database.writes() as session:
        session.connection().execute(delete(AuditEntry).where(col(AuditEntry.seq) == 2))
    assert [entry.seq for entry in entries(database)] == [2, 3]


def test_many_who_write_at_once_make_one_chain_and_never_wait_for_each_other_for_ever(database: Database):
    def write(number: int) -> None:
        with database.writes() as session:
            journal.acting(session, Actor(f"actor-{number % 3}", "org", "buyer"))
            # The journal's step is the first in some transactions, and the log's in others.
            if number % 2:
                audit.record(session, "invite", "thing", str(number))
            journal.record(session, journal.changed("thing", str(number), "here", 1, {"name": number}))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(40)))
    assert (verdict(database).number, verdict(database).fault) == (60, "")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_command_checks_the_log_and_writes_it_out(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    act(database)
    act(database, "invite", object_id="thing-1")
    last = entries(database)[-1]
    file = tmp_path / "audit.jsonl"
    monkeypatch.setenv("SAMNOD_DATABASE_URL", database_url)
    monkeypatch.setenv("SAMNOD_VAR_DIR", str(tmp_path))
    settings.cache_clear()
    said = CliRunner().invoke(cli, ["audit", "verify"]).output
    assert f"2 entries hold. Note the last: 2:{last.hash}" in said
    assert CliRunner().invoke(cli, ["audit", "export", str(file)]).exit_code == 0
    settings.cache_clear()
    written = [json.loads(line) for line in file.read_text().splitlines()]
    assert [one["seq"] for one in written] == [1, 2]
    # Whoever has the file can check it alone.
    assert [entry_hash(one) for one in written] == [one["hash"] for one in written]
