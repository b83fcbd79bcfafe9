"""Where: declared areas before nearness, near before far."""

import pytest

from app.matching.places import place_points

SUNDSVALL, HARNOSAND, MALMO, OSTERSUND, TRONDHEIM = "SE-2281", "SE-2280", "SE-1280", "SE-2380", "NO-5001"


@pytest.mark.parametrize(
    ("place", "better", "worse"),
    [
        (SUNDSVALL, f"a:{SUNDSVALL}", "a:SE-22"),
        (SUNDSVALL, "a:SE-22", "a:SE"),
        (SUNDSVALL, "a:SE-22", "a:SE-23"),
        (SUNDSVALL, "a:SE", f"a:{MALMO}"),
        (SUNDSVALL, f"a:{SUNDSVALL}", f"m:{SUNDSVALL}"),
        (SUNDSVALL, f"m:{SUNDSVALL}", f"m:{HARNOSAND}"),
        (SUNDSVALL, f"m:{HARNOSAND}", f"m:{OSTERSUND}"),
        (SUNDSVALL, f"a:{HARNOSAND}", f"m:{HARNOSAND}"),
        (SUNDSVALL, f"m:{OSTERSUND}", f"m:{MALMO}"),
        (OSTERSUND, f"m:{TRONDHEIM}", f"m:{MALMO}"),
        ("SE-22", "a:SE-22", f"a:{SUNDSVALL}"),
        ("SE-22", f"m:{SUNDSVALL}", f"m:{OSTERSUND}"),
        ("SE", "a:SE", "a:NO"),
    ],
)
def test_one_area_is_worth_more_than_another(place: str, better: str, worse: str) -> None:
    worth = place_points(place)
    assert worth.get(better, 0) > worth.get(worse, 0)


@pytest.mark.parametrize("place", [SUNDSVALL, "SE-22", "SE", TRONDHEIM])
def test_worth_is_a_per_cent_and_the_place_itself_is_all_of_it(place: str) -> None:
    worth = place_points(place)
    assert worth[f"a:{place}"] == 100
    assert all(0 < points <= 100 for points in worth.values())
    assert not any(term.endswith("?") for term in worth)
