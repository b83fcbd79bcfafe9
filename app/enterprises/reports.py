"""What an import did, told to the operator: as lines to read, as JSON, or as a table for a spreadsheet program."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from app.core.errors import in_language
from app.core.i18n import N_, Texts
from app.core.text import neutral
from app.enterprises.columns import Unread
from app.enterprises.spreadsheet import CellFault

_TOLD: Final = 40
_HEADING = ("outcome", "row", "place", "column", "detail")


class Outcome(StrEnum):
    """What became of a row."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    BROKEN = "broken"


OUTCOMES = {
    Outcome.NEW: N_("new"),
    Outcome.UPDATED: N_("updated"),
    Outcome.UNCHANGED: N_("unchanged"),
    Outcome.SKIPPED: N_("skipped"),
    Outcome.BROKEN: N_("broken"),
}


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth knowing of a row: why it was skipped, or what was made of it."""

    row: int
    place: str
    outcome: Outcome
    detail: str


@dataclass(slots=True)
class Report:
    """What an import did, or would do."""

    file: str
    sheet: str
    dry_run: bool
    columns: dict[str, str] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    other_sheets: list[str] = field(default_factory=list)
    counts: Counter[Outcome] = field(default_factory=Counter)
    faults: list[CellFault] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    refused: bool = False

    @property
    def rows(self) -> int:
        """How many rows of the file hold something."""
        return self.counts.total()

    def lines(self, say: Texts) -> Iterator[str]:
        """Yield the report as lines: what was not read, what is wrong cell by cell, and the count last."""
        for unread in self.unread:
            yield f"{unread.place} “{unread.heading}”: {in_language(unread.detail, say)}"
        if self.other_sheets:
            told = N_("Sheets that were not read: {names}. Choose one with --sheet.")
            yield say(told, names=", ".join(self.other_sheets))
        faults = [f"{one.place} “{one.column}”: {in_language(one.detail, say)}" for one in self.faults]
        remarks = [f"{one.place}: {say(OUTCOMES[one.outcome])}: {in_language(one.detail, say)}" for one in self.remarks]
        for found in (faults, remarks):
            yield from found[:_TOLD]
            if len(found) > _TOLD:
                yield say(N_("… and {n} more: --report FILE.csv holds them all."), n=len(found) - _TOLD)
        yield self.summary(say)

    def summary(self, say: Texts) -> str:
        """Return the count in a sentence, and whether anything was written."""
        counted = ", ".join(f"{self.counts[outcome]} {say(name)}" for outcome, name in OUTCOMES.items())
        told = say(N_("{n} rows: {counted}."), n=self.rows, counted=counted)
        if self.refused:
            return f"{told} {say(N_('Nothing was written, because of the broken rows.'))}"
        return f"{told} {say(N_('Nothing was written: this was a dry run.'))}" if self.dry_run else told

    def as_json(self, say: Texts) -> str:
        """Return the whole report as JSON."""
        whole: dict[str, Any] = {
            "file": self.file,
            "sheet": self.sheet or None,
            "written": not (self.dry_run or self.refused),
            "rows": self.rows,
            "counts": {outcome.value: self.counts[outcome] for outcome in Outcome},
            "columns": self.columns,
            "unread_columns": [
                {"place": one.place, "column": one.heading, "detail": in_language(one.detail, say)}
                for one in self.unread
            ],
            "unread_sheets": self.other_sheets,
            "faults": [
                {"row": one.row, "place": one.place, "column": one.column, "detail": in_language(one.detail, say)}
                for one in self.faults
            ],
            "remarks": [
                {"row": one.row, "place": one.place, "outcome": one.outcome, "detail": in_language(one.detail, say)}
                for one in self.remarks
            ],
        }
        return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"

    def as_csv(self, say: Texts) -> str:
        """Return every fault and remark as CSV, row by row, ready to be opened beside the file."""
        written = io.StringIO()
        table = csv.writer(written, delimiter=";")
        table.writerow(_HEADING)
        found: list[tuple[int, str, str, str, str]] = [
            *((one.row, Outcome.BROKEN.value, one.place, one.column, one.detail) for one in self.faults),
            *((one.row, one.outcome.value, one.place, "", one.detail) for one in self.remarks),
            *((0, "unread", one.place, one.heading, one.detail) for one in self.unread),
        ]
        for row, outcome, place, column, detail in sorted(found, key=lambda line: line[0]):
            table.writerow([outcome, row or "", place, neutral(column), neutral(in_language(detail, say))])
        return f"\ufeff{written.getvalue()}"
