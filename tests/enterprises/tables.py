"""Tables of made-up enterprises as files, the same each time: for imports as operators have them."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook

HEADING = [
    "Namn", "Organisationsnummer", "Land", "Kommun", "Ort", "Status", "Juridisk form", "Sammanfattning", "Erbjudande",
    "CPV-koder", "Bransch", "Verksamhetsområde", "Målgrupper", "Reserverad upphandling", "Anställda",
    "Omsättning (tkr)", "Webbplats", "E-post", "Källår", "Bekräftad",
]  # fmt: skip
_TRADES = [
    ("Lokalvård", "90910000", "cleaning"), ("Catering", "55520000", "catering"), ("Flytt", "98392000", "moving"),
    ("Trädgårdsskötsel", "77310000", "green_areas"), ("Tvätteri", "98310000", "laundry"),
    ("Återvinning av elektronik", "90514000", "recycling"), ("Café", "55330000", "cafe"),
]  # fmt: skip
_SEATS = ["Sundsvall", "Härnösand", "Umeå", "Östersund", "Gävle", "Kiruna", "Malmö", "Luleå"]
_AREAS = ["Västernorrlands län", "SE-23", "Sundsvall; Timrå", "hela Sverige", "Norrbotten"]


def organisation_number(index: int) -> str:
    """Return a Swedish organisation number with a right check digit, its own for each index below 900,000."""
    digits = f"559{index:06d}"
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(digits))
    return f"{digits[:6]}-{digits[6:]}{-total % 10}"


def row(index: int, **changed: Any) -> list[Any]:
    """Return one row under `HEADING`, sound unless changed: `row(1, Kommun="Herøy")`."""
    title, cpv, sector = _TRADES[index % len(_TRADES)]
    sound: dict[str, Any] = dict(
        zip(
            HEADING,
            [
                f"Exempel {title} {index}", organisation_number(index), "SE", _SEATS[index % len(_SEATS)],
                _SEATS[index % len(_SEATS)], "aktiv", "Ekonomisk förening",
                f"Ett påhittat företag, nummer {index}, som arbetar med {title.lower()} och arbetsträning.",
                f"{title} för kontor och skolor", int(cpv), sector, _AREAS[index % len(_AREAS)],
                "far_from_labour_market; Nyanlända", "ja" if index % 3 else "nej", index % 40, 900 + index % 9000,
                f"www.exempel{index}.example", f"info@exempel{index}.example", 2026, date(2026, 1 + index % 9, 15),
            ],
            strict=True,
        )
    )  # fmt: skip
    return list((sound | changed).values())


def rows(number: int) -> list[list[Any]]:
    """Return so many sound rows."""
    return [row(index) for index in range(1, number + 1)]


def write_xlsx(path: Path, table: Iterable[Sequence[Any]], heading: Sequence[Any] = HEADING) -> Path:
    """Write a spreadsheet with one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Företag")
    for line in (heading, *table):
        sheet.append(list(line))
    book.save(path)
    return path


def write_csv(
    path: Path,
    table: Iterable[Sequence[Any]],
    heading: Sequence[Any] = HEADING,
    *,
    delimiter: str = ";",
    encoding: str = "utf-8-sig",
) -> Path:
    """Write a CSV file as a spreadsheet program would."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([heading, *table])
    return path
