"""Posting lists as bytes: sorted two-byte offsets within a chunk, with one impact byte each. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Offsets = NDArray[np.uint16]
Impacts = NDArray[np.uint8]
OFFSET = np.dtype("<u2")
Written = tuple[bytes, bytes]
"""Offsets in order and the impact of each, as bytes."""
Built = dict[tuple[str, int], Written]
"""Postings by term and chunk."""


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


def build(documents: Iterable[tuple[int, Mapping[str, int]]], chunk_size: int) -> Built:
    """Return every posting of `documents` as it is written; they come as (slot, terms), in rising order of slot."""
    built: Built = {}
    for chunk, held in _by_chunk(documents, chunk_size).items():
        for term, pairs in held.items():
            built[term, chunk] = (np.array(pairs[0::2], OFFSET).tobytes(), bytes(pairs[1::2]))
    return built


def joined(parts: Iterable[Built]) -> Built:
    """Return the postings of parts as those of one whole; the slots of each part come after the last one's."""
    found: dict[tuple[str, int], tuple[list[bytes], list[bytes]]] = {}
    for part in parts:
        for key, (offsets, impacts) in part.items():
            if key not in found:
                found[key] = ([], [])
            held = found[key]
            held[0].append(offsets)
            held[1].append(impacts)
    return {key: (b"".join(offsets), b"".join(impacts)) for key, (offsets, impacts) in found.items()}


def _by_chunk(
    documents: Iterable[tuple[int, Mapping[str, int]]], chunk_size: int
) -> dict[int, defaultdict[str, list[int]]]:
    """Return chunk by chunk, under each term, the offset and the impact of each document in turn."""
    chunks: dict[int, defaultdict[str, list[int]]] = {}
    for slot, terms in documents:
        chunk, offset = divmod(slot, chunk_size)
        held = chunks.setdefault(chunk, defaultdict(list))
        for term, impact in terms.items():
            held[term] += (offset, impact)
    return chunks
