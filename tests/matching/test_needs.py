"""Questions as needs: whose rules apply, what is read, what a place means, and what a large question costs."""

import unicodedata

import pytest

from app.matching.eligibility import eligibility
from app.matching.needs import need_of_question
from app.matching.places import MOST_PLACES, folded, place_points
from app.matching.plan import compile_plan, compile_plans
from app.matching.schemas import LotQuestion, MatchQuestion
from app.matching.scoring import score_lot, score_need
from app.matching.terms import document
from app.matching.vocabulary import GapCode
from tests.matching.examples import TODAY, lot, profile


@pytest.mark.parametrize(
    ("asked", "country"),
    [
        ({"country": "NO"}, "NO"),
        ({"buyer_area_code": "SE-2281", "lots": [{"area_codes": ["NO-5001"]}]}, "SE"),
        ({"lots": [{"area_codes": ["NO-5001", "NO-50"]}]}, "NO"),
        ({"lots": [{"area_codes": ["NO-5001", "SE-2281"]}]}, None),
        ({}, None),
    ],
)
def test_the_buyers_country_decides_which_rules_apply(asked: dict[str, object], country: str | None) -> None:
    need = need_of_question(MatchQuestion.model_validate({"title": "renhold", **asked}))
    assert need.lots[0].country == country


def test_without_a_country_the_directive_is_quoted() -> None:
    found = eligibility(lot(country=None, reserved_participation=("res-ws",)), document(profile(country="NO")), TODAY)
    assert found.legal_basis == "Directive 2014/24/EU Art. 20"


def test_a_country_as_the_place_is_worth_points_everywhere_in_it() -> None:
    worth = place_points("NO")
    assert worth["a:NO"] == 100
    assert worth["a:NO-50"] > worth["m:NO-5001"] > 0
    assert not any(term.startswith(("a:SE", "m:SE")) for term in worth)


def test_many_places_are_read_as_their_counties_and_then_their_countries() -> None:
    county = tuple(f"SE-22{number}" for number in ("60", "62", "80", "81", "82", "83", "84"))
    assert folded(county) == county
    assert folded(county * 2) == ("SE-22",)
    everywhere = tuple(f"SE-{number:02}80" for number in range(1, 26))
    assert folded(everywhere) == ("SE",)
    assert len(folded(everywhere[:MOST_PLACES])) == MOST_PLACES


def test_letters_in_two_parts_are_the_same_letters() -> None:
    composed = compile_plan(lot(title="städning av skolor"))
    apart = compile_plan(lot(title=unicodedata.normalize("NFD", "städning av skolor")))
    assert composed.groups == apart.groups
    assert composed.words == apart.words


@pytest.mark.parametrize("title", ["och att i", "av det som är", "the and of"])
def test_words_that_say_nothing_match_nothing(title: str) -> None:
    scored = score_lot(compile_plan(lot(title=title)), document(profile(title="Tvätteri")))
    assert not scored.relevant


@pytest.mark.parametrize(
    ("changes", "gap"),
    [
        ({"reserved_participation": ("res-ws",), "reservation_gates": False}, GapCode.RESERVATION_UNCLEAR),
        ({"reserved_participation": ("res-pub-ser",), "cpv_main": "45000000"}, GapCode.RESERVED_NOT_LISTED),
        ({"reserved_participation": ("res-pub-ser",), "duration_months": 48}, GapCode.RESERVED_TOO_LONG),
        ({"reserved_participation": ("se-ideburen",), "country": "NO"}, GapCode.RESERVED_NO_RULE),
        ({"value_minor": 100, "currency": "USD"}, GapCode.VALUE_INCOMPARABLE),
    ],
)
def test_what_is_odd_in_the_need_is_said_and_stops_nobody(changes: dict[str, object], gap: GapCode) -> None:
    asked = lot(**changes)  # type: ignore[arg-type]  # a table of keyword arguments
    scored = score_lot(compile_plan(asked), document(profile()))
    assert gap in [found.code for found in scored.gaps]


def test_a_flag_alone_is_unclear_and_not_open() -> None:
    asked = lot(reserved_participation=("res-ws",), reservation_gates=False)
    assert eligibility(asked, document(profile()), TODAY).rule == "unclear"


def test_a_large_question_is_read_in_bounds() -> None:
    """What a question costs grows with its words and places: both are bounded, however much is sent."""
    sent = MatchQuestion(
        title="städning",
        lots=[
            LotQuestion(title=f"del {number}", description=" ".join(f"ord{number}x{word}" for word in range(1_500)))
            for number in range(100)
        ],
    )
    plans = [compile_plan(asked) for asked in need_of_question(sent).lots]
    assert sum(len(plan.words) for plan in plans) < 5_000
    one = compile_plan(lot(title=f"{'x' * 20_000} städning", description="ord " * 5_000))
    assert sum(len(group.points) for group in one.groups) < 500


def test_lots_that_ask_the_same_share_one_plan() -> None:
    same = MatchQuestion(title="städning", lots=[LotQuestion(cpv_main="90910000") for _ in range(100)])
    plans = compile_plans(need_of_question(same).lots)
    assert len({id(plan.groups) for plan in plans}) == 1
    assert [plan.lot_id for plan in plans] == [f"LOT-{number:04}" for number in range(1, 101)]
    scored = score_need(plans, document(profile(title="Lokalvård")))
    assert len(scored.lots) == 100
    assert {found.score for found in scored.lots} == {scored.score}
