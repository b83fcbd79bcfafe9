"""What a neighbour says, made by hand: envelopes of its organisations, and the row by which it is known here."""

from typing import Any

from app.core.db import Database
from app.journal import copies
from app.journal.schemas import NodeRead
from app.sync.applying import Lease
from app.sync.canonical import canonical, hash_of
from app.sync.tables import SyncPeer
from app.sync.vocabulary import Envelope, PeerState

NEIGHBOUR = "north"
PAYLOAD: dict[str, Any] = {
    "name": "Grannens kommun",
    "organisation_number": None,
    "country": "SE",
    "kind": "municipality",
    "parts": [],
    "area_code": None,
    "summary": "",
    "language": "sv",
    "website": None,
    "contact_function": None,
    "contact_email": None,
    "source": "test",
    "source_year": None,
}


def record_id(number: int) -> str:
    """Return the id of the neighbour's record with this number."""
    return f"00000000-0000-4000-8000-{number:012d}"


def said(
    number: int,
    seq: int,
    *,
    rev: int = 1,
    home: str = NEIGHBOUR,
    record_type: str = "organization",
    dataschema: str = "organization/1.0",
    text: str | None = None,
    **changed: Any,
) -> Envelope:
    """Return what the neighbour says of one of its organisations."""
    payload = canonical({**PAYLOAD, **changed}) if text is None else text
    return Envelope(
        home=home,
        type=record_type,
        id=record_id(number),
        seq=seq,
        rev=rev,
        method="PUT",
        dataschema=dataschema,
        hash=hash_of(payload),
        time="2026-11-22T01:02:03+00:00",
        payload=payload,
    )


def gone(number: int, seq: int, *, rev: int = 2, record_type: str = "organization") -> Envelope:
    """Return the neighbour's tombstone of one of its records."""
    return Envelope(
        home=NEIGHBOUR,
        type=record_type,
        id=record_id(number),
        seq=seq,
        rev=rev,
        method="DELETE",
        dataschema=f"{record_type}/1.0",
        hash=hash_of(""),
        time="2026-11-22T01:02:03+00:00",
        payload="",
    )


def introduce(database: Database, peer: str = NEIGHBOUR, url: str = "http://127.0.0.1:1", **values: Any) -> Lease:
    """Write a peer down as an operator would, with a lease of its first run."""
    given = {"public_keys": {}, "token_hashes": [], "token_seed": "1", "state": PeerState.ACTIVE, "name": peer.title()}
    with database.writes() as session:
        session.add(SyncPeer(id=peer, url=url, fence=1, **{**given, **values}))
        copies.know(session, NodeRead(id=peer, name=peer.title(), url=url))
    return Lease(peer, 1, "run")
