"""What this node answers its peers, each answer of one moment of the database, signed, and made for one of them.

A node speaks for its own records alone. The one exception is what it holds of the caller's own, which a home that was
put back from a backup reads to learn what it had said since.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Gone, Message
from app.core.i18n import N_
from app.journal import service as journal
from app.journal.generations import GENERATION_SIZE
from app.sync import buckets, envelopes, identity, pages, queries
from app.sync.canonical import in_hex
from app.sync.kinds import KINDS
from app.sync.pages import Asked, Frame
from app.sync.schemas import AckIn, ChangesQuery, HeldQuery, NodeDocument, PeerCaller, RecordsIn
from app.sync.tables import SyncPeer
from app.sync.vocabulary import (
    LARGEST_PAGE,
    LONGEST_LINE,
    PAGE_BYTES,
    PAGE_RECORDS,
    PROTOCOL,
    PageKind,
)

_LIMITS: Final = {
    "page_records": PAGE_RECORDS,
    "page_bytes": PAGE_BYTES,
    "largest_page": LARGEST_PAGE,
    "longest_line": LONGEST_LINE,
}


@dataclass(frozen=True, slots=True)
class Serving:
    """This node as it answers: its id, and the secret that its keys are made of."""

    node: str
    secret: bytes


def document(session: ReadSession, serving: Serving, *, name: str, url: str) -> NodeDocument:
    """Return what this node says of itself to whoever asks."""
    return NodeDocument(
        protocol=PROTOCOL,
        id=serving.node,
        name=name or serving.node,
        url=url.rstrip("/"),
        keys=identity.identity_of(session, serving.secret).public_keys,
        schemas={kind: KINDS[kind].SCHEMA for kind in sorted(KINDS)},
        limits=_LIMITS,
    )


def changes(session: ReadSession, serving: Serving, peer: PeerCaller, query: ChangesQuery) -> bytes:
    """Return a page of own records numbered above `after`; with the last one what all of them add up to.

    `run` names the last run of the caller that was acknowledged, and is empty until the first one is: a caller that
    has none reads from the beginning, and goes on from wherever it was stopped.

    Raises:
        Conflict: what the caller has read is not what this node has said since; digests tell what differs.
        Gone: tombstones that the caller has not read are forgotten; digests tell what differs.
    """
    head = head_of(session)
    _require_common_past(session, peer, query, head)
    found = envelopes.found(session, queries.changes(serving.node, query.after, query.limit + 1))
    lines = pages.fitting(found[: query.limit])
    has_more = len(lines) < len(found)
    digest = None if has_more else buckets.as_json(buckets.held(session, serving.node))
    next_cursor = found[len(lines) - 1].seq if has_more else head
    asked = Asked(PageKind.CHANGES, query.nonce, query.after, query.run)
    frame = Frame(serving.node, peer.id, head // GENERATION_SIZE, head, next_cursor, has_more, digest)
    return pages.build(lines, asked, frame, _signer(session, serving))


def held(session: ReadSession, serving: Serving, peer: PeerCaller, query: HeldQuery) -> bytes:
    """Return a page of what is held here of the caller's own records, and the generation of its numbers we know."""
    head = session.execute(queries.newest(peer.id)).scalar() or 0
    found = envelopes.found(session, queries.changes(peer.id, query.after, PAGE_RECORDS + 1))
    lines = pages.fitting(found[:PAGE_RECORDS])
    has_more = len(lines) < len(found)
    next_cursor = found[len(lines) - 1].seq if has_more else max(head, query.after)
    frame = Frame(serving.node, peer.id, peer.generation, max(head, query.after), next_cursor, has_more)
    return pages.build(lines, Asked(PageKind.HELD, query.nonce, query.after), frame, _signer(session, serving))


def records(session: ReadSession, serving: Serving, peer: PeerCaller, wanted: RecordsIn) -> bytes:
    """Return these own records as they are now, as many as one page holds: the rest is asked for again."""
    head = head_of(session)
    these = queries.records(serving.node, wanted.type, list(dict.fromkeys(wanted.ids)))
    found = sorted(envelopes.found(session, these), key=lambda one: (one.seq, one.id))
    lines = pages.fitting(found)
    has_more = len(lines) < len(found)
    next_cursor = found[len(lines) - 1].seq if has_more else head
    frame = Frame(serving.node, peer.id, head // GENERATION_SIZE, head, next_cursor, has_more)
    return pages.build(lines, Asked(PageKind.RECORDS, wanted.nonce), frame, _signer(session, serving))


def digest(session: ReadSession, serving: Serving, peer: PeerCaller, nonce: str) -> bytes:
    """Return what own records add up to, by type and by bucket; a bucket that is not named is empty."""
    head = head_of(session)
    sums = buckets.held(session, serving.node)
    by_bucket: dict[str, dict[str, dict[str, Any]]] = {}
    for (kind, number), total in sorted(sums.items()):
        by_bucket.setdefault(kind, {})[f"{number:02x}"] = {"count": total.count, "sum": in_hex(total.sum)}
    said = {
        "head": head,
        "generation": head // GENERATION_SIZE,
        "digest": buckets.as_json(sums),
        "buckets": by_bucket,
    }
    return _signed(session, serving, peer, PageKind.DIGEST, nonce, said)


def bucket(
    session: ReadSession, serving: Serving, peer: PeerCaller, record_type: str, number: int, nonce: str
) -> bytes:
    """Return which own records of a type are in a bucket, tombstones too, with what tells whether two are the same."""
    rows = session.execute(queries.bucket(serving.node, record_type, number)).scalars()
    said = {
        "type": record_type,
        "bucket": number,
        "head": head_of(session),
        "records": [
            {"id": row.id, "rev": row.rev, "hash": row.hash, "seq": row.seq, "method": row.method} for row in rows
        ],
    }
    return _signed(session, serving, peer, PageKind.BUCKET, nonce, said)


def acknowledge(session: WriteSession, serving: Serving, peer: PeerCaller, told: AckIn) -> bytes:
    """Keep how far a peer has read, and by which run: its next one opens with that run's id.

    A peer that calls with its newest token needs the one before no longer.

    Raises:
        Conflict: it has read what this node has not said: of another generation, or past its newest change.
    """
    head = head_of(session)
    if told.generation != head // GENERATION_SIZE or told.cursor > head:
        raise _no_common_past("generation" if told.generation != head // GENERATION_SIZE else "ahead", head)
    row = session.get_one(SyncPeer, peer.id, with_for_update=True)
    row.acked_run, row.acked_cursor, row.acked_at = told.run, told.cursor, now()
    # Another introduction may have come since the token was looked at: which is the newest is only known here.
    if peer.token_hash in row.token_hashes[:1]:
        row.token_hashes = row.token_hashes[:1]
    session.add(row)
    said = {"run": told.run, "cursor": told.cursor, "generation": told.generation}
    return _signed(session, serving, peer, PageKind.ACK, told.nonce, said)


def head_of(session: ReadSession | WriteSession) -> int:
    """Return the number of the newest change of this node: everything up to it can be read."""
    found: int = session.execute(select(journal.last_number())).scalar_one()
    return found


def purged_through(session: ReadSession | WriteSession) -> int:
    """Return the number up to which tombstones are forgotten."""
    kept = identity.self_of(session)
    return kept.purged_through if kept else 0


def _require_common_past(session: ReadSession, peer: PeerCaller, query: ChangesQuery, head: int) -> None:
    """Refuse to go on where one side has been put back from a backup: it would lose changes in silence."""
    if query.run and query.run != peer.acked_run:
        raise _no_common_past("run", head)
    if query.after > head:
        raise _no_common_past("ahead", head)
    if query.run and peer.acked_cursor // GENERATION_SIZE != head // GENERATION_SIZE:
        raise _no_common_past("generation", head)
    # Whoever has no run yet reads everything: what is forgotten by now it has never been told.
    if query.run and 0 < query.after < purged_through(session):
        raise Gone(Message(N_("Tombstones after this cursor are forgotten: compare digests.")))


def _no_common_past(reason: str, head: int) -> Conflict:
    told = Message(N_("What was read before is not what is said here now: compare digests."))
    return Conflict(told, members={"reason": reason, "head": head, "generation": head // GENERATION_SIZE})


def _signed(
    session: ReadSession | WriteSession,
    serving: Serving,
    peer: PeerCaller,
    kind: PageKind,
    nonce: str,
    said: Mapping[str, Any],
) -> bytes:
    signer = _signer(session, serving)
    return pages.signed(kind, said, node=serving.node, destination=peer.id, nonce=nonce, signer=signer)


def _signer(session: ReadSession | WriteSession, serving: Serving) -> identity.Signer:
    return identity.identity_of(session, serving.secret).signer
