"""Short reads by the driver itself, for the questions that are asked most.

SQLAlchemy builds, caches and unpacks a statement in several times the time that SQLite needs to answer it. Here a
statement is compiled once, and from then on the driver is given its text and values.
"""

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Engine, Select

# What takes less work than this may be asked in the event loop itself: a thread would cost more than it saves. Work and
# not time is counted, because a thread that reads row by row waits for the interpreter's lock at each of them.
_SHORT_SECONDS = 0.002


@dataclass(slots=True)
class Prepared:
    """A statement as the driver takes it, and how much work it was when it was asked last.

    `order` is that of the values where the driver counts them; where it knows them by name there is none.
    """

    sql: str
    values: dict[str, Any]
    order: tuple[str, ...] | None
    seconds: float = 1.0

    def filled(self, others: Mapping[str, Any]) -> Sequence[Any] | Mapping[str, Any]:
        """Return the values in the driver's form, with `others` in place of those that have their names."""
        values = {**self.values, **others} if others else self.values
        return values if self.order is None else [values[name] for name in self.order]


class QuickReads:
    """Read-only connections of the driver's own, one for each thread that asks; each statement sees one moment.

    An embedded database is asked where the request is served, because waiting for a thread takes longer than the
    answer; a question that is much work goes to a thread all the same. A server is always asked from a thread.
    """

    def __init__(self, engine: Engine, threads: int) -> None:
        self._engine = engine
        self._embedded = engine.dialect.name == "sqlite"
        self._own = threading.local()
        self.connections: list[Any] = []
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="quick-reads")
        self.fault: type[Exception] = engine.dialect.loaded_dbapi.Error

    def prepare(self, statement: Select[Any]) -> Prepared | None:
        """Return the statement as the driver takes it.

        None when it holds a value that the next request may not share (an instant) or that SQLAlchemy would write in
        its own way.
        """
        compiled = statement.compile(dialect=self._engine.dialect, compile_kwargs={"render_postcompile": True})
        named = {name: self._plain(value) for name, value in compiled.params.items()}
        if any(value is NotImplemented for value in named.values()):
            return None
        order: Sequence[str] | None = getattr(compiled, "positiontup", None)
        return Prepared(str(compiled), named, None if order is None else tuple(order))

    async def rows(self, asked: Prepared, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of the statement, with other values for some of its parameters.

        Raises `fault` when the database does not answer.
        """
        if self._embedded and asked.seconds < _SHORT_SECONDS:
            return self.ask(asked, values)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.ask, asked, values)

    def close(self) -> None:
        """Close every connection."""
        self._threads.shutdown()
        for connection in self.connections:
            connection.close()

    def ask(self, asked: Prepared, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows of the statement, asked in this thread."""
        started = time.thread_time()
        try:
            found: list[tuple[Any, ...]] = self._connection().execute(asked.sql, asked.filled(values)).fetchall()
        except self.fault:
            # Whatever it was, the next question gets a new connection.
            self._own.connection = None
            raise
        asked.seconds = time.thread_time() - started
        return found

    def _connection(self) -> Any:
        if getattr(self._own, "connection", None) is None:
            self._own.connection = self._connect()
            self.connections.append(self._own.connection)
        return self._own.connection

    def _connect(self) -> Any:
        pooled = self._engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        if self._embedded:
            # In the event loop nobody waits for a lock: the ordinary way, in a thread, has the patience.
            connection.execute("PRAGMA busy_timeout=0")
        else:
            connection.rollback()
            connection.autocommit = True
            connection.execute("SET default_transaction_read_only = on")
        return connection

    def _plain(self, value: Any) -> Any:
        """Return a value as both drivers take it, or NotImplemented."""
        if isinstance(value, Enum):
            return value.value
        if value is None or isinstance(value, str | int | float):
            return value
        if isinstance(value, date) and not isinstance(value, datetime):
            return value.isoformat() if self._embedded else value
        return NotImplemented
