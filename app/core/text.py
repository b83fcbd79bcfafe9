"""Words made comparable: folding, stemming and sorting, the same in Python as in both databases.

Everything that is searched or compared goes through here at index time and at query time, because
SQLite and PostgreSQL split and fold Swedish and Norwegian letters differently.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

import snowballstemmer

# ä and æ, ö and ø are the same letter to a reader across the border: "näring" is "næring".
_LETTERS = str.maketrans(
    {"æ": "a", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "ł": "l"}
    | dict(zip("åäöéèüáà", "aaoeeuaa", strict=True))
)
_TOKEN = re.compile(r"[a-z0-9]+")
_WORD = re.compile(r"[^\W_]+")
# Swedish alphabetical order with the Norwegian letters beside their Swedish sisters.
_SORT = str.maketrans({"å": "{a", "ä": "{b", "æ": "{b", "ö": "{c", "ø": "{c"})
_UNSORTED = re.compile(r"[^a-z0-9{ ]+")
_swedish = snowballstemmer.stemmer("swedish")


def fold(text: str) -> str:
    """Return `text` in lower case with every letter folded to a–z; other characters stay."""
    lower = text.lower()
    return lower if lower.isascii() else _without_marks(lower.translate(_LETTERS))


def _without_marks(text: str) -> str:
    """Return `text` with its letters' accents taken off."""
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def tokens(text: str) -> list[str]:
    """Return the folded words of `text`, in order: [a-z0-9]+ only."""
    return _TOKEN.findall(fold(text))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the folded stem of one word.

    One stemmer serves both languages, so that a word has one stem whoever wrote it: the Swedish
    and the Norwegian Snowball rules cut nearly the same endings.
    """
    if word.isdecimal():
        # A number has no endings, and there are more of them than words.
        return fold(word)
    return fold(_swedish.stemWord(word.lower().replace("æ", "ä").replace("ø", "ö")))


def stems(text: str) -> Iterator[str]:
    """Yield the stem of each word of `text`, in order."""
    # Some keyboards send å as a and a ring: composed, so that the ring does not part the word.
    return chain.from_iterable(map(_tokens_of, _WORD.findall(unicodedata.normalize("NFC", text))))


@lru_cache(maxsize=50_000)
def _tokens_of(word: str) -> tuple[str, ...]:
    """Return the stem of one word, in parts where it holds no letter of ours: a large import asks a million times."""
    return tuple(_TOKEN.findall(stem(word)))


def sort_key(text: str) -> str:
    """Return a key that sorts as Swedish readers expect under plain byte order (å, ä/æ, ö/ø last)."""
    lower = text.lower()
    if not lower.isascii():
        lower = _without_marks(unicodedata.normalize("NFC", lower).translate(_SORT))
    return _UNSORTED.sub("", lower).strip()


def neutral(text: str) -> str:
    """Return a text as a CSV cell that no spreadsheet program takes for a formula (OWASP: CSV injection)."""
    return f"'{text}" if text.lstrip(" ")[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else text
