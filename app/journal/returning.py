"""A record of this node's own that says again what others were told, after the database was put back from a backup.

Much of a record never left the node: who keeps it, what people answered to it, the ids that its parts have here. So it
is not written anew, as a copy is: what others were told otherwise than the backup says is put right, and nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, Table, delete, inspect, update
from sqlmodel import SQLModel

from app.core.bulk import insert_many
from app.core.db import WriteSession

Rows = Mapping[type[SQLModel], list[dict[str, Any]]]
"""Rows by table, parts of one record."""
# What no other node has a word in.
_OWN: Final = frozenset({"id", "home", "owner_id", "created_at"})


def put_right(
    session: WriteSession, tables: Sequence[type[SQLModel]], record_id: str, wanted: Rows, known: Rows | None
) -> None:
    """Let the rows of a record say what is `wanted` where that is not what is `known`.

    Both are rows as a copy would have them, the record's own table first. `known` is what others could be told of the
    record as it is here; None when that is nothing, and then all that others were told is written.
    """
    own, *others = tables
    told = _values(wanted, own)
    was = _values(known, own) if known is not None else {}
    changed = {name: value for name, value in told.items() if name not in was or was[name] != value}
    of_record = _table(own).c.id == record_id
    session.connection().execute(update(_table(own)).where(of_record).values(changed))
    for family, key in _families(own, others):
        if known is None or _said(family, wanted) != _said(family, known):
            # What belongs to these rows goes with them: the foreign keys cascade.
            session.connection().execute(delete(_table(family[0])).where(key == record_id))
            for table in family:
                insert_many(session, table, wanted.get(table, []))
    session.expire_all()


def _values(rows: Rows, own: type[SQLModel]) -> dict[str, Any]:
    return {name: value for name, value in rows[own][0].items() if name not in _OWN}


def _families(
    own: type[SQLModel], others: Sequence[type[SQLModel]]
) -> Iterator[tuple[list[type[SQLModel]], Column[Any]]]:
    """Yield each table whose rows are parts of the record, with the tables of the parts' own parts, and its key."""
    grouped: dict[Table, list[type[SQLModel]]] = {}
    for table in others:
        above = _keys(table).keys() - {_table(own)}
        grouped.setdefault(next(iter(above)) if above else _table(table), []).append(table)
    for head, family in grouped.items():
        first, *rest = sorted(family, key=lambda one: _table(one) is not head)
        yield [first, *rest], _keys(first)[_table(own)]


def _keys(table: type[SQLModel]) -> dict[Table, Column[Any]]:
    """Return the columns that lead to other tables, by table."""
    return {key.column.table: key.parent for key in _table(table).foreign_keys}


def _said(family: Sequence[type[SQLModel]], rows: Rows) -> list[list[dict[str, Any]]]:
    """Return what rows say whatever their ids are: a part is known by its place."""
    places = {row["id"]: place for place, row in enumerate(rows.get(family[0], ())) if "id" in row}
    return [
        [
            {name: places.get(value, value) if isinstance(value, str) else value for name, value in row.items()}
            for row in rows.get(table, ())
        ]
        for table in family
    ]


def _table(table: type[SQLModel]) -> Table:
    found: Table = inspect(table).local_table
    return found
