"""Own records for everybody who wants to follow them: the feed that nodes read, as CloudEvents and without a token."""

from dataclasses import dataclass
from typing import Final, Self

import orjson

from app.core.db import ReadSession
from app.core.errors import Gone, Message
from app.core.i18n import N_
from app.journal.generations import GENERATION_SIZE
from app.journal.vocabulary import Method
from app.sync import envelopes, queries
from app.sync.schemas import CURSOR, ChangeFilters, ChangeRead
from app.sync.serving import head_of, purged_through
from app.sync.vocabulary import Envelope

_CLOUDEVENTS: Final = "1.0"


@dataclass(frozen=True, slots=True)
class Past:
    """What decides whether somebody can go on: the newest number, and up to which one tombstones are forgotten."""

    head: int
    forgotten: int

    @property
    def generation(self) -> int:
        """How often the node has begun to count anew, after it was put back from a backup."""
        return self.head // GENERATION_SIZE


@dataclass(frozen=True, slots=True)
class Place:
    """How far somebody has read, and when that reading began: what was forgotten by then, and in which generation.

    Whoever begins anew has been told of nothing that is forgotten by then, and may read on through numbers that lie
    below it; whoever began before may have missed a tombstone. And whoever began in a database that was lost may have
    been told what this one does not know.
    """

    after: int
    forgotten: int
    generation: int

    @classmethod
    def of(cls, cursor: str | None, past: Past) -> Self:
        """Return the place that a cursor names; without one, the beginning."""
        found = CURSOR.fullmatch(cursor) if cursor else None
        return cls(*map(int, found.groups())) if found else cls(0, past.forgotten, past.generation)

    def is_lost(self, past: Past) -> bool:
        """Tell whether nobody can go on from here."""
        is_of_another = self.after > past.head or self.generation != past.generation
        return is_of_another or max(self.after, self.forgotten) < past.forgotten

    def cursor(self, after: int, past: Past) -> str:
        """Return the cursor of a place further on."""
        forgotten = max(self.forgotten, past.forgotten if after >= past.forgotten else 0)
        return f"{after}.{forgotten}.{self.generation}"


@dataclass(frozen=True, slots=True)
class Told:
    """A page of changes, and the number of the newest change of all, with which it stays true."""

    items: list[ChangeRead]
    next: str
    has_more: bool
    head: int


def changes(session: ReadSession, home: str, filters: ChangeFilters) -> Told:
    """Return a page of the own records of a node, each once, in the order of their last changes.

    Raises:
        Gone: the cursor leads nowhere any more; whoever has it reads from the beginning.
    """
    past = Past(head_of(session), purged_through(session))
    place = Place.of(filters.cursor, past)
    if place.is_lost(past):
        raise Gone(Message(N_("This cursor is too old: forget what you have read, and begin without it.")))
    found = envelopes.found(session, queries.changes(home, place.after, filters.limit + 1, filters.type))
    shown = [_told(one) for one in found[: filters.limit]]
    has_more = len(found) > len(shown)
    return Told(shown, place.cursor(shown[-1].seq if has_more else past.head, past), has_more, past.head)


def as_lines(told: Told) -> bytes:
    """Return a page as one line of JSON a change."""
    return b"".join(one.model_dump_json().encode() + b"\n" for one in told.items)


def _told(one: Envelope) -> ChangeRead:
    return ChangeRead(
        specversion=_CLOUDEVENTS,
        id=str(one.seq),
        source=one.home,
        type=one.type,
        subject=one.id,
        time=one.time,
        datacontenttype="application/json",
        dataschema=one.dataschema,
        data=orjson.loads(one.payload) if one.method != Method.DELETE.value else None,
        seq=one.seq,
        rev=one.rev,
        method=one.method,
        hash=one.hash,
    )
