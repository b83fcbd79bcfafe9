"""Health: who asks is answered at once, also when every thread is at work and when the database is not fit."""

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app import health, migrating
from app.core.db import Database
from tests.client import client_of
from tests.databases import empty_database

PROBES = ("/healthz", "/readyz")


@asynccontextmanager
async def one_thread(_app: FastAPI) -> AsyncIterator[None]:
    """Let one request at a time be served in a thread."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = 1
    yield


def probed(database: Database) -> FastAPI:
    """Return an application that has nothing but its health; a whole one does not start over an unfit database."""
    app = FastAPI(lifespan=one_thread)
    app.state.database = database
    health.install(app)
    return app


def ready(url: str) -> tuple[int, str]:
    """Return what `/readyz` answers over the database at `url`."""
    database = Database(url)
    with client_of(probed(database)) as client:
        answer = client.get("/readyz")
    database.close()
    return answer.status_code, answer.json()["status"]


@pytest.fixture
def empty_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a database without tables."""
    with empty_database(database_kind, tmp_path) as url:
        yield url


@pytest.mark.parametrize("path", PROBES)
def test_health_is_read_and_nothing_else(app_client: httpx.Client, path: str):
    read, headed, posted = (app_client.request(method, path) for method in ("GET", "HEAD", "POST"))
    assert (read.status_code, headed.status_code, posted.status_code) == (200, 200, 405)
    assert read.json()["status"] in {"ok", "ready"}
    assert headed.content == b""
    assert {method.strip() for method in posted.headers["allow"].split(",")} == {"GET", "HEAD"}
    assert read.headers["cache-control"] == "no-store"


def test_a_database_without_tables_is_not_ready(empty_url: str):
    assert ready(empty_url) == (503, migrating.NOT_MIGRATED)


def test_probes_do_not_fill_the_log(database_url: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO")
    assert ready(database_url) == (200, "ready")
    assert not [record.name for record in caplog.records if record.name.startswith(("alembic", "sqlalchemy"))]


def test_asking_makes_no_database(tmp_path: Path):
    assert ready(f"sqlite:///{tmp_path / 'none.db'}") == (503, migrating.NOT_MIGRATED)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("revision", "known", "told"), [("old", {"old"}, "OLDER"), ("new", set(), "NEWER")])
def test_a_database_of_another_shape_is_not_ready(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, revision: str, known: set[str], told: str
):
    with database.writes() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
    monkeypatch.setattr(migrating, "_shipped", lambda: ("head", frozenset({"head"} | known)))
    assert ready(database_url) == (503, getattr(migrating, told))


@pytest.mark.parametrize("url", ["postgresql+psycopg://u:secret@127.0.0.1:1/x", "sqlite:///{folder}"])
def test_a_database_that_does_not_answer_is_not_ready(url: str, tmp_path: Path):
    assert ready(url.format(folder=tmp_path)) == (503, health.SILENT)


def test_a_database_that_keeps_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        assert ready(f"postgresql+psycopg://u@127.0.0.1:{port}/x?connect_timeout=2") == (503, health.SILENT)


def test_ready_does_not_wait_behind_people(database: Database):
    app = probed(database)
    begun, finish = threading.Event(), threading.Event()

    @app.get("/slow")
    def slow() -> bool:
        begun.set()
        return finish.wait(20)

    with client_of(app) as client:
        person = threading.Thread(target=client.get, args=["/slow"])
        person.start()
        assert begun.wait(20)
        assert client.get("/readyz").status_code == 200
        finish.set()
        person.join()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_api_without_its_last_slash_tells_what_it_is(app_client: httpx.Client, method: str):
    answer = app_client.request(method, "/api/v1")
    assert (answer.status_code, answer.headers["location"]) == (307, "/api/v1/api-info")
    assert app_client.request(method, "/api/v1", follow_redirects=True).status_code == 200


def test_what_is_sent_to_the_api_without_its_last_slash_is_refused_by_the_api(app_client: httpx.Client):
    refused = app_client.post("/api/v1", follow_redirects=True)
    assert (refused.status_code, refused.headers["content-type"]) == (405, "application/problem+json")
