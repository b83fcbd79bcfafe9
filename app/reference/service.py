"""The front door of the reference room: areas, CPV and vocabularies, all answered from memory.

Other rooms import from here; the modules behind are this room's own.
"""

from app.core.errors import NotFound
from app.core.text import fold
from app.reference.areas import (
    all_areas,
    ancestors,
    area,
    area_label,
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
    table,
    trade_words,
    use_shipped_list,
)
from app.reference.files import rows
from app.reference.schemas import CodeFilters, CodeRead, Labels
from app.reference.vocabularies import code_lists, codes, has_code, label, sector_cpv, sectors_of_cpv
from app.reference.vocabulary import AREA_LIST, CPV_LIST, NUTS_LIST, Labelled

__all__ = [
    "all_areas",
    "ancestors",
    "area",
    "area_label",
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
    "is_cpv",
    "is_foreign",
    "is_public_service_code",
    "label",
    "list_names",
    "municipalities_of",
    "municipality_named",
    "nuts",
    "nuts_regions",
    "parse_area",
    "parse_cpv",
    "parse_one_area",
    "search_cpv",
    "sector_cpv",
    "sectors_of_cpv",
    "sources",
    "trade_words",
    "use_shipped_list",
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
    if name == CPV_LIST:
        return [_cpv(labelled) for labelled in table().codes.values()]
    if name == AREA_LIST:
        return [
            _read(Labelled(found.code, found.name_sv, found.name_nb, found.name_en), found.parent, found.level)
            for found in all_areas()
        ]
    if name == NUTS_LIST:
        return [
            _read(
                Labelled(region.code, region.name, region.name, region.name),
                region.code[:-1] if region.level > 0 else None,
                f"nuts-{region.level}",
                list(region.counties),
            )
            for region in nuts_regions()
        ]
    if name not in code_lists():
        raise NotFound(f"There is no list of codes called {name!r}. Lists: {', '.join(list_names())}")
    return [_read(code, None, None) for code in codes(name)]


def find_codes(name: str, filters: CodeFilters) -> tuple[list[CodeRead], int]:
    """Return one page of a list, and how many codes fit in all. Raises `NotFound` for an unknown list."""
    found = code_list(name)
    if filters.parent:
        found = [code for code in found if code.parent == filters.parent]
    if filters.words:
        found = _fitting(name, found, filters.words)
    return found[filters.offset : filters.offset + filters.limit], len(found)


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
