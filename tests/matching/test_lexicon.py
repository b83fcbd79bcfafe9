"""Words: what a text asks for, in three languages."""

import re
from functools import cache

import pytest

from app.core.text import fold
from app.matching.lexicon import (
    Trade,
    infer_codes,
    pieces,
    significant,
    trades,
    trades_in,
    trades_of_sectors,
    words,
)


@pytest.mark.parametrize(
    ("text", "trade"),
    [
        ("städning av skolor", "cleaning"),
        ("Lokalvård", "cleaning"),
        ("renhold av skoler", "cleaning"),
        ("rengjøring", "cleaning"),
        ("office cleaning", "cleaning"),
        ("stadning", "cleaning"),
        ("flytt", "moving"),
        ("flytting av kontor", "moving"),
        ("removal services", "moving"),
        ("gjenvinning", "recycling"),
        ("återvinning av papper", "recycling"),
        ("atervinning", "recycling"),
        ("vaktmester", "caretaking"),
        ("vaktmästartjänster", "caretaking"),
        ("snøbrøyting", "snow"),
        ("snöröjning", "snow"),
        ("sømarbeid", "sewing"),
        ("sömnad av gardiner", "sewing"),
        ("vaskeri", "laundry"),
        ("tvätt", "laundry"),
        ("sykkelverksted", "bicycle"),
        ("cykelreparation", "bicycle"),
        ("plenklipping", "green_areas"),
        ("gräsklippning", "green_areas"),
        ("lawn mowing", "green_areas"),
        ("kantine", "canteen"),
        ("skolmåltider", "canteen"),
        ("brødvarer", "bakery"),
        ("hundebarnehage", "dog_care"),
        ("arbeidstrening", "work_training"),
        ("arbetsträning", "work_training"),
        ("vedproduksjon", "forestry"),
        ("møterom og konferanse", "conference"),
        ("trykksaker", "printing"),
        ("pakking og montering", "packing"),
        ("skanning av arkiv", "scanning"),
        ("bilvask", "car_care"),
        ("malerarbeid", "painting"),
    ],
)
def test_a_trade_is_known_in_each_language(text: str, trade: str) -> None:
    assert trade in trades_in(text)


@pytest.mark.parametrize("text", ["Sundsvalls stad", "Stadsbyggnad", "Flyttfågelräkning", "", "2026", "och av till"])
def test_a_word_that_only_looks_like_a_trade_is_not_one(text: str) -> None:
    assert not {"cleaning", "moving"} & set(trades_in(text))


def test_a_star_says_that_a_word_may_go_on_and_nothing_else_does():
    """Each trade is named by what an expression made of its patterns finds, whatever else stands around it."""
    texts = [
        f"{before} {pattern.replace('*', inside)} {after}"
        for trade in trades().values()
        for pattern in trade.patterns
        for inside in ("", "x")
        for before, after in (("och", "i Umeå"), ("", ""))
    ]
    for text in texts:
        spaced = " ".join(["", *re.findall(r"[^\W_]+", text), ""])
        expected = {name for name, trade in trades().items() if any(_names(p, spaced) for p in _spelled(trade))}
        assert set(trades_in(text)) == expected, text


def _spelled(trade: Trade) -> set[str]:
    return {*trade.patterns, *(fold(one) for one in trade.patterns if len(one.strip("*")) >= 7)}


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    head, tail = ("" if pattern.startswith("*") else "(?<= )"), ("" if pattern.endswith("*") else "(?= )")
    return re.compile(head + re.escape(pattern.strip("*")) + tail)


def _names(pattern: str, spaced: str) -> bool:
    return _expression(pattern).search(spaced) is not None


@pytest.mark.parametrize(
    ("title", "prefix"),
    [
        ("städning", "9091"),
        ("renhold", "9091"),
        ("flytting", "98392"),
        ("snow clearing", "9062"),
        ("hundvakt och hundpensionat", "9838"),
        ("Konsulttjänster inom bygg", "71"),
    ],
)
def test_codes_are_read_from_a_title_without_any(title: str, prefix: str) -> None:
    assert any(found.startswith(prefix) for found, _ in infer_codes(title)[:3])


def test_codes_are_strongest_first_and_never_certain_beyond_the_scale() -> None:
    strengths = [strength for _, strength in infer_codes("städning och trädgårdsskötsel")]
    assert strengths == sorted(strengths, reverse=True)
    assert all(1 <= strength <= 100 for strength in strengths)


def test_a_text_that_says_nothing_suggests_no_code() -> None:
    assert infer_codes("upphandling av tjänster") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Städning av skolor", ["städning", "skolor"]),
        ("RENGJØRING og Næring", ["rengjöring", "näring"]),
        ("Ramavtal 2021", []),
    ],
)
def test_words_leave_out_what_any_notice_says(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_pieces_let_a_compound_meet_its_parts() -> None:
    assert set(pieces("snöröjning")) & set(pieces("röjning"))
    assert pieces("sy") == ("_sy_",)


@pytest.mark.parametrize(
    ("code", "prefix"), [("90910000", "9091"), ("45000000", "45"), ("30000000", "30"), ("98341140", "9834114")]
)
def test_a_code_ends_where_its_zeros_begin(code: str, prefix: str) -> None:
    assert significant(code) == prefix


def test_every_trade_has_codes_of_eight_digits_and_words_in_three_languages() -> None:
    assert len(trades()) >= 25
    for trade in trades().values():
        assert trade.patterns, trade.id
        assert all(len(code) == 8 and code.isdigit() for code in trade.codes), trade.id


def test_a_sector_names_the_trade_that_owns_it() -> None:
    assert "cleaning" in trades_of_sectors(("cleaning",))
    assert trades_of_sectors(()) == ()
