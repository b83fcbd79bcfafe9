"""Where enterprises are and deliver, as numbers in blocks: one row answers for four thousand of them. Pure.

A question about a place touches hundreds of area terms. As posting lists they would be hundreds of rows to fetch; here
each enterprise's few areas stand side by side, and a table of what each area is worth is looked up for all at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

BLOCK = 4_096
_NUMBERS = 65_536
_NUMBER = np.dtype("<u2")
# Where the numbers of each kind of term begin. Municipality and county codes are at most four digits.
_BEGINS = {"a:SE": 0, "a:NO": 10_000, "m:SE": 20_000, "m:NO": 30_000}
_COUNTY = 40_000
_COUNTRY = {"a:SE": 41_000, "a:NO": 41_001}
_COUNTIES = {"SE": 0, "NO": 100}
_MUNICIPALITY_TERM = len("a:SE-2281")


def is_area_term(term: str) -> bool:
    """Tell whether a term is kept here, and not as a posting list."""
    return term[:2] in {"a:", "m:"}


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
    """The areas of consecutive enterprises: how many each has, and their numbers, one after the other."""

    counts: NDArray[np.uint16]
    numbers: NDArray[np.uint16]

    @classmethod
    def read(cls, counts: bytes, numbers: bytes) -> "Whereabouts":
        """Return what `write` wrote."""
        return cls(np.frombuffer(counts, _NUMBER), np.frombuffer(numbers, _NUMBER))

    @classmethod
    def of(cls, areas: Mapping[int, Iterable[str]]) -> "Whereabouts":
        """Return a block from the terms of each offset within it."""
        numbered = {offset: _numbers(terms) for offset, terms in areas.items()}
        counts = np.zeros(BLOCK, _NUMBER)
        for offset, numbers in numbered.items():
            counts[offset] = len(numbers)
        listed = [number for offset in sorted(numbered) for number in numbered[offset]]
        return cls(counts, np.array(listed, _NUMBER))

    def write(self) -> tuple[bytes, bytes]:
        """Return counts and numbers as bytes."""
        return self.counts.astype(_NUMBER).tobytes(), self.numbers.astype(_NUMBER).tobytes()

    def replaced(self, offset: int, terms: Iterable[str]) -> "Whereabouts":
        """Return the block with other areas for one offset."""
        starts = int(self.counts[:offset].sum())
        ends = starts + int(self.counts[offset])
        own = np.array(_numbers(terms), _NUMBER)
        counts = self.counts.copy()
        counts[offset] = own.size
        return Whereabouts(counts, np.concatenate([self.numbers[:starts], own, self.numbers[ends:]]))

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


def joined(blocks: Mapping[int, Whereabouts], first: int, size: int) -> Whereabouts:
    """Return the whereabouts of `size` enterprises from slot `first` on; a block that is not there is empty."""
    empty = Whereabouts(np.zeros(BLOCK, _NUMBER), np.zeros(0, _NUMBER))
    wanted = [blocks.get(number, empty) for number in range(first // BLOCK, (first + size + BLOCK - 1) // BLOCK)]
    counts = np.concatenate([block.counts for block in wanted])[:size]
    numbers = np.concatenate([block.numbers for block in wanted])[: int(counts.sum())]
    return Whereabouts(counts, numbers)


def _numbers(terms: Iterable[str]) -> list[int]:
    return sorted(number for term in terms if (number := number_of(term)) is not None)
