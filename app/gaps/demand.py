"""How many need what, and where: published needs, searches that found nobody, and answers to surveys. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.gaps.vocabulary import UNSTATED
from app.reference import service as reference


@dataclass(frozen=True, slots=True)
class Stated:
    """What one published need states: its categories, areas and whose it is."""

    categories: frozenset[str]
    areas: frozenset[str]


@dataclass(slots=True)
class Demand:
    """The needs of one area by category, and in all, each once."""

    here: Counter[str] = field(default_factory=Counter)
    wider: Counter[str] = field(default_factory=Counter)
    needs: int = 0


def demand(needs: Iterable[Stated], areas: Sequence[str]) -> dict[str, Demand]:
    """Return the needs of each of these areas; empty text is the area, or the category, of those that state none."""
    found = {area: Demand() for area in areas}
    below: dict[str, list[str]] = defaultdict(list)
    for area in filter(None, areas):
        for larger in reference.ancestors(area):
            below[larger].append(area)
    for need in needs:
        categories = need.categories or {UNSTATED}
        here = _holding(need.areas, found)
        for area in here:
            found[area].here.update(categories)
            found[area].needs += 1
        for area in {one for larger in need.areas for one in below.get(larger, ())} - here:
            found[area].wider.update(categories)
    return found


def searched(rows: Iterable[tuple[str, str, int]], areas: Sequence[str]) -> dict[str, Counter[str]]:
    """Return how often each need was searched for in each of these areas, or a part of it."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for need, area, count in rows:
        for one in _holding({area} - {UNSTATED}, areas):
            found[one][need] += count
    return found


def _holding(stated: Iterable[str], areas: Sequence[str] | Mapping[str, object]) -> set[str]:
    """Return those of the areas that hold any of the stated ones; the unstated one where none is stated."""
    wanted = {area for one in stated for area in (one, *reference.ancestors(one))}
    return {area for area in areas if area in wanted} if wanted else {UNSTATED} & set(areas)
