"""Work on many items by two processes, where a second one can be had: the answers come in order all the same."""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TypeVar

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")
_CHUNK = 250
# For fewer it does not pay to begin.
_MANY = 4 * _CHUNK


def by_two(work: Callable[[Sequence[_Item]], list[_Answer]], items: Sequence[_Item]) -> Iterator[_Answer]:
    """Yield what `work` makes of `items`, some hundreds at a time, every other time made by a process beside this one.

    `work` may use nothing that two processes must not share, a connection for instance. The second process begins now,
    not with the first answer: a bar that shows how far it is has a thread, and beside threads there is no forking. It
    ends with the last answer, with this process, and when nobody asks for more.
    """
    parts = [items[first : first + _CHUNK] for first in range(0, len(items), _CHUNK)]
    if len(items) < _MANY or not _may_fork():
        return (answer for part in parts for answer in work(part))
    here, there = multiprocessing.get_context("fork").Pipe(duplex=False)
    beside = multiprocessing.get_context("fork").Process(
        target=_work_beside, args=(here, there, work, parts[1::2]), daemon=True
    )
    beside.start()
    # Only the other process may hold its end: that is how each of them hears that the other is gone.
    there.close()
    return _in_turn(work, parts, here, beside.join)


def _may_fork() -> bool:
    return "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1


def _in_turn(
    work: Callable[[Sequence[_Item]], list[_Answer]],
    parts: Sequence[Sequence[_Item]],
    answers: Connection,
    join: Callable[[], None],
) -> Iterator[_Answer]:
    try:
        for number, part in enumerate(parts):
            yield from _received(answers) or work(part) if number % 2 else work(part)
    finally:
        answers.close()
        join()


def _received(answers: Connection) -> list[_Answer]:
    """Return what the other process made; nothing when it is gone, and then it is made here."""
    with suppress(EOFError):
        made: list[_Answer] = answers.recv()
        return made
    return []


def _work_beside(
    here: Connection,
    there: Connection,
    work: Callable[[Sequence[_Item]], list[_Answer]],
    parts: Sequence[Sequence[_Item]],
) -> None:
    # Ctrl-C is heard by both; this one ends when nobody reads its answers any more.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    here.close()
    with suppress(BrokenPipeError):
        for part in parts:
            there.send(work(part))
