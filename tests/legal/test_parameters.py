"""The figures of the law: shipped as they are kept, and only the verified ones count."""

import csv
import os
from datetime import date
from pathlib import Path

import pytest

from app.legal.parameters import in_annex_two, parameter, parameters, rows
from app.reference import service as reference

TODAY = date(2026, 11, 21)
ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SAMNOD_DATA_DIR", ROOT.parent / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the development data is not here")


def test_only_verified_rows_count_and_blank_is_unknown():
    written = list(rows())
    counting = {(row["jurisdiction"], row["key"]) for row in written if row["verified"].startswith("yes")}
    assert {(row.jurisdiction, row.key) for row in parameters()} == counting
    assert len(written) > len(parameters()) > 20
    assert not [row for row in parameters() if row.number == 0]
    assert parameter("SE", "threshold_bilaga2_sek", TODAY) is None
    assert parameter("NO", "reserved_16_9_share", TODAY) is None
    assert parameter("NO", "act_entry_value", TODAY) is None


def test_every_row_that_counts_has_a_source_of_its_own():
    assert [row.key for row in parameters() if not row.source or row.source == "same"] == []
    assert [row.key for row in parameters() if not row.legal_basis and row.key != "iop_rule"] == []


def test_a_rule_in_words_holds_no_number():
    rule = parameter("SE", "direct_award_limit_bilaga2", TODAY)
    assert rule is not None
    assert rule.number is None


@pytest.mark.parametrize(
    ("on", "number"),
    [("2021-12-31", None), ("2022-01-01", 7_802_550), ("2023-12-31", 7_802_550), ("2024-01-01", None)],
)
def test_a_figure_holds_from_one_day_to_another(on: str, number: int | None):
    found = parameter("SE", "threshold_bilaga2_sek", date.fromisoformat(on))
    assert (found and found.number) == number


def test_a_key_is_not_found_by_its_beginning():
    assert parameter("SE", "min_days", TODAY) is None
    found = parameter("SE", "min_days_open", TODAY)
    assert found is not None
    assert found.number == 35


@pytest.mark.parametrize("cpv", ["55524000", "55512000", "80530000", "85312000", "92600000", "98514000", "79952100"])
def test_catering_canteens_training_and_care_are_in_annex_two(cpv: str):
    assert in_annex_two(cpv) is True


@pytest.mark.parametrize("cpv", ["90910000", "77310000", "90514000", "15810000", "45453000", "98310000", "79610000"])
def test_cleaning_green_areas_recycling_and_goods_are_not(cpv: str):
    assert in_annex_two(cpv) is False


@pytest.mark.parametrize("cpv", [None, "98110000", "64110000"])
def test_what_is_not_listed_either_way_is_unknown(cpv: str | None):
    assert in_annex_two(cpv) is None


def test_all_of_the_115_listed_services_are_in_annex_two_or_unknown():
    listed = [code.code for code in reference.code_list("cpv") if code.public_service]
    assert len(listed) > 50
    assert [code for code in listed if in_annex_two(code) is False] == []


@needs_data
def test_the_shipped_figures_are_the_collected_ones():
    shipped = (ROOT / "app" / "legal" / "data" / "legal_parameters.csv").read_bytes()
    assert shipped == (DATA / "sources" / "legal_parameters.csv").read_bytes()


@needs_data
def test_the_collected_codes_of_annex_two_agree():
    with (DATA / "sources" / "cpv_subset.csv").open(encoding="utf-8", newline="") as file:
        flags = {row["cpv"]: row["lou_bilaga2"] == "yes" for row in csv.DictReader(file)}
    assert flags
    assert {code: in_annex_two(code) for code in flags} == flags


@needs_data
def test_all_services_of_article_77_are_in_annex_two():
    with (DATA / "codes" / "cpv_social_services.csv").open(encoding="utf-8", newline="") as file:
        listed = [row["code"] for row in csv.DictReader(file)]
    assert len(listed) == 115
    assert {code: in_annex_two(code) for code in listed if in_annex_two(code) is not True} == {}
