"""Days as the law counts them."""

from datetime import date

import pytest

from app.legal.days import is_free, last_day, rolled_on

FREE = [
    ("SE", "2026-11-21", "a Saturday"),
    ("SE", "2026-11-22", "a Sunday"),
    ("SE", "2026-01-06", "Epiphany"),
    ("SE", "2026-06-19", "Midsummer Eve"),
    ("SE", "2026-12-24", "Christmas Eve"),
    ("SE", "2026-12-31", "New Year's Eve"),
    ("SE", "2027-03-26", "Good Friday"),
    ("NO", "2026-05-25", "Whit Monday"),
    ("NO", "2027-05-17", "the national day, a Monday"),
    ("NO", "2026-04-02", "Maundy Thursday"),
]
WORKING = [
    ("SE", "2026-05-25", "Whit Monday is no holiday in Sweden"),
    ("SE", "2027-05-17", "an ordinary Monday in Sweden"),
    ("SE", "2026-04-02", "Maundy Thursday is no holiday in Sweden"),
    ("SE", "2026-04-30", "the day before May Day is half a day off, by custom"),
    ("NO", "2026-01-06", "Epiphany is no holiday in Norway"),
    ("NO", "2026-12-24", "Christmas Eve is not a day off by law in Norway"),
]


@pytest.mark.parametrize(("country", "day", "why"), FREE)
def test_a_free_day(country: str, day: str, why: str):
    assert is_free(date.fromisoformat(day), country), why


@pytest.mark.parametrize(("country", "day", "why"), WORKING)
def test_a_working_day(country: str, day: str, why: str):
    assert not is_free(date.fromisoformat(day), country), why


ROLLS = [
    # The day of sending is not counted.
    ("SE", "2026-11-23", 10, "2026-12-03"),
    # To a Friday that is Midsummer Eve: on to Monday.
    ("SE", "2026-06-09", 10, "2026-06-22"),
    # To Christmas Eve: over Christmas and the weekend after.
    ("SE", "2026-12-14", 10, "2026-12-28"),
    ("NO", "2026-12-14", 10, "2026-12-24"),
    # To New Year's Eve: over New Year's Day, a Friday, and the weekend after.
    ("SE", "2026-12-21", 10, "2027-01-04"),
    # Over the turn of a leap year.
    ("SE", "2028-02-18", 10, "2028-02-28"),
]


@pytest.mark.parametrize(("country", "start", "days", "until"), ROLLS)
def test_a_last_day_that_is_free_rolls_on(country: str, start: str, days: int, until: str):
    assert last_day(date.fromisoformat(start), days, country) == date.fromisoformat(until)


def test_a_working_day_stays():
    assert rolled_on(date(2026, 11, 23), "SE") == date(2026, 11, 23)
