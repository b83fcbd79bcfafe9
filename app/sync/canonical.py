"""How records are written down so that two nodes can compare them: canonical JSON, hashes, buckets and sums."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from app.sync.vocabulary import BUCKETS

_MODULUS: Final = 2**256
# With these bytes begins what UTF-8 makes of characters that are two units of UTF-16.
_OF_TWO_UNITS: Final = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")


def canonical(said: Mapping[str, Any]) -> str:
    """Return JSON in the one form that RFC 8785 allows: sorted names, no blanks, nothing escaped that need not be.

    Numbers are integers below 2^53: an amount of money is text, and nothing that is sent has a fraction, of which the
    RFC would have other digits than are written here (`1` for 1.0, and `1e+21`).
    """
    content = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    if _may_be_out_of_order(content):
        content = orjson.dumps(_in_order(orjson.loads(content)))
    return content.decode()


def _may_be_out_of_order(content: bytes) -> bool:
    """Tell whether names sorted by characters may not be sorted by units of UTF-16, as the RFC wants them.

    A character of two units begins with U+D800 to U+DBFF, and so comes before U+E000 to U+FFFF, whose bytes begin with
    EE and EF. Where there are not both, which is nearly everywhere, names are in order.
    """
    return (b"\xee" in content or b"\xef" in content) and any(byte in content for byte in _OF_TWO_UNITS)


def _in_order(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: _in_order(said[name]) for name in sorted(said, key=lambda name: name.encode("utf-16-be"))}
    return [_in_order(one) for one in said] if isinstance(said, list) else said


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
