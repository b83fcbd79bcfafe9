"""Areas: codes, names, namesakes, NUTS editions and distances."""

import pytest

from app.reference import service
from app.reference.vocabulary import ForeignArea, UnknownArea


def codes_of(words: str, limit: int = 10) -> list[str]:
    return [found.code for found in service.find_areas(words, limit)]


def test_every_municipality_and_county_of_both_countries_is_there() -> None:
    assert len(service.municipalities_of("SE")) == 290
    assert len(service.municipalities_of("NO")) == 357
    assert len(service.counties_of("SE")) == 21
    assert len(service.counties_of("NO")) == 15


def test_every_municipality_lies_in_a_county_of_its_own_country_and_has_a_place() -> None:
    for found in [*service.municipalities_of("SE"), *service.municipalities_of("NO")]:
        county, country = service.ancestors(found.code)
        assert found.parent == county
        assert county.startswith(f"{country}-")
        assert found.lat is not None
        assert 55 < found.lat < 72
        assert found.lon is not None
        assert 4 < found.lon < 32


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("SE", ["SE"]),
        ("SE-22", ["SE-22"]),
        (" se-2281 ", ["SE-2281"]),
        ("SWE", ["SE"]),
        ("NOR", ["NO"]),
        ("SE321", ["SE-22"]),
        ("SE32", ["SE-22", "SE-23"]),
        # The hyphen tells the county of Västernorrland from the NUTS region Sydsverige.
        ("SE22", ["SE-10", "SE-12"]),
        ("NO060", ["NO-50"]),
        ("NO07", ["NO-18", "NO-55", "NO-56"]),
        ("NO0B2", ["NO"]),
        ("SEZZZ", ["SE"]),
    ],
)
def test_area_and_nuts_codes_are_read(written: str, meant: list[str]) -> None:
    assert service.parse_area(written) == meant


@pytest.mark.parametrize(
    ("old", "today"),
    [
        ("NO074", ["NO-55", "NO-56"]),
        ("NO082", ["NO-31", "NO-32", "NO-33"]),
        ("NO091", ["NO-39", "NO-40"]),
        ("NO012", ["NO-32"]),
        ("NO061", ["NO-50"]),
    ],
)
def test_old_norwegian_nuts_codes_mean_the_counties_of_today(old: str, today: list[str]) -> None:
    assert service.parse_area(old) == today


def test_every_nuts_region_leads_to_areas_that_exist() -> None:
    for region in service.nuts_regions():
        assert all(service.area(code) for code in service.parse_area(region.code))


def test_every_county_is_reached_by_the_newest_nuts_codes() -> None:
    reached = {c for region in service.nuts_regions() if region.edition in (None, "2024") for c in region.counties}
    assert reached == {found.code for country in ("SE", "NO") for found in service.counties_of(country)}


@pytest.mark.parametrize("text", ["DE712", "DEU", "FI", "UKC", "EL303", "GR300", "LU000", "DK"])
def test_codes_of_other_countries_are_told_apart(text: str) -> None:
    assert service.is_foreign(text)
    with pytest.raises(ForeignArea):
        service.parse_area(text)


@pytest.mark.parametrize(
    "text", ["", "SE-99", "SE-9999", "SE999", "SE-22 81", "XX", "foo", "Sundsvall", "SE\x00", "2281"]
)
def test_what_is_no_area_is_refused(text: str) -> None:
    assert not service.is_foreign(text)
    with pytest.raises(UnknownArea) as refused:
        service.parse_area(text)
    assert not isinstance(refused.value, ForeignArea)


def test_one_area_is_the_smallest_that_holds_a_whole_nuts_region() -> None:
    assert service.parse_one_area("SE321") == "SE-22"
    assert service.parse_one_area("NO07") == "NO"
    assert service.parse_one_area("NO-5001") == "NO-5001"


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("Sundsvall", "SE-2281"),
        ("sundsvalls kommun", "SE-2281"),
        ("Kramfors kommun", "SE-2282"),
        ("Västernorrland", "SE-22"),
        ("vasternorrlands län", "SE-22"),
        ("Trondheim", "NO-5001"),
        ("Tråante", "NO-5001"),
        ("Trondheim - Tråante", "NO-5001"),
        ("Trøndelag", "NO-50"),
        ("Tröndelag", "NO-50"),
        ("Sweden", "SE"),
        ("Noreg", "NO"),
        ("Örebro", "SE-1880"),
        ("Orebro län", "SE-18"),
        ("SE321", "SE-22"),
        ("Örnsk", "SE-2284"),
    ],
)
def test_areas_are_found_by_name(words: str, first: str) -> None:
    assert codes_of(words)[0] == first


def test_a_search_gives_no_more_than_asked_for_and_nothing_for_nothing() -> None:
    assert len(codes_of("s", 7)) == 7
    assert codes_of("") == codes_of("  ") == codes_of("Xyzzy") == []


@pytest.mark.parametrize(("name", "both"), [("Herøy", ["NO-1515", "NO-1818"]), ("Våler", ["NO-3114", "NO-3419"])])
def test_two_norwegian_names_exist_twice_and_are_told_apart_by_county(name: str, both: list[str]) -> None:
    assert sorted(codes_of(name)) == both
    assert sorted(found.code for found in service.municipality_named(name)) == both
    labels = [service.area_label(code, "nb") for code in both]
    assert len(set(labels)) == 2
    # What the label says finds exactly its own municipality again.
    for code, label in zip(both, labels, strict=True):
        assert [found.code for found in service.municipality_named(label)] == [code]
        assert codes_of(label)[0] == code


def test_a_name_that_exists_once_needs_no_county() -> None:
    assert service.area_label("SE-2281", "sv") == "Sundsvall"
    assert [found.code for found in service.municipality_named("Kramfors")] == ["SE-2282"]
    assert service.municipality_named("Nowhere") == []


def test_a_municipality_is_found_by_the_name_it_had_before_a_merger() -> None:
    assert [found.name_nb for found in service.municipality_named("Rissa")] == ["Indre Fosen"]


def test_one_letter_with_a_ring_tells_two_swedish_municipalities_apart() -> None:
    assert [found.code for found in service.municipality_named("Habo")] == ["SE-0643"]
    assert [found.code for found in service.municipality_named("håbo")] == ["SE-0305"]
    assert codes_of("Håbo")[0] == "SE-0305"
    assert codes_of("Habo")[0] == "SE-0643"


@pytest.mark.parametrize(
    ("region", "counties"),
    [("Vestfold og Telemark", ["NO-39", "NO-40"]), ("Mellersta Norrland", ["SE-22", "SE-23"]), ("Hedmark", ["NO-34"])],
)
def test_a_region_that_is_no_county_of_today_gives_its_counties(region: str, counties: list[str]) -> None:
    assert codes_of(region)[: len(counties)] == counties


def test_labels_follow_the_language() -> None:
    assert [service.area_label("SE", language) for language in ("sv", "nb", "en")] == ["Sverige", "Sverige", "Sweden"]
    assert service.area_label("SE-22", "en") == "Västernorrland County"
    assert service.area_label("NO074", "nb") == "Troms og Finnmark"
    assert service.area_label("DE300", "sv") == "DE300"


def test_areas_lie_in_each_other() -> None:
    assert service.ancestors("SE-2281") == ["SE-22", "SE"]
    assert service.ancestors("SE") == []
    assert service.covers("SE-22", "SE-2281")
    assert service.covers("SE-2281", "SE-2281")
    assert not service.covers("SE-2281", "SE-22")
    assert [found.code for found in service.municipalities_of("SE-2281")] == ["SE-2281"]
    assert len(service.municipalities_of("SE-22")) == 7


def test_municipalities_are_listed_as_a_swede_would() -> None:
    names = [found.name_sv for found in service.municipalities_of("SE-14")]
    assert names.index("Vänersborg") < names.index("Åmål") < names.index("Öckerö")


def test_distances_are_those_of_the_map() -> None:
    assert 70 <= (service.distance_km("SE-2281", "SE-2282") or 0) <= 90
    assert service.distance_km("SE-2282", "SE-2281") == service.distance_km("SE-2281", "SE-2282")
    assert 380 <= (service.distance_km("SE-0180", "NO-0301") or 0) <= 440
    assert service.distance_km("SE-2281", "SE-2281") == 0
    assert len(service.distances_from("NO-5001")) == 647


def test_only_municipalities_have_a_distance() -> None:
    assert service.distance_km("SE-22", "SE-2281") is None
    assert service.distance_km("SE-2281", "DE300") is None
