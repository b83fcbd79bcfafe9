"""The demo, loaded once a run for each kind of database: a test gets a copy, which is made in a tenth of the time."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core.clock import today
from app.core.db import Database
from app.demo import service as demo
from app.secret import secret_of
from app.wiring import wire
from tests.databases import copied_database, filled_template


@contextmanager
def demo_database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of a database of `kind` with the demo of the node "local" in it; it is gone after the block."""
    with copied_database(kind, demo_template(kind), folder) as url:
        yield url


def demo_template(kind: str) -> str:
    """Return a database of `kind` with the demo in it, to be copied: a file, or the name of a database."""
    template, _ = filled_template(kind, "demo", _load)
    return template


def demo_at_work(folder: Path) -> None:
    """Put what `samnod demo` makes into a node's folder: the demo, and what its organisations say to each other."""
    secret = secret_of("", folder)
    shutil.copyfile(demo_template("sqlite"), folder / "samnod.db")
    database = Database(f"sqlite:///{folder / 'samnod.db'}")
    with database.writes() as session:
        demo.dialogue(session, secret=secret)
        demo.surveyed(session, home="local", today=today(), secret=secret)
        demo.support_requested(session)
        demo.cooperation_requested(session, secret=secret)
    database.close()


def _load(url: str) -> None:
    wire()
    database = Database(url)
    with database.writes() as session:
        demo.load(session, home="local", today=today())
    database.close()
