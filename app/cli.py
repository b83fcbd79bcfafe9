"""The `samnod` command."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from alembic import command
from alembic.config import Config
from pydantic import ValidationError
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.core.clock import today
from app.core.db import Database
from app.core.errors import SamnodError
from app.core.i18n import texts
from app.demo import service as demo_service
from app.main import create_app
from app.matching import index as matching_index
from app.matching import service as matching
from app.matching.schemas import LotQuestion, Matches, MatchQuestion
from app.notices import service as notices
from app.reference import service as reference
from app.reference.imports import import_reference
from app.settings import settings
from app.wiring import wire

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Samnod: public buyers meet social enterprises.")
imports = typer.Typer(no_args_is_help=True, help="Read files into the node.")
index = typer.Typer(no_args_is_help=True, help="The index that ranks.")
app.add_typer(imports, name="import")
app.add_typer(index, name="index")
out = Console()
ROOT = Path(__file__).resolve().parents[1]


def _database() -> Database:
    settings().var_dir.mkdir(parents=True, exist_ok=True)
    wire()
    return Database(settings().database)


def _stop(message: str) -> typer.Exit:
    Console(stderr=True).print(message, style="red", markup=False, highlight=False)
    return typer.Exit(1)


@app.command()
def migrate() -> None:
    """Bring the database to the newest shape. Safe to repeat."""
    settings().var_dir.mkdir(parents=True, exist_ok=True)
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("sqlalchemy.url", settings().database.replace("%", "%%"))
    command.upgrade(config, "head")
    database = _database()
    with database.reads() as session:
        current = matching_index.is_current(session)
    if not current:
        # A new scorer compiles enterprises anew: what ranks and what explains must be of one mind.
        _rebuild(database)
    database.close()


@app.command()
def demo() -> None:
    """Load the demo: enterprises from the reports, and made-up ones marked as examples. Safe to repeat."""
    database = _database()
    with database.writes() as session:
        report = demo_service.load(session, home=settings().node, today=today())
    if report.already_there:
        out.print("The demo is already there.")
    else:
        out.print(f"Loaded {report.enterprises} enterprises and {report.opportunities} opportunities.")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on")] = 8000,
    prepare: Annotated[bool, typer.Option("--prepare", help="First migrate and load the demo")] = False,
) -> None:
    """Serve the API and the site."""
    if prepare:
        # In this process, because loading the program three times takes longer than all it then does.
        migrate()
        demo()
        typer.echo(f"Open http://{host}:{port}/ (the API: http://{host}:{port}/api/v1/openapi.json). Ctrl-C stops.")
    uvicorn.run(create_app(settings()), host=host, port=port, log_config=None, access_log=False, server_header=False)


@app.command()
def match(
    words: Annotated[str, typer.Argument(help="What you need, in a few words")],
    place: Annotated[str, typer.Option(help="Municipality, county or area code")] = "",
    cpv: Annotated[list[str] | None, typer.Option(help="CPV code; may be repeated")] = None,
    reserved: Annotated[list[str] | None, typer.Option(help="res-ws, res-pub-ser, se-ideburen or no-ideell")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 10,
    language: Annotated[str, typer.Option(help="sv, nb or en")] = "sv",
    explain: Annotated[bool, typer.Option("--explain", help="Tell why, point by point")] = False,
) -> None:
    """Rank enterprises for a need, as the page does."""
    try:
        question = _asked(words, place, cpv or [], reserved or [])
    except ValidationError as fault:
        wrong = "; ".join(f"{'/'.join(map(str, e['loc']))}: {e['msg']}" for e in fault.errors())
        raise _stop(wrong) from fault
    with _database().reads() as session:
        found = matching.preview(session, question, limit=limit, language=language)
    _show(found, language, explain=explain)


@imports.command("notice")
def import_notices(
    files: Annotated[list[Path], typer.Argument(help="eForms notices as XML")],
) -> None:
    """Import eForms contract and planning notices as opportunities. Importing one again changes nothing."""
    database = _database()
    refused = 0
    for path in files:
        try:
            content = path.read_bytes()
            with database.writes() as session:
                report = notices.import_notice(
                    session, content, source=path.name, home=settings().node, now=datetime.now(UTC)
                )
            out.print(notices.render(report, "en"), markup=False, highlight=False)
        except OSError as fault:
            refused += 1
            out.print(f"{path.name}: cannot be read: {fault.strerror}", style="red", markup=False)
        except SamnodError as fault:
            refused += 1
            out.print(f"{path.name}: refused: {fault.detail}", style="red", markup=False, highlight=False)
            for wrong in fault.faults:
                out.print(f"    {wrong.pointer}: {wrong.detail}", markup=False, highlight=False)
    if refused:
        raise _stop(f"{refused} of {len(files)} files were refused; nothing of them was written.")


@imports.command("reference")
def import_lists(
    files: Annotated[list[Path], typer.Argument(help="Official code lists: CSV, genericode or XML")],
) -> None:
    """Import full official lists: every CPV code, postcodes."""
    database = _database()
    for path in files:
        try:
            with database.writes() as session:
                report = import_reference(session, path)
            out.print(f"{path.name}: {report}", markup=False)
        except SamnodError as fault:
            lines = [f"    {wrong.pointer}: {wrong.detail}" for wrong in fault.faults]
            raise _stop("\n".join([f"{path.name}: refused: {fault.detail}", *lines])) from fault


@index.command("rebuild")
def rebuild_index() -> None:
    """Make the index anew from the registry."""
    _rebuild(_database())


@index.command("check")
def check_index() -> None:
    """Compare the index with the registry."""
    with _database().reads() as session:
        faults = matching_index.check(session)
    if faults:
        raise _stop("\n".join([*faults[:20], f"{len(faults)} differences: run `samnod index rebuild`."]))
    out.print("The index agrees with the registry.")


def _rebuild(database: Database) -> None:
    with database.writes() as session:
        number = matching_index.rebuild(session, lambda found: iter(track(found, "Compiling", total=None)))
    out.print(f"{number} enterprises are in the index.")


def _asked(words: str, place: str, cpv: list[str], reserved: list[str]) -> MatchQuestion:
    areas = _areas(place) if place else []
    lot = LotQuestion.model_validate(
        {
            "cpv_main": cpv[0] if cpv else None,
            "cpv_additional": cpv[1:],
            "area_codes": areas,
            "reserved_participation": reserved,
        }
    )
    return MatchQuestion(title=words, lots=[lot])


def _areas(place: str) -> list[str]:
    try:
        return reference.parse_area(place)
    except ValueError:
        found = reference.municipality_named(place) or reference.find_areas(place, 2)
    if not found:
        raise _stop(f"No municipality or county is called {place!r}.")
    if len(found) > 1 and found[0].name_sv == found[1].name_sv:
        choices = ", ".join(f"{area.code} ({reference.area_label(area.code, 'en')})" for area in found)
        raise _stop(f"{place!r} is more than one place: give a code. {choices}")
    return [found[0].code]


def _show(found: Matches, language: str, *, explain: bool) -> None:
    say = texts(language)
    criteria = [reason.criterion for reason in found.items[0].reasons] if found.items else []
    heads = "".join(f"{say(criterion)[:3]:>4}" for criterion in criteria)
    table = Table("", say("Score"), say("Enterprise"), say("Eligibility"), box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(heads, no_wrap=True)
    for rank, item in enumerate(found.items, start=1):
        place = reference.area_label(item.enterprise.area_code, language) if item.enterprise.area_code else ""
        points = "".join(f"{reason.points:>4}" for reason in item.reasons)
        name = ", ".join(filter(None, [item.enterprise.name, place]))
        table.add_row(str(rank), str(item.score), name, say(item.eligibility), points)
    out.print(table)
    for rank, item in enumerate(found.items, start=1):
        if explain:
            out.print(f"{rank}. {item.enterprise.name}: {item.eligibility_reason.text}", markup=False, style="bold")
            for reason in item.reasons:
                out.print(f"   {reason.points:>3}/{reason.max_points} {reason.text}", markup=False, highlight=False)
            for gap in item.gaps:
                out.print(f"       – {gap.text}", markup=False, highlight=False)
    out.print(say.plural("{n} match in all.", "{n} matches in all.", found.total))
    for near in found.near_misses:
        out.print(f"  {near.enterprise.name}: {'; '.join(one.text for one in near.would_match_if)}", markup=False)
    for change in found.relaxations:
        out.print(f"  {change.text}: {change.total}", markup=False)


def main() -> None:
    """Run the command."""
    app()
