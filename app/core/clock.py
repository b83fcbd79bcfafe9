"""The time of day, in one place."""

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
