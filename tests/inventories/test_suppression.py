"""What is published tells nobody of fewer than five: every world of small rounds, and the linear system of whole ones.

Two attackers. One knows the rules, has what is published, and goes through every world that would have published the
same. The other solves the linear system of a whole round with all its tables and exports, exactly.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product

import pytest

from app.inventories import suppression
from app.inventories.suppression import REST, SMALLEST, by_row, line, rows, scale, too_alike

World = tuple[int, ...]
LEVELS = ("none", "0", "1", "2", "3")
HIGH = ("2", "3")
ROUNDS, DEEP_ROUNDS = 3, 2000


def compositions(total: int, parts: int) -> Iterator[World]:
    """Give every way in which `total` is a sum of so many counts, in order."""
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for others in compositions(total - first, parts - 1):
            yield (first, *others)


def require_no_cell_found(worlds: Iterable[World], publish: Callable[[World], Hashable]) -> None:
    """Fail when what is published leaves only counts from 1 to 4 for a cell that it hides."""
    seen: dict[Hashable, list[World]] = defaultdict(list)
    for world in worlds:
        seen[publish(world)].append(world)
    assert len(seen) > 1, "nothing is ever published"
    for published, possible in seen.items():
        for cell, counts in enumerate(zip(*possible, strict=True)):
            assert not all(0 < count < SMALLEST for count in counts), (published, cell, sorted(set(counts)))


def named(counts: Sequence[int]) -> dict[str, int]:
    """Return counts with names: a, b, c …"""
    return dict(zip("abcdefg", counts, strict=False))


@pytest.mark.parametrize("parts", [2, 3, 4])
def test_a_line_hides_its_small_cells_from_whoever_knows_the_rule(parts: int):
    for total in (5, 6, 7, 8, 9, 11, 14, 17):
        if total > SMALLEST:
            worlds = compositions(total, parts)
            require_no_cell_found(worlds, lambda world: tuple(line(named(world)).values()))
        else:
            assert {tuple(line(named(world)).values()) for world in compositions(total, parts)} == {(None,) * parts}


@pytest.mark.parametrize("parts", [2, 3, 4])
def test_rows_hide_small_areas_from_whoever_knows_the_rule(parts: int):
    for total in (10, 12, 15, 18):
        require_no_cell_found(compositions(total, parts), lambda world: tuple(sorted(rows(named(world)).items())))
    for total in range(5, 10):
        assert {tuple(rows(named(world))) for world in compositions(total, parts)} == {()}


@pytest.mark.parametrize("answered", [(10, 10), (12, 7), (14, 5), (10, 10, 10), (11, 9, 5), (10, 11, 10, 5)])
def test_needing_by_row_hides_small_cells_from_whoever_knows_the_rule(answered: World):
    """Both those who need it and those who do not, when the sum of all rows is known."""
    known = named(answered)
    sums: dict[int, list[World]] = defaultdict(list)
    for world in product(*(range(count + 1) for count in answered)):
        sums[sum(world)].append(world)
    shown = set()
    for total, worlds in sums.items():
        if SMALLEST <= total <= sum(answered) - SMALLEST:
            seen: dict[Hashable, list[World]] = defaultdict(list)
            for world in worlds:
                seen[tuple(by_row(known, named(world)).values())].append(world)
            shown |= seen.keys()
            for published, possible in seen.items():
                for cell, most in enumerate(answered):
                    need = {world[cell] for world in possible}
                    for counts in (need, {most - one for one in need}):
                        assert not all(0 < count < SMALLEST for count in counts), (answered, published, cell)
    assert bool(shown - {(None,) * len(answered)}) == (min(sorted(answered)[-2:]) >= 2 * SMALLEST)


def test_what_is_large_enough_is_shown():
    assert line({"a": 12, "b": 9, "c": 0}) == {"a": 12, "b": 9, "c": 0}
    assert line({"a": 12, "b": 9, "c": 3}) == {"a": 12, "b": None, "c": None}
    assert line({"a": 9, "b": 9, "c": 3, "d": 0}) == {"a": None, "b": None, "c": None, "d": None}
    assert rows({"SE-22": 20, "SE-23": 8, "SE-24": 3, "SE-25": 0}) == {"SE-22": 20, REST: 11}
    assert rows({"SE-22": 20, "SE-23": 8, "SE-24": 0}) == {"SE-22": 20, "SE-23": 8}
    assert rows({"SE-22": 20, "SE-24": 3}) == {}, "of one row alone nothing would be learned"
    found = scale({"none": 0, "0": 7, "1": 8, "2": 6, "3": 14}, HIGH, {"a": 20, "b": 15}, {"a": 12, "b": 8})
    assert (found.needing, found.by_row) == (20, {"a": 12, "b": 8})
    assert found.levels == {"none": 0, "0": 7, "1": 8, "2": 6, "3": 14}
    few = scale({"none": 0, "0": 30, "1": 0, "2": 3, "3": 0}, HIGH, {"a": 20, "b": 13}, {"a": 2, "b": 1})
    assert (few.needing, set(few.levels.values()), set(few.by_row.values())) == (None, {None}, {None})


def test_rounds_answered_by_nearly_the_same_are_found():
    six, seven = [f"a{n}" for n in range(6)], [f"b{n}" for n in range(7)]
    ours = {"SE-22": six, REST: seven}
    assert too_alike(ours, ours) == (False, False)
    assert too_alike(ours, {"SE-22": six, REST: seven[:-1]}) == (True, True)
    assert too_alike(ours, {"SE-22": six[:-1], REST: [*seven, "c1", "c2", "c3", "c4"]}) == (False, True)
    swapped = {"SE-22": [*six, *(f"c{n}" for n in range(5))], REST: seven[:-1]}
    assert too_alike(ours, swapped) == (False, True), "what is left of them differs by one"
    assert too_alike(ours, {"SE-22": [f"d{n}" for n in range(6)], REST: [f"e{n}" for n in range(9)]}) == (False, False)


# The linear attacker. Unknowns: how many answered at each level in each area; published numbers are sums of them.
Equation = tuple[dict[tuple[str, str], int], int]


def published(cells: Mapping[tuple[str, str], int], areas: Sequence[str]) -> list[Equation]:
    """Publish a round of one question as the service does, and return all that is known of its cells as sums."""
    per_area = {area: sum(cells[area, level] for level in LEVELS) for area in areas}
    found = rows(per_area)
    lying = {area: suppression.row_of(area, found) for area in areas}
    needing = {row: sum(cells[a, v] for a in areas for v in HIGH if lying[a] == row) for row in found}
    levels = {level: sum(cells[area, level] for area in areas) for level in LEVELS}
    told = scale(levels, HIGH, found, needing)
    everything = {(area, level): 1 for area in areas for level in LEVELS}
    known: list[Equation] = [(everything, sum(per_area.values()))]
    known += [({(a, v): 1 for a in areas if lying[a] == row for v in LEVELS}, n) for row, n in found.items()]
    known += [({(a, v): 1 for a in areas}, n) for v, n in told.levels.items() if n is not None]
    known += [
        ({(a, v): 1 for a in areas if lying[a] == row for v in HIGH}, n)
        for row, n in told.by_row.items()
        if n is not None
    ]
    if told.needing is not None:
        known.append(({(a, v): 1 for a in areas for v in HIGH}, told.needing))
    return known


def bound(known: Sequence[Equation], target: Mapping[tuple[str, str], int], *, upper: bool) -> Fraction:
    """Return the exact bound of a sum of cells, none below 0, under what is known: the simplex method in fractions."""
    names = sorted({name for sums, _ in known for name in sums})
    table = [[Fraction(sums.get(name, 0)) for name in names] + [Fraction(n)] for sums, n in known]
    width = len(names)
    for number, row in enumerate(table):
        row[-1:-1] = [Fraction(int(other == number)) for other in range(len(table))]
    base = [width + number for number in range(len(table))]
    # First the artificial unknowns are driven out, then the target is sought.
    aside = [Fraction(0)] * width + [Fraction(-1)] * len(table)
    _improve(table, base, aside, width + len(table))
    assert sum(row[-1] for row, one in zip(table, base, strict=True) if one >= width) == 0, "the true world fits"
    kept = []
    for number, one in enumerate(base):
        nonzero = next((n for n in range(width) if table[number][n]), None)
        if one >= width and nonzero is not None:
            _pivot(table, base, number, nonzero)
        # What is left without any of the unknowns said the same as the others.
        kept += [number] if nonzero is not None else []
    table, base = [table[number] for number in kept], [base[number] for number in kept]
    sign = 1 if upper else -1
    goal = [Fraction(sign * target.get(name, 0)) for name in names] + [Fraction(0)] * (len(table[0]) - 1 - width)
    _improve(table, base, goal, width)
    reached = sum(goal[one] * row[-1] for row, one in zip(table, base, strict=True))
    return Fraction(sign) * reached


def _improve(table: list[list[Fraction]], base: list[int], goal: Sequence[Fraction], width: int) -> None:
    """Pivot by Bland's rule until nothing among the first `width` unknowns makes the goal larger."""
    while True:
        prices = [goal[one] for one in base]
        entering = next(
            (n for n in range(width) if goal[n] > sum(p * row[n] for p, row in zip(prices, table, strict=True) if p)),
            None,
        )
        if entering is None:
            return
        ratios = [(row[-1] / row[entering], base[n], n) for n, row in enumerate(table) if row[entering] > 0]
        _pivot(table, base, min(ratios)[2], entering)


def _pivot(table: list[list[Fraction]], base: list[int], at: int, entering: int) -> None:
    by = table[at][entering]
    table[at] = [value / by for value in table[at]]
    for number, row in enumerate(table):
        if number != at and (times := row[entering]):
            table[number] = [value - times * own for value, own in zip(row, table[at], strict=True)]
    base[at] = entering


def attack(seed: int) -> int:
    """Attack one made-up round, fail when a count from 1 to 4 is bounded within that, and return how much was known."""
    chance = random.Random(seed)
    areas = "ABCDE"[: chance.randint(2, 5)]
    likely = [chance.choice([1, 2, 6, 12]) for _ in areas]
    tastes = [chance.choice([0, 1, 3, 8]) for _ in LEVELS[:-1]] + [1]
    cells = {(area, level): 0 for area in areas for level in LEVELS}
    for _ in range(chance.choice([5, 8, 14, 24, 40, 70])):
        (area,), (level,) = chance.choices(areas, likely), chance.choices(LEVELS, tastes)
        cells[area, level] += 1
    known = published(cells, areas)
    watched = [{(a, v): 1 for v in LEVELS} for a in areas] + [{(a, v): 1 for a in areas} for v in LEVELS]
    watched += [{(a, v): 1 for v in side} for a in areas for side in (HIGH, [v for v in LEVELS if v not in HIGH])]
    watched += [{one: 1} for one in cells] if seed % 5 == 0 else []
    for target in watched:
        if suppression.is_small(sum(cells[one] for one in target)):
            least, most = (bound(known, target, upper=upper) for upper in (False, True))
            assert least <= 0 or most >= SMALLEST, (seed, target, least, most)
    return len(known)


def test_whoever_solves_the_linear_system_of_a_round_finds_no_small_count():
    assert max(attack(seed) for seed in range(ROUNDS)) > 1


@pytest.mark.deep
def test_whoever_solves_the_linear_systems_of_many_rounds_finds_no_small_count():
    assert sum(attack(seed) for seed in range(DEEP_ROUNDS)) > 2 * DEEP_ROUNDS


def test_the_attacker_finds_a_count_that_is_hidden_alone():
    """The attackers are worth something: they find what a naive rule leaves."""
    cells = [("A", "0"), ("A", "3"), ("B", "0"), ("B", "3")]
    known: list[Equation] = [(dict.fromkeys(cells, 1), 12), ({("A", "3"): 1, ("B", "3"): 1}, 9), ({("B", "3"): 1}, 6)]
    assert [bound(known, {("A", "3"): 1}, upper=upper) for upper in (False, True)] == [3, 3]
    with pytest.raises(AssertionError):
        require_no_cell_found(
            compositions(8, 2), lambda world: tuple(n if n == 0 or n >= SMALLEST else None for n in world)
        )
