"""What copies need before they can be written: here, or by processes beside a run that has many thousands before it.

Reading a record and making its rows costs more than writing them, and needs no database. Beside a command the processes
begin as copies of it, on Linux; in a worker and elsewhere they begin anew, which takes seconds, so they are for runs
that take many.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Final

import orjson
from sqlalchemy import URL, Dialect, make_url

from app.core import images
from app.core.collecting import passing_by_what_is_here
from app.core.db import Database
from app.journal.replicas import Drafted
from app.journal.vocabulary import Copy, Told
from app.reference import service as reference
from app.sync.kinds import KINDS, is_understood
from app.sync.limits import is_too_deep
from app.sync.pages import PageRead
from app.sync.vocabulary import Envelope

_MANY: Final = 10_000
_PROCESSES: Final = 2
_MAY_BE_COPIES: Final = sys.platform == "linux"
_GIVES_WAY: Final = 15
"""How much less than the first process they are hurried by the system, which has 19 steps for that."""

Part = tuple[list[Copy], Drafted]
Draft = Callable[[Dialect, str, Sequence[Envelope]], list[Part]]
"""Gives what will be written of records of one type, in parts; raises what a room says of one that it cannot read."""
_Made = dict[str, tuple[list[str], Drafted | None]]
"""By type the ids, and what was made of them; None where one of them cannot be read."""


def here(dialect: Dialect, record_type: str, said: Sequence[Envelope]) -> list[Part]:
    """Draft records in this process.

    Raises:
        InvalidContent: a room cannot read one of them.
        ValueError, TypeError: as `copy_of`.
    """
    found = [copy_of(one) for one in said]
    return [(found, KINDS[record_type].REPLICAS.drafted(found, dialect))]


def copy_of(one: Envelope) -> Copy:
    """Return a record as rooms read it.

    Raises:
        ValueError, TypeError: its payload is no JSON object, or one that is nested too deeply, or its time is none.
    """
    if is_too_deep(one.payload.encode()):
        raise ValueError("nested too deeply")
    said = orjson.loads(one.payload)
    if not isinstance(said, dict):
        raise TypeError("not an object")
    return Copy(one.id, one.home, one.rev, datetime.fromisoformat(one.time), said)


class Beside:
    """Processes that draft pages of a peer while others are written; none until much is to come."""

    def __init__(self, url: URL) -> None:
        self._url = url.render_as_string(hide_password=False)
        self._pool: ProcessPoolExecutor | None = None
        # A copy has the locks of all threads as they were, and nobody who opens them. A command's threads are known:
        # while the first page is drafted, one waits for it and one shows how far it is. A worker's may do anything.
        self._are_copies = _MAY_BE_COPIES and threading.current_thread() is threading.main_thread()

    def has_work(self, page: PageRead) -> bool:
        """Tell whether pages after this one are drafted beside: much is to come, or was."""
        return page.has_more and (self._pool is not None or page.head - page.next >= _MANY)

    def draft_of(self, pages: Sequence[PageRead]) -> Draft:
        """Return what drafts the records of pages, by one of the processes: it has begun, if much is to come."""
        if self._pool is None and self.has_work(pages[-1]):
            self._pool = _copies() if self._are_copies else _anew(self._url)
        if self._pool is None:
            return here
        records = [one for page in pages for one in page.records]
        said = [one for one in records if one.payload and is_understood(one.type, one.dataschema)]
        try:
            return _Begun([self._pool.submit(_made, self._url, said)] if said else [])
        except BrokenProcessPool:
            return here

    def end(self) -> None:
        """End the processes, when they have done what they are about."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def together(drafts: Sequence[Draft]) -> Draft:
    """Return what drafts the records of several pages, in their order."""
    begun = [one for one in drafts if isinstance(one, _Begun)]
    return _Begun([share for one in begun for share in one.shares]) if len(begun) == len(drafts) else here


def wait_for(draft: Draft) -> None:
    """Wait until everything is drafted that has been begun: better so than in a transaction that others wait for."""
    if isinstance(draft, _Begun):
        wait(draft.shares)


class _Begun:
    """Pages whose records are being drafted, in shares."""

    def __init__(self, shares: Sequence[Future[_Made]]) -> None:
        self.shares = shares

    def __call__(self, dialect: Dialect, record_type: str, said: Sequence[Envelope]) -> list[Part]:
        """Return what was made of these records; it is made here when it was made of others, or a process is gone."""
        try:
            made = [one[record_type] for share in self.shares if record_type in (one := share.result())]
        except BrokenProcessPool:
            return here(dialect, record_type, said)
        if [one.id for one in said] != [record_id for ids, _ in made for record_id in ids]:
            return here(dialect, record_type, said)
        envelopes = {one.id: one for one in said}
        parts = [([_unread(envelopes[one]) for one in ids], drafted) for ids, drafted in made if drafted is not None]
        return parts if len(parts) == len(made) else here(dialect, record_type, said)


def _unread(one: Envelope) -> Copy:
    """Return a record that has been read elsewhere."""
    return Copy(one.id, one.home, one.rev, datetime.fromisoformat(one.time), Told(one.payload))


@contextmanager
def beside(url: URL) -> Iterator[Beside]:
    """Give processes that draft for the database at this address."""
    processes = Beside(url)
    try:
        yield processes
    finally:
        processes.end()


def _copies() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(_PROCESSES, multiprocessing.get_context("fork"), _begin)


def _anew(url: str) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(_PROCESSES, multiprocessing.get_context("spawn"), _begin_anew, (url,))


def _begin() -> None:
    """Begin a process: Ctrl-C is the first one's to hear, and this one ends with it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for asked in (signal.SIGTERM, signal.SIGHUP):
        # What the first one does when it is asked to end is not this one's to do.
        signal.signal(asked, signal.SIG_DFL)
    if hasattr(os, "nice"):
        # Whoever writes holds what others wait for, and those who ask for pages are people.
        os.nice(_GIVES_WAY)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _begin_anew(url: str) -> None:
    """Begin a process that knows nothing yet.

    The database is asked for the code lists that an operator has imported, and for nothing else.
    """
    _begin()
    database = Database(url)
    with database.reads() as session:
        reference.use_imported(session)
    database.close()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


def _made(url: str, said: Sequence[Envelope]) -> _Made:
    """Return what becomes of records of several types, in another process; for SQLite it is in one image."""
    dialect = _dialect(url)
    with passing_by_what_is_here():
        made = _made_of(dialect, said)
        if dialect.name != "sqlite" or not images.CAN_BE_MADE:
            return made
        with images.packing() as image:
            return {name: (ids, drafted and drafted.packed(image)) for name, (ids, drafted) in made.items()}


def _made_of(dialect: Dialect, said: Sequence[Envelope]) -> _Made:
    made: _Made = {}
    for record_type, of_type in groupby(sorted(said, key=attrgetter("type")), key=attrgetter("type")):
        some = list(of_type)
        ids = [one.id for one in some]
        try:
            ((_, drafted),) = here(dialect, record_type, some)
        except Exception:
            # The first process finds out which of them it is, and why.
            made[record_type] = ids, None
        else:
            made[record_type] = ids, drafted
    return made


@cache
def _dialect(url: str) -> Dialect:
    found: Dialect = make_url(url).get_dialect()()
    return found
