"""Many rows into one table at once, by the driver itself: an import writes a hundred thousand of them.

SQLAlchemy handles each value of each row by itself, which takes longer than the database does. Here its types still say
how a value is stored (states, instants, yes and no), and the driver is given the rows: to PostgreSQL as one COPY.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import JSON, CheckConstraint, Connection, Dialect, Enum, Table, TableClause, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from app.core import images
from app.core.db import ReadSession, WriteSession, driver_rows
from app.core.images import Imaged, Packing


class Ready(NamedTuple):
    """Rows of one table as a driver takes them: plain values, which another process can make as well.

    States are some that their columns have.
    """

    names: tuple[str, ...]
    values: list[tuple[Any, ...]]


def insert_many(session: WriteSession, into: TableClause | type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, which all name the same columns: what is left out is not filled in with a default of Python's.

    Raises:
        LookupError: a value that its column's states do not have.
        sqlalchemy.exc.DBAPIError: as an ordinary insert does, IntegrityError and all.
    """
    if rows:
        insert_ready(session, into, ready(session.connection().dialect, into, rows))


def ready(dialect: Dialect, into: TableClause | type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> Ready:
    """Return rows, one at least, as the driver of this dialect takes them.

    Raises:
        LookupError: a value that its column's states do not have.
    """
    columns = _table(into).c
    names = tuple(rows[0])
    values = map(itemgetter(*names), rows) if len(names) > 1 else ((row[names[0]],) for row in rows)
    said = zip(*values, strict=True)
    stored = [_stored(dialect, columns[name].type, one) for name, one in zip(names, said, strict=True)]
    return Ready(names, list(zip(*stored, strict=True)))


def packed(packing: Packing, rows: Ready) -> Imaged:
    """Put rows that have been made ready for SQLite into an image."""
    return packing.put(rows.names, rows.values)


def insert_ready(session: WriteSession, into: TableClause | type[SQLModel], rows: Ready | Imaged) -> None:
    """Insert rows that have been made ready for this database; when it refuses one, some may have been inserted.

    Raises:
        sqlalchemy.exc.DBAPIError: as an ordinary insert does, IntegrityError and all.
    """
    connection = session.connection()
    table = _table(into)
    prepare = connection.dialect.identifier_preparer
    columns = [prepare.format_column(table.c[name]) for name in rows.names]
    target = f"{prepare.format_table(table)} ({', '.join(columns)})"
    if connection.dialect.name != "sqlite":
        _copy(connection, target, _unpacked(session, rows).values)
        return
    with _states_known(connection, table):
        if isinstance(rows, Imaged):
            found = f"SELECT * FROM {images.address_of(session, rows)}"  # noqa: S608  # names of our own
            # FAIL: whoever is refused a row gives up all of them, so SQLite need not be ready to undo a statement.
            connection.exec_driver_sql(f"INSERT OR FAIL INTO {target} {found}")
        else:
            places = ", ".join("?" * len(columns))
            connection.exec_driver_sql(f"INSERT INTO {target} VALUES ({places})", rows.values)  # noqa: S608  # names of our own


def update_ready(
    session: WriteSession, into: type[SQLModel], rows: Ready | Imaged, *, but: Collection[str] = ()
) -> None:
    """Let rows that are there, found by their `id`, say what these say, `but` for some columns.

    Only what differs is written, as each column has its indexes, and a page of each of them is on the way to the disk.
    """
    rows = _unpacked(session, rows)
    connection = session.connection()
    target, columns = _names(session, into, rows.names)
    own = rows.names.index("id")
    mark = _mark(session)
    before = {row[own]: row for row in read_many(session, into, rows.names, [row[own] for row in rows.values])}
    looked_at = [place for place, name in enumerate(rows.names) if name not in but]
    changed: dict[tuple[int, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows.values:
        places = tuple(place for place in looked_at if row[place] != before[row[own]][place])
        changed[places].append((*(row[place] for place in places), row[own]))
    changed.pop((), None)
    for places, values in changed.items():
        said = ", ".join(f"{columns[place]} = {mark}" for place in places)
        connection.exec_driver_sql(f"UPDATE {target} SET {said} WHERE id = {mark}", values)  # noqa: S608  # names of our own


def read_many(
    session: ReadSession | WriteSession,
    table: type[SQLModel],
    names: Sequence[str],
    ids: Sequence[str],
    **of: str,
) -> list[tuple[Any, ...]]:
    """Return these columns of the rows with these ids, some thousands at most, of which the rest is `of`: as stored."""
    if not ids:
        return []
    target, columns = _names(session, table, names)
    mark = _mark(session)
    also = "".join(f" AND {_names(session, table, [name])[1][0]} = {mark}" for name in of)
    wanted = f"SELECT {', '.join(columns)} FROM {target} WHERE id IN ({', '.join([mark] * len(ids))}){also}"  # noqa: S608  # names of our own
    return driver_rows(session, wanted, [*ids, *of.values()])


def _names(session: ReadSession | WriteSession, table: type[SQLModel], names: Sequence[str]) -> tuple[str, list[str]]:
    """Return a table and columns of it as statements name them."""
    prepare = session.get_bind().dialect.identifier_preparer
    own = _table(table)
    return prepare.format_table(own), [prepare.format_column(own.c[name]) for name in names]


def _mark(session: ReadSession | WriteSession) -> str:
    return "?" if session.get_bind().dialect.name == "sqlite" else "%s"


def _unpacked(session: WriteSession, rows: Ready | Imaged) -> Ready:
    return rows if isinstance(rows, Ready) else Ready(rows.names, images.values_of(session, rows))


@contextmanager
def _states_known(connection: Connection, table: TableClause) -> Iterator[None]:
    """Let SQLite not ask again whether states are some that their columns have: for each row that takes an eighth.

    The rows' types have asked already. What else a table may check is checked still.
    """
    if not _checks_states_only(table):
        yield
        return
    connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints=OFF")


@cache
def _checks_states_only(table: TableClause) -> bool:
    if not isinstance(table, Table):
        return False
    said = {*table.constraints, *chain.from_iterable(column.constraints for column in table.c)}
    checks = sum(isinstance(one, CheckConstraint) for one in said)
    of_states = sum(isinstance(one.type, Enum) and one.type.create_constraint for one in table.c)
    return bool(checks) and checks == of_states


def _table(into: TableClause | type[SQLModel]) -> TableClause:
    if isinstance(into, TableClause):
        return into
    own: TableClause = inspect(into).local_table
    return own


def _stored(dialect: Dialect, kind: TypeEngine[Any], said: Sequence[Any]) -> Sequence[Any]:
    """Return the values of one column as the driver takes them. Most are said again and again: states, days, yes."""
    store: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    if store is None:
        return said
    if isinstance(kind, JSON):
        return list(map(store, said))
    stored = {value: store(value) for value in set(said)}
    return list(map(stored.__getitem__, said))


def _copy(connection: Connection, target: str, values: Sequence[Sequence[Any]]) -> None:
    statement = f"COPY {target} FROM STDIN"
    raw: Any = connection.connection.driver_connection
    fault: type[Exception] = connection.dialect.loaded_dbapi.Error
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as copy:
            for row in values:
                copy.write_row(row)
    except fault as error:
        # The caller knows SQLAlchemy's faults, and the values of a row are not told in a log.
        raise DBAPIError.instance(
            statement, None, error, fault, hide_parameters=True, dialect=connection.dialect
        ) from error
