"""How records are written down so that two nodes can compare them: canonical JSON, hashes, buckets and sums."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from app.sync.vocabulary import BUCKETS

_MODULUS: Final = 2**256


def canonical(said: Mapping[str, Any]) -> str:
    """Return JSON in the one form that RFC 8785 allows: sorted names, no blanks, nothing escaped that need not be.

    Numbers are integers: an amount of money is text, and a record has no fractions, whose digits would need care.
    """
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()


def hash_of(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def bucket_of(record_id: str) -> int:
    """Return which of the 256 buckets a record is counted in: the first byte of its id's SHA-256."""
    return hashlib.sha256(record_id.encode()).digest()[0] % BUCKETS


def item(record_id: str, rev: int, payload_hash: str) -> int:
    """Return what one record adds to the sum of its bucket."""
    return int.from_bytes(hashlib.sha256(f"{record_id}|{rev}|{payload_hash}".encode()).digest())


def added(total: int, items: Iterable[int]) -> int:
    """Return a sum with more items in it; an item is taken out by its negative."""
    return (total + sum(items)) % _MODULUS


def in_hex(total: int) -> str:
    """Return a sum as it is stored and sent: 64 digits."""
    return f"{total:064x}"
