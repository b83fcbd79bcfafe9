"""Turns what a notice says about a place into our area codes; places of other countries are kept as they came."""

from dataclasses import dataclass, field
from functools import lru_cache

from babel.core import get_global

from app.core.i18n import N_
from app.notices.fields import places
from app.notices.reader import Reader
from app.notices.xml import Element, text_of
from app.reference import service as reference
from app.reference.vocabulary import ForeignArea, UnknownArea

OUR_COUNTRIES = ("SE", "NO")
# eForms BT-727: no place at all, or the whole European Economic Area: then both our countries are meant.
_ANYWHERE = frozenset({"anyw", "anyw-eea"})
_LONGEST_TOWN = 300
_REGIONS = _ANYWHERE | {"anyw-cou"}


@dataclass
class Places:
    """Where something is done: our codes, and other countries' codes as they came (then the place is unknown to us)."""

    areas: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.areas or self.foreign)

    def distinct(self) -> "Places":
        """Return the same places, each once."""
        return Places(list(dict.fromkeys(self.areas)), list(dict.fromkeys(self.foreign)))


def country_code(text: str) -> str | None:
    """Return the two letters of a country given with three (`SWE`) or two, or None for something else."""
    known = get_global("territory_aliases").get(text) if len(text) == 3 else None
    code = str(known[0]) if known else text
    return code if len(code) == 2 and (code in OUR_COUNTRIES or reference.is_foreign(code)) and code.isupper() else None


def places_of(reader: Reader, owner: Element, buyer_country: str) -> Places:
    """Return the places of performance of a procedure (the root) or a lot."""
    found = Places()
    for place in places(owner):
        one = _place(reader, place, buyer_country)
        found.areas += one.areas
        found.foreign += one.foreign
    return found.distinct()


def area_of_buyer(reader: Reader, organisation: Element, name: str, country: str) -> str | None:
    """Return the buyer's municipality where its name or town says it, else its county, else its country.

    None for a buyer of another country.
    """
    if country not in OUR_COUNTRIES:
        reader.elements("BT-507", "organisation", organisation)
        return None
    within = _nuts(reader, "BT-507", "organisation", organisation).areas or [country]
    town = reader.code("BT-513", "organisation", organisation)
    for text in (name, town):
        if municipality := _municipality(text, within):
            return municipality
    return within[0] if len(within) == 1 else country


def _place(reader: Reader, place: Element, buyer_country: str) -> Places:
    found = _nuts(reader, "BT-5071", "place", place)
    region = reader.element("BT-727", "place", place)
    country = _country(reader, place) or buyer_country
    if region is not None and reader.one_of("BT-727", region, frozenset(_REGIONS)) in _ANYWHERE:
        return Places([*found.areas, *OUR_COUNTRIES], found.foreign)
    if not found and (region is not None or reader.elements("BT-5141", "place", place)):
        found = Places([country], []) if country in OUR_COUNTRIES else Places([], [country])
    town = reader.code("BT-5131", "place", place)
    if found.areas and (municipality := _municipality(town, found.areas)):
        return Places([municipality], found.foreign)
    return found


def _country(reader: Reader, place: Element) -> str | None:
    element = reader.element("BT-5141", "place", place)
    if element is None:
        return None
    code = country_code(text_of(element))
    if code is None:
        reader.fault("BT-5141", element, f"{text_of(element)[:40]!r} is not a country code")
    return code


def _nuts(reader: Reader, number: str, scope: str, base: Element) -> Places:
    found = Places()
    for element in reader.elements(number, "place" if scope == "place" else "organisation", base):
        code = text_of(element)
        try:
            found.areas += reference.parse_area(code)
        except ForeignArea:
            found.foreign.append(code)
        except UnknownArea:
            reader.fault(number, element, f"{code[:40]!r} is not a NUTS code")
    if len(found.areas) > 1 and found.areas and scope == "place":
        reader.remark(
            number,
            reader.elements(number, "place", base)[0],
            N_("The region is an older one or a large one: it is read as {count} of today's counties."),
            count=len(found.areas),
        )
    return found


def _municipality(text: str, within: list[str]) -> str | None:
    """Return the one municipality of this name in any of these areas, or None."""
    if not text:
        return None
    named = [code for code in _called(text[:_LONGEST_TOWN]) if any(reference.covers(area, code) for area in within)]
    return named[0] if len(named) == 1 else None


@lru_cache(maxsize=256)
def _called(town: str) -> tuple[str, ...]:
    """Return the municipalities of this name; the lots of a notice mostly lie in the same few."""
    return tuple(found.code for found in reference.municipality_named(town))
