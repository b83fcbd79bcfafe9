"""A body is read to the end as it was sent, or given up within what is allowed, however it is cut into pieces."""

import gzip
import itertools
import json
import time
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sync.limits import Allowed, Deadline, Reading, TooSlow, Unreadable, is_too_deep

SMALL = Allowed(size=2_000, line=300, lines=12)


def read(pieces: list[bytes], encoding: str = "", allowed: Allowed = SMALL, deadline: Deadline | None = None) -> bytes:
    reading = Reading(encoding, allowed, deadline)
    for piece in pieces:
        reading.take(piece)
    assert reading.received == sum(map(len, pieces))
    return reading.whole()


def cut(body: bytes, at: list[int]) -> list[bytes]:
    places = sorted({0, len(body), *(place % (len(body) + 1) for place in at)})
    return [body[first:last] for first, last in itertools.pairwise(places)]


LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=60), max_size=10)


@settings(max_examples=40)
@given(LINES, st.lists(st.integers(0, 5_000), max_size=8), st.booleans())
def test_what_is_allowed_comes_out_as_it_was_sent(lines: list[str], at: list[int], packed: bool):
    body = "".join(f"{line}\n" for line in lines).encode()
    sent = gzip.compress(body) if packed else body
    assert read(cut(sent, at), "gzip" if packed else "") == body


@settings(max_examples=40)
@given(LINES.filter(bool), st.integers(1, 200))
def test_a_packed_body_that_is_cut_off_is_never_taken_for_whole(lines: list[str], missing: int):
    sent = gzip.compress("\n".join(lines).encode())
    with pytest.raises(Unreadable):
        read([sent[: max(1, len(sent) - missing)]], "gzip")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"x" * 150 + b"\n" + (b"y" * 200 + b"\n") * 10, "larger than 2000 bytes"),
        (b"{}\n" + b"x" * 301 + b"\n", "line is longer than 300 bytes"),
        (b"{}\n" + b"x" * 301, "line is longer than 300 bytes"),
        (b"{}\n" * 13, "more than 12 lines"),
        (b"{}\n" * 12 + b"{", "more than 12 lines"),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 10_000])
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_more_than_allowed_is_given_up(body: bytes, why: str, step: int, packed: bool):
    sent = gzip.compress(body) if packed else body
    with pytest.raises(Unreadable, match=why):
        read([sent[first : first + step] for first in range(0, len(sent), step)], "gzip" if packed else "")


def test_a_bomb_stops_at_the_limit():
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join([packer.compress(b"\n" * 2**20) for _ in range(64)]) + packer.flush()
    assert len(bomb) < 2**17
    tracemalloc.start()
    with pytest.raises(Unreadable):
        read([bomb], "gzip", Allowed(size=2**20, line=2**20, lines=10**9))
    assert tracemalloc.get_traced_memory()[1] < 12 * 2**20
    tracemalloc.stop()


# Without the time of day that gzip writes down: two processes give a test one name.
_PACKED = gzip.compress(b"{}", mtime=0)


@pytest.mark.parametrize("sent", [b"no gzip at all", _PACKED[:-1] + b"\xff", _PACKED + b"{}"])
def test_what_is_damaged_is_given_up(sent: bytes):
    with pytest.raises(Unreadable):
        read([sent], "gzip")
    with pytest.raises(Unreadable):
        read([bytes([one]) for one in sent], "gzip")


def test_another_encoding_is_not_read():
    with pytest.raises(Unreadable, match="br"):
        Reading("br")


JSON = st.recursive(
    st.none() | st.integers() | st.text(st.sampled_from('a"\\[]{}å'), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=30,
)


def depth_of(said: Any) -> int:
    if isinstance(said, dict | list):
        inner = said.values() if isinstance(said, dict) else said
        return 1 + max(map(depth_of, inner), default=0)
    return 0


@settings(max_examples=40)
@given(JSON, st.integers(1, 5))
def test_depth_is_counted_as_a_parser_counts_it(said: Any, deepest: int):
    assert is_too_deep(json.dumps(said).encode(), deepest) == (depth_of(said) > deepest)


def test_json_that_is_too_deep_is_given_up_before_it_is_parsed():
    assert read([b"[" * 32 + b"]" * 32])
    with pytest.raises(Unreadable, match="32 deep"):
        read([b"[" * 33 + b"]" * 33])


def test_a_drip_is_given_up_at_the_deadline_by_a_clock_that_nobody_sets():
    moments = iter(range(0, 1_000, 20))
    deadline = Deadline(60, lambda: next(moments))
    with pytest.raises(TooSlow):
        read([b"x"] * 100, deadline=deadline)


@pytest.mark.parametrize("end", [b"", b"\\", b'"', b'\\"', b'"]'])
def test_a_text_that_never_ends_costs_no_more_than_one_that_does(end: bytes):
    begun = time.process_time()
    assert is_too_deep(b"[" * 40 + b'"' + b'\\"' * 2**19 + end)
    assert not is_too_deep(b"[" * 9 + b'"' + b'[\\"' * 2**19 + end)
    # Looked for from every quote again it took hours, and the process did nothing else meanwhile.
    assert time.process_time() - begun < 2
