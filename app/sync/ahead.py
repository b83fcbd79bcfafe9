"""Pages are asked for, checked and drafted while those before them are written: by a thread, a few pages ahead."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Full, Queue
from typing import Final, NamedTuple

from app.sync import drafting
from app.sync.calling import Caller
from app.sync.drafting import Beside, Draft
from app.sync.pages import PageRead

AT_ONCE: Final = 24
"""How many pages are given at a time, at most; as many more may be waiting."""
_DRAFTED_AT_ONCE: Final = 4
_LOOKS_UP_SECONDS: Final = 0.2


class Read(NamedTuple):
    """Pages that follow each other, and what drafts their records."""

    pages: list[PageRead]
    draft: Draft


@contextmanager
def pages(caller: Caller, processes: Beside, after: int, run: str) -> Iterator[Callable[[], Read]]:
    """Give what waits for the pages after a cursor: for one at least, with those behind it that are here already.

    What was wrong with a page is raised in its place, when those before it have been given.
    """
    reading = _Reading(caller, processes)
    thread = threading.Thread(target=reading.to_the_end, args=(after, run), name="sync-ahead", daemon=True)
    thread.start()
    try:
        yield reading.given
    finally:
        # Whoever gives up does not wait for a page that nobody will read.
        reading.stopped.set()


class _Reading:
    def __init__(self, caller: Caller, processes: Beside) -> None:
        self._caller = caller
        self._processes = processes
        self._read: Queue[Read | BaseException] = Queue(AT_ONCE // _DRAFTED_AT_ONCE)
        self._fault: BaseException | None = None
        self.stopped = threading.Event()

    def to_the_end(self, after: int, run: str) -> None:
        """Read page after page, until there are no more or nobody wants them."""
        read: list[PageRead] = []
        try:
            has_more = True
            while has_more and not self.stopped.is_set():
                page = self._caller.changes(after, run)
                read.append(page)
                if len(read) == _DRAFTED_AT_ONCE or not self._processes.has_work(page):
                    whole, read = read, []
                    self._put(Read(whole, self._processes.draft_of(whole)))
                after, has_more = page.next, page.has_more
        except BaseException as fault:
            if read:
                # Nothing is begun any more: it may be what has failed.
                self._put(Read(read, drafting.here))
            self._put(fault)

    def given(self) -> Read:
        """Return the next pages, in order, with their records drafted if that was begun."""
        if self._fault is not None:
            raise self._fault
        found: list[Read] = []
        one: Read | BaseException | None = self._read.get()
        while one is not None:
            if isinstance(one, BaseException):
                self._fault = one
                break
            found.append(one)
            one = self._ready() if len(found) < AT_ONCE // _DRAFTED_AT_ONCE else None
        if not found and self._fault is not None:
            raise self._fault
        read = Read([page for one in found for page in one.pages], drafting.together([one.draft for one in found]))
        drafting.wait_for(read.draft)
        return read

    def _ready(self) -> Read | BaseException | None:
        try:
            return self._read.get_nowait()
        except Empty:
            return None

    def _put(self, one: Read | BaseException) -> None:
        while not self.stopped.is_set():
            with suppress(Full):
                self._read.put(one, timeout=_LOOKS_UP_SECONDS)
                return
