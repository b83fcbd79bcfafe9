"""Save the node's database into one file, and put it back: the same two verbs on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from app.backups import postgresql, sqlite
from app.backups.contents import Contents, Refused, Tell, contents_of, require_ours, require_readable
from app.backups.files import (
    Format,
    checksum_of,
    format_of,
    new_file,
    put_in_place,
    require_unchanged,
    write_checksum,
)
from app.core.db import Database
from app.journal import generations
from app.matching import index as matching_index
from app.migrating import NOT_MIGRATED, upgrade, what_is_missing
from app.sync.restoring import erase_again, is_waiting, mark
from app.wiring import wire

_NOT_EMPTY = "The database is not empty ({rows} rows). To replace it with the backup, add --force."


class Saved(NamedTuple):
    """What was saved: rows in all tables, and the size of the file in bytes."""

    rows: int
    size: int


class Restored(NamedTuple):
    """What was restored: rows of the backup, the shape it had, and the generation the journal now counts in.

    `compared` tells whether a checksum lay beside the file, `erased` how many records the ledger of erasures has taken
    away again, `has_peers` whether other nodes have to be asked what they
    hold before this one serves again.
    """

    rows: int
    revision: str
    generation: int
    compared: bool
    has_peers: bool
    erased: int


class Ledger(NamedTuple):
    """Where it is written down what was erased, and by which node: no backup holds that."""

    folder: Path
    own: str


def back_up(url: str, file: Path, *, force: bool, tell: Tell) -> Saved:
    """Save the database at `url` into `file`, which others than its owner cannot read, while the server goes on.

    The file holds one moment of the database. It appears whole, after it has been read through, or not at all; its
    checksum is written beside it.
    Raises Refused with what to do: no Samnod database, `file` is there already and not `force`, a copy that differs.
    """
    database = Database(url)
    try:
        # An older shape is saved too: that is the backup before an upgrade.
        if what_is_missing(database) == NOT_MIGRATED:
            raise Refused(NOT_MIGRATED)
        _require_room(database, file, force=force)
        with new_file(file) as part:
            contents = (sqlite if database.is_sqlite else postgresql).save(database, part, tell)
            require_ours(contents, "The database")
            # Never an old checksum beside a new file, whenever the power goes.
            checksum_of(file).unlink(missing_ok=True)
            put_in_place(part, file)
        write_checksum(file)
        return Saved(contents.total, file.stat().st_size)
    finally:
        database.close()


def restore(url: str, file: Path, ledger: Ledger, *, force: bool, generation: int, tell: Tell) -> Restored:
    """Let the database at `url` be what was saved in `file`, brought to this program's shape.

    What the ledger says was erased since is erased again.

    What is there stays until the restored database has been checked, and stays for good when anything fails.
    The journal goes on in a generation that neither the backup nor the replaced database has reached, and not below
    `generation`: numbers that others have seen are not given again.
    Raises Refused with what to do: a damaged or foreign file, a database that is not empty and not `force`, or in use.
    """
    database = Database(url)
    try:
        wanted = Format.SQLITE if database.is_sqlite else Format.POSTGRESQL
        if (found := format_of(file)) is not wanted:
            raise Refused(f"{file} is a backup of {found}; SAMNOD_DATABASE_URL names {wanted}.")
        compared = require_unchanged(file)
        restoring = _restore_sqlite if database.is_sqlite else _restore_postgresql
        contents, (begun, erased) = restoring(database, file, ledger, force=force, generation=generation, tell=tell)
        with _opened(url) as restored, restored.reads() as session:
            has_peers = is_waiting(session)
        return Restored(contents.total, str(contents.revision), begun, compared, has_peers, erased)
    finally:
        database.close()


def require_idle(url: str) -> None:
    """Refuse while anybody else has the database open. Raises Refused with what to do."""
    database = Database(url)
    try:
        if database.is_sqlite:
            sqlite.require_idle(sqlite.file_of(database))
        else:
            with database.write_engine.begin() as connection:
                postgresql.require_idle(connection)
    finally:
        database.close()


def _restore_sqlite(
    database: Database, file: Path, ledger: Ledger, *, force: bool, generation: int, tell: Tell
) -> tuple[Contents, tuple[int, int]]:
    place = sqlite.file_of(database)
    reached = _require_empty(database, force=force) if place.exists() else 0
    with sqlite.new_database(place) as part:
        contents = sqlite.take_out(file, part, tell)
        own = URL.create("sqlite", database=str(part)).render_as_string()
        ready = _make_ready(own, ledger, max(generation, reached + 1), tell)
        database.close()
        sqlite.replace(part, place)
    return contents, ready


def _restore_postgresql(
    database: Database, file: Path, ledger: Ledger, *, force: bool, generation: int, tell: Tell
) -> tuple[Contents, tuple[int, int]]:
    tell("Reading", None)
    contents = postgresql.contents_of_dump(file)
    require_readable(contents, str(file))
    reached = _require_empty(database, force=force)
    database.close()
    with postgresql.replaced(database):
        postgresql.fill(database, file, contents, tell)
        own = database.url.render_as_string(hide_password=False)
        ready = _make_ready(own, ledger, max(generation, reached + 1), tell)
    return contents, ready


def _require_room(database: Database, file: Path, *, force: bool) -> None:
    """Refuse to write over the database itself, or, without `force`, over any file."""
    if not file.exists():
        return
    if database.is_sqlite and file.samefile(sqlite.file_of(database)):
        raise Refused(f"{file} is the database itself.")
    if not force:
        raise Refused(f"There is already a file {file}: choose another name, or add --force to replace it.")


def _require_empty(database: Database, *, force: bool) -> int:
    """Return the generation that the database to be replaced has reached; refuse one with rows unless `force`."""
    try:
        with database.reads() as session:
            found = contents_of(session.connection())
            if not found.is_empty and not force:
                raise Refused(_NOT_EMPTY.format(rows=found.total))
            return generations.generation(session) if "journal_counter" in found.rows else 0
    except DBAPIError:
        # A file that is broken cannot tell what is in it, and is replaced only by somebody who says so.
        if not force or not database.is_sqlite:
            raise
        return 0


def _make_ready(url: str, ledger: Ledger, generation: int, tell: Tell) -> tuple[int, int]:
    """Bring a restored database to this program's shape, begin a new generation, and erase again what was erased.

    Return which generation it is, and how many records were erased.
    """
    tell("Migrating", None)
    upgrade(url)
    with _opened(url) as database:
        with database.writes() as session:
            begun = generations.begin_generation(session, at_least=generation)
            mark(session)
        with database.reads() as session:
            current = matching_index.is_current(session)
        if not current:
            tell("Compiling", None)
            with database.writes() as session:
                matching_index.rebuild(session, iter)
        # Rooms hear of it, as of every removal.
        wire()
        return begun, erase_again(database, ledger.folder, ledger.own)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()
