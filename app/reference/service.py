"""The front door of the reference room: areas, CPV and vocabularies, all answered from memory.

Other rooms import from here; the modules behind are this room's own. Only postcodes, and the full official lists when
an operator has imported them, are in the database; `use_imported` takes the lists into memory when a process starts.
"""

from collections import defaultdict
from functools import cache

from app.core.db import ReadSession, WriteSession
from app.core.errors import Message, NotFound
from app.core.i18n import N_
from app.core.text import fold
from app.reference.areas import (
    all_areas,
    ancestors,
    area,
    area_label,
    areas_named,
    counties_of,
    countries,
    covers,
    distance_km,
    distances_from,
    find_areas,
    is_foreign,
    municipalities_of,
    municipality_named,
    nuts,
    nuts_regions,
    parse_area,
    parse_one_area,
)
from app.reference.cpv import (
    cpv_ancestors,
    cpv_known,
    cpv_label,
    cpv_level,
    cpv_words,
    is_cpv,
    is_public_service_code,
    parse_cpv,
    search_cpv,
    significant_cpv,
    table,
    trade_words,
)
from app.reference.cpv import shipped as shipped_cpv
from app.reference.cpv import use_imported as use_imported_cpv
from app.reference.files import rows
from app.reference.imports import ImportReport, import_reference
from app.reference.queries import all_codes, postcodes
from app.reference.schemas import CodeFilters, CodeRead, Labels
from app.reference.vocabularies import (
    code_lists,
    codes,
    has_code,
    label,
    sector_cpv,
    sectors_of_cpv,
    shipped_code,
    unknown_codes,
)
from app.reference.vocabularies import use_imported as use_imported_vocabularies
from app.reference.vocabulary import AREA_LIST, CPV_LIST, NUTS_LIST, Area, Code, Labelled, Region

__all__ = [
    "ImportReport",
    "all_areas",
    "ancestors",
    "area",
    "area_label",
    "areas_named",
    "code_list",
    "code_lists",
    "codes",
    "counties_of",
    "countries",
    "covers",
    "cpv_ancestors",
    "cpv_known",
    "cpv_label",
    "cpv_level",
    "cpv_words",
    "distance_km",
    "distances_from",
    "find_areas",
    "find_codes",
    "has_code",
    "import_reference",
    "is_cpv",
    "is_foreign",
    "is_public_service_code",
    "label",
    "list_names",
    "municipalities_of",
    "municipality_named",
    "municipality_of_postcode",
    "nuts",
    "nuts_regions",
    "parse_area",
    "parse_cpv",
    "parse_one_area",
    "search_cpv",
    "sector_cpv",
    "sectors_of_cpv",
    "significant_cpv",
    "sources",
    "trade_words",
    "unknown_codes",
    "use_imported",
]

_CPV_LEVELS = {2: "division", 3: "group", 4: "class", 5: "category"}


def list_names() -> list[str]:
    """Return the names of every list that `code_list` knows."""
    return sorted([CPV_LIST, AREA_LIST, NUTS_LIST, *code_lists()])


def code_list(name: str) -> list[CodeRead]:
    """Return every code of a list, in its own order, with labels in all languages. Raises `NotFound`.

    `name` is one of `list_names`; a hyphen is read as an underscore (`target-group`).
    """
    name = name.strip().lower().replace("-", "_")
    if name not in list_names():
        told = N_("There is no list of codes called {name}. Lists: {lists}")
        raise NotFound(Message(told, name=repr(name), lists=", ".join(list_names())))
    return list(_whole_list(name))


@cache
def _whole_list(name: str) -> tuple[CodeRead, ...]:
    if name == CPV_LIST:
        return tuple(map(_cpv, table().codes.values()))
    if name == AREA_LIST:
        return tuple(map(_area, all_areas()))
    if name == NUTS_LIST:
        return tuple(map(_region, nuts_regions()))
    return tuple(_read(code, None, None) for code in codes(name))


def find_codes(name: str, filters: CodeFilters) -> tuple[list[CodeRead], int]:
    """Return one page of a list, and how many codes fit in all. Raises `NotFound` for an unknown list."""
    found = code_list(name)
    if filters.parent:
        found = [code for code in found if code.parent == filters.parent]
    if filters.words:
        found = _fitting(name, found, filters.words)
    return found[filters.offset : filters.offset + filters.limit], len(found)


def use_imported(session: ReadSession | WriteSession) -> None:
    """Take the imported official lists into memory, over what is shipped; called when a process starts.

    A label that no imported file gave is the shipped one, else the English or Swedish one.
    """
    lists: dict[str, dict[str, Code]] = defaultdict(dict)
    for name, code, sv, nb, en in session.execute(all_codes()):
        shipped = shipped_cpv().codes.get(code) if name == CPV_LIST else shipped_code(name, code)
        other = shipped or Labelled(code, en or sv or nb, en or sv or nb, en or sv or nb)
        lists[name][code] = Code(code, sv or other.sv, nb or other.nb, en or other.en)
    use_imported_cpv(lists.pop(CPV_LIST, {}).values())
    use_imported_vocabularies(lists)
    _whole_list.cache_clear()


def municipality_of_postcode(session: ReadSession, country: str, postcode: str) -> str | None:
    """Return the municipality (`SE-2281`) of a postcode of `SE` or `NO`; None if no imported register knows it."""
    digits = "".join(character for character in postcode if character.isdecimal())
    found: str | None = session.execute(postcodes(country, digits)).scalar_one_or_none()
    return found


def sources() -> list[dict[str, str]]:
    """Return where each shipped table comes from: file, source, licence, attribution, changes."""
    return list(rows("SOURCES.csv"))


def _fitting(name: str, found: list[CodeRead], words: str) -> list[CodeRead]:
    by_code = {code.code: code for code in found}
    if name == CPV_LIST:
        return [by_code[hit.code] for hit in search_cpv(words, "en", len(table().codes)) if hit.code in by_code]
    if name == AREA_LIST:
        return [by_code[hit.code] for hit in find_areas(words, len(by_code)) if hit.code in by_code]
    wanted = fold(words)
    return [
        code
        for code in found
        if fold(code.code).startswith(wanted)
        or any(wanted in fold(text) for text in (code.labels.sv, code.labels.nb, code.labels.en))
    ]


def _cpv(labelled: Labelled) -> CodeRead:
    parent = next((above for above in cpv_ancestors(labelled.code) if above in table().codes), None)
    level = _CPV_LEVELS.get(cpv_level(labelled.code), "subcategory")
    return _read(labelled, parent, level, public_service=is_public_service_code(labelled.code))


def _area(found: Area) -> CodeRead:
    labelled = Labelled(found.code, *(area_label(found.code, language) for language in ("sv", "nb", "en")))
    return _read(labelled, found.parent, found.level)


def _region(region: Region) -> CodeRead:
    labelled = Labelled(region.code, region.name, region.name, region.name)
    above = region.code[:-1] if region.level > 0 else None
    return _read(labelled, above, f"nuts-{region.level}", list(region.counties))


def _read(
    labelled: Labelled,
    parent: str | None,
    level: str | None,
    area_codes: list[str] | None = None,
    *,
    public_service: bool | None = None,
) -> CodeRead:
    return CodeRead(
        code=labelled.code,
        labels=Labels(sv=labelled.sv, nb=labelled.nb, en=labelled.en),
        parent=parent,
        level=level,
        area_codes=area_codes or [],
        public_service=public_service,
    )
