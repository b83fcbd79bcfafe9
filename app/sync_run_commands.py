"""`samnod sync run`, and what an operator does when a run does not go as it should."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from app.core.clock import now
from app.core.db import Database
from app.core.errors import SamnodError
from app.journal.generations import GENERATION_SIZE
from app.matching import service as matching
from app.sync import checking, peers, pulling, queries, restoring, status
from app.sync.running import Node, Outcome
from app.sync.running import Progress as Step
from app.sync.vocabulary import Key, PeerState, RecordState
from app.terminal import out, say, stop

Peers = Annotated[list[str] | None, typer.Option("--peer", help="Only this peer; may be repeated")]
TakeOver = Annotated[
    bool, typer.Option("--take-over", help="Begin although a run seems to go on: it writes nothing any more")
]

_SHOWN_ALONE = 20
# So few are in the index before anybody wonders.
_MANY = 1_000


@dataclass(frozen=True, slots=True)
class Needs:
    """What these commands need: the database once it is open, the node's secret, its id, and its folder.

    `require_idle` raises a fault with what to do while a server runs.
    """

    database: Callable[[], AbstractContextManager[Database]]
    secret: Callable[[], bytes]
    node: Callable[[], str]
    folder: Callable[[], Path]
    require_idle: Callable[[], None]


def register(sync: typer.Typer, needs: Needs) -> None:
    """Add the commands to `samnod sync`."""
    sync.command("run")(_run_command(needs))
    sync.command("status")(_status_command(needs))
    sync.command("verify")(_verify_command(needs))
    sync.command("repair")(_repair_command(needs))
    sync.command("new-generation")(_new_generation_command(needs))
    quarantine = typer.Typer(no_args_is_help=True, help="Records that are kept and cannot be shown.")
    quarantine.command("list")(_aside_command(needs))
    quarantine.command("retry")(_retry_command(needs))
    deletions = typer.Typer(no_args_is_help=True, help="Deletions that wait for a yes.")
    deletions.command("allow")(_allow_command(needs))
    sync.add_typer(quarantine, name="quarantine")
    sync.add_typer(deletions, name="deletions")


def _run_command(needs: Needs) -> Callable[..., None]:
    def run(
        peer: Peers = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be written")] = False,
        take_over: TakeOver = False,
    ) -> None:
        """Read what the peers have said since the last time, and prove that both hold the same."""
        with needs.database() as database:
            wanted = _known(database, peer)
            with _shown() as tell:
                node = Node(database, needs.node(), needs.secret(), tell=tell)
                done = (
                    [pulling.rehearse_pull(node, one) for one in wanted]
                    if dry_run
                    else pulling.pull_all(node, wanted, take_over=take_over)
                )
            if not dry_run:
                _index(node)
        _conclude(done)
        if dry_run:
            say("This was a dry run: nothing was written.")

    return run


def _status_command(needs: Needs) -> Callable[..., None]:
    def show_status() -> None:
        """Say how the node stands with each peer; ends with 1 when one of them needs somebody to look."""
        with needs.database() as database, database.reads() as session:
            found = status.peers(session, now())
        for one in found:
            verified = f"{one.verified_at:%Y-%m-%d %H:%M} UTC" if one.verified_at else "never"
            aside = f", {one.parked} parked, {one.quarantined} quarantined" if one.parked or one.quarantined else ""
            say(f"{one.id} ({one.state}): verified {verified}, {one.total} records{aside}, {one.lag} behind.")
            if one.fault:
                say(f"    {one.fault}", "red")
        wanting = [one.id for one in found if one.needs_somebody]
        if wanting:
            raise stop(f"Needs somebody to look: {', '.join(wanting)}.")

    return show_status


def _verify_command(needs: Needs) -> Callable[..., None]:
    def verify(peer: Peers = None) -> None:
        """Read all that is held against its hashes and sums, put right what is wrong, and compare with the peers."""
        with needs.database() as database, _told() as progress:
            own = needs.node()
            _tell_found(own, checking.check(database, own, is_own=True, tell=progress))
            told = checking.audit_own(database, own, progress)
            if told:
                say(f"Others are told anew of {told} own records.", "yellow")
            wanted = _known(database, peer)
            for one in wanted:
                _tell_found(one, checking.check(database, one, is_own=False, tell=progress))
            node = Node(database, own, needs.secret())
            done = [pulling.pull(node, one) for one in wanted]
            pulling.index(node, partial(progress, "Indexing"))
        _conclude(done)

    return verify


def _repair_command(needs: Needs) -> Callable[..., None]:
    def repair(peer: Peers = None, take_over: TakeOver = False) -> None:
        """Compare with the peers now and fetch what differs; tell others anew of what they were told wrongly."""
        with needs.database() as database, _told() as progress:
            own = needs.node()
            say(f"Others are told anew of {checking.audit_own(database, own, progress)} own records.")
            node = Node(database, own, needs.secret())
            done = []
            for one in _known(database, peer):
                checking.settle(database, one, progress)
                done.append(pulling.reconcile_with(node, one, take_over=take_over))
            pulling.index(node, partial(progress, "Indexing"))
        _conclude(done)

    return repair


def _new_generation_command(needs: Needs) -> Callable[..., None]:
    def new_generation(
        without: Annotated[
            list[str] | None, typer.Option("--without", help="A peer that is not asked: it is gone for good, or lies")
        ] = None,
        believed: Annotated[
            list[str] | None, typer.Option("--from", help="A peer that is believed also where no other says the same")
        ] = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be taken back")] = False,
    ) -> None:
        """After a restore: take back what peers hold of this node's records, erase again, count on where nobody was.

        Run it before the server starts. It may be repeated.
        """
        with _in_sentences():
            needs.require_idle()
        with needs.database() as database, _told() as progress, _in_sentences():
            _known(database, [*(without or []), *(believed or [])])
            if both := sorted({*(without or [])} & {*(believed or [])}):
                raise stop(f"{both[0]} can be believed or passed by, and not both.")
            node = Node(database, needs.node(), needs.secret())
            done = restoring.begin_anew(
                node,
                needs.folder(),
                without=without or [],
                believed=believed or [],
                tell=lambda peer, read: progress(peer, read, None),
                dry_run=dry_run,
            )
        _tell_restored(done, dry_run=dry_run)

    return new_generation


def _tell_restored(done: restoring.Restored, *, dry_run: bool) -> None:
    say(
        f"{done.taken} records were newer at peers, {done.removed} had been taken away, {done.erased} are erased again."
    )
    if done.alone:
        say(_told_alone(done.alone), "yellow")
    for (record_type, record_id), why in sorted(done.refused.items()):
        say(f"    {record_type} {record_id} could not be taken back: {why}", "yellow")
    if done.unkept:
        say(f"{len(done.unkept)} records are back without an organisation that keeps them:")
    for record_type, record_id in done.unkept:
        say(f"    {record_type} {record_id}")
    if dry_run:
        say("This was a dry run: nothing was written.")
    else:
        say(f"Others are told anew of {done.told} records. The journal counts in generation {done.generation}.")
        say("The server may start.")


def _told_alone(alone: Mapping[Key, str]) -> str:
    """Say which records are newer at one peer alone."""
    told = [f"    {record_type} {record_id}: {peer}" for (record_type, record_id), peer in sorted(alone.items())]
    more = [f"    and {len(told) - _SHOWN_ALONE} more"] if len(told) > _SHOWN_ALONE else []
    return "\n".join(["Newer at one peer alone, and no other says the same:", *told[:_SHOWN_ALONE], *more])


@contextmanager
def _in_sentences() -> Iterator[None]:
    """End the command with the sentence of a fault that the operator can mend."""
    try:
        yield
    except SamnodError as fault:
        raise stop(fault.detail) from fault
    except restoring.Unheard as fault:
        told = (
            f"{fault}\nIf keys or tokens were changed after the backup, introduce both nodes to each other anew, and "
            f"repeat this: samnod sync introduce {fault.peer}\nWhen it is gone for good: --without {fault.peer}"
        )
        raise stop(told) from fault
    except restoring.Disputed as fault:
        named = sorted(set(fault.alone.values()))
        believe, leave = (" ".join(f"{option} {one}" for one in named) for option in ("--from", "--without"))
        told = f"{_told_alone(fault.alone)}\nNothing was written. Ask its operator what was changed after the backup."
        raise stop(f"{told}\nTo believe it: {believe}\nNot to: {leave}") from fault


def _aside_command(needs: Needs) -> Callable[..., None]:
    def list_aside(
        limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many")] = 100,
    ) -> None:
        """List the records that are kept as they came and cannot be shown, with the reason."""
        with needs.database() as database, database.reads() as session:
            found = status.aside(session, limit)
        for one in found:
            say(f"{one.home} {one.type} {one.id} ({one.dataschema}) {one.state}: {one.fault or 'not known here yet'}")
        say(f"{len(found)} records are kept aside." if len(found) < limit else f"The first {limit} are listed.")

    return list_aside


def _retry_command(needs: Needs) -> Callable[..., None]:
    def retry(peer: Peers = None) -> None:
        """Try again to show what is kept aside, as after an upgrade of this node."""
        with needs.database() as database, _told() as progress:
            wanted = _known(database, peer, paused=True)
            before = _kept_aside(database, wanted)
            for one in wanted:
                checking.settle(database, one, progress)
            left = _kept_aside(database, wanted)
        say(f"{before - left} records are written, {left} are still kept aside.")

    return retry


def _kept_aside(database: Database, homes: Sequence[str]) -> int:
    with database.reads() as session:
        found = status.counted(session)
    return sum(one.count for one in found if one.home in homes and one.state is not RecordState.CURRENT)


def _allow_command(needs: Needs) -> Callable[..., None]:
    def allow(peer: Annotated[str, typer.Argument(help="The peer whose deletions are right")]) -> None:
        """Let the next run delete as much as the peer says: once."""
        with needs.database() as database, _in_sentences(), database.writes() as session:
            peers.allow_deletions(session, peer)
        say(f"The next run deletes what {peer} has deleted: samnod sync run --peer {peer}")

    return allow


def _known(database: Database, named: Sequence[str] | None, *, paused: bool = False) -> list[str]:
    """Return the peers that are meant: those named, or all that are active; stop at a name that is nobody's."""
    with database.reads() as session:
        states = {row.id: row.state for row in session.execute(queries.peers()).scalars()}
    unknown = [one for one in named or () if one not in states]
    if unknown:
        raise stop(f"There is no peer {unknown[0]}. `samnod sync peers list` tells which there are.")
    if named:
        return list(dict.fromkeys(named))
    return [one for one, state in states.items() if paused or state is PeerState.ACTIVE]


def _tell_found(home: str, found: checking.Found) -> None:
    if found.is_clean:
        say(f"{home}: all that is held agrees with itself.")
    else:
        say(
            f"{home}: {found.damaged} payloads were not what their hash says, {found.sums} sums were wrong, "
            f"{found.lost} records had been lost from the tables, {found.left} left there and {found.changed} changed.",
            "yellow",
        )


def _conclude(done: Sequence[Outcome]) -> None:
    """Say how each run ended; ends with 1 when one of them needs somebody to look."""
    for one in done:
        counts = one.counts
        aside = (
            f" ({counts.parked} parked, {counts.quarantined} quarantined)" if counts.parked + counts.quarantined else ""
        )
        ended = one.verdict.value if one.verdict else "rehearsed" if one.found else "not read"
        numbers = f"{counts.put} written{aside}, {counts.deleted} deleted, {counts.unchanged} unchanged"
        say(f"{one.peer}: {ended}; {numbers}; {one.pages} pages, {one.requests} requests.")
        if one.found:
            say(f"    {one.found}")
    if not done:
        say("There is no peer to read: samnod sync peers list")
    faults = [f"{one.peer}: {one.fault or one.verdict}" for one in done if not one.is_good]
    if faults:
        raise stop("\n".join(faults))


def _index(node: Node) -> None:
    """Bring what was written into the index of matching; a bar is shown once it is clear how much that is."""
    with node.database.reads() as session:
        waiting = matching.waiting_copies(session)
    if waiting >= _MANY:
        say(f"Matching gets to know {waiting:,} new or changed records; until then it answers as before.")
    with ExitStack() as opened:
        shown: list[checking.Tell] = []

        def tell(done: int, of: int) -> None:
            # A bar has a thread, and beside threads the index is not made by several processes: it comes afterwards.
            shown.extend([] if shown else [opened.enter_context(_told())])
            shown[0]("Indexing", done, of)

        pulling.index(node, tell)


@contextmanager
def _shown() -> Iterator[Callable[[Step], None]]:
    """Give what shows how far each run is, when somebody is watching."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, TimeElapsedColumn(), console=out, transient=True, disable=not out.is_terminal) as shown:
        tasks: dict[str, TaskID] = {}

        def tell(step: Step) -> None:
            if step.peer not in tasks:
                tasks[step.peer] = shown.add_task(step.peer, total=None, told="")
            told = f"{step.counts.put:,} written, {step.counts.deleted:,} deleted"
            # A peer that was put back from a backup counts in a new generation, far above the old one.
            goes_on = step.begun // GENERATION_SIZE == step.head // GENERATION_SIZE
            begun = step.begun if goes_on else step.head - step.head % GENERATION_SIZE
            total = max(step.head - begun, 1)
            shown.update(tasks[step.peer], total=total, completed=max(0, step.cursor - begun), told=told)

        yield tell


@contextmanager
def _told() -> Iterator[checking.Tell]:
    """Give what shows how far the checking is, when somebody is watching."""
    with Progress(console=out, transient=True, disable=not out.is_terminal) as shown:
        task = shown.add_task("", total=None)

        def tell(stage: str, done: int, of: int | None) -> None:
            shown.update(task, description=stage, total=of, completed=done)

        yield tell
