"""Words of the journal."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple


class Method(StrEnum):
    """What was done to the record."""

    PUT = "PUT"
    DELETE = "DELETE"


class Told(Mapping[str, Any]):
    """A public record as the JSON that its hash was made of, and read when somebody asks: for an import nobody does."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __getitem__(self, name: str) -> Any:
        return _read(self._text)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_read(self._text))

    def __len__(self) -> int:
        return len(_read(self._text))


@lru_cache(maxsize=1)
def _read(text: str) -> dict[str, Any]:
    """Return what a record says: whoever asks for one of its fields asks for the others next."""
    read: dict[str, Any] = json.loads(text)
    return read


class Change(NamedTuple):
    """One change, as handlers in higher rooms are told of it. `type` is the singular table name, e.g. `enterprise`."""

    type: str
    record_id: str
    home: str
    rev: int
    method: Method
    payload_hash: str
    # The public record as it was and as it is, so that the history can say what the change was; None: there was none.
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes the changes of a transaction. `id` is a key's; nobody: the node's operator, on the command line."""

    id: str
    organization_id: str
    role: str
    request_id: str | None = None
    reason: str | None = None


class Copy(NamedTuple):
    """A record of another node as it came from there: what a room writes into its ordinary tables.

    `payload` is what the home publishes of it; fields that this program does not know are among them.
    """

    id: str
    home: str
    rev: int
    at: datetime
    payload: Mapping[str, Any]
