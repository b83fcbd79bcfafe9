"""How many offers help with each need in each area: here, from a larger area, or at a distance from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.core.clock import today
from app.core.db import ReadSession
from app.reference import service as reference
from app.support_offers.index import UNSTATED, Index, Mask, current
from app.support_offers.queries import REMOTE
from app.support_offers.vocabulary import NEED_LIST, Side, Status, TermKind, Unstated

_HERE, _WIDER, _REMOTE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Supply:
    """Offers of one need in one area, each counted once: for it or a part of it, for more than it, from elsewhere."""

    here: int
    wider: int
    remote: int


@dataclass(frozen=True, slots=True)
class Supplied:
    """One area: its offers by need (empty text: none stated), and how many there are in all."""

    by_need: Mapping[str, Supply]
    offers: int


def supply(session: ReadSession, areas: Sequence[str], side: Side | None = None) -> tuple[dict[str, Supplied], int]:
    """Return what is offered in each of these areas, and how many published offers there are in all.

    Empty text is the area of offers that state none. What is counted in an area is what the search finds there.
    """
    index = current(session)
    offered = index.having("status", [Status.PUBLISHED.value]) & index.is_offered(today())
    if side is not None:
        offered &= index.having(TermKind.SIDE, [side.value])
    needs = {one.code: index.having(TermKind.NEED, [one.code]) for one in reference.codes(NEED_LIST)}
    needs[""] = index.having(UNSTATED, [Unstated.NEED.value])
    slots = {need: np.flatnonzero(mask & offered) for need, mask in needs.items()}
    found = {}
    for area in areas:
        ways = _ways(index, area, offered)
        counts = {need: np.bincount(ways[own], minlength=4) for need, own in slots.items()}
        by_need = {
            need: Supply(*(int(count[way]) for way in (_HERE, _WIDER, _REMOTE))) for need, count in counts.items()
        }
        found[area] = Supplied(by_need, int(np.count_nonzero((ways == _HERE) | (ways == _WIDER))))
    return found, int(np.count_nonzero(offered))


def _ways(index: Index, area: str, offered: Mask) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    """Return, for each offer, how it reaches an area; 0 if it does not."""
    if not area:
        return (index.having(UNSTATED, [Unstated.AREA.value]) & offered).astype(np.int8)
    parts = {one.code for one in (*reference.counties_of(area), *reference.municipalities_of(area))}
    here = index.having(TermKind.AREA, {area, *parts})
    wider = index.having(TermKind.AREA, reference.ancestors(area))
    remote = index.having(TermKind.DELIVERY, REMOTE)
    ways = np.select([~offered, here, wider, remote], [0, _HERE, _WIDER, _REMOTE], default=0)
    return ways.astype(np.int8)
