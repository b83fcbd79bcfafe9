"""Organisation numbers, the numbers of persons among them, and how long a statement counts."""

from datetime import date

import pytest

from app.core.clock import add_months
from app.enterprises.rules import STATEMENT_MONTHS, statement_counts


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("212000-0142", "2120000142"),
        ("2120000142", "2120000142"),
        (" 212000 0142 ", "2120000142"),
        ("974 760 673", "974760673"),
        ("974760673", "974760673"),
        (None, None),
        ("", None),
        ("  ", None),
    ],
)
def test_organisation_numbers_are_kept_compact(number: str | None, kept: str | None):
    assert check_organisation_number(number) == kept


@pytest.mark.parametrize(
    "number", ["811228-9874", "8112289874", "19811228-9874", "198112289874", "701063-2391", "811228-9875"]
)
def test_a_personal_number_is_refused_as_one(number: str):
    with pytest.raises(ValueError, match="personal identity number"):
        check_organisation_number(number)


@pytest.mark.parametrize("number", ["212000-0143", "974760674", "12", "abc", "²²²²²²²²²²", "٢١٢٠٠٠٠١٤٢", "1" * 300])
def test_what_is_no_organisation_number_is_refused(number: str):
    with pytest.raises(ValueError, match="not a Swedish or Norwegian"):
        check_organisation_number(number)


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
