"""`samnod mail`: how the outbox stands, and whether a worker lives."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import typer

from app.core.clock import now
from app.core.db import Database
from app.mail import service as mail
from app.terminal import say, stop

Opened = Callable[[], AbstractContextManager[Database]]


def register(app: typer.Typer, opened: Opened) -> None:
    """Add `samnod mail`; `opened` gives the node's database."""
    commands = typer.Typer(no_args_is_help=True, help="Mail: the letters of this node.")
    app.add_typer(commands, name="mail")

    @commands.command("status")
    def status() -> None:
        """Say how many letters wait and when a worker was last heard of; ends with 1 when letters wait and none is."""
        with opened() as database, database.reads() as session:
            found = mail.post(session, now())
        say(", ".join(f"{number} {state.value}" for state, number in found.letters.items()))
        heard = f"{found.worked_at:%Y-%m-%d %H:%M} UTC" if found.worked_at else "never"
        say(f"A worker was last heard of: {heard}.")
        if found.is_silent:
            raise stop("Letters wait, and no worker has been heard of for ten minutes. Start one: samnod worker")
