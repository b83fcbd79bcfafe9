"""Words as matching reads them: stems, pieces, trades in three languages, and the CPV codes a text suggests."""

import csv
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice

from app.core.text import fold
from app.matching.weights import DATA, title_hints

_WORD = re.compile(r"[^\W_]+")
_SISTERS = str.maketrans({"æ": "ä", "ø": "ö"})
_LONG_ENOUGH_TO_FOLD = 7
PIECE_LENGTH = 4
LONGEST_TEXT = 4_000
LONGEST_WORD = 40
MOST_WORDS = 300

# Words that any notice may hold and that say nothing of what is bought.
STOPWORDS = frozenset((DATA / "stopwords.csv").read_text("utf-8").split())


def words(text: str) -> list[str]:
    """Return the words of `text` that can say what is bought, in order, in lower case, with ä and ö for æ and ø.

    Only so many words of a text are read, and so many letters of a word: a question costs what a question is worth.
    """
    found = (word[:LONGEST_WORD] for word in _WORD.findall(_plain(text)))
    telling = (word for word in found if word not in STOPWORDS and len(word) > 1 and not word.isdigit())
    return list(islice(telling, MOST_WORDS))


def _plain(text: str) -> str:
    """Return the part of `text` that is read, in lower case, each letter one character."""
    return unicodedata.normalize("NFC", text[:LONGEST_TEXT]).lower().translate(_SISTERS)


@lru_cache(maxsize=100_000)
def pieces(word: str) -> tuple[str, ...]:
    """Return the character pieces of one word, its ends marked, so that a compound meets its parts."""
    marked = f"_{fold(word)}_"
    starts = range(max(1, len(marked) - PIECE_LENGTH + 1))
    return tuple(dict.fromkeys(marked[start : start + PIECE_LENGTH] for start in starts))


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade: the codes it is bought under, its sectors, and the patterns that name it in three languages."""

    id: str
    codes: tuple[str, ...]
    sectors: frozenset[str]
    patterns: tuple[str, ...]


@cache
def trades() -> dict[str, Trade]:
    """Return the shipped trades by id."""
    with (DATA / "concepts.csv").open(encoding="utf-8", newline="") as file:
        return {row["concept"]: _trade(row) for row in csv.DictReader(file)}


def _trade(row: dict[str, str]) -> Trade:
    """Return one trade from its row."""
    patterns = [p.strip().lower().translate(_SISTERS) for key in ("sv", "nb", "en") for p in row[key].split(";")]
    return Trade(
        row["concept"],
        tuple(row["cpv"].split(";")),
        frozenset(filter(None, row["sectors"].split(";"))),
        tuple(dict.fromkeys(p for p in patterns if p.strip("*"))),
    )


def _spelled(pattern: str) -> str:
    """Return `pattern` as what a text holds that it names, when the text's words stand between single spaces."""
    head = "" if pattern.startswith("*") else " "
    tail = "" if pattern.endswith("*") else " "
    return head + pattern.strip("*") + tail


@cache
def _spellings() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return what names a trade, each with the trade: what one word can hold, and what runs over several words."""
    within: list[tuple[str, str]] = []
    across: list[tuple[str, str]] = []
    for trade in trades().values():
        spelled = {*trade.patterns, *(fold(p) for p in trade.patterns if len(p.strip("*")) >= _LONG_ENOUGH_TO_FOLD)}
        for pattern in sorted(spelled):
            (across if " " in pattern else within).append((_spelled(pattern), trade.id))
    return within, across


@lru_cache(maxsize=20_000)
def trades_in(text: str) -> tuple[str, ...]:
    """Return the ids of the trades that `text` names, in any of the three languages.

    Words come again and again, so each is looked through once for all that can name a trade.
    """
    found = _WORD.findall(_plain(text))
    spaced = f" {' '.join(found)} "
    named = {trade for spelled, trade in _spellings()[1] if spelled in spaced}
    named.update(*(_trades_in_word(word) if len(word) <= LONGEST_WORD else _named_by(word) for word in found))
    return tuple(trade for trade in trades() if trade in named)


def _named_by(word: str) -> tuple[str, ...]:
    spaced = f" {word} "
    return tuple(trade for spelled, trade in _spellings()[0] if spelled in spaced)


_trades_in_word = lru_cache(maxsize=100_000)(_named_by)


def trades_of_sectors(sectors: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of the trades whose sector is among `sectors`, when the sector is that trade's first."""
    wanted = set(sectors)
    return tuple(trade.id for trade in trades().values() if trade.sectors & wanted and trade.id in _own_sector())


@cache
def _own_sector() -> frozenset[str]:
    """Return the trades that are the first to claim one of their sectors."""
    claimed: dict[str, str] = {}
    for trade in trades().values():
        for sector in sorted(trade.sectors):
            claimed.setdefault(sector, trade.id)
    return frozenset(claimed.values())


STRONGEST = 100
WEAKEST = 30
_BY_TRADE = 100
_SHARE_OF_NEXT_CODE = (100, 70, 50, 40, 35, 30)


@lru_cache(maxsize=20_000)
def infer_codes(title: str) -> tuple[tuple[str, int], ...]:
    """Return the CPV prefixes that `title` suggests, strongest first, each with a strength of 1–100.

    Trades named in the title speak first (their codes in the order of the table); what titles of real awards
    with the same word pieces were bought under fills in.
    """
    found: dict[str, int] = {}
    for trade in trades_in(title):
        for code, share in zip(trades()[trade].codes, _SHARE_OF_NEXT_CODE, strict=False):
            prefix = significant(code)
            found[prefix] = max(found.get(prefix, 0), _BY_TRADE * share // 100)
    for prefix, strength in _learnt(title):
        found[prefix] = max(found.get(prefix, 0), strength)
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _learnt(title: str) -> list[tuple[str, int]]:
    """Return what the shipped hints say of `title`: at most three prefixes."""
    hints = title_hints()
    votes: dict[str, int] = {}
    for word in words(title):
        strongest: dict[str, int] = {}
        for piece in pieces(word):
            for prefix, strength in hints.get(piece, ()):
                strongest[prefix] = max(strongest.get(prefix, 0), strength)
        for prefix, strength in strongest.items():
            votes[prefix] = votes.get(prefix, 0) + strength
    best = sorted(votes.items(), key=lambda item: (-item[1], item[0]))[:3]
    return [(prefix, min(STRONGEST, strength)) for prefix, strength in best if strength >= WEAKEST]


def significant(code: str) -> str:
    """Return a CPV code without its trailing zeros, two digits at least."""
    return code[:8].rstrip("0").ljust(2, "0")
