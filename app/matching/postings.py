"""Posting lists as bytes: sorted two-byte offsets within a chunk, with one impact byte each. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

Offsets = NDArray[np.uint16]
Impacts = NDArray[np.uint8]
OFFSET = np.dtype("<u2")
Written = tuple[bytes, bytes]
"""Offsets in order and the impact of each, as bytes."""
Built = dict[tuple[str, int], Written]
"""Postings by term and chunk."""


def changed(before: Written | None, impacts: Mapping[int, int], chunk_size: int) -> Written:
    """Return a posting with other impacts (1–255) at some offsets within its chunk; at 0 nobody holds the term."""
    table = np.zeros(chunk_size, np.uint8)
    if before is not None:
        table[np.frombuffer(before[0], OFFSET)] = np.frombuffer(before[1], np.uint8)
    table[list(impacts)] = list(impacts.values())
    held = np.flatnonzero(table)
    return held.astype(OFFSET).tobytes(), table[held].tobytes()


def difference(old: Mapping[str, int], new: Mapping[str, int]) -> dict[str, int]:
    """Return the impacts that turn `old` terms into `new` ones: 0 for a term that is gone."""
    gone = dict.fromkeys(old.keys() - new.keys(), 0)
    return gone | {term: impact for term, impact in new.items() if old.get(term) != impact}


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
