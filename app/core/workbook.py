"""Tables written as an .xlsx file: texts and whole numbers, one sheet after another."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from xlsxwriter import Workbook

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Value = str | int | None
# What a sheet's name may not hold, and how long it may be.
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME: Final = 31
# The same file for the same tables, whenever it is written.
_ALWAYS: Final = datetime(2000, 1, 1)


def workbook(sheets: Mapping[str, Iterable[Sequence[Value]]]) -> bytes:
    """Return an .xlsx file with these sheets, each of which is rows of cells; None is an empty one."""
    packed = io.BytesIO()
    with Workbook(packed, {"in_memory": True}) as book:
        book.set_properties({"created": _ALWAYS})
        for name, rows in zip(_names(sheets), sheets.values(), strict=True):
            sheet = book.add_worksheet(name)
            for number, cells in enumerate(rows):
                for column, value in enumerate(cells):
                    # Each is written as what it is: no text becomes a formula, a link or a number.
                    if isinstance(value, int):
                        sheet.write_number(number, column, value)
                    elif value:
                        sheet.write_string(number, column, value)
    return packed.getvalue()


def _names(sheets: Iterable[str]) -> list[str]:
    """Return names that a spreadsheet program takes, no two alike."""
    found: list[str] = []
    for name in sheets:
        plain = _NOT_IN_NAMES.sub(" ", name)[:_LONGEST_NAME].strip() or "–"
        twice = plain.lower() in {one.lower() for one in found}
        found.append(f"{plain[: _LONGEST_NAME - 4]} ({len(found) + 1})" if twice else plain)
    return found
