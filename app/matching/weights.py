"""The numbers shipped with the program: how rare a code or a word is, and what goes with what.

They are learnt once from public award data by `python -m benchmarks.fit_weights` and never from live rows, so
registering an enterprise moves nobody else's score. All figures are integers in hundredths of a nat.
"""

import csv
import gzip
from functools import cache
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parent / "data"


def _rows(name: str) -> list[list[str]]:
    """Return the rows of a shipped table without its heading; a table not fitted yet is empty."""
    path = DATA / name
    if not path.exists():
        return []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


@cache
def code_rarity() -> dict[str, int]:
    """Return CPV prefix (2–8 digits) to rarity: 100 · ln(suppliers / suppliers with a code under it)."""
    return {prefix: int(rarity) for prefix, rarity in _rows("code_rarity.csv.gz")}


@cache
def piece_rarity() -> dict[str, int]:
    """Return word piece to rarity: 100 · ln(suppliers / suppliers whose texts hold it)."""
    return {piece: int(rarity) for piece, rarity in _rows("piece_rarity.csv.gz")}


@cache
def title_hints() -> dict[str, tuple[tuple[str, int], ...]]:
    """Return word piece to the CPV prefixes that titles holding it are bought under, each with its strength."""
    return _grouped("title_hints.csv.gz")


@cache
def code_industries() -> dict[str, tuple[tuple[str, int], ...]]:
    """Return CPV prefix to the industry codes of those who supply it, each with the strength of the association."""
    return _grouped("code_industries.csv.gz")


def _grouped(name: str) -> dict[str, tuple[tuple[str, int], ...]]:
    """Return first column to (second column, figure) pairs."""
    grouped: dict[str, list[tuple[str, int]]] = {}
    for key, value, figure in _rows(name):
        grouped.setdefault(key, []).append((value, int(figure)))
    return {key: tuple(pairs) for key, pairs in grouped.items()}


def rarity_of_code(prefix: str) -> int:
    """Return how rare a CPV prefix is; one never seen is rarer than any seen, and the more so the longer it is."""
    return code_rarity().get(prefix, UNSEEN_CODE + 10 * len(prefix))


def rarity_of_piece(piece: str) -> int:
    """Return how rare a word piece is; one never seen is rare, and not rarer than the rarest seen."""
    return piece_rarity().get(piece, UNSEEN_PIECE)


UNSEEN_CODE: Final = 880
UNSEEN_PIECE: Final = 700
