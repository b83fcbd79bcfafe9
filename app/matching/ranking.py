"""Rank everyone at once with numpy: the same integers as `scoring`, so that what ranks is what is explained. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.matching.gate import OTHER_KIND, OUT, PRESENT, UNSURE, Gate, Span
from app.matching.plan import LABELS, PLACE, Group, Plan, place_group
from app.matching.postings import OFFSET
from app.matching.vocabulary import ELIGIBILITY_ORDER, MAX_POINTS, RELEVANT, UNIT, Combine, Criterion, EligibilityState
from app.matching.whereabouts import Whereabouts, worth_by_number, worth_by_trait

Units = NDArray[np.int32]
Offsets = NDArray[np.intp]
Mask = NDArray[np.bool_]
Blob = tuple[bytes, bytes]
_AT_A_TIME = 16_384
_ELIGIBLE, _DECLARED, _UNKNOWN, _INELIGIBLE = (ELIGIBILITY_ORDER[state] for state in EligibilityState)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a question needs of one chunk: term → (offsets, impacts), and where everyone is and what they have."""

    number: int
    postings: Mapping[str, Blob]
    whereabouts: Whereabouts

    @property
    def size(self) -> int:
        """How many slots it has, those included that nobody holds."""
        return self.whereabouts.traits.size


@dataclass(frozen=True, slots=True)
class Ranked:
    """Everyone in one chunk whom codes or words tie to the need, and what they are ordered by, side by side."""

    chunk: int
    offsets: Offsets
    score: Units
    fine: Units
    eligibility: Units
    supplier: Mask
    """Is at work, whatever the reservation says."""


@dataclass(frozen=True, slots=True)
class LotPlan:
    """A lot as the ranker sees it: its plan, its gate, and how many lots of the need are just like it."""

    plan: Plan
    gate: Gate
    weight: int


def rank(lots: Sequence[LotPlan], chunk: Chunk) -> Ranked:
    """Return scores and eligibility of everyone who is relevant, exactly as `score_need` and `eligibility` give them.

    Most of a registry has nothing to do with a need. So codes and words are added up for all, and the labels of codes,
    which are the longest lists and worth the least, only for those whom they could make relevant; the rest is asked
    of the relevant alone.
    """
    # Projects, networks and events never stand in a list of suppliers, not even among the near misses.
    traits = chunk.whereabouts.traits
    present = (traits & (PRESENT | OTHER_KIND)) == PRESENT
    begun = [_what_and_words(lot.plan, chunk) for lot in lots]
    hopeful = present & np.logical_or.reduce([what + words + most >= RELEVANT for what, words, most in begun])
    among = np.flatnonzero(hopeful)
    tied = [
        (what[among], _capped(words[among] + _all(_filling_in(lot.plan), chunk, among), Criterion.WORDS))
        for lot, (what, words, _) in zip(lots, begun, strict=True)
    ]
    kept = np.flatnonzero(np.logical_or.reduce([what + words >= RELEVANT for what, words in tied]))
    among = among[kept]
    shown, fine = np.zeros(among.size, np.int32), np.zeros(among.size, np.int32)
    best = np.full(among.size, _INELIGIBLE, np.int32)
    out, unsure = (traits[among] & OUT) > 0, (traits[among] & UNSURE) > 0
    for lot, (what, words) in zip(lots, tied, strict=True):
        total = what[kept] + words[kept]
        for criterion in (Criterion.WHERE, Criterion.CAPACITY, Criterion.TRUST):
            groups = [group for group in lot.plan.groups if group.criterion is criterion]
            total += _capped(_all(groups, chunk, among), criterion)
        shown += lot.weight * ((2 * total + UNIT) // (2 * UNIT))
        fine += lot.weight * total
        best = np.minimum(best, _eligibility(lot.gate, chunk, among, out, unsure))
    count = sum(lot.weight for lot in lots)
    return Ranked(chunk.number, among, (2 * shown + count) // (2 * count), fine // count, best, ~out)


def _what_and_words(plan: Plan, chunk: Chunk) -> tuple[Units, Units, int]:
    """Return everyone's units of codes and of words without the labels, and the most that the labels can add."""
    everyone = np.arange(chunk.size, dtype=np.intp)
    later = _filling_in(plan)
    what = [group for group in plan.groups if group.criterion is Criterion.WHAT]
    words = [group for group in plan.groups if group.criterion is Criterion.WORDS and group not in later]
    most = sum(group.cap for group in later)
    return _capped(_all(what, chunk, everyone), Criterion.WHAT), _all(words, chunk, everyone), most


def _filling_in(plan: Plan) -> list[Group]:
    """Return the groups that can wait until it is known whom they matter to."""
    return [group for group in plan.groups if group.name == LABELS]


def _capped(units: Units, criterion: Criterion) -> Units:
    return np.minimum(units, MAX_POINTS[criterion] * UNIT)


def _all(groups: Iterable[Group], chunk: Chunk, among: Offsets) -> Units:
    """Return the fine units of groups together for those `among`."""
    units = np.zeros(among.size, np.int32)
    for group in groups:
        units += _group(group, chunk, among)
    return units


def _group(group: Group, chunk: Chunk, among: Offsets) -> Units | int:
    """Return the fine units of one group for those `among`: see `scoring.group_fine`."""
    if group.is_alike_for_all:
        return next(iter(group.points.values()))
    if group.of_trust:
        return worth_by_trait(group.points)[chunk.whereabouts.traits[among]]
    if group.of_areas:
        return chunk.whereabouts.best(_worth(group.name, group.cap), among)
    held = [(points, *chunk.postings[term]) for term, points in group.points.items() if term in chunk.postings]
    if not held:
        return 0
    units = np.zeros(chunk.size, np.int32)
    if group.combine is Combine.SUM:
        for offsets, worth in _entries(held):
            np.add.at(units, offsets, worth)
    else:
        # In rising order, so that the greatest is written last and stays.
        held.sort(key=lambda one: one[0])
        for offsets, worth in _entries(held):
            units[offsets] = worth
    if among.size < chunk.size:
        units = units[among]
    return np.minimum(units // group.scale, group.cap)


def _entries(held: Sequence[tuple[int, bytes, bytes]]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.int32]]]:
    """Yield offsets and what each is worth, of many postings at a time.

    A few tens of thousands of entries fit in the processor's caches and in memory that is used again; all of them at
    once would be fetched from the system anew for every question, and cost five times as much.
    """
    waiting: list[tuple[int, bytes, bytes]] = []
    entries = 0
    for number, posting in enumerate(held, start=1):
        waiting.append(posting)
        entries += len(posting[2])
        if entries >= _AT_A_TIME or number == len(held):
            offsets = np.frombuffer(b"".join(one[1] for one in waiting), OFFSET)
            impacts = np.frombuffer(b"".join(one[2] for one in waiting), np.uint8)
            points = np.repeat(np.array([one[0] for one in waiting], np.int32), [len(one[2]) for one in waiting])
            yield offsets.astype(np.intp), points * impacts
            waiting, entries = [], 0


@lru_cache(maxsize=1_024)
def _worth(name: str, share: int) -> Units:
    """Return what each area is worth for a place group, which its name and its cap say all of."""
    return worth_by_number(place_group(name.removeprefix(PLACE), share).points)


def _eligibility(gate: Gate, chunk: Chunk, among: Offsets, out: Mask, unsure: Mask) -> Units:
    """Return the order number of the eligibility of those `among`: see `eligibility.eligibility`."""
    if gate.is_open:
        state = np.full(among.size, _ELIGIBLE, np.int32)
    else:
        denied = np.ones(among.size, bool)
        for term in gate.denied:
            denied &= _mask(chunk, [term])[among]
        state = np.where(denied, np.int32(_INELIGIBLE), np.int32(_UNKNOWN))
        reserved = sorted(term for term in chunk.postings if term.startswith("r:"))
        state[_mask(chunk, _within(reserved, gate.declared))[among]] = _DECLARED
        state[_mask(chunk, _within(reserved, gate.verified))[among]] = _ELIGIBLE
    state[unsure & (state < _UNKNOWN)] = _UNKNOWN
    state[out] = _INELIGIBLE
    return state


def _within(terms: list[str], spans: Sequence[Span]) -> Iterator[str]:
    """Yield those of the sorted `terms` whose statement counts within a span."""
    for span in spans:
        within = terms[bisect_left(terms, span.first) : bisect_right(terms, span.last)]
        yield from (term for term in within if span.counts(term))


def _mask(chunk: Chunk, terms: Iterable[str]) -> Mask:
    mask = np.zeros(chunk.size, bool)
    held = b"".join(chunk.postings[term][0] for term in terms if term in chunk.postings)
    mask[np.frombuffer(held, OFFSET)] = True
    return mask


@dataclass(frozen=True, slots=True)
class Candidate:
    """One enterprise that may be shown, before its document is read."""

    slot: int
    score: int
    fine: int
    eligibility: int


def best(ranked: Sequence[Ranked], wanted: str, limit: int, chunk_size: int) -> list[Candidate]:
    """Return the first `limit` candidates and all that tie with the last: the neutral hash decides between those.

    `wanted` is `items` (relevant and not ineligible) or `near` (relevant suppliers that the reservation keeps out).
    """
    found: list[Candidate] = []
    for part in ranked:
        chosen = np.flatnonzero(selected(part, wanted))
        # One number that sorts as (score, eligibility, fine): fine is at most 100,000 and eligibility at most 3.
        key = (part.score[chosen].astype(np.int64) << 20) + ((3 - part.eligibility[chosen]) << 18) + part.fine[chosen]
        if chosen.size > limit:
            chosen = chosen[key >= np.partition(key, -limit)[-limit]]
        first = part.chunk * chunk_size
        found += [
            Candidate(first + int(part.offsets[n]), int(part.score[n]), int(part.fine[n]), int(part.eligibility[n]))
            for n in chosen.tolist()
        ]
    found.sort(key=lambda one: (-one.score, one.eligibility, -one.fine))
    if len(found) <= limit:
        return found
    last = found[limit - 1]
    tied = (last.score, last.eligibility, last.fine)
    return [one for i, one in enumerate(found) if i < limit or (one.score, one.eligibility, one.fine) == tied]


def best_of(part: Ranked, least: int, chunk_size: int) -> Iterator[tuple[int, int, EligibilityState]]:
    """Yield slot, score and eligibility of everyone who has `least` points and is not kept out, in order of slot."""
    states = list(EligibilityState)
    for n in np.flatnonzero(selected(part, "items") & (part.score >= least)).tolist():
        yield part.chunk * chunk_size + int(part.offsets[n]), int(part.score[n]), states[int(part.eligibility[n])]


def selected(part: Ranked, wanted: str) -> Mask:
    """Return who belongs in the list `wanted`."""
    kept_out: Mask = part.eligibility == _INELIGIBLE
    return ~kept_out if wanted == "items" else kept_out


def total(ranked: Sequence[Ranked], wanted: str) -> int:
    """Return how many belong in the list `wanted`."""
    return sum(int(selected(part, wanted).sum()) for part in ranked)
