"""Databases for tests: migrated once a run by the real migrations, then copied for each test."""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import postgres
from tests.session import once, session_folder

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("sqlite", "postgresql")
# The command as it is installed, beside the Python that runs the tests.
SAMNOD = Path(sys.executable).with_name("samnod")


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of a database of `kind` without any table; it is gone after the block."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'samnod.db'}"
    else:
        yield from _postgres_database("template0")


@contextmanager
def migrated_database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of a database of `kind` with every migration applied and no rows; it is gone after the block."""
    with copied_database(kind, _migrated(kind), folder) as url:
        yield url


@contextmanager
def copied_database(kind: str, template: str, folder: Path) -> Iterator[str]:
    """Give the URL of a copy of `template`: a file, or the name of a database; it is gone after the block."""
    if kind == "sqlite":
        shutil.copyfile(template, folder / "samnod.db")
        yield f"sqlite:///{folder / 'samnod.db'}"
    else:
        yield from _postgres_database(template)


def filled_template(kind: str, name: str, fill: Callable[[str], Any]) -> tuple[str, Any]:
    """Return a template that `fill` has filled, once a run, and what it answered (JSON).

    `fill` is given the URL of a migrated database and leaves it closed.
    """

    def make() -> dict[str, Any]:
        if kind == "sqlite":
            template = str(shutil.copyfile(_migrated(kind), session_folder() / f"{name}.db"))
            url = f"sqlite:///{template}"
        else:
            template = f"template_{name}"
            url = postgres_server().create(template, _migrated(kind))
        return {"template": template, "answer": fill(url)}

    made = once(f"{kind}-{name}", make)
    return made["template"], made["answer"]


def samnod(*arguments: str, **environment: str) -> str:
    """Run the `samnod` command as a user would, with settings from `environment`; return what it printed."""
    return _run(SAMNOD, *arguments, **environment)


def postgres_server() -> postgres.PostgresServer:
    """Return the run's PostgreSQL server, started by the first test that needs it."""
    return postgres.PostgresServer(Path(once("postgres", lambda: {"folder": str(postgres.start().folder)})["folder"]))


def _postgres_database(template: str) -> Iterator[str]:
    server = postgres_server()
    name = f"test_{uuid.uuid4().hex}"
    yield server.create(name, template)
    server.drop(name)


def _migrated(kind: str) -> str:
    return str(once(f"{kind}-template", {"sqlite": _migrated_sqlite, "postgresql": _migrated_postgres}[kind]))


def _migrated_sqlite() -> str:
    file = session_folder() / "template.db"
    _migrate(f"sqlite:///{file}")
    # One file and no journal beside it, so that copying the file copies everything.
    assert not file.with_name("template.db-wal").exists(), "the migration left its database open"
    return str(file)


def _migrated_postgres() -> str:
    _migrate(postgres_server().create("template_migrated"))
    return "template_migrated"


def _migrate(url: str) -> None:
    # Alembic's own command loads tables only, so that these tests do not wait for the whole house.
    _run(SAMNOD.with_name("alembic"), "upgrade", "head", SAMNOD_DATABASE_URL=url)


def _run(command: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [command, *arguments], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, f"{command.name} {' '.join(arguments)} failed: {done.stdout}{done.stderr}"
    return done.stdout
