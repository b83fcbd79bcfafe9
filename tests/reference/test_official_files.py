"""The official files' formats: CSV, genericode, translations, postcodes; and what is refused."""

from pathlib import Path

import pytest

from app.reference.official_files import CodeRow, PostcodeRow, RowFault, UnreadableFile, read
from app.settings import settings

GENERICODE = """<?xml version="1.0" encoding="UTF-8"?>
<gc:CodeList xmlns:gc="http://docs.oasis-open.org/codelist/ns/genericode/1.0/">
  <Identification>
    <ShortName>ReservedProcurement</ShortName>
    <LongName>reserved-procurement</LongName>
    <LongName Identifier="listId">http://example.org/reserved-procurement</LongName>
    <Agency><ShortName>OP</ShortName><LongName>Publications Office</LongName></Agency>
  </Identification>
  <ColumnSet><Column Id="code" Use="required"><ShortName>Code</ShortName></Column></ColumnSet>
  <SimpleCodeList>
    <Row>
      <Value ColumnRef="code"><SimpleValue>res-ws</SimpleValue></Value>
      <Value ColumnRef="Name"><SimpleValue>Sheltered workshops</SimpleValue></Value>
      <Value ColumnRef="swe_label"><SimpleValue>Skyddade verkstäder</SimpleValue></Value>
      <Value ColumnRef="fin_label"><SimpleValue>Suojatyökeskukset</SimpleValue></Value>
    </Row>
    <Row>
      <Value ColumnRef="code"><SimpleValue>not a code</SimpleValue></Value>
      <Value ColumnRef="Name"><SimpleValue>Nonsense</SimpleValue></Value>
    </Row>
  </SimpleCodeList>
</gc:CodeList>
"""

TRANSLATIONS = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE properties SYSTEM "http://java.sun.com/dtd/properties.dtd">
<properties>
<comment>code in Swedish</comment>
<entry key="code|name|cpv.90910000">Städning</entry>
<entry key="code|name|reserved-procurement.res-ws">Skyddade verkstäder</entry>
<entry key="code|name|cpv.9091">Trasig</entry>
<entry key="field|name|BT-71-Lot">Inte en kod</entry>
</properties>
"""

BOMB = """<?xml version="1.0"?>
<!DOCTYPE properties [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<properties><entry key="code|name|cpv.90910000">&b;</entry></properties>
"""

OUTSIDE = """<?xml version="1.0"?>
<!DOCTYPE properties [<!ENTITY secret SYSTEM "file:///etc/passwd">]>
<properties><entry key="code|name|cpv.90910000">&secret;</entry></properties>
"""


@pytest.fixture
def official(tmp_path: Path):
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def test_a_csv_of_codes_is_read_with_the_languages_it_has(official) -> None:
    rows = list(read(official("notice_type.csv", "code,en,sv,nb,da\ncn-social,Notice,Meddelande,,Bekendtgørelse\n")))
    assert rows == [CodeRow("notice_type", "cn-social", {"en": "Notice", "sv": "Meddelande"})]


def test_a_csv_may_carry_several_lists_a_byte_order_mark_and_semicolons(official) -> None:
    content = (
        "\ufefflist;code;sv;nb;en\r\nsector;cleaning;Lokalvård;Renhold;Cleaning\r\n\r\nseason;spring;Vår;Vår;Spring\r\n"
    )
    rows = list(read(official("mixed.csv", content)))
    assert [(row.list, row.code) for row in rows if isinstance(row, CodeRow)] == [
        ("sector", "cleaning"),
        ("season", "spring"),
    ]


def test_wrong_rows_are_told_with_line_and_column(official) -> None:
    content = "code,sv\n90910000,Städning\n9091,Trasig\n90920000,\n90911000\n"
    rows = list(read(official("cpv.csv", content)))
    assert isinstance(rows[0], CodeRow)
    faults = [(row.row, row.column) for row in rows if isinstance(row, RowFault)]
    assert faults == [(3, "code"), (4, "sv"), (5, "sv")]


def test_genericode_is_read_under_our_name_of_the_list(official) -> None:
    first, second = read(official("reserved-procurement.gc", GENERICODE))
    assert first == CodeRow(
        "reserved_participation", "res-ws", {"en": "Sheltered workshops", "sv": "Skyddade verkstäder"}
    )
    assert isinstance(second, RowFault)
    assert (second.row, second.column) == (17, "code")


def test_translations_give_one_language_of_many_lists(official) -> None:
    rows = list(read(official("code_sv.xml", TRANSLATIONS)))
    assert rows[:2] == [
        CodeRow("cpv", "90910000", {"sv": "Städning"}),
        CodeRow("reserved_participation", "res-ws", {"sv": "Skyddade verkstäder"}),
    ]
    assert isinstance(rows[2], RowFault)
    assert len(rows) == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("postnummer.csv", "postal_code,locality,municipality_code\n852 31,Sundsvall,2281\n"),
        ("postnummer.csv", "postnummer;postort;kommunkod\n85231;Sundsvall;2281\n"),
    ],
)
def test_swedish_postcodes_are_read(official, name: str, content: str) -> None:
    assert list(read(official(name, content))) == [PostcodeRow("SE", "85231", "Sundsvall", "SE-2281")]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_postens_register_is_read_without_a_heading_and_in_both_encodings(official, encoding: str) -> None:
    content = "0001\tOSLO\t301\tOSLO\tP\n8850\tHERØY\t1818\tHERØY\tG\n9170\tLONGYEARBYEN\t2111\tLONGYEARBYEN\tB\n"
    rows = list(read(official("register.txt", content.encode(encoding))))
    assert rows[:2] == [
        PostcodeRow("NO", "0001", "OSLO", "NO-0301"),
        PostcodeRow("NO", "8850", "HERØY", "NO-1818"),
    ]
    # Svalbard has postcodes but no municipality.
    assert isinstance(rows[2], RowFault)
    assert rows[2].column == "municipality"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", ""),
        ("other.csv", "name,colour\na,b\n"),
        ("binary.csv", b"code,sv\n\x00\x01,\x02\n"),
        ("broken.xml", "<properties><entry>"),
        ("code_sv.xml", BOMB),
        ("code_sv.xml", OUTSIDE),
        ("code_fi.xml", TRANSLATIONS),
        ("code.xml", TRANSLATIONS),
        ("page.xml", "<html/>"),
    ],
)
def test_a_file_of_another_kind_is_refused_as_a_whole(official, name: str, content: str | bytes) -> None:
    with pytest.raises(UnreadableFile) as refused:
        list(read(official(name, content)))
    assert name in refused.value.detail


def test_a_missing_file_and_a_huge_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no such file"):
        read(tmp_path / "absent.csv")
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    with pytest.raises(UnreadableFile, match="larger than"):
        read(huge)


@pytest.mark.parametrize(
    ("file", "rows"), [("codes/cpv.csv", 9454), ("codes/notice_type.csv", 21), ("geo/postal_to_kommun_se.csv", 15463)]
)
def test_the_development_files_are_read_whole(file: str, rows: int) -> None:
    path = settings().data_dir / file
    if not path.is_file():
        pytest.skip("needs the development data ($SAMNOD_DATA_DIR), which is absent")
    found = list(read(path))
    assert len(found) == rows
    assert not any(isinstance(row, RowFault) for row in found)
