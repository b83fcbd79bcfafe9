"""Imports the full official lists into the database, again and again with the same result."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update

from app.core.db import WriteSession
from app.reference.official_files import CodeRow, PostcodeRow, RowFault, UnreadableFile, read
from app.reference.tables import Postcode, ReferenceCode

_FAULTS_TOLD = 20
_LANGUAGES = ("sv", "nb", "en")

Key = tuple[str, str]
Row = dict[str, str]


@dataclass(slots=True)
class ImportReport:
    """What an import did: which lists, how many rows were new, changed or the same, and which were left out."""

    lists: set[str] = field(default_factory=set)
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    faults: list[RowFault] = field(default_factory=list)

    def __str__(self) -> str:
        """Tell it in a sentence, and a line for each of the first rows that were left out."""
        lines = [
            f"{', '.join(sorted(self.lists))}: {self.added} added, {self.changed} changed, {self.unchanged} unchanged, "
            f"{len(self.faults)} left out"
        ]
        lines += [f"    line {fault.row}, {fault.column}: {fault.detail}" for fault in self.faults[:_FAULTS_TOLD]]
        more = len(self.faults) - _FAULTS_TOLD
        return "\n".join([*lines, f"    and {more} more"] if more > 0 else lines)


def import_reference(session: WriteSession, path: Path) -> ImportReport:
    """Read an official file (see `official_files`) into `reference_code` or `postcode`.

    A file may give one language only: the others keep the labels they have. Rows that are wrong are left out and
    reported; rows that the file does not name are kept. Raises `UnreadableFile` when no row can be read.
    """
    report = ImportReport()
    codes: dict[Key, Row] = {}
    postcodes: dict[Key, Row] = {}
    for row in read(path):
        if isinstance(row, RowFault):
            report.faults.append(row)
        elif isinstance(row, CodeRow):
            report.lists.add(row.list)
            codes.setdefault((row.list, row.code), {}).update(row.labels)
        else:
            report.lists.add("postcodes")
            postcodes[row.country, row.postcode] = _facts(row)
    if not codes and not postcodes:
        first = report.faults[0].detail if report.faults else "there are no rows in it"
        raise UnreadableFile(path, f"nothing to import: {first}")
    _merge(session, ReferenceCode, ("list", "code"), codes, dict.fromkeys(_LANGUAGES, ""), report)
    _merge(session, Postcode, ("country", "postcode"), postcodes, {}, report)
    return report


def _facts(row: PostcodeRow) -> Row:
    return {"locality": row.locality, "municipality": row.municipality}


def _merge(
    session: WriteSession,
    model: type[ReferenceCode] | type[Postcode],
    keys: tuple[str, str],
    wanted: dict[Key, Row],
    blank: Row,
    report: ImportReport,
) -> None:
    """Insert what is new and update what differs, in two statements."""
    table: Table = model.__table__  # type: ignore[union-attr]  # SQLModel does not declare what SQLAlchemy adds
    present = _present(session, table, keys, {key[0] for key in wanted})
    new, different = [], []
    for key, row in wanted.items():
        before = present.get(key)
        if before is None:
            new.append({**blank, **row, **dict(zip(keys, key, strict=True))})
        elif before | row != before:
            different.append({**before, **row, **{f"at_{name}": part for name, part in zip(keys, key, strict=True)}})
    if new:
        session.execute(insert(table), new)
    if different:
        where = [table.c[name] == bindparam(f"at_{name}") for name in keys]
        session.connection().execute(update(table).where(*where), different)
    report.added += len(new)
    report.changed += len(different)
    report.unchanged += len(wanted) - len(new) - len(different)


def _present(session: WriteSession, table: Table, keys: tuple[str, str], groups: Iterable[str]) -> dict[Key, Row]:
    rows: Any = session.execute(select(table).where(table.c[keys[0]].in_(sorted(groups)))).mappings()
    return {
        (row[keys[0]], row[keys[1]]): {name: value for name, value in row.items() if name not in keys} for row in rows
    }
