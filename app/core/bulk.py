"""Many rows into one table at once, by the driver itself: an import writes a hundred thousand of them.

SQLAlchemy handles each value of each row by itself, which takes longer than the database does. Here its types still say
how a value is stored (states, instants, yes and no), and the driver is given the rows: to PostgreSQL as one COPY.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, TableClause, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from app.core.db import WriteSession


def insert_many(session: WriteSession, into: TableClause | type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, which all name the same columns: what is left out is not filled in with a default of Python's.

    Raises:
        LookupError: a value that its column's states do not have.
        sqlalchemy.exc.DBAPIError: as an ordinary insert does, IntegrityError and all.
    """
    if not rows:
        return
    connection = session.connection()
    table: TableClause = into if isinstance(into, TableClause) else inspect(into).local_table
    names = list(rows[0])
    columns = [table.c[name] for name in names]
    prepare = connection.dialect.identifier_preparer
    target = f"{prepare.format_table(table)} ({', '.join(map(prepare.format_column, columns))})"
    stored = [
        _stored(connection.dialect, column.type, list(map(itemgetter(name), rows)))
        for column, name in zip(columns, names, strict=True)
    ]
    values = list(zip(*stored, strict=True))
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(names))
        connection.exec_driver_sql(f"INSERT INTO {target} VALUES ({places})", values)  # noqa: S608  # names of our own
    else:
        _copy(connection, target, values)


def _stored(dialect: Dialect, kind: TypeEngine[Any], said: Sequence[Any]) -> Sequence[Any]:
    """Return the values of one column as the driver takes them."""
    store: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return said if store is None else list(map(store, said))


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
