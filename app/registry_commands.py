"""The registry at a terminal: import enterprises from a table, export them, and see which wait to be confirmed."""

import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.progress import track
from sqlalchemy.exc import IntegrityError

from app.core.clock import today
from app.core.db import Database
from app.core.errors import in_language
from app.core.i18n import Texts, texts
from app.enterprises import exporting, importing
from app.enterprises.columns import UnknownField, overrides
from app.enterprises.importing import OnDuplicate, Reading
from app.enterprises.reports import Outcome, Report
from app.enterprises.rows import Defaults
from app.enterprises.schemas import EnterpriseExport
from app.enterprises.spreadsheet import UnreadableTable
from app.enterprises.vocabulary import ExportForm
from app.terminal import out, say, stop, unreadable

_Item = TypeVar("_Item")
Opened = Callable[[], AbstractContextManager[Database]]


class Language(StrEnum):
    """The languages that a report is told in."""

    SV = "sv"
    NB = "nb"
    EN = "en"


class Country(StrEnum):
    """The countries of the registry."""

    SE = "SE"
    NO = "NO"


def register(app: typer.Typer, imports: typer.Typer, opened: Opened, node: Callable[[], str]) -> None:
    """Add the registry's commands. `opened` gives the node's database, `node` its name."""
    exports = typer.Typer(no_args_is_help=True, help="Write records out of the node.")
    registry = typer.Typer(no_args_is_help=True, help="The registry of enterprises.")
    app.add_typer(exports, name="export")
    app.add_typer(registry, name="registry")
    imports.command("enterprises")(_import_command(opened, node))
    exports.command("enterprises")(_export_command(opened))
    registry.command("overdue")(_overdue_command(opened))


def _import_command(opened: Opened, node: Callable[[], str]) -> Callable[..., None]:
    def import_enterprises(
        file: Annotated[Path, typer.Argument(help="A table of enterprises, .csv or .xlsx, with a heading row")],
        source: Annotated[str, typer.Option(help="Where the facts come from, for rows that do not say")] = "",
        country: Annotated[Country | None, typer.Option(help="Country of rows that do not say")] = None,
        text_language: Annotated[str, typer.Option(help="Language of the texts: sv, nb, en …")] = "",
        columns: Annotated[
            list[str] | None, typer.Option("--map", help="'Column=field', or 'Column=-' to leave it out; repeatable")
        ] = None,
        sheet: Annotated[str, typer.Option(help="Which sheet of a spreadsheet")] = "",
        on_duplicate: Annotated[
            OnDuplicate, typer.Option(help="What to do with an organisation number that is there already")
        ] = OnDuplicate.SKIP,
        owner: Annotated[str, typer.Option(help="Id of the organisation that keeps new records")] = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and tell, write nothing")] = False,
        strict: Annotated[bool, typer.Option("--strict", help="Write nothing if any row is broken")] = False,
        report: Annotated[Path | None, typer.Option(help="Also write the whole report, as .json or .csv")] = None,
        language: Annotated[Language, typer.Option(help="Language of the report")] = Language.EN,
    ) -> None:
        """Import enterprises from a table. Broken rows are told cell by cell and lose nothing of the others."""
        tell = texts(language)
        if report and report.suffix not in {".json", ".csv"}:
            raise stop("--report: name a file that ends in .json or .csv")
        try:
            with opened() as database, nothing_collected():
                reading = _read(
                    file, Defaults(source, country or "", text_language, node(), owner or None), columns, sheet, tell
                )
                done = _carry_out(database, reading, on_duplicate, dry_run, strict)
        except KeyboardInterrupt:
            stop("Interrupted: nothing was written.")
            raise typer.Exit(130) from None
        except IntegrityError as fault:
            raise stop("Somebody else registered one of these just now: nothing was written. Run it again.") from fault
        for line in done.lines(tell):
            say(line)
        if report:
            report.write_text(done.as_json(tell) if report.suffix == ".json" else done.as_csv(tell), encoding="utf-8")
        if done.counts[Outcome.BROKEN]:
            raise typer.Exit(1)

    return import_enterprises


def _read(file: Path, defaults: Defaults, columns: list[str] | None, sheet: str, tell: Texts) -> Reading:
    try:
        return importing.read_file(file, defaults, said=overrides(columns or []), sheet=sheet, progress=with_bar)
    except OSError as fault:
        raise stop(unreadable(file, fault)) from fault
    except UnreadableTable as fault:
        raise stop(f"{file}: {in_language(fault.detail, tell)}") from fault
    except UnknownField as fault:
        raise stop(in_language(fault.args[0], tell)) from fault


def _carry_out(
    database: Database,
    reading: Reading,
    on_duplicate: OnDuplicate,
    dry_run: bool,
    strict: bool,
) -> Report:
    if dry_run:
        with database.reads() as reads:
            return importing.foresee(reads, reading, on_duplicate=on_duplicate)
    with database.writes() as session:
        return importing.import_enterprises(
            session,
            reading,
            on_duplicate=on_duplicate,
            strict=strict,
            progress=with_bar,
        )


def _export_command(opened: Opened) -> Callable[..., None]:
    def export_enterprises(
        form: Annotated[
            ExportForm, typer.Option("--format", help="CSV for spreadsheets, or a JSON record a line")
        ] = ExportForm.CSV,
        file: Annotated[Path | None, typer.Option("--to", help="File to write; otherwise standard output")] = None,
    ) -> None:
        """Export the registry, as CSV that an import reads again or as NDJSON."""
        with opened() as database:
            parts = exporting.export(database, EnterpriseExport(format=form))
            if file is None:
                for part in parts:
                    sys.stdout.buffer.write(part)
                return
            with file.open("wb") as written:
                written.writelines(parts)

    return export_enterprises


def _overdue_command(opened: Opened) -> Callable[..., None]:
    def overdue(
        language: Annotated[Language, typer.Option(help="Language of the answer")] = Language.EN,
    ) -> None:
        """List the enterprises that nobody has confirmed for a year, those that have waited longest first."""
        tell = texts(language)
        with opened() as database, database.reads() as session:
            waiting = list(exporting.overdue(session, today()))
            for one in waiting:
                since = one.confirmed_on.isoformat() if one.confirmed_on else tell("never")
                say(f"{one.id}  {since:>10}  {one.name}")
        say(tell.plural("{n} enterprise to confirm", "{n} enterprises to confirm", len(waiting)))

    return overdue


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Look for no garbage inside the block: an import keeps what it makes, and looking takes a fifth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def with_bar(stage: str, items: Iterable[_Item], total: int) -> Iterator[_Item]:
    """Give each item; a bar shows how far it is when somebody is watching."""
    if not out.is_terminal or total == 0:
        yield from items
        return
    yield from track(items, stage, total=total, console=out, transient=True)
