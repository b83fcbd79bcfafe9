"""What cannot be read in exactly one way is refused."""

import time
from typing import Any

import pytest

from app.core.errors import BadRequest
from app.core.strict import DEEPEST_JSON, read_json, read_query


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, 2.5, true, null, "\xc3\xa5"]}', {"a": [1, 2.5, True, None, "å"]}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b' [{"a": 1}, {"a": 2}] ', [{"a": 1}, {"a": 2}]),
        (b'"' + b"[" * 40 + b'"', "[" * 40),
        (b'"\\"' + b"[" * 40 + b'"', '"' + "[" * 40),
        (b"[" + b"[]," * 100 + b"[]]", [[]] * 101),
    ],
)
def test_json_is_read(body: bytes, value: Any):
    assert read_json(body) == value


def test_json_may_be_as_deep_as_the_limit_says():
    read_json(b"[" * DEEPEST_JSON + b"]" * DEEPEST_JSON)
    with pytest.raises(BadRequest):
        read_json(b"[" * (DEEPEST_JSON + 1) + b"]" * (DEEPEST_JSON + 1))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"{", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": 1,}', "not JSON"),
        (b'{"a": 1} {"a": 1}', "not JSON"),
        (b'{"a": 01}', "not JSON"),
        (b'{"a": "\n"}', "not JSON"),
        (b'{"a": 1, "a": 2}', "field a is given twice"),
        (b'{"b": [{"a": 1, "a": 1}]}', "field a is given twice"),
        (b'{"a": NaN}', "NaN"),
        (b"[-Infinity]", "-Infinity"),
        (b"[" + b"9" * 5000 + b"]", "5000 digits"),
        (b'{"a": "\xff"}', "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b"[" * 33 + b"]" * 33, "deeper than 32"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "deeper than 32"),
        (b'["' + b"[" * 40, "not JSON|deeper"),
    ],
)
def test_what_is_no_json_is_refused(body: bytes, told: str):
    with pytest.raises(BadRequest, match=told):
        read_json(body)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"a": 1, "a": 2}', "/a"),
        (b'{"b": [{"x": 1}, {"a": 1, "a": 1}]}', "/b/1/a"),
        (b'[{"b/c": {"d~": 1, "d~": 2}}]', "/0/b~1c/d~0"),
        # One that is twice inside one that is twice: the outer one is told.
        (b'{"a": {"b": 1, "b": 2}, "a": 3}', "/a"),
        (b'{"c": {"a": 1, "a": {"b": 1, "b": 2}}}', "/c/a"),
    ],
)
def test_a_field_that_is_given_twice_is_pointed_at(body: bytes, pointer: str):
    with pytest.raises(BadRequest) as refused:
        read_json(body)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (b"words=%ff", ["words"]),
        (b"words=\xff&page=2", ["words"]),
        (b"a=1&words=%E5&area=%ED%A0%80&words=%FF", ["words", "area"]),
        (b"%ff=1", ["\\xff"]),
    ],
)
def test_a_parameter_that_is_not_utf8_is_named(query: bytes, names: list[str]):
    with pytest.raises(BadRequest, match="not UTF-8") as refused:
        read_query(query)
    assert [fault.pointer for fault in refused.value.faults] == names


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 500_000 + b"]" * 500_000,
        b'{"a":' * 150_000,
        b'"' + b"\\" * 1_000_000,
        b'"' * 1_000_000,
        b"[" * 40 + b'"' + b'\\"' * 500_000,
        b"[" + b"[]," * 300_000 + b"]",
        b"{" + b",".join(b'"k%d":1' % number for number in range(60_000)) + b',"k59999":1}',
    ],
    ids=["arrays", "objects", "backslashes", "quotes", "a string without an end", "wide", "twice at the end"],
)
def test_a_hostile_body_is_refused_quickly(body: bytes):
    started = time.process_time()
    with pytest.raises(BadRequest):
        read_json(body)
    # Reading it twice as often as it is long would take minutes; the collector alone may take a second of a long run.
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        (b"", []),
        (b"words=st%C3%A4d&page=2", [("words", "städ"), ("page", "2")]),
        ("words=städ".encode(), [("words", "städ")]),
        (b"words=&page=%20%20&kind", []),
        (b"cpv=1&cpv=2&words=a+b", [("cpv", "1"), ("cpv", "2"), ("words", "a b")]),
    ],
)
def test_a_query_is_read_without_what_is_empty(query: bytes, pairs: list[tuple[str, str]]):
    assert read_query(query) == pairs


@pytest.mark.parametrize("query", [b"words=%FF", b"words=\xff", b"words=%ED%A0%80", b"a=1&" * 1001])
def test_a_query_that_cannot_be_read_is_refused(query: bytes):
    with pytest.raises(BadRequest):
        read_query(query)
