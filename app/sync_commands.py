"""`samnod sync`: how this node is introduced to others, and which it knows."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col

from app.audit import service as audit
from app.core.db import Database, WriteSession
from app.core.errors import Conflict, SamnodError
from app.core.wording import plainly
from app.journal import copies
from app.journal.schemas import NodeRead
from app.sync import buckets, doubles, erasures, identity, peers, queries, trying
from app.sync.calling import CallFault
from app.sync.schemas import Introduction, PeerRead
from app.sync.tables import SyncBucket
from app.sync.vocabulary import PeerState
from app.terminal import say, stop, unreadable

Opened = Callable[[], AbstractContextManager[Database]]
Known = Callable[[], NodeRead]
# What a node is called that nobody has named: two of them would be one to all others.
_UNNAMED = "local"
_HOME = "home"
_HAND_OVER = (
    "Hand this to the operator of {peer}, who runs: samnod sync peers add FILE. Nothing of it is secret, but they must "
    "know that it is from you."
)
PeerId = Annotated[str, typer.Argument(help="Id of the peer, as its operator names it (SAMNOD_NODE)")]
Private = Annotated[bool, typer.Option("--allow-private", help="Its address may lie in a private network, or be http")]


def register(
    sync: typer.Typer, opened: Opened, secret: Callable[[], bytes], node: Known, var_dir: Callable[[], Path]
) -> None:
    """Add to `samnod sync` what makes nodes known to each other.

    `opened` gives the node's database, `secret` what its keys and tokens are made of, `node` what it is called, and
    `var_dir` the folder of its files.
    """
    _register_introduction(sync, opened, secret, node, var_dir)
    _register_peers(sync, opened, node)
    _register_keys(sync, opened)
    _register_tokens(sync, opened, secret, node)

    @sync.command("erasures")
    def complete() -> None:
        """Write into the ledger of erasures what is missing there, after a crash or a full disk."""
        with opened() as database, database.reads() as session:
            try:
                added = erasures.complete(session, var_dir(), node().id)
            except OSError as fault:
                raise stop(unreadable(var_dir() / erasures.FILE, fault)) from fault
        say(f"{added} erasures were missing and are written down in {var_dir() / erasures.FILE}.")

    @sync.command("doubles")
    def list_doubles(
        limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many numbers of each type")] = 100,
    ) -> None:
        """List the organisation numbers that records of two nodes say: nodes merge none, their operators agree."""
        with opened() as database, database.reads() as session:
            found = list(doubles.doubles(session, limit))
        for one in found:
            say(f"{one.type} {one.number}")
            for home, record_id, name in one.records:
                say(f"    {home}  {record_id}  {name}")
        say(f"Numbers that more than one node tells of: {len(found)}")


def _register_introduction(
    sync: typer.Typer, opened: Opened, secret: Callable[[], bytes], node: Known, var_dir: Callable[[], Path]
) -> None:
    @sync.command("introduce")
    def introduce(
        peer: PeerId,
        url: Annotated[str, typer.Option(help="Address of this node, if others call it by another one")] = "",
    ) -> None:
        """Print what the operator of a peer needs to know of this node. It changes when SAMNOD_SECRET_KEY does."""
        own = _addressed(node(), url)
        with opened() as database, _in_sentences(), database.writes() as session:
            told = peers.introduction(session, own, secret(), peer)
            orphans = peers.orphans(session, own.id)
        _print(told, peer)
        for home in orphans:
            _hint(f"Records are written under {home}, which no peer will read: samnod sync adopt {home}")

    @sync.command("adopt")
    def adopt(former: Annotated[str, typer.Argument(help="Id that this node had before, such as local")]) -> None:
        """Take over the records that were written under another id: for a node that was named after it was filled."""
        own = _named(node()).id
        with opened() as database, _in_sentences(), database.writes() as session:
            if peers.listed(session) or former in copies.nodes(session):
                raise stop("Peers know this node, or that one, already: records do not change hands between nodes.")
            adopted = _adopt(session, former, own)
            erasures.rename(var_dir(), former, own)
        say(f"{adopted} records of {former} are {own}'s now.")


def _adopt(session: WriteSession, former: str, own: str) -> int:
    """Write `own` as home of all that `former` was the home of; return how many records travel.

    Raises:
        Conflict: both have a record of something of which a node has only one.
    """
    session.connection().execute(queries.twins(former, own))
    try:
        for table in SQLModel.metadata.sorted_tables:
            if _HOME in table.c and table.name != SyncBucket.__tablename__:
                session.connection().execute(update(table).where(table.c[_HOME] == former).values({_HOME: own}))
    except IntegrityError as fault:
        told = "Both have a record with one organisation number, or of one notice: remove one of the two first."
        raise Conflict(told) from fault
    session.connection().execute(delete(SyncBucket).where(col(SyncBucket.home) == former))
    buckets.put_right(session, own)
    audit.record(session, "node.adopt", "node", former)
    return sum(total.count for total in buckets.held(session, own).values())


def _register_peers(sync: typer.Typer, opened: Opened, node: Known) -> None:
    group = typer.Typer(no_args_is_help=True, help="Which nodes this one reads, and answers.")
    sync.add_typer(group, name="peers")

    @group.command("list")
    def show() -> None:
        """List the peers: where they are, whether they are paused, and which keys count."""
        with opened() as database, database.reads() as session:
            found = peers.listed(session)
        for peer in found:
            say(_line_of(peer))
        if not found:
            say("There is no peer. Introduce this node: samnod sync introduce, and add theirs: samnod sync peers add")

    @group.command("add")
    def add(
        file: Annotated[Path, typer.Argument(help="Their introduction; - reads it from standard input")],
        allow_private: Private = False,
        new_keys: Annotated[
            bool,
            typer.Option("--new-keys", help="All its keys are new, and you have asked its operator; without: asks"),
        ] = False,
        older: Annotated[
            bool,
            typer.Option("--older", help="It is older than the one before, and its keys and token count nevertheless"),
        ] = False,
    ) -> None:
        """Write a peer down, or its new keys, token and address, from the introduction that it gave."""
        told = _read(file)
        with opened() as database, _in_sentences(), database.reads() as session:
            if not older:
                peers.require_newest(session, told)
            is_strange = peers.comes_with_strange_keys(session, told)
        if is_strange and not new_keys:
            typer.confirm(
                f"None of its keys is one of {told.id}'s. Has its operator told you so, by telephone?", abort=True
            )
        with opened() as database, _in_sentences(), database.writes() as session:
            own_id = _named(node()).id
            is_new = peers.add(session, told, own_id=own_id, may_be_private=allow_private, may_be_older=older)
        say(f"{told.id} ({told.name}) at {told.url} is {'a peer now' if is_new else 'known as it is now'}.")
        if is_new:
            say(f"It knows this node when its operator has added yours: samnod sync introduce {told.id}")

    @group.command("remove")
    def remove(
        peer: PeerId,
        keep_copies: Annotated[
            bool | None,
            typer.Option("--keep-copies/--remove-copies", help="What becomes of its records here; without: asks"),
        ] = None,
    ) -> None:
        """Forget a peer, and its records here unless they are kept: they still belong to it, and grow old."""
        if keep_copies is None:
            _require_known(opened, peer)
            keep_copies = not typer.confirm(f"Remove the copies of {peer}'s records too?", default=True)
        with opened() as database, _in_sentences(), database.writes() as session:
            gone = peers.remove(session, peer, keep_copies=keep_copies)
        kept = "Its records stay, as they were last read." if keep_copies else f"{gone} of its records are gone."
        say(f"{peer} is forgotten. {kept} Its operator forgets this node in the same way.")

    @group.command("pause")
    def pause(peer: PeerId) -> None:
        """Neither read a peer nor answer it, until it is resumed; its records stay."""
        _set_state(opened, peer, PeerState.PAUSED)
        say(f"{peer} is paused: it is neither read nor answered.")

    @group.command("resume")
    def resume(peer: PeerId) -> None:
        """Read and answer a peer again."""
        _set_state(opened, peer, PeerState.ACTIVE)
        say(f"{peer} is read and answered again.")

    @group.command("url")
    def move(peer: PeerId, url: str, allow_private: Private = False) -> None:
        """Write down where a peer has moved to."""
        with opened() as database, _in_sentences(), database.writes() as session:
            peers.set_url(session, peer, url, may_be_private=allow_private)
        say(f"{peer} is called at {url.rstrip('/')} from now on.")


def _register_keys(sync: typer.Typer, opened: Opened) -> None:
    group = typer.Typer(no_args_is_help=True, help="The keys that this node signs with.")
    sync.add_typer(group, name="keys")

    @group.command("rotate")
    def rotate() -> None:
        """Make a new key and tell of it. The old one signs until it is dropped: meanwhile peers learn the new."""
        with opened() as database, database.writes() as session:
            identity.rotate_key(session)
        say("There is a new key. Introduce this node to every peer again (samnod sync introduce); when all have added")
        say("that, run: samnod sync keys drop")

    @group.command("drop")
    def drop(
        yes: Annotated[bool, typer.Option("--yes", help="All peers know the newest key; without: asks")] = False,
    ) -> None:
        """Drop every key but the newest, which signs from now on. Peers that do not know it refuse what they read.

        They believe the old ones until they have added another introduction.
        """
        with opened() as database, database.reads() as session:
            kept = identity.self_of(session)
        if kept and len(kept.key_seeds) > 1 and not yes:
            typer.confirm("Have all peers added the newest key? The others do not come back.", abort=True)
        with opened() as database, database.writes() as session:
            gone = identity.drop_keys(session)
            known = [peer.id for peer in peers.listed(session)]
        if not gone:
            say("There is only one key.")
            return
        say(f"{gone} old keys are dropped. The newest signs from now on.")
        if known:
            say("Peers believe the old ones until they have added a new introduction, so hand one to each of them:")
        for peer in known:
            say(f"    samnod sync introduce {peer}")


def _register_tokens(sync: typer.Typer, opened: Opened, secret: Callable[[], bytes], node: Known) -> None:
    group = typer.Typer(no_args_is_help=True, help="The tokens that this node calls its peers with.")
    sync.add_typer(group, name="tokens")

    @group.command("rotate")
    def rotate(
        peer: PeerId,
        use: Annotated[bool, typer.Option("--use", help="The peer has added it: call with the new token")] = False,
        url: Annotated[str, typer.Option(help="Address of this node, if others call it by another one")] = "",
    ) -> None:
        """Print an introduction with the next token; with --use call with it, and the peer forgets the old one."""
        if use:
            _require_next_token(opened, secret(), _named(node()).id, peer)
            with opened() as database, _in_sentences(), database.writes() as session:
                peers.rotate_token(session, peer)
            say(f"{peer} is called with the new token from now on, and forgets the old one when it is.")
            return
        own = _addressed(node(), url)
        with opened() as database, _in_sentences(), database.writes() as session:
            peers.require_known(session, peer)
            told = peers.introduction(session, own, secret(), peer, next_token=True)
        _print(told, peer)
        _hint(f"When that is done: samnod sync tokens rotate {peer} --use")


def _require_next_token(opened: Opened, secret: bytes, own: str, peer: str) -> None:
    """Stop while a peer does not know the next token: it would be called in vain from then on."""
    with opened() as database, _in_sentences():
        try:
            trying.try_next_token(database, secret, own, peer)
        except CallFault as fault:
            told = f"{peer} does not take the next token yet, so the one before stays: {fault}"
            raise stop(f"{told}\nFirst hand over what this prints: samnod sync tokens rotate {peer}") from fault


def _require_known(opened: Opened, peer: str) -> None:
    """Stop before anything is asked about a peer that is none."""
    with opened() as database, _in_sentences(), database.reads() as session:
        peers.require_known(session, peer)


def _set_state(opened: Opened, peer: str, state: PeerState) -> None:
    with opened() as database, _in_sentences(), database.writes() as session:
        peers.set_state(session, peer, state)


@contextmanager
def _in_sentences() -> Iterator[None]:
    """End the command with the sentence of a fault."""
    try:
        yield
    except SamnodError as fault:
        raise stop(fault.detail) from fault
    except ValidationError as fault:
        # Only what this node says of itself can be wrong here: SAMNOD_NODE_NAME, most often.
        raise stop(f"This node cannot be introduced so.\n{_wrong(fault)}") from fault


def _named(node: NodeRead) -> NodeRead:
    """Return this node as others will know it; stop when it has no id of its own."""
    if node.id == _UNNAMED:
        raise stop("This node has no id of its own yet. Set SAMNOD_NODE to one that no other has, such as trondelag.")
    if not peers.is_id(node.id):
        raise stop(f"SAMNOD_NODE is {node.id!r}: an id of letters, digits, dots and dashes is needed.")
    return node


def _addressed(node: NodeRead, url: str) -> NodeRead:
    """Return this node as others will call it; stop when nobody could."""
    address = (url or _named(node).url).rstrip("/")
    if not address:
        raise stop("This node has no address: set SAMNOD_BASE_URL, or say --url.")
    return node.model_copy(update={"url": address})


def _print(told: Introduction, peer: str) -> None:
    say(told.model_dump_json(indent=2))
    _hint(_HAND_OVER.format(peer=peer))


def _hint(text: str) -> None:
    """Say something beside the output, which may go into a file."""
    typer.echo(text, err=True)


def _read(file: Path) -> Introduction:
    try:
        content = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        return Introduction.model_validate_json(content)
    except UnicodeDecodeError as fault:
        raise stop(f"{file} is no introduction: it is not UTF-8.") from fault
    except OSError as fault:
        raise stop(unreadable(file, fault)) from fault
    except ValidationError as fault:
        raise stop(f"{file} is no introduction:\n{_wrong(fault)}") from fault


def _wrong(fault: ValidationError) -> str:
    lines = [f"{'/'.join(map(str, one['loc'])) or 'the whole'}: {plainly(dict(one))}" for one in fault.errors()[:5]]
    return "\n".join(lines)


def _line_of(peer: PeerRead) -> str:
    # A line each, whole on any screen: an id is there to be copied.
    private = ", may be private" if peer.may_be_private else ""
    tokens = "two tokens" if peer.tokens > 1 else "one token"
    return f"{peer.id}  {peer.state}  {peer.url}{private}  {peer.name}  keys {', '.join(peer.keys)}, {tokens}"
