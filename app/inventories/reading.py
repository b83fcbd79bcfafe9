"""Reads a survey that was made elsewhere out of a table: columns by their headings, then rows as answers.

Headings are read in three languages. A column that is not known is left alone, with all that it holds of people.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from app.core.errors import Message
from app.core.i18n import LANGUAGES, N_, texts
from app.core.privacy import without_personal_details
from app.core.schema import composed, readable
from app.core.text import tokens
from app.enterprises.spreadsheet import Cell, CellFault, Doubt, NoHeading, Row, Table, UnreadableTable, read_table
from app.inventories.publishing import questions_of
from app.inventories.vocabulary import LEVEL_LABELS, LEVELS, NEED_LIST, QuestionKind
from app.reference import service as reference

MOST_ROWS: Final = 100_000
LONGEST_COMMENT: Final = 2000
# So many faults are told of one file: who has put these right reads the file again.
MOST_FAULTS: Final = 200
_AREA: Final = "area"
_AREA_WORDS: Final = frozenset(
    {"area", "omrade", "kommun", "kommune", "municipality", "lan", "fylke", "county", "area code", "omradeskod"}
)
_COMMENT: Final = re.compile(r"(?:^(?:kommentar(?:er)?|comments?) | (?:kommentar(?:er)?|comments?)$)")
_LEVEL: Final = re.compile(r"([0-3])(?:[.,]0+)?(?:\s*[–:.-].*)?")


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read: which question it answers, and whether it holds the level or choice, or the words."""

    index: int
    heading: str
    key: str
    is_text: bool = False


@dataclass(slots=True)
class Survey:
    """What a file holds: answers as they are kept, and what is wrong with it, cell by cell."""

    columns: list[Column] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    answers: list[tuple[str | None, dict[str, int | str], dict[str, str]]] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)
    fault_count: int = 0

    def wrong(self, row: int, place: str, column: str, detail: str) -> None:
        """Note a fault; of very many the first are kept, and all are counted."""
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(CellFault(row, place, column, detail))


def read_file(path: Path) -> Table:
    """Return the table of a file.

    Raises:
        UnreadableTable: it is of another type, too large or damaged, or no heading names one of the ten categories.
    """
    try:
        return read_table(path, _recognised, most_rows=MOST_ROWS)
    except NoHeading as fault:
        told = N_("No column is named as one of the ten categories of need, in any of three languages. Seen: {names}")
        raise UnreadableTable(path, Message(told, names=fault.seen)) from fault


def read_answers(table: Table, own: Sequence[Mapping[str, Any]]) -> Survey:
    """Return the answers that a table holds to the categories and a round's own questions, with every fault."""
    asked = {one["key"]: one for one in questions_of(own)}
    found = Survey()
    _read_heading(table, asked, found)
    readers = [(column, _reader(column, asked)) for column in found.columns]
    for number, cells in table.rows:
        _read_row(table, number, cells, readers, found)
    return found


def _recognised(cells: Row) -> int:
    return sum(known is not None and not known[1] for known in map(_known, cells))


def _read_heading(table: Table, asked: Mapping[str, Mapping[str, Any]], found: Survey) -> None:
    own = {_words(one["text"]): key for key, one in asked.items() if one["text"]} | {key: key for key in asked}
    seen: set[tuple[str, bool]] = set()
    for index, cell in enumerate(table.heading):
        if cell is None:
            continue
        heading = str(cell)
        known = _known(cell) or _own(heading, own)
        if known is None:
            found.unread.append(heading[:100])
            continue
        key, is_text = known
        is_text = is_text or (key in asked and asked[key]["kind"] == QuestionKind.TEXT)
        if (key, is_text) in seen:
            place = table.place(table.heading_row, index)
            found.wrong(table.heading_row, place, heading[:100], Message(N_("another column holds the same")))
            continue
        seen.add((key, is_text))
        found.columns.append(Column(index, heading[:100], key, is_text))


def _own(heading: str, own: Mapping[str, str]) -> tuple[str, bool] | None:
    words = _words(heading)
    if words in own:
        return own[words], False
    bare = _COMMENT.sub("", words)
    return (own[bare], True) if bare != words and bare in own else None


def _read_row(
    table: Table,
    number: int,
    cells: Row,
    readers: Sequence[tuple[Column, Callable[[Cell], Any]]],
    found: Survey,
) -> None:
    area: str | None = None
    given: dict[str, int | str] = {}
    said: dict[str, str] = {}
    is_sure = not (table.formulas or table.unsure)
    for column, read in readers:
        cell = cells[column.index] if column.index < len(cells) else None
        try:
            if not is_sure and (doubt := _doubt(table, number, column.index)) is not None:
                raise ValueError(doubt)
            if cell is None:
                continue
            value = read(cell)
        except ValueError as fault:
            found.wrong(number, table.place(number, column.index), column.heading, fault.args[0])
            continue
        if column.key == _AREA:
            area = value
        elif column.is_text:
            said[column.key] = value
        else:
            given[column.key] = value
    found.answers.append((area, given, said))


def _doubt(table: Table, row: int, column: int) -> Message | None:
    """Return why a cell cannot be trusted: it holds a formula, or an error."""
    if (row, column) in table.formulas:
        return Message(N_("the cell holds a formula: paste its value instead"))
    if table.unsure.get((row, column)) is Doubt.ERROR:
        return Message(N_("the cell shows an error"))
    return None


def _reader(column: Column, asked: Mapping[str, Mapping[str, Any]]) -> Callable[[Cell], Any]:
    if column.key == _AREA:
        return _area
    if column.is_text:
        return _comment
    if asked[column.key]["kind"] == QuestionKind.CHOICE:
        options = {_words(option): option for option in asked[column.key]["options"]}
        return lambda cell: _choice(cell, options)
    return _level


def _level(cell: Cell) -> int:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if cell in LEVELS:
            return int(cell)
        cell = int(cell) if cell == int(cell) else cell
    return _level_said(str(cell))


@lru_cache(maxsize=1024)
def _level_said(said: str) -> int:
    level = _levels().get(_words(said))
    if level is None and (found := _LEVEL.fullmatch(said.strip())):
        level = int(found[1])
    if level is None:
        raise ValueError(Message(N_("{value} is no level: write 0, 1, 2 or 3"), value=_short(said)))
    return level


def _choice(cell: Cell, options: Mapping[str, str]) -> str:
    chosen = options.get(_words(str(cell)))
    if chosen is None:
        told = N_("{value} is none of the options: {options}")
        raise ValueError(Message(told, value=_short(str(cell)), options=", ".join(options.values())))
    return chosen


def _comment(cell: Cell) -> str:
    text = readable(composed(str(cell).strip()))
    if len(text) > LONGEST_COMMENT:
        raise ValueError(Message(N_("the comment is longer than {n} characters"), n=LONGEST_COMMENT))
    return without_personal_details(text)


@lru_cache(maxsize=1024)
def _area_named(said: str) -> str:
    if reference.area(said.upper()) is not None:
        return said.upper()
    found = reference.areas_named(said)
    if len(found) != 1:
        told = N_("{value} is more than one place: write a code") if found else N_("{value} is no place that is known")
        raise ValueError(Message(told, value=_short(said)))
    return found[0].code


def _area(cell: Cell) -> str:
    return _area_named(str(cell).strip()[:100])


@lru_cache(maxsize=1024)
def _known(cell: Cell) -> tuple[str, bool] | None:
    """Return what a heading is known as, in any round: a category and whether it is the comment, or the area."""
    words = _words(str(cell)) if isinstance(cell, str) else ""
    if words in _AREA_WORDS:
        return (_AREA, False)
    if words in _categories():
        return _categories()[words], False
    bare = _COMMENT.sub("", words)
    return (_categories()[bare], True) if bare != words and bare in _categories() else None


@cache
def _categories() -> Mapping[str, str]:
    return dict(_category_words())


def _category_words() -> Iterator[tuple[str, str]]:
    for one in questions_of([]):
        yield _words(one["key"]), one["key"]
        for language in LANGUAGES:
            yield _words(reference.label(NEED_LIST, one["key"], language)), one["key"]


@cache
def _levels() -> Mapping[str, int]:
    return {_words(texts(language)(name)): level for level, name in LEVEL_LABELS.items() for language in LANGUAGES}


def _words(said: str) -> str:
    return " ".join(tokens(said.replace("_", " ")))


def _short(said: str) -> str:
    return f"“{said[:60]}”"
