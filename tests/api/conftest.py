"""The API over a database with a few records in it."""

from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import inspect, text

from app.core.db import Database
from app.enterprises import service as enterprises
from app.opportunities import service as opportunities
from tests.engines import MOSTLY_SQLITE
from tests.factories import enterprise, lot, opportunity

API = "/api/v1"


class Served:
    """The application's client, and the ids of what it serves."""

    def __init__(self, client: httpx.Client, database: Database) -> None:
        self.client = client
        with database.writes() as session:
            self.enterprise = enterprises.register(session, enterprise(), home="here").id
            for number in range(24):
                enterprises.register(session, enterprise(name=f"Exempel {number:02}"), home="here")
            reserved = [lot(reserved_participation=["res-ws"])]
            self.opportunity = opportunities.publish(session, opportunity(lots=reserved), home="here").id
            self.draft = opportunities.publish(session, opportunity(status="draft"), home="here").id


@pytest.fixture(params=MOSTLY_SQLITE)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Run a test of what is said over HTTP on SQLite, and among the long tests on PostgreSQL too; the kind's name."""
    return str(request.param)


@pytest.fixture
def served(app_client: httpx.Client, database: Database) -> Served:
    """Give the API with 25 enterprises, an opportunity and a draft."""
    return Served(app_client, database)


@pytest.fixture
def rows(database: Database) -> Callable[[], dict[str, int]]:
    """Give a function that counts the rows of every table."""

    def count() -> dict[str, int]:
        with database.reads() as session:
            connection = session.connection()
            names = inspect(connection).get_table_names()
            return {name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in names}

    return count
