"""Whether the mail of a node is looked after: what an operator and a coordinator are told of the worker."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from app.cli import app as cli
from app.core.clock import now
from app.core.db import Database
from app.mail import service
from app.mail.vocabulary import Post
from app.settings import settings
from app.worker import JOBS, Worker
from tests.mail.letters import SENDER, a_letter, queued

LATER = timedelta(minutes=11)


def post(database: Database, after: timedelta = timedelta(0)) -> Post:
    """Return how the mail stands after some time in which nobody works."""
    with database.reads() as session:
        return service.post(session, now() + after)


@pytest.fixture
def status(monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator[Callable[[], tuple[int, str]]]:
    """Give `samnod mail status` on the test's own database: how it ends, and what it says."""
    monkeypatch.setenv("SAMNOD_DATABASE_URL", database_url)
    settings.cache_clear()

    def ran() -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["mail", "status"])
        return result.exit_code, result.output

    yield ran
    settings.cache_clear()


def test_a_worker_that_lives_is_heard_and_one_that_is_silent_is_told_when_letters_wait(
    database: Database, status: Callable[[], tuple[int, str]]
):
    worker = Worker(database, b"secret", "test", SENDER, None, tuple(job for job in JOBS if job.name == "be-heard"))
    # Nothing waits, so nobody is missed; and a letter may wait for the first worker for a while.
    assert not post(database, LATER).is_silent
    queued(database, a_letter())
    assert (post(database).worked_at, post(database).is_silent, post(database, LATER).is_silent) == (None, False, True)
    worker.run_due()
    heard = post(database, timedelta(minutes=9))
    assert heard.worked_at is not None
    assert (heard.waiting, heard.is_silent, post(database, LATER).is_silent) == (1, False, True)
    code, said = status()
    assert (code, "1 queued" in said) == (0, True), said
    with database.writes() as session:
        session.execute(text("UPDATE job_run SET started_at = :then, ended_at = :then"), {"then": now() - LATER})
    code, said = status()
    assert (code, "Start one: samnod worker" in said) == (1, True), said
