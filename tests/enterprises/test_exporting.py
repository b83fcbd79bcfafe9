"""Exports: whole, in order, streamed part by part, harmless in a spreadsheet, and read again as they were written."""

import csv
import io
import json
from pathlib import Path

import httpx
import pytest

from app.core.db import Database
from app.core.text import neutral
from app.enterprises import exporting, importing, service
from app.enterprises.rows import Defaults
from app.enterprises.schemas import EnterpriseExport
from tests.factories import enterprise, offering

EXPORT = "/api/v1/enterprises/export"


def fill(database: Database, *records: dict[str, object]) -> list[str]:
    """Register enterprises with these fields; their ids."""
    with database.writes() as session:
        return [service.register(session, enterprise(**record), home="local").id for record in records]


def table(content: bytes) -> list[dict[str, str]]:
    """Return a CSV export as its rows."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_csv_is_what_a_spreadsheet_opens(database: Database, app_client: httpx.Client):
    fill(database, {"name": "Öknen"}, {"name": "Ängen"}, {"name": "Ankan"})
    answer = app_client.get(EXPORT)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="samnod-enterprises-2')
    assert answer.content.startswith(b"\xef\xbb\xbfid;name;")
    assert [row["name"] for row in table(answer.content)] == ["Ankan", "Ängen", "Öknen"]


def test_ndjson_is_each_record_as_it_is_read(database: Database, app_client: httpx.Client):
    ids = fill(database, {"name": "Ankan"}, {"name": "Zebra"})
    answer = app_client.get(EXPORT, params={"format": "ndjson", "sort": "-name"})
    assert answer.headers["content-type"] == "application/x-ndjson"
    records = [json.loads(line) for line in answer.content.splitlines()]
    assert records == [app_client.get(f"/api/v1/enterprises/{one}").json() for one in reversed(ids)]


def test_filters_narrow_an_export_as_they_narrow_the_list(database: Database, app_client: httpx.Client):
    fill(database, {"name": "Ankan"}, {"name": "Laget", "kind": "association"})
    for filters in ({"kind": "association"}, {"words": "ankan"}, {"kind": "event"}):
        listed = [one["name"] for one in app_client.get("/api/v1/enterprises", params=filters).json()["items"]]
        assert [row["name"] for row in table(app_client.get(EXPORT, params=filters).content)] == listed


@pytest.mark.parametrize("query", ["format=xls", "page=2", "kind=castle"])
def test_what_an_export_does_not_know_is_refused(app_client: httpx.Client, query: str):
    answer = app_client.get(f"{EXPORT}?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_an_export_comes_in_parts(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exporting, "_BATCH", 2)
    fill(database, *({"name": f"Ankan {n}"} for n in range(5)))
    parts = list(exporting.export(database, EnterpriseExport(format="ndjson")))
    assert [part.count(b"\n") for part in parts] == [0, 2, 2, 1]


def test_a_record_that_goes_while_it_is_exported_is_left_out(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exporting, "_BATCH", 1)
    fill(database, {"name": "Ankan"}, {"name": "Bävern"})
    parts = exporting.export(database, EnterpriseExport(format="ndjson"))
    assert [next(parts), next(parts).count(b"Ankan")] == [b"", 1]
    with database.writes() as session:
        session.connection().exec_driver_sql("DELETE FROM enterprise")
    assert list(parts) == [b""]


@pytest.mark.parametrize("text", ["=1+1", "+46", "-x", "@cmd", "\tx", "\rx", "  =1"])
def test_no_cell_is_taken_for_a_formula(text: str):
    assert neutral(text) == f"'{text}"


def test_a_name_that_looks_like_a_formula_is_exported_harmless(database: Database, app_client: httpx.Client):
    fill(database, {"name": "=HYPERLINK(1)", "aliases": ["@ankan"]})
    row = table(app_client.get(EXPORT).content)[0]
    assert (row["name"], row["aliases"]) == ("'=HYPERLINK(1)", "'@ankan")


def test_what_is_exported_is_imported_as_it_was(database: Database, tmp_path: Path):
    written = enterprise(
        name="=Ankan",
        aliases=["Anden", "Ankans verkstad"],
        organisation_number="5560160680",
        legal_form="ek_for",
        founded_year=2015,
        employees="10-19",
        turnover="1-3",
        offerings=[
            offering(title="Städning; fönster", cpv=["90910000", "90911300"], sectors=["cleaning", "property_care"]),
            offering(title="Catering", cpv=["55520000"], sectors=[]),
            offering(title="Arbetsträning", kind="work_training", cpv=[], sectors=["work_training"], places_free=3),
        ],
        eligibility=[{"reservation": "res-ws", "state": "declared", "on": "2026-01-15"}],
        service_areas=["SE-22", "SE-2281"],
        contact_function="Kundtjänst",
        contact_email="info@ankan.example",
        website="https://ankan.example/",
        confirmed_on="2026-02-20",
        source_year=2026,
    )
    with database.writes() as session:
        service.register(session, written, home="local")
    file = tmp_path / "export.csv"
    file.write_bytes(b"".join(exporting.export(database, EnterpriseExport())))
    reading = importing.read_file(file, Defaults(source=""))
    assert [fault.detail for broken in reading.broken for fault in broken.faults] == []
    read = reading.drafted[0].data
    assert read.offerings[0].title == "Städning, fönster"
    titles = {"offerings": [one.model_copy(update={"title": ""}) for one in written.offerings]}
    assert read.model_copy(
        update={"offerings": [one.model_copy(update={"title": ""}) for one in read.offerings]}
    ) == written.model_copy(update=titles)
