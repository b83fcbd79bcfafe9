"""Work on many items by two processes beside this one, where they can be had: the answers come in order all the same.

This one has the rest to do meanwhile, what comes before an answer and what is done with it, and so takes no share.
"""

import gc
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")
_CHUNK = 250
# For fewer it does not pay to begin.
_MANY = 4 * _CHUNK


def by_two(work: Callable[[Sequence[_Item]], list[_Answer]], items: Sequence[_Item]) -> Iterator[_Answer]:
    """Yield what `work` makes of `items`, some hundreds at a time, in turn by two processes beside this one.

    `work` may use nothing that two processes must not share, a connection for instance. The two begin now, not with
    the first answer: a bar that shows how far it is has a thread, and beside threads there is no forking. They end with
    the last answer, with this process, and when nobody asks for more.
    """
    parts = [items[first : first + _CHUNK] for first in range(0, len(items), _CHUNK)]
    if len(items) < _MANY or not _may_fork():
        return (answer for part in parts for answer in work(part))
    first = _Beside(work, parts[0::2])
    return _in_turn(work, parts, (first, _Beside(work, parts[1::2], first)))


def _may_fork() -> bool:
    return "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1


class _Beside(Generic[_Item, _Answer]):
    """A process that works on its parts and sends what it made, part by part."""

    def __init__(
        self,
        work: Callable[[Sequence[_Item]], list[_Answer]],
        parts: Sequence[Sequence[_Item]],
        *others: "_Beside[_Item, _Answer]",
    ) -> None:
        context = multiprocessing.get_context("fork")
        self._answers, there = context.Pipe(duplex=False)
        # What a process reads from is known to this one alone: that is how each of them hears that the other is gone.
        not_its_own = [self._answers, *(other._answers for other in others)]
        self._process = context.Process(target=_work_beside, args=(not_its_own, there, work, parts), daemon=True)
        self._process.start()
        there.close()

    def received(self) -> list[_Answer]:
        """Return what was made of the next part; nothing when the process is gone, and then it is made here."""
        with suppress(EOFError):
            made: list[_Answer] = self._answers.recv()
            return made
        return []

    def hear_no_more(self) -> None:
        self._answers.close()

    def end(self) -> None:
        self._process.join()


def _in_turn(
    work: Callable[[Sequence[_Item]], list[_Answer]],
    parts: Sequence[Sequence[_Item]],
    beside: Sequence[_Beside[_Item, _Answer]],
) -> Iterator[_Answer]:
    try:
        for number, part in enumerate(parts):
            yield from beside[number % len(beside)].received() or work(part)
    finally:
        for one in beside:
            one.hear_no_more()
        for one in beside:
            one.end()


def _work_beside(
    not_its_own: Sequence[Connection],
    there: Connection,
    work: Callable[[Sequence[_Item]], list[_Answer]],
    parts: Sequence[Sequence[_Item]],
) -> None:
    # What the first process had is its own to clear away: a connection to a database, say, that nobody needs any more.
    gc.freeze()
    # Ctrl-C is heard by all; this one ends when nobody reads its answers any more.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for one in not_its_own:
        one.close()
    with suppress(BrokenPipeError):
        for part in parts:
            there.send(work(part))
