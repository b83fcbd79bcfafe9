"""The Common Procurement Vocabulary (Regulation (EC) No 213/2008), looked up in memory.

The program ships the divisions, the groups and the codes that social enterprises deal in. A deeper code that is not
shipped is known by its prefix, until the full official list has been imported: then exactly the official codes count.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, partial
from math import log
from typing import Final

from app.core.errors import Message
from app.core.i18n import N_
from app.core.text import stems, tokens
from app.reference.files import rows
from app.reference.vocabulary import CpvHit, Labelled, UnknownCpv

_WITH_CHECK_DIGIT = re.compile(r"(\d{8})(?:\s*-\s*\d)?")
# How many codes CPV 2008 has.
OFFICIAL_CODES = 9454
_SHORTEST_PART = 3
_SHORTEST_BEGINNING = 4
_SHORTEST_ENDING = 5
_COMMON_SHARE = 0.08
_COMMON_WORTH = 0.1
# Little words that say nothing about a trade.
_STOP_WORDS = frozenset(
    {"a", "an", "and", "at", "av", "de", "den", "det", "en", "et", "ett", "for", "fra", "fran", "i", "in", "med", "of"}
    | {"og", "och", "om", "on", "pa", "samt", "the", "til", "till", "to", "ved", "vid", "with"}
)
_WORDS_REMEMBERED: Final = 1024


@dataclass(frozen=True)
class CpvTable:
    """A set of CPV codes with labels; `complete` when it is the whole official list."""

    codes: Mapping[str, Labelled]
    complete: bool = False

    def holds(self, code: str) -> bool:
        """Tell whether this code exists: exactly, or by its division and group when the list is a selection."""
        if code in self.codes:
            return True
        if self.complete or len(code) != 8 or not code.isdecimal() or cpv_level(code) <= 3 or code[2] == "0":
            return False
        return code[:3].ljust(8, "0") in self.codes

    def nearest(self, code: str) -> str | None:
        """Return the code itself, or the nearest code above it that has a label here."""
        return next((known for known in (code, *cpv_ancestors(code)) if known in self.codes), None)

    def beginning_with(self, digits: str) -> list[str]:
        """Return the codes that begin with these digits."""
        return self._ordered[bisect_left(self._ordered, digits) : bisect_left(self._ordered, digits + "\x7f")]

    @cached_property
    def _ordered(self) -> list[str]:
        return sorted(self.codes)

    @cached_property
    def index(self) -> "WordIndex":
        """The words of the labels and of the trades, for searching."""
        found: dict[str, dict[str, float]] = {}
        for code, labelled in self.codes.items():
            for word, weight in _weighted_words(labelled, trade_words().get(code, "")):
                codes = found.setdefault(word, {})
                codes[code] = max(weight, codes.get(code, 0.0))
        return WordIndex(found)

    @cached_property
    def fitting(self) -> Callable[[str], Mapping[str, float]]:
        """What gives the codes that one search word fits, with how well; titles say the same words again and again."""
        return lru_cache(maxsize=_WORDS_REMEMBERED)(partial(_fitting, self))


class WordIndex:
    """Words with the codes they stand for; found whole, by their beginning or by their end."""

    def __init__(self, words: dict[str, dict[str, float]]) -> None:
        self._words = words
        self._codes = len({code for codes in words.values() for code in codes})
        # A word of very many labels ("tjänster", "services") says next to nothing about any of them.
        self._common = {word for word, codes in words.items() if len(codes) > _COMMON_SHARE * self._codes}
        self._forward = sorted(words)
        self._backward = sorted(word[::-1] for word in words)

    def like(self, wanted: str) -> Iterator[tuple[float, Mapping[str, float]]]:
        """Yield (likeness, codes with weights) for each word like `wanted`; a rarer word is more like it.

        Whole 1, beginning 0.7, end of a compound 0.5 ("kontorsstädning" for "städning"), and the other way round 0.4
        ("städning" for "skolstädning"), or 0.3 at its beginning ("kantine" for "kantinedrift").
        """
        for likeness, word in self._alike(wanted):
            if word not in self._common:
                yield likeness * self._rarity(word), self._words[word]
            elif word == wanted:
                yield _COMMON_WORTH, self._words[word]

    def _alike(self, wanted: str) -> Iterator[tuple[float, str]]:
        if wanted in self._words:
            yield 1.0, wanted
        if len(wanted) >= _SHORTEST_PART:
            yield from ((0.7, word) for word in _beginning(self._forward, wanted))
        if len(wanted) >= _SHORTEST_ENDING:
            yield from ((0.5, word[::-1]) for word in _beginning(self._backward, wanted[::-1]))
        for cut in range(_SHORTEST_BEGINNING, len(wanted)):
            if cut >= _SHORTEST_ENDING and wanted[-cut:] in self._words:
                yield 0.4, wanted[-cut:]
            if wanted[:cut] in self._words:
                yield 0.3, wanted[:cut]

    def _rarity(self, word: str) -> float:
        """Return 1 for a word of one code, towards a half for one of all codes."""
        return 1.0 - 0.5 * log(len(self._words[word])) / log(max(2, self._codes))


def _beginning(ordered: list[str], start: str) -> list[str]:
    """Return the longer words of a sorted list that begin with `start`."""
    return ordered[bisect_right(ordered, start) : bisect_left(ordered, start + "\x7f")]


@cache
def shipped() -> CpvTable:
    """Return the table that comes with the program: the same on every node, whatever has been imported."""
    return CpvTable({row["code"]: Labelled(row["code"], row["sv"], row["nb"], row["en"]) for row in rows("cpv.csv")})


_in_use: list[CpvTable] = []


def use_imported(codes: Iterable[Labelled]) -> None:
    """Let imported codes count from now on, over the shipped ones.

    With all of the official list they alone decide which codes exist; with less, they add to what is shipped.
    """
    imported = {labelled.code: labelled for labelled in codes}
    complete = len(imported) >= OFFICIAL_CODES
    merged = imported if complete else {**shipped().codes, **imported}
    _in_use[:] = [CpvTable(dict(sorted(merged.items())), complete)] if imported else []


def table() -> CpvTable:
    """Return the table in use: the imported one if there is one, else the shipped one."""
    return _in_use[0] if _in_use else shipped()


def parse_cpv(text: str) -> str:
    """Return the eight digits of a CPV code; a check digit (`90910000-9`) is read and dropped. Raises `UnknownCpv`."""
    found = _WITH_CHECK_DIGIT.fullmatch(text.strip())
    if not found or not table().holds(found[1]):
        told = N_("{text} is no CPV code: write its eight digits, such as 90910000")
        raise UnknownCpv(Message(told, text=repr(text)))
    return found[1]


def is_cpv(code: str) -> bool:
    """Tell whether `code` is eight digits that the vocabulary in use knows."""
    return len(code) == 8 and table().holds(code)


def cpv_level(code: str) -> int:
    """Return how many digits of the code say something: 2 division, 3 group, 4 class, 5 category, up to 8."""
    return max(2, len(code.rstrip("0")))


def cpv_ancestors(code: str) -> list[str]:
    """Return the codes above this one by their digits, nearest first: `90919200` gives `90919000` … `90000000`.

    The official list has gaps: a code returned here need not be in it.
    """
    return [code[:digits].ljust(8, "0") for digits in range(cpv_level(code) - 1, 1, -1)]


def significant_cpv(code: str) -> str:
    """Return a CPV code without the zeros that fill it out, at least its division: what narrower codes begin with."""
    return code[:8].rstrip("0").ljust(2, "0")


def cpv_known(code: str) -> str | None:
    """Return the code itself or the nearest code above it that has a label, or None if not even a division fits."""
    return table().nearest(code)


def cpv_label(code: str, language: str) -> str | None:
    """Return the label of the code, or of the nearest labelled code above it; None if there is none."""
    known = cpv_known(code)
    return table().codes[known].label(language) if known else None


# A large import asks a hundred thousand times, mostly for the same few hundred codes.
@lru_cache(maxsize=10_000)
def cpv_words(code: str) -> str:
    """Return the words that describe a code: its shipped labels, or those of the nearest above, and its trade words.

    Never changed by an import, so that matching gives the same answer on every node.
    """
    known = shipped().nearest(code)
    if known is None:
        return ""
    labelled = shipped().codes[known]
    return " ".join((labelled.sv, labelled.nb, labelled.en, trade_words().get(known, ""))).strip()


def search_cpv(words: str, language: str, limit: int = 10) -> list[CpvHit]:
    """Return the codes that fit `words`, in any of the three languages, best first; labels in `language`.

    Each word counts whole, as the beginning of a word, or as part of a compound; codes that fit more of the telling
    words come first, then the better fit, then the broader code. Digits find the codes that begin with them.
    """
    said = list(dict.fromkeys(tokens(words)))
    wanted = [word for word in said if word not in _STOP_WORDS] or said
    if not wanted:
        return []
    scores: dict[str, list[float]] = {}
    here = table()
    for position, word in enumerate(wanted):
        for code, weight in here.fitting(word).items():
            scores.setdefault(code, [0.0] * len(wanted))[position] = weight
    order = sorted(scores, key=lambda code: (-_telling(scores[code]), -sum(scores[code]), cpv_level(code), code))
    codes = here.codes
    return [CpvHit(code, codes[code].label(language)) for code in order[:limit]]


def _telling(fits: list[float]) -> int:
    """Return how many of the search words a code fits by more than a word of everyone's."""
    return sum(fit > 2 * _COMMON_WORTH for fit in fits)


def is_public_service_code(code: str) -> bool:
    """Tell whether a contract with this main code may be reserved under Directive 2014/24/EU Article 77 (115 codes)."""
    return code in _public_services()


def trade_words() -> Mapping[str, str]:
    """Return the everyday words of the trades, by CPV code."""
    return _trade_words()


@cache
def _trade_words() -> dict[str, str]:
    return {row["cpv"]: row["words"] for row in rows("trade_words.csv")}


@cache
def _public_services() -> frozenset[str]:
    return frozenset(row["code"] for row in rows("cpv.csv") if row["public_service"] == "1")


def _weighted_words(labelled: Labelled, everyday: str) -> Iterable[tuple[str, float]]:
    """Yield each word of a code, folded and stemmed, with its weight: a word of a short label says more."""
    for text in (labelled.sv, labelled.nb, labelled.en):
        words = [*tokens(text), *stems(text)]
        weight = 1.0 + 2.0 / max(2, len(words))
        for word in words:
            yield word, weight
    for word in (*tokens(everyday), *stems(everyday)):
        yield word, 2.5


def _fitting(table: CpvTable, word: str) -> dict[str, float]:
    if word.isdecimal():
        return dict.fromkeys(table.beginning_with(word), 2.5)
    found: dict[str, float] = {}
    for variant in {word, *stems(word)}:
        for likeness, codes in table.index.like(variant):
            for code, weight in codes.items():
                found[code] = max(found.get(code, 0.0), likeness * weight)
    return found
