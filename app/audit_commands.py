"""`samnod audit`: the log checked, and written to a file."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from app.audit import checking
from app.core.db import Database
from app.terminal import say, stop, unreadable

Opened = Callable[[], AbstractContextManager[Database]]


def register(app: typer.Typer, opened: Opened) -> None:
    """Add `samnod audit`; `opened` gives the node's database."""
    audit = typer.Typer(no_args_is_help=True, help="The audit log: who did what, in a chain of hashes.")
    app.add_typer(audit, name="audit")

    @audit.command("verify")
    def verify(
        known: Annotated[str, typer.Option(help="An entry that was noted before, as it was told: 812:ab12…")] = "",
    ) -> None:
        """Say whether the chain hangs together, or where it breaks first. Note the last entry somewhere else."""
        noted = _noted(known)
        with opened() as database, database.reads() as session:
            found = checking.verify(session, noted)
        if found.fault:
            raise stop(f"The audit log is broken: {found.fault}. {found.number} entries before that hold.")
        say(f"{found.number} entries hold. Note the last: {found.last}:{found.hash}")

    @audit.command("export")
    def export(file: Annotated[Path, typer.Argument(help="Where to write it; nothing may be there")]) -> None:
        """Write every entry to a file, as one JSON object a line, oldest first."""
        number = 0
        try:
            with opened() as database, database.reads() as session, file.open("x", encoding="utf-8") as out:
                file.chmod(0o600)
                for entry in checking.exported(session):
                    out.write(json.dumps(entry, ensure_ascii=False) + "\n")
                    number += 1
        except OSError as fault:
            raise stop(unreadable(file, fault)) from fault
        say(f"{number} entries are in {file}.")


def _noted(known: str) -> tuple[int, str] | None:
    if not known:
        return None
    seq, _, hashed = known.partition(":")
    if not seq.isdecimal() or not hashed:
        raise stop("--known takes an entry as `samnod audit verify` tells it: its number, a colon, its hash.")
    return int(seq), hashed
