"""`samnod backup` and `samnod restore`."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from app.backups import service
from app.backups.contents import Refused, Tell
from app.journal.generations import LAST_GENERATION
from app.settings import settings
from app.terminal import out, say, stop, unreadable

Force = Annotated[bool, typer.Option("--force", help="Replace what is there")]


def register(app: typer.Typer) -> None:
    """Add both commands to the `samnod` command."""
    app.command()(backup)
    app.command()(restore)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to make; only its owner can read it")],
    force: Force = False,
) -> None:
    """Save the database into one file while the server goes on. The file is checked before it appears."""
    with _in_sentences(file), _told() as tell:
        saved = service.back_up(settings().database, file, force=force, tell=tell)
    say(f"Saved {saved.rows} rows in {file} ({saved.size / 1e6:.1f} MB).")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `samnod backup` made")],
    force: Force = False,
    generation: Annotated[
        int, typer.Option(min=1, max=LAST_GENERATION, help="Go on counting changes in this generation at least")
    ] = 1,
) -> None:
    """Put a backup in the database's place and bring it to the newest shape. Stop the server first."""
    with _in_sentences(file), _told() as tell:
        ledger = service.Ledger(settings().var_dir, settings().node)
        restored = service.restore(settings().database, file, ledger, force=force, generation=generation, tell=tell)
    say(f"Restored {restored.rows} rows from {file} (shape {restored.revision}), checked and migrated.")
    if not restored.compared:
        say("No checksum lies beside the file, so a changed letter would not have been seen.", "yellow")
    say(f"The journal goes on in generation {restored.generation}: write that number down with the backup.")
    if restored.erased:
        say(f"{restored.erased} records that were erased after the backup was made are erased again.")
    if restored.has_peers:
        say("Before you start the server, ask the peers what they hold: samnod sync new-generation", "yellow")


@contextmanager
def _in_sentences(file: Path) -> Iterator[None]:
    try:
        yield
    except Refused as fault:
        raise stop(fault.detail) from fault
    except OSError as fault:
        raise stop(unreadable(Path(fault.filename or file), fault)) from fault
    except sqlite3.Error as fault:
        # A full disk, most often: what was begun is gone, and what was there stays.
        raise stop(f"{file}: SQLite gave up: {fault}") from fault


@contextmanager
def _told() -> Iterator[Tell]:
    """Give what shows how far it is, when somebody is watching."""
    with Progress(console=out, transient=True, disable=not out.is_terminal) as shown:
        task = shown.add_task("", total=None)

        def tell(stage: str, done: float | None) -> None:
            shown.update(task, description=stage, total=None if done is None else 1, completed=done or 0)

        yield tell
