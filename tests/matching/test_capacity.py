"""Capacity: unknown is neutral, room is better, too small gives nothing."""

import pytest

from app.matching.capacity import NEUTRAL, capacity_points, places_points, yearly_value
from tests.matching.examples import lot


@pytest.mark.parametrize(
    ("value", "currency", "months", "yearly"),
    [
        (None, "SEK", None, None),
        (60_000_000, "SEK", None, 600_000),
        (60_000_000, "SEK", 6, 600_000),
        (60_000_000, "SEK", 24, 300_000),
        (10_000_000, "EUR", None, 1_100_000),
        (10_000_000, "XTS", None, None),
    ],
)
def test_value_is_read_per_year(value: int | None, currency: str, months: int | None, yearly: int | None) -> None:
    assert yearly_value(lot(value_minor=value, currency=currency, duration_months=months)) == yearly


@pytest.mark.parametrize(
    ("millions", "band", "worth"),
    [
        (1, "micro", 100),
        (20, "micro", 0),
        (20, "small", 100),
        (900, "medium", 0),
        (900, "large", 100),
        (900, "?", NEUTRAL),
    ],
)
def test_size_against_value(millions: int, band: str, worth: int) -> None:
    assert capacity_points(lot(value_minor=millions * 100_000_000)).get(f"t:{band}", 0) == worth


@pytest.mark.parametrize(
    ("wanted", "term", "worth"),
    [
        (None, "p:1", 0),
        (1, "p:1", 100),
        (5, "p:1", 33),
        (5, "p:5", 100),
        (5, "p:20", 0),
        (30, "p:20", 100),
        (5, "p:?", 50),
    ],
)
def test_places_free_against_places_wanted(wanted: int | None, term: str, worth: int) -> None:
    assert places_points(lot(places_wanted=wanted)).get(term, 0) == worth
