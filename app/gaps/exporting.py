"""The gap map written out as a table, a row a cell: CSV that a spreadsheet program opens, or .xlsx."""

import csv
import io
from collections.abc import Sequence
from typing import Final

from app.core.i18n import N_, Texts, texts
from app.core.text import neutral
from app.core.workbook import XLSX, Value, workbook
from app.gaps.schemas import GapCell, GapMap, GapRow
from app.gaps.vocabulary import EVIDENCE_LABELS, STATE_LABELS, MapForm
from app.reference import service as reference
from app.support_offers.vocabulary import NEED_LIST

TYPES: Final = {MapForm.CSV: "text/csv", MapForm.XLSX: XLSX}
_BOM: Final = "\ufeff"
_HEADINGS: Final = (
    N_("Area"),
    N_("Area code"),
    N_("Need"),
    N_("Need code"),
    N_("State"),
    N_("Rests on"),
    N_("Offers given there"),
    N_("Of these for it or a part of it"),
    N_("Of these for a larger area"),
    N_("At a distance from elsewhere"),
    N_("Published needs there"),
    N_("Published needs of a larger area"),
    N_("Need it, by the newest survey"),
    N_("Answered the survey"),
    N_("Searches that found nobody, at least"),
)


def as_file(found: GapMap, form: MapForm, language: str) -> bytes:
    """Return the map as a file in the reader's language; what is hidden is called so."""
    say = texts(language)
    rows: list[Sequence[Value]] = [[say(heading) for heading in _HEADINGS]]
    rows += [_cells(row, cell, say, language) for row in found.rows for cell in row.cells]
    if form is MapForm.XLSX:
        return workbook({say(N_("Gap map")): rows})
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";")
    for row in rows:
        writer.writerow([neutral(cell) if isinstance(cell, str) else "" if cell is None else str(cell) for cell in row])
    return f"{_BOM}{written.getvalue()}".encode()


def need_name(need: str | None, language: str) -> str:
    """Return what a column is called."""
    return reference.label(NEED_LIST, need, language) if need else texts(language)(N_("Need not stated"))


def area_name(area: str | None, language: str) -> str:
    """Return what a row is called."""
    return reference.area_label(area, language) if area else texts(language)(N_("Area not stated"))


def _cells(row: GapRow, cell: GapCell, say: Texts, language: str) -> list[Value]:
    survey = cell.survey
    return [
        area_name(row.area, language),
        row.area,
        need_name(cell.need, language),
        cell.need,
        say(STATE_LABELS[cell.state]) if cell.state else None,
        ", ".join(say(EVIDENCE_LABELS[one]) for one in cell.rests_on),
        cell.offers,
        cell.here,
        cell.wider,
        cell.remote,
        cell.needs,
        cell.needs_wider,
        (say(N_("hidden")) if survey.needing is None else survey.needing) if survey else None,
        survey.answered if survey else None,
        cell.searches_at_least,
    ]
