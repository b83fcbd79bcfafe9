"""Rank everyone at once with numpy: the same integers as `scoring`, so that what ranks is what is explained. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.matching.gate import EVERYONE, OTHER_KIND, OUT, UNSURE, Gate, Span
from app.matching.plan import PLACE, Group, Plan, place_group
from app.matching.postings import OFFSET
from app.matching.vocabulary import ELIGIBILITY_ORDER, MAX_POINTS, RELEVANT, UNIT, Combine, Criterion, EligibilityState
from app.matching.whereabouts import Whereabouts, worth_by_number

Units = NDArray[np.int64]
Mask = NDArray[np.bool_]
Blob = tuple[bytes, bytes]
_ELIGIBLE, _DECLARED, _UNKNOWN, _INELIGIBLE = (ELIGIBILITY_ORDER[state] for state in EligibilityState)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a question needs of one chunk: term → (offsets, impacts), and where everyone is."""

    number: int
    postings: Mapping[str, Blob]
    whereabouts: Whereabouts
    size: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """Everyone in one chunk: what they are ordered by, aligned by offset."""

    chunk: int
    score: Units
    fine: Units
    eligibility: Units
    relevant: Mask
    """Touches the need by codes or words, and is a kind of record that tenders."""
    supplier: Mask
    """Tenders and is at work, whatever the reservation says."""


@dataclass(frozen=True, slots=True)
class LotPlan:
    """A lot as the ranker sees it: its plan, its gate, and how many lots of the need are just like it."""

    plan: Plan
    gate: Gate
    weight: int


def rank(lots: Sequence[LotPlan], chunk: Chunk) -> Ranked:
    """Return scores and eligibility of everyone in the chunk, exactly as `score_need` and `eligibility` give them."""
    size = chunk.size
    shown, fine = np.zeros(size, np.int64), np.zeros(size, np.int64)
    relevant, best = np.zeros(size, bool), np.full(size, _INELIGIBLE, np.int64)
    out = _mask(chunk, [OUT, OTHER_KIND])
    unsure = _mask(chunk, [UNSURE])
    for lot in lots:
        units = {criterion: np.zeros(size, np.int64) for criterion in Criterion}
        for group in lot.plan.groups:
            units[group.criterion] += _group(group, chunk)
        capped = {criterion: np.minimum(found, MAX_POINTS[criterion] * UNIT) for criterion, found in units.items()}
        total = sum(capped.values(), np.zeros(size, np.int64))
        shown += lot.weight * ((2 * total + UNIT) // (2 * UNIT))
        fine += lot.weight * total
        relevant |= capped[Criterion.WHAT] + capped[Criterion.WORDS] >= RELEVANT
        best = np.minimum(best, _eligibility(lot.gate, chunk, out, unsure))
    count = sum(lot.weight for lot in lots)
    # Projects, networks and events never stand in a list of suppliers, not even among the near misses.
    present = _mask(chunk, [EVERYONE]) & ~_mask(chunk, [OTHER_KIND])
    score = (2 * shown + count) // (2 * count)
    return Ranked(chunk.number, score, fine // count, best, relevant & present, present & ~out)


def _group(group: Group, chunk: Chunk) -> Units:
    """Return the fine units of one group for everyone: see `scoring.group_fine`."""
    if group.of_areas:
        return chunk.whereabouts.best(_worth(group.name, group.cap))
    held = [(points, *chunk.postings[term]) for term, points in group.points.items() if term in chunk.postings]
    if not held:
        return np.zeros(chunk.size, np.int64)
    if group.combine is Combine.MAX:
        # In rising order, so that the greatest is written last and stays.
        held.sort(key=lambda one: one[0])
    lengths = [len(impacts) for _, _, impacts in held]
    offsets = np.frombuffer(b"".join(one[1] for one in held), OFFSET)
    impacts = np.frombuffer(b"".join(one[2] for one in held), np.uint8).astype(np.int64)
    worth = np.repeat(np.array([one[0] for one in held], np.int64), lengths) * impacts
    if group.combine is Combine.SUM:
        units = np.bincount(offsets, weights=worth, minlength=chunk.size).astype(np.int64)
    else:
        units = np.zeros(chunk.size, np.int64)
        if impacts.size and int(impacts.max()) > 1:
            np.maximum.at(units, offsets, worth)
        else:
            units[offsets] = worth
    return np.minimum(units // group.scale, group.cap)


@lru_cache(maxsize=1_024)
def _worth(name: str, share: int) -> Units:
    """Return what each area is worth for a place group, which its name and its cap say all of."""
    return worth_by_number(place_group(name.removeprefix(PLACE), share).points)


def _eligibility(gate: Gate, chunk: Chunk, out: Mask, unsure: Mask) -> Units:
    """Return the order number of everyone's eligibility: see `eligibility.eligibility`."""
    if gate.is_open:
        state = np.full(chunk.size, _ELIGIBLE, np.int64)
    else:
        denied = np.ones(chunk.size, bool)
        for term in gate.denied:
            denied &= _mask(chunk, [term])
        state = np.where(denied, _INELIGIBLE, _UNKNOWN)
        reserved = sorted(term for term in chunk.postings if term.startswith("r:"))
        state[_mask(chunk, _within(reserved, gate.declared))] = _DECLARED
        state[_mask(chunk, _within(reserved, gate.verified))] = _ELIGIBLE
    state = np.where(unsure & (state < _UNKNOWN), _UNKNOWN, state)
    return np.where(out, _INELIGIBLE, state)


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
        mask = selected(part, wanted)
        slots = np.flatnonzero(mask)
        if slots.size == 0:
            continue
        # One number that sorts as (score, eligibility, fine): fine is at most 100,000 and eligibility at most 3.
        key = (part.score[slots] << 20) + ((3 - part.eligibility[slots]) << 18) + part.fine[slots]
        if slots.size > limit:
            threshold = np.partition(key, -limit)[-limit]
            slots = slots[key >= threshold]
        found += [
            Candidate(
                part.chunk * chunk_size + slot, int(part.score[slot]), int(part.fine[slot]), int(part.eligibility[slot])
            )
            for slot in slots.tolist()
        ]
    found.sort(key=lambda one: (-one.score, one.eligibility, -one.fine))
    if len(found) <= limit:
        return found
    last = found[limit - 1]
    tied = (last.score, last.eligibility, last.fine)
    return [one for i, one in enumerate(found) if i < limit or (one.score, one.eligibility, one.fine) == tied]


def selected(part: Ranked, wanted: str) -> Mask:
    """Return who belongs in the list `wanted`."""
    kept_out: Mask = part.eligibility == _INELIGIBLE
    listed: Mask = part.relevant & (~kept_out if wanted == "items" else kept_out)
    return listed


def total(ranked: Sequence[Ranked], wanted: str) -> int:
    """Return how many belong in the list `wanted`."""
    return sum(int(selected(part, wanted).sum()) for part in ranked)
