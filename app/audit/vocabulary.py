"""Words of the audit log."""

from dataclasses import dataclass
from typing import Final

# What stands before the first entry.
GENESIS: Final = "0" * 64
# Kinds of objects that are people: the log knows them by their random ids too.
PEOPLE: Final = frozenset({"person"})


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did, until it gets its place in the chain. `before` and `after` are hashes without a key."""

    actor_id: str | None
    role: str | None
    organization_id: str | None
    action: str
    object_type: str
    object_id: str
    before: str | None
    after: str | None
    request_id: str | None
