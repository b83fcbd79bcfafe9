"""CPV: codes, labels, ancestors, search in three languages."""

from collections.abc import Iterator

import pytest

from app.reference import cpv, service
from app.reference.vocabulary import Labelled, UnknownCpv


def codes_of(words: str, limit: int = 5) -> list[str]:
    return [hit.code for hit in service.search_cpv(words, "sv", limit)]


@pytest.fixture
def full_list() -> Iterator[None]:
    made_up = (Labelled(f"{number:08}", "a", "b", "c") for number in range(cpv.OFFICIAL_CODES - 1))
    cpv.use_imported([*made_up, Labelled("90910000", "Städning", "Rengjøring", "Cleaning")])
    yield
    cpv.use_imported([])


def test_the_shipped_table_holds_every_division_and_the_public_services() -> None:
    shipped = cpv.shipped().codes
    assert sum(service.cpv_level(code) == 2 for code in shipped) == 45
    assert sum(service.cpv_level(code) == 3 for code in shipped) == 272
    assert sum(service.is_public_service_code(code) for code in shipped) == 115
    assert all(labelled.sv and labelled.nb and labelled.en for labelled in shipped.values())


@pytest.mark.parametrize("text", ["90910000", " 90910000 ", "90910000-9", "90910000 - 9"])
def test_a_code_is_read_with_and_without_its_check_digit(text: str) -> None:
    assert service.parse_cpv(text) == "90910000"


def test_a_deeper_code_than_we_ship_is_known_by_its_group() -> None:
    assert "33141621" not in cpv.shipped().codes
    assert service.parse_cpv("33141621") == "33141621"
    assert service.cpv_known("33141621") == "33100000"
    assert service.cpv_label("33141621", "en") == "Medical equipments"


@pytest.mark.parametrize(
    "text", ["", "9091", "909100000", "99999999", "90010000", "00000000", "9091000O", "٩٠٩١٠٠٠٠", "90910000-99", "städ"]
)
def test_what_is_no_code_is_refused(text: str) -> None:
    assert not service.is_cpv(text)
    with pytest.raises(UnknownCpv):
        service.parse_cpv(text)


def test_with_the_full_list_only_its_own_codes_count(full_list: None) -> None:
    assert service.is_cpv("90910000")
    assert not service.is_cpv("90919999")
    # What matching reads never changes with an import.
    assert "lokalvård" in service.cpv_words("90910000")
    assert "Kontorsstädning" in service.cpv_words("90919200")


def test_a_few_imported_codes_add_to_what_is_shipped() -> None:
    before = codes_of("tavlevask")
    assert "90919999" not in before
    cpv.use_imported([Labelled("90919999", "Tavelstädning", "Tavlevask", "Blackboard cleaning")])
    try:
        assert service.cpv_label("90919999", "nb") == "Tavlevask"
        assert codes_of("tavlevask") == ["90919999"]
        assert service.is_cpv("33141621")
    finally:
        cpv.use_imported([])
    assert service.cpv_label("90919999", "nb") == service.cpv_label("90919000", "nb")
    assert codes_of("tavlevask") == before


def test_levels_and_ancestors_follow_the_digits() -> None:
    assert [service.cpv_level(c) for c in ("30000000", "90900000", "90910000", "98341140")] == [2, 3, 4, 7]
    assert service.cpv_ancestors("90919200") == ["90919000", "90910000", "90900000", "90000000"]
    assert service.cpv_ancestors("30000000") == []


def test_labels_come_in_three_languages_and_none_for_nonsense() -> None:
    labels = [service.cpv_label("90919300", language) for language in ("sv", "nb", "en")]
    assert labels == ["Städning av skolor", "Rengjøring av skoler", "School cleaning services"]
    assert service.cpv_label("99999999", "sv") is None


@pytest.mark.parametrize("words", ["städning", "städ", "lokalvård", "renhold", "rengjøring", "rengjoring", "cleaning"])
def test_cleaning_is_found_in_any_language(words: str) -> None:
    found = codes_of(words)
    assert found[0].startswith("909")


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("städning av skolor", "90919300"),
        ("skolstädning", "90919300"),
        ("catering", "55520000"),
        ("flyttjänster", "98392000"),
        ("flytting", "98392000"),
        ("vaktmester", "98341140"),
        ("tvätteri", "98310000"),
        ("sykkelverksted", "50800000"),
        ("arbeidstrening", "85312510"),
        ("parkskötsel", "77313000"),
        ("gjenbruk", "90514000"),
        ("sömnad", "98393000"),
        ("brøyting", "90620000"),
        ("90514", "90514000"),
        ("städtjänster", "90910000"),
        ("cleaning services", "90910000"),
        ("work training", "85312510"),
        ("second hand", "55900000"),
        ("kantinedrift", "55510000"),
    ],
)
def test_trades_are_found_by_the_words_people_use(words: str, first: str) -> None:
    assert codes_of(words)[0] == first


def test_a_search_for_little_or_nothing_gives_nothing_wild() -> None:
    assert codes_of("") == codes_of("!!") == codes_of("xyzzy") == []
    assert len(codes_of("tjänster", 3)) == 3
    assert codes_of("av och för") == codes_of("av och för")


def test_public_service_codes_are_those_of_article_77() -> None:
    assert service.is_public_service_code("85312510")
    assert not service.is_public_service_code("90910000")
