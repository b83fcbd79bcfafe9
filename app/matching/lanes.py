"""The plans of open opportunities turned round: for each term, which lots ask for it, and what it is worth. Pure.

Only codes and words are turned round. Most lots have neither in common with an enterprise, and the rest of a plan is
asked of those few that have. Within a lot, each group of its plan is a lane.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.matching.plan import LABELS, Group, Plan
from app.matching.terms import FULL_IMPACT, Document
from app.matching.vocabulary import MAX_POINTS, TUNING, UNIT, Combine, Criterion
from app.matching.weights import rarity_of_piece

ENTRY: Final = np.dtype([("lot", "<u2"), ("lane", "u1"), ("points", "<i4")])
"""One lot that asks for a term: its place in its chunk, its lane, and the points."""

_WHAT: Final = MAX_POINTS[Criterion.WHAT] * UNIT
_WORDS: Final = MAX_POINTS[Criterion.WORDS] * UNIT
# Name, scale and cap of the lanes that are added up; in all the others the best term counts, of facts alone.
_SUMS: Final = (
    ("pieces", FULL_IMPACT, _WORDS),
    (LABELS, FULL_IMPACT, _WORDS * TUNING.labels_at_most // 100),
    ("trades", 1, _WORDS),
)
_NAMED: Final = (*(name for name, _, _ in _SUMS), "industry", "inferred")
_CODE: Final = "code"
_AREAS_AND_SIZES: Final = frozenset({"a:", "m:", "t:", "e:", "p:", "q:"})


class Entry(NamedTuple):
    """What one lot asks of one term."""

    term: str
    lane: int
    points: int


def entries(plan: Plan) -> Iterator[Entry]:
    """Yield what a plan asks of codes and words.

    Raises:
        ValueError: a group is not of the shape that its lane has.
    """
    for group in plan.groups:
        if group.criterion in {Criterion.WHAT, Criterion.WORDS}:
            lane = _lane(group)
            yield from (Entry(term, lane, points) for term, points in group.points.items())


def _lane(group: Group) -> int:
    """Return the lane of a group: the code groups, of which a lot may have many, come last."""
    lane = _NAMED.index(group.name) if group.name in _NAMED else len(_NAMED) + int(group.name.removeprefix(_CODE))
    shape = (Combine.SUM, *_SUMS[lane][1:]) if lane < len(_SUMS) else (Combine.MAX, 1, _WHAT)
    if (group.combine, group.scale, group.cap) != shape:
        raise ValueError(f"group {group.name} is not of the shape that its lane has")
    return lane


def asked_terms(document: Document) -> dict[str, int]:
    """Return the terms of an enterprise that a lot may ask for as a code or a word, with their impacts."""
    facts = {term: 1 for term in document.facts if term[:2] not in _AREAS_AND_SIZES}
    pieces = document.pieces.items()
    return facts | {term: impact for term, impact in pieces if rarity_of_piece(term[2:]) >= TUNING.telling_piece}


def packed(found: Sequence[tuple[int, int, int]]) -> bytes:
    """Return entries (place of the lot, lane, points) of one term as bytes, in order."""
    return np.array(sorted(found), ENTRY).tobytes()


def without(data: bytes, lots: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return the entries of one term but those of `lots`."""
    held = np.frombuffer(data, ENTRY)
    kept: list[tuple[int, int, int]] = held[~np.isin(held["lot"], lots)].tolist()
    return kept


def tally(impacts: Mapping[str, int], held: Mapping[str, bytes]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the fine units of codes and of words of one enterprise, by the lot's place in its chunk.

    `impacts` are the enterprise's terms, `held` the entries of those that any lot asks for. The figures are those of
    `scoring.criterion_fine`.
    """
    terms = [term for term in held if term in impacts]
    found = np.frombuffer(b"".join(held[term] for term in terms), ENTRY)
    if not found.size:
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    counts = [len(held[term]) // ENTRY.itemsize for term in terms]
    worth = found["points"] * np.repeat(np.array([impacts[term] for term in terms], np.int32), counts)
    lanes = max(int(found["lane"].max()) + 1, len(_SUMS))
    places = found["lot"].astype(np.intp) * lanes + found["lane"]
    units = np.zeros((int(found["lot"].max()) + 1, lanes), np.int32)
    is_sum = found["lane"] < len(_SUMS)
    np.add.at(units.reshape(-1), places[is_sum], worth[is_sum])
    np.maximum.at(units.reshape(-1), places[~is_sum], worth[~is_sum])
    words = np.zeros(len(units), np.int32)
    for lane, (_, scale, cap) in enumerate(_SUMS):
        words += np.minimum(units[:, lane] // scale, cap)
    what = units[:, len(_SUMS) :].sum(axis=1, dtype=np.int32)
    return np.minimum(what, _WHAT), np.minimum(words, _WORDS)
