"""Capacity: the estimated value against an enterprise's size, and the places wanted against places free.

Size classes are those of Commission Recommendation 2003/361/EC. What is not stated is neutral: half the points, and
a gap that says so.
"""

from app.matching.profile import Lot
from app.matching.terms import PLACE_STEPS, UNKNOWN

NEUTRAL = 50

# The greatest yearly value, in whole SEK or NOK, that is at most about half of the class's turnover ceiling
# (2, 10 and 50 million EUR).
_ROOM = (("micro", 10_000_000), ("small", 50_000_000), ("medium", 250_000_000), ("large", None))
_PER_UNIT = {"SEK": 1, "NOK": 1, "EUR": 11, "DKK": 1}
"""Rough whole SEK per unit: a class boundary does not hang on the day's rate."""


def capacity_points(lot: Lot) -> dict[str, int]:
    """Return what each size class is worth for the lot's yearly value, in per cent; empty when no value is given."""
    yearly = yearly_value(lot)
    if yearly is None:
        return {}
    fits = {band: ceiling is None or yearly <= ceiling for band, ceiling in _ROOM}
    return {
        f"t:{UNKNOWN}": NEUTRAL,
        **{f"t:{band}": 100 for band, room in fits.items() if room},
        **{f"e:{band}": 90 for band, room in fits.items() if room},
    }


def yearly_value(lot: Lot) -> int | None:
    """Return the lot's value per year in whole SEK or NOK; None when the value or its currency is unknown."""
    rate = _PER_UNIT.get(lot.currency)
    if lot.value_minor is None or rate is None:
        return None
    return lot.value_minor * rate * 12 // (100 * max(12, lot.duration_months or 12))


def places_points(lot: Lot) -> dict[str, int]:
    """Return what places free are worth for the places wanted, in per cent; empty when none are wanted."""
    if not lot.places_wanted:
        return {}
    reached = [step for step in PLACE_STEPS if step <= lot.places_wanted]
    return {f"p:{UNKNOWN}": NEUTRAL, **{f"p:{step}": 100 * (n + 1) // len(reached) for n, step in enumerate(reached)}}
