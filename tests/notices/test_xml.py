"""XML from strangers: bombs, nonsense and mutations are refused cleanly and fast; nothing else comes out."""

import random
import time
from datetime import UTC, datetime

import pytest

from app.core.errors import InvalidContent
from app.notices.eforms import read_notice
from app.notices.xml import DEEPEST, LARGEST_BYTES, parse
from tests.notices.notices import own

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [
  <!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
]>
<lolz>&c;</lolz>"""


def refusal(content: bytes) -> InvalidContent:
    with pytest.raises(InvalidContent) as refused:
        parse(content)
    assert refused.value.faults
    return refused.value


@pytest.mark.parametrize(
    ("content", "detail", "pointer"),
    [
        (b"", "empty", "line 1"),
        (b"  \n ", "empty", "line 1"),
        (b"<a>\n<b>\n</a>", "not well-formed", "line 3, column"),
        (b"<a>\n\n&undefined;</a>", "not well-formed", "line 3, column"),
        (b"%PDF-1.7", "not well-formed", "line 1, column 1"),
        (b"<a>\n\0</a>", "not UTF-8", "line 2"),
        (b"<a>\n\n\xff</a>", "not UTF-8", "line 3"),
        ('<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16"), "not UTF-8", "line 1"),
        (b'<?xml version="1.0" encoding="utf-7"?>\n<a/>', "not UTF-8", "line 1"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "file:///etc/passwd">\n<a/>', "DOCTYPE", "line 2"),
        (b'<!DOCTYPE a PUBLIC "-//X" "https://example.invalid/x.dtd"><a/>', "DOCTYPE", "line 1"),
        (LAUGHS, "DOCTYPE", "line 2"),
        (b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1), "nested too deeply", "line 1"),
        (b"<a>" * 400_000, "too many elements", "the file"),
        (b"<a>" * 100_000, "not well-formed", "line 1, column"),
        (b"<a>" + b" " * LARGEST_BYTES + b"</a>", "larger than 5 MB", "the file"),
    ],
    ids=lambda value: repr(value[:20]) if isinstance(value, bytes) else None,
)
def test_it_is_refused_at_once_with_its_place(content: bytes, detail: str, pointer: str):
    started = time.perf_counter()
    error = refusal(content)
    assert time.perf_counter() - started < 2
    assert detail in error.detail
    assert error.faults[0].pointer.startswith(pointer)


def test_a_mark_of_byte_order_is_fine():
    assert parse(b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?><a>\xc3\xa5</a>").text == "å"


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return the notice with one to three of the accidents that happen to files."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        at, length = chance.randrange(len(changed)), chance.randint(1, 60)
        match chance.randrange(6):
            case 0:
                del changed[at:]
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = changed[at : at + length]
            case 3:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 4:
                changed[at:at] = chance.choice([b"<a>", b"&x;", b"]]>", b"\0", "\u0085å".encode(), b'" x="', b"<!--"])
            case _:
                start, end = changed.find(b">", at), changed.find(b"</", at)
                if 0 <= start < end:
                    changed[start + 1 : end] = chance.choice([b"", b"x" * 2000, b"-1", b"9" * 30, b"0001-01-01", b"SE"])
        if not changed:
            break
    return bytes(changed)


@pytest.mark.parametrize("name", ["se_reserved_cleaning.xml", "no_old_region.xml", "void.xml"])
@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_notice_is_read_or_refused_and_nothing_else(name: str, seed: int):
    chance = random.Random(f"{name} {seed}")
    content = own(name)
    refusals = []
    for _ in range(100):
        try:
            read_notice(mutated(content, chance), now=NOW)
        except InvalidContent as error:
            refusals.append(error)
    assert len(refusals) > 10
    assert all(error.detail and error.faults for error in refusals)


@pytest.mark.parametrize(
    "filling",
    ["a" * 4_000_000, "en " * 1_000_000, "+11 " * 1_000_000, "tel 1" + " 1" * 2_000_000, "en mannlig " * 300_000,
     "." * 4_000_000],
    ids=lambda text: text[:10],
)  # fmt: skip
def test_a_text_that_is_made_to_take_time_takes_none(filling: str):
    started = time.perf_counter()
    notice = read_notice(own("se_reserved_cleaning.xml", ("Klassrum, korridorer", filling)), now=NOW)
    assert time.perf_counter() - started < 3
    assert len(notice.opportunity.lots[0].description) <= 20_000


def test_thousands_of_organisations_take_no_time():
    extra = "<efac:Organization><efac:Company><cac:Contact><cbc:Name>Exempel Person</cbc:Name></cac:Contact></efac:Company></efac:Organization>"  # noqa: E501 -- one text
    started = time.perf_counter()
    notice = read_notice(
        own("se_reserved_cleaning.xml", ("<efac:Organizations>", f"<efac:Organizations>{extra * 5_000}")), now=NOW
    )
    assert time.perf_counter() - started < 5
    assert "Exempel Person" not in notice.opportunity.model_dump_json()
