"""Imports enterprises from a table: read and checked row by row, then written in one transaction.

A broken row loses nothing of the others, and an interrupted import leaves nothing behind. A row is known again by its
organisation number, or else by its name and municipality, so that importing a file twice doubles nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import bindparam, update

from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import InvalidContent, Message
from app.core.i18n import N_
from app.core.search import words_of
from app.core.text import tokens
from app.core.wording import plainly
from app.enterprises import queries, records
from app.enterprises.columns import Column, Unread, read_heading, recognised
from app.enterprises.drafts import Drafted
from app.enterprises.reports import Outcome, Remark, Report
from app.enterprises.rows import Broken, Defaults, read_rows
from app.enterprises.schemas import EnterpriseCreate, EnterpriseRead
from app.enterprises.spreadsheet import CellFault, Table, read_table
from app.enterprises.tables import Enterprise
from app.enterprises.vocabulary import RECORD_TYPE, EligibilityState
from app.journal import service as journal

_Item = TypeVar("_Item")
Progress = Callable[[str, Iterable[_Item], int], Iterator[_Item]]
_BATCH = 500
# What a firm is, not what it is called: "Eko Teck AB" and "Eko Teck" look alike.
_FORM_WORDS = frozenset({"ab", "as", "asa", "sa", "svb", "ek", "for", "ekonomisk", "ideell", "forening", "stiftelse"})
_IN_ANY_ORDER = ("aliases", "service_areas", "target_groups", "industry_codes", "languages")


class OnDuplicate(StrEnum):
    """What happens to a row whose organisation number the registry, or a row above, has."""

    SKIP = "skip"
    UPDATE = "update"


@dataclass(slots=True)
class Reading:
    """A file that has been read and checked; nothing has been asked of a database."""

    table: Table
    columns: list[Column]
    unread: list[Unread]
    home: str
    drafted: list[Drafted] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Known:
    """An enterprise of the registry, as far as it takes to know it again."""

    id: str
    home: str
    number: str | None
    name: str
    seat: str | None


@dataclass(slots=True)
class _Plan:
    """What is to be written."""

    new: list[Drafted] = field(default_factory=list)
    updates: list[tuple[EnterpriseRead, EnterpriseCreate]] = field(default_factory=list)


def no_progress(_stage: str, items: Iterable[_Item], _total: int) -> Iterator[_Item]:
    """Give the items and show nothing."""
    return iter(items)


def read_file(
    path: Path,
    defaults: Defaults,
    *,
    said: Mapping[str, str] | None = None,
    sheet: str = "",
    progress: Progress[Any] = no_progress,
) -> Reading:
    """Read and check a file, row by row. `said` is what `columns.overrides` made of the operator's options.

    Raises:
        UnreadableTable: the file as a whole cannot be read.
    """
    said = said or {}
    table = read_table(path, lambda row: recognised(row, said), sheet)
    columns, unread = read_heading(table, said)
    reading = Reading(table, columns, unread, defaults.home)
    for row in progress("Checking", read_rows(table, columns, defaults), len(table.rows)):
        if isinstance(row, Drafted):
            reading.drafted.append(row)
        else:
            reading.broken.append(row)
    return reading


def foresee(session: ReadSession, reading: Reading, *, on_duplicate: OnDuplicate = OnDuplicate.SKIP) -> Report:
    """Return what an import of the file would do now."""
    _, report = _planned(session, reading, on_duplicate)
    report.dry_run = True
    return report


def import_enterprises(
    session: WriteSession,
    reading: Reading,
    *,
    on_duplicate: OnDuplicate = OnDuplicate.SKIP,
    strict: bool = False,
    progress: Progress[Any] = no_progress,
) -> Report:
    """Write what was read into the registry of the node that it was read for, and return what was done.

    With `strict` nothing is written when any row is broken. The owner of what is there already stays who it was.
    """
    plan, report = _planned(session, reading, on_duplicate)
    if strict and report.counts[Outcome.BROKEN]:
        report.refused = True
        return report
    _register(session, plan.new, progress)
    _replace(session, plan.updates, progress)
    return report


def _planned(session: ReadSession | WriteSession, reading: Reading, on_duplicate: OnDuplicate) -> tuple[_Plan, Report]:
    report = Report(
        reading.table.file,
        reading.table.sheet,
        dry_run=False,
        columns={column.heading: column.field for column in reading.columns},
        unread=reading.unread,
        other_sheets=reading.table.other_sheets,
        faults=[fault for broken in reading.broken for fault in broken.faults],
    )
    report.counts[Outcome.BROKEN] = len(reading.broken)
    planning = _Planning(session, reading, on_duplicate, report)
    return planning.plan(), report


class _Planning:
    """Decides row by row what an import does."""

    def __init__(
        self,
        session: ReadSession | WriteSession,
        reading: Reading,
        on_duplicate: OnDuplicate,
        report: Report,
    ) -> None:
        self._session, self._reading = session, reading
        self._on_duplicate, self._report = on_duplicate, report
        known = [Known(*row) for row in session.connection().execute(queries.known_by())]
        self._by_number = {one.number: one for one in known if one.number and one.home == reading.home}
        self._by_name: dict[str, list[Known]] = {}
        for one in known:
            self._by_name.setdefault(name_key(one.name), []).append(one)
        # Rows of this very file, by what they are known by.
        self._rows_by_number: dict[str, Drafted] = {}
        self._rows_by_name: dict[str, list[Drafted]] = {}

    def plan(self) -> _Plan:
        plan = _Plan()
        same: list[tuple[Drafted, Known]] = []
        for row in self._reading.drafted:
            existing = self._by_number.get(row.number or "")
            if self._repeats_a_row(row):
                continue
            if existing:
                same.append((row, existing))
            elif not self._looks_like_another(row):
                self._note(row, Outcome.NEW, *row.notes)
                plan.new.append(row)
            self._remember(row)
        self._plan_updates(plan, same)
        return plan

    def _remember(self, row: Drafted) -> None:
        if row.number:
            self._rows_by_number[row.number] = row
        self._rows_by_name.setdefault(name_key(row.name), []).append(row)

    def _repeats_a_row(self, row: Drafted) -> bool:
        """Refuse a row whose number stands in a row above: which of the two is right only the operator knows."""
        above = self._rows_by_number.get(row.number or "")
        if above is None:
            return False
        column = next(one for one in self._reading.columns if one.field == "organisation_number")
        told = Message(N_("the same organisation number as in row {row}"), row=above.row)
        place = self._reading.table.place(row.row, column.index)
        self._report.faults.append(CellFault(row.row, place, column.heading, told))
        self._report.counts[Outcome.BROKEN] += 1
        return True

    def _looks_like_another(self, row: Drafted) -> bool:
        """Leave out a row that is probably here under the same name; a person has to look."""
        key, seat, number = name_key(row.name), row.seat, row.number
        for one in self._by_name.get(key, []):
            if may_be_one(seat, number, one.seat, one.number):
                told = N_(
                    "the registry has one with this name: {name} ({id}). Give the organisation number if it differs"
                )
                self._note(row, Outcome.SKIPPED, Message(told, name=one.name, id=one.id))
                return True
        for other in self._rows_by_name.get(key, []):
            if may_be_one(seat, number, other.seat, other.number):
                told = N_("row {row} has the same name. Give the municipality or organisation number if they differ")
                self._note(row, Outcome.SKIPPED, Message(told, row=other.row))
                return True
        return False

    def _plan_updates(self, plan: _Plan, same: Sequence[tuple[Drafted, Known]]) -> None:
        if self._on_duplicate is OnDuplicate.SKIP:
            for row, existing in same:
                told = N_("already in the registry by its organisation number ({id}); --on-duplicate update changes it")
                self._note(row, Outcome.SKIPPED, Message(told, id=existing.id))
            return
        for first in range(0, len(same), _BATCH):
            part = same[first : first + _BATCH]
            found = {one.id: one for one in records.read_many(self._session, [existing.id for _, existing in part])}
            for row, existing in part:
                self._plan_update(plan, row, found[existing.id])

    def _plan_update(self, plan: _Plan, row: Drafted, existing: EnterpriseRead) -> None:
        before = records.as_sent(existing)
        try:
            merged = EnterpriseCreate.model_validate(before | _stated(row, existing))
            records.require_sound(merged)
        except (ValidationError, InvalidContent) as fault:
            self._refuse_update(row, fault)
            return
        if _canonical(merged) == _canonical(EnterpriseCreate.model_validate(before)):
            self._note(row, Outcome.UNCHANGED)
            return
        self._note(row, Outcome.UPDATED, *row.notes)
        plan.updates.append((existing, merged))

    def _refuse_update(self, row: Drafted, fault: ValidationError | InvalidContent) -> None:
        """Tell of a row that is sound by itself and does not fit with what the registry has."""
        details = (
            [plainly(dict(error)) for error in fault.errors()]
            if isinstance(fault, ValidationError)
            else [wrong.detail for wrong in fault.faults]
        )
        column = next(one for one in self._reading.columns if one.field == "name")
        self._report.faults += [CellFault(row.row, row.place, column.heading, detail) for detail in details]
        self._report.counts[Outcome.BROKEN] += 1

    def _note(self, row: Drafted, outcome: Outcome, *details: str) -> None:
        self._report.counts[outcome] += 1
        self._report.remarks += [Remark(row.row, row.place, outcome, detail) for detail in details]


def name_key(name: str) -> str:
    """Return what two names have in common that may be one enterprise's: their words, without the legal form's."""
    words = tokens(name)
    return " ".join([word for word in words if word not in _FORM_WORDS] or words)


def may_be_one(seat: str | None, number: str | None, other_seat: str | None, other_number: str | None) -> bool:
    """Tell whether two enterprises with one name may be one: neither their numbers nor their municipalities differ."""
    if number and other_number:
        return number == other_number
    return seat is None or other_seat is None or seat == other_seat


def _stated(row: Drafted, existing: EnterpriseRead) -> dict[str, Any]:
    """Return the fields that the file states; what it leaves open stays as it is."""
    said = row.data.model_dump(include=set(row.stated))
    if "source_year" not in row.stated and row.own["source"] != existing.source:
        # The year belongs to the source that is no longer named.
        said["source_year"] = None
    if "eligibility" in row.stated:
        said["eligibility"] = _merged_eligibility(said["eligibility"], existing)
    return said


def _merged_eligibility(said: list[dict[str, Any]], existing: EnterpriseRead) -> list[dict[str, Any]]:
    """Return what is known of the right to take part: the file's word does not undo what somebody has verified."""
    before = {one.reservation: one.model_dump() for one in existing.eligibility}
    verified = {rule for rule, one in before.items() if one["state"] == EligibilityState.VERIFIED}
    return list((before | {one["reservation"]: one for one in said if one["reservation"] not in verified}).values())


def _canonical(data: EnterpriseCreate) -> dict[str, Any]:
    """Return what a record says, in one order."""
    said = data.model_dump(mode="json")
    said |= {name: sorted(said[name]) for name in _IN_ANY_ORDER}
    return said | {"eligibility": sorted(said["eligibility"], key=lambda one: str(one["reservation"]))}


def _register(session: WriteSession, drafted: Sequence[Drafted], progress: Progress[Any]) -> None:
    """Write new records, some hundreds at a time."""
    for first in progress("Writing", range(0, len(drafted), _BATCH), -(-len(drafted) // _BATCH)):
        rows: records.Rows = {}
        words: dict[str, str] = {}
        at = now()
        for row in drafted[first : first + _BATCH]:
            _extend(rows, {Enterprise: [row.own | {"created_at": at, "updated_at": at}], **row.children})
            words[row.own["id"]] = row.words
            journal.record(session, row.change)
        records.write_rows(session, rows)
        queries.SEARCH.put_all(session, words)


def _replace(
    session: WriteSession, updates: Sequence[tuple[EnterpriseRead, EnterpriseCreate]], progress: Progress[Any]
) -> None:
    """Replace what records say, some hundreds at a time."""
    for first in progress("Updating", range(0, len(updates), _BATCH), -(-len(updates) // _BATCH)):
        part = updates[first : first + _BATCH]
        rows: records.Rows = {}
        own_rows: list[records.Values] = []
        words: dict[str, str] = {}
        for existing, data in part:
            own = records.own_values(data) | {"rev": existing.rev + 1}
            own_rows.append({f"to_{name}": value for name, value in own.items()} | {"at_id": existing.id})
            children = records.child_rows(existing.id, data)
            _extend(rows, children)
            words[existing.id] = words_of(records.searchable(data))
            kept = {name: getattr(existing, name) for name in ("id", "home", "owner_id", "hidden_at")}
            _record(session, records.assembled(kept | own, children), existing)
        records.forget_children(session, [existing.id for existing, _ in part])
        table = records.table_of(Enterprise)
        changed: dict[str, Any] = {
            name.removeprefix("to_"): bindparam(name) for name in own_rows[0] if name.startswith("to_")
        }
        session.connection().execute(update(table).where(table.c.id == bindparam("at_id")).values(changed), own_rows)
        records.write_rows(session, rows)
        queries.SEARCH.put_all(session, words)


def _extend(rows: records.Rows, more: records.Rows) -> None:
    for table, values in more.items():
        rows.setdefault(table, []).extend(values)


def _record(session: WriteSession, after: EnterpriseRead, before: EnterpriseRead) -> None:
    said, was = records.payload(after), records.payload(before)
    journal.record(session, journal.changed(RECORD_TYPE, after.id, after.home, after.rev, said, was))
