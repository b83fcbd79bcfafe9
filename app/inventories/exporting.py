"""Results and comparisons written out as tables: CSV that a spreadsheet program opens, or .xlsx with a sheet a table.

They are written from what is published, so that a file never says more than the page.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from app.core.i18n import N_, Texts, texts
from app.core.text import neutral
from app.core.workbook import XLSX, Value, workbook
from app.inventories.rules import UNSTATED
from app.inventories.schemas import Comparison, QuestionResult, ResultsRead, SurveyQuestion
from app.inventories.vocabulary import LEVEL_LABELS, NEED_LIST, OPEN_LEFT, ExportForm, QuestionKind
from app.reference import service as reference

TYPES: Final = {ExportForm.CSV: "text/csv", ExportForm.XLSX: XLSX}
_BOM: Final = "\ufeff"
_HIDDEN: Final = N_("hidden")
Table = list[Sequence[Value]]


def results_file(found: ResultsRead, form: ExportForm, language: str) -> bytes:
    """Return the results of a round as a file in the reader's language; what is hidden is called so."""
    say = texts(language)
    tables = {say(N_("Questions")): _questions(found, language), say(N_("By area")): _areas(found, language)}
    return _written(tables, form)


def comparison_file(found: Comparison, form: ExportForm, language: str) -> bytes:
    """Return rounds side by side as a file in the reader's language."""
    say = texts(language)
    heading: Sequence[Value] = [say(N_("Need")), say(N_("Area")), *(one.name for one in found.rounds)]
    answered: Sequence[Value] = [say(N_("All that answered")), "", *(_number(n, say) for n in found.answered)]
    rows: Table = [
        [category_name(one.key, language), area_name(row.area, language, whole=True)]
        + [_number(n, say) for n in row.needing]
        for one in found.questions
        for row in one.rows
    ]
    return _written({say(N_("Rounds side by side")): [heading, answered, *rows]}, form)


def category_name(key: str, language: str) -> str:
    """Return what a category of needs is called."""
    return reference.label(NEED_LIST, key, language)


def question_name(asked: SurveyQuestion | QuestionResult, language: str) -> str:
    """Return what a question is called: its own text, or its category."""
    return asked.text or category_name(asked.key, language)


def area_name(area: str | None, language: str, *, whole: bool = False) -> str:
    """Return what a row is called. Without an area it is the rest of them, or with `whole` all together."""
    say = texts(language)
    if area is None:
        return say(N_("All areas")) if whole else say(N_("Other areas"))
    return say(N_("Area not stated")) if area == UNSTATED else reference.area_label(area, language)


def value_name(value: str, kind: QuestionKind, language: str) -> str:
    """Return what an answer is called: a level in words, an option as it is written, or that it was left open."""
    say = texts(language)
    if value == OPEN_LEFT:
        return say(N_("Left open"))
    return f"{value} – {say(LEVEL_LABELS[int(value)])}" if kind == QuestionKind.SCALE else value


def _questions(found: ResultsRead, language: str) -> Table:
    say = texts(language)
    rows: Table = [[say(N_("Code")), say(N_("Question")), say(N_("What was answered")), say(N_("Number"))]]
    rows.append(["", "", say(N_("All that answered")), _number(found.answered, say)])
    for one in found.questions:
        named = question_name(one, language)
        if one.kind is QuestionKind.SCALE:
            rows.append([one.key, named, say(N_("Need it (2 or 3)")), _number(one.needing, say)])
        rows += [
            [one.key, named, value_name(cell.value, one.kind, language), _number(cell.count, say)] for cell in one.cells
        ]
    return rows


def _areas(found: ResultsRead, language: str) -> Table:
    say = texts(language)
    heading: Sequence[Value] = [
        say(N_("Code")),
        say(N_("Question")),
        *(area_name(r.area, language) for r in found.rows),
    ]
    answered: Sequence[Value] = ["", say(N_("All that answered")), *(row.answered for row in found.rows)]
    rows: Table = [
        [one.key, question_name(one, language), *(_number(row.needing, say) for row in one.rows)]
        for one in found.questions
        if one.rows
    ]
    return [heading, answered, *rows] if found.rows else []


def _number(number: int | None, say: Texts) -> Value:
    return say(_HIDDEN) if number is None else number


def _written(tables: Mapping[str, Table], form: ExportForm) -> bytes:
    """Return the tables as sheets of one file, or one under another with a line between."""
    filled = {name: table for name, table in tables.items() if table}
    if form is ExportForm.XLSX:
        return workbook(filled)
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";")
    for number, table in enumerate(filled.values()):
        writer.writerows([[]] * (number > 0))
        writer.writerows(_as_text(table))
    return f"{_BOM}{written.getvalue()}".encode()


def _as_text(table: Iterable[Sequence[Value]]) -> Iterable[list[str]]:
    for row in table:
        yield [neutral(value) if isinstance(value, str) else "" if value is None else str(value) for value in row]
