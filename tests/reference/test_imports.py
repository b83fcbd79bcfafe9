"""Importing the official lists: idempotent, merged by language, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.db import Database
from app.reference import service
from app.reference.official_files import UnreadableFile
from app.settings import settings


@pytest.fixture(autouse=True)
def forget_what_was_imported(database: Database) -> Iterator[None]:
    """Give the process its shipped lists back: what is imported is kept in memory for all."""
    yield
    with database.writes() as session:
        for name in ("reference_code", "postcode"):
            session.connection().exec_driver_sql(f"DELETE FROM {name}")
        service.use_imported(session)


def run_import(database: Database, path: Path) -> service.ImportReport:
    with database.writes() as session:
        return service.import_reference(session, path)


def take_into_use(database: Database) -> None:
    with database.reads() as session:
        service.use_imported(session)


def counts(report: service.ImportReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, len(report.faults)


def test_a_file_imported_twice_changes_nothing_the_second_time(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "cpv.csv"
    path.write_text("code,sv,nb\n90910000,Städning,Rengjøring\n90911000,Mer städning,Mer renhold\n9,Fel,Feil\n")
    first = run_import(database, path)
    assert counts(first) == (2, 0, 0, 1)
    assert str(first).splitlines() == [
        "cpv: 2 added, 0 changed, 0 unchanged, 1 left out",
        "    line 4, code: '9' is not a code of cpv",
    ]
    assert counts(run_import(database, path)) == (0, 0, 2, 1)
    path.write_text("code,sv,nb\n90910000,Lokalvård,Rengjøring\n")
    assert counts(run_import(database, path)) == (0, 1, 0, 0)
    take_into_use(database)
    assert service.cpv_label("90910000", "sv") == "Lokalvård"
    assert service.cpv_label("90911000", "sv") == "Mer städning"


def test_one_language_at_a_time_completes_the_others(database: Database, tmp_path: Path) -> None:
    for language, text in (("sv", "Tavelstädning"), ("nb", "Tavlevask")):
        path = tmp_path / f"code_{language}.xml"
        path.write_text(f'<properties><entry key="code|name|cpv.90919999">{text}</entry></properties>')
        run_import(database, path)
    take_into_use(database)
    assert service.cpv_label("90919999", "sv") == "Tavelstädning"
    assert service.cpv_label("90919999", "nb") == "Tavlevask"
    # No file gave an English label; the reader gets one that was given.
    assert service.cpv_label("90919999", "en") == "Tavelstädning"


def test_an_imported_vocabulary_adds_to_the_shipped_one(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "notice_type.csv"
    path.write_text("code,en\nnew-kind,A new kind\ncn-social,Renamed\n")
    run_import(database, path)
    # What was asked before is remembered until then.
    assert service.label("notice_type", "new-kind", "nb") == "new-kind"
    assert service.unknown_codes(["notice_type", "sector"], ["cn-social", "new-kind", "cn-social"]) == [1]
    take_into_use(database)
    assert service.unknown_codes(["notice_type", "sector"], ["cn-social", "new-kind", "no-kind"]) == [2]
    assert service.label("notice_type", "new-kind", "nb") == "A new kind"
    assert service.label("notice_type", "cn-social", "en") == "Renamed"
    assert service.has_code("notice_type", "can-social")
    assert "new-kind" in {code.code for code in service.code_list("notice_type")}


def test_a_postcode_leads_to_its_municipality(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "postnummer.csv"
    path.write_text("postal_code,locality,municipality_code\n85231,Sundsvall,2281\n87230,Kramfors,2282\n")
    assert run_import(database, path).lists == {"postcodes"}
    with database.reads() as session:
        assert service.municipality_of_postcode(session, "SE", "852 31") == "SE-2281"
        assert service.municipality_of_postcode(session, "NO", "8523") is None


def test_a_file_without_a_single_right_row_is_refused(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "cpv.csv"
    path.write_text("code,sv\n9,Fel\n")
    with pytest.raises(UnreadableFile):
        run_import(database, path)


def test_the_full_cpv_decides_which_codes_exist(database: Database) -> None:
    path = settings().data_dir / "codes" / "cpv.csv"
    if not path.is_file():
        pytest.skip("needs the development data ($SAMNOD_DATA_DIR), which is absent")
    assert service.is_cpv("90919999")
    assert counts(run_import(database, path)) == (9454, 0, 0, 0)
    take_into_use(database)
    assert not service.is_cpv("90919999")
    assert service.cpv_label("33141621", "en") == "Incontinence kit"
    assert len(service.code_list("cpv")) == 9454
    assert service.search_cpv("renhold", "sv", 1)[0].code == "90910000"
