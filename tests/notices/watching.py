"""Watches what a piece of work costs: seconds, processor time, and memory beyond what was held before.

On Linux the kernel keeps the most memory that a process has held (`VmHWM`) and forgets it when told to, through
`/proc/self/clear_refs`: so the peak of each piece of work is known to the page, in C libraries too, which tracemalloc
does not see. Elsewhere the peak is that of the whole run (`ru_maxrss`), and only what goes beyond it is seen.
"""

import ctypes
import re
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_FORGET_PEAK = "5"
_WORTH_RETURNING = 32 * 1024
_PEAK, _NOW = re.compile(r"VmHWM:\s*(\d+) kB"), re.compile(r"VmRSS:\s*(\d+) kB")

# What the work of `slowness` takes on two quiet cores of 2026.
_USUAL_SECONDS = 0.03


@dataclass
class Cost:
    """What it cost."""

    seconds: float = 0.0
    processor: float = 0.0
    megabytes: float = 0.0


def slowness() -> float:
    """Return how many times as long this machine takes now as the one the limits are meant for; 1 where it is quick.

    Where two processes share a core, each second of processor time does half as much.
    """
    worked = time.process_time()
    words = [f"w{number}" for number in range(20_000)]
    found: dict[str, int] = {}
    for _ in range(8):
        for word in words:
            found[word] = found.get(word, 0) + len(word)
    return max(1.0, (time.process_time() - worked) / _USUAL_SECONDS)


class Watch:
    """Watches one piece of work after another; memory counts from what is held when the watch is made.

    So what a piece of work leaves behind counts for all that come after it as well. What is free but not yet given back
    to the system, such as what the making of a large file took, is given back first and does not count.
    """

    def __init__(self) -> None:
        self._before = _held_now()

    @contextmanager
    def __call__(self) -> Iterator[Cost]:
        """Give what the block costs; it is filled in when the block ends."""
        cost = Cost()
        if _held_now() - self._before > _WORTH_RETURNING:
            _return_what_is_free()
            _held_now()
        started, worked = time.perf_counter(), time.process_time()
        try:
            yield cost
        finally:
            cost.seconds, cost.processor = time.perf_counter() - started, time.process_time() - worked
            cost.megabytes = (_peak() - self._before) / 1024


def _return_what_is_free() -> None:
    """Let the C library give back what it keeps for later; where it is not glibc it has its own mind."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


def _held_now() -> int:
    """Forget the peak, and return how many kilobytes the process holds."""
    try:
        _CLEAR.write_text(_FORGET_PEAK)
        return _kilobytes(_NOW)
    except OSError:
        return _peak()


def _peak() -> int:
    if _STATUS.exists():
        return _kilobytes(_PEAK)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def _kilobytes(pattern: re.Pattern[str]) -> int:
    found = pattern.search(_STATUS.read_text())
    return int(found[1]) if found else 0
