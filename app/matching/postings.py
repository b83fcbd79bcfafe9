"""Posting lists as bytes: sorted two-byte offsets within a chunk, with one impact byte each. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Offsets = NDArray[np.uint16]
Impacts = NDArray[np.uint8]
OFFSET = np.dtype("<u2")
Written = tuple[bytes, bytes]
"""Offsets in order and the impact of each, as bytes."""


@dataclass(slots=True)
class Posting:
    """Who holds one term in one chunk: offset → impact (1–255)."""

    held: dict[int, int] = field(default_factory=dict)

    @classmethod
    def read(cls, offsets: bytes, impacts: bytes) -> "Posting":
        """Return the posting that `write` wrote."""
        return cls(dict(zip(np.frombuffer(offsets, OFFSET).tolist(), impacts, strict=True)))

    def write(self) -> Written:
        """Return offsets in order and the impact of each, as bytes."""
        order = sorted(self.held)
        return np.array(order, OFFSET).tobytes(), bytes(self.held[offset] for offset in order)


@dataclass(frozen=True, slots=True)
class Patch:
    """How one document's terms change: term → impact to set, and terms to drop."""

    put: Mapping[str, int]
    drop: frozenset[str]

    @property
    def terms(self) -> list[str]:
        """Every term that the patch touches, in order."""
        return sorted({*self.put, *self.drop})


def difference(old: Mapping[str, int], new: Mapping[str, int]) -> Patch:
    """Return what turns `old` terms into `new` ones."""
    put = {term: impact for term, impact in new.items() if old.get(term) != impact}
    return Patch(put, frozenset(old.keys() - new.keys()))


def build(documents: Iterable[tuple[int, Mapping[str, int]]], chunk_size: int) -> dict[tuple[str, int], Written]:
    """Return every posting of `documents` as it is written; they come as (slot, terms), in rising order of slot."""
    postings: dict[int, dict[str, tuple[list[int], list[int]]]] = {}
    for slot, terms in documents:
        chunk, offset = divmod(slot, chunk_size)
        held = postings.setdefault(chunk, {})
        for term, impact in terms.items():
            if term not in held:
                held[term] = ([], [])
            offsets, impacts = held[term]
            offsets.append(offset)
            impacts.append(impact)
    return {
        (term, chunk): (np.array(offsets, OFFSET).tobytes(), bytes(impacts))
        for chunk, held in postings.items()
        for term, (offsets, impacts) in held.items()
    }
