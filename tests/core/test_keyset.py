"""Pages that begin after the last row of the page before: what a page gave is read back, and nothing else is."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Column, Date, Integer, MetaData, String, Table, select
from sqlmodel.sql.sqltypes import UTCDateTime

from app.core.errors import BadRequest
from app.core.keyset import KeysetQuery, Order

ROWS = Table(
    "rows",
    MetaData(),
    Column("rank", Integer),
    Column("on", Date),
    Column("at", UTCDateTime),
    Column("id", String(36)),
)
ORDER = Order("rank", tuple(ROWS.columns))


@dataclass(frozen=True)
class Row:
    """A row as a list holds it."""

    rank: int
    on: date
    at: datetime
    id: str


FIRST = Row(1, date(2026, 11, 21), datetime(2026, 11, 21, 12, tzinfo=UTC), "å")


def after(*values: object) -> str:
    """Return these values as a page would give them."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def test_what_a_page_gave_begins_the_next():
    shown, following = ORDER.page([FIRST, Row(2, FIRST.on, FIRST.at, "b")], KeysetQuery(limit=1))
    assert shown == [FIRST]
    asked = ORDER.applied(select(ROWS), KeysetQuery(after=following, limit=1)).compile()
    assert {FIRST.rank, FIRST.on, FIRST.at, FIRST.id} <= set(asked.params.values())
    assert ORDER.page([FIRST], KeysetQuery(limit=1)) == ([FIRST], None)


DAY, MOMENT = ["date", "2026-11-21"], ["datetime", "2026-11-21T12:00:00+00:00"]


@pytest.mark.parametrize(
    "sent",
    [
        "å",
        "nonsense",
        after(1),
        after("rank", 1),
        after("other", 1, DAY, MOMENT, "a"),
        after("rank", "1", DAY, MOMENT, "a"),
        after("rank", True, DAY, MOMENT, "a"),
        after("rank", 2**70, DAY, MOMENT, "a"),
        after("rank", 1, "2026-11-21", MOMENT, "a"),
        after("rank", 1, DAY, ["datetime", "2026-11-21T12:00:00"], "a"),
        after("rank", 1, DAY, [["datetime"], "x"], "a"),
        after("rank", 1, DAY, MOMENT, "a\x00"),
        after("rank", 1, DAY, MOMENT, None),
    ],
)
def test_what_no_page_gave_is_refused(sent: str):
    with pytest.raises(BadRequest):
        ORDER.applied(select(ROWS), KeysetQuery(after=sent))
