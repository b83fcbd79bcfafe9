"""Capacity: the estimated value against an enterprise's size, and the places wanted against places free.

What is not stated is neutral, on either side: two points of five, and a gap that says so.
"""

from app.matching.profile import Lot
from app.matching.terms import PLACE_STEPS, UNKNOWN

NEUTRAL = 40
"""Per cent: two whole points of five, so that what is alike for all also looks alike after rounding."""

# The greatest yearly value, in whole SEK or NOK, that an enterprise of the band can carry: about half of the turnover
# band's ceiling, and for employees what that many people usually turn over. Boundaries are Samnod's own judgement.
_TURNOVER = {
    "0-1": 500_000,
    "1-3": 1_500_000,
    "3-10": 5_000_000,
    "10-50": 25_000_000,
    "50-": None,
    # Size classes of Commission Recommendation 2003/361/EC, as registers of companies state them.
    "micro": 10_000_000,
    "small": 50_000_000,
    "medium": 250_000_000,
    "large": None,
}
_EMPLOYEES = {
    "none": 500_000,
    "1-4": 3_000_000,
    "5-9": 8_000_000,
    "10-19": 15_000_000,
    "20-49": 40_000_000,
    "50-249": 200_000_000,
    "250-": None,
    "micro": 10_000_000,
    "small": 50_000_000,
    "medium": 250_000_000,
    "large": None,
}
_PER_UNIT = {"SEK": 1, "NOK": 1, "EUR": 11, "DKK": 1}
"""Rough whole SEK per unit: a class boundary does not hang on the day's rate."""


def capacity_points(lot: Lot) -> dict[str, int]:
    """Return what each size is worth for the lot's yearly value, in per cent; empty when no value is given."""
    yearly = yearly_value(lot)
    if yearly is None:
        return {}
    return {
        f"t:{UNKNOWN}": NEUTRAL,
        **{f"t:{band}": 100 for band, most in _TURNOVER.items() if most is None or yearly <= most},
        **{f"e:{band}": 90 for band, most in _EMPLOYEES.items() if most is None or yearly <= most},
    }


def neutral_points() -> dict[str, int]:
    """Return the same for all, for a lot that says nothing of value or places: every document has one `t:` term."""
    return {f"t:{band}": NEUTRAL for band in (UNKNOWN, *_TURNOVER)}


def yearly_value(lot: Lot) -> int | None:
    """Return the value per year in whole SEK or NOK; None when it is not stated, zero, or in another currency."""
    rate = _PER_UNIT.get(lot.currency)
    if not lot.value_minor or rate is None:
        return None
    return lot.value_minor * rate * 12 // (100 * max(12, lot.duration_months or 12))


def places_points(lot: Lot) -> dict[str, int]:
    """Return what places free are worth for the places wanted, in per cent; empty when none are wanted."""
    if not lot.places_wanted:
        return {}
    reached = [step for step in PLACE_STEPS if step <= lot.places_wanted]
    return {f"p:{UNKNOWN}": NEUTRAL, **{f"p:{step}": 100 * (n + 1) // len(reached) for n, step in enumerate(reached)}}
