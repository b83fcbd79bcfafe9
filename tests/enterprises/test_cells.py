"""What people write in cells, in two languages and many ways."""

from datetime import date

import pytest

from app.enterprises import cells
from app.enterprises.columns import HEADINGS, UnknownField, _field, overrides, recognised


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Namn", "name"),
        ("FÖRETAGSNAMN", "name"),
        ("Virksomhet", "name"),
        ("Org.nr", "organisation_number"),
        ("Org-nummer:", "organisation_number"),
        ("Organisasjonsnummer", "organisation_number"),
        ("Kommune", "area_code"),
        ("E-post", "contact_email"),
        ("Omsättning (tkr)", "turnover"),
        ("Omsetning i mill. kr", "turnover"),
        ("Antall ansatte", "employees"),
        ("Målgrupper", "target_groups"),
        ("target_groups", "target_groups"),
        ("CPV 2", "cpv"),
        ("Ort 2", ""),
        ("Kommentar", ""),
        ("", ""),
    ],
)
def test_headings_are_known_in_three_languages(heading: str, field: str):
    assert _field(heading, {})[0] == field


def test_no_heading_stands_for_two_fields():
    known: dict[str, str] = {}
    for field, names in HEADINGS.items():
        for name in [field, *names.split(",")]:
            folded = cells._words(name)
            assert known.setdefault(folded, field) == field, name


def test_what_the_operator_says_of_a_column_counts():
    said = overrides(["Vad vi gör = bra=offerings", "Ort=-"])
    assert (_field("vad vi gör  = bra", said), _field("ORT", said)) == (("offerings", 0), ("-", 0))
    assert recognised(["Titel", "Ort"], overrides(["Titel=name"])) == 2
    assert recognised(["Titel", "Ort"], {}) == 0
    for wrong in ("Ort", "Ort=plats", "=name"):
        with pytest.raises(UnknownField, match="write 'column=field'"):
            overrides([wrong])


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("Sundsvall", "SE-2281"),
        ("sundsvalls kommun", "SE-2281"),
        ("2281", "SE-2281"),
        (2281.0, "SE-2281"),
        ("SE-2281", "SE-2281"),
        (180.0, "SE-0180"),
        ("Håbo", "SE-0305"),
        ("Habo", "SE-0643"),
    ],
)
def test_a_municipality_is_known_by_code_number_and_name(cell: str | float, code: str):
    assert cells.seat(cell, "SE", "") == code


def test_namesakes_are_asked_for_unless_the_county_tells():
    with pytest.raises(ValueError, match=r"more than one place: write a code\. NO-1515 .*, NO-1818") as told:
        cells.seat("Herøy", "NO", "")
    assert "Nordland" in str(told.value)
    assert cells.seat("Herøy", "NO", "Nordland") == "NO-1818"
    assert cells.seat("Våler", "NO", "Innlandet fylke") == "NO-3419"
    assert cells.seat("Herøy (Nordland)", "NO", "") == "NO-1818"
    with pytest.raises(ValueError, match=r"no municipality is called “Sundsval”.*Sundsvall"):
        cells.seat("Sundsval", "SE", "")
    with pytest.raises(ValueError, match="is no municipality"):
        cells.seat("SE-22", "SE", "")


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("Västernorrlands län; Umeå", ["SE-22", "SE-2480"]),
        ("hela Sverige", ["SE"]),
        ("Norge", ["NO"]),
        ("SE-22, SE332", ["SE-22", "SE-25"]),
        ("Stockholm", ["SE-0180"]),
        ("Stockholms län", ["SE-01"]),
        ("Mellersta Norrland", ["SE-22", "SE-23"]),
    ],
)
def test_areas_are_known_by_code_and_name(cell: str, found: list[str]):
    assert sorted(cells.areas(cell, "SE")) == sorted(found)


@pytest.mark.parametrize(
    ("cell", "band"),
    [
        (0, "none"),
        ("4", "1-4"),
        ("3,5", "1-4"),
        (5.0, "5-9"),
        ("cirka 7 st", "5-9"),
        ("ca 18", "10-19"),
        ("10–12", "10-19"),
        ("20-49", "20-49"),
        ("1 200", "250-"),
    ],
)
def test_employees_are_kept_as_a_band(cell: str | float, band: str):
    assert cells.employees(cell) == band


@pytest.mark.parametrize("cell", ["8–12", "många", date(2019, 10, 1), "-3"])
def test_employees_that_fit_no_band_are_asked_for(cell: str | date):
    with pytest.raises(ValueError, match="band"):
        cells.employees(cell)


@pytest.mark.parametrize(
    ("cell", "heading", "band"),
    [
        (900, "Omsättning (tkr)", "0-1"),
        ("3 500 000 kr", "Omsättning", "3-10"),
        ("3.500.000", "Omsättning", "3-10"),
        (2_400_000.0, "Omsättning", "1-3"),
        ("12,5 mkr", "Omsättning", "10-50"),
        ("2.5", "Omsetning i mill. kr", "1-3"),
        ("10-50", "Omsättning", "10-50"),
        ("800 MSEK", "Turnover", "50-"),
    ],
)
def test_turnover_is_kept_as_a_band(cell: str | float, heading: str, band: str):
    assert cells.turnover(cell, heading) == band


def test_a_turnover_without_a_unit_is_asked_for():
    with pytest.raises(ValueError, match="say in which unit"):
        cells.turnover(900, "Omsättning")


@pytest.mark.parametrize(
    "cell", [date(2026, 11, 21), "2026-11-21", "21.11.2026", "21/11/2026", "21/11 2026", "20261121"]
)
def test_days_are_read_as_people_write_them(cell: str | date):
    assert cells.day(cell) == date(2026, 11, 21)


@pytest.mark.parametrize("cell", [46037, "21 november", "2026-13-01", "11/21/2026"])
def test_what_may_be_another_day_is_no_day(cell: str | int):
    with pytest.raises(ValueError, match="write a date as 2026-11-21"):
        cells.day(cell)


def test_codes_are_known_by_their_labels_in_each_language():
    assert cells.codes("Lokalvård; Renhold, cleaning", "sector") == ["cleaning"]
    assert cells.codes("Kök, restaurang, kafé, bageri, catering", "sector") == ["food"]
    assert cells.codes("Nyanlända|Nyankomne", "target_group") == ["newly_arrived"]
    with pytest.raises(ValueError, match="“Trolleri” is not known"):
        cells.codes("Lokalvård, Trolleri", "sector")


def test_a_cpv_code_gets_back_the_zero_that_a_spreadsheet_dropped():
    assert cells.cpv(3000000.0) == ["03000000"]
    assert cells.cpv("90910000-9; 55520000") == ["90910000", "55520000"]
    with pytest.raises(ValueError, match="99999999"):
        cells.cpv("99999999")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("ja", {"res-ws": True}),
        (True, {"res-ws": True}),
        ("Nei", {"res-ws": False}),
        ("vet ej", {}),
        ("res-ws; se-ideburen", {"res-ws": True, "se-ideburen": True}),
        ("res-ws (denied); res-pub-ser (verified); se-ideburen (expired)", {"res-ws": False, "res-pub-ser": True}),
    ],
)
def test_what_is_said_of_reserved_procurements(cell: str | bool, said: dict[str, bool]):
    assert cells.reserved(cell) == said


def test_an_exports_mark_before_a_formula_is_taken_off():
    assert (cells.text("'=Ankan"), cells.text("'Ankan"), cells.text(2026.0)) == ("=Ankan", "'Ankan", "2026")
