"""The database: one engine for reads and one for writes, two session types, and the only commit in the house.

SQLite is embedded and has one writer at a time: writers begin with `BEGIN IMMEDIATE`, so that two of them wait for each
other instead of failing half-way. PostgreSQL takes the same calls. A read session cannot write on either.

The change journal must never re-issue a number that a reader has seen, nor miss one that was committed late. So what is
committed is on the disk, and writers are READ COMMITTED, whatever the server, the database or the role say.
"""

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

from anyio import CapacityLimiter
from fastapi import Depends, Request
from sqlalchemy import Engine, Select, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from sqlmodel import Session

from app.core.driver import QuickReads

_REHEARSAL, _AFTER_COMMIT, _BESIDE = "rehearsal", "after_commit", "beside"
# What a connection knows of databases beside its own, by their names there (core/images.py).
ATTACHED: Final = "attached"
# What comes up when the database is gone, or busy for longer than anybody should wait (but see `is_silence`).
SILENCES: Final[tuple[type[Exception], ...]] = (OperationalError, InterfaceError, TimeoutError)
# A little longer than SQLite's own waiting between two looks (`sqliteDefaultBusyCallback`).
_LOOKS_AGAIN_SECONDS: Final = 0.12
_PAGE_BYTES: Final = 16_384
_LOG_BYTES, _LONG_LOG_BYTES = 4 * 2**20, 64 * 2**20
# They come with the connection, before the defaults of the role and of the database, and cost no question of their own.
_POSTGRESQL_SETTINGS: Final = "-c jit=off -c timezone=UTC -c synchronous_commit=on"


def is_silence(error: Exception) -> bool:
    """Tell whether the database does not answer.

    SQLite calls it an operational error as well when we ask for what is not there: that is a fault of ours.
    """
    ours = getattr(getattr(error, "orig", None), "sqlite_errorname", "") == "SQLITE_ERROR"
    return isinstance(error, SILENCES) and not ours


class ReadSession(Session):
    """A session that may only read; the database refuses anything else."""


class WriteSession(Session):
    """A session that may write; it is committed once, by `Database.writes`."""


class Database:
    """Both engines of one database URL."""

    def __init__(self, url: str, *, beside: Path | None = None) -> None:
        """Open the database at `url`; `beside` is the folder for what is kept outside it and its backups."""
        self.url = make_url(url)
        self.beside = beside
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        # Sync endpoints share one pool of threads. With SQLite more threads only fight for the interpreter lock.
        self.threads = 2 if self.is_sqlite else 4
        # SQLite has one writer: the others wait here and not each in a thread of the pool, which the writer needs too.
        self.writers = CapacityLimiter(1 if self.is_sqlite else self.threads)
        # A request that reads keeps its connection while it waits for a thread, for the endpoint and again for the
        # answer. So no more of them begin than there are connections: a thread that waited for one would wait for those
        # who wait for a thread.
        self.readers = CapacityLimiter(2 * self.threads)
        self._read_engine = self._engine(read_only=True)
        self._write_engine = self._engine(read_only=False)
        self.quick = QuickReads(self._read_engine, self.threads)

    @contextmanager
    def reads(self) -> Iterator[ReadSession]:
        """Give a read-only session that sees one moment of the database."""
        with ReadSession(self._read_engine, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writes(self) -> Iterator[WriteSession]:
        """Give a session whose work is committed when the block ends, and rolled back whole if it raises.

        One that only rehearses (`rehearse`) is rolled back in any case.
        """
        info = {_BESIDE: self.beside}
        with WriteSession(self._write_engine, expire_on_commit=False, info=info) as session:
            try:
                yield session
                if session.info.get(_REHEARSAL):
                    session.rollback()
                    session.info.pop(_AFTER_COMMIT, None)
                else:
                    _finish(session)
                    session.commit()
            except BaseException:
                session.rollback()
                raise
            for tell in session.info.get(_AFTER_COMMIT, []):
                tell()

    @property
    def write_engine(self) -> Engine:
        """The engine that migrations run on."""
        return self._write_engine

    def let_others_write(self) -> None:
        """Wait a moment between two long transactions: without it, the others would hardly get in between them.

        Who waits for SQLite's one writer looks each tenth of a second whether it is free. PostgreSQL has no such line.
        """
        if self.is_sqlite:
            time.sleep(_LOOKS_AGAIN_SECONDS)

    def close(self) -> None:
        """Close every connection."""
        self.quick.close()
        self._read_engine.dispose()
        self._write_engine.dispose()

    def _engine(self, *, read_only: bool) -> Engine:
        # What somebody searched for, or sent, is their own: a statement that fails is logged without its values.
        if self.is_sqlite:
            engine = create_engine(
                self.url,
                connect_args={"check_same_thread": False, "isolation_level": None},
                hide_parameters=True,
            )
            _prepare_sqlite(engine, read_only=read_only)
            return engine
        # Beside the sessions of requests there are short ones, opened and closed in one thread: hence the overflow.
        # SQLite's pool is larger than that by default.
        size = 2 * self.threads if read_only else self.threads
        reads = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
        return create_engine(
            self.url,
            pool_size=size,
            max_overflow=size,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"options": _POSTGRESQL_SETTINGS},
            execution_options=reads if read_only else {"isolation_level": "READ COMMITTED"},
        )


def driver_rows(session: Session, sql: str, values: Sequence[Any]) -> list[Any]:
    """Return the rows of `sql` from the driver itself, in the session's own transaction, with blobs as bytes.

    For the hottest questions only: with hundreds of values and kilobytes of blobs a row, SQLAlchemy's own handling
    costs more than the database. Values are written `?` on SQLite and `%s` on PostgreSQL.
    """
    raw: Any = session.connection().connection.driver_connection
    if session.get_bind().dialect.name == "sqlite":
        return list(raw.execute(sql, values))
    with raw.cursor(binary=True) as cursor:
        return list(cursor.execute(sql, values))


def plain_rows(session: Session, wanted: Select[Any]) -> Sequence[Any]:
    """Return the rows of a select as the driver gives them: for thousands of rows of plain texts and numbers."""
    # SQLAlchemy would make a row of its own of each, which takes as long as to read it.
    with session.connection().execute(wanted) as result:
        found: Sequence[Any] = result.cursor.fetchall()
    return found


def rehearse(session: WriteSession) -> None:
    """Let everything that the session writes be undone at its end: it was only to be seen what would happen."""
    session.info[_REHEARSAL] = True


def expect_much(session: WriteSession) -> None:
    """Say that thousands of rows will be written, and thousands more in the next transaction.

    SQLite copies its log into the database when it is 4 MB long, hot pages and all; by now it may grow to 64 MB first.
    """
    if session.get_bind().dialect.name == "sqlite":
        connection = session.connection()
        page_bytes = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        connection.exec_driver_sql(_long_log(page_bytes, _LONG_LOG_BYTES))


def _long_log(page_bytes: int, log_bytes: int) -> str:
    """Return what lets SQLite's log grow so long before it is copied into the database: it counts in pages."""
    return f"PRAGMA wal_autocheckpoint={log_bytes // page_bytes}"


def after_commit(session: WriteSession, tell: Callable[[], None]) -> None:
    """Call `tell` when the session's work is committed, and never if it is not. What it raises undoes nothing."""
    session.info.setdefault(_AFTER_COMMIT, []).append(tell)


def beside(session: WriteSession) -> Path | None:
    """Return the folder for what is kept outside the database and its backups; None where nothing is."""
    folder: Path | None = session.info.get(_BESIDE)
    return folder


def _finish(session: WriteSession) -> None:
    """Do what is to be done before the commit, and what that adds, until nothing is left."""
    # A step that has to be the last of all (the journal's numbering) puts itself back while others wait.
    while waiting := session.info.get("before_commit"):
        waiting.pop(0)(session)
    session.info.pop("before_commit", None)


def _prepare_sqlite(engine: Engine, *, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        # Of a database that is empty yet (docs/decisions/0030-larger-pages.md); one with pages keeps theirs.
        cursor.execute(f"PRAGMA page_size={_PAGE_BYTES}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA busy_timeout=10000")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.execute(_long_log(cursor.execute("PRAGMA page_size").fetchone()[0], _LOG_BYTES))
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "checkin")
    def let_go(connection: Any, record: Any) -> None:
        # Not sooner: a transaction locks what it has read.
        names = record.info.pop(ATTACHED, {}).values()
        for name in names if connection is not None else ():
            connection.execute(f"DETACH {name}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def database_of(request: Request) -> Database:
    """Return the database that `create_app` gave to the application."""
    database: Database = request.app.state.database
    return database


async def _reads(database: Annotated[Database, Depends(database_of)]) -> AsyncIterator[ReadSession]:
    async with database.readers:
        with database.reads() as session:
            yield session


# The session is closed before the answer leaves (scope="function"): a failure on the way out is still an error page.
Reads = Annotated[ReadSession, Depends(_reads, scope="function")]
