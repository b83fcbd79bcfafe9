"""Words of the journal."""

from dataclasses import dataclass
from enum import StrEnum


class Method(StrEnum):
    """What was done to the record."""

    PUT = "PUT"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Change:
    """One change, as handlers in higher rooms are told of it. `type` is the singular table name, e.g. `enterprise`."""

    type: str
    record_id: str
    home: str
    rev: int
    method: Method
    payload_hash: str
