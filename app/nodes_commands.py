"""`samnod nodes`: three nodes on this machine, each with its part of the demo, that sync and prove that they agree.

For whoever wants to see it, and for developers. Each node is processes and a folder of its own, as in earnest; the
commands that an operator would type are run one by one, by processes that have the program loaded already.
"""

import errno
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.util import get_temp_dir
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.core.db import Database
from app.sync import buckets
from app.terminal import out, say, stop

# Whose part of the demo a node has, its name, and what the region is called.
_NODES: Final = (
    ("SE-22", "vasternorrland", "Västernorrland"),
    ("SE-23", "jamtland", "Jämtland"),
    ("NO-50", "trondelag", "Trøndelag"),
)
_HOST: Final = "127.0.0.1"
_PATIENCE_SECONDS: Final = 120
_LAST_PORT: Final = 65_535 - len(_NODES) + 1
# As much of a sum as a reader compares; all of it is compared by the program.
_SHOWN_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class _Node:
    """One of the three: where it is, and the settings that its processes get."""

    id: str
    name: str
    county: str
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self.port}"

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'samnod.db'}"

    @property
    def log(self) -> Path:
        return self.folder / "samnod.log"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SAMNOD_NODE": self.id,
            "SAMNOD_NODE_NAME": self.name,
            "SAMNOD_BASE_URL": self.url,
            "SAMNOD_VAR_DIR": str(self.folder),
            "SAMNOD_DATABASE_URL": self.database,
        }


class _Failed(Exception):
    """A step did not succeed; the text is what it said."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def nodes(
        port: Annotated[int, typer.Option(min=1, max=_LAST_PORT, help="The first of three ports to listen on")] = 8001,
        once: Annotated[bool, typer.Option("--once", help="End when the nodes have proved that they agree")] = False,
    ) -> None:
        """Start three nodes on this machine that split the demo, let them sync, and show that they agree."""
        _require_free(range(port, port + len(_NODES)))
        # Whoever is told to end, or whose terminal is closed, tidies up as with Ctrl-C.
        for asked in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(asked) is signal.SIG_DFL:
                signal.signal(asked, signal.default_int_handler)
        with tempfile.TemporaryDirectory(prefix="samnod-nodes-", ignore_cleanup_errors=True) as folder:
            made = [
                _Node(node, name, county, Path(folder) / node, port + number)
                for number, (county, node, name) in enumerate(_NODES)
            ]
            try:
                _run(made, serve_on=not once)
            except _Failed as fault:
                raise stop(str(fault)) from fault
            except KeyboardInterrupt:
                say("Stopped; nothing is kept.")


def _require_free(ports: Sequence[int]) -> None:
    """Stop before anything is begun when the nodes cannot listen where they should."""
    for port in ports:
        try:
            with socket.create_server((_HOST, port)):
                pass
        except OSError as fault:
            why = "in use" if fault.errno == errno.EADDRINUSE else "not to be had"
            raise stop(
                f"Port {port} of {_HOST} is {why}. The nodes need {len(ports)} ports in a row: "
                "name the first of others, as in samnod nodes --port 9001, or make nodes PORT=9000."
            ) from fault


def _run(nodes: Sequence[_Node], *, serve_on: bool) -> None:
    servers: dict[str, BaseProcess] = {}
    with ExitStack() as running:
        # Where the nodes are, and where processes that are forked meet.
        folders = [nodes[0].folder.parent, Path(get_temp_dir())]
        running.enter_context(_ended_at_the_latest(_forked(_clear_up_after, folders)))
        steps = _steps(nodes, running, servers)
        with _progress() as shown:
            task = shown.add_task("", total=len(steps))
            for number, (told, step) in enumerate(steps, start=1):
                shown.update(task, description=told)
                if not out.is_terminal:
                    say(f"{number}/{len(steps)} {told}")
                step()
                shown.advance(task)
        agree = _prove(nodes)
        if not agree:
            raise _Failed("The nodes do not agree.")
        for node in nodes:
            say(f"{node.name}: {node.url}/")
        if serve_on:
            logins = nodes[0].folder / "demo-logins.env"
            if logins.exists():
                say(f"Passwords of people to sign in as at {nodes[0].name}: {logins}")
            say("Search at one of them, and see from which node each answer is.")
            say("Ctrl-C stops the nodes and removes them.")
            _wait_for(nodes, servers)


def _wait_for(nodes: Sequence[_Node], servers: Mapping[str, BaseProcess]) -> None:
    """Wait for as long as all the servers run."""
    wait([server.sentinel for server in servers.values()])
    for node in nodes:
        if not servers[node.id].is_alive():
            raise _Failed(f"{node.name} has ended by itself.\n{_said(node)}")


def _steps(
    nodes: Sequence[_Node], running: ExitStack, servers: dict[str, BaseProcess]
) -> list[tuple[str, Callable[[], None]]]:
    """Return what is to be done, in order, and what is said while it is done."""
    counties = ",".join(node.county for node in nodes)
    steps: list[tuple[str, Callable[[], None]]] = []

    def add(told: str, node: _Node, *arguments: str) -> None:
        steps.append((told, partial(_do, node, arguments)))

    for node in nodes:
        add(f"{node.name}: a database", node, "migrate")
        add(f"{node.name}: its part of the demo", node, "demo", "--county", node.county, "--among", counties)
    for node in nodes:
        for other in nodes:
            if other is not node:
                told = f"{node.name} is introduced to {other.name}"
                steps.append((told, partial(_introduce, node, other)))
    for node in nodes:
        steps.append((f"{node.name}: serving at {node.url}", partial(_serve, node, running, servers)))
    for node in nodes:
        add(f"{node.name}: reading the others", node, "sync", "run")
    return steps


def _introduce(node: _Node, other: _Node) -> None:
    """Hand what a node says of itself to the operator of another, who writes it down."""
    letter = node.folder / f"for-{other.id}.json"
    _do(node, ["sync", "introduce", other.id], printed=letter)
    _do(other, ["sync", "peers", "add", str(letter), "--allow-private"])


def _do(node: _Node, arguments: Sequence[str], printed: Path | None = None) -> None:
    """Run a command of a node to its end; what it prints is in `printed`, or in the node's log."""
    process = _begin(node, arguments, printed)
    with _ended_at_the_latest(process):
        process.join()
    if process.exitcode:
        raise _Failed(f"{node.name}: samnod {' '.join(arguments)} did not succeed.\n{_said(node)}")


def _serve(node: _Node, running: ExitStack, servers: dict[str, BaseProcess]) -> None:
    """Start a node's server, which ends with `running`, write it down, and wait until it answers."""
    process = _begin(node, ["serve", "--host", _HOST, "--port", str(node.port), "--no-worker"])
    running.enter_context(_ended_at_the_latest(process))
    servers[node.id] = process
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and process.is_alive():
        if _answers(node):
            return
        process.join(0.05)
    raise _Failed(f"{node.name} does not answer at {node.url}.\n{_said(node)}")


def _answers(node: _Node) -> bool:
    """Tell whether a node is ready, and it is the node: somebody else may have taken its port meanwhile."""
    try:
        found = httpx.get(f"{node.url}/.well-known/samnod-node")
        return bool(found.is_success and found.json()["id"] == node.id and httpx.get(f"{node.url}/readyz").is_success)
    except (httpx.TransportError, ValueError, LookupError, TypeError):
        return False


def _begin(node: _Node, arguments: Sequence[str], printed: Path | None = None) -> BaseProcess:
    node.folder.mkdir(exist_ok=True)
    return _forked(_become, list(arguments), node.environment, str(printed or node.log), str(node.log))


def _forked(target: Callable[..., None], *told: object) -> BaseProcess:
    """Start a process that has the program loaded: it is forked from one that has loaded it once."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["app.cli"])
    process = processes.Process(target=target, args=told)
    process.start()
    return process


def _become(arguments: list[str], environment: Mapping[str, str], printed: str, log: str) -> None:
    """Be one command of a node: its settings are its own, and what it says is in its files."""
    os.environ.update(environment)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for stream, file in ((1, printed), (2, log)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), stream)
    sys.argv = ["samnod", *arguments]
    from app.cli import main

    main()


def _end_with_parent() -> None:
    """Wait until the command is gone, and end this process: if it was killed, it could not."""
    _wait_for_parent()
    # At once, whatever the server waits for: nothing of it is kept.
    os._exit(1)


def _clear_up_after(folders: Sequence[Path]) -> None:
    """Wait until the command is gone; if it was killed, take away what it could not."""
    # Ctrl-C tells everybody in front of the terminal, and the command takes these away itself then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _wait_for_parent()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    # Whoever still writes there ends in a moment.
    while any(folder.exists() for folder in folders) and time.monotonic() < deadline:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.1)


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()


@contextmanager
def _ended_at_the_latest(process: BaseProcess) -> Iterator[None]:
    """End a process after the block, if it has not ended by itself."""
    try:
        yield
    finally:
        process.terminate()
        process.join(10)
        process.kill()
        process.join()


def _said(node: _Node) -> str:
    return node.log.read_text(errors="replace")[-2_000:] if node.log.exists() else ""


def _progress() -> Progress:
    columns = (TextColumn("{task.description:<48}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=out, transient=True, disable=not out.is_terminal)


def _prove(nodes: Sequence[_Node]) -> bool:
    """Print what each node holds of each home, and tell whether all hold the same."""
    table = Table("Home", "Type", *(node.name for node in nodes), "", box=SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        column.no_wrap = True
    held = {node.id: _held(node, nodes) for node in nodes}
    agree = True
    for home in nodes:
        for kind in sorted({kind for one in held.values() for kind in one[home.id]}):
            said = [held[node.id][home.id].get(kind, buckets.Total(0, 0)) for node in nodes]
            same = len(set(said)) == 1
            agree = agree and same
            told = [f"{total.count} {total.sum:064x}"[: len(str(total.count)) + 1 + _SHOWN_DIGITS] for total in said]
            table.add_row(home.name, kind, *told, "agree" if same else "DIFFER", style=None if same else "red")
    out.print(table)
    say("Each number is followed by the first digits of what all those records' hashes add up to.")
    agree = agree and all(one[home.id] for one in held.values() for home in nodes)
    if agree:
        records = sum(total.count for home in held[nodes[0].id].values() for total in home.values())
        say(f"All {len(nodes)} nodes hold the same {records} records.", "bold")
    return agree


def _held(node: _Node, homes: Sequence[_Node]) -> dict[str, dict[str, buckets.Total]]:
    """Return what a node holds of each home by type, added up from the records themselves."""
    database = Database(node.database)
    try:
        with database.reads() as session:
            return {home.id: buckets.by_type(buckets.counted(session, home.id)) for home in homes}
    finally:
        database.close()
