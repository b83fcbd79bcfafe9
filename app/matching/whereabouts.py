"""Where enterprises are and deliver, and what each of them has, in blocks: one row answers for four thousand. Pure.

A question about a place touches hundreds of area terms. As posting lists they would be hundreds of rows to fetch; here
each enterprise's few areas stand side by side, and a table of what each area is worth is looked up for all at once.
What everybody has, flags and a trust step, would be posting lists of the whole registry: it is one byte each, a trait.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

BLOCK = 4_096
_NUMBERS = 65_536
_NUMBER = np.dtype("<u2")
_TRUST_STEPS = "?012345"
_FLAG_BITS = 4
# Where the numbers of each kind of term begin. Municipality and county codes are at most four digits.
_BEGINS = {"a:SE": 0, "a:NO": 10_000, "m:SE": 20_000, "m:NO": 30_000}
_COUNTY = 40_000
_COUNTRY = {"a:SE": 41_000, "a:NO": 41_001}
_COUNTIES = {"SE": 0, "NO": 100}
_MUNICIPALITY_TERM = len("a:SE-2281")


def is_kept_here(term: str) -> bool:
    """Tell whether a term of an enterprise is kept here, and not as a posting list."""
    return term[:2] in {"a:", "m:", "q:"}


def trait_of(terms: Iterable[str], flags: int) -> int:
    """Return the byte of an enterprise: its flags (`gate`), and its trust step."""
    step = next((term[2:] for term in terms if term[:2] == "q:"), _TRUST_STEPS[0])
    return flags | _TRUST_STEPS.index(step) << _FLAG_BITS


def worth_by_trait(points: Mapping[str, int]) -> NDArray[np.int32]:
    """Return the points of trust terms as a table by trait."""
    by_step = [points.get(f"q:{step}", 0) for step in _TRUST_STEPS]
    return np.repeat(np.array([*by_step, 0], np.int32), 1 << _FLAG_BITS)


@lru_cache(maxsize=4_096)
def number_of(term: str) -> int | None:
    """Return the number of an area term, below 65,536; None when no area is stated (`a:?`)."""
    if term[2:] == "?":
        return None
    if term in _COUNTRY:
        return _COUNTRY[term]
    digits = int(term[5:])
    if len(term) == _MUNICIPALITY_TERM:
        return _BEGINS[term[:4]] + digits
    return _COUNTY + _COUNTIES[term[2:4]] + digits


@dataclass(slots=True)
class Whereabouts:
    """Consecutive enterprises: how many areas each has, their numbers one after the other, and the trait of each."""

    counts: NDArray[np.uint16]
    numbers: NDArray[np.uint16]
    traits: NDArray[np.uint8]

    @classmethod
    def read(cls, counts: bytes, numbers: bytes, traits: bytes) -> "Whereabouts":
        """Return what `write` wrote."""
        return cls(np.frombuffer(counts, _NUMBER), np.frombuffer(numbers, _NUMBER), np.frombuffer(traits, np.uint8))

    @classmethod
    def of(cls, held: Mapping[int, tuple[Iterable[str], int]]) -> "Whereabouts":
        """Return a block from the area terms and the trait of each offset within it."""
        numbered = {offset: _numbers(terms) for offset, (terms, _) in held.items()}
        counts, traits = np.zeros(BLOCK, _NUMBER), np.zeros(BLOCK, np.uint8)
        for offset, numbers in numbered.items():
            counts[offset] = len(numbers)
            traits[offset] = held[offset][1]
        listed = [number for offset in sorted(numbered) for number in numbered[offset]]
        return cls(counts, np.array(listed, _NUMBER), traits)

    def write(self) -> tuple[bytes, bytes, bytes]:
        """Return counts, numbers and traits as bytes."""
        return self.counts.astype(_NUMBER).tobytes(), self.numbers.astype(_NUMBER).tobytes(), self.traits.tobytes()

    def replaced(self, offset: int, terms: Iterable[str], trait: int) -> "Whereabouts":
        """Return the block with other areas and another trait for one offset."""
        starts = int(self.counts[:offset].sum())
        ends = starts + int(self.counts[offset])
        own = np.array(_numbers(terms), _NUMBER)
        counts, traits = self.counts.copy(), self.traits.copy()
        counts[offset], traits[offset] = own.size, trait
        return Whereabouts(counts, np.concatenate([self.numbers[:starts], own, self.numbers[ends:]]), traits)

    def best(self, worth: NDArray[np.int32], among: NDArray[np.intp]) -> NDArray[np.int32]:
        """Return the greatest worth among the areas of each enterprise in `among` (offsets in rising order).

        Zero for one without areas; `worth` is by number.
        """
        found = np.zeros(among.size, np.int32)
        counts = self.counts[among].astype(np.int64)
        some = np.flatnonzero(counts)
        if some.size:
            ends = np.cumsum(self.counts, dtype=np.int64)[among[some]]
            lengths = counts[some]
            begins = np.cumsum(lengths) - lengths
            numbers = self.numbers[np.repeat(ends - lengths - begins, lengths) + np.arange(int(lengths.sum()))]
            found[some] = np.maximum.reduceat(worth[numbers], begins)
        return found


def worth_by_number(points: Mapping[str, int]) -> NDArray[np.int32]:
    """Return the points of area terms as a table by number."""
    table = np.zeros(_NUMBERS, np.int32)
    for term, worth in points.items():
        number = number_of(term)
        if number is not None:
            table[number] = worth
    return table


def joined(blocks: Mapping[int, Whereabouts], first: int, count: int) -> Whereabouts:
    """Return `count` blocks from the first on, side by side; a block that is not there is empty."""
    wanted = [blocks.get(number) or EMPTY for number in range(first, first + count)]
    return Whereabouts(
        np.concatenate([block.counts for block in wanted]),
        np.concatenate([block.numbers for block in wanted]),
        np.concatenate([block.traits for block in wanted]),
    )


def _numbers(terms: Iterable[str]) -> list[int]:
    return sorted(number for term in terms if term[:2] != "q:" and (number := number_of(term)) is not None)


EMPTY = Whereabouts.of({})
