"""How many offers help with each need in each area: here, from a larger area, or at a distance from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from app.core.clock import today
from app.core.db import ReadSession
from app.reference import service as reference
from app.support_offers.index import UNSTATED, Index, Mask, Slots, current
from app.support_offers.queries import REMOTE
from app.support_offers.vocabulary import NEED_LIST, Side, Status, TermKind, Unstated

Table = npt.NDArray[np.uint8]
Sums = npt.NDArray[np.int64]


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
    remote = index.having(TermKind.DELIVERY, REMOTE) & offered
    # A row for each offer, a column for each need: what a choice of rows adds up to is a count by need.
    masks = [index.having(TermKind.NEED, [one.code]) for one in reference.codes(NEED_LIST)]
    masks.append(index.having(UNSTATED, [Unstated.NEED.value]))
    table = np.stack(masks, axis=1).view(np.uint8)
    names = [*(one.code for one in reference.codes(NEED_LIST)), ""]
    larger = _Larger(index, table, remote, offered)
    elsewhere = _sums(table[remote])
    found = {}
    for area in areas:
        here = _within(index, area, offered)
        holding, all_of_it, remote_of_it = larger.than(area)
        states, is_both, is_remote = table[here], holding[here], remote[here]
        wider = all_of_it - _sums(states[is_both])
        near = _sums(states[is_remote]) + remote_of_it - _sums(states[is_both & is_remote])
        numbers = [column.tolist() for column in (_sums(states), wider, elsewhere - near)]
        by_need = {name: Supply(*row) for name, row in zip(names, zip(*numbers, strict=True), strict=True)}
        offers = len(here) + int(np.count_nonzero(holding)) - int(np.count_nonzero(is_both))
        found[area] = Supplied(by_need, offers)
    return found, int(np.count_nonzero(offered))


class _Larger:
    """The offers for what holds an area, counted once for all the areas that the same holds."""

    def __init__(self, index: Index, table: Table, remote: Mask, offered: Mask) -> None:
        self._index, self._table, self._remote, self._offered = index, table, remote, offered
        self._known: dict[tuple[str, ...], tuple[Mask, Sums, Sums]] = {}

    def than(self, area: str) -> tuple[Mask, Sums, Sums]:
        """Return which offers are for what holds this area, their numbers by need, and those at a distance of them."""
        above = tuple(reference.ancestors(area))
        if above not in self._known:
            mask = self._index.having(TermKind.AREA, above) & self._offered
            self._known[above] = mask, _sums(self._table[mask]), _sums(self._table[mask & self._remote])
        return self._known[above]


def _within(index: Index, area: str, offered: Mask) -> Slots:
    """Return the offers for an area or a part of it; for none, those that state no area."""
    if not area:
        slots = index.postings[UNSTATED][Unstated.AREA.value]
        return slots[offered[slots]]
    return np.flatnonzero(index.having(TermKind.AREA, _parts(area)) & offered).astype(np.int32)


@lru_cache(maxsize=1024)
def _parts(area: str) -> frozenset[str]:
    """Return an area and all that lies in it."""
    return frozenset({area, *(one.code for one in (*reference.counties_of(area), *reference.municipalities_of(area)))})


def _sums(rows: Table) -> Sums:
    summed: Sums = rows.sum(axis=0, dtype=np.int64)
    return summed
