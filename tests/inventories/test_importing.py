"""A survey that was made elsewhere: read by its headings, refused cell by cell, and written whole or not at all."""

import csv
import io
import random
import resource
import time
from collections.abc import Iterable, Sequence

import httpx
import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from app.core.db import Database
from app.core.errors import Conflict, InvalidContent
from app.core.i18n import texts
from app.inventories import service
from app.inventories.reading import read_answers
from app.inventories.schemas import SurveyImport
from app.inventories.tables import InventoryAnswer
from app.inventories.vocabulary import Status
from tests.engines import mostly_sqlite
from tests.inventories.ground import ADMIN, OWN, drafted, opened
from tests.keys import key_for

HEADING = ["Namn", "Kommun", "Rådgivning", "Rådgivning – kommentar", "Board competence/mentors", "Hur vill ni ha stöd?"]
ROWS: list[list[object]] = [
    ["Exempel Sy", "Sundsvall", 3, "Om lån.", "Urgent need", "På plats"],
    ["Exempel Kök", "SE-2281", "2 – Stort behov", None, 0, "på distans"],
    ["Exempel Park", "Härnösand", None, "", 1.0, None],
    ["Exempel Ö", "Timrå", "0", None, None, None],
    ["Exempel Å", "Ånge", 1, None, None, None],
]


def as_csv(rows: Iterable[Sequence[object]], encoding: str = "utf-8-sig", delimiter: str = ";") -> bytes:
    """Return rows as a spreadsheet program saves them."""
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(["" if cell is None else cell for cell in row] for row in rows)
    return written.getvalue().encode(encoding)


def as_xlsx(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as an .xlsx file."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def bring_in(database: Database, inventory_id: str, content: bytes, *, dry_run: bool = False) -> SurveyImport:
    """Import a file."""
    table = service.read_upload(content)
    with database.writes() as session:
        return service.bring_in(session, inventory_id, table, dry_run=dry_run, by=ADMIN, say=texts("sv"))


def kept(database: Database) -> int:
    """Return how many answers there are."""
    with database.reads() as session:
        return session.execute(select(func.count()).select_from(InventoryAnswer)).scalar_one()


@pytest.mark.parametrize("kind", ["utf-8-sig", "cp1252", "utf-16", "xlsx"])
def test_a_survey_is_read_by_its_headings(kind: str):
    table = [HEADING, *ROWS]
    content = as_xlsx(table) if kind == "xlsx" else as_csv(table, kind, "\t" if kind == "utf-16" else ";")
    found = read_answers(service.read_upload(content), OWN)
    assert [(column.key, column.is_text) for column in found.columns] == [
        ("area", False),
        ("advice", False),
        ("advice", True),
        ("board", False),
        ("q1", False),
    ]
    assert found.unread == ["Namn"], "who answered is left alone"
    assert found.answers == [
        ("SE-2281", {"advice": 3, "board": 3, "q1": "På plats"}, {"advice": "Om lån."}),
        ("SE-2281", {"advice": 2, "board": 0, "q1": "På distans"}, {}),
        ("SE-2280", {"board": 1}, {}),
        ("SE-2262", {"advice": 0}, {}),
        ("SE-2260", {"advice": 1}, {}),
    ]


def test_a_survey_is_written_whole_after_a_dry_run(database: Database):
    one = drafted(database).id
    content = as_xlsx([HEADING, *ROWS])
    tried = bring_in(database, one, content, dry_run=True)
    assert (tried.written, tried.answers, tried.fault_count, kept(database)) == (False, 5, 0, 0)
    done = bring_in(database, one, content)
    assert (done.written, kept(database)) == (True, 5)
    with database.reads() as session:
        found = service.results(session, one)
        assert (found.inventory.status, found.inventory.is_imported, found.answered) == (Status.CLOSED, True, 5)
        rows = session.execute(select(InventoryAnswer.area_code, InventoryAnswer.given)).all()
    assert ("SE-2281", {"advice": 3, "board": 3, "q1": "På plats"}) in [tuple(row) for row in rows]
    with pytest.raises(Conflict, match="this round is closed"):
        bring_in(database, one, content)


@mostly_sqlite
def test_each_fault_names_its_row_and_column_and_nothing_is_written(database: Database):
    one = drafted(database).id
    wrong: list[list[object]] = [
        HEADING,
        ROWS[0],
        [None, "Herøy", 7, "Fråga 811218-9876", "=1+1", "På båt"],
        [None, "Atlantis", True, None, None, None],
    ]
    done = bring_in(database, one, as_xlsx(wrong))
    assert (done.written, done.fault_count, kept(database)) == (False, 7, 0)
    told = {fault.place: (fault.row, fault.column, fault.detail) for fault in done.faults}
    assert told["Sheet!B3"] == (3, "Kommun", "“Herøy” är mer än en plats: skriv en kod")
    assert told["Sheet!C3"] == (3, "Rådgivning", "“7” är ingen nivå: skriv 0, 1, 2 eller 3")
    assert "personnummer" in told["Sheet!D3"][2]
    assert told["Sheet!E3"][2] == "cellen har en formel: klistra in värdet i stället"
    assert told["Sheet!F3"][2] == "“På båt” är inget av alternativen: På plats, På distans"
    assert told["Sheet!B4"][2] == "“Atlantis” är ingen känd plats"
    assert "C4" in str(told.keys())
    twice = bring_in(database, one, as_csv([["advice", "Rådgivning"], [1, 2]]))
    assert [fault.detail for fault in twice.faults] == ["en annan kolumn har samma sak"]
    assert [fault.detail for fault in bring_in(database, one, as_csv([["advice"]])).faults] == [
        "ingen rad har något svar"
    ]
    for content in (as_csv([["Namn", "Ort"], ["a", "b"]]), b"\x00\x01\x02", b"PK\x03\x04 damaged", b"\xd0\xcf\x11\xe0"):
        with pytest.raises(InvalidContent):
            service.read_upload(content)


@mostly_sqlite
def test_an_import_over_http(app_client: httpx.Client, database: Database):
    one, other = drafted(database).id, opened(database).id
    key = key_for(database, "coordinator")
    where = f"/api/v1/needs-inventories/{one}/import"
    file = {"file": ("survey.xlsx", as_xlsx([HEADING, *ROWS]))}
    tried = app_client.post(f"{where}?dry_run=true", files=file, headers=key)
    assert (tried.status_code, tried.json()["written"], tried.json()["answers"]) == (200, False, 5)
    wrong = app_client.post(
        where, content=as_csv([["advice"], ["7"]]), headers=key | {"Content-Type": "text/csv", "Accept-Language": "sv"}
    )
    assert wrong.status_code == 422
    assert wrong.json()["errors"] == [{"pointer": "A2", "detail": "“7” är ingen nivå: skriv 0, 1, 2 eller 3"}]
    assert app_client.post(where, json={}, headers=key).status_code == 415
    assert app_client.post(where, content=b"", headers=key | {"Content-Type": "text/csv"}).status_code == 400
    assert app_client.post(f"/api/v1/needs-inventories/{other}/import", files=file, headers=key).status_code == 409
    assert app_client.post(where, files=file, headers=key).json()["written"] is True
    assert app_client.post(where, files=file, headers=key).status_code == 409


@pytest.mark.deep
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_hundred_thousand_rows_are_read_in_time_and_memory(database: Database, kind: str):
    one = drafted(database, area_code="SE").id
    chance = random.Random(24)
    counties = ["Norrbottens län", "Västernorrlands län", "Skåne län"]
    rows = [
        [chance.choice(counties), *(chance.randint(0, 3) for _ in range(10)), "Vi söker lokaler." if n % 9 == 0 else ""]
        for n in range(100_000)
    ]
    with database.reads() as session:
        keys = [question.key for question in service.find(session, one, ADMIN).questions[:10]]
    content = (as_csv if kind == "csv" else as_xlsx)([["Län", *keys, "advice comment"], *rows])
    too_many = as_csv([["advice"], *([[1]] * 100_030)])
    started = time.perf_counter()
    done = bring_in(database, one, content)
    assert time.perf_counter() - started < 60
    assert (done.written, kept(database)) == (True, 100_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2_000_000, "in kilobytes"
    with pytest.raises(InvalidContent, match="more than 100000 rows"):
        service.read_upload(too_many)
