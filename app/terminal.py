"""What the `samnod` command says at a terminal: lines, tables, progress, and plain words when it cannot go on."""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import typer
from pydantic import ValidationError
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError, ProgrammingError

from app.core.errors import SamnodError
from app.core.i18n import texts
from app.core.wording import plainly
from app.matching.schemas import Matches
from app.migrating import NOT_MIGRATED
from app.reference import service as reference

out = Console()
# What would move the cursor, colour what follows or turn its direction: other nodes' words are shown here as well.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# Fewer files than this are read before a bar could be seen.
_MANY_FILES = 5
_OPTIONS = {
    "title": "what you need",
    "cpv_main": "--cpv",
    "cpv_additional": "--cpv",
    "area_codes": "--place",
    "reserved_participation": "--reserved",
}
# PostgreSQL's codes for a table and a column that are not there, and SQLite's words for the same.
_NO_TABLE_CODES = frozenset({"42P01", "42703"})
_NO_TABLE_WORDS = ("no such table", "no such column")


def say(text: str, style: str | None = None) -> None:
    """Print a line as it is: not wrapped, so that another program can read it."""
    out.print(_seen(text), style=style, markup=False, highlight=False, soft_wrap=True)


def stop(text: str) -> typer.Exit:
    """Print what went wrong on standard error; return the exception that ends the command with exit code 1."""
    Console(stderr=True).print(_seen(text), style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(1)


def _seen(text: str) -> str:
    return _UNSEEN.sub("\ufffd", text)


def give_up(fault: Exception) -> NoReturn:
    """End the process with one sentence about a fault that whoever runs the node can mend; raise any other again."""
    told = _sentence(fault)
    if told is None:
        raise fault
    stop(told)
    raise SystemExit(1) from None


def _sentence(fault: Exception) -> str | None:
    if isinstance(fault, ValidationError) and fault.title == "Settings":
        return "\n".join(f"SAMNOD_{'_'.join(map(str, e['loc'])).upper()}: {plainly(dict(e))}" for e in fault.errors())
    if isinstance(fault, DBAPIError):
        return _about_the_database(fault)
    return None


def _about_the_database(fault: DBAPIError) -> str | None:
    """Return what to do about a fault of the database, without the statement that met it; None for a fault of ours."""
    said = str(fault.orig).strip().partition("\n")[0]
    if getattr(fault.orig, "sqlstate", None) in _NO_TABLE_CODES or said.startswith(_NO_TABLE_WORDS):
        return NOT_MIGRATED
    # Exactly DatabaseError is SQLite's word for a file that is no database.
    if isinstance(fault, OperationalError | InterfaceError) or type(fault) is DatabaseError:
        return f"The database does not answer: {said}"
    if isinstance(fault, ProgrammingError) and getattr(fault.orig, "sqlstate", "") == "42501":
        return f"The database refuses: {said}"
    return None


def wrong_options(fault: ValidationError) -> str:
    """Return what is wrong with the options of a question, one line each."""
    lines = [f"{_OPTIONS.get(_field(e['loc']), _field(e['loc']))}: {plainly(dict(e))}" for e in fault.errors()]
    return "\n".join(dict.fromkeys(lines))


def _field(loc: tuple[int | str, ...]) -> str:
    """Return the name of the field that a fault is in, without its place in a list."""
    return next((str(part) for part in reversed(loc) if isinstance(part, str)), "")


def refusal(path: Path, fault: SamnodError) -> str:
    """Return why a file was refused: what is wrong with it as a whole, then each fault that says more."""
    detail = fault.detail.removeprefix(f"{path.name}: ")
    faults = [f"    {wrong.pointer}: {wrong.detail}" for wrong in fault.faults if wrong.detail not in detail]
    return "\n".join([f"{path}: refused: {detail}", *faults])


def unreadable(path: Path, fault: OSError) -> str:
    """Return why a file cannot be read."""
    return f"{path}: cannot be read: {fault.strerror}"


def with_progress(files: Sequence[Path]) -> Iterator[Path]:
    """Give each file; a bar shows how far it is when somebody is watching and there are many."""
    if not out.is_terminal or len(files) < _MANY_FILES:
        yield from files
        return
    yield from track(files, "Importing", console=out, transient=True)


def address_of(host: str, port: int) -> str:
    """Return the address to open in a browser on this machine when the server listens on `host`."""
    try:
        listening = ipaddress.ip_address(host)
    except ValueError:
        return f"http://{host}:{port}"
    if listening.is_unspecified:
        # Every address of the machine: nobody can open that one.
        return f"http://127.0.0.1:{port}"
    return f"http://[{host}]:{port}" if listening.version == 6 else f"http://{host}:{port}"


def show_matches(found: Matches, language: str, *, explain: bool) -> None:
    """Print a ranking as a table, with every point's reason after it when `explain`."""
    tell = texts(language)
    criteria = [reason.criterion for reason in found.items[0].reasons] if found.items else []
    heads = "".join(f"{tell(criterion)[:3]:>4}" for criterion in criteria)
    table = Table("", tell("Score"), tell("Enterprise"), tell("Eligibility"), box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(heads, no_wrap=True)
    for rank, item in enumerate(found.items, start=1):
        place = reference.area_label(item.enterprise.area_code, language) if item.enterprise.area_code else ""
        points = "".join(f"{reason.points:>4}" for reason in item.reasons)
        name = ", ".join(filter(None, [item.enterprise.name, place]))
        table.add_row(str(rank), str(item.score), Text(name), tell(item.eligibility), points)
    out.print(table)
    for rank, item in enumerate(found.items, start=1):
        if explain:
            say(f"{rank}. {item.enterprise.name}: {item.eligibility_reason.text}", "bold")
            for reason in item.reasons:
                say(f"   {reason.points:>3}/{reason.max_points} {reason.text}")
            for gap in item.gaps:
                say(f"       – {gap.text}")
    say(tell.plural("{n} match in all.", "{n} matches in all.", found.total))
    for near in found.near_misses:
        say(f"  {near.enterprise.name}: {'; '.join(one.text for one in near.would_match_if)}")
    for change in found.relaxations:
        say(f"  {change.text}: {change.total}")
