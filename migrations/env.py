"""Run migrations on whichever database the settings, or the caller, name."""

from typing import Any

from alembic import context
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

import app.tables  # noqa: F401 -- fills the metadata
from app.core.db import Database
from app.settings import settings


def ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Leave the search tables out of comparison: `core/search.py` makes them, in each database's own way."""
    return not (kind == "table" and name is not None and "_search" in name)


def run(connection: Connection) -> None:
    """Migrate over `connection`, with foreign keys off on SQLite: a batch change copies and drops parent tables."""
    on_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        include_object=ours,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()
        if on_sqlite and connection.execute(text("PRAGMA foreign_key_check")).first():
            raise RuntimeError("The migration would leave rows without their parent: nothing was changed.")


def migrate() -> None:
    """Open a connection of our own, unless the caller gave one."""
    given = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    database = Database(context.config.get_main_option("sqlalchemy.url") or settings().database)
    try:
        with database.write_engine.connect() as connection:
            if database.is_sqlite:
                cursor = connection.connection.cursor()
                cursor.execute("PRAGMA foreign_keys=OFF")
                cursor.close()
            # In a transaction of ours Alembic commits nothing itself. Left alone on SQLite it would commit each
            # migration before its foreign keys are checked.
            with connection.begin():
                run(connection)
    finally:
        database.close()


migrate()
