"""Figures drawn on the server: plain SVG attributes, no style, no script."""

import hashlib
from dataclasses import dataclass
from math import cos, radians

from app.matching.vocabulary import MAX_POINTS
from app.reference.service import ancestors, area, area_label, municipalities_of

_WIDTH, _MARGIN, _EDGE = 288, 20, 16
_TALLEST, _SHORTEST = 320, 120
_MOST_POINTS = 24


# The columns of the words under a score bar: as wide as the criteria's most points, which matching decides.
POINTS_CSS = f":root {{ --points: {' '.join(f'minmax(0, {most}fr)' for most in MAX_POINTS.values())}; }}\n"
POINTS_PATH = "/static/points.css"
POINTS_ADDRESS = f"{POINTS_PATH}?v={hashlib.sha256(POINTS_CSS.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Point:
    """A municipality on the map: where its dot stands, and where its name is written."""

    name: str
    x: int
    y: int
    text_x: int
    text_y: int
    anchor: str
    is_seat: bool
    is_named: bool


@dataclass(frozen=True, slots=True)
class AreaMap:
    """The service area as dots, with lines from the seat."""

    width: int
    height: int
    points: list[Point]
    lines: list[str]
    description: tuple[str, ...]


def service_area_map(seat: str | None, served: list[str], language: str) -> AreaMap | None:
    """Return a map of the municipalities served, or None when they are not known or too many to draw."""
    codes = _municipalities(served)
    if seat and area(seat):
        codes = list(dict.fromkeys([*codes, seat]))
    known = [(code, found.lat, found.lon) for code in codes if (found := area(code)) and found.lat and found.lon]
    if not 2 <= len(known) <= _MOST_POINTS:
        return None
    placed, height = _placed([(lat, lon) for _, lat, lon in known])
    points = _points([code for code, _, _ in known], placed, seat, language)
    home = next((point for point in points if point.is_seat), None)
    lines = [_line(home, point) for point in points if home and not point.is_seat]
    return AreaMap(_WIDTH, height, points, lines, tuple(point.name for point in points))


def _municipalities(served: list[str]) -> list[str]:
    """Return the municipalities of the counties and municipalities served; none for a whole country."""
    found = [m.code for code in served if ancestors(code) for m in municipalities_of(code)]
    return list(dict.fromkeys(found))


def _placed(places: list[tuple[float, float]]) -> tuple[list[tuple[int, int]], int]:
    """Return each place in pixels, north up, with a degree of longitude as wide as it is at this latitude."""
    lats = [lat for lat, _ in places]
    squeeze = cos(radians(sum(lats) / len(lats)))
    across = [lon * squeeze for _, lon in places]
    width, height = max(across) - min(across), max(lats) - min(lats)
    scale = min((_WIDTH - 2 * _MARGIN) / max(width, 0.01), (_TALLEST - 2 * _EDGE) / max(height, 0.01))
    tall = max(_SHORTEST, round(height * scale) + 2 * _EDGE)
    left = (_WIDTH - width * scale) / 2
    top = (tall - height * scale) / 2
    return [
        (round(left + (x - min(across)) * scale), round(top + (max(lats) - lat) * scale))
        for x, lat in zip(across, lats, strict=True)
    ], tall


def _points(codes: list[str], placed: list[tuple[int, int]], seat: str | None, language: str) -> list[Point]:
    """Return the points; a name is left out where it would lie on another, the seat's never."""
    taken: list[tuple[int, int, int, int]] = []
    points = []
    for code, (x, y) in sorted(zip(codes, placed, strict=True), key=lambda item: (item[0] != seat, item[1][1])):
        name = area_label(code, language)
        anchor = "end" if x > _WIDTH / 2 else "start"
        text_x = x - 11 if anchor == "end" else x + 11
        width = 7 * len(name)
        left = text_x - width if anchor == "end" else text_x
        box = (left, y - 8, left + width, y + 8)
        fits = left >= 0 and box[2] <= _WIDTH and not any(_meet(box, other) for other in taken)
        if fits or code == seat:
            taken.append(box)
        points.append(Point(name, x, y, text_x, y + 4, anchor, code == seat, fits or code == seat))
    return points


def _meet(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _line(home: Point, point: Point) -> str:
    """Return a slightly bent line from the seat, as SVG path data."""
    bend_x = (home.x + point.x) // 2 - (point.y - home.y) // 12
    bend_y = (home.y + point.y) // 2 - (home.x - point.x) // 12
    return f"M{home.x} {home.y}Q{bend_x} {bend_y} {point.x} {point.y}"
