"""One JSON object a line, whatever is in the record."""

import json
import logging
import sys
from typing import Any

import pytest

from app.logs import JsonLines


def line(message: str, *arguments: object, **extra: Any) -> dict[str, Any]:
    """Return what a record is written as."""
    record = logging.makeLogRecord({"msg": message, "args": arguments, "name": "samnod", "levelname": "INFO"} | extra)
    written = JsonLines().format(record)
    assert "\n" not in written
    read: dict[str, Any] = json.loads(written)
    return read


def test_a_line_says_when_what_and_how_bad():
    written = line("%s %s", "GET", "/x", status=200, ms=1.5)
    assert written.pop("at").endswith("+00:00")
    assert written == {"level": "info", "logger": "samnod", "message": "GET /x", "status": 200, "ms": 1.5}


@pytest.mark.parametrize("awkward", ["a\nb\x00", "\ud800", 10**30, object, "å👷"], ids=repr)
def test_nothing_breaks_a_line(awkward: object):
    assert "odd" in line("m", odd=awkward)


def test_a_fault_is_told_with_its_trace():
    try:
        raise ValueError("wrong")
    except ValueError:
        assert "ValueError: wrong" in line("failed", exc_info=sys.exc_info())["exception"]
