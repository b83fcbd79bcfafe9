"""Where: the points that declared areas, nearness and the seat are worth for work at one place."""

from collections.abc import Mapping
from functools import lru_cache

from app.reference.service import distances_from, municipalities_of


def country_of(area: str) -> str:
    """Return the country of an area code: SE of SE-2281."""
    return area[:2]


def county_of(area: str) -> str | None:
    """Return the county of a county or municipality code: SE-22 of SE-2281; None for a country."""
    return area[:5] if len(area) >= 5 else None


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

    Declared areas that hold the place come first (municipality, county, country). Otherwise nearness counts: of a
    declared municipality or county, with something extra inside the county, and a little less for the mere seat.
    """
    if len(place) == COUNTRY_LENGTH:
        return _anywhere_in(place)
    worth: dict[str, int] = {}
    county = county_of(place)
    for municipality, km in distances(place).items():
        near = nearness(km) * (100 - SAME_COUNTY) // 100
        near += SAME_COUNTY if county and county_of(municipality) == county else 0
        worth[f"a:{municipality}"] = min(near, COUNTY)
        worth[f"m:{municipality}"] = SEAT * near // 100
        other = f"a:{county_of(municipality)}"
        worth[other] = max(worth.get(other, 0), DECLARED_COUNTY * near // 100)
    worth[f"a:{country_of(place)}"] = COUNTRY
    if county:
        worth[f"a:{county}"] = COUNTY
    worth[f"a:{place}"] = 100
    return {term: points for term, points in worth.items() if points > 0}


def _anywhere_in(country: str) -> Mapping[str, int]:
    """Return what each area term within a country is worth when nothing narrower is asked: the more, the wider."""
    worth = {f"a:{country}": 100}
    for municipality in municipalities_of(country):
        worth[f"a:{county_of(municipality.code)}"] = COUNTY_OF_COUNTRY
        worth[f"a:{municipality.code}"] = PART_OF_COUNTRY
        worth[f"m:{municipality.code}"] = PART_OF_COUNTRY
    return worth


COUNTRY_LENGTH = 2
COUNTY_OF_COUNTRY = 80
PART_OF_COUNTRY = 70
COUNTY_LENGTH = 5
COUNTY = 90
COUNTRY = 75
SEAT = 85
DECLARED_COUNTY = 70
SAME_COUNTY = 10
HALF_AT_KM = 160
FARTHEST_KM = 400


def nearness(km: int) -> int:
    """Return 100 at the place itself, 50 at `HALF_AT_KM`, less and less beyond, and nothing past `FARTHEST_KM`.

    The end keeps a question from asking the index for half a thousand municipalities that are worth a point each.
    """
    if km > FARTHEST_KM:
        return 0
    return 100 * HALF_AT_KM * HALF_AT_KM // (HALF_AT_KM * HALF_AT_KM + km * km)


MOST_PLACES = 12


def folded(places: tuple[str, ...]) -> tuple[str, ...]:
    """Return at most a dozen places that stand for all of them: by county, then by country, when there are more.

    A contract in more than a dozen municipalities is a regional one; a plan of four hundred places would cost seconds.
    """
    for length in (COUNTY_LENGTH, COUNTRY_LENGTH):
        if len(places) <= MOST_PLACES:
            break
        places = tuple(dict.fromkeys(place[:length] for place in places))
    return places
