"""Vocabularies, sectors, and the lists as the API gives them."""

import pytest

from app.core.errors import NotFound
from app.reference import service
from app.reference.schemas import CodeFilters


def test_every_list_has_codes_with_labels_in_all_languages() -> None:
    for name in service.code_lists():
        codes = service.codes(name)
        assert codes
        assert len({code.code for code in codes}) == len(codes)
        assert all(code.sv and code.nb and code.en for code in codes), name


def test_the_lists_that_the_records_need_are_there() -> None:
    needed = {"sector", "target_group", "social_procurement_form", "srpp_area", "reserved_participation"}
    needed |= {"reserved_execution", "social_objective", "strategic_procurement", "legal_form_se", "legal_form_no"}
    needed |= {"notice_subtype", "notice_type", "economic_operator_size", "need_category"}
    assert needed <= set(service.code_lists())
    assert [code.code for code in service.codes("reserved_participation")] == [
        "none",
        "res-pub-ser",
        "res-ws",
        "se-ideburen",
        "no-ideell",
    ]
    assert len(service.codes("social_procurement_form")) == 6
    assert len(service.codes("srpp_area")) == 6


def test_labels_follow_the_language_and_an_unknown_code_is_shown_as_it_is() -> None:
    assert service.label("sector", "cleaning", "sv") == "Lokalvård"
    assert service.label("sector", "cleaning", "nb") == "Renhold"
    assert service.label("sector", "nonsense", "nb") == "nonsense"
    assert service.has_code("sector", "cleaning")
    assert not service.has_code("sector", "nonsense")
    assert not service.has_code("nonsense", "cleaning")
    assert service.codes("nonsense") == []


def test_every_sector_deals_in_codes_that_exist() -> None:
    for sector in service.codes("sector"):
        prefixes = service.sector_cpv(sector.code)
        assert prefixes, sector.code
        for prefix in prefixes:
            assert service.cpv_known(prefix.ljust(8, "0")) == prefix.ljust(8, "0")
    assert service.sector_cpv("nonsense") == ()


def test_a_code_leads_to_its_sectors_closest_first() -> None:
    assert service.sectors_of_cpv("90919200") == ["cleaning"]
    assert service.sectors_of_cpv("90514000")[0] == "reuse"
    assert "recycling" in service.sectors_of_cpv("90514000")


def test_trade_words_belong_to_codes_that_are_shipped() -> None:
    for code in service.trade_words():
        assert service.cpv_known(code) == code


@pytest.mark.parametrize("name", service.list_names())
def test_every_list_is_given_whole_and_its_parents_are_in_it(name: str) -> None:
    given = service.code_list(name)
    codes = {code.code for code in given}
    assert len(codes) == len(given) > 0
    assert all(code.parent in codes for code in given if code.parent)


def test_lists_have_their_own_columns() -> None:
    cleaning = next(code for code in service.code_list("cpv") if code.code == "90910000")
    assert (cleaning.parent, cleaning.level, cleaning.public_service) == ("90900000", "class", False)
    sundsvall = next(code for code in service.code_list("areas") if code.code == "SE-2281")
    assert (sundsvall.parent, sundsvall.level, sundsvall.public_service) == ("SE-22", "municipality", None)
    assert {code.labels.nb for code in service.code_list("areas") if code.code in ("NO-1515", "NO-1818")} == {
        "Herøy (Møre og Romsdal)",
        "Herøy (Nordland)",
    }
    viken = next(code for code in service.code_list("nuts") if code.code == "NO082")
    assert viken.area_codes == ["NO-31", "NO-32", "NO-33"]


def test_a_list_may_be_named_with_hyphens_and_an_unknown_one_is_not_found() -> None:
    assert service.code_list("target-group") == service.code_list("target_group")
    with pytest.raises(NotFound):
        service.code_list("nonsense")


def test_a_list_is_narrowed_by_words_and_parent_and_cut_into_pages() -> None:
    below, total = service.find_codes("areas", CodeFilters(parent="SE-22", limit=3, page=2))
    assert total == 7
    assert len(below) == 3
    assert service.find_codes("areas", CodeFilters(words="Herøy"))[1] == 2
    assert service.find_codes("cpv", CodeFilters(words="renhold"))[0][0].code == "90910000"
    assert service.find_codes("sector", CodeFilters(words="lokalvård"))[0][0].code == "cleaning"
    assert service.find_codes("sector", CodeFilters(words="xyzzy")) == ([], 0)


def test_every_shipped_table_says_where_it_comes_from() -> None:
    named = {row["file"] for row in service.sources()}
    assert named == {
        "areas.csv",
        "cpv.csv",
        "fields.csv (reading of notices)",
        "nuts.csv",
        "sector_cpv.csv",
        "trade_words.csv",
        "vocabularies.csv",
    }
    assert all(row["source"] and row["licence"] and row["attribution"] for row in service.sources())
