"""Rows on their way from one process to another: a small SQLite database, which another one reads where it arrives.

A driver that inserts rows takes each value of each from Python, and gives Python's lock back and waits for it with
each. From a database beside it SQLite takes whole tables by itself, in less than half the time.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple

from app.core.db import ATTACHED, WriteSession

CAN_BE_MADE: Final = hasattr(sqlite3.Connection, "serialize")
"""Whether Python's SQLite can give a database as bytes: those before 3.36 mostly cannot."""
_ROWS_A_STATEMENT: Final = 8
AT_ONCE: Final = 10
"""How many images a transaction may read from: SQLite's own limit (`SQLITE_MAX_ATTACHED`)."""


@dataclass(slots=True, eq=False)
class Image:
    """A database as bytes. It is empty until its packing has ended."""

    content: bytes = b""


class Imaged(NamedTuple):
    """Rows of one table that are in an image."""

    names: tuple[str, ...]
    image: Image
    table: str


class Packing:
    """An image that is being made."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.image = Image()
        self._database = database
        self.tables = 0

    def put(self, names: Sequence[str], values: Sequence[Sequence[Any]]) -> Imaged:
        """Put rows into the image: plain values, as the driver takes them."""
        packed = Imaged(tuple(names), self.image, f"rows_{self.tables}")
        self.tables += 1
        columns = ", ".join(f'"{name}"' for name in names)
        self._database.execute(f"CREATE TABLE {packed.table} ({columns})")
        # To begin a statement costs as much as to take a value or two.
        together = len(values) - len(values) % _ROWS_A_STATEMENT
        several = [
            tuple(chain.from_iterable(values[first : first + _ROWS_A_STATEMENT]))
            for first in range(0, together, _ROWS_A_STATEMENT)
        ]
        row = f"({', '.join('?' * len(names))})"
        into = f"INSERT INTO {packed.table} VALUES "  # noqa: S608  # names of our own
        self._database.executemany(into + ", ".join([row] * _ROWS_A_STATEMENT), several)
        self._database.executemany(into + row, values[together:])
        return packed


@contextmanager
def packing() -> Iterator[Packing]:
    """Give what makes an image, which is whole after the block."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    try:
        # Nobody undoes anything here.
        database.execute("PRAGMA journal_mode=OFF")
        database.execute("BEGIN")
        made = Packing(database)
        yield made
        database.execute("COMMIT")
        # An empty database is no bytes at all, which SQLite calls an error.
        made.image.content = database.serialize() if made.tables else b""
    finally:
        database.close()


def address_of(session: WriteSession, packed: Imaged) -> str:
    """Return where a statement of this session finds rows of an image; it is there until the transaction ends."""
    connection = session.connection()
    here: dict[Image, str] = connection.info.setdefault(ATTACHED, {})
    if packed.image not in here:
        raw: Any = connection.connection.driver_connection
        name = f"image_{len(here)}"
        raw.execute(f"ATTACH ':memory:' AS {name}")
        # Before anything can fail: it has to be taken away in any case.
        here[packed.image] = name
        raw.deserialize(packed.image.content, name=name)
    return f"{here[packed.image]}.{packed.table}"


def values_of(session: WriteSession, packed: Imaged) -> list[tuple[Any, ...]]:
    """Return rows of an image, in their order."""
    found = session.connection().exec_driver_sql(f"SELECT * FROM {address_of(session, packed)} ORDER BY rowid")  # noqa: S608  # names of our own
    return [tuple(row) for row in found]
