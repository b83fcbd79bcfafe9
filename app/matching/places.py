"""Where: the points that declared areas, nearness and the seat are worth for work at one place."""

from collections.abc import Mapping
from functools import lru_cache

from app.matching.terms import UNKNOWN
from app.reference.service import distances_from, municipalities_of


def country_of(area: str) -> str:
    """Return the country of an area code: SE of SE-2281."""
    return area[:2]


def county_of(area: str) -> str | None:
    """Return the county of a county or municipality code: SE-22 of SE-2281; None for a country."""
    return area[:5] if len(area) >= 5 else None


def is_municipality(area: str) -> bool:
    """Say whether an area code names a municipality."""
    return len(area) == 7


@lru_cache(maxsize=1024)
def distances(place: str) -> Mapping[str, int]:
    """Return the kilometres from `place` to each municipality: from a county, those of its nearest municipality."""
    if len(place) != COUNTY_LENGTH:
        return distances_from(place)
    nearest: dict[str, int] = {}
    for inside in municipalities_of(place):
        for municipality, km in distances_from(inside.code).items():
            nearest[municipality] = min(km, nearest.get(municipality, km))
    return nearest


@lru_cache(maxsize=1024)
def place_points(place: str) -> Mapping[str, int]:
    """Return what each area term is worth for work at `place`, in per cent of the where points.

    Declared areas come first (municipality, county, country), then nearness: of a declared municipality, and less
    for the mere seat. Nothing stated at all is worth a little, so that silence is not the same as far away.
    """
    worth: dict[str, int] = {f"a:{UNKNOWN}": 0, f"m:{UNKNOWN}": 0}
    for municipality, km in distances(place).items():
        near = _nearness(km)
        worth[f"a:{municipality}"] = DECLARED_NEAR * near // 100
        worth[f"m:{municipality}"] = SEAT_NEAR * near // 100
        if county := county_of(municipality):
            worth[f"a:{county}"] = max(worth.get(f"a:{county}", 0), DECLARED_COUNTY_NEAR * near // 100)
    worth[f"a:{country_of(place)}"] = COUNTRY
    if county := county_of(place):
        worth[f"a:{county}"] = COUNTY
    if is_municipality(place):
        worth[f"m:{place}"] = SEAT
    worth[f"a:{place}"] = 100
    return {term: points for term, points in worth.items() if points > 0}


COUNTY_LENGTH = 5
COUNTY = 90
COUNTRY = 70
SEAT = 85
DECLARED_NEAR = 85
DECLARED_COUNTY_NEAR = 60
SEAT_NEAR = 75
HALF_AT_KM = 60


def _nearness(km: int) -> int:
    """Return 100 at the place itself, 50 at `HALF_AT_KM`, and less and less beyond."""
    return 100 * HALF_AT_KM * HALF_AT_KM // (HALF_AT_KM * HALF_AT_KM + km * km)
