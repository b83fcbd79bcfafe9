"""Peers: nodes that an operator has written down, by what their operators handed over. Nobody is found or let in.

What an operator does with them is in the audit log: what, and with which peer.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import delete
from sqlmodel import col

from app.audit import service as audit
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Forbidden, InvalidContent, Message, NotFound, Unauthorized
from app.core.i18n import N_
from app.journal import copies
from app.journal.schemas import NodeRead
from app.sync import identity, queries
from app.sync.kinds import KINDS
from app.sync.schemas import NODE_ID, Introduction, PeerCaller, PeerRead
from app.sync.tables import SyncBucket, SyncPeer, SyncRecord, SyncRun
from app.sync.vocabulary import PROTOCOL, PeerState, Verdict

_LIVE_TOKENS: Final = 2
_BATCH: Final = 500
# Of the machines of one node.
_CLOCKS_DIFFER: Final = timedelta(minutes=5)
_OBJECT: Final = "peer"
_STATE_ACTS: Final = {PeerState.ACTIVE: "peer.resume", PeerState.PAUSED: "peer.pause"}


def is_id(text: str) -> bool:
    """Tell whether a text may be the id of a node."""
    return NODE_ID.fullmatch(text) is not None


def introduction(
    session: WriteSession, node: NodeRead, secret: bytes, peer_id: str, *, next_token: bool = False
) -> Introduction:
    """Return what the operator of `peer_id` needs of this node, which may be written before that node is known here.

    With `next_token` it names the token that we call with after `rotate_token`, so that the peer knows it before.

    Raises:
        InvalidContent: no node can be called so, or nobody can be called at the address.
        Conflict: it is this node itself.
    """
    if not is_id(peer_id):
        raise InvalidContent(f"{peer_id[:100]!r} is no id of a node: it has letters, digits, dots and dashes.")
    if peer_id == node.id:
        raise Conflict(f"{peer_id} is this node itself: name the peer that the introduction is for.")
    require_address(node.url, may_be_private=True)
    identity.begin(session)
    known = session.get(SyncPeer, peer_id)
    seed = known.token_seed if known else identity.FIRST_SEED
    seed = identity.next_token(seed) if next_token else seed
    return Introduction(
        protocol=PROTOCOL,
        id=node.id,
        name=node.name or node.id,
        url=node.url,
        keys=identity.identity_of(session, secret).public_keys,
        token_hash=identity.token_hash(identity.token_for(secret, peer_id, seed)),
        issue=identity.issue(session, seed),
        addressee=peer_id,
    )


def add(
    session: WriteSession, told: Introduction, *, own_id: str, may_be_private: bool = False, may_be_older: bool = False
) -> bool:
    """Write a peer down, or what it says of itself now; return whether it was unknown.

    Its newest token counts beside the one before, until it calls with the newest; its keys count instead of those
    before. What was read of it stays.

    Raises:
        InvalidContent: the introduction does not hold together, or its address is not one that may be called.
        Conflict: it introduces this node itself, or under an id that own records have, or calls with the token of
            another peer, or is older than the one before.
    """
    _require_sound(told, own_id)
    _require_own_id(session, told)
    _require_own_token(session, told)
    before = session.get(SyncPeer, told.id)
    # Whoever has allowed a private address once need not do so with each new key.
    may_be_private = may_be_private or (before is not None and before.may_be_private and before.url == told.url)
    require_address(told.url, may_be_private=may_be_private)
    # The peer itself drops a token while it is added: neither is to undo the other.
    known = session.get(SyncPeer, told.id, with_for_update=True)
    if not may_be_older:
        require_newest(session, told)
    peer = known or SyncPeer(
        id=told.id,
        url=told.url,
        name=told.name,
        state=PeerState.ACTIVE,
        public_keys={},
        token_hashes=[],
        token_seed=identity.FIRST_SEED,
    )
    peer.url, peer.name, peer.public_keys = told.url, told.name, dict(told.keys)
    peer.may_be_private = may_be_private
    # One that is known keeps its place: what follows it is newer, and will be used when the peer says so.
    if told.token_hash not in peer.token_hashes:
        peer.token_hashes = [told.token_hash, *peer.token_hashes][:_LIVE_TOKENS]
    peer.issue = told.issue if may_be_older else max(told.issue, peer.issue)
    session.add(peer)
    identity.begin(session)
    copies.know(session, NodeRead(id=told.id, name=told.name, url=told.url))
    after = {"url": told.url, "keys": sorted(told.keys), "may_be_private": may_be_private}
    audit.record(session, "peer.introduce" if known else "peer.add", _OBJECT, told.id, after=after)
    return known is None


def require_newest(session: ReadSession | WriteSession, told: Introduction) -> None:
    """Refuse an introduction that is older than the one before, and with which keys or tokens would count again.

    Raises:
        Conflict: it is.
    """
    known = session.get(SyncPeer, told.id)
    if known is None or told.issue >= known.issue:
        return
    if told.keys != known.public_keys or told.token_hash not in known.token_hashes:
        raise Conflict(
            f"The introduction is older than the one that was added of {told.id}: keys or tokens that have been "
            "dropped would count again. Ask its operator for a new one; if this is the newest: --older."
        )


def orphans(session: ReadSession | WriteSession, own: str) -> list[str]:
    """Return the homes of records here that are neither this node nor one that it knows."""
    known = {own, *copies.nodes(session)}
    return [home for home in session.execute(queries.all_homes()).scalars() if home not in known]


def misnamed(session: ReadSession | WriteSession, own: str) -> str | None:
    """Return under which id peers know this node, when that is not `own`; None as long as nothing speaks for it."""
    homes = list(session.execute(queries.all_homes()).scalars())
    has_peers = session.execute(queries.peers().limit(1)).first() is not None
    former = orphans(session, own)
    return former[0] if has_peers and former and own not in homes else None


def comes_with_strange_keys(session: ReadSession | WriteSession, told: Introduction) -> bool:
    """Tell whether an introduction of a known peer names none of the keys that it has: it is another, or lost them."""
    known = session.get(SyncPeer, told.id)
    return known is not None and not set(known.public_keys) & set(told.keys)


def remove(session: WriteSession, peer_id: str, *, keep_copies: bool) -> int:
    """Forget a peer, and unless they are kept its records here; return how many records were taken away.

    Copies that are kept still belong to it: nobody changes them here, and nothing new comes.
    """
    # Whatever writes its records holds its row: a page on its way is waited for, and goes with the others.
    peer = _held(session, peer_id)
    gone = 0 if keep_copies else _remove_copies(session, peer_id)
    session.connection().execute(delete(SyncRun).where(col(SyncRun.peer) == peer_id))
    session.delete(peer)
    session.flush()
    audit.record(session, "peer.remove", _OBJECT, peer_id, after={"keep_copies": keep_copies})
    return gone


def set_state(session: WriteSession, peer_id: str, state: PeerState) -> None:
    """Pause a peer, which then is neither read nor answered, or take it up again."""
    peer = require_known(session, peer_id)
    peer.state = state
    session.add(peer)
    audit.record(session, _STATE_ACTS[state], _OBJECT, peer_id)


def set_url(session: WriteSession, peer_id: str, url: str, *, may_be_private: bool = False) -> None:
    """Write down where a peer has moved to. Raises `InvalidContent`, as `add`."""
    require_address(url, may_be_private=may_be_private)
    peer = require_known(session, peer_id)
    before = {"url": peer.url, "may_be_private": peer.may_be_private}
    peer.url, peer.may_be_private = url.rstrip("/"), may_be_private
    session.add(peer)
    copies.know(session, NodeRead(id=peer.id, name=peer.name, url=peer.url))
    after = {"url": peer.url, "may_be_private": may_be_private}
    audit.record(session, "peer.move", _OBJECT, peer_id, before=before, after=after)


def allow_deletions(session: WriteSession, peer_id: str) -> None:
    """Let the next run delete as much as the peer says: once.

    Raises:
        NotFound: there is no such peer.
        Conflict: its last run was not held: nobody can have looked at what a later one would delete.
    """
    peer = require_known(session, peer_id)
    last = session.execute(queries.runs(peer_id, 1, now() + _CLOCKS_DIFFER)).scalars().first()
    if last is None or last.verdict is not Verdict.HELD:
        raise Conflict(f"Nothing of {peer_id} is held. First see what would go: samnod sync run --peer {peer_id}")
    peer.deletions_allowed = True
    session.add(peer)
    audit.record(session, "peer.allow-deletions", _OBJECT, peer_id)


def rotate_token(session: WriteSession, peer_id: str) -> None:
    """Call a peer with the next token from now on: it has been told of it (`introduction`, `next_token`)."""
    peer = require_known(session, peer_id)
    peer.token_seed = identity.next_token(peer.token_seed)
    session.add(peer)
    audit.record(session, "peer.rotate-token", _OBJECT, peer_id)


def listed(session: ReadSession | WriteSession) -> list[PeerRead]:
    """Return every peer, by id."""
    return [
        PeerRead(
            id=peer.id,
            name=peer.name,
            url=peer.url,
            state=peer.state,
            may_be_private=peer.may_be_private,
            keys=sorted(peer.public_keys),
            tokens=len(peer.token_hashes),
        )
        for peer in session.execute(queries.peers()).scalars()
    ]


def caller_with(session: ReadSession | WriteSession, token: str) -> PeerCaller:
    """Return the peer that calls with a token.

    Raises:
        Unauthorized: it is nobody's.
        Forbidden: its peer is paused.
    """
    # Every peer's hashes are compared, whichever it is: the time tells nothing.
    found = [peer for peer in session.execute(queries.peers()).scalars() if identity.is_token(token, peer.token_hashes)]
    if not found:
        raise Unauthorized(Message(N_("No peer of this node has that token: its operator needs a new introduction.")))
    peer = found[0]
    if peer.state is not PeerState.ACTIVE:
        raise Forbidden(Message(N_("This node has paused whoever calls: ask its operator.")))
    return PeerCaller(
        id=peer.id,
        acked_run=peer.acked_run,
        acked_cursor=peer.acked_cursor,
        generation=peer.generation,
        token_hash=identity.token_hash(token),
    )


def require_address(url: str, *, may_be_private: bool) -> None:
    """Refuse an address that may not be called: not https, or in a private network when that is not allowed.

    What a name stands for is asked when it is called. Raises `InvalidContent`.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"} or parts.username or parts.query or parts.fragment:
        raise InvalidContent(f"{url[:200]} is not the address of a node, such as https://norr.example.")
    if may_be_private:
        return
    if parts.scheme != "https":
        raise InvalidContent(f"{url[:200]} does not begin with https://. In a private network: --allow-private.")
    if _is_private(host):
        raise InvalidContent(f"{host} lies in a private network. If it should: --allow-private.")


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _require_sound(told: Introduction, own_id: str) -> None:
    if told.protocol != PROTOCOL:
        raise InvalidContent(f"The introduction is of {told.protocol}, and this program speaks {PROTOCOL}.")
    if told.id == own_id:
        raise Conflict(f"{told.id} is this node itself. Nodes have different ids: SAMNOD_NODE.")
    if told.addressee not in ("", own_id):
        raise Conflict(
            f"The introduction is for {told.addressee}, and this node is {own_id}: its token would be refused. Ask the "
            f"operator of {told.id} for the one of: samnod sync introduce {own_id}"
        )
    _require_keys(told.keys)


def _require_own_id(session: WriteSession, told: Introduction) -> None:
    """Refuse the id of records that no peer has brought: they were written here, and would be its to take away."""
    if told.id not in copies.nodes(session) and any(kind.REPLICAS.own_ids(session, told.id) for kind in KINDS.values()):
        raise Conflict(f"Records were written here under {told.id}. First take them over: samnod sync adopt {told.id}")


def _require_own_token(session: WriteSession, told: Introduction) -> None:
    """Refuse a token that another peer calls with: introductions are no secret, and a copied one would be both's."""
    for other in session.execute(queries.peers()).scalars():
        if other.id != told.id and told.token_hash in other.token_hashes:
            raise Conflict(f"The token is that of {other.id}. Ask the operator of {told.id} for its own introduction.")


def _require_keys(keys: Mapping[str, str]) -> None:
    for kid, key in keys.items():
        if not identity.is_public_key(key) or kid != identity.kid_of(key):
            raise InvalidContent(f"The key {kid[:40]!r} of the introduction is not whole: ask for it again.")


def require_known(session: ReadSession | WriteSession, peer_id: str) -> SyncPeer:
    """Return the row of a peer. Raises `NotFound`."""
    peer = session.get(SyncPeer, peer_id)
    if peer is None:
        raise NotFound(f"There is no peer {peer_id}. `samnod sync peers list` tells which there are.")
    return peer


def _held(session: WriteSession, peer_id: str) -> SyncPeer:
    """Return the row of a peer, which nobody else writes until the commit. Raises `NotFound`."""
    session.get(SyncPeer, peer_id, with_for_update=True)
    return require_known(session, peer_id)


def _remove_copies(session: WriteSession, home: str) -> int:
    copies.copying(session)
    gone = sum(_forget(session, home, name) for name in reversed(KINDS))
    for table in (SyncRecord, SyncBucket):
        session.connection().execute(delete(table).where(col(table.home) == home))
    copies.forget(session, home)
    return gone


def _forget(session: WriteSession, home: str, record_type: str) -> int:
    ids: Sequence[str] = KINDS[record_type].REPLICAS.own_ids(session, home)
    for first in range(0, len(ids), _BATCH):
        KINDS[record_type].REPLICAS.forget(session, home, ids[first : first + _BATCH])
    return len(ids)
