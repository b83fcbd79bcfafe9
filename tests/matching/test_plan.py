"""A lot compiled to a plan."""

import pytest

from app.matching.plan import compile_plan
from app.matching.scoring import group_fine
from app.matching.terms import document
from app.matching.vocabulary import MAX_POINTS, UNIT, Criterion, GapCode
from tests.matching.examples import lot, profile


def what(asked: dict[str, object], title: str = "", cpv: tuple[str, ...] = ()) -> int:
    """Return the fine units of the what criterion."""
    plan = compile_plan(lot(**asked))  # type: ignore[arg-type]  # a table of keyword arguments
    enterprise = document(profile(title=title, cpv=cpv))
    return sum(group_fine(group, enterprise) for group in plan.groups if group.criterion is Criterion.WHAT)


@pytest.mark.parametrize(
    ("asked", "better", "worse"),
    [
        ("90911200", "90911200", "90911300"),
        ("90911200", "90911300", "90919200"),
        ("90911200", "90910000", "90500000"),
        ("90911200", "90500000", "45000000"),
        ("90910000", "90910000", "90911200"),
        ("45000000", "45000000", "45453000"),
        ("45000000", "45453000", "90910000"),
        ("99999999", "99999999", "90910000"),
    ],
)
def test_a_nearer_code_is_worth_more(asked: str, better: str, worse: str) -> None:
    assert what({"cpv_main": asked}, cpv=(better,)) > what({"cpv_main": asked}, cpv=(worse,))


def test_the_main_code_weighs_more_than_an_additional_one() -> None:
    asked: dict[str, object] = {"cpv_main": "90910000", "cpv_additional": ("77314000",)}
    both = what(asked, cpv=("90910000", "77314000"))
    main = what(asked, cpv=("90910000",))
    other = what(asked, cpv=("77314000",))
    assert both > main > other > 0


def test_an_inferred_code_is_worth_less_than_a_stated_one() -> None:
    stated = {"title": "städning", "cpv_main": "90910000"}
    assert what(stated, cpv=("90910000",)) > what({"title": "städning"}, cpv=("90910000",)) > 0


def test_an_enterprise_without_codes_is_found_by_its_texts() -> None:
    assert what({"title": "renhold"}, title="Lokalvård i skolor") > 0


@pytest.mark.parametrize(
    ("changes", "gaps"),
    [
        ({"title": "xyzzy"}, {GapCode.CODE_UNKNOWN, GapCode.PLACE_UNKNOWN}),
        ({"title": "städning", "area_codes": ("SE-2281",)}, {GapCode.CODE_INFERRED}),
        ({"cpv_main": "90000000", "area_codes": ("SE-2281",)}, {GapCode.CODE_BROAD}),
        ({"cpv_main": "90910000", "fallback_area": "SE-2281"}, {GapCode.PLACE_FALLBACK}),
        ({"cpv_main": "90910000", "area_codes": ("SE-2281",), "fallback_area": "SE-2280"}, set()),
    ],
)
def test_what_the_lot_leaves_unsaid_is_a_gap(changes: dict[str, object], gaps: set[GapCode]) -> None:
    assert {code for _, code in compile_plan(lot(**changes)).gaps} == gaps  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "städning"},
        {"title": "städning", "description": "trappor och fönster", "cpv_main": "90910000"},
        {
            "title": "Park",
            "cpv_main": "77310000",
            "cpv_additional": ("90910000",) * 2,
            "area_codes": ("SE-22", "NO-50"),
        },
        {"title": "Platser", "places_wanted": 5, "value_minor": 100_000_000, "area_codes": ("SE",)},
        {},
    ],
)
def test_points_are_whole_positive_and_within_their_criterion(changes: dict[str, object]) -> None:
    for group in compile_plan(lot(**changes)).groups:  # type: ignore[arg-type]  # as above
        assert group.points
        assert all(isinstance(points, int) and points >= 0 for points in group.points.values())
        assert 0 < group.cap <= MAX_POINTS[group.criterion] * UNIT


def test_maxima_add_up_to_a_hundred() -> None:
    assert sum(MAX_POINTS.values()) == 100


def test_several_places_share_the_criterion() -> None:
    plan = compile_plan(lot("städning", area_codes=("SE-2281", "SE-2280")))
    one = document(profile(service_areas=("SE-2281",)))
    both = document(profile(service_areas=("SE-2281", "SE-2280")))
    where = [group for group in plan.groups if group.criterion is Criterion.WHERE]
    assert sum(group_fine(g, both) for g in where) > sum(group_fine(g, one) for g in where) > 0
