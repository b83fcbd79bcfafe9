"""How many need what, and where: published needs, searches that found nobody, and answers to surveys. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from app.gaps.vocabulary import UNSTATED
from app.needs.service import Said
from app.reference import service as reference


@dataclass(slots=True)
class Demand:
    """The needs of one area by category, and in all, each once."""

    here: Counter[str] = field(default_factory=Counter)
    wider: Counter[str] = field(default_factory=Counter)
    needs: int = 0


def demand(needs: Iterable[Said], areas: Sequence[str]) -> dict[str, Demand]:
    """Return the needs of each of these areas; empty text is the area, or the category, of those that state none."""
    found = {area: Demand() for area in areas}
    known = frozenset(areas)
    below: dict[str, set[str]] = defaultdict(set)
    for area in known - {UNSTATED}:
        for larger in _chain(area)[1:]:
            below[larger].add(area)
    for need in needs:
        categories = need.categories or {UNSTATED}
        here = _holding(need.areas, known)
        # A loop and not `Counter.update`, which costs twice as much for the one or two categories of a need.
        for area in here:
            found[area].needs += 1
            for category in categories:
                found[area].here[category] += 1
        for area in set().union(*(below[larger] for larger in need.areas if larger in below)) - here:
            for category in categories:
                found[area].wider[category] += 1
    return found


def searched(rows: Iterable[tuple[str, str, int]], areas: Sequence[str]) -> dict[str, Counter[str]]:
    """Return how often each need was searched for in each of these areas, or a part of it."""
    known = frozenset(areas)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for need, area, count in rows:
        for one in _holding({area} - {UNSTATED}, known):
            found[one][need] += count
    return found


def _holding(stated: Iterable[str], areas: frozenset[str]) -> frozenset[str]:
    """Return those of the areas that hold any of the stated ones; the unstated one where none is stated."""
    wanted = {area for one in stated for area in _chain(one)}
    return areas & (wanted or {UNSTATED})


@lru_cache(maxsize=2048)
def _chain(area: str) -> tuple[str, ...]:
    """Return an area and those that hold it, the nearest first."""
    return (area, *reference.ancestors(area))
