"""Backups: a file that holds one moment of the database, and a database that is what the file held, on both kinds."""

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select, text, update
from sqlmodel import col
from typer.testing import CliRunner

from app.backups import contents, postgresql, service, sqlite
from app.backups.contents import Refused
from app.backups.files import checksum_of, format_of
from app.cli import app as cli
from app.core.clock import now
from app.core.columns import new_id
from app.core.db import Database
from app.core.text import sort_key
from app.enterprises.tables import Enterprise, EnterpriseAlias
from app.enterprises.vocabulary import Kind, Lifecycle, Ownership
from app.journal.generations import GENERATION_SIZE
from app.journal.tables import JournalCounter, JournalEntry
from app.journal.vocabulary import Method
from app.matching import index as matching_index
from app.migrating import what_is_missing
from app.settings import settings as program_settings
from app.sync import erasures
from benchmarks import postgres
from tests.databases import empty_database, migrated_database
from tests.test_migrations import alembic_config

WRITERS = 2


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server's own pg_dump and pg_restore be found first: the machine's may be older than the server."""
    monkeypatch.setenv("PATH", f"{postgres.programs()}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Give the name of a backup file that is not there yet, in a folder of its own."""
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "samnod.backup"


@pytest.fixture
def other_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a second, empty database of the same kind."""
    (tmp_path / "other").mkdir()
    with empty_database(database_kind, tmp_path / "other") as url:
        yield url


def quietly(_stage: str, _done: float | None) -> None:
    """Tell nobody how far it is."""


def back_up(url: str, file: Path, *, force: bool = False, tell: contents.Tell = quietly) -> service.Saved:
    return service.back_up(url, file, force=force, tell=tell)


def restore(url: str, file: Path, *, force: bool = False, generation: int = 1) -> service.Restored:
    ledger = service.Ledger(file.parent, "test")
    return service.restore(url, file, ledger, force=force, generation=generation, tell=quietly)


def add_enterprise(database: Database, name: str = "Exempel Städ") -> str:
    """Write, in one transaction, an enterprise, its alias and a line of the journal; return the enterprise's id."""
    enterprise = Enterprise(
        id=new_id(),
        home="test",
        source="test",
        name=name,
        name_sort=sort_key(name),
        country="SE",
        kind=Kind.ENTERPRISE,
        lifecycle=Lifecycle.ACTIVE,
        public_ownership=next(iter(Ownership)),
        language="sv",
    )
    with database.writes() as session:
        session.add(enterprise)
        session.flush()
        session.add(EnterpriseAlias(enterprise_id=enterprise.id, name=f"{name} \\ \t med fler\nord"))
        value = col(JournalCounter.value)
        number = session.execute(update(JournalCounter).values(value=value + 1).returning(value)).scalar_one()
        session.add(
            JournalEntry(
                seq=number,
                type="enterprise",
                record_id=enterprise.id,
                home="test",
                rev=1,
                method=Method.PUT,
                payload_hash="0" * 64,
                at=now(),
            )
        )
        return enterprise.id


def everything(url: str) -> contents.Contents:
    """Return what the database at `url` holds."""
    database = Database(url)
    with database.reads() as session:
        found = contents.contents_of(session.connection())
    database.close()
    return found


def names(url: str) -> list[str]:
    """Return the names of the enterprises in the database at `url`."""
    database = Database(url)
    with database.reads() as session:
        found = list(session.execute(select(col(Enterprise.name)).order_by(col(Enterprise.name))).scalars())
    database.close()
    return found


def counter_of(url: str) -> int:
    """Return the last number of the journal at `url`."""
    database = Database(url)
    with database.reads() as session:
        found = session.execute(select(col(JournalCounter.value))).scalar_one()
    database.close()
    return found


def test_the_demo_comes_back_whole_in_another_database(demo_url: str, other_url: str, saved):
    told = back_up(demo_url, saved)
    there = everything(demo_url)
    assert (told.rows, told.size) == (there.total, saved.stat().st_size)
    assert restore(other_url, saved) == (there.total, there.revision, 1, True, False, 0)
    assert everything(other_url) == there
    again = Database(other_url)
    with again.reads() as session:
        assert what_is_missing(again) is None
        # Blobs and numbers too: the index that ranks agrees with the registry, posting by posting.
        assert matching_index.check(session) == []
    again.close()


def test_the_file_and_its_checksum_are_for_the_owner_alone(database_url: str, saved: Path):
    back_up(database_url, saved)
    assert sorted(saved.parent.iterdir()) == [saved, checksum_of(saved)]
    assert [file.stat().st_mode & 0o777 for file in saved.parent.iterdir()] == [0o600, 0o600]


def test_what_is_written_meanwhile_is_in_the_backup_whole_or_not_at_all(
    database: Database, database_url: str, other_url: str, saved: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sqlite, "_PAGES_A_STEP", 1)
    before = add_enterprise(database)
    written: list[str] = []

    def write_meanwhile(stage: str, _done: float | None) -> None:
        if stage == "Copying" and len(written) < 5:
            written.append(add_enterprise(database))

    back_up(database_url, saved, tell=write_meanwhile)
    assert written
    restore(other_url, saved)
    restored = Database(other_url)
    with restored.reads() as session:
        assert session.execute(select(col(Enterprise.id))).scalars().all() == [before]
    restored.close()


def test_what_was_erased_since_does_not_come_back(database: Database, database_url: str, other_url: str, saved: Path):
    stays, goes = add_enterprise(database), add_enterprise(database, "Exempel Snickeri")
    back_up(database_url, saved)
    erasures.append(saved.parent, [erasures.Erasure("2026-11-22T00:00:00+00:00", "test", "enterprise", goes, 2)])
    assert restore(other_url, saved).erased == 1
    restored = Database(other_url)
    with restored.reads() as session:
        assert session.execute(select(col(Enterprise.id))).scalars().all() == [stays]
    restored.close()


def test_a_backup_among_many_writers_holds_every_transaction_whole(
    database: Database, database_url: str, other_url: str, saved: Path
):
    stop = threading.Event()
    begun = threading.Barrier(WRITERS + 1)

    def write() -> int:
        add_enterprise(database)
        begun.wait(timeout=30)
        written = 1
        while not stop.is_set():
            add_enterprise(database)
            written += 1
        return written

    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(write) for _ in range(WRITERS)]
        try:
            begun.wait(timeout=30)
            back_up(database_url, saved)
        finally:
            stop.set()
        written = sum(writer.result() for writer in writers)
    restore(other_url, saved)
    restored = Database(other_url)
    with restored.reads() as session:
        tables = (Enterprise, EnterpriseAlias, JournalEntry)
        counts = {session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}
        highest = session.execute(select(func.max(col(JournalEntry.seq)))).scalar_one()
    restored.close()
    assert counts == {highest}
    assert WRITERS <= highest <= written


def test_a_restored_journal_goes_on_above_every_number_that_others_have_seen(
    database: Database, database_url: str, other_url: str, saved: Path
):
    add_enterprise(database)
    database.close()
    back_up(database_url, saved)
    assert restore(other_url, saved).generation == 1
    assert counter_of(other_url) == GENERATION_SIZE
    later = Database(other_url)
    add_enterprise(later)
    later.close()
    # What was written after the first restore is lost by the second, and its numbers are not given again.
    assert restore(other_url, saved, force=True).generation == 2
    assert restore(other_url, saved, force=True, generation=9).generation == 9
    assert counter_of(other_url) == 9 * GENERATION_SIZE


def test_a_database_with_rows_is_replaced_only_by_force(database: Database, database_url: str, saved: Path):
    add_enterprise(database, "Exempel Ett")
    database.close()
    back_up(database_url, saved)
    add_enterprise(database, "Exempel Två")
    database.close()
    with pytest.raises(Refused, match=r"not empty .* --force"):
        restore(database_url, saved)
    assert names(database_url) == ["Exempel Ett", "Exempel Två"]
    restore(database_url, saved, force=True)
    assert names(database_url) == ["Exempel Ett"]


def test_a_migrated_database_without_records_counts_as_empty(
    database: Database, database_url: str, database_kind, tmp_path, saved
):
    add_enterprise(database)
    database.close()
    back_up(database_url, saved)
    (tmp_path / "new").mkdir()
    with migrated_database(database_kind, tmp_path / "new") as url:
        assert restore(url, saved).generation == 1
        assert names(url) == ["Exempel Städ"]


def test_a_database_of_somebody_else_does_not_count_as_empty(database_url: str, other_url: str, saved: Path):
    back_up(database_url, saved)
    theirs = Database(other_url)
    with theirs.writes() as session:
        session.connection().execute(text("CREATE TABLE letters (body VARCHAR(9))"))
        session.connection().execute(text("INSERT INTO letters VALUES ('dear')"))
    theirs.close()
    with pytest.raises(Refused, match="not empty"):
        restore(other_url, saved)
    with pytest.raises(Refused, match="not migrated"):
        back_up(other_url, saved.with_name("theirs"))


def test_a_failure_on_the_way_leaves_what_was_there(
    database: Database, database_url: str, saved: Path, monkeypatch: pytest.MonkeyPatch
):
    add_enterprise(database, "Exempel Ett")
    database.close()
    back_up(database_url, saved)
    add_enterprise(database, "Exempel Två")
    database.close()
    before = (everything(database_url), counter_of(database_url))

    def fail(_url: str) -> None:
        raise RuntimeError("no disk")

    monkeypatch.setattr(service, "upgrade", fail)
    with pytest.raises(RuntimeError, match="no disk"):
        restore(database_url, saved, force=True)
    assert (everything(database_url), counter_of(database_url)) == before
    if database.is_sqlite:
        assert (
            sorted(path.name for path in sqlite.file_of(database).parent.iterdir())
            == ["backups", "other", "samnod.db"][::2]
        )
    else:
        schemas = inspect(database.write_engine).get_schema_names()
        assert [name for name in schemas if name.startswith("samnod_replaced")] == []
    database.close()


def test_a_database_in_use_is_not_replaced(database: Database, database_url: str, saved: Path):
    add_enterprise(database)
    back_up(database_url, saved)
    with database.reads() as session:
        session.connection()
    # As a server that answers nobody at the moment: connected, without a transaction.
    with pytest.raises(Refused, match="in use"):
        restore(database_url, saved, force=True)
    database.close()
    restore(database_url, saved, force=True)


def test_a_backup_of_an_older_shape_is_migrated(database_kind: str, other_url: str, saved: Path, tmp_path: Path):
    (tmp_path / "older").mkdir()
    with empty_database(database_kind, tmp_path / "older") as url:
        config = alembic_config(url)
        first = ScriptDirectory.from_config(config).get_base()
        command.upgrade(config, str(first))
        back_up(url, saved)
    assert restore(other_url, saved).revision == first
    restored = Database(other_url)
    assert what_is_missing(restored) is None
    restored.close()


def test_a_backup_of_a_newer_shape_is_refused(database: Database, database_url: str, other_url: str, saved: Path):
    with database.writes() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    database.close()
    back_up(database_url, saved)
    with pytest.raises(Refused, match="newer Samnod"):
        restore(other_url, saved)
    assert everything(other_url).rows == {}


def test_a_file_that_changed_after_it_was_saved_is_refused(database: Database, database_url: str, other_url, saved):
    add_enterprise(database)
    database.close()
    back_up(database_url, saved)
    content = bytearray(saved.read_bytes())
    content[-100] ^= 1
    saved.write_bytes(content)
    with pytest.raises(Refused, match="not as it was saved"):
        restore(other_url, saved)
    checksum_of(saved).unlink()
    saved.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(Refused, match="damaged"):
        restore(other_url, saved)
    assert everything(other_url).rows == {}


def test_a_file_is_not_written_over_without_force(database_url: str, saved: Path):
    saved.write_text("mine")
    with pytest.raises(Refused, match="already a file"):
        back_up(database_url, saved)
    assert saved.read_text() == "mine"
    back_up(database_url, saved, force=True)
    assert format_of(saved)
    assert list(saved.parent.glob(".*")) == []


def test_the_database_is_no_place_for_its_own_backup(tmp_path: Path):
    with migrated_database("sqlite", tmp_path) as url, pytest.raises(Refused, match="the database itself"):
        back_up(url, tmp_path / "samnod.db", force=True)


def test_a_backup_goes_only_into_the_kind_of_database_that_it_came_from(
    database_kind: str, database_url: str, saved: Path, tmp_path: Path
):
    back_up(database_url, saved)
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[database_kind]
    with empty_database(other, tmp_path / "backups") as url, pytest.raises(Refused, match="is a backup of"):
        restore(url, saved)


def test_what_is_no_backup_is_refused(other_url: str, saved: Path):
    saved.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(Refused, match="is no backup"):
        restore(other_url, saved)


def test_somebody_elses_file_is_refused(saved: Path, tmp_path: Path):
    with closing(sqlite3.connect(saved)) as theirs:
        theirs.execute("CREATE TABLE letters (body TEXT)")
    with pytest.raises(Refused, match="not of a Samnod database"):
        restore(f"sqlite:///{tmp_path / 'samnod.db'}", saved)
    assert not (tmp_path / "samnod.db").exists()


def test_a_broken_database_file_is_replaced_only_by_force(tmp_path: Path, saved: Path):
    place = tmp_path / "samnod.db"
    with migrated_database("sqlite", tmp_path) as url:
        back_up(url, saved)
        place.write_bytes(b"not a database any more" * 1000)
        place.chmod(0o640)
        place.with_name("samnod.db-wal").write_bytes(b"left by a crash")
        with pytest.raises(Exception, match="not a database"):
            restore(url, saved)
        restore(url, saved, force=True)
        assert place.stat().st_mode & 0o777 == 0o640
        assert everything(url).revision


def test_the_password_is_not_on_the_command_line(tmp_path: Path):
    url = Database("postgresql+psycopg://clerk:se:cr\\et@db.example/samnod").url
    with postgresql._connecting(url) as options:
        given = " ".join(options)
        assert not any(password in given for password in ("se:cr", "se\\:cr", "cr\\et", "cr\\\\et"))
        passwords = Path(given.partition("passfile=")[2].split()[0].rstrip("'"))
        assert passwords.read_text() == "*:*:*:*:se\\:cr\\\\et\n"
        assert passwords.stat().st_mode & 0o777 == 0o600
    assert not passwords.exists()


def test_without_the_programs_of_postgresql_it_is_said_what_to_install(tmp_path: Path, saved: Path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with migrated_database("postgresql", tmp_path) as url, pytest.raises(Refused, match="install PostgreSQL's client"):
        back_up(url, saved)
    assert list(saved.parent.iterdir()) == []


def test_what_the_server_says_is_passed_on(tmp_path: Path, saved: Path, monkeypatch: pytest.MonkeyPatch):
    older = tmp_path / "bin"
    older.mkdir()
    (older / "pg_dump").write_text(
        "#!/bin/sh\necho 'pg_dump: error: aborting because of server version mismatch' >&2\nexit 1\n"
    )
    (older / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{older}{os.pathsep}{os.environ['PATH']}")
    with migrated_database("postgresql", tmp_path) as url, pytest.raises(Refused, match="server version mismatch"):
        back_up(url, saved)


@pytest.fixture
def samnod(monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator[CliRunner]:
    """Give what runs the command in this process over the test's own database."""
    monkeypatch.setenv("SAMNOD_DATABASE_URL", database_url)
    program_settings.cache_clear()
    yield CliRunner()
    program_settings.cache_clear()


def test_the_commands_say_what_they_did(samnod: CliRunner, database: Database, saved: Path):
    add_enterprise(database)
    database.close()
    done = samnod.invoke(cli, ["backup", str(saved)])
    assert (done.exit_code, done.output.startswith("Saved ")) == (0, True)
    refused = samnod.invoke(cli, ["restore", str(saved)])
    assert (refused.exit_code, "--force" in refused.output) == (1, True)
    checksum_of(saved).unlink()
    done = samnod.invoke(cli, ["restore", str(saved), "--force", "--generation", "3"])
    assert done.exit_code == 0
    assert "No checksum lies beside the file" in done.output
    assert "generation 3:" in done.output


def test_a_file_that_cannot_be_read_or_written_is_one_sentence(samnod: CliRunner, saved: Path):
    done = samnod.invoke(cli, ["restore", str(saved)])
    assert (done.exit_code, done.output) == (1, f"{saved}: cannot be read: No such file or directory\n")
    nowhere = saved / "no" / "folder"
    done = samnod.invoke(cli, ["backup", str(nowhere)])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)


def test_a_full_disk_is_one_sentence_and_leaves_nothing(
    samnod: CliRunner, saved: Path, database: Database, monkeypatch: pytest.MonkeyPatch
):
    def fill_the_disk(*_: object) -> None:
        raise (
            sqlite3.OperationalError("database or disk is full") if database.is_sqlite else OSError(28, "No space left")
        )

    monkeypatch.setattr(sqlite, "_copy", fill_the_disk)
    monkeypatch.setattr(postgresql, "_run", fill_the_disk)
    done = samnod.invoke(cli, ["backup", str(saved)])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert list(saved.parent.iterdir()) == []


def test_the_tools_that_the_tests_use_are_those_of_the_server():
    assert Path(str(shutil.which("pg_dump"))).parent == postgres.programs()
