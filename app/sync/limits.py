"""What a peer sends is read piece by piece and given up as soon as it is more, deeper or slower than is allowed."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from isal import isal_zlib

from app.sync.vocabulary import DEEPEST_JSON, LARGEST_PAGE, LONGEST_LINE, MOST_LINES

PAGE_SECONDS: Final = 60.0
_GZIP: Final = 31  # zlib's word for a gzip header and trailer
_PIECE: Final = 2**16
# A text that never ends reaches to the end: looked for from each of its quotes again, it would take hours.
_TEXT: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS: Final = bytes(sorted(set(range(256)) - set(b"[]{}")))


class Unreadable(Exception):
    """What a peer sent is damaged, or more than is read; the text says what of it."""


class TooSlow(Exception):
    """The time that there was for it is over."""


class Deadline:
    """So many seconds from now, by a clock that nobody sets."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def left(self) -> float:
        """Return how many seconds there are until the deadline; never less than 0."""
        return max(0.0, self._end - self._clock())

    def check(self) -> None:
        """Go on if there is time.

        Raises:
            TooSlow: there is none left.
        """
        if not self.left():
            raise TooSlow("The time for it was over before it had come.")


@dataclass(frozen=True, slots=True)
class Allowed:
    """How much is read: decoded bytes in all, bytes in a line, and lines."""

    size: int = LARGEST_PAGE
    line: int = LONGEST_LINE
    lines: int = MOST_LINES


PAGE: Final = Allowed()
# One JSON document that is no page: all of it is one line.
DOCUMENT: Final = Allowed(line=LARGEST_PAGE, lines=MOST_LINES)


class Reading:
    """A body on its way in: `take` each piece as it arrives, then `whole`. Memory never exceeds what is allowed."""

    def __init__(self, encoding: str, allowed: Allowed = PAGE, deadline: Deadline | None = None) -> None:
        """Read what is sent in this Content-Encoding: `gzip`, or nothing.

        Raises:
            Unreadable: any other.
        """
        if encoding.strip().lower() not in ("", "identity", "gzip"):
            raise Unreadable(f"It is sent as {encoding[:40]!r}, which is not read here.")
        self._gzip = isal_zlib.decompressobj(_GZIP) if encoding.strip().lower() == "gzip" else None
        self._allowed = allowed
        self._deadline = deadline
        self._decoded: list[bytes] = []
        self._size = 0
        self._lines = 0
        self._line = 0
        self.received = 0

    def take(self, piece: bytes) -> None:
        """Read a piece as it was sent.

        Raises:
            Unreadable: it is damaged, or more than is allowed.
            TooSlow: the deadline has passed.
        """
        if self._deadline:
            self._deadline.check()
        self.received += len(piece)
        if self._gzip is None:
            self._keep(piece)
            return
        if self._gzip.eof and piece:
            raise Unreadable("More follows after its end.")
        try:
            while piece:
                # A bomb bursts one small piece at a time.
                self._keep(self._gzip.decompress(piece, _PIECE))
                piece = self._gzip.unconsumed_tail
        except isal_zlib.error as fault:  # type: ignore[misc]  # told as an instance
            raise Unreadable("It is damaged: it cannot be unpacked.") from fault
        if self._gzip.unused_data:
            raise Unreadable("More follows after its end.")

    def whole(self) -> bytes:
        """Return all that was read, decoded.

        Raises:
            Unreadable: it was cut off, or a line holds JSON that is nested too deeply.
        """
        if self._gzip is not None:
            self._keep(self._gzip.flush())
            if not self._gzip.eof:
                raise Unreadable("It is cut off.")
        body = b"".join(self._decoded)
        if any(is_too_deep(line) for line in body.split(b"\n")):
            raise Unreadable(f"It is nested more than {DEEPEST_JSON} deep.")
        return body

    def _keep(self, decoded: bytes) -> None:
        self._size += len(decoded)
        if self._size > self._allowed.size:
            raise Unreadable(f"It is larger than {self._allowed.size} bytes.")
        ends = decoded.count(b"\n")
        self._lines += ends
        if self._longest_line(decoded) > self._allowed.line:
            raise Unreadable(f"A line is longer than {self._allowed.line} bytes.")
        self._line = len(decoded) - decoded.rfind(b"\n") - 1 if ends else self._line + len(decoded)
        if self._lines + bool(self._line) > self._allowed.lines:
            raise Unreadable(f"It has more than {self._allowed.lines} lines.")
        self._decoded.append(decoded)

    def _longest_line(self, decoded: bytes) -> int:
        """Return how long the longest line is by now, or a little more of what is too short to be looked through."""
        if self._line + len(decoded) <= self._allowed.line:
            return self._line + len(decoded)
        first, *others = map(len, decoded.split(b"\n"))
        return max(self._line + first, *others, 0)


def is_too_deep(text: bytes, deepest: int = DEEPEST_JSON) -> bool:
    """Tell whether JSON is nested deeper than that, without parsing it: a parser may need the stack for it."""
    if text.count(b"[") + text.count(b"{") <= deepest:
        return False
    depth = 0
    for bracket in _TEXT.sub(b"", text).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > deepest:
            return True
    return False
