"""Fixtures that every test may ask for. What they do is told in databases.py, client.py, browser.py and network.py."""

import gc
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette

from app.core import db
from app.core.db import Database
from app.settings import Settings
from tests import browser as chromium
from tests import databases, engines, session
from tests.client import client_of
from tests.keys import SECRET
from tests.network import refuse_network
from tests.statements import sharing_engine


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that choose a sample of the long tests."""
    parser.addoption("--deep-sample", type=int, help="run only so many of the tests marked deep")
    parser.addoption("--deep-seed", type=int, default=0, help="which sample: the same seed, the same tests")


def pytest_configure(config: pytest.Config) -> None:
    """Open the session in the first process only: workers of pytest-xdist carry `workerinput`."""
    if not hasattr(config, "workerinput"):
        session.open_session()
    refuse_network()
    db.create_engine = sharing_engine


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop servers and remove files when the last worker has gone."""
    if not hasattr(config, "workerinput"):
        session.close_session()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what decided which faults between nodes were tried: engines.py and test_faults_on_the_wire.py draw by it."""
    terminalreporter.write_line(f"Faults between nodes were drawn by the day: {session.day_of_run()}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put aside what engines.py says, and keep a seeded sample of the deep tests; every worker draws the same one."""
    engines.put_twins_aside(items)
    engines.draw_faults(items, session.day_of_run())
    engines.long_ones_first(items)
    size = config.getoption("--deep-sample")
    # A sample is of faults and long walks: a twin is drawn by its own rule.
    deep = [item for item in items if item.get_closest_marker("deep") and not item.get_closest_marker("twin")]
    if size is None or size >= len(deep):
        return
    kept = set(random.Random(config.getoption("--deep-seed")).sample(sorted(item.nodeid for item in deep), size))
    dropped = [item for item in items if item.get_closest_marker("deep") and item.nodeid not in kept]
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=dropped)


def pytest_collection_finish() -> None:
    """Let the collector pass by what stays for the whole run: modules, and thousands of tests."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let the browser's tests know whether they are long ones."""
    chromium.is_long = item.get_closest_marker("deep") is not None


@pytest.fixture(params=databases.KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Run the test once for each kind of database; the name of the kind."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a migrated, empty database of the test's own."""
    with databases.migrated_database(database_kind, tmp_path) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give the same database, opened."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def demo_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a database of the test's own with the demo in it."""
    # Imported here for the reason that is told at `app`.
    from tests.demo_data import demo_database

    with demo_database(database_kind, tmp_path) as url:
        yield url


@pytest.fixture
def with_demo(demo_url: str) -> Iterator[Database]:
    """Give the same database, opened."""
    database = Database(demo_url)
    yield database
    database.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Give settings that name the test's own database and folder."""
    # Tests ask more often than people; those of the limits turn them on.
    return Settings(database_url=database_url, var_dir=tmp_path, secret_key=SECRET, rate_limits=False)


@pytest.fixture
def app(settings: Settings) -> Starlette:
    """Give the whole application over the test's own database."""
    # Imported here: a test of one room's rules need not load, or wait for, the whole house.
    from app.main import create_app

    return create_app(settings)


@pytest.fixture
def app_client(app: Starlette) -> Iterator[httpx.Client]:
    """Give an httpx client of the whole application, without a network between."""
    with client_of(app) as client:
        yield client


@pytest.fixture(scope="session")
def live_server() -> str:
    """Give the address of a running server with the demo data, shared by the run: tests only read from it."""
    return chromium.live_server_url()


# One browser a file and not one a run: while Playwright is open no other event loop can run in this process.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a running Chromium."""
    with chromium.started_browser() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser, live_server: str) -> Callable[..., AbstractContextManager[Page]]:
    """Give `open_page(javascript=…, width=…, dark=…)`, a `with` block that is one visitor's page."""
    return partial(chromium.opened_page, browser, live_server)


@pytest.fixture
def page(open_page: Callable[..., AbstractContextManager[Page]]) -> Iterator[Page]:
    """Give a page on a wide screen with JavaScript; addresses are relative to the server."""
    with open_page() as page:
        yield page
