"""How long a statement counts, and when a record has to be confirmed again."""

from datetime import date

import pytest

from app.core.clock import add_months
from app.enterprises.rules import (
    CONFIRMED_MONTHS,
    STATEMENT_MONTHS,
    confirmed_enough,
    needs_reconfirmation,
    statement_counts,
)


@pytest.mark.parametrize(
    ("state", "on", "valid_until", "today", "counts"),
    [
        ("declared", None, None, "2026-11-21", True),
        ("verified", None, None, "2026-11-21", True),
        ("expired", None, None, "2026-11-21", False),
        ("denied", "2026-11-21", "2027-01-01", "2026-11-21", False),
        ("declared", "2026-11-21", None, "2026-11-21", True),
        ("declared", "2026-11-22", None, "2026-11-21", False),
        ("verified", "2024-11-21", None, "2026-11-21", True),
        ("verified", "2024-11-20", None, "2026-11-21", False),
        ("verified", "2024-11-20", "2027-01-01", "2026-11-21", False),
        ("verified", None, "2026-11-21", "2026-11-21", True),
        ("verified", None, "2026-11-20", "2026-11-21", False),
        ("declared", "2026-01-01", "2026-11-20", "2026-11-21", False),
        # 24 months after the last of February, whichever that is.
        ("declared", "2024-02-29", None, "2026-02-28", True),
        ("declared", "2024-02-29", None, "2026-03-01", False),
        ("declared", "2026-02-28", None, "2028-02-28", True),
        ("declared", "2026-02-28", None, "2028-02-29", False),
        ("declared", "2026-03-01", None, "2028-02-29", True),
    ],
)
def test_a_statement_counts_on_a_day(state: str, on: str | None, valid_until: str | None, today: str, counts: bool):
    said, until = (date.fromisoformat(day) if day else None for day in (on, valid_until))
    assert statement_counts(state, said, until, date.fromisoformat(today)) is counts


def test_a_statement_counts_until_its_months_have_passed():
    """The rule looks back from today; looking forward from each day of a leap cycle says the same."""
    days = [date.fromordinal(number) for number in range(date(2024, 1, 1).toordinal(), date(2028, 4, 1).toordinal())]
    for on in days[::3]:
        last = add_months(on, STATEMENT_MONTHS)
        assert statement_counts("declared", on, None, last)
        assert not statement_counts("declared", on, None, date.fromordinal(last.toordinal() + 1))


@pytest.mark.parametrize(
    ("confirmed_on", "waits"),
    [
        (None, True),
        ("2025-11-20", True),
        ("2025-11-21", False),
        ("2026-11-21", False),
        ("2027-01-01", False),
    ],
)
def test_a_record_is_confirmed_for_a_year(confirmed_on: str | None, waits: bool):
    day = date.fromisoformat(confirmed_on) if confirmed_on else None
    assert needs_reconfirmation(day, date(2026, 11, 21)) is waits


def test_a_year_from_a_leap_day_is_the_last_of_february():
    assert add_months(confirmed_enough(date(2028, 2, 29)), CONFIRMED_MONTHS) == date(2028, 2, 28)
    assert not needs_reconfirmation(date(2027, 2, 28), date(2028, 2, 29))
