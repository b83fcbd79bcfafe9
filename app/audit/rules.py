"""How an entry is hashed: pure functions, so that whoever has an export can check it without the database."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

# In this order, and nothing else: what is added to the table later does not change old hashes.
HASHED: Final = (
    "seq",
    "at",
    "actor",
    "role",
    "organization_id",
    "action",
    "object_type",
    "object_id",
    "before_hash",
    "after_hash",
    "request_id",
    "previous",
)


def entry_hash(entry: Mapping[str, Any]) -> str:
    """Return the SHA-256, in hex, of an entry's `HASHED` fields as a JSON array without spaces; instants in UTC."""
    values = [_written(entry[name]) for name in HASHED]
    return hashlib.sha256(json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def keyed(key: bytes, content_hash: str | None) -> str | None:
    """Return the HMAC-SHA-256, in hex, of a content's hash: without the key nobody can guess what the content was."""
    return content_hash and hmac.new(key, content_hash.encode(), hashlib.sha256).hexdigest()


def _written(value: Any) -> Any:
    return value.astimezone(UTC).isoformat(timespec="seconds") if isinstance(value, datetime) else value
