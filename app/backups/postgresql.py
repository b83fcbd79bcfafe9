"""Backups of a PostgreSQL database: pg_dump's custom format, made and read by PostgreSQL's own programs."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Connection, text

from app.backups.contents import VERSION_TABLE, Contents, Refused, Tell, contents_of, is_counted, require_same
from app.core.db import Database

SCHEMA = "public"
# What was there before a restore waits here until the restored database has been checked.
_ASIDE = "samnod_replaced_"
_COPY = re.compile(rb'COPY (?:"?\w+"?)\."?(\w+)"? \(.*\) FROM stdin;\n')
_END = b"\\.\n"


def save(database: Database, part: Path, tell: Tell) -> Contents:
    """Dump the database, as it is at one moment, into the file `part`; return what both hold.

    Writers go on meanwhile. The dump is read through and compared before this returns.
    """
    with database.reads() as session:
        connection = session.connection()
        # pg_dump looks at the same moment as our own counting.
        snapshot: str = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        contents = contents_of(connection)
        tell("Copying", None)
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--schema={SCHEMA}", f"--snapshot={snapshot}"]
        with _connecting(database.url) as connecting:
            _run("pg_dump", *options, f"--file={part}", *connecting)
    tell("Checking", None)
    require_same(contents_of_dump(part), contents)
    return contents


def contents_of_dump(dump: Path) -> Contents:
    """Read a dump from end to end and count its rows, without a database. Refuses a damaged one."""
    rows: dict[str, int] = {}
    revision = None
    with _script(dump) as lines:
        for line in lines:
            if started := _COPY.fullmatch(line):
                table = started[1].decode()
                rows[table], last = _count(lines)
                if table == VERSION_TABLE and last:
                    revision = last.decode().strip()
    return Contents(revision, {name: rows[name] for name in sorted(filter(is_counted, rows))})


def require_idle(connection: Connection) -> None:
    """Refuse while another process is connected to the database as the same user."""
    asked = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
    )
    if others := connection.execute(asked).scalar_one():
        raise Refused(f"The database is in use ({others} connections): stop the server, and whatever else uses it.")


@contextmanager
def replaced(database: Database) -> Iterator[None]:
    """Move what is in the database aside for the block; afterwards drop it, or put it back if the block raises."""
    aside = f"{_ASIDE}{datetime.now(UTC):%Y%m%d_%H%M%S}"
    with database.write_engine.begin() as connection:
        require_idle(connection)
        connection.execute(text(f"CREATE SCHEMA {aside}"))
        _move_tables(connection, SCHEMA, aside)
    try:
        yield
    except BaseException:
        with database.write_engine.begin() as connection:
            _drop_tables(connection, SCHEMA)
            _move_tables(connection, aside, SCHEMA)
            connection.execute(text(f"DROP SCHEMA {aside}"))
        raise
    with database.write_engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {aside} CASCADE"))


def fill(database: Database, dump: Path, meant: Contents, tell: Tell) -> None:
    """Fill the database, which has no tables, from a dump that holds `meant`: all of it or nothing."""
    tell("Restoring", None)
    options = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", f"--schema={SCHEMA}"]
    with _connecting(database.url) as connecting:
        _run("pg_restore", *options, *connecting, str(dump))
    tell("Checking", None)
    with database.write_engine.begin() as connection:
        require_same(contents_of(connection), meant)
        # Without figures about the tables the first questions would be answered by reading all of them.
        connection.execute(text("ANALYZE"))


def _count(lines: Iterator[bytes]) -> tuple[int, bytes]:
    """Read one table's rows to their end; return how many there are, and the last."""
    number, last = 0, b""
    for line in lines:
        if line == _END:
            return number, last
        number, last = number + 1, line
    raise Refused("The backup is damaged: a table ends in the middle.")


def _tables(connection: Connection, schema: str) -> list[str]:
    asked = text("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = :schema ORDER BY 1")
    return list(connection.execute(asked, {"schema": schema}).scalars())


def _move_tables(connection: Connection, source: str, target: str) -> None:
    for table in _tables(connection, source):
        connection.execute(text(f"ALTER TABLE {source}.{table} SET SCHEMA {target}"))


def _drop_tables(connection: Connection, schema: str) -> None:
    for table in _tables(connection, schema):
        connection.execute(text(f"DROP TABLE {schema}.{table} CASCADE"))


@contextmanager
def _connecting(url: URL) -> Iterator[list[str]]:
    """Give the options by which PostgreSQL's programs reach the database.

    The password goes through a file that only we can read: the command line is seen by everybody on the machine.
    """
    _, parts = url.get_dialect()().create_connect_args(url)
    password = str(parts.pop("password", ""))
    with tempfile.NamedTemporaryFile("w") as passwords:
        if password:
            escaped = password.replace("\\", "\\\\").replace(":", "\\:")
            passwords.write(f"*:*:*:*:{escaped}\n")
            passwords.flush()
            parts["passfile"] = passwords.name
        yield ["--no-password", f"--dbname={make_conninfo(**parts)}"]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Refused(
            f"{name} is not on the PATH: install PostgreSQL's client programs, of the server's version or a newer one "
            "(on Debian: apt-get install postgresql-client)."
        )
    return found


def _run(name: str, *arguments: str) -> None:
    # The program is found by its name, and every argument is one of ours or a name of a file.
    done = subprocess.run([_program(name), *arguments], capture_output=True, text=True)  # noqa: S603
    if done.returncode != 0:
        raise Refused(f"{name} gave up: {_said(done.stderr)}")


@contextmanager
def _script(dump: Path) -> Iterator[Iterator[bytes]]:
    """Give the lines of the SQL script that a dump stands for. Refuses a dump that cannot be read to its end."""
    command = [_program("pg_restore"), "--file=-", str(dump)]
    with tempfile.TemporaryFile("w+") as errors:
        # The same program by the same name as in `_run`.
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as reader:  # noqa: S603
            yield iter(reader.stdout or ())
        errors.seek(0)
        if reader.returncode != 0:
            raise Refused(f"The backup is damaged or of a newer PostgreSQL. pg_restore says: {_said(errors.read())}")


def _said(errors: str) -> str:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    return " ".join(lines[:3]) or "nothing"
