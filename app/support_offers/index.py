"""Every offer that everybody may see, in memory: which offers say what, so that they are found, counted and ranked.

A hundred thousand offers are counted under every filter at once, and ranked, in a few milliseconds: in SQL the counts
alone take ten times as long on either database. Each process reads the offers once and then follows the journal: what
has changed since is read anew before a question is answered, in the question's own transaction. So an answer is never
older than the reader's own view of the database, and nothing has to be told to other processes.
"""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2b
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from sqlalchemy import select
from sqlalchemy.engine import Engine

from app.core.db import ReadSession, driver_rows
from app.journal import service as journal
from app.journal.kept import engine_of
from app.support_offers import queries
from app.support_offers.rules import merit_of
from app.support_offers.vocabulary import RECORD_TYPE, Capacity, Cost, TermKind, Unstated

Slots = npt.NDArray[np.int32]
"""Offers, by their places in the columns, in no order."""
Mask = npt.NDArray[np.bool_]
"""For each offer, whether it fits."""
Postings = dict[str, dict[str, Slots]]
"""By kind and code, the offers that say it."""

COUNTY: Final = "county"
"""The kind of the counties and countries that an offer is given in, whole or in part."""
UNSTATED: Final = "unstated"
_NONE: Final = np.zeros(0, dtype=np.int32)
_MOST_FOLLOWED: Final = 2_000
_MOST_WORDS: Final = 100
_NEVER: Final = date.max.toordinal()


@dataclass(frozen=True, slots=True)
class Index:
    """The offers as of one change of the journal. Never changed, but for `words`, which is filled as it is asked."""

    number: int
    ids: list[str]
    slot_of: Mapping[str, int]
    postings: Postings
    merit: npt.NDArray[np.int64]
    tie: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int32]
    words: dict[str, Mask] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many places there are; of an offer that is gone, one stays empty."""
        return len(self.merit)

    def having(self, kind: str, codes: Iterable[str]) -> Mask:
        """Return the offers that say one of these codes."""
        mask = np.zeros(self.size, dtype=np.bool_)
        known = self.postings.get(kind, {})
        for code in codes:
            mask[known.get(code, _NONE)] = True
        return mask

    def is_offered(self, day: date) -> Mask:
        """Return the offers that have not ended before this day; what is archived has ended anyway."""
        return (self.ends >= day.toordinal()) | self.having("status", ["archived"])

    def of_words(self, session: ReadSession, words: str) -> Mask:
        """Return the offers that hold every one of these words, or its beginning."""
        known = self.words.get(words)
        if known is None:
            known = np.zeros(self.size, dtype=np.bool_)
            ids = queries.SEARCH.having(session, words)
            if ids is not None:
                found = (self.slot_of.get(one, -1) for one in session.connection().execute(ids).scalars())
                known[[slot for slot in found if 0 <= slot < self.size]] = True
            if len(self.words) >= _MOST_WORDS:
                self.words.clear()
            self.words[words] = known
        return known


_indexes: WeakKeyDictionary[Engine, Index] = WeakKeyDictionary()
_reading = threading.Lock()


def current(session: ReadSession) -> Index:
    """Return the index as of what this session sees, or of something newer."""
    engine = engine_of(session)
    last: int = session.execute(select(journal.last_number())).scalar_one()
    known = _indexes.get(engine)
    # Another thread may see more of the database already: its index is the better one. A node that has been put back
    # counts on from a higher number, so that a smaller one is never a newer one.
    if known is not None and known.number > last:
        # What such a session finds by words is not kept for the others: it does not see the newest.
        return replace(known, words={})
    if known is not None and known.number == last:
        return known
    with _reading:
        known = _indexes.get(engine)
        if known is None:
            _indexes[engine] = known = _read(session, last)
        elif known.number < last:
            _indexes[engine] = known = _followed(session, known, last)
        return known if known.number == last else replace(known, words={})


def _read(session: ReadSession, number: int) -> Index:
    """Read every offer that everybody may see."""
    facts = _facts(session, None)
    slot_of = {one: slot for slot, one in enumerate(facts.ids)}
    return Index(
        number, facts.ids, slot_of, _postings(session, facts, slot_of, None), facts.merit, _ties(facts.ids), facts.ends
    )


def _followed(session: ReadSession, known: Index, number: int) -> Index:
    """Read what has changed since, and return the offers as they are now."""
    changed = journal.changed_since(session, RECORD_TYPE, known.number)
    if not changed:
        return replace(known, number=number)
    if len(changed) > _MOST_FOLLOWED:
        return _read(session, number)
    facts = _facts(session, changed)
    new = [one for one in facts.ids if one not in known.slot_of]
    ids = [*known.ids, *new]
    slot_of = {**known.slot_of, **{one: slot for slot, one in enumerate(new, start=len(known.ids))}}
    merit, ends = (_longer(column, len(ids)) for column in (known.merit, known.ends))
    own = [slot_of[one] for one in facts.ids]
    merit[own], ends[own] = facts.merit, facts.ends
    before = np.array([known.slot_of[one] for one in changed if one in known.slot_of], dtype=np.int32)
    postings = _without(known.postings, before)
    for kind, codes in _postings(session, facts, slot_of, changed).items():
        kept = postings.setdefault(kind, {})
        for code, slots in codes.items():
            kept[code] = np.append(kept.get(code, _NONE), slots)
    return Index(number, ids, slot_of, postings, merit, np.append(known.tie, _ties(new)), ends)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What stands in the rows of some offers, column by column; `states` by `queries.INDEXED`."""

    ids: list[str]
    states: Sequence[Sequence[str | None]]
    merit: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int32]


def _facts(session: ReadSession, ids: Collection[str] | None) -> _Facts:
    rows = session.connection().execute(queries.shown(ids)).all()
    own, *columns = list(zip(*rows, strict=True)) or [()] * (len(queries.INDEXED) + 3)
    *states, assured, ends = columns
    by_name = dict(zip(queries.INDEXED, states, strict=True))
    merit = [
        merit_of(Capacity(room), Cost(cost), day)
        for room, cost, day in zip(by_name["capacity"], by_name["cost"], assured, strict=True)
    ]
    last = [day.toordinal() if day else _NEVER for day in ends]
    return _Facts(list(own), states, np.array(merit, dtype=np.int64), np.array(last, dtype=np.int32))


def _postings(session: ReadSession, facts: _Facts, slot_of: Mapping[str, int], ids: Collection[str] | None) -> Postings:
    """Return who says what, with what is worked out of it: the counties, and what is left unsaid."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    slots = [slot_of[one] for one in facts.ids]
    for kind, values in zip(queries.INDEXED, facts.states, strict=True):
        for slot, value in zip(slots, values, strict=True):
            if value is not None:
                found[kind][value].append(slot)
    shown = set(slots)
    for offer_id, kind, code in _terms(session, ids):
        # What nobody may see has terms as well.
        if (slot := slot_of.get(offer_id, -1)) in shown:
            found[kind][code].append(slot)
    postings = {
        kind: {code: np.array(held, dtype=np.int32) for code, held in codes.items()} for kind, codes in found.items()
    }
    postings[COUNTY] = _by_county(postings.get(TermKind.AREA, {}))
    everybody = np.array(slots, dtype=np.int32)
    said = {what.value: _all_of(postings.get(what.value, {})) for what in Unstated}
    postings[UNSTATED] = {what: np.setdiff1d(everybody, known) for what, known in said.items()}
    return postings


def _terms(session: ReadSession, ids: Collection[str] | None) -> Iterable[Any]:
    """Return what every offer says several of, or each of these; half a million rows come from the driver itself."""
    if ids is None:
        return driver_rows(session, str(queries.all_terms()), [])
    return session.connection().execute(queries.all_terms(ids))


def _by_county(areas: Mapping[str, Slots]) -> dict[str, Slots]:
    """Return the offers given in each county, or in a part of it, once; and those given in a whole country."""
    parts: dict[str, list[Slots]] = defaultdict(list)
    for code, slots in areas.items():
        parts[code[:5]].append(slots)
    return {code: np.unique(np.concatenate(found)) for code, found in parts.items()}


def _all_of(codes: Mapping[str, Slots]) -> Slots:
    return np.unique(np.concatenate([_NONE, *codes.values()]))


def _without(postings: Postings, slots: Slots) -> Postings:
    """Return who says what, without these offers."""
    return {
        kind: {code: known[~np.isin(known, slots)] for code, known in codes.items()} for kind, codes in postings.items()
    }


def _longer(column: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    made = np.zeros(size, dtype=column.dtype)
    made[: len(column)] = column
    return made


def _ties(ids: Iterable[str]) -> npt.NDArray[np.int64]:
    """Return numbers by which equals are ordered, which favour nobody: 48 bits of a hash of each id."""
    hashes = [int.from_bytes(blake2b(one.encode(), digest_size=6).digest()) for one in ids]
    return np.array(hashes, dtype=np.int64)
