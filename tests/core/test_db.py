"""The sessions: what a block of writes does before its commit, what it rests on, and what is told of a fault."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core.db import Database, WriteSession, expect_much
from tests.databases import migrated_database

SECRET = "hemligtsökord"


def test_what_is_added_before_the_commit_is_done_too(database: Database):
    done: list[int] = []

    def step(session: WriteSession) -> None:
        done.append(len(done))
        if len(done) < 3:
            session.info["before_commit"].append(step)

    with database.writes() as session:
        session.info["before_commit"] = [step]
    assert done == [0, 1, 2]


def test_a_step_that_fails_undoes_everything(database: Database):
    def fail(_session: WriteSession) -> None:
        raise RuntimeError

    def write_and_fail() -> None:
        with database.writes() as session:
            session.connection().execute(text("UPDATE journal_counter SET value = 99"))
            session.info["before_commit"] = [fail]

    with pytest.raises(RuntimeError):
        write_and_fail()
    with database.reads() as session:
        assert session.connection().execute(text("SELECT value FROM journal_counter")).scalar() == 0


@pytest.mark.parametrize("kind", ["reads", "writes"])
def test_a_statement_that_fails_is_logged_without_its_values(
    database: Database, caplog: pytest.LogCaptureFixture, kind: str
):
    caplog.set_level(logging.INFO)
    with pytest.raises(SQLAlchemyError) as fault, getattr(database, kind)() as session:
        session.connection().execute(text("SELECT nothing FROM nowhere WHERE word = :word"), {"word": SECRET})
    logging.getLogger("samnod").error("failed", exc_info=fault.value)
    assert "nowhere" in caplog.text
    assert SECRET not in caplog.text


def said(session: Session, question: str) -> Any:
    return session.connection().execute(text(question)).scalar()


def test_what_is_committed_to_sqlite_is_on_the_disk(tmp_path: Path):
    full = 2
    with migrated_database("sqlite", tmp_path) as url:
        database = Database(url)
        with database.writes() as session:
            assert (said(session, "PRAGMA synchronous"), said(session, "PRAGMA journal_mode")) == (full, "wal")
        database.close()


@pytest.mark.parametrize("made_with", [None, 4096], ids=["new", "from before"])
def test_a_log_of_sqlite_is_as_long_whatever_its_pages_are(tmp_path: Path, made_with: int | None):
    place = tmp_path / "own.db"
    if made_with:
        with closing(sqlite3.connect(place)) as before:
            before.execute(f"PRAGMA page_size={made_with}")
            before.execute("CREATE TABLE kept (number INTEGER)")
    database = Database(f"sqlite:///{place}")
    with database.writes() as session:
        page = said(session, "PRAGMA page_size")
        assert page == (made_with or 16_384)
        assert said(session, "PRAGMA wal_autocheckpoint") == 4 * 2**20 // page
        expect_much(session)
        assert said(session, "PRAGMA wal_autocheckpoint") == 64 * 2**20 // page
        session.connection().execute(text("CREATE TABLE more (number INTEGER)"))
    database.close()


def test_what_is_committed_to_postgresql_is_on_the_disk_whatever_its_defaults_are(tmp_path: Path):
    with migrated_database("postgresql", tmp_path) as url:
        database = Database(url)
        name = database.url.database
        with database.writes() as session:
            for default in ("synchronous_commit = off", "default_transaction_isolation = 'repeatable read'"):
                session.connection().execute(text(f"ALTER DATABASE {name} SET {default}"))
        database.close()
        database = Database(url)
        with database.writes() as session:
            assert said(session, "SHOW default_transaction_isolation") == "repeatable read"
            assert said(session, "SHOW synchronous_commit") == "on"
            assert said(session, "SHOW transaction_isolation") == "read committed"
        with database.reads() as session:
            assert said(session, "SHOW transaction_isolation") == "repeatable read"
        database.close()
