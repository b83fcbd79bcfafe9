"""Points, reasons and gaps of one enterprise on one need."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.matching.eligibility import Eligibility, eligibility
from app.matching.plan import compile_plan
from app.matching.profile import Lot, Need, Offering, Profile, Statement
from app.matching.scoring import (
    NeedScore,
    apportion,
    order_key,
    request_hash,
    rounded,
    score_lot,
    score_need,
    tie_key,
)
from app.matching.terms import document
from app.matching.vocabulary import MAX_POINTS, Criterion, EligibilityState, GapCode
from tests.matching.examples import TODAY, lot, profile

CLEANER = Profile(
    "cleaner",
    "Exempel Städ",
    "SE",
    "SE-2281",
    offerings=(Offering("o1", "Städning av kontor och lokaler", "Daglig lokalvård", cpv=("90910000", "90919200")),),
    service_areas=("SE-22",),
    eligibility={"res-ws": Statement("verified", TODAY)},
    criteria=dict.fromkeys("abcd", "verified"),
)
NEIGHBOUR = Profile(
    "neighbour",
    "Exempel Kooperativ",
    "SE",
    "SE-2282",
    offerings=(
        Offering("o1", "Hushållsnära tjänster", "städning och gräsklippning", cpv=("90910000", "77314000", "98514000")),
        Offering("o2", "Arbetsträning", cpv=("85312510",), kind="work_training"),
    ),
    confirmed=False,
)
RECYCLER = Profile(
    "recycler",
    "Exempel Återvinning",
    "SE",
    "SE-2280",
    "unknown",
    offerings=(Offering("o1", "Återvinning av elektronik", "demontering och sortering", cpv=("90514000",)),),
    confirmed=False,
)
NORWEGIAN = Profile(
    "norwegian", "Eksempel Renhold", "NO", "NO-5001", offerings=(Offering("o1", "Renhold", cpv=("90911000",)),)
)
BAKER = Profile("baker", "Exempel Bageri", "SE", "SE-2281", offerings=(Offering("o1", "Bröd", cpv=("15811000",)),))
ALL = (CLEANER, NEIGHBOUR, RECYCLER, NORWEGIAN, BAKER)


def ranked(asked: Lot, profiles: Sequence[Profile] = ALL) -> list[NeedScore]:
    """Return the relevant enterprises in order."""
    request = request_hash(Need((asked,)))
    plans = [compile_plan(asked)]
    found = []
    for one in map(document, profiles):
        key = order_key(score_need(plans, one), eligibility(asked, one, TODAY), tie_key(request, one.enterprise_id))
        found.append((key, score_need(plans, one)))
    return [score for _, score in sorted(found, key=lambda pair: pair[0]) if score.relevant]


@pytest.mark.parametrize(
    ("asked", "first", "also", "never"),
    [
        (lot("städning", area_codes=("SE-2281",)), "cleaner", {"neighbour", "recycler", "norwegian"}, {"baker"}),
        (lot("renhold", area_codes=("NO-5001",)), "norwegian", {"cleaner", "neighbour"}, {"baker"}),
        (lot("cleaning of schools", area_codes=("SE-2281",)), "cleaner", {"norwegian"}, {"baker"}),
        (lot("brød til møter", area_codes=("SE-2281",)), "baker", set(), {"recycler"}),
        (lot("gjenvinning", area_codes=("SE-2280",)), "recycler", set(), {"baker"}),
        (lot("plenklipping", area_codes=("SE-2282",)), "neighbour", set(), {"baker"}),
    ],
)
def test_the_right_enterprise_comes_first(asked: Lot, first: str, also: set[str], never: set[str]) -> None:
    order = [score.enterprise_id for score in ranked(asked)]
    assert order[0] == first
    assert also <= set(order)
    assert not never & set(order)


def test_a_cleaner_next_door_comes_before_a_recycler_nearer_by() -> None:
    order = [
        s.enterprise_id for s in ranked(lot("städning", area_codes=("SE-2281",), reserved_participation=("res-ws",)))
    ]
    assert order.index("cleaner") < order.index("neighbour") < order.index("recycler")


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.enterprise_id)
@pytest.mark.parametrize(
    "asked",
    [
        lot("städning", area_codes=("SE-2281",)),
        lot("renhold", cpv_main="90911000", cpv_additional=("77314000",), fallback_area="NO-5001"),
        lot("Lokalvård och grönytor", description="Trappor och gräs", value_minor=60_000_000, places_wanted=4),
        lot("xyzzy"),
    ],
)
def test_reasons_add_up_to_the_score(one: Profile, asked: Lot) -> None:
    score = score_lot(compile_plan(asked), document(one))
    assert [reason.criterion for reason in score.reasons] == list(Criterion)
    assert sum(reason.points for reason in score.reasons) == score.score == rounded(score.fine, 1000)
    assert sum(reason.max_points for reason in score.reasons) == 100
    assert all(0 <= reason.points <= reason.max_points for reason in score.reasons)


@given(fine=st.lists(st.integers(0, 40_000), min_size=5, max_size=5))
def test_rounding_keeps_the_sum_and_stays_within_one_point(fine: list[int]) -> None:
    target = rounded(sum(fine), 1000)
    shown = apportion(fine, target, 1000)
    assert sum(shown) == target
    assert all(abs(1000 * points - units) < 1000 for points, units in zip(shown, fine, strict=True))


@pytest.mark.parametrize(
    ("total", "parts", "expected"), [(1, 2, 1), (3, 2, 2), (5, 2, 3), (4, 3, 1), (5, 3, 2), (0, 4, 0)]
)
def test_halves_round_up(total: int, parts: int, expected: int) -> None:
    assert rounded(total, parts) == expected


def test_a_need_is_the_mean_of_its_lots() -> None:
    lots = (replace(lot("städning"), id="a"), replace(lot("bröd"), id="b"), replace(lot("gräsklippning"), id="c"))
    score = score_need([compile_plan(one) for one in lots], document(NEIGHBOUR))
    assert [one.lot_id for one in score.lots] == ["a", "b", "c"]
    assert score.score == rounded(sum(one.score for one in score.lots), 3)
    assert sum(reason.points for reason in score.reasons) == score.score
    assert all(reason.points <= MAX_POINTS[reason.criterion] for reason in score.reasons)


def test_winning_more_of_the_same_moves_nothing() -> None:
    again = replace(CLEANER, offerings=tuple(replace(CLEANER.offerings[0], id=f"o{n}") for n in range(30)))
    plan = compile_plan(lot("städning", cpv_main="90910000", area_codes=("SE-2281",)))
    assert score_lot(plan, document(again)) == score_lot(plan, document(CLEANER))


def test_evidence_names_codes_and_says_what_is_inferred() -> None:
    stated = score_lot(compile_plan(lot("städning", cpv_main="90910000")), document(CLEANER)).reasons[0].evidence
    read = score_lot(compile_plan(lot("städning")), document(CLEANER)).reasons[0].evidence
    assert ("cpv", "90910000", "90910000", False) in [(e.kind, e.value, e.asked, e.inferred) for e in stated]
    assert all(evidence.inferred for evidence in read if evidence.kind == "cpv")


def test_words_shared_are_named_and_label_words_are_not_called_their_own() -> None:
    found = score_lot(compile_plan(lot("städning cleaning")), document(CLEANER)).reasons[1].evidence
    assert [evidence.value for evidence in found if evidence.kind == "word"] == ["städning"]


@pytest.mark.parametrize(
    ("one", "asked", "gap"),
    [
        (NEIGHBOUR, lot("städning", area_codes=("SE-2281",)), GapCode.AREA_NOT_STATED),
        (CLEANER, lot("städning", area_codes=("SE-1280",)), GapCode.AREA_OUTSIDE),
        (CLEANER, lot("städning", value_minor=100), GapCode.CAPACITY_UNKNOWN),
        (replace(CLEANER, turnover_band="micro"), lot("städning", value_minor=10**11), GapCode.CAPACITY_SMALL),
        (CLEANER, lot("platser", places_wanted=3), GapCode.PLACES_UNKNOWN),
        (
            profile(offerings=(Offering("o", "Platser", places_free=1),)),
            lot("platser", places_wanted=5),
            GapCode.PLACES_FEW,
        ),
        (NEIGHBOUR, lot("städning"), GapCode.TRUST_UNKNOWN),
        (NEIGHBOUR, lot("städning"), GapCode.NOT_CONFIRMED),
        (RECYCLER, lot("städning"), GapCode.LIFECYCLE_UNKNOWN),
        (profile(title="Städning"), lot("städning"), GapCode.CODES_MISSING),
        (BAKER, lot("xyzzy"), GapCode.WORDS_NONE),
    ],
)
def test_what_is_missing_is_said(one: Profile, asked: Lot, gap: GapCode) -> None:
    assert gap in {found.code for found in score_lot(compile_plan(asked), document(one)).gaps}


def test_unknown_size_is_neither_best_nor_worst() -> None:
    plan = compile_plan(lot("städning", value_minor=10**10))
    fits, unknown, small = (
        score_lot(plan, document(replace(CLEANER, turnover_band=band))).fine for band in ("large", None, "micro")
    )
    assert fits > unknown > small


def test_eligibility_decides_at_equal_score_and_the_hash_after_that() -> None:
    score = score_need([compile_plan(lot("städning"))], document(CLEANER))
    states = [EligibilityState.UNKNOWN, EligibilityState.ELIGIBLE, EligibilityState.DECLARED]
    keys = sorted(order_key(score, Eligibility(state), "x") for state in states)
    assert [key[1] for key in keys] == [0, 1, 2]
    assert order_key(score, Eligibility(states[0]), "a") < order_key(score, Eligibility(states[0]), "b")


def test_the_same_question_ties_the_same_way_and_another_question_another_way() -> None:
    asked, other = (request_hash(Need((lot(title),))) for title in ("Städning", "Bröd"))
    assert asked == request_hash(Need((lot("städning"),)))
    ids = [f"e{n}" for n in range(20)]
    assert sorted(ids, key=lambda one: tie_key(asked, one)) != sorted(ids, key=lambda one: tie_key(other, one))
