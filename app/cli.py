"""The `samnod` command."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from pydantic import ValidationError
from rich.progress import track
from sqlalchemy.exc import DBAPIError

from app import (
    audit_commands,
    key_commands,
    logs,
    mail_commands,
    nodes_commands,
    registry_commands,
    sync_commands,
    sync_run_commands,
    user_commands,
    worker_commands,
)
from app.backups import commands as backup_commands
from app.backups.service import require_idle
from app.core.clock import today
from app.core.db import Database, WriteSession, rehearse
from app.core.errors import SamnodError
from app.demo import service as demo_service
from app.demo.shares import WHOLE, Share
from app.journal.schemas import NodeRead
from app.main import served
from app.matching import index as matching_index
from app.matching import service as matching
from app.matching.schemas import LotQuestion, MatchQuestion
from app.migrating import upgrade, what_is_missing
from app.notices import service as notices
from app.notices.vocabulary import Outcome
from app.notices.xml import LARGEST_BYTES
from app.reference import service as reference
from app.reference.imports import import_reference
from app.secret import is_needed_for, is_open_to_listeners, secret_of
from app.settings import settings
from app.sync import peers as sync_peers
from app.sync import restoring
from app.terminal import (
    address_of,
    give_up,
    out,
    refusal,
    say,
    show_matches,
    stop,
    unreadable,
    with_progress,
    wrong_options,
)
from app.wiring import wire

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Samnod: public buyers meet social enterprises.")
imports = typer.Typer(no_args_is_help=True, help="Read files into the node.")
index = typer.Typer(no_args_is_help=True, help="The index that ranks.")
sync = typer.Typer(no_args_is_help=True, help="Other nodes: what they have said, and what they may read.")
app.add_typer(imports, name="import")
app.add_typer(index, name="index")
app.add_typer(sync, name="sync")
backup_commands.register(app)


class Language(StrEnum):
    """The languages that results are told in."""

    SV = "sv"
    NB = "nb"
    EN = "en"


@contextmanager
def _database() -> Iterator[Database]:
    """Give the node's database; stop when it is not of the shape that this program needs."""
    wire()
    database = Database(settings().database, beside=settings().var_dir)
    try:
        if missing := what_is_missing(database):
            raise stop(missing)
        with database.reads() as session:
            reference.use_imported(session)
        yield database
    finally:
        database.close()


def _secret() -> bytes:
    """Return the node's secret; stop when the setting is not good enough."""
    try:
        return secret_of(settings().secret_key, settings().var_dir)
    except ValueError as fault:
        raise stop(str(fault)) from fault


def _node() -> user_commands.Node:
    """Return what is said of this node to those who are invited."""
    now = settings()
    return user_commands.Node(now.node, now.node_name, now.base_url, sends_mail=bool(now.smtp_url))


key_commands.register(app, _database, _secret)
user_commands.register(app, _database, _secret, _node)
audit_commands.register(app, _database)
mail_commands.register(app, _database)
nodes_commands.register(app)
worker_commands.register(app, worker_commands.Needs(settings, _database, _secret))
sync_commands.register(
    sync,
    _database,
    _secret,
    lambda: NodeRead(id=settings().node, name=settings().node_name, url=settings().base_url),
    lambda: settings().var_dir,
)
registry_commands.register(app, imports, _database, lambda: settings().node)
_sync_needs = sync_run_commands.Needs(
    _database, _secret, lambda: settings().node, lambda: settings().var_dir, lambda: require_idle(settings().database)
)
sync_run_commands.register(sync, _sync_needs)


@app.command()
def migrate() -> None:
    """Bring the database to the newest shape. Safe to repeat."""
    try:
        settings().var_dir.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise stop(f"SAMNOD_VAR_DIR: {settings().var_dir} cannot be made: {fault.strerror}") from fault
    upgrade(settings().database)
    with _database() as database:
        with database.reads() as session:
            current = matching_index.is_current(session)
        if not current:
            # A new scorer compiles enterprises anew: what ranks and what explains must be of one mind.
            _rebuild(database)


@app.command()
def demo(
    county: Annotated[str, typer.Option(help="Only what belongs to the node of this county: SE-23")] = "",
    among: Annotated[str, typer.Option(help="With --county: the counties of all the nodes that split the demo")] = "",
) -> None:
    """Load the demo: enterprises from the reports, and made-up ones marked as examples. Safe to repeat."""
    counties = tuple(among.split(","))
    if county and county not in counties:
        raise stop("--among names the counties of all the nodes, by commas; --county is one of them.")
    _load_demo(host="127.0.0.1", share=Share(county, counties) if county else WHOLE)


def _load_demo(host: str, share: Share = WHOLE) -> None:
    with _database() as database, database.writes() as session:
        report = demo_service.load(session, home=settings().node, today=today(), share=share)
    if report.already_there:
        say("The demo is already there.")
    else:
        say(
            f"Loaded {report.organizations} organisations, {report.enterprises} enterprises, "
            f"{report.opportunities} opportunities, {report.support_offers} support offers and {report.needs} needs."
        )
    if not share.holds_actors:
        return
    with _database() as database:
        # People of the demo are for whoever sits at this machine: where others come, they are invited.
        if not is_needed_for(host, settings().base_url):
            key_commands.tell_demo_logins(database, settings().var_dir)
        key_commands.tell_demo_keys(database, settings().var_dir, _secret())
        with database.writes() as session:
            demo_service.dialogue(session, secret=_secret())
            demo_service.surveyed(session, home=settings().node, today=today(), secret=_secret())
            demo_service.support_requested(session)
            demo_service.cooperation_requested(session, secret=_secret())


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on")] = 8000,
    prepare: Annotated[bool, typer.Option("--prepare", help="First migrate and load the demo")] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that serve")] = 1,
    worker: Annotated[
        bool | None, typer.Option("--worker/--no-worker", help="Also run `samnod worker`; --prepare does")
    ] = None,
) -> None:
    """Serve the API and the site."""
    if not settings().secret_key and is_needed_for(host, settings().base_url):
        raise stop(
            "SAMNOD_SECRET_KEY is needed to serve others than this machine: 32 random characters or more, kept secret. "
            "For instance: export SAMNOD_SECRET_KEY=$(openssl rand -base64 48)"
        )
    if is_open_to_listeners(host, settings().base_url):
        raise stop(
            "SAMNOD_BASE_URL must be the public https address of this node, when others than this machine come to it: "
            "over plain http anybody on the way could read passwords. Put a proxy with a certificate in front."
        )
    if prepare:
        # In this process, because loading the program three times takes longer than all it then does.
        migrate()
        _load_demo(host)
        address = address_of(host, port)
        say(f"Open {address}/ (the API: {address}/api/v1/openapi.json). Ctrl-C stops.")
        if not settings().smtp_url and not is_needed_for(host, settings().base_url):
            say(f"No mail is sent: letters are kept at {address}/sv/outbox.")
    with _database() as database, database.reads() as session:
        # Asked before the server starts, so that whoever starts it is told what to do.
        if restoring.is_waiting(session):
            raise stop(
                "This database was put back from a backup, and other nodes have read what was written after it. "
                "Ask them first: samnod sync new-generation"
            )
        if former := sync_peers.misnamed(session, settings().node):
            raise stop(
                f"SAMNOD_NODE is {settings().node}, and peers know this node as {former}: its records were written "
                f"under that name. Set SAMNOD_NODE to {former}."
            )
    proxies = settings().trusted_proxies
    # The supervisor of several workers tells of those that die.
    logs.configure(settings().log_level)
    runs_worker = prepare if worker is None else worker
    with worker_commands.beside(address_of(host, port)) if runs_worker else nullcontext():
        uvicorn.run(
            # One process serves what is loaded here; several each load it for themselves.
            served() if workers == 1 else "app.main:served",
            factory=workers > 1,
            workers=workers,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=proxies,
            # A worker answers its supervisor when it has loaded the program; on a busy machine that takes longer than
            # the five seconds after which the supervisor would kill it and start another, for ever.
            timeout_worker_healthcheck=60,
        )


@app.command()
def match(
    words: Annotated[str, typer.Argument(help="What you need, in a few words")],
    place: Annotated[str, typer.Option(help="Municipality, county or area code")] = "",
    cpv: Annotated[list[str] | None, typer.Option(help="CPV code; may be repeated")] = None,
    reserved: Annotated[list[str] | None, typer.Option(help="res-ws, res-pub-ser, se-ideburen or no-ideell")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 10,
    language: Annotated[Language, typer.Option(help="Language of the answer")] = Language.SV,
    explain: Annotated[bool, typer.Option("--explain", help="Tell why, point by point")] = False,
) -> None:
    """Rank enterprises for a need, as the page does."""
    try:
        question = _asked(words, place, cpv or [], reserved or [])
    except ValidationError as fault:
        raise stop(wrong_options(fault)) from fault
    with _database() as database, database.reads() as session:
        found = matching.preview(session, question, limit=limit, language=language)
    show_matches(found, language, explain=explain)


@imports.command("notice")
def import_notices(
    files: Annotated[list[Path], typer.Argument(help="eForms notices as XML")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would happen; write nothing")] = False,
) -> None:
    """Import eForms contract, planning and result notices as opportunities. Importing one again changes nothing."""
    with _database() as database:
        done = _rehearse_notices(database, files) if dry_run else _import_notices(database, files)
    refused = len(files) - done.total()
    # A withdrawn opportunity has been replaced by one that is cancelled.
    replaced = done[Outcome.REPLACED] + done[Outcome.WITHDRAWN]
    say(
        f"{len(files)} files: {done[Outcome.CREATED]} new, {done[Outcome.UNCHANGED]} unchanged, {replaced} replaced, "
        f"{done[Outcome.ENDED]} ended, {refused} refused."
    )
    if dry_run:
        say("This was a dry run: nothing was written.")
    if refused:
        raise stop("Nothing was written of what was refused.")


def _import_notices(database: Database, files: list[Path]) -> Counter[Outcome]:
    done: Counter[Outcome] = Counter()
    for path in with_progress(files):
        with _told(path), database.writes() as session:
            done[_import_notice(session, path)] += 1
    return done


def _rehearse_notices(database: Database, files: list[Path]) -> Counter[Outcome]:
    """Import in one transaction, so that each file meets what those before it would have written, and undo it all."""
    done: Counter[Outcome] = Counter()
    with database.writes() as session:
        rehearse(session)
        for path in with_progress(files):
            with _told(path), session.begin_nested():
                done[_import_notice(session, path)] += 1
    return done


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Tell why a file is refused, and go on."""
    try:
        yield
    except OSError as fault:
        say(unreadable(path, fault), "red")
    except SamnodError as fault:
        say(refusal(path, fault), "red")


def _import_notice(session: WriteSession, path: Path) -> Outcome:
    with path.open("rb") as file:
        # One byte more than may be read is enough to know that the file is too large.
        content = file.read(LARGEST_BYTES + 1)
    report = notices.import_notice(session, content, source=path.name, home=settings().node, now=datetime.now(UTC))
    say(notices.render(report, "en"))
    return report.outcome


@imports.command("reference")
def import_lists(
    files: Annotated[list[Path], typer.Argument(help="Official code lists: CSV, genericode or XML")],
) -> None:
    """Import full official lists: every CPV code, postcodes."""
    with _database() as database:
        for path in files:
            try:
                with database.writes() as session:
                    report = import_reference(session, path)
                say(f"{path}: {report}")
            except OSError as fault:
                raise stop(unreadable(path, fault)) from fault
            except SamnodError as fault:
                raise stop(refusal(path, fault)) from fault


@index.command("rebuild")
def rebuild_index() -> None:
    """Make the index anew from the registry."""
    with _database() as database:
        _rebuild(database)


@index.command("check")
def check_index() -> None:
    """Compare the index with the registry."""
    with _database() as database, database.reads() as session:
        faults = matching_index.check(session)
    if faults:
        raise stop("\n".join([*faults[:20], f"{len(faults)} differences: run `samnod index rebuild`."]))
    say("The index agrees with the registry.")


def _rebuild(database: Database) -> None:
    with database.writes() as session:
        number = matching.rebuild(session, lambda found: iter(track(found, "Compiling", total=None, console=out)))
    say(f"{number} enterprises are in the index.")


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
        raise stop(f"No municipality or county is called {place!r}.")
    if len(found) > 1 and found[0].name_sv == found[1].name_sv:
        choices = ", ".join(f"{area.code} ({reference.area_label(area.code, 'en')})" for area in found)
        raise stop(f"{place!r} is more than one place: give a code. {choices}")
    return [found[0].code]


def main() -> None:
    """Run the command. What whoever runs the node can mend is told in a sentence, not in a traceback."""
    try:
        app()
    except (DBAPIError, ValidationError) as fault:
        give_up(fault)
