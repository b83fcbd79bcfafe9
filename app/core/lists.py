"""Lists, read fast: a question that has been answered once is known by its address, and only its rows are read anew.

The first time, a question takes the ordinary way: its parameters are judged, the service asks the database, the schema
is serialised. What is kept of it is the compiled statement, never an answer. From then on the same address is answered
by that statement, in one read of the driver and in the same bytes. Whoever sends a key takes the ordinary way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from fastapi import Response
from sqlalchemy import ColumnElement, Select, TypeDecorator, select
from sqlalchemy.types import TypeEngine
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.clock import today
from app.core.db import Database, ReadSession
from app.core.driver import Prepared, QuickReads
from app.core.paging import Addresses, PageQuery, link_header

_MOST_QUESTIONS = 1000
_LONGEST_QUESTION = 500
# What the driver gives as it goes into JSON; SQLite's instants are written anew, its booleans would be numbers.
_SHOWN_AS_KEPT = (str, int, date)
Row = dict[str, Any]


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
    query: PageQuery
    addresses: Addresses
    rows: Prepared
    count: Prepared
    names: tuple[str, ...]
    instants: tuple[str, ...]
    finish: Callable[[Row], None]
    counted: tuple[int, int] = (0, -1)


class KnownLists:
    """Answer the lists that are known; let everything else pass, and remember what it was if it was a list."""

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self.app = app
        self._database = database
        self._known: dict[tuple[str, bytes], _Question] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        if scope["type"] != "http" or scope["method"] != "GET" or _has_key(scope):
            await self.app(scope, receive, send)
            return
        address = scope["path"], scope["query_string"]
        if response := await self._answer(address):
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)
        listed = scope["state"].get("listed")
        if listed is not None and len(scope["query_string"]) <= _LONGEST_QUESTION:
            self._remember(address, _question(self._database, *listed))

    async def _answer(self, address: tuple[str, bytes]) -> Response | None:
        question = self._known.get(address)
        if question is None or question.day != today():
            return None
        try:
            return await _page(self._database.quick, question)
        except self._database.quick.fault:
            # The ordinary way has the patience to wait for a lock, and says what is wrong.
            self._known.pop(address, None)
            return None

    def _remember(self, address: tuple[str, bytes], question: _Question | None) -> None:
        if question is not None:
            self._known[address] = question
        if len(self._known) > _MOST_QUESTIONS:
            del self._known[next(iter(self._known))]


def _has_key(scope: Scope) -> bool:
    return any(name == b"authorization" for name, _ in scope["headers"])


def _question(database: Database, listing: Listing, query: PageQuery, addresses: Addresses) -> _Question | None:
    """Return the question that has just been answered; None when it cannot be asked in the quick way."""
    with database.reads() as session:
        rows = listing.rows(session, query)
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
    return _Question(today(), query, addresses, page, counted, tuple(columns), tuple(instants), listing.finish)


def _python_type(kind: TypeEngine[Any]) -> type:
    plain = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    return plain.python_type


async def _page(quick: QuickReads, question: _Question) -> Response:
    found = await quick.rows(question.rows)
    # The number of the last change comes with each row, of the same moment.
    if not found or found[0][-1] != question.counted[1]:
        question.counted = (await quick.rows(question.count))[0]
    total = question.counted[0]
    items = [dict(zip(question.names, row, strict=False)) for row in found]
    for item in items:
        for name in question.instants:
            item[name] = item[name] and _instant(item[name])
        question.finish(item)
    query, links = question.query, question.addresses.links(question.query, len(items), total)
    body = orjson.dumps(
        {
            "items": items,
            "page": query.page,
            "limit": query.limit,
            "total": total,
            "total_is_capped": False,
            "links": links,
        },
        option=orjson.OPT_UTC_Z,
    )
    header = link_header(links)
    return Response(body, media_type="application/json", headers={"link": header} if header else None)


def _instant(kept: str) -> str:
    """Return an instant as the API shows it, of what SQLite keeps: `2026-11-21 12:00:00.000000`, in UTC."""
    day, _, time = kept.partition(" ")
    return f"{day}T{time.removesuffix('.000000')}Z"
