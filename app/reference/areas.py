"""Areas: Sweden and Norway, their counties and municipalities, looked up in memory.

Samnod's codes are `SE`, `SE-22` (county), `SE-2281` (municipality); NUTS codes are read as well. The hyphen matters:
`SE-22` is the county of Västernorrland, `SE22` is the NUTS region Sydsverige.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from operator import itemgetter
from types import MappingProxyType

from babel import Locale
from babel.core import get_global

from app.core.errors import Message
from app.core.i18n import N_
from app.core.text import fold, sort_key
from app.reference.files import rows
from app.reference.vocabulary import Area, ForeignArea, Region, UnknownArea

_WHOLE_NAME, _NOT_AT_ALL = 3, 6
_EARTH_RADIUS_KM = 6371.0088
_NUTS = re.compile(r"[A-Z]{2}[A-Z0-9]{0,3}")
_ISO_THREE = {"SWE": "SE", "NOR": "NO"}
# Who has NUTS or statistical regions; Greece and the United Kingdom are EL (GR before 2010) and UK there.
_NUTS_COUNTRIES = frozenset(
    {"AL", "AT", "BA", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IS"}
    | {"IT", "LI", "LT", "LU", "LV", "MD", "ME", "MK", "MT", "NL", "PL", "PT", "RO", "RS", "SI", "SK", "TR", "UA"}
    | {"GR", "UK", "XK"}
)
# What the territory list holds that is no country: groups of states and test codes.
_NO_COUNTRY = frozenset({"SE", "NO", "EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
_KIND_WORDS = re.compile(r"\s+(kommun(?:er|e)?|lan|fylke|county|municipality)$")


def area(code: str) -> Area | None:
    """Return the area with exactly this code, or None. For text from outside use `parse_area`."""
    return _areas().get(code)


def countries() -> list[Area]:
    """Return the two countries."""
    return [found for found in _areas().values() if found.level == "country"]


def counties_of(country: str) -> list[Area]:
    """Return the counties of a country (`SE`), in alphabetical order."""
    return [a for a in _in_order() if a.level == "county" and a.parent == country]


def municipalities_of(code: str) -> list[Area]:
    """Return the municipalities in a country or county, in alphabetical order; a municipality gives itself."""
    return [a for a in _in_order() if a.level == "municipality" and code in {a.code, a.parent, a.country}]


def all_areas() -> list[Area]:
    """Return every area: countries, counties, municipalities, each in alphabetical order."""
    return list(_in_order())


def ancestors(code: str) -> list[str]:
    """Return the areas that hold this one, nearest first: `SE-2281` gives `SE-22`, `SE`."""
    found = _areas().get(code)
    return [found.parent, *ancestors(found.parent)] if found and found.parent else []


def covers(outer: str, inner: str) -> bool:
    """Tell whether `inner` lies in `outer`, or is the same area."""
    return outer == inner or outer in ancestors(inner)


def parse_area(text: str) -> list[str]:
    """Return the area codes that `text` stands for: one for an area code, one or more for a NUTS region.

    A NUTS 3 region of any edition gives today's counties, a NUTS 1 or 2 region the counties within it, and one that
    holds no county (Svalbard, Jan Mayen, Extra-Regio) its country. Raises `ForeignArea` for another country's code and
    `UnknownArea` for anything else.
    """
    code = text.strip().upper()
    code = _ISO_THREE.get(code, code)
    if code in _areas():
        return [code]
    if region := _regions().get(code):
        return list(region.counties) if region.counties and region.level > 0 else [code[:2]]
    if is_foreign(code):
        raise ForeignArea(Message(N_("{text} is a place outside Sweden and Norway"), text=repr(text)))
    told = N_("{text} is no area code: write SE, SE-22, SE-2281 or a NUTS code")
    raise UnknownArea(Message(told, text=repr(text)))


def parse_one_area(text: str) -> str:
    """Return the smallest area of ours that holds all of `text`: a NUTS region of several counties gives its country.

    Raises as `parse_area` does.
    """
    codes = parse_area(text)
    return codes[0] if len(codes) == 1 else codes[0][:2]


def is_foreign(text: str) -> bool:
    """Tell whether `text` is a country code (ISO 3166, two or three letters) or NUTS code of another country."""
    code = text.strip().upper()
    if code in _ISO_THREE or not _NUTS.fullmatch(code):
        return False
    if len(code) == 3 and code in get_global("territory_aliases"):
        return True
    return code[:2] in _NUTS_COUNTRIES if len(code) > 2 else code in _foreign_countries()


def nuts(code: str) -> Region | None:
    """Return the NUTS region with this code (2016 to 2024, Sweden and Norway), or None."""
    return _regions().get(code)


def nuts_regions() -> list[Region]:
    """Return every NUTS region of Sweden and Norway, by code."""
    return list(_regions().values())


def area_label(code: str, language: str) -> str:
    """Return the name to show; two municipalities of one name are told apart by county: "Herøy (Nordland)".

    A code that we do not know is shown as it is.
    """
    found = _areas().get(code)
    if found is None:
        region = _regions().get(code)
        return region.name if region else code
    name = found.name(language)
    if found.level == "municipality" and found.parent and _namesakes()[name] > 1:
        return f"{name} ({_areas()[found.parent].name(language)})"
    return name


def find_areas(words: str, limit: int = 10) -> list[Area]:
    """Return the areas that `words` may mean: the exact name first, then names that begin so, then inner words.

    "Sundsvall", "Kramfors kommun", "Västernorrland", "Tråante" and an area or NUTS code all work, in any spelling of
    å, ä/æ and ö/ø. Larger areas come before smaller ones within each kind, then the alphabet decides.
    """
    wanted = _plain(words)
    if not wanted:
        return []
    try:
        meant = parse_area(words)
    except UnknownArea:
        # "Herøy (Nordland)", as `area_label` writes it.
        meant = [found.code for found in municipality_named(words)] if re.search(r"[(,]", words) else []
    said = " ".join(words.split()).casefold()
    folded = fold(said)
    ranked = [(_rank(found, wanted, said, folded, meant), found) for found in _in_order()]
    fitting = sorted((pair for pair in ranked if pair[0] < _NOT_AT_ALL), key=itemgetter(0))
    found = [area for _, area in fitting]
    if not fitting or fitting[0][0] > _WHOLE_NAME:
        # "Vestfold og Telemark", "Mellersta Norrland": a region that is no county of today.
        region = [_areas()[code] for code in _regions_by_name().get(wanted, ())]
        found = [*region, *(area for area in found if area not in region)]
    return found[:limit]


def _rank(found: Area, wanted: str, said: str, folded: str, meant: list[str]) -> int:
    """Say how well an area answers a search: 0 best, `_NOT_AT_ALL` worst."""
    names = _names()[found.code]
    if found.code in meant:
        return 0
    if said == found.name_sv.casefold():
        return 1
    if folded == names[0]:
        return 2
    if wanted in names:
        return _WHOLE_NAME
    if any(name.startswith(wanted) for name in names):
        return 4
    return 5 if any(f" {wanted}" in name for name in names) else _NOT_AT_ALL


def municipality_named(text: str) -> list[Area]:
    """Return the municipalities with this name: none, one, or two for "Herøy"; "Herøy (Nordland)" gives one."""
    name, _, county = re.sub(r"[()]", ",", text).partition(",")
    wanted, within = _plain(name), _plain(county.strip(" ,"))
    found = [
        found
        for found in _in_order()
        if found.level == "municipality"
        and wanted in _names()[found.code]
        and (not within or any(within in _names()[above] for above in ancestors(found.code)))
    ]
    # Habo is not Håbo for who can write å.
    as_written = [one for one in found if one.name_sv.casefold() == " ".join(name.split()).casefold()]
    return as_written or found


def areas_named(text: str) -> list[Area]:
    """Return the areas that a name stands for: "Sundsvall", "Västernorrlands län", "Norge", "Mellersta Norrland".

    A county is meant when the text says so; of a municipality and a county with one name ("Stockholm") the smaller.
    Several when municipalities share a name ("Herøy"), or when a region has more than one county.
    """
    kind = _KIND_WORDS.search(fold(" ".join(text.split())))
    if (not kind or kind[1].startswith(("kommun", "municip"))) and (found := municipality_named(text)):
        return found
    wanted = _plain(text)
    larger = [found for found in _in_order() if found.level != "municipality" and wanted in _names()[found.code]]
    return larger or [_areas()[code] for code in _regions_by_name().get(wanted, ())]


def distance_km(one: str, other: str) -> int | None:
    """Return the distance between the centroids of two municipalities in whole kilometres, or None if either is not."""
    return distances_from(one).get(other)


@lru_cache(maxsize=1024)
def distances_from(code: str) -> Mapping[str, int]:
    """Return the distance in whole kilometres from a municipality to every municipality, itself included (0).

    Great-circle distance between centroids rounded to a hundredth of a degree: good to a kilometre or so, and no
    measure of how long the road is. Empty for anything that is not a municipality.
    """
    start = _areas().get(code)
    if start is None or start.lat is None or start.lon is None:
        return MappingProxyType({})
    lat, lon = math.radians(start.lat), math.radians(start.lon)
    cos_lat = math.cos(lat)
    return MappingProxyType(
        {
            other: round(
                2 * _EARTH_RADIUS_KM * math.asin(math.sqrt(_haversine(lat, lon, cos_lat, other_lat, other_lon)))
            )
            for other, other_lat, other_lon in _centroids()
        }
    )


def _haversine(lat: float, lon: float, cos_lat: float, other_lat: float, other_lon: float) -> float:
    across = math.sin((other_lat - lat) / 2) ** 2
    along = math.sin((other_lon - lon) / 2) ** 2
    return min(1.0, across + cos_lat * math.cos(other_lat) * along)


@cache
def _centroids() -> tuple[tuple[str, float, float], ...]:
    return tuple(
        (a.code, math.radians(a.lat), math.radians(a.lon))
        for a in _areas().values()
        if a.lat is not None and a.lon is not None
    )


@cache
def _areas() -> dict[str, Area]:
    return {row["code"]: _area_of(row) for row in rows("areas.csv")}


def _area_of(row: dict[str, str]) -> Area:
    code = row["code"]
    return Area(
        code=code,
        country=code[:2],
        level="municipality" if row["lat"] else "county" if row["parent"] else "country",
        name_sv=row["sv"],
        name_nb=row["nb"],
        name_en=row["en"],
        parent=row["parent"] or None,
        lat=float(row["lat"]) if row["lat"] else None,
        lon=float(row["lon"]) if row["lon"] else None,
    )


@cache
def _in_order() -> tuple[Area, ...]:
    levels = {"country": 0, "county": 1, "municipality": 2}
    return tuple(sorted(_areas().values(), key=lambda a: (levels[a.level], sort_key(a.name_sv), a.code)))


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """Every folded name of each area: in three languages, in short, former, each part of "Trondheim - Tråante"."""
    return {row["code"]: tuple(dict.fromkeys(_folded_names(row))) for row in rows("areas.csv")}


def _folded_names(row: dict[str, str]) -> Iterator[str]:
    for name in (row["sv"], row["nb"], row["en"], *row["also"].split("|")):
        for part in (name, *name.split(" - ")):
            if part:
                yield fold(part)
                yield _plain(part)


def _plain(name: str) -> str:
    """Return a name folded, without "kommun", "län", "fylke"."""
    return _KIND_WORDS.sub("", fold(" ".join(name.split())))


@cache
def _namesakes() -> Counter[str]:
    return Counter(a.name_sv for a in _areas().values() if a.level == "municipality")


@cache
def _regions() -> dict[str, Region]:
    return {
        row["code"]: Region(
            code=row["code"],
            level=int(row["level"]),
            name=row["name"],
            edition=row["edition"] or None,
            counties=tuple(row["counties"].split()),
        )
        for row in rows("nuts.csv")
    }


@cache
def _regions_by_name() -> dict[str, tuple[str, ...]]:
    return {
        _plain(name): region.counties
        for region in _regions().values()
        for name in region.name.split("/")
        if region.level
    }


@cache
def _foreign_countries() -> frozenset[str]:
    known = frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha())
    return (known | _NUTS_COUNTRIES) - _NO_COUNTRY
