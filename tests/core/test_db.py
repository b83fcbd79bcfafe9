"""The sessions: what a block of writes does before its commit, and what is told of a statement that fails."""

import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import Database, WriteSession

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
