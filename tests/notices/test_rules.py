"""The pure decisions about notices, table by table."""

import ast
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from app.core.i18n import texts
from app.notices import rules
from app.notices.fields import fields
from app.notices.places import country_code
from app.opportunities.schemas import LotIn
from app.opportunities.vocabulary import Form, Status

ROOM = Path(rules.__file__).parent
FIRST, SECOND = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC)
TRAINING = {"cpv_main": "85312510", "reserved_participation": ["res-ws"]}


@pytest.mark.parametrize(
    ("form_type", "lots", "social", "form"),
    [
        ("planning", [{"reserved_participation": ["res-ws"]}], True, (Form.EARLY_DIALOGUE, True)),
        ("consultation", [], False, (Form.EARLY_DIALOGUE, True)),
        ("competition", [{"reserved_participation": ["res-ws"]}], False, (Form.RESERVED_GOODS_SERVICES, True)),
        ("competition", [TRAINING], False, (Form.RESERVED_PLACES, True)),
        ("competition", [{"cpv_main": "85312510"}], True, (Form.SOCIAL_REQUIREMENTS, True)),
        ("competition", [{}], False, (Form.SOCIAL_REQUIREMENTS, False)),
    ],
)  # fmt: skip
def test_the_form_follows_from_what_is_stated(form_type: str, lots: list, social: bool, form: tuple[Form, bool]):
    assert rules.form_of(form_type, [LotIn(title="x", **lot) for lot in lots], social=social) == form


@pytest.mark.parametrize("subtype", ["1", "4", "16", "24", "CEI", "T01", "E1", "E2", "E3", "N4", "N16"])
def test_a_call_or_plan_is_open(subtype: str):
    assert rules.is_open_subtype(subtype)


@pytest.mark.parametrize("subtype", ["", "0", "25", "29", "38", "40", "E4", "E5", "N29", "T02", "X01", "016", "١"])
def test_the_rest_is_not(subtype: str):
    assert not rules.is_open_subtype(subtype)


@pytest.mark.parametrize(
    ("deadlines", "now", "expected"),
    [
        ([], FIRST, None),
        ([SECOND, FIRST], datetime(2026, 11, 1, tzinfo=UTC), FIRST),
        ([SECOND, FIRST], datetime(2026, 12, 2, tzinfo=UTC), SECOND),
        ([SECOND, FIRST], datetime(2027, 1, 1, tzinfo=UTC), SECOND),
    ],
)
def test_the_next_deadline_is_shown(deadlines: list[datetime], now: datetime, expected: datetime | None):
    assert rules.next_deadline(deadlines, now) == expected


def test_the_deadline_itself_is_still_open():
    assert rules.status_at(FIRST, FIRST) is Status.PUBLISHED
    assert rules.status_at(SECOND, FIRST) is Status.CLOSED
    assert rules.status_at(SECOND, None) is Status.PUBLISHED


@pytest.mark.parametrize(
    ("amount", "unit", "months"),
    [("2", "YEAR", 24), ("36", "MONTH", 36), ("52", "WEEK", 12), ("10", "DAY", 1), ("365", "DAY", 12), ("0", "DAY", 0),
     ("1", "AEON", None)],
)  # fmt: skip
def test_a_duration_is_counted_in_months(amount: str, unit: str, months: int | None):
    assert rules.months(Decimal(amount), unit) == months


@pytest.mark.parametrize(
    ("text", "code"),
    [("SWE", "SE"), ("NOR", "NO"), ("GRC", "GR"), ("SE", "SE"), ("XXX", None), ("swe", None), ("", None)],
)
def test_a_country_has_two_letters_here(text: str, code: str | None):
    assert country_code(text) == code


def test_each_field_of_the_table_stands_there_once():
    places = [(field.number, field.scope) for field in fields()]
    assert len(places) == len(set(places))
    assert all(field.path and field.name for field in fields())


@pytest.mark.parametrize("language", ["sv", "nb"])
def test_every_message_of_the_room_is_translated(language: str):
    messages = {
        argument.value
        for file in sorted(ROOM.glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "N_"
        for argument in node.args
        if isinstance(argument, ast.Constant)
    }
    assert len(messages) > 15
    assert [message for message in messages if texts(language)(message) == message] == []
