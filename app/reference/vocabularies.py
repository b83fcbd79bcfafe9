"""Vocabularies and eForms code lists, and which CPV codes each sector deals in; looked up in memory."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache

from app.reference.files import rows
from app.reference.vocabulary import Code

_imported: dict[str, dict[str, Code]] = {}


def use_imported(lists: Mapping[str, Mapping[str, Code]]) -> None:
    """Let imported code lists count from now on, over the shipped ones; shipped codes stay known."""
    _imported.clear()
    _imported.update({name: {**_shipped().get(name, {}), **codes} for name, codes in lists.items()})
    _list.cache_clear()
    label.cache_clear()
    _codes_of.cache_clear()


def code_lists() -> list[str]:
    """Return the names of the vocabularies, in alphabetical order."""
    return sorted(_shipped().keys() | _imported.keys())


def codes(list_name: str) -> list[Code]:
    """Return the codes of a vocabulary in its own order; none for an unknown list."""
    return list(_list(list_name).values())


def has_code(list_name: str, code: str) -> bool:
    """Tell whether the vocabulary holds this code."""
    return code in _list(list_name)


def unknown_codes(list_names: Iterable[str], codes: Sequence[str]) -> list[int]:
    """Return the places of the codes that none of the vocabularies holds."""
    known = _codes_of(tuple(list_names))
    return [] if known.issuperset(codes) else [place for place, code in enumerate(codes) if code not in known]


def shipped_code(list_name: str, code: str) -> Code | None:
    """Return a code as the program ships it, whatever has been imported; None if it is not shipped."""
    return _shipped().get(list_name, {}).get(code)


# A large import asks a hundred thousand times, mostly for the same few codes.
@lru_cache(maxsize=4096)
def label(list_name: str, code: str, language: str) -> str:
    """Return the label of a code in `language`; the code itself if we do not know it."""
    found = _list(list_name).get(code)
    return found.label(language) if found else code


def sector_cpv(sector: str) -> tuple[str, ...]:
    """Return the CPV prefixes (`909`) that a sector deals in; none for an unknown sector."""
    return _sectors().get(sector, ())


def sectors_of_cpv(code: str) -> list[str]:
    """Return the sectors that deal in this CPV code, the closest first."""
    near = [
        (-len(prefix), order, sector)
        for order, (sector, prefixes) in enumerate(_sectors().items())
        for prefix in prefixes
        if code.startswith(prefix)
    ]
    return list(dict.fromkeys(sector for _, _, sector in sorted(near)))


@lru_cache(maxsize=256)
def _list(name: str) -> Mapping[str, Code]:
    return _imported.get(name) or _shipped().get(name, {})


@lru_cache(maxsize=256)
def _codes_of(list_names: tuple[str, ...]) -> frozenset[str]:
    return frozenset().union(*map(_list, list_names))


@cache
def _shipped() -> dict[str, dict[str, Code]]:
    lists: dict[str, dict[str, Code]] = defaultdict(dict)
    for row in rows("vocabularies.csv"):
        lists[row["list"]][row["code"]] = Code(row["code"], row["sv"], row["nb"], row["en"])
    return dict(lists)


@cache
def _sectors() -> dict[str, tuple[str, ...]]:
    return {row["sector"]: tuple(row["cpv"].split()) for row in rows("sector_cpv.csv")}
