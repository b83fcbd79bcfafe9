"""Reads a table out of a spreadsheet (.xlsx) or CSV file: rows of plain values, each cell with its place.

Values only: of a formula the value counts that was stored with it, and nothing in a file is ever worked out. A file is
measured before it is unpacked, so that a small one cannot turn out to be huge.
"""

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from lxml import etree
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from app.core.errors import FieldFault, InvalidContent, Message
from app.core.i18n import N_

MOST_ROWS: Final = 50_000
MOST_COLUMNS: Final = 200
LARGEST_FILE: Final = 32 * 1024 * 1024
# The parts of an .xlsx file are compressed XML: ten times as large unpacked is usual.
LARGEST_UNPACKED: Final = 256 * 1024 * 1024
LARGEST_PART: Final = 128 * 1024 * 1024
_MOST_PARTS: Final = 2_000
_LONGEST_CELL: Final = 32_767
# The heading need not be the first row: a title and a date often stand above it.
_HEADING_WITHIN: Final = 20
_MEGABYTE: Final = 1024 * 1024
# <c r="B2" s="1" t="e">: a cell, its place and what else it says.
_CELL = rb'<(?:\w+:)?c\b[^>]*?\br="%s"[^>]*?'
_ERROR = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
# A formula whose value was not stored: <c r="B2"><f>1+1</f><v></v></c>
_VALUELESS = re.compile(
    _CELL % rb"([A-Z]{1,3})([0-9]{1,7})"
    + rb">\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)"
    + rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
# Any formula, whether its value was stored or not: <c r="B2"><f>1+1</f><v>2</v></c>
_FORMULA = re.compile(_CELL % rb"([A-Z]{1,3})([0-9]{1,7})" + rb">\s*<(?:\w+:)?f\b")
# Cells that hold something in a row of five digits or more, and cells right of column GR, which is the 200th.
_FAR_DOWN = re.compile(_CELL % rb"[A-Z]{1,3}([0-9]{5,7})" + rb"(?<!/)>")
_FAR_RIGHT = re.compile(_CELL % rb"(?:[A-Z]{3}|[H-Z][A-Z]|G[S-Z])[0-9]{1,7}" + rb"(?<!/)>")

# Every way in which the parts of a damaged file fail.
_DAMAGED = (
    CalamineError,
    zipfile.BadZipFile,
    zlib.error,
    etree.XMLSyntaxError,
    KeyError,
    EOFError,
    NotImplementedError,
)

Cell = str | int | float | bool | date | None
Row = Sequence[Cell]
Recognise = Callable[[Row], int]


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong in one cell, and what to do about it."""

    row: int
    place: str
    column: str
    detail: str


class Doubt(StrEnum):
    """Why a cell that looks empty may not be."""

    ERROR = "error"
    NO_VALUE = "no-value"


@dataclass(slots=True)
class Table:
    """One table of a file: the heading and the rows under it that hold something, by the row's number in the file."""

    file: str
    sheet: str
    heading_row: int
    heading: Row
    rows: list[tuple[int, Row]]
    other_sheets: list[str] = field(default_factory=list)
    unsure: dict[tuple[int, int], Doubt] = field(default_factory=dict)
    formulas: frozenset[tuple[int, int]] = frozenset()

    def place(self, row: int, column: int) -> str:
        """Return where a cell is, as a spreadsheet program names it: `Sheet1!C17`; `column` counts from 0."""
        cell = f"{_column_letters(column)}{row}"
        return f"{self.sheet}!{cell}" if self.sheet else cell


class UnreadableTable(InvalidContent):
    """The file as a whole holds no table that we can read."""

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(detail, [FieldFault("file", detail)])
        self.path = path


class NoHeading(UnreadableTable):
    """No row of the table is a heading that is known; `seen` are the cells of its first row."""

    def __init__(self, path: Path, detail: str, seen: str) -> None:
        super().__init__(path, detail)
        self.seen = seen


def read_table(path: Path, recognise: Recognise, sheet: str = "", *, most_rows: int | None = None) -> Table:
    """Return the table of a file, of at most `most_rows` rows (`MOST_ROWS` of them when nobody says).

    The heading is the row among the first ones in which `recognise` knows the most columns (it returns how many). Of a
    spreadsheet the named `sheet` is read, or else the first visible one with such a heading.

    Raises:
        UnreadableTable: the file is of another type, too large, damaged, or has no such heading (`NoHeading`).
    """
    most = MOST_ROWS if most_rows is None else most_rows
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise UnreadableTable(path, Message(N_("The file is larger than {n} MB."), n=LARGEST_FILE // _MEGABYTE))
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK"):
        return _spreadsheet(path, recognise, sheet, most)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableTable(path, Message(N_("This is the older .xls format: save it as .xlsx or CSV.")))
    if sheet:
        raise UnreadableTable(path, Message(N_("A CSV file has no sheets: leave the option --sheet out.")))
    return _csv(path, recognise, most)


def _csv(path: Path, recognise: Recognise, most: int) -> Table:
    text = _decoded(path)
    best = max(";\t,", key=lambda delimiter: _best_heading(_first(_records(path, text, delimiter, most)), recognise)[0])
    rows = list(_records(path, text, best, most))
    return _table(path, "", rows, recognise)


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        # Spreadsheet programs on Windows still save Western European text in its code page.
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableTable(path, Message(N_("This is neither a spreadsheet nor text in UTF-8 or Windows-1252.")))


def _records(path: Path, text: str, delimiter: str, most: int) -> Iterator[tuple[int, Row]]:
    """Yield the records with their numbers: the rows that a spreadsheet program shows, empty ones counted."""
    found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, record in enumerate(found, start=1):
            _refuse_absurd(path, number, record, most)
            yield number, [cell.strip() or None for cell in record]
    except csv.Error as fault:
        told = N_("The file is not CSV, line {line}: {fault}.")
        raise UnreadableTable(path, Message(told, line=found.line_num, fault=fault)) from fault


def _spreadsheet(path: Path, recognise: Recognise, wanted: str, most: int) -> Table:
    try:
        with zipfile.ZipFile(path) as packed:
            _refuse_bombs(path, packed)
            parts = _sheet_parts(packed)
            with CalamineWorkbook.from_path(path) as book:
                return _chosen(path, book, packed, parts, recognise, wanted, most)
    except _DAMAGED as fault:
        told = N_("The spreadsheet is damaged or of another kind: open it and save it as .xlsx once more.")
        raise UnreadableTable(path, Message(told)) from fault


def _refuse_bombs(path: Path, packed: zipfile.ZipFile) -> None:
    """Refuse a file that unpacks to more than any registry holds. A part never gives more than its heading says."""
    parts = packed.infolist()
    sizes = [part.file_size for part in parts]
    if len(parts) > _MOST_PARTS or sum(sizes) > LARGEST_UNPACKED or max(sizes, default=0) > LARGEST_PART:
        told = N_("The spreadsheet unpacks to more than {n} MB: divide it.")
        raise UnreadableTable(path, Message(told, n=LARGEST_PART // _MEGABYTE))
    if "xl/workbook.xml" not in packed.namelist():
        raise UnreadableTable(path, Message(N_("This is no .xlsx file: save it as .xlsx or CSV.")))


def _sheet_parts(packed: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of the file that holds each sheet, by the sheet's name."""
    places = {
        one.get("Id", ""): one.get("Target", "")
        for one in _xml(packed, "xl/_rels/workbook.xml.rels").iter("{*}Relationship")
    }
    parts: dict[str, str] = {}
    for sheet in _xml(packed, "xl/workbook.xml").iter("{*}sheet"):
        number = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")
        target = places.get(number, "")
        parts[sheet.get("name", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return parts


def _xml(packed: zipfile.ZipFile, part: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    return etree.fromstring(packed.read(part), parser)


def _chosen(
    path: Path,
    book: CalamineWorkbook,
    packed: zipfile.ZipFile,
    parts: dict[str, str],
    recognise: Recognise,
    wanted: str,
    most: int,
) -> Table:
    """Return the table of the sheet that was asked for, or of the first visible one with a heading that is known."""
    sheets = [
        one.name
        for one in book.sheets_metadata
        if one.typ is SheetTypeEnum.WorkSheet and (one.visible is SheetVisibleEnum.Visible or one.name == wanted)
    ]
    if wanted and wanted not in sheets:
        told = N_("There is no sheet called {name}. Sheets: {names}.")
        raise UnreadableTable(path, Message(told, name=repr(wanted), names=", ".join(sheets)))
    first: list[tuple[int, Row]] = []
    for name in [wanted] if wanted else sheets:
        content = packed.read(parts[name])
        unsure = _scanned(path, content, most)
        rows = _cells(path, book.get_sheet_by_name(name), most)
        if wanted or _best_heading(rows, recognise)[0]:
            table = _table(path, name, rows, recognise)
            table.other_sheets = [other for other in sheets if other != name]
            table.unsure = unsure
            table.formulas = frozenset(
                (int(row), _column_number(letters)) for letters, row in _FORMULA.findall(content)
            )
            return table
        first = first or rows
    raise _no_heading(path, first)


def _scanned(path: Path, content: bytes, most: int) -> dict[tuple[int, int], Doubt]:
    """Return the cells (row, column from 0) that would look empty and are not.

    A sheet is read as one block of cells, so a lone cell far out would make it huge: that is refused before.
    """
    far = max((int(row) for row in _FAR_DOWN.findall(content)), default=0)
    _refuse_absurd(path, far, (), most)
    if _FAR_RIGHT.search(content):
        raise UnreadableTable(path, Message(N_("The table has more than {n} columns."), n=MOST_COLUMNS))
    found = {(int(row), _column_number(letters)): Doubt.ERROR for letters, row in _ERROR.findall(content)}
    return found | {(int(row), _column_number(letters)): Doubt.NO_VALUE for letters, row in _VALUELESS.findall(content)}


def _cells(path: Path, sheet: CalamineSheet, most: int) -> list[tuple[int, Row]]:
    rows: list[tuple[int, Row]] = []
    for number, values in enumerate(sheet.to_python(skip_empty_area=False), start=1):
        _refuse_absurd(path, number, values, most)
        rows.append((number, [_value(value) for value in values]))
    return rows


def _value(value: object) -> Cell:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return str(value).strip() or None


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _column_letters(column: int) -> str:
    letters = ""
    while column >= 0:
        letters = chr(ord("A") + column % 26) + letters
        column = column // 26 - 1
    return letters


def _refuse_absurd(path: Path, number: int, cells: Sequence[object], most: int) -> None:
    if number > most + _HEADING_WITHIN:
        raise UnreadableTable(path, Message(N_("The table has more than {n} rows: divide it."), n=most))
    if len(cells) > MOST_COLUMNS and any(cell not in (None, "") for cell in cells[MOST_COLUMNS:]):
        raise UnreadableTable(path, Message(N_("The table has more than {n} columns."), n=MOST_COLUMNS))
    if any(isinstance(cell, str) and len(cell) > _LONGEST_CELL for cell in cells):
        told = N_("A cell in row {row} holds more than {n} characters.")
        raise UnreadableTable(path, Message(told, row=number, n=_LONGEST_CELL))


def _first(rows: Iterator[tuple[int, Row]]) -> list[tuple[int, Row]]:
    return [row for row, _ in zip(rows, range(_HEADING_WITHIN), strict=False)]


def _best_heading(rows: Sequence[tuple[int, Row]], recognise: Recognise) -> tuple[int, int]:
    """Return how many columns the best heading has that are known, and its index among the rows."""
    known = [recognise(cells) for _, cells in rows[:_HEADING_WITHIN]]
    most = max(known, default=0)
    return most, known.index(most) if known else 0


def _table(path: Path, sheet: str, rows: list[tuple[int, Row]], recognise: Recognise) -> Table:
    known, index = _best_heading(rows, recognise)
    if not known:
        raise _no_heading(path, rows)
    number, heading = rows[index]
    under = [(row, cells) for row, cells in rows[index + 1 :] if any(cell is not None for cell in cells)]
    return Table(path.name, sheet, number, heading, under)


def _no_heading(path: Path, rows: Sequence[tuple[int, Row]]) -> NoHeading:
    seen = next(([str(cell) for cell in cells if cell is not None] for _, cells in rows if any(cells)), [])
    told = N_("No column holds names of enterprises. Name one “name”, or say which: --map 'column=name'. Seen: {names}")
    names = ", ".join(seen)[:300] or "–"
    return NoHeading(path, Message(told, names=names), names)
