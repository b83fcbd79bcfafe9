"""`samnod worker`, and the worker that runs beside `samnod serve`."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer

from app import logs
from app.core.db import Database
from app.mail.smtp import Server, server_of
from app.mail.vocabulary import Sender
from app.settings import Settings
from app.terminal import say, stop
from app.worker import Worker

_OWN_ADDRESS: Final = "http://127.0.0.1:8000"
# Letters that are never sent come from nowhere (RFC 2606).
_NOWHERE: Final = "samnod@example.invalid"
# Longer than one letter takes, and shorter than whoever stops a container waits.
_PATIENCE_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class Needs:
    """What these commands need of the command line: settings, the database once it is open, and the secret."""

    settings: Callable[[], Settings]
    database: Callable[[], AbstractContextManager[Database]]
    secret: Callable[[], bytes]


def register(app: typer.Typer, needs: Needs) -> None:
    """Add the command."""

    @app.command()
    def worker(
        once: Annotated[bool, typer.Option("--once", help="Run what is due, and end")] = False,
        address: Annotated[str, typer.Option(hidden=True)] = "",
        child_of: Annotated[int, typer.Option(hidden=True)] = 0,
    ) -> None:
        """Send mail, and do what is done every day. One is enough; of several, one does each thing."""
        settings = needs.settings()
        server, sender = mail_of(settings, address)
        logs.configure(settings.log_level)
        with needs.database() as database:
            made = Worker(database, needs.secret(), settings.node, sender, server)
            if once:
                say(f"{made.run_due()} things were done.")
                return
            _stop_when_asked(made)
            made.run_for_ever(wanted=lambda: not child_of or os.getppid() == child_of)


def mail_of(settings: Settings, address: str = "") -> tuple[Server | None, Sender]:
    """Return the mail server that the settings name, if they do, and what the node says of itself in letters.

    `address` is where the node is reached when the settings do not say it. Stops with a sentence when letters could be
    sent but would come from nobody, or lead nowhere.
    """
    if settings.smtp_url and not (settings.mail_from and settings.base_url):
        raise stop("To send mail, SAMNOD_MAIL_FROM and SAMNOD_BASE_URL are needed too: who writes, where links lead.")
    server = server_of(settings.smtp_url) if settings.smtp_url else None
    return server, sender_of(settings, address)


def sender_of(settings: Settings, address: str = "") -> Sender:
    """Return what the node says of itself in letters."""
    name = f"Samnod {settings.node_name}".strip()
    return Sender(settings.mail_from or _NOWHERE, name, settings.base_url or address or _OWN_ADDRESS)


@contextmanager
def beside(address: str) -> Iterator[None]:
    """Let a worker run in a process of its own for as long as the block takes; it also ends when this process dies."""
    ours = [sys.executable, "-c", "from app.cli import main; main()"]
    command = [*ours, "worker", "--address", address, "--child-of", str(os.getpid())]
    # Our own program, with options of ours.
    child = subprocess.Popen(command)  # noqa: S603
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            # What it was doing is done again by the next worker.
            child.kill()
            child.wait()


def _stop_when_asked(worker: Worker) -> None:
    def asked(_signal: int, _frame: Any) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)
