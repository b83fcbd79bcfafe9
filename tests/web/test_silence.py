"""The site when the database is gone: a page that says what to do, and no fault of ours."""

from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import make_url
from starlette.applications import Starlette

from app.core.db import Database
from tests.databases import postgres_server
from tests.people import signed_in, token_in
from tests.web.html import parsed

TOLD = {"sv": "Samnod kan inte svara just nu", "nb": "Samnod kan ikke svare akkurat nå", "en": "cannot answer just now"}
AGAIN = {"sv": "Försök igen", "nb": "Prøv igjen", "en": "Try again"}


# What the drivers say of a database that is gone is different on each.
@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Run on both; the name of the kind."""
    return str(request.param)


def take_away(database: Database, folder: Path) -> None:
    """Let the database be gone, and every connection to it."""
    for engine in (database._read_engine, database._write_engine):
        engine.dispose()
    if database.is_sqlite:
        (folder / "samnod.db").rename(folder / "elsewhere.db")
        (folder / "samnod.db").mkdir()
    else:
        postgres_server().drop(str(make_url(database.url).database))
    for connection in database.quick.connections:
        connection.close()


def test_a_database_that_is_gone_is_a_page_that_says_what_to_do(
    app: Starlette, app_client: httpx.Client, database: Database, tmp_path: Path
):
    signed_in(app_client, database, "buyer")
    token = token_in(app_client.get("/sv/people").text)
    database.close()
    take_away(app.state.database, tmp_path)
    asked = dict(app_client.cookies)
    app_client.cookies.clear()
    for language, told in TOLD.items():
        for path in ("/enterprises?words=st%C3%A4d", "/opportunities"):
            answer = app_client.get(f"/{language}{path}")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), path
            page = parsed(answer.text)
            assert (told in answer.text, AGAIN[language] in answer.text) == (True, True), path
            assert f"/{language}{path}" in page.links()
    app_client.cookies.update(asked)
    # Whoever is signed in is asked for first: the session lies in the database too.
    fields = {"_token": token, "email": "ny@example.org", "role": "buyer", "language": "sv"}
    sent = app_client.post("/sv/people", data=fields, headers={"Sec-Fetch-Site": "same-origin"})
    assert (sent.status_code, "har inte sparats" in sent.text) == (503, True)
    assert "Försök igen" not in sent.text
    assert app_client.get("/sv/about").status_code == 503
