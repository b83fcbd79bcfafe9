"""Words and limits of the sync protocol (docs/nodes.md tells it whole)."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol

from app.core.db import ReadSession, WriteSession
from app.journal.replicas import Replicas

PROTOCOL: Final = "samnod-sync/1"
MEDIA_TYPE: Final = "application/x-ndjson"
BUCKETS: Final = 256

# What a page may hold, and what its reader takes before it gives up.
PAGE_RECORDS: Final = 500
PAGE_BYTES: Final = 4 * 2**20
LARGEST_PAGE: Final = 8 * 2**20
LONGEST_LINE: Final = 2**20
DEEPEST_JSON: Final = 32
MOST_LINES: Final = 1_000


class RecordState(StrEnum):
    """How a record stands here: as it says, of a kind or version that this program does not know, or unreadable."""

    CURRENT = "current"
    PARKED = "parked"
    QUARANTINED = "quarantined"


class PageKind(StrEnum):
    """What an answer to a peer is, so that none can be passed off as another."""

    CHANGES = "changes"
    RECORDS = "records"
    HELD = "held"
    DIGEST = "digest"
    BUCKET = "bucket"
    ACK = "ack"


class ChangesFormat(StrEnum):
    """The forms in which changes are read by others than nodes."""

    JSON = "json"
    NDJSON = "ndjson"


class PeerState(StrEnum):
    """Whether a peer is read from, and may read."""

    ACTIVE = "active"
    PAUSED = "paused"


class Verdict(StrEnum):
    """How a run ended."""

    VERIFIED = "verified"
    """Both sides hold the same: the digests are equal."""
    RECONCILED = "reconciled"
    """They were not, and are equal after what differed was fetched again."""
    UNFINISHED = "unfinished"
    """It was stopped before the end; the next run goes on from its checkpoint."""
    HELD = "held"
    """It would have deleted so much that the operator has to say yes."""
    FAILED = "failed"
    """The peer did not answer, answered wrongly, or still differs."""


class Envelope(NamedTuple):
    """One record as it travels: `payload` is canonical JSON (RFC 8785), and empty for a tombstone.

    `hash` is the SHA-256 of the payload's UTF-8 in hex, `dataschema` the name and version of its shape
    (`enterprise/1.0`), `time` when it was changed at its home (RFC 3339; it decides nothing).
    """

    home: str
    type: str
    id: str
    seq: int
    rev: int
    method: str
    dataschema: str
    hash: str
    time: str
    payload: str


Key = tuple[str, str]
"""A type and an id."""


def key_of(one: Envelope) -> Key:
    """Return which record it is, among those of its home."""
    return one.type, one.id


class RecordKind(Protocol):
    """What a room says of its records that travel: its module `replicas`. A module is one without being told so.

    `published` is the allow-list: it names every field that leaves the node, and returns None for what nobody else may
    know of (drafts, hidden and private records), which others are told to forget.
    """

    RECORD_TYPE: str
    SCHEMA: str
    """Name and version, `enterprise/1.0`. A new field is a new minor version; another meaning is a new major one."""
    REPLICAS: Replicas[Any]
    """Where copies of them are written."""

    def published(self, said: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what other nodes may know of a record of which the journal says `said`."""

    def said(self, session: ReadSession | WriteSession, record_ids: Sequence[str]) -> dict[str, tuple[int, Any]]:
        """Return the `rev` of these records, and what the journal would say of them now, by id; what is gone is not."""
