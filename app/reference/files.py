"""Reads the tables that are shipped with the program, `app/reference/data/*.csv`."""

import csv
from collections.abc import Iterator
from pathlib import Path

_DATA = Path(__file__).resolve().parent / "data"


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of the shipped table `name` (`"areas.csv"`), every value as text."""
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
