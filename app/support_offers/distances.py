"""How far away an offer is given from where it was asked for. Pure: areas in, kilometres out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import Final

from app.reference import service as reference

_EARTH_RADIUS_KM: Final = 6371.0


@dataclass(frozen=True, slots=True)
class Near:
    """An offer that is given elsewhere: where it comes closest, and how far that is, if it can be told."""

    offer_id: str
    area: str | None
    distance_km: int | None


@lru_cache(maxsize=2048)
def middle_of(area: str) -> tuple[float, float] | None:
    """Return the middle of a municipality or county in degrees (latitude, longitude); None of a country."""
    found = reference.area(area)
    if found is None or not found.parent:
        return None
    known = [
        (one.lat, one.lon) for one in reference.municipalities_of(area) if one.lat is not None and one.lon is not None
    ]
    if not known:
        return None
    return sum(lat for lat, _ in known) / len(known), sum(lon for _, lon in known) / len(known)


@lru_cache(maxsize=8192)
def kilometres(one: str, other: str) -> int | None:
    """Return how far it is between the middles of two areas, in whole kilometres; None where one is a country."""
    start, end = middle_of(one), middle_of(other)
    if start is None or end is None:
        return None
    (lat, lon), (other_lat, other_lon) = (tuple(map(radians, place)) for place in (start, end))
    across = sin((other_lat - lat) / 2) ** 2
    along = cos(lat) * cos(other_lat) * sin((other_lon - lon) / 2) ** 2
    return round(2 * _EARTH_RADIUS_KM * asin(sqrt(min(1.0, across + along))))


def nearest_of(asked: Sequence[str], rows: Iterable[tuple[str, str | None, bool]], limit: int) -> list[Near]:
    """Return the closest offers of `rows` (offer, area or None, whether given at a distance), each once."""
    best: dict[str, tuple[tuple[int, int, str], Near]] = {}
    for offer_id, area, is_remote in rows:
        far = _from_any(asked, area)
        order = (0 if is_remote else 1 if far is not None else 2 if area else 3, far or 0, offer_id)
        if offer_id not in best or order < best[offer_id][0]:
            best[offer_id] = (order, Near(offer_id, area, far))
    return [near for _, near in sorted(best.values(), key=lambda pair: pair[0])[:limit]]


def _from_any(asked: Sequence[str], area: str | None) -> int | None:
    known = [far for one in asked if area and (far := kilometres(one, area)) is not None]
    return min(known) if known else None
