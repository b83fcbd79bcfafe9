"""Days as the law counts them: the day something happens is not counted, and a last day that is free rolls on.

Sweden: lagen (1930:173) om beräkning av lagstadgad tid, where Saturdays, Midsummer Eve, Christmas Eve and New Year's
Eve count as free too. Norway: domstolloven § 149.
"""

from datetime import date, timedelta
from functools import cache
from typing import Final

_WEEKEND: Final = 5


def last_day(start: date, days: int, country: str) -> date:
    """Return the last of `days` days after `start` in `SE` or `NO`, rolled on to the next day that is not free."""
    return rolled_on(start + timedelta(days=days), country)


def rolled_on(day: date, country: str) -> date:
    """Return `day`, or when it is a Saturday, a Sunday or a public holiday the next day that is none."""
    while is_free(day, country):
        day += timedelta(days=1)
    return day


def is_free(day: date, country: str) -> bool:
    """Tell whether `day` is a Saturday, a Sunday or a day off by law in the country."""
    return day.weekday() >= _WEEKEND or day in _days_off(country, day.year)


@cache
def _days_off(country: str, year: int) -> frozenset[date]:
    # Imported when first needed: the package takes half a second, and most commands count no days.
    from holidays import country_holidays

    categories = ("public", "de_facto") if country == "SE" else ("public",)
    return frozenset(country_holidays(country, years=year, categories=categories))
