"""The same organisation number at two homes: listed for the operators, who agree on which record goes; never merged."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from sqlalchemy import Table, func, select
from sqlmodel import SQLModel

from app.core.db import ReadSession
from app.sync.kinds import KINDS

_NUMBER: Final = "organisation_number"


@dataclass(frozen=True, slots=True)
class Double:
    """Records of one type that say the same number, each with its home and its name."""

    type: str
    country: str
    number: str
    records: tuple[tuple[str, str, str], ...]
    """Home, id and name of each."""


def doubles(session: ReadSession, limit: int) -> Iterator[Double]:
    """Yield the numbers that records of more than one home say, by type and number; at most `limit` of each type."""
    for record_type in KINDS:
        table = SQLModel.metadata.tables[record_type]
        if _NUMBER in table.c:
            yield from _of(session, table, limit)


def _of(session: ReadSession, table: Table, limit: int) -> Iterator[Double]:
    number, country = table.c[_NUMBER], table.c.country
    told = select(country, number).where(number.is_not(None)).group_by(country, number)
    twice = told.having(func.count(table.c.home.distinct()) > 1).order_by(number, country).limit(limit).subquery()
    records = (
        select(number, country, table.c.home, table.c.id, table.c.name)
        .join(twice, (number == twice.c[_NUMBER]) & (country == twice.c.country))
        .order_by(number, country, table.c.home, table.c.id)
    )
    for (said, where), rows in groupby(session.execute(records), key=lambda row: (row[0], row[1])):
        yield Double(table.name, where, said, tuple((home, record_id, name) for _, _, home, record_id, name in rows))
