"""The texts, dates and numbers that schemas are made of."""

import time
from contextlib import nullcontext, suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from app.core.schema import (
    UNSTORABLE,
    Code,
    Day,
    FunctionAddress,
    Instant,
    KeptLine,
    KeptProse,
    Line,
    Money,
    Prose,
    SourceName,
    WebAddress,
    Whole,
    readable,
)
from app.opportunities.schemas import Title


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Line, "a\x00b"),
        (Line, "a\x1bb"),
        (Prose, "a\x85b"),
        (Code, "a\ud800"),
        (Line, "a" * 301),
        (Prose, "a" * 20_001),
        (Code, "a" * 65),
        (Line, 5),
        (Day, 0),
        (Day, "0"),
        (Day, "2026-02-30"),
        (Day, "1700000000"),
        (Day, True),
        (Instant, 0),
        (Instant, "2026-11-21"),
        (Instant, "2026-11-21T12:00:00"),
        (Instant, "0001-01-01T00:00:00+14:00"),
        (Instant, "9999-12-31T23:59:59-12:00"),
        (Whole, "5"),
        (Whole, True),
        (Whole, 5.0),
        (WebAddress, "ftp:/x"),
        (WebAddress, "https://example.org/" + "a" * 2100),
        (WebAddress, "javascript:alert(1)"),
        (FunctionAddress, "info"),
        (FunctionAddress, "info@exempel"),
        (FunctionAddress, "info@exempel.se\nBcc: a@b.se"),
        (FunctionAddress, "info @exempel.se"),
    ],
)
def test_what_cannot_be_kept_is_refused(kind: Any, value: Any):
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (Line, "  Städ & Ren\u00a0AB – «Øst» 👷 ", "Städ & Ren\u00a0AB – «Øst» 👷"),
        (Prose, "rad\nrad\ttab", "rad\nrad\ttab"),
        (Day, "2026-11-21", date(2026, 11, 21)),
        (Day, date(2026, 11, 21), date(2026, 11, 21)),
        (Instant, "2026-11-21T12:00:00+01:00", datetime(2026, 11, 21, 11, tzinfo=UTC)),
        (Whole, 5, 5),
        (FunctionAddress, " info@example.invalid ", "info@example.invalid"),
    ],
)
def test_what_people_write_is_kept(kind: Any, value: Any, read: Any):
    assert TypeAdapter(kind).validate_python(value) == read


@pytest.mark.parametrize(
    ("amount", "minor"),
    [("600000", 60_000_000), ("0", 0), ("12.5", 1250), ("12,05", 1205), ("9" * 13, 999999999999900)],
)
def test_money_is_counted_in_hundredths(amount: str, minor: int):
    assert Money(amount=amount, currency="SEK").minor == minor


@pytest.mark.parametrize("amount", ["", "-1", "1e5", "1.234", "1 000", "٣", "9" * 14, 600000, None, "NaN"])
def test_what_is_no_amount_is_refused(amount: Any):
    with pytest.raises(ValidationError):
        Money.model_validate({"amount": amount, "currency": "SEK"})


@pytest.mark.parametrize("kind", [Line, Prose, Code, KeptLine, KeptProse, SourceName, Title])
def test_a_letter_in_two_parts_is_kept_as_one(kind: type):
    """As macOS pastes it: a and a ring above."""
    assert TypeAdapter(kind).validate_python("Sta\u030ad o\u0308rt") == "Ståd ört"


def test_what_is_counted_is_what_is_kept():
    # Each of these letters is two when it is composed, so that 200 are too many for a line.
    assert len(TypeAdapter(Line).validate_python("\u0958" * 150)) == 300
    with pytest.raises(ValidationError, match="300 characters"):
        TypeAdapter(Line).validate_python("\u0958" * 200)
    assert TypeAdapter(Line).validate_python("a\u030a" * 300) == "å" * 300


@pytest.mark.parametrize(
    "piece", ["1", " ", "1.", "a", "a ", "a@", "a.", "1 ", "-", "A-a ", "http://", "\n", "+4", "å ", "("]
)
def test_what_is_much_too_long_is_read_quickly(piece: str):
    hostile = piece * 300_000 + "x"
    for kind in (Day, Instant, Line, Prose, Code, KeptLine, KeptProse, SourceName, Title, WebAddress, FunctionAddress):
        begun = time.process_time()
        # Blanks around one letter are no fault.
        with suppress(ValidationError):
            TypeAdapter(kind).validate_python(hostile)
        # Looked through again from each of its letters it would take hours.
        assert time.process_time() - begun < 1, kind


def test_of_all_usual_characters_those_are_refused_that_cannot_be_stored():
    for number in range(2**16):
        text = f"a{chr(number)}"
        with pytest.raises(ValueError, match=f"U.{number:04X}") if UNSTORABLE.search(text) else nullcontext():
            readable(text)
