"""What a database or a backup of one holds: its shape and how many rows. A copy is good when both say the same."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, func, inspect, select, table, text

from app.core.errors import Conflict
from app.migrating import is_known

# How far it is: what is being done, and which part of it is done (None where nobody knows).
Tell = Callable[[str, float | None], None]

VERSION_TABLE = "alembic_version"
# A database without these is somebody else's. They are in the first migration, so every backup has them.
_OURS = {VERSION_TABLE, "journal_counter", "journal_entry", "enterprise"}


class Refused(Conflict):
    """The backup, or the restoring of one, cannot go on; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The revision of a database (Alembic's name of its shape; None: it has none) and the rows of each table."""

    revision: str | None
    rows: dict[str, int]

    @property
    def total(self) -> int:
        """The number of rows in all."""
        return sum(self.rows.values())

    @property
    def is_empty(self) -> bool:
        """Tell whether overwriting this loses nothing: no rows, or migrated and never written to."""
        return not self.total or self.rows.get("journal_entry") == 0


def is_counted(name: str) -> bool:
    """Tell whether a table's rows are compared. Those of the search tables are SQLite's own, and made anew by it."""
    return "_search" not in name


def contents_of(connection: Connection) -> Contents:
    """Count what the connection's transaction sees."""
    names = inspect(connection).get_table_names()
    rows = {
        name: connection.execute(select(func.count()).select_from(table(name))).scalar_one()
        for name in sorted(filter(is_counted, names))
    }
    revision = None
    if VERSION_TABLE in names:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return Contents(revision, rows)


def require_ours(contents: Contents, what: str) -> None:
    """Refuse what is no Samnod database; `what` names it in the sentence."""
    if contents.revision is None or not contents.rows.keys() >= _OURS:
        raise Refused(f"{what} is not of a Samnod database.")


def require_readable(contents: Contents, what: str) -> None:
    """Refuse a backup that is not of Samnod, or of a shape that this program cannot bring to its own."""
    require_ours(contents, what)
    if contents.revision is None or not is_known(contents.revision):
        raise Refused(
            f"{what} was made by a newer Samnod (its shape is {contents.revision}): restore it with that one."
        )


def require_same(copied: Contents, meant: Contents) -> None:
    """Refuse a copy that does not hold what it was made from, naming the first table that differs."""
    if copied == meant:
        return
    names = sorted(copied.rows.keys() | meant.rows.keys())
    wrong = [name for name in names if copied.rows.get(name) != meant.rows.get(name)] or [VERSION_TABLE]
    raise Refused(
        f"The copy is not whole: {wrong[0]} has {copied.rows.get(wrong[0], 0)} rows and not "
        f"{meant.rows.get(wrong[0], 0)}. Nothing was kept of it."
    )
