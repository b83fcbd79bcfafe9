"""The gap map as a picture, drawn on the server: a dot for each area, as large as its gaps, and bars for each need."""

from dataclasses import dataclass
from math import cos, radians, sqrt
from typing import Final

from app.gaps.schemas import GapMap, GapRow
from app.reference.service import municipalities_of

_WIDTH: Final = 420
_MARGIN: Final = 26
_TALLEST: Final = 560
_LARGEST: Final = 17
_SMALLEST: Final = 4


@dataclass(frozen=True, slots=True)
class Dot:
    """An area on the map: its middle, how large its dot is, how many gaps it has and how deep the colour."""

    x: int
    y: int
    radius: int
    gaps: int
    level: str


@dataclass(frozen=True, slots=True)
class DotMap:
    """The areas as dots, north up."""

    width: int
    height: int
    dots: list[Dot]


def dot_map(found: GapMap) -> DotMap | None:
    """Return a map of the rows that are parts, or None when there are not enough of them to be a map."""
    rows = [(row, place) for row in found.rows if not row.is_whole and (place := _middle(row)) is not None]
    if len(rows) < 3:
        return None
    lats, lons = [place[0] for _, place in rows], [place[1] for _, place in rows]
    squeeze = cos(radians(sum(lats) / len(lats)))
    wide, tall = max((max(lons) - min(lons)) * squeeze, 0.01), max(max(lats) - min(lats), 0.01)
    scale = min((_WIDTH - 2 * _MARGIN) / wide, (_TALLEST - 2 * _MARGIN) / tall)
    most = max([row.gaps for row, _ in rows] or [1]) or 1
    dots = [
        Dot(
            x=round(_MARGIN + (lon - min(lons)) * squeeze * scale),
            y=round(_MARGIN + (max(lats) - lat) * scale),
            radius=max(_SMALLEST, round(_LARGEST * sqrt(row.gaps / most))),
            gaps=row.gaps,
            level=level_of(row.gaps, most),
        )
        for row, (lat, lon) in rows
    ]
    # The small ones last, so that none lies under a large one.
    dots.sort(key=lambda dot: -dot.radius)
    return DotMap(round(2 * _MARGIN + wide * scale), round(2 * _MARGIN + tall * scale), dots)


def level_of(gaps: int, most: int) -> str:
    """Return how deep the colour of an area is, from `lv0` to `lv4`."""
    return f"lv{min(4, round(4 * gaps / most))}" if most else "lv0"


def _middle(row: GapRow) -> tuple[float, float] | None:
    if row.area is None:
        return None
    known = [(one.lat, one.lon) for one in municipalities_of(row.area) if one.lat is not None and one.lon is not None]
    return (sum(lat for lat, _ in known) / len(known), sum(lon for _, lon in known) / len(known)) if known else None
