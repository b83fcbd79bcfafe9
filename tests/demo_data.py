"""The demo, loaded once a run for each kind of database: a test gets a copy, which is made in a tenth of the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core.clock import today
from app.core.db import Database
from app.demo import service as demo
from app.wiring import wire
from tests.databases import copied_database, filled_template


@contextmanager
def demo_database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of a database of `kind` with the demo of the node "local" in it; it is gone after the block."""
    template, _ = filled_template(kind, "demo", _load)
    with copied_database(kind, template, folder) as url:
        yield url


def _load(url: str) -> None:
    wire()
    database = Database(url)
    with database.writes() as session:
        demo.load(session, home="local", today=today())
    database.close()
