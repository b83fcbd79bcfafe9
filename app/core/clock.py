"""The time of day, in one place."""

from calendar import monthrange
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_ZONES = {"SE": ZoneInfo("Europe/Stockholm"), "NO": ZoneInfo("Europe/Oslo")}


def now() -> datetime:
    """Return the present instant, in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def today(country: str = "SE") -> date:
    """Return the date in `country`, where days and deadlines are counted."""
    return datetime.now(_ZONES.get(country, _ZONES["SE"])).date()


def zone(country: str) -> ZoneInfo:
    """Return the time zone that deadlines in `country` are stated in."""
    return _ZONES.get(country, _ZONES["SE"])


def add_months(day: date, months: int) -> date:
    """Return the same day of the month `months` later (or earlier, when negative), or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
