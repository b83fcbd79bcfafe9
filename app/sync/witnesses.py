"""What peers say that a node had said itself, before its database was lost: none of them is believed alone.

A peer that lies, or that was put back itself, could hand back records that this node never wrote. So a record is taken
back as at least two peers hold it. What one alone holds may still be true: the last change before the loss, which the
others have not read. Then the operator says whose word is taken.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from app.sync.vocabulary import Envelope, Key

_ENOUGH: Final = 2


class Claim(NamedTuple):
    """What a peer holds of a record, newer than what is here: the greater was said later."""

    rev: int
    seq: int
    method: str
    hash: str

    @property
    def content(self) -> tuple[int, str, str]:
        """What two peers have to agree on; under which number each has read it tells nothing."""
        return self.rev, self.method, self.hash


@dataclass(slots=True)
class Witness:
    """What one peer holds that is newer than what is here, and the highest generation of our numbers it has seen."""

    peer: str
    generation: int = 0
    claims: dict[Key, Claim] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """Which claims are taken, and what newer is said by one alone: by record the peer that says it."""

    taken: Mapping[Key, Claim]
    alone: Mapping[Key, str]


def claim_of(one: Envelope) -> Claim:
    """Return what somebody who holds this record says."""
    return Claim(one.rev, one.seq, one.method, one.hash)


def judge(heard: Sequence[Witness], believed: Collection[str]) -> Judged:
    """Decide which claim of each record is taken: the newest that two peers make, or one peer that is `believed`."""
    taken: dict[Key, Claim] = {}
    alone: dict[Key, str] = {}
    for key in sorted({key for one in heard for key in one.claims}):
        for claim, peers in _newest_first(heard, key):
            if len(peers) >= _ENOUGH or not peers.isdisjoint(believed):
                taken[key] = claim
                break
            alone.setdefault(key, next(iter(peers)))
    return Judged(taken, alone)


def _newest_first(heard: Sequence[Witness], key: Key) -> Iterator[tuple[Claim, set[str]]]:
    """Yield what is said of a record, the newest first, each with the peers that say it."""
    said: dict[tuple[int, str, str], tuple[Claim, set[str]]] = {}
    for one in heard:
        if (claim := one.claims.get(key)) is not None:
            said.setdefault(claim.content, (claim, set()))[1].add(one.peer)
    yield from sorted(said.values(), key=lambda told: told[0], reverse=True)
