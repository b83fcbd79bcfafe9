"""The figures of the law, keyed by country and date. What has not been verified is as if it were not there.

`data/legal_parameters.csv` holds each with its legal basis, its source and how far it has been checked. A row counts
when it is verified `yes`. `yes (rule)` has been checked as a rule in words: it counts too, and holds no number. All
else (`no`, `secondary`) is kept to be checked and gives nothing; a blank value is unknown, never zero.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

_DATA = Path(__file__).resolve().parent / "data"
_FILES = ("legal_parameters.csv", "own_rules.csv")
VERIFIED: Final = frozenset({"yes", "yes (rule)"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One verified figure or rule, as it holds in a jurisdiction (`SE`, `NO`, `EU`) from one day to another."""

    jurisdiction: str
    key: str
    number: int | None
    """None for a rule in words."""
    valid_from: date | None
    valid_to: date | None
    legal_basis: str
    source: str


def parameter(jurisdiction: str, key: str, on: date) -> Parameter | None:
    """Return the verified row that holds on the day `on`; None when there is none.

    A key that ends in a period (`threshold_bilaga2_sek_2022_2023`) is found without it, by its dates.
    """
    for row in parameters():
        begins, ends = row.valid_from or date.min, row.valid_to or date.max
        if row.jurisdiction == jurisdiction and _is_key(row.key, key) and begins <= on <= ends:
            return row
    return None


def _is_key(written: str, wanted: str) -> bool:
    return written == wanted or (written.startswith(f"{wanted}_") and written.removeprefix(wanted)[1:5].isdecimal())


@cache
def parameters() -> tuple[Parameter, ...]:
    """Return every row that counts."""
    return tuple(_parameter(row) for row in rows() if row["verified"] in VERIFIED and row["value"].strip())


def rows() -> Iterator[dict[str, str]]:
    """Yield every row as it is written, unverified ones too; a source that is the `same` as above is written out."""
    for name in _FILES:
        above = ""
        with (_DATA / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                above = above if row["source"] == "same" else row["source"]
                yield row | {"source": above}


def _parameter(row: dict[str, str]) -> Parameter:
    return Parameter(
        jurisdiction=row["jurisdiction"],
        key=row["key"],
        number=int(row["value"]) if row["verified"] == "yes" and row["value"].isdecimal() else None,
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        legal_basis=row["legal_basis"],
        source=row["source"],
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def in_annex_two(cpv: str | None) -> bool | None:
    """Tell whether a CPV code is among the social and other special services of LOU annex 2 (Directive 2014/24 XIV).

    Catering, canteens, training and care are; cleaning, green areas and recycling are not. None: not known here. The
    longest beginning in `data/annex_two.csv` decides.
    """
    if cpv is None:
        return None
    known = _annex_two()
    return next((known[cpv[:length]] for length in range(8, 0, -1) if cpv[:length] in known), None)


@cache
def _annex_two() -> dict[str, bool]:
    with (_DATA / "annex_two.csv").open(encoding="utf-8", newline="") as file:
        return {row["prefix"]: row["annex_two"] == "yes" for row in csv.DictReader(file)}
