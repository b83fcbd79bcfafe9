"""Backups of a SQLite database: a SQLite file again, made by SQLite's own online backup while others write."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import DatabaseError

from app.backups.contents import Contents, Refused, Tell, contents_of, require_readable, require_same
from app.backups.files import beside, like_its_predecessor, new_file, put_in_place
from app.core.db import Database

# 8 MiB with SQLite's usual pages: often enough for a bar that moves.
_PAGES_A_STEP = 2048
_IN_USE = "The database is in use: stop the server, and whatever else has it open."


def save(database: Database, part: Path, tell: Tell) -> Contents:
    """Copy the database, as it is at one moment, into the file `part`; return what both hold.

    Writers go on meanwhile. The copy is read through and compared before this returns.
    """
    with database.reads() as session:
        connection = session.connection()
        # The first question fixes the moment that this session sees; the copy is made inside it, so nothing that is
        # written meanwhile makes SQLite begin anew.
        contents = contents_of(connection)
        _copy(connection, part, tell)
    tell("Checking", None)
    _check(part)
    with reading(part) as connection:
        require_same(contents_of(connection), contents)
    return contents


def take_out(backup: Path, part: Path, tell: Tell) -> Contents:
    """Copy the backup into the file `part`, where it can be migrated; return what it holds. Refuses a damaged one."""
    try:
        with reading(backup) as connection:
            contents = contents_of(connection)
            require_readable(contents, str(backup))
            _copy(connection, part, tell)
        tell("Checking", None)
        _check(part)
        with reading(part) as connection:
            require_same(contents_of(connection), contents)
    except (sqlite3.DatabaseError, DatabaseError) as fault:
        raise Refused(f"{backup} is damaged: {getattr(fault, 'orig', fault)}") from fault
    return contents


def replace(part: Path, place: Path) -> None:
    """Let the database in `part` be the one at `place`. Refuses while anybody has the one at `place` open."""
    _as_one_file(part)
    like_its_predecessor(part, place)
    _let_go(place)
    put_in_place(part, place)


def file_of(database: Database) -> Path:
    """Return the file of a SQLite database."""
    name = database.url.database
    if not name or name == ":memory:" or name.startswith("file:"):
        raise Refused("SAMNOD_DATABASE_URL names no file.")
    return Path(name)


@contextmanager
def reading(file: Path) -> Iterator[Connection]:
    """Give a connection that reads a SQLite file and changes nothing, in it or beside it."""
    name = f"file:{quote(str(file.absolute()))}"
    engine = create_engine(URL.create("sqlite", database=name, query={"mode": "ro", "uri": "true"}))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def new_database(place: Path) -> Iterator[Path]:
    """Give an empty file in which a database for `place` is made; folders that lack are made."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with new_file(place) as part:
        yield part


def _copy(connection: Connection, part: Path, tell: Tell) -> None:
    source: Any = connection.connection.driver_connection

    def progress(_status: int, left: int, total: int) -> None:
        tell("Copying", 1 - left / total if total else None)

    with closing(sqlite3.connect(part)) as copy:
        source.backup(copy, pages=_PAGES_A_STEP, progress=progress)
    _as_one_file(part)


def _as_one_file(part: Path) -> None:
    """Leave nothing of the database beside its file, so that the file can be moved alone."""
    with closing(sqlite3.connect(part)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")


def _check(part: Path) -> None:
    """Refuse a file in which SQLite finds a fault, or a row without its parent."""
    with closing(sqlite3.connect(part)) as copy:
        (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise Refused(f"The copy is damaged: {found}")
        if orphan := copy.execute("PRAGMA foreign_key_check").fetchone():
            raise Refused(f"The copy is damaged: a row of {orphan[0]} lacks its {orphan[2]}.")


def require_idle(place: Path) -> None:
    """Refuse while another process has the database open."""
    if place.exists():
        try:
            with closing(sqlite3.connect(place, timeout=1)) as old:
                # Leaving WAL takes the whole file for oneself, which SQLite refuses while another process has it open.
                old.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as fault:
            raise Refused(_IN_USE if "locked" in str(fault) else f"The database cannot be opened: {fault}") from fault


def _let_go(place: Path) -> None:
    """See that nobody has the database open, and that nothing of it lies beside its file."""
    # No database, or a broken one, is often the very reason for restoring.
    with suppress(sqlite3.DatabaseError):
        require_idle(place)
    for leftover in beside(place):
        leftover.unlink(missing_ok=True)
