"""Bring the database to the shape that this program needs, and tell whether it has it."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

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
    found = _revision(database)
    if found is None:
        return NOT_MIGRATED
    newest, known = _shipped()
    if found == newest:
        return None
    return OLDER if found in known else NEWER


def is_known(revision: str) -> bool:
    """Tell whether `revision` is a shape that this program can bring to its own."""
    return revision in _shipped()[1]


def _revision(database: Database) -> str | None:
    """Return the revision that the database says it has; asked here and not of Alembic, which logs at every probe."""
    with database.reads() as session:
        connection = session.connection()
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found


def _is_missing_file(database: Database) -> bool:
    """Tell whether the database is a SQLite file that is not there: asking it would make an empty one."""
    file = database.url.database if database.is_sqlite else None
    if not file or file == ":memory:" or file.startswith("file:"):
        return False
    try:
        return not Path(file).exists()
    except PermissionError:
        # In a folder that we may not look into: SQLite says so better when it is asked.
        return False


@cache
def _shipped() -> tuple[str | None, frozenset[str]]:
    """Return the newest revision that is shipped, and every one."""
    scripts = ScriptDirectory.from_config(Config(str(_CONFIG)))
    return scripts.get_current_head(), frozenset(script.revision for script in scripts.walk_revisions())
