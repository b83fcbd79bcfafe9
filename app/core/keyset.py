"""Pages that begin after the last row of the page before: nothing is repeated or skipped, whatever has been written.

A row's place in an order travels as text that a client sends back unread. Every order ends with the id and runs in one
direction, so that it is read from an index and nothing is sorted.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from fastapi import Request, Response
from pydantic import Field
from sqlalchemy import Select, TypeDecorator, tuple_

from app.core.errors import BadRequest, FieldFault, Message
from app.core.i18n import N_
from app.core.schema import Line, SchemaIn, SchemaOut, readable

Item = TypeVar("Item")
Row = TypeVar("Row")
# The largest number that both databases keep in a column.
_LARGEST = 2**31 - 1
_READ: dict[str, Callable[[Any], Any]] = {"date": date.fromisoformat, "datetime": datetime.fromisoformat}


class KeysetQuery(SchemaIn):
    """The part of a list's parameters that says where the page begins."""

    after: Line | None = Field(default=None, description="The `next` of the page before; it repeats and skips nothing")
    limit: int = Field(default=20, ge=1, le=100, description="Rows a page, at most one hundred")


class KeysetLinks(SchemaOut):
    """Addresses of this page and the next, relative to the server."""

    self: str
    next: str | None


class KeysetPage(SchemaOut, Generic[Item]):
    """One page of a list. `next` begins after the last row of this one, whatever has been written meanwhile."""

    items: list[Item]
    limit: int
    total: int
    next: str | None
    links: KeysetLinks


@dataclass(frozen=True, slots=True)
class Order:
    """One order of a list: its name, the columns that it is sorted by (the id last), and whether it descends."""

    name: str
    columns: tuple[Any, ...]
    descends: bool = False

    def applied(self, wanted: Select[Row], query: KeysetQuery) -> Select[Row]:
        """Return a select in this order from where the page before ended, with one row more than the page shows.

        Raises:
            BadRequest: `after` is not what a page of this order gave.
        """
        after = self._read(query.after)
        if after is not None:
            key, last = tuple_(*self.columns), tuple_(*after)
            wanted = wanted.where(key < last if self.descends else key > last)
        order = [column.desc() if self.descends else column.asc() for column in self.columns]
        return wanted.order_by(*order).limit(query.limit + 1)

    def page(self, rows: Sequence[Row], query: KeysetQuery) -> tuple[list[Row], str | None]:
        """Return the rows that the page shows, and what the next page begins after; None when there is none."""
        shown = list(rows[: query.limit])
        return shown, self._write(shown[-1]) if len(rows) > len(shown) else None

    def _write(self, row: Row) -> str:
        values = [getattr(row, column.key) for column in self.columns]
        plain = [_plain(value) for value in values]
        return base64.urlsafe_b64encode(json.dumps([self.name, *plain]).encode()).decode().rstrip("=")

    def _read(self, after: str | None) -> list[Any] | None:
        if not after:
            return None
        try:
            name, *values = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
            if name != self.name or len(values) != len(self.columns):
                raise ValueError(name)
            return [_typed(value, column) for value, column in zip(values, self.columns, strict=True)]
        except (ValueError, TypeError, KeyError) as fault:
            told = Message(N_("is not the end of a page of this list in this order"))
            wrong = Message(N_("A parameter is wrong: see errors."))
            raise BadRequest(wrong, [FieldFault("after", told)]) from fault


def keyset_page(
    items: list[Item], total: int, following: str | None, query: KeysetQuery, request: Request, response: Response
) -> KeysetPage[Item]:
    """Wrap `items` as the page that `query` asked for, and set the `Link` header."""
    here = request.url
    next_address = here.include_query_params(after=following) if following else None
    links = KeysetLinks(
        self=f"{here.path}?{here.query}" if here.query else here.path,
        next=f"{next_address.path}?{next_address.query}" if next_address else None,
    )
    if links.next:
        response.headers["Link"] = f'<{links.next}>; rel="next"'
    return KeysetPage(items=items, limit=query.limit, total=total, next=following, links=links)


def _plain(value: Any) -> Any:
    """Return a value as JSON can say it, with its kind where the text alone would not tell."""
    return [type(value).__name__, value.isoformat()] if isinstance(value, date) else value


def _typed(value: Any, column: Any) -> Any:
    """Return a value that the column can be compared with. Raises for any other: whoever sends it has made it up."""
    if isinstance(value, list):
        kind, text = value
        value = _READ[kind](text)
    kept = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    fits = isinstance(value, kept.python_type) and not isinstance(value, bool)
    if isinstance(value, str):
        readable(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        fits = False
    if isinstance(value, int) and abs(value) > _LARGEST:
        fits = False
    if not fits:
        raise ValueError(value)
    return value
