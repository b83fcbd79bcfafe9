"""What people write in the cells of a table, read as values of the registry.

Each function takes a cell that is not empty and returns a value that the schemas know, or raises `ValueError` with a
`Message` that says what to write instead. Names of places and of codes are looked up in the reference lists.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache

from app.core.errors import Message
from app.core.i18n import N_
from app.core.text import fold, tokens
from app.enterprises.spreadsheet import Cell
from app.enterprises.vocabulary import EmployeesBand, Kind, Lifecycle, Ownership, Reservation, TurnoverBand
from app.reference import service as reference
from app.reference.vocabulary import Area

_LANGUAGES = ("sv", "nb", "en")
_COUNTRIES = {"se": "SE", "swe": "SE", "sverige": "SE", "sweden": "SE"} | {
    "no": "NO", "nor": "NO", "norge": "NO", "noreg": "NO", "norway": "NO",
}  # fmt: skip
_YES = frozenset({"ja", "j", "yes", "y", "x", "true", "sant", "1"})
_NO = frozenset({"nej", "nei", "n", "no", "false", "falskt", "usant", "0"})
_NOBODY_KNOWS = frozenset({"", "vet ej", "vet inte", "vet ikke", "okand", "ukjent", "unknown", "oklart", "uklart"})
_KINDS: Mapping[Kind, str] = {
    Kind.ENTERPRISE: "företag, verksamhet, bedrift, virksomhet, foretak, socialt företag, sosialt foretak, asf",
    Kind.PROJECT: "projekt, prosjekt",
    Kind.NETWORK: "nätverk, nettverk",
    Kind.ASSOCIATION: "förening, forening, lag",
    Kind.EVENT: "evenemang, arrangement",
}
_LIFECYCLES: Mapping[Lifecycle, str] = {
    Lifecycle.PLANNED: "planerad, planerat, planlagt, under planering",
    Lifecycle.PILOT: "pilot, försök, forsøk",
    Lifecycle.ACTIVE: "aktiv, aktivt, i drift, verksam, driver",
    Lifecycle.PAUSED: "vilande, pausad, hvilende, pauset, satt på pause",
    Lifecycle.UNKNOWN: "okänd, okänt, ukjent, vet ej, vet ikke",
    Lifecycle.CLOSED: "avslutad, avslutat, nedlagd, nedlagt, avviklet, upphörd",
}
# Short names that are nobody's label.
_LEGAL_FORMS = {
    "SE": {"ab": "ab", "ab svb": "ab_svb", "ek for": "ek_for", "ekonomisk forening": "ek_for", "ideell": "ideell"},
    "NO": {"as": "as", "enk": "enk", "kf": "kf", "sa": "samvirke", "samvirke": "samvirke", "sti": "stiftelse"},
}
_EMPLOYEES = [
    (0, EmployeesBand.NONE),
    (4, EmployeesBand.FROM_1),
    (9, EmployeesBand.FROM_5),
    (19, EmployeesBand.FROM_10),
    (49, EmployeesBand.FROM_20),
    (249, EmployeesBand.FROM_50),
]
_TURNOVERS = [
    (1, TurnoverBand.UNDER_1),
    (3, TurnoverBand.FROM_1),
    (10, TurnoverBand.FROM_3),
    (50, TurnoverBand.FROM_10),
]
_ABOUT = re.compile(
    r"^(?:ca|cirka|circa|omkring|runt|rundt|about|approx)\b\.?\s*|\s*(?:st|stk|pers\w*|anst\w*)\.?$", re.I
)
_UNITS = [
    (re.compile(r"mkr|msek|mnok|mill|mio", re.I), 1.0),
    (re.compile(r"tkr|tusen|thousand|ksek|knok", re.I), 0.001),
    (re.compile(r"kr\b|kronor|kroner|sek|nok", re.I), 0.000_001),
]
# A bare number this large can only be kronor: no social enterprise turns over a hundred milliard.
_SURELY_KRONOR = 100_000
_MANY_CHOICES = 400
_WEB = re.compile(r"^[a-z][a-z0-9+.-]*://", re.I)
_DOMAIN = re.compile(r"^(?:[\w-]+\.)+[a-z]{2,}(?:/.*)?$", re.I)


def text(value: Cell) -> str:
    """Return a cell as text: a number without the decimals that a spreadsheet gives it, a date as 2026-11-21."""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):
        return value.isoformat()
    said = "" if value is None else str(value).strip()
    # What an export put before a text so that no spreadsheet takes it for a formula.
    return said[1:] if said[:1] == "'" and said[1:2] in {"=", "+", "-", "@"} else said


def several(value: Cell, separators: str = ";|\n,") -> list[str]:
    """Return the parts of a list in a cell."""
    return list(dict.fromkeys(part.strip() for part in re.split(f"[{separators}]", text(value)) if part.strip()))


def whole(value: Cell) -> int:
    """Return a whole number."""
    said = text(value)
    if not re.fullmatch(r"-?\d{1,9}", said):
        raise ValueError(Message(N_("must be a whole number")))
    return int(said)


def day(value: Cell) -> date:
    """Return a date: a date cell, or 2026-11-21, 21.11.2026, 21/11 2026 as text."""
    if isinstance(value, date):
        return value
    said = text(value)
    for form in ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%d/%m %Y"):
        try:
            return datetime.strptime(said, form).date()
        except ValueError:
            continue
    raise ValueError(Message(N_("write a date as 2026-11-21")))


def yes(value: Cell) -> bool | None:
    """Return what a yes or no says; None for "unknown"."""
    said = " ".join(tokens(text(value)))
    if said in _YES:
        return True
    if said in _NO:
        return False
    if said in _NOBODY_KNOWS:
        return None
    raise ValueError(Message(N_("write yes, no or nothing")))


def ownership(value: Cell) -> Ownership:
    """Return whether a public body owns the enterprise."""
    return {True: Ownership.YES, False: Ownership.NO, None: Ownership.UNKNOWN}[yes(value)]


def country(value: Cell) -> str:
    """Return the country's code."""
    found = _COUNTRIES.get(fold(text(value)))
    if found is None:
        raise ValueError(Message(N_("write SE or NO, or the name of the country")))
    return found


def kind(value: Cell) -> Kind:
    """Return what sort of record a row is."""
    return Kind(_one_of(value, _words_of_kinds()))


def lifecycle(value: Cell) -> Lifecycle:
    """Return where in its life the enterprise is."""
    return Lifecycle(_one_of(value, _words_of_lifecycles()))


def code(value: str, list_name: str) -> str:
    """Return the code of a vocabulary, given by itself or by its label in one of the languages."""
    return _one_of(value, _words_of_list(list_name))


def codes(value: Cell, list_name: str) -> list[str]:
    """Return the codes of a list in a cell. A label may hold commas of its own."""
    if (found := _words_of_list(list_name).get(_words(text(value)))) is not None:
        return [found]
    return list(dict.fromkeys(code(part, list_name) for part in several(value)))


def legal_form(value: Cell, of_country: str) -> str:
    """Return the legal form, in the list of the country."""
    short = _LEGAL_FORMS[of_country].get(_words(text(value)))
    return short or code(text(value), f"legal_form_{of_country.lower()}")


def cpv(value: Cell) -> list[str]:
    """Return the CPV codes in a cell; a spreadsheet that took one for a number has dropped the 0 it began with."""
    return [
        reference.parse_cpv(part.zfill(8) if re.fullmatch(r"\d{7}", part) else part)
        for part in several(value, r";|\n,\s")
    ]


def industry_codes(value: Cell) -> list[str]:
    """Return the digits of industry codes: 81.210 and 81210 are one."""
    return [part.replace(".", "") for part in several(value, r";|\n,\s")]


def seat(value: Cell, of_country: str, county: str) -> str:
    """Return the area code of a municipality given by code, number or name; its county tells namesakes apart."""
    return _seat(text(value), of_country, county)


@lru_cache(maxsize=4096)
def _seat(said: str, of_country: str, county: str) -> str:
    if re.fullmatch(r"\d{3,4}", said):
        # A spreadsheet that took 0180 for a number has dropped the 0.
        said = f"{of_country}-{said.zfill(4)}"
    try:
        found = [area for area in map(reference.area, reference.parse_area(said)) if area]
    except ValueError:
        found = reference.municipality_named(said)
    found = [area for area in found if not of_country or area.country == of_country]
    if len(found) > 1 and county:
        above = {area.code for area in reference.areas_named(county)} | {county.upper()}
        found = [area for area in found if area.parent in above] or found
    if not found:
        near = [area.name_sv for area in reference.find_areas(said, 3) if area.level == "municipality"]
        told = N_("no municipality is called {name}. Write its name or code{near}")
        raise ValueError(Message(told, name=_short(said), near=f" ({', '.join(near)}?)" if near else ""))
    return _only(found, said)


def areas(value: Cell, of_country: str) -> list[str]:
    """Return the area codes of a list of municipalities, counties and countries, by code or by name."""
    return list(dict.fromkeys(area for part in several(value) for area in _areas(part, of_country)))


@lru_cache(maxsize=4096)
def _areas(said: str, of_country: str) -> tuple[str, ...]:
    said = re.sub(r"^(?:hela|hele|all of|whole of)\s+", "", said, flags=re.I)
    try:
        return tuple(reference.parse_area(said))
    except ValueError:
        found = reference.areas_named(said)
    found = [area for area in found if area.country == of_country] or found
    if not found:
        raise ValueError(Message(N_("no area is called {name}. Write its name or code"), name=_short(said)))
    if found[0].level == "municipality":
        return (_only(found, said),)
    return tuple(area.code for area in found)


def reserved(value: Cell) -> dict[Reservation, bool]:
    """Return what is said of reserved procurements: "ja" speaks of res-ws, else the rules are named."""
    try:
        said = yes(value)
    except ValueError:
        found = [_reservation(part) for part in several(value)]
        return {rule: may for rule, may in found if may is not None}
    return {} if said is None else {Reservation.RES_WS: said}


def _reservation(said: str) -> tuple[Reservation, bool | None]:
    """Read a rule as an export writes it, "res-ws (denied)": what is out of date says nothing any more."""
    written, _, state = fold(said).partition("(")
    if written.strip() not in set(Reservation):
        rules = ", ".join(Reservation)
        raise ValueError(Message(N_("write yes, no, or the rules that it may take part under: {rules}"), rules=rules))
    return Reservation(written.strip()), {"denied)": False, "expired)": None}.get(state, True)


def employees(value: Cell) -> EmployeesBand:
    """Return the band that a number of employees lies in; a band itself, or two numbers in one band, will do."""
    said = text(value)
    if said in set(EmployeesBand):
        return EmployeesBand(said)
    plain = _ABOUT.sub("", _ABOUT.sub("", said)).replace("\N{EN DASH}", "-").replace(" ", "")
    found = re.fullmatch(r"(\d{1,6})(?:[.,]\d+)?(?:-(\d{1,6}))?", plain)
    if found is None:
        raise ValueError(Message(N_("write a number of employees, or a band: {bands}"), bands=", ".join(EmployeesBand)))
    bands = {_band(float(number), _EMPLOYEES, EmployeesBand.FROM_250) for number in found.groups() if number}
    if len(bands) > 1:
        told = N_("{value} lies in two bands: choose one of {bands}")
        raise ValueError(Message(told, value=_short(said), bands=", ".join(EmployeesBand)))
    return bands.pop()


def turnover(value: Cell, heading: str) -> TurnoverBand:
    """Return the band that a turnover lies in, in millions; the unit stands in the cell or in the column's heading."""
    said = text(value)
    if said in set(TurnoverBand):
        return TurnoverBand(said)
    number = re.match(r"[\d\s.,\N{NO-BREAK SPACE}]+", said)
    unit = next((size for form, size in _UNITS if form.search(said)), None)
    unit = unit or next((size for form, size in _UNITS if form.search(heading)), None)
    if number is None:
        raise ValueError(Message(N_("write an amount, or a band in millions: {bands}"), bands=", ".join(TurnoverBand)))
    amount = _amount(number[0])
    if unit is None and amount < _SURELY_KRONOR:
        told = N_("say in which unit: “{heading} (tkr)”, “{heading} (mkr)” or “{heading} (kr)”")
        raise ValueError(Message(told, heading=heading))
    return _band_below(amount * (unit or 0.000_001))


def _amount(digits: str) -> float:
    """Read 3 500 000, 3.500.000, 3,5 and 3.5: a comma or full stop before one or two last digits is the decimal one."""
    plain = re.sub(r"\s", "", digits).rstrip(".,")
    found = re.fullmatch(r"(.*?)[.,](\d{1,2})", plain)
    parts = (found[1], found[2]) if found else (plain, "0")
    return float(f"{re.sub('[.,]', '', parts[0]) or '0'}.{parts[1]}")


def _band_below(millions: float) -> TurnoverBand:
    return next((band for below, band in _TURNOVERS if millions < below), TurnoverBand.FROM_50)


def _band(number: float, upper: Iterable[tuple[int, EmployeesBand]], last: EmployeesBand) -> EmployeesBand:
    return next((band for most, band in upper if number <= most), last)


def website(value: Cell) -> str:
    """Return a web address; one without https:// is given it."""
    said = text(value)
    return said if _WEB.match(said) or not _DOMAIN.match(said) else f"https://{said}"


def _only(found: Sequence[Area], said: str) -> str:
    if len(found) > 1:
        choices = ", ".join(f"{area.code} ({reference.area_label(area.code, 'sv')})" for area in found)
        told = N_("{name} is more than one place: write a code. {choices}")
        raise ValueError(Message(told, name=_short(said), choices=choices))
    if found[0].level != "municipality":
        told = N_("{name} is no municipality: write the municipality of the seat")
        raise ValueError(Message(told, name=_short(said)))
    return found[0].code


def _one_of(value: Cell, words: Mapping[str, str]) -> str:
    said = text(value)
    found = words.get(_words(said))
    if found is None:
        choices = ", ".join(dict.fromkeys(words.values()))
        few = choices if len(choices) < _MANY_CHOICES else f"{choices[:_MANY_CHOICES]} …"
        told = N_("{value} is not known. Write one of {choices}")
        raise ValueError(Message(told, value=_short(said), choices=few))
    return found


@cache
def _words_of_list(list_name: str) -> dict[str, str]:
    """Return every code of a list by its folded self and labels; a label that two codes share is neither's."""
    found: dict[str, str] = {}
    shared: set[str] = set()
    for one in reference.codes(list_name):
        for label in {_words(one.label(language)) for language in _LANGUAGES}:
            shared |= {label} if found.get(label, one.code) != one.code else set()
            found[label] = one.code
    kept = {label: one for label, one in found.items() if label not in shared}
    return kept | {_words(one.code): one.code for one in reference.codes(list_name)}


@cache
def _words_of_kinds() -> dict[str, str]:
    return _by_word(_KINDS)


@cache
def _words_of_lifecycles() -> dict[str, str]:
    return _by_word(_LIFECYCLES)


def _by_word(called: Mapping[Kind, str] | Mapping[Lifecycle, str]) -> dict[str, str]:
    return {_words(word): str(state) for state, words in called.items() for word in [str(state), *words.split(",")]}


@lru_cache(maxsize=4096)
def _words(said: str) -> str:
    return " ".join(tokens(said))


def _short(said: str) -> str:
    return f"“{said[:60]}”"
