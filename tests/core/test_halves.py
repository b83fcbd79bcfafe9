"""Work by two processes beside this one: every answer once and in order, whoever made it, and nobody is left behind."""

import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import pytest

from app.core import halves
from app.core.halves import by_two

MANY = range(2_600)


def told(items: Sequence[int]) -> list[tuple[int, int]]:
    """Return each number doubled, and who did it."""
    return [(2 * item, os.getpid()) for item in items]


@contextmanager
def a_thread() -> Iterator[None]:
    """Let a thread live for the length of a block."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def doubled(answers: Iterator[tuple[int, int]]) -> list[int]:
    """Return the numbers alone."""
    return [number for number, _ in answers]


@pytest.fixture(autouse=True)
def threads_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count only threads that begin in the test: what other tests left behind in this process is idle."""
    before = threading.active_count()
    monkeypatch.setattr(halves, "_may_fork", lambda: threading.active_count() == before)


def test_two_processes_answer_in_order():
    answers = list(by_two(told, MANY))
    assert [number for number, _ in answers] == [2 * item for item in MANY]
    by = [who for _, who in answers]
    assert by.count(by[0]) == 1_350
    assert len(set(by)) == 2
    assert os.getpid() not in by
    assert multiprocessing.active_children() == []


def test_the_processes_begin_at_once_so_that_threads_may_begin_after_them():
    answers = by_two(told, MANY)
    with a_thread():
        assert len({who for _, who in answers}) == 2


def test_few_are_not_worth_a_process():
    assert {who for _, who in by_two(told, range(999))} == {os.getpid()}


def test_beside_a_thread_there_is_no_forking():
    with a_thread():
        answers = list(by_two(told, MANY))
    assert answers == told(MANY)


def test_who_asks_for_no_more_leaves_nobody_behind():
    answers = by_two(told, MANY)
    assert doubled(islice(answers, 300)) == [2 * item for item in range(300)]
    answers.close()
    assert multiprocessing.active_children() == []


def test_what_a_process_did_not_live_to_do_is_done_here():
    mine = os.getpid()

    def die(items: Sequence[int]) -> list[tuple[int, int]]:
        if os.getpid() != mine and items[0] > 700:
            os._exit(9)
        return told(items)

    answers = list(by_two(die, MANY))
    assert [number for number, _ in answers] == [2 * item for item in MANY]
    assert [who for _, who in answers].count(mine) == 1_850


def test_a_fault_is_raised_here(capfd: pytest.CaptureFixture[str]):
    def fail(items: Sequence[int]) -> list[tuple[int, int]]:
        if items[0] == 250:
            raise ZeroDivisionError
        return told(items)

    answers = by_two(fail, MANY)
    with pytest.raises(ZeroDivisionError):
        list(answers)
    assert multiprocessing.active_children() == []
    capfd.readouterr()
