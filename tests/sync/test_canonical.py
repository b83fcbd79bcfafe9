"""Canonical JSON is that of RFC 8785, to the byte: two nodes that do not share a program have to write the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from app.sync.canonical import canonical
from app.sync.kinds import KINDS
from tests.sync.copying import SORTS, node, said_by

# Section 3.2.2, but for its numbers with fractions, which nothing has that is sent.
LITERALS = (
    r'{"string": "\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/", "literals": [null, true, false], "numbers": [4]}'
)
AS_BYTES = bytes.fromhex(
    "7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72 75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72 73"
    "22 3a 5b 34 5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30 30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c"
    "22 2f 22 7d"
)
# Section 3.2.3, in the order that it wants.
NAMES = ("\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33")


def test_text_is_written_as_the_rfc_writes_it():
    assert canonical(orjson.loads(LITERALS)).encode() == AS_BYTES


@pytest.mark.parametrize("names", [NAMES, tuple(reversed(NAMES)), sorted(NAMES)])
def test_names_are_sorted_by_units_of_utf_16(names: tuple[str, ...]):
    said = dict.fromkeys(names, 1)
    assert tuple(orjson.loads(canonical(said))) == NAMES
    inside = canonical({"questions": [{"cells": said}], "after": "\U0001f600\ufb33"})
    assert tuple(orjson.loads(inside)["questions"][0]["cells"]) == NAMES
    assert inside.startswith('{"after":')


@pytest.mark.parametrize("text", ["", "Städning", "\ue000 \ud7ff \uffff", "\U00010000 \U0010ffff", "\U0010ffff\ue000"])
def test_what_has_the_same_order_either_way_is_written_as_ever(text: str):
    said = {"z": text, "å": {text: 1, "a": None}, "a": [text, {"b": 1, "a": 2}]}
    assert canonical(said).encode() == orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def types_in(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from [schema["type"]] if isinstance(schema.get("type"), str) else []
        schema = list(schema.values())
    for one in schema if isinstance(schema, list) else []:
        yield from types_in(one)


def values_in(said: Any) -> Iterator[Any]:
    for one in said.values() if isinstance(said, dict) else said if isinstance(said, list) else []:
        yield one
        yield from values_in(one)


def test_nothing_that_is_sent_has_a_fraction(tmp_path: Path):
    for kind in KINDS.values():
        assert "number" not in set(types_in(kind.REPLICAS._schema.model_json_schema())), kind.RECORD_TYPE
    with node(tmp_path) as at_home:
        for sort in SORTS.values():
            sort.write(at_home)
        told = [orjson.loads(one.payload) for one in said_by(at_home)]
    assert len(told) == len(SORTS)
    assert not [one for said in told for one in values_in(said) if isinstance(one, float)]
