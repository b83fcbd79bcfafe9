"""What nodes tell each other of themselves, what a peer asks with, and the changes that everybody may read."""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.core.errors import Message
from app.core.i18n import N_
from app.core.keyset import KeysetLinks
from app.core.schema import Code, SchemaIn, SchemaOut, Whole
from app.sync.kinds import KINDS
from app.sync.vocabulary import PAGE_RECORDS, ChangesFormat, PeerState, Verdict

_LARGEST: Final = 2**53 - 1
"""Numbers travel as JSON's, which hold whole ones up to here (RFC 8785)."""

CURSOR: Final = re.compile(r"([0-9]{1,16})\.([0-9]{1,16})\.([0-9]{1,4})")
"""How far somebody has read, and when that reading began (`feed.Place`)."""

NODE_ID: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
NodeId = Annotated[str, StringConstraints(pattern=NODE_ID.pattern)]
Nonce = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
RunId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{0,36}$")]
Cursor = Annotated[int, Field(ge=0, le=_LARGEST)]


# An operator reads it at a terminal, which controls and turned directions would make say something else.
_VISIBLE: Final = r"^\P{C}+$"


def _without_slash(url: str) -> str:
    return url.rstrip("/")


def _one_of_ours(cursor: str) -> str:
    """Refuse what no page of changes has ended with."""
    if not CURSOR.fullmatch(cursor):
        raise ValueError(Message(N_("is not the `next` of a page of changes")))
    return cursor


def _that_travels(record_type: str) -> str:
    """Refuse a type of which no node says anything."""
    if record_type not in KINDS:
        raise ValueError(Message(N_("is none of {types}"), types=", ".join(sorted(KINDS))))
    return record_type


class Introduction(BaseModel):
    """What a node's operator hands to another's: who it is, and what proves it. Nothing of it is secret."""

    # A newer node may tell more.
    model_config = ConfigDict(frozen=True, extra="ignore")

    protocol: str = Field(max_length=40, pattern=_VISIBLE)
    id: NodeId
    name: str = Field(max_length=200, pattern=_VISIBLE)
    url: Annotated[str, StringConstraints(max_length=2048, pattern=r"^[^\s\p{C}]+$"), AfterValidator(_without_slash)]
    keys: dict[str, str] = Field(min_length=1, max_length=10, description="Public keys (Ed25519, Base64) by id")
    token_hash: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the token that it will call with")
    # Nodes of an older version do not name it.
    addressee: Annotated[str, StringConstraints(max_length=64)] = Field(default="", description="For whom it is made")
    # Nodes of an older version do not number them.
    issue: int = Field(default=0, ge=0, le=_LARGEST, description="Grows with each key and token: which one is newer")


class NodeDocument(SchemaOut):
    """What a node says of itself to whoever asks: `/.well-known/samnod-node`."""

    protocol: str
    id: str
    name: str
    url: str
    keys: dict[str, str] = Field(description="Public keys (Ed25519, Base64) by id; those that signed, and will sign")
    schemas: dict[str, str] = Field(description="The newest shape of each type of record that it writes and reads")
    limits: dict[str, int]


class PeerRead(SchemaOut):
    """A peer, as an operator sees it."""

    id: str
    name: str
    url: str
    state: PeerState
    may_be_private: bool
    keys: list[str] = Field(description="Ids of its public keys")
    tokens: int = Field(description="With how many tokens it may call: two while they are rotated")


class PeerCaller(SchemaOut):
    """A peer that has shown its token."""

    id: str
    acked_run: str
    acked_cursor: int
    generation: int = Field(description="The generation of its numbers that we know")
    token_hash: str = Field(description="Of the token that it has shown, which may not be its newest")


class Bound(SchemaIn):
    """What every question of a peer carries: a word of its own making, which the answer repeats under its signature."""

    nonce: Nonce


class ChangesQuery(Bound):
    """One page of the feed."""

    after: Cursor = 0
    limit: int = Field(default=PAGE_RECORDS, ge=1, le=PAGE_RECORDS)
    run: RunId = ""


class HeldQuery(Bound):
    """One page of what is held of the caller's own records."""

    after: Cursor = 0


class RecordsIn(Bound):
    """Records that differ, to be read again."""

    type: Code
    ids: list[Code] = Field(min_length=1, max_length=PAGE_RECORDS)


class AckIn(Bound):
    """What a peer has read and kept."""

    run: Annotated[RunId, StringConstraints(min_length=1)]
    cursor: Annotated[Cursor, Whole]
    generation: Annotated[Cursor, Whole]
    verdict: Verdict


class ChangeFilters(SchemaIn):
    """Which changes, in which form."""

    cursor: Annotated[Code, AfterValidator(_one_of_ours)] | None = Field(
        default=None,
        description="The `next` of the page before; without it, from the beginning",
        json_schema_extra={"example": "4711.0.0"},
    )
    limit: int = Field(default=100, ge=1, le=PAGE_RECORDS, description="Changes a page, at most five hundred")
    type: Annotated[Code, AfterValidator(_that_travels)] | None = Field(
        default=None,
        description="Only records of this type, such as `enterprise`",
        json_schema_extra={"example": "enterprise"},
    )
    format: ChangesFormat = Field(default=ChangesFormat.JSON, description="One object, or one line a change")


class ChangeRead(SchemaOut):
    """A record as it is now, told as the event of its last change (CloudEvents 1.0), or that it is gone."""

    specversion: str = Field(description="Of CloudEvents", json_schema_extra={"example": "1.0"})
    id: str = Field(description="Of the change: its number", json_schema_extra={"example": "4711"})
    source: str = Field(description="The node that the record belongs to", json_schema_extra={"example": "trondelag"})
    type: str = Field(description="Type of the record", json_schema_extra={"example": "organization"})
    subject: str = Field(
        description="Id of the record", json_schema_extra={"example": "5b0c1a6e-3f0e-4d0a-9d5e-2f6f0f6f7a10"}
    )
    time: str = Field(
        description="When it was changed (RFC 3339)", json_schema_extra={"example": "2026-11-21T12:00:00+00:00"}
    )
    datacontenttype: str = Field(json_schema_extra={"example": "application/json"}, description="Of `data`")
    dataschema: str = Field(
        description="Name and version of the shape of `data`", json_schema_extra={"example": "organization/1.0"}
    )
    data: dict[str, Any] | None = Field(
        description="All that is public of the record; null when it is gone",
        json_schema_extra={"example": {"name": "Exempelhuset"}},
    )
    seq: int = Field(
        description="Number of the change: records come in this order", json_schema_extra={"example": 4711}
    )
    rev: int = Field(description="Version of the record", json_schema_extra={"example": 3})
    method: str = Field(description="PUT, or DELETE: forget the record", json_schema_extra={"example": "PUT"})
    hash: str = Field(
        description="SHA-256 of `data` as RFC 8785 writes it, in hex; of nothing when the record is gone",
        json_schema_extra={"example": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
    )


class ChangePage(SchemaOut):
    """Changes in the order of their numbers: each record once, at its last change."""

    items: list[ChangeRead]
    next: str = Field(description="Where to go on, now or another day", json_schema_extra={"example": "4711.0.0"})
    has_more: bool = Field(description="Whether there is more to read now", json_schema_extra={"example": False})
    links: KeysetLinks
