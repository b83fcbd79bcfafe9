"""Bring the database to the shape that this program needs, and tell whether it has it."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.core.db import Database

NOT_MIGRATED = "The database is not migrated: run `samnod migrate`."
OLDER = "The database is older than this program: run `samnod migrate`."
NEWER = "The database was migrated by a newer Samnod: start that one."

_CONFIG = Path(__file__).resolve().parents[1] / "alembic.ini"


def upgrade(url: str) -> None:
    """Run every migration that the database at `url` lacks."""
    config = Config(str(_CONFIG))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    command.upgrade(config, "head")


def what_is_missing(database: Database) -> str | None:
    """Return what to do before this program can work with the database, as a sentence; None when nothing is.

    Raises SQLAlchemy's DBAPIError when the database does not answer.
    """
    if _is_missing_file(database):
        return NOT_MIGRATED
    with database.reads() as session:
        found = MigrationContext.configure(session.connection()).get_current_revision()
    if found is None:
        return NOT_MIGRATED
    newest, known = _shipped()
    if found == newest:
        return None
    return OLDER if found in known else NEWER


def _is_missing_file(database: Database) -> bool:
    """Tell whether the database is a SQLite file that is not there: asking it would make an empty one."""
    file = database.url.database if database.is_sqlite else None
    return bool(file) and file != ":memory:" and not str(file).startswith("file:") and not Path(str(file)).exists()


@cache
def _shipped() -> tuple[str | None, frozenset[str]]:
    """Return the newest revision that is shipped, and every one."""
    scripts = ScriptDirectory.from_config(Config(str(_CONFIG)))
    return scripts.get_current_head(), frozenset(script.revision for script in scripts.walk_revisions())
