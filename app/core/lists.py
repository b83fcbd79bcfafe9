"""Lists, read fast: a question that is asked again is known by its address, and only its rows are read anew.

At first a question takes the ordinary way: its parameters are judged, the service asks the database, the schema is
serialised. Of one that comes a second time the compiled statement is kept, never an answer. From then on the same
filters, whichever page, are answered by that statement, in one read of the driver and in the same bytes. Whoever sends
a key takes the ordinary way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

import orjson
from fastapi import Response
from sqlalchemy import ColumnElement, Select, TypeDecorator, bindparam, select
from sqlalchemy.types import TypeEngine
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.clock import today
from app.core.db import Database, ReadSession
from app.core.driver import Prepared, QuickReads
from app.core.paging import Addresses, PageQuery, is_within_reach, link_header

_MOST_QUESTIONS = 1000
_LONGEST_QUESTION = 500
_USUAL_LIMIT: int = PageQuery.model_fields["limit"].default
# What the driver gives as it goes into JSON; SQLite's instants are written anew, its booleans would be numbers.
_SHOWN_AS_KEPT = (str, int, date)
Row = dict[str, Any]
Key = TypeVar("Key")
Value = TypeVar("Value")


def _as_it_is(_row: Row) -> None:
    """Leave a row as the database gave it."""


@dataclass(frozen=True, slots=True)
class Listing:
    """How a room's list is read: statements that depend on the filters and the day, and on nothing else.

    `rows` selects the fields of the list's schema in their order; `count` counts what the filters find in all;
    `last_change` is the number of the last change of the whole database, with which a count stays true; `finish` makes
    of a row what the schema shows.
    """

    rows: Callable[[ReadSession, Any], Select[Any]]
    count: Callable[[ReadSession, Any], Select[int]]
    last_change: Callable[[], ColumnElement[int]]
    finish: Callable[[Row], None] = _as_it_is


@dataclass(slots=True)
class _Question:
    """One question as the driver takes it, and how many rows it had when the database last changed."""

    day: date
    addresses: Addresses
    rows: Prepared
    count: Prepared
    names: tuple[str, ...]
    instants: tuple[str, ...]
    finish: Callable[[Row], None]
    counted: tuple[int, int] = (0, -1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a list is asked by: its address without the page, and which page of it."""

    address: tuple[str, bytes]
    page: int
    limit: int


class KnownLists:
    """Answer the lists that are known; let everything else pass, and remember what it was if it was a list."""

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self.app = app
        self._database = database
        self._known: dict[tuple[str, bytes], _Question] = {}
        self._seen: dict[tuple[str, bytes], date] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        asked = _asked(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        if asked is None:
            await self.app(scope, receive, send)
            return
        if response := await self._answer(asked):
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)
        if (listed := scope["state"].get("listed")) is not None:
            self._remember(asked, *listed)

    async def _answer(self, asked: _Asked) -> Response | None:
        question = self._known.get(asked.address)
        if question is None or question.day != today():
            return None
        try:
            return await _page(self._database.quick, question, asked)
        except self._database.quick.fault:
            # The ordinary way has the patience to wait for a lock, and says what is wrong.
            self._known.pop(asked.address, None)
            return None

    def _remember(self, asked: _Asked, listing: Listing, query: PageQuery, addresses: Addresses) -> None:
        """Note that a question was asked; of one that has been asked before today, keep how."""
        day = today()
        if self._seen.get(asked.address) != day:
            _keep(self._seen, asked.address, day)
        elif (query.page, query.limit) == (asked.page, asked.limit):
            question = _question(self._database, listing, query, addresses)
            if question is not None:
                _keep(self._known, asked.address, question)


def _keep(kept: dict[Key, Value], key: Key, value: Value) -> None:
    """Keep a value, and forget the oldest of too many."""
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > _MOST_QUESTIONS:
        del kept[next(iter(kept))]


def _asked(scope: Scope) -> _Asked | None:
    """Return what a request asks for; None when it has a key, or does not say plainly which page."""
    query: bytes = scope["query_string"]
    if len(query) > _LONGEST_QUESTION or any(name == b"authorization" for name, _ in scope["headers"]):
        return None
    numbers: dict[bytes, int] = {}
    others = []
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        if name not in {b"page", b"limit"}:
            others.append(part)
        elif name in numbers or not value.isdigit():
            return None
        else:
            numbers[name] = int(value)
    page, limit = numbers.get(b"page", 1), numbers.get(b"limit", _USUAL_LIMIT)
    return _Asked((scope["path"], b"&".join(others)), page, limit) if is_within_reach(page, limit) else None


def _question(database: Database, listing: Listing, query: PageQuery, addresses: Addresses) -> _Question | None:
    """Return the question that has just been answered; None when it cannot be asked in the quick way."""
    with database.reads() as session:
        rows = listing.rows(session, query).limit(bindparam("shown", 0)).offset(bindparam("passed", 0))
        count = listing.count(session, query)
    columns = {str(column.key): _python_type(column.type) for column in rows.selected_columns}
    if not all(issubclass(kind, _SHOWN_AS_KEPT) and kind is not bool for kind in columns.values()):
        return None
    last = listing.last_change()
    page = database.quick.prepare(rows.add_columns(last))
    counted = database.quick.prepare(select(count.scalar_subquery(), last))
    if page is None or counted is None:
        return None
    # SQLite keeps an instant as text.
    instants = [name for name, kind in columns.items() if database.is_sqlite and issubclass(kind, datetime)]
    return _Question(today(), addresses, page, counted, tuple(columns), tuple(instants), listing.finish)


def _python_type(kind: TypeEngine[Any]) -> type:
    plain = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    return plain.python_type


async def _page(quick: QuickReads, question: _Question, asked: _Asked) -> Response:
    passed = (asked.page - 1) * asked.limit
    found = await quick.rows(question.rows, shown=asked.limit, passed=passed)
    # The number of the last change comes with each row, of the same moment.
    if not found or found[0][-1] != question.counted[1]:
        question.counted = (await quick.rows(question.count))[0]
    total = question.counted[0]
    items = [dict(zip(question.names, row, strict=False)) for row in found]
    for item in items:
        for name in question.instants:
            item[name] = item[name] and _instant(item[name])
        question.finish(item)
    links = question.addresses.links(asked.page, asked.limit, rows_until_here=passed + len(items), total=total)
    body = {
        "items": items,
        "page": asked.page,
        "limit": asked.limit,
        "total": total,
        "total_is_capped": False,
        "links": links,
    }
    header = link_header(links)
    return Response(
        orjson.dumps(body, option=orjson.OPT_UTC_Z),
        media_type="application/json",
        headers={"link": header} if header else None,
    )


def _instant(kept: str) -> str:
    """Return an instant as the API shows it, of what SQLite keeps: `2026-11-21 12:00:00.000000`, in UTC."""
    day, _, time = kept.partition(" ")
    return f"{day}T{time.removesuffix('.000000')}Z"
