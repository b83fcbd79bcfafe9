"""The whole application over the demo data, made once a process: the tests of the pages only read from it."""

from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import pytest

from app.demo.vocabulary import enterprise_id, opportunity_id
from app.main import create_app
from app.settings import Settings
from tests.client import client_of
from tests.demo_data import demo_database
from tests.engines import MOSTLY_SQLITE


@pytest.fixture(params=MOSTLY_SQLITE)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Run a page's test on SQLite, and among the long tests on PostgreSQL too; the name of the kind.

    Pages ask the rooms' services, whose own tests run on both, and all pages are opened on both by the tests of
    permissions and the whole deal by keys.
    """
    return str(request.param)


@pytest.fixture(scope="session")
def demo_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Give a client of the application with the demo data; redirects are not followed."""
    folder = tmp_path_factory.mktemp("demo")
    with demo_database("sqlite", folder) as url:
        app = create_app(Settings(database_url=url, var_dir=folder, node_name="Mittnorden", rate_limits=False))
        with client_of(app) as client:
            yield client


@pytest.fixture(scope="session")
def known() -> SimpleNamespace:
    """Give the ids of a few records of the demo."""
    return SimpleNamespace(
        cleaner=enterprise_id("stadkompaniet"),
        recycler=enterprise_id("E001"),
        norwegian=enterprise_id("E002"),
        cleaning=opportunity_id("stadning-skolor"),
    )
