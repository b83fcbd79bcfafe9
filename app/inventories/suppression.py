"""Which counts of a closed round can be published, so that nobody works out what fewer than five answered.

Everything is counted once, when a round closes, and published as one fixed set of tables: the answers, their rows by
area, and for each question one line of levels and how many in each row need it. Three rules decide, each from sums that
are public already. They leave an attacker none of the gaps that cell suppression by totals alone leaves (Cox 1980;
Willenborg and de Waal 2001, chapter 4; Hundepool et al. 2012, chapter 4): what is hidden cannot be told apart, and
whether it is hidden says no more than a sum already does ("simulatable", Kenthapadi, Mishra and Nissim 2005). So it
holds against somebody who knows these rules as well. tests/inventories/test_suppression.py tries every world of small
rounds, and solves the linear system of whole ones. Why each rule holds: docs/decisions/0024-survey-answers.md.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

SMALLEST: Final = 5
"""The smallest count that is shown; 0 is shown only where rules say so."""

REST: Final = ""
"""The row of all areas that are too small to have one of their own."""

_LEAST_TOLD: Final = SMALLEST + 1


@dataclass(frozen=True, slots=True)
class Scale:
    """What is published of a question from 0 to 3. None: hidden."""

    needing: int | None
    levels: Mapping[str, int | None]
    by_row: Mapping[str, int | None]


def is_small(count: int) -> bool:
    """Tell whether a count is one that nobody may find out: 1 to 4."""
    return 0 < count < SMALLEST


def line(counts: Mapping[str, int]) -> dict[str, int | None]:
    """Return the cells of a line whose sum is public, None for those that are hidden.

    With a cell from 1 to 4 in it, all cells below five are hidden, and with them the smallest that are not: each hidden
    cell may be the large one. A line that sums to five says nothing either way.
    """
    total = sum(counts.values())
    if total == 0 or (total >= _LEAST_TOLD and not any(map(is_small, counts.values()))):
        return dict(counts)
    large = [count for count in counts.values() if count >= SMALLEST]
    # All that are as small as the smallest go, so that their order tells nothing. In a line of five they all go.
    below = min(large, default=total) if total >= _LEAST_TOLD else total
    return {name: count if count > below else None for name, count in counts.items()}


def rows(counts: Mapping[str, int]) -> dict[str, int]:
    """Return how many answered in each row by area, given how many did in each area; empty: no rows are published.

    Areas with fewer than five stand together as `REST`, with the smallest of the others, so that each of them may be
    that one. Every row has at least five; of one row alone nothing would be learned.
    """
    shown = line(counts)
    named = {area: count for area, count in shown.items() if count}
    rest = sum(counts.values()) - sum(named.values())
    found = named | ({REST: rest} if rest else {})
    return found if len(found) > 1 else {}


def row_of(area: str, found: Collection[str]) -> str:
    """Return the row that an area stands in."""
    return area if area in found else REST


def by_row(answered: Mapping[str, int], needing: Mapping[str, int]) -> dict[str, int | None]:
    """Return how many need it in each row, None where that is hidden; how many do in all is public.

    Rows stand in pairs by how many answered in them, which is public; the last three together when their number is odd.
    A pair is shown when in both rows at least five need it and at least five do not, and hidden whole otherwise.
    """
    shown: dict[str, int | None] = dict.fromkeys(answered)
    for block in _blocks(answered):
        if all(needing[row] >= SMALLEST and answered[row] - needing[row] >= SMALLEST for row in block):
            shown |= {row: needing[row] for row in block}
    return shown


def scale(
    levels: Mapping[str, int], high: Collection[str], answered: Mapping[str, int], needing: Mapping[str, int]
) -> Scale:
    """Return what is published of a question from 0 to 3.

    `levels` counts the answers by level, with those that left it open; `high` are the levels that say "we need this".
    `answered` and `needing` count by row.
    """
    above = {level: count for level, count in levels.items() if level in high}
    below = {level: count for level, count in levels.items() if level not in high}
    split = line({"needing": sum(above.values()), "others": sum(below.values())})
    if split["needing"] is None:
        return Scale(None, dict.fromkeys(levels), dict.fromkeys(answered))
    told = line(above) | line(below)
    return Scale(split["needing"], {level: told[level] for level in levels}, by_row(answered, needing))


def too_alike(ours: Mapping[str, Collection[str]], theirs: Mapping[str, Collection[str]]) -> tuple[bool, bool]:
    """Tell whether two rounds were answered by so nearly the same that their difference tells of a few: whole, by row.

    Each maps a row to who answered in it. Rows that both have are compared, and then all that is left.
    """
    shared = [row for row in ours if row != REST and row in theirs]
    left = [_all({row: who for row, who in found.items() if row not in shared}) for found in (ours, theirs)]
    apart = [*(_apart(ours[row], theirs[row]) for row in shared), _apart(*left)]
    return is_small(_apart(_all(ours), _all(theirs))), any(map(is_small, apart))


def _blocks(answered: Mapping[str, int]) -> Sequence[Sequence[str]]:
    order = sorted(answered, key=lambda row: (-answered[row], row))
    pairs = [order[first : first + 2] for first in range(0, len(order), 2)]
    if len(pairs) > 1 and len(pairs[-1]) == 1:
        pairs[-2:] = [[*pairs[-2], *pairs[-1]]]
    return pairs if len(order) > 1 else []


def _all(answered: Mapping[str, Collection[str]]) -> set[str]:
    return {who for row in answered.values() for who in row}


def _apart(some: Collection[str], others: Collection[str]) -> int:
    return len(set(some) ^ set(others))
