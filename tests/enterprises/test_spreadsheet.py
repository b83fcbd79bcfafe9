"""Files of tables: every common kind is read alike, and nothing huge or damaged does harm."""

import random
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from app.enterprises import spreadsheet
from app.enterprises.columns import recognised
from app.enterprises.spreadsheet import Doubt, Table, UnreadableTable, read_table
from tests.enterprises.tables import row, write_csv, write_xlsx


def read(path: Path, sheet: str = "") -> Table:
    """Read a file whose columns are named as ours are."""
    return read_table(path, lambda cells: recognised(cells, {}), sheet)


def altered(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """Write the spreadsheet anew with one part of it changed."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, change(content) if name == part else content)
    return path


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_csv_is_read_however_it_was_saved(tmp_path: Path, delimiter: str, encoding: str):
    file = write_csv(tmp_path / "x.csv", [["Å; b, c", "Härnösand"]], ["Namn", "Ort"],
                     delimiter=delimiter, encoding=encoding)  # fmt: skip
    assert read(file).rows == [(2, ["Å; b, c", "Härnösand"])]


def test_xlsx_values_keep_their_kind_and_place(tmp_path: Path):
    table = read(write_xlsx(tmp_path / "x.xlsx", [["Ankan", 90910000, date(2026, 1, 15), True, None, "  x "]],
                            ["Namn", "CPV", "Bekräftad", "Offentligt ägd", "Ort", "Land"]))  # fmt: skip
    assert table.rows == [(2, ["Ankan", 90910000.0, date(2026, 1, 15), True, None, "x"])]
    assert (table.sheet, table.place(17, 2), table.place(1, 27)) == ("Företag", "Företag!C17", "Företag!AB1")


def test_a_heading_may_stand_below_a_title_and_empty_rows_are_counted(tmp_path: Path):
    file = tmp_path / "x.csv"
    file.write_text("Register över företag;\n\nNamn;Ort\nAnkan;Timrå\n;\nBävern;Ånge\n", encoding="utf-8")
    table = read(file)
    assert (table.heading_row, [number for number, _ in table.rows]) == (3, [4, 6])


def test_a_line_break_in_a_cell_does_not_shift_the_rows(tmp_path: Path):
    file = write_csv(tmp_path / "x.csv", [["Ankan", "en\ntvå"], ["Bävern", "x"]], ["Namn", "Beskrivning"])
    assert [number for number, _ in read(file).rows] == [2, 3]


def test_the_sheet_with_names_is_found_and_the_others_are_told(tmp_path: Path):
    book = Workbook()
    book.active.title = "Läs mig"
    book.active.append(["Så här gör du"])
    book.create_sheet("Företag").append(["Namn"])
    book["Företag"].append(["Ankan"])
    book.create_sheet("Gamla").append(["Namn"])
    book.create_sheet("Dold").sheet_state = "hidden"
    book["Dold"].append(["Namn"])
    book.save(tmp_path / "x.xlsx")
    table = read(tmp_path / "x.xlsx")
    assert (table.sheet, table.other_sheets) == ("Företag", ["Läs mig", "Gamla"])
    assert read(tmp_path / "x.xlsx", "Dold").sheet == "Dold"
    with pytest.raises(UnreadableTable, match=r"There is no sheet called 'Nya'\. Sheets: Läs mig, Företag, Gamla\."):
        read(tmp_path / "x.xlsx", "Nya")


def test_formulas_without_a_value_and_errors_are_not_taken_for_empty(tmp_path: Path):
    book = Workbook()
    for line in (["Namn", "Ort", "Land"], ["Ankan", "=A2", "#N/A"]):
        book.active.append(line)
    book.save(tmp_path / "x.xlsx")
    assert read(tmp_path / "x.xlsx").unsure == {(2, 1): Doubt.NO_VALUE, (2, 2): Doubt.ERROR}


def test_a_formula_counts_as_the_value_that_is_stored_with_it(tmp_path: Path):
    file = write_xlsx(tmp_path / "x.xlsx", [["=1+1"]], ["Namn"])
    altered(
        file,
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"<v></v>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>"),
    )
    assert (read(file).rows, read(file).unsure) == ([(2, [2.0])], {})


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda path: path.write_bytes(b""), "No column holds names"),
    "a picture": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\x81"), "neither a spreadsheet nor text"),
    "the old format": (lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(99)), "the older .xls format"),
    "half a spreadsheet": (lambda path: path.write_bytes(write_xlsx(path, [["x"]]).read_bytes()[:900]), "is damaged"),
    "another kind of archive": (lambda path: _zip(path, {"a.txt": b"x"}), "This is no .xlsx file"),
    "no such heading": (lambda path: write_csv(path, [["1", "2"]], ["Kolumn", "B"]), "Seen: Kolumn, B"),
    "too many columns": (lambda path: write_xlsx(path, [["x"] * 201], ["Namn"] * 201), "more than 200 columns"),
    "too long a cell": (lambda path: write_csv(path, [["x" * 32_768]], ["Namn"]), "A cell in row 2 holds more than"),
    "a broken quotation": (lambda path: path.write_text('Namn\n"' + "x" * 140_000), "The file is not CSV"),
}


def _zip(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return path


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_table_of_ours_is_refused_in_words(tmp_path: Path, kind: str):
    make, told = REFUSED[kind]
    path = tmp_path / "x.xlsx"
    make(path)
    with pytest.raises(UnreadableTable, match=told):
        read(path)


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = write_xlsx(tmp_path / "x.xlsx", [["x"]])
    bomb = _zip(tmp_path / "y.xlsx", {"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": bytes(5_000_000)})
    monkeypatch.setattr(spreadsheet, "LARGEST_PART", 1_000_000)
    assert bomb.stat().st_size < file.stat().st_size * 2
    with pytest.raises(UnreadableTable, match="unpacks to more than"):
        read(bomb)
    assert read(file).rows


def test_a_file_that_is_too_large_is_not_opened(tmp_path: Path):
    with (tmp_path / "x.csv").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(UnreadableTable, match="larger than 32 MB"):
        read(tmp_path / "x.csv")


@pytest.mark.parametrize(("cell", "told"), [("A1048576", "more than 50000 rows"), ("XFD3", "more than 200 columns")])
def test_a_lone_cell_far_out_does_not_make_a_table_huge(tmp_path: Path, cell: str, told: str):
    file = write_xlsx(tmp_path / "x.xlsx", [["Ankan"]], ["Namn"])
    far = f'<row r="3"><c r="{cell}"><v>1</v></c></row></sheetData>'.encode()
    altered(file, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", far))
    with pytest.raises(UnreadableTable, match=told):
        read(file)


def test_entities_of_the_files_own_say_nothing(tmp_path: Path):
    file = write_xlsx(tmp_path / "x.xlsx", [["Ankan"]], ["Namn"])
    declared = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><workbook'
    altered(
        file, "xl/workbook.xml", lambda xml: xml.replace(b"<workbook", declared, 1).replace(b"F\xc3\xb6retag", b"&b;")
    )
    with pytest.raises(UnreadableTable, match="is damaged"):
        read(file)


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 10)
    assert len(read(write_csv(tmp_path / "x.csv", [row(index) for index in range(10)])).rows) == 10
    with pytest.raises(UnreadableTable, match="more than 10 rows"):
        read(write_csv(tmp_path / "y.csv", [row(index) for index in range(40)]))


def test_however_a_file_is_damaged_it_is_read_or_refused(tmp_path: Path):
    whole = write_xlsx(tmp_path / "x.xlsx", [row(index) for index in range(5)]).read_bytes()
    chance, refused = random.Random(7), 0
    for _ in range(150):
        damaged = bytearray(whole)
        for place in chance.choices(range(len(whole)), k=3):
            damaged[place] = chance.randrange(256)
        (tmp_path / "y.xlsx").write_bytes(damaged)
        try:
            read(tmp_path / "y.xlsx")
        except UnreadableTable:
            refused += 1
    assert 0 < refused < 150
