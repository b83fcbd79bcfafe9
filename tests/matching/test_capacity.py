"""Capacity: unknown is neutral, room is better, too small gives nothing."""

import pytest

from app.enterprises.vocabulary import EmployeesBand, TurnoverBand
from app.matching.capacity import NEUTRAL, capacity_points, places_points, yearly_value
from app.matching.plan import compile_plan
from app.matching.scoring import score_lot
from app.matching.terms import document
from app.matching.vocabulary import MAX_POINTS, UNIT, Criterion
from tests.matching.examples import lot, profile


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
        (0.4, "0-1", 100),
        (1, "0-1", 0),
        (4, "3-10", 100),
        (6, "3-10", 0),
        (900, "50-", 100),
    ],
)
def test_size_against_value(millions: float, band: str, worth: int) -> None:
    assert capacity_points(lot(value_minor=int(millions * 100_000_000))).get(f"t:{band}", 0) == worth


@pytest.mark.parametrize(
    ("wanted", "term", "worth"),
    [
        (None, "p:1", 0),
        (1, "p:1", 100),
        (5, "p:1", 33),
        (5, "p:5", 100),
        (5, "p:20", 0),
        (30, "p:20", 100),
        (5, "p:?", NEUTRAL),
    ],
)
def test_places_free_against_places_wanted(wanted: int | None, term: str, worth: int) -> None:
    assert places_points(lot(places_wanted=wanted)).get(term, 0) == worth


@pytest.mark.parametrize("band", [None, *TurnoverBand])
def test_a_lot_that_says_nothing_of_size_gives_everybody_the_same(band: str | None) -> None:
    scored = score_lot(compile_plan(lot()), document(profile(turnover_band=band)))
    capacity = next(reason for reason in scored.reasons if reason.criterion is Criterion.CAPACITY)
    assert capacity.fine == MAX_POINTS[Criterion.CAPACITY] * UNIT * NEUTRAL // 100
    assert [one.kind for one in capacity.evidence] == ["neutral"]
    assert not [gap for gap in scored.gaps if gap.criterion is Criterion.CAPACITY]


def test_every_band_of_the_registry_is_known_to_matching() -> None:
    worth = capacity_points(lot(value_minor=100))
    assert all(f"t:{band}" in worth for band in TurnoverBand)
    assert all(f"e:{band}" in worth for band in EmployeesBand)
