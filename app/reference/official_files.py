"""Reads the official files of code lists and postcodes, one row at a time.

- CSV with a column `code` and one or more of `en`, `sv`, `nb` (also with a column `list`);
- genericode (`.gc`), as in the eForms SDK's `codelists/`, OASIS Code List Representation 1.0;
- the eForms SDK's `translations/code_xx.xml`, one language a file;
- postcodes as CSV, or as Posten's tab-separated register.

XML is read without DTD, entities or network.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lxml import etree

from app.core.errors import FieldFault, InvalidContent
from app.reference.areas import area
from app.reference.vocabulary import CPV_LIST

# The largest official file, the CPV as genericode in 24 languages, is about 40 MB.
LARGEST_FILE = 64 * 1024 * 1024
_LONGEST_LABEL = 1000

# What the eForms SDK calls the lists that Samnod has under a name of its own.
LIST_NAMES = {
    "reserved_procurement": "reserved_participation",
    "applicability": "reserved_execution",
    "applicability_reserved_execution": "reserved_execution",
}
_LANGUAGES = {
    "sv": "sv", "swe": "sv", "nb": "nb", "nob": "nb", "no": "nb", "nor": "nb", "en": "en", "eng": "en",
}  # fmt: skip
_CPV_CODE = re.compile(r"\d{8}", re.ASCII)
_LIST_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}", re.ASCII)
_POSTCODE = {"SE": re.compile(r"\d{5}", re.ASCII), "NO": re.compile(r"\d{4}", re.ASCII)}
_POSTCODE_COLUMNS = {
    "postal_code": "postcode", "postcode": "postcode", "postnummer": "postcode",
    "locality": "locality", "poststed": "locality", "postort": "locality",
    "municipality_code": "municipality", "kommunenummer": "municipality", "kommunkod": "municipality",
}  # fmt: skip
# Posten's register comes without a heading row.
_POSTEN_HEADING = ["postnummer", "poststed", "kommunenummer", "kommunenavn", "kategori"]


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code of a list, with the labels that this file gives; a language that it does not give is absent."""

    list: str
    code: str
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class PostcodeRow:
    """A postcode with its locality and municipality (`SE-0180`)."""

    country: str
    postcode: str
    locality: str
    municipality: str


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that was left out: its line in the file, the column, and what is wrong with it."""

    row: int
    column: str
    detail: str


Read = CodeRow | PostcodeRow | RowFault


class UnreadableFile(InvalidContent):
    """The file as a whole is none that we can read."""

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(f"{path.name}: {detail}", [FieldFault("file", detail)])


def read(path: Path) -> Iterator[Read]:
    """Yield each row of an official file, or what is wrong with it. Raises `UnreadableFile` for the file as a whole."""
    if path.is_dir():
        raise UnreadableFile(path, "this is a folder: name the files in it")
    if not path.is_file():
        raise UnreadableFile(path, "there is no such file")
    if path.stat().st_size > LARGEST_FILE:
        raise UnreadableFile(path, f"larger than {LARGEST_FILE // 1024 // 1024} MB")
    with path.open("rb") as file:
        start = file.read(256).lstrip(b"\xef\xbb\xbf \r\n\t")
    return _xml(path) if start.startswith(b"<") else _table(path)


def _table(path: Path) -> Iterator[Read]:
    text = _text(path)
    heading = text.split("\n", 1)[0]
    delimiter = max("\t;,", key=heading.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    first = [name.strip().lower() for name in next(lines, [])]
    if re.fullmatch(r"\d{4}", first[0] if first else "") and len(first) == len(_POSTEN_HEADING):
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        first = _POSTEN_HEADING
    columns = {_POSTCODE_COLUMNS.get(name, name): place for place, name in enumerate(first)}
    is_postcodes = {"postcode", "municipality"} <= columns.keys()
    if not is_postcodes and not ("code" in columns and _languages(columns)):
        wanted = "code with en, sv or nb; or postal_code with municipality_code"
        raise UnreadableFile(path, f"the columns are not those of a list of codes or postcodes ({wanted})")
    for cells in lines:
        number = lines.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) < len(first):
            yield RowFault(number, first[len(cells)], f"the row has {len(cells)} of {len(first)} columns")
            continue
        row = {name: cells[place].strip() for name, place in columns.items()}
        yield _postcode(number, row) if is_postcodes else _code(number, path, row)


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Posten's register is also published in the Windows code page.
        text = content.decode("cp1252", errors="replace")
    if "\0" in text or "\ufffd" in text:
        raise UnreadableFile(path, "not text in UTF-8 or Windows-1252")
    return text.replace("\r\n", "\n")


def _languages(columns: dict[str, Any]) -> dict[str, str]:
    return {name: _LANGUAGES[name] for name in columns if name in _LANGUAGES}


def _code(number: int, path: Path, row: dict[str, str]) -> Read:
    labels = {language: row[name] for name, language in _languages(row).items()}
    return _checked(number, row.get("list") or _list_name(path.stem), row["code"], labels)


def _checked(number: int, list_name: str, code: str, labels: dict[str, str]) -> Read:
    given = {language: text for language, text in labels.items() if text}
    form = _CPV_CODE if list_name == CPV_LIST else _LIST_CODE
    if not form.fullmatch(code):
        return RowFault(number, "code", f"{code[:40]!r} is not a code of {list_name}")
    if not given:
        return RowFault(number, "/".join(labels), f"{code} has no label in Swedish, Norwegian or English")
    if any(len(text) > _LONGEST_LABEL for text in given.values()):
        return RowFault(number, "/".join(labels), f"{code} has a label longer than {_LONGEST_LABEL} characters")
    return CodeRow(list_name, code, given)


def _list_name(name: str) -> str:
    name = name.strip().lower().replace("-", "_")
    return LIST_NAMES.get(name, name)


def _postcode(number: int, row: dict[str, str]) -> Read:
    postcode = re.sub(r"\s", "", row["postcode"])
    country = next((country for country, form in _POSTCODE.items() if form.fullmatch(postcode)), None)
    if country is None:
        return RowFault(number, "postcode", f"{postcode[:20]!r} is no Swedish or Norwegian postcode")
    municipality = f"{country}-{row['municipality'].zfill(4)}"
    found = area(municipality)
    if found is None or found.level != "municipality":
        return RowFault(number, "municipality", f"{row['municipality'][:20]!r} is no municipality of today")
    return PostcodeRow(country, postcode, row.get("locality", "")[:200], municipality)


def _xml(path: Path) -> Iterator[Read]:
    # Opened here and not by the parser, so that the file is closed however the reading ends.
    with path.open("rb") as file:
        try:
            yield from _xml_rows(path, file)
        except etree.XMLSyntaxError as error:
            raise UnreadableFile(path, f"not well-formed XML, line {error.lineno}: {error.msg}") from None


def _xml_rows(path: Path, file: IO[bytes]) -> Iterator[Read]:
    events = etree.iterparse(
        file, events=("start", "end"), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    _, root = next(events)
    if any(_declared_entities(root)):
        raise UnreadableFile(path, "the file declares entities of its own")
    kind = etree.QName(root).localname
    if kind == "CodeList":
        yield from _genericode(path, events)
    elif kind == "properties":
        yield from _translations(path, events)
    else:
        raise UnreadableFile(path, f"neither a genericode list nor a file of translations: <{kind}>")


def _declared_entities(root: Any) -> Iterator[Any]:
    dtd = root.getroottree().docinfo.internalDTD
    return dtd.iterentities() if dtd is not None else iter(())


def _genericode(path: Path, events: Any) -> Iterator[Read]:
    list_name = _list_name(path.stem)
    for event, element in events:
        name = etree.QName(element).localname
        if event == "end" and name == "Identification":
            # The file's own name of the list; a tailored list has its parent's there and keeps the file name.
            own_name = element.findtext("LongName")
            list_name = _list_name(own_name) if own_name and "_" not in path.stem else list_name
        elif event == "end" and name == "Row":
            row = {value.get("ColumnRef", ""): "".join(value.itertext()).strip() for value in element}
            labels = {"en": row.get("Name", "")}
            labels |= {
                language: row[f"{name}_label"] for name, language in _LANGUAGES.items() if row.get(f"{name}_label")
            }
            yield _checked(element.sourceline or 0, list_name, row.get("code", ""), labels)
            _forget(element)


def _translations(path: Path, events: Any) -> Iterator[Read]:
    suffix = re.search(r"_([a-z]{2,3})\.xml$", path.name.lower())
    language = _LANGUAGES.get(suffix[1]) if suffix else None
    if language is None:
        raise UnreadableFile(path, "the name must end in the language: code_sv.xml, code_nb.xml or code_en.xml")
    for event, element in events:
        if event != "end" or element.tag != "entry":
            continue
        asset, _, identifier = element.get("key", "").rpartition("|")
        list_name, _, code = identifier.partition(".")
        if asset == "code|name" and code:
            yield _checked(
                element.sourceline or 0, _list_name(list_name), code, {language: (element.text or "").strip()}
            )
        _forget(element)


def _forget(element: Any) -> None:
    """Free a row that has been read, and what is left of the rows before it."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
