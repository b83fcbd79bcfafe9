"""Imports: each row by itself, all in one transaction, and what is there already is known again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.core.db import Database
from app.core.i18n import texts
from app.enterprises import importing, records, service
from app.enterprises.columns import overrides
from app.enterprises.importing import OnDuplicate
from app.enterprises.reports import Outcome, Report
from app.enterprises.rows import Defaults
from app.enterprises.schemas import EnterpriseFilters, EnterpriseRead
from app.journal import service as journal
from app.matching import index
from app.registry_commands import nothing_collected
from app.wiring import wire
from tests.enterprises.tables import HEADING, organisation_number, row, rows, write_csv, write_xlsx
from tests.factories import enterprise

wire()
SOURCE = Defaults(source="exempel")
ENGLISH = texts("en")


def imported(database: Database, file: Path, defaults: Defaults = SOURCE, **how: Any) -> Report:
    """Import a file, and return what was done."""
    reading = importing.read_file(file, defaults)
    with database.writes() as session:
        return importing.import_enterprises(session, reading, **how)


def registry(database: Database) -> list[EnterpriseRead]:
    """Return everything in the registry, whole, in order of name."""
    with database.reads() as session:
        found, _ = service.search(session, EnterpriseFilters(limit=100))
        return [service.find(session, one.id) for one in found]


def told(report: Report) -> dict[str, str]:
    """Return what is said of each cell."""
    return {fault.place: fault.detail for fault in report.faults}


def counts(report: Report) -> dict[str, int]:
    """Return how many rows came to what."""
    return {outcome.value: number for outcome, number in report.counts.items() if number}


def test_every_field_of_a_row_comes_into_the_registry(database: Database, tmp_path: Path):
    heading = ["Namn", "Andra namn", "Orgnr", "Land", "Typ", "Status", "Juridisk form", "Kommun", "Ort", "Grundat",
               "Offentligt ägd", "Beskrivning", "Erbjudande 1", "CPV 1", "Bransch 1", "Erbjudande 2", "CPV 2",
               "Lediga platser", "Verksamhetsområde", "Målgrupper", "Reserverad upphandling", "Intygat", "Anställda",
               "Omsättning (mkr)", "SNI", "Språk", "Hemsida", "Kontakt", "E-post", "Källa", "Källår",
               "Bekräftad"]  # fmt: skip
    cells = ["Ankan", "Anden; Ankans verkstad", "556016-0680", "Sverige", "Förening", "i drift", "ek för", "Timrå",
             "Sörberge", 2015, "nej", "Städar.", "Lokalvård", "90910000-9", "Lokalvård", "Arbetsträning", "85312510",
             4, "Västernorrlands län", "Nyanlända", "ja", "2026-01-15", "ca 12", "2,5", "81.210", "sv, ar",
             "ankan.example", "Kundtjänst", "info@ankan.example", "Länets förteckning", 2025, "15.2.2026"]  # fmt: skip
    assert counts(imported(database, write_xlsx(tmp_path / "x.xlsx", [cells], heading))) == {"new": 1}
    (read,) = registry(database)
    said = read.model_dump(mode="json", exclude={"id", "updated_at", "offerings"})
    assert said == {
        "name": "Ankan", "aliases": ["Anden", "Ankans verkstad"], "organisation_number": "5560160680", "country": "SE",
        "kind": "association", "lifecycle": "active", "legal_form": "ek_for", "area_code": "SE-2262",
        "place": "Sörberge", "founded_year": 2015, "public_ownership": "no", "summary": "Städar.", "language": "sv",
        "service_areas": ["SE-22"], "target_groups": ["newly_arrived"], "employees": "10-19", "turnover": "1-3",
        "industry_codes": ["81210"], "languages": ["ar", "sv"], "website": "https://ankan.example/",
        "contact_function": "Kundtjänst", "contact_email": "info@ankan.example", "source": "Länets förteckning",
        "source_year": 2025, "confirmed_on": "2026-02-15", "criteria": [], "certificates": [],
        "eligibility": [{"reservation": "res-ws", "state": "declared", "on": "2026-01-15", "valid_until": None}],
        "home": "local", "rev": 1, "owner_id": None, "hidden_at": None,
    }  # fmt: skip
    assert [(one.title, one.cpv, one.sectors, one.kind, one.places_free) for one in read.offerings] == [
        ("Lokalvård", ["90910000"], ["cleaning"], "service", None),
        ("Arbetsträning", ["85312510"], [], "service", None),
        ("Arbetsträning/rehabilitering", [], ["work_training"], "work_training", 4),
    ]


def test_the_journal_says_of_an_imported_record_what_it_says_of_a_registered_one(database: Database, tmp_path: Path):
    imported(database, write_xlsx(tmp_path / "x.xlsx", rows(3)))
    for read in registry(database):
        with database.reads() as session:
            (entry,) = journal.entries(session, read.id)
        said = journal.changed("enterprise", read.id, read.home, read.rev, records.payload(read))
        assert entry.payload_hash == said.payload_hash


def test_an_imported_record_is_as_one_that_was_registered(database: Database, tmp_path: Path):
    imported(database, write_xlsx(tmp_path / "x.xlsx", rows(30)))
    reading = importing.read_file(tmp_path / "x.xlsx", SOURCE)
    kept = {one.name: one for one in registry(database)}
    with database.writes() as session:
        session.connection().execute(text("UPDATE enterprise SET home = 'other'"))
        registered = [service.register(session, one.data, home="local") for one in reading.drafted[:3]]
    hidden = {"id", "updated_at", "offerings"}
    for one in registered:
        assert kept[one.name].model_dump(exclude=hidden) == one.model_dump(exclude=hidden)
        assert [o.model_dump(exclude={"id"}) for o in kept[one.name].offerings] == [
            o.model_dump(exclude={"id"}) for o in one.offerings
        ]


def test_imported_records_are_found_journalled_and_ranked(database: Database, tmp_path: Path):
    imported(database, write_xlsx(tmp_path / "x.xlsx", rows(30)))
    with database.reads() as session:
        found, total = service.search(session, EnterpriseFilters(words="catering", limit=1))
        assert total == sum("Catering" in line[0] for line in rows(30))
        assert [entry.rev for entry in journal.entries(session, found[0].id)] == [1]
        assert index.check(session) == []


BROKEN: dict[str, tuple[dict[str, Any], str, str]] = {
    "no name": ({"Namn": None}, "A", "every row needs a name"),
    "a check digit": ({"Organisationsnummer": "556016-0681"}, "B", "check the digits"),
    "a personal number": ({"Organisationsnummer": "811228-9874"}, "B", "personal identity number"),
    "a country": ({"Land": "Danmark"}, "C", "write SE or NO"),
    "a municipality": ({"Kommun": "Sundsvalla"}, "D", "no municipality is called “Sundsvalla”"),
    "a namesake": ({"Land": "NO", "Kommun": "Herøy", "Juridisk form": None}, "D", "more than one place: write a code"),
    "another country's": ({"Kommun": "NO-5001"}, "D", "no municipality is called “NO-5001”"),
    "a life-cycle": ({"Status": "konkurs"}, "F", "“konkurs” is not known"),
    "a legal form": ({"Juridisk form": "GmbH"}, "G", "“GmbH” is not known. Write one of ek_for"),
    "a telephone number": ({"Sammanfattning": "Ring 070-123 45 67"}, "H", "telephone number"),
    "a short title": ({"Erbjudande": "x"}, "I", "at least 2 characters"),
    "a CPV code": ({"CPV-koder": "99999999"}, "J", "99999999"),
    "a sector": ({"Bransch": "trolleri"}, "K", "“trolleri” is not known"),
    "an area": ({"Verksamhetsområde": "Lappmarken"}, "L", "no area is called “Lappmarken”"),
    "a target group": ({"Målgrupper": "alla"}, "M", "“alla” is not known"),
    "a reservation": ({"Reserverad upphandling": "kanske"}, "N", "write yes, no, or the rules"),
    "employees": ({"Anställda": "8–12"}, "O", "lies in two bands"),
    "a turnover": ({"Omsättning (tkr)": "bra"}, "P", "write an amount"),
    "an address": ({"Webbplats": "https://"}, "Q", "must be a web address"),
    "a person's address": ({"E-post": "anna.andersson@exempel.example"}, "R", "seems to be a person's"),
    "a year": ({"Källår": "i fjol"}, "S", "must be a whole number"),
    "a day": ({"Bekräftad": "förra veckan"}, "T", "write a date as 2026-11-21"),
}


def test_each_broken_row_is_told_by_its_cell_and_loses_nothing_of_the_others(database: Database, tmp_path: Path):
    table = [
        line for i, (changed, _, _) in enumerate(BROKEN.values()) for line in (row(2 * i, **changed), row(2 * i + 1))
    ]
    report = imported(database, write_xlsx(tmp_path / "x.xlsx", table))
    assert counts(report) == {"new": len(BROKEN), "broken": len(BROKEN)}
    assert len(registry(database)) == len(BROKEN)
    for i, (kind, (_, column, detail)) in enumerate(BROKEN.items()):
        faults = [fault for fault in report.faults if fault.row == 2 + 2 * i]
        assert [fault.place for fault in faults] == [f"Företag!{column}{2 + 2 * i}"], kind
        assert detail in faults[0].detail, kind
        assert faults[0].column == HEADING["ABCDEFGHIJKLMNOPQRST".index(column)]


def test_everything_that_is_wrong_with_a_row_is_told_at_once(database: Database, tmp_path: Path):
    file = write_xlsx(tmp_path / "x.xlsx", [row(1, Kommun="Sundsvalla", Anställda="många", Bekräftad="igår")])
    assert list(told(imported(database, file))) == ["Företag!D2", "Företag!O2", "Företag!T2"]


def test_a_formula_that_says_nothing_breaks_its_row(database: Database, tmp_path: Path):
    file = write_xlsx(tmp_path / "x.xlsx", [row(1, Ort="=D2"), row(2, Ort="#N/A"), row(3)])
    report = imported(database, file)
    assert counts(report) == {"new": 1, "broken": 2}
    assert "no stored value" in told(report)["Företag!E2"]
    assert "gives an error" in told(report)["Företag!E3"]


def test_strict_writes_nothing_when_any_row_is_broken(database: Database, tmp_path: Path):
    file = write_csv(tmp_path / "x.csv", [row(1), row(2, Kommun="x"), row(3)])
    report = imported(database, file, strict=True)
    assert report.refused
    assert registry(database) == []
    assert report.summary(ENGLISH).endswith("Nothing was written, because of the broken rows.")
    assert counts(imported(database, file)) == {"new": 2, "broken": 1}


def test_a_rehearsal_tells_the_same_and_writes_nothing(database: Database, tmp_path: Path):
    file = write_csv(tmp_path / "x.csv", [row(1), row(2, Kommun="x"), row(1)])
    with database.reads() as session:
        foreseen = importing.foresee(session, importing.read_file(file, SOURCE))
    assert registry(database) == []
    done = imported(database, file)
    assert (foreseen.counts, foreseen.faults) == (done.counts, done.faults)
    assert foreseen.summary(ENGLISH) == f"{done.summary(ENGLISH)} Nothing was written: this was a dry run."


def test_a_file_imported_twice_doubles_nothing(database: Database, tmp_path: Path):
    table = [row(1), row(2, Organisationsnummer=None)]
    file = write_csv(tmp_path / "x.csv", table)
    assert counts(imported(database, file)) == {"new": 2}
    again = imported(database, file)
    assert counts(again) == {"skipped": 2}
    assert ["by its organisation number" in one.detail for one in again.remarks] == [False, True]
    assert len(registry(database)) == 2


def test_the_same_number_twice_in_a_file_is_a_fault_of_the_second(database: Database, tmp_path: Path):
    table = [row(1), row(2, Organisationsnummer=organisation_number(1).replace("-", ""))]
    report = imported(database, write_csv(tmp_path / "x.csv", table))
    assert counts(report) == {"new": 1, "broken": 1}
    assert told(report) == {"B3": "the same organisation number as in row 2"}


@pytest.mark.parametrize(
    ("other", "outcome"),
    [
        ({"Organisationsnummer": None}, "skipped"),
        ({"Organisationsnummer": None, "Namn": "exempel  CATERING 1 ekonomisk förening"}, "skipped"),
        ({"Organisationsnummer": None, "Kommun": None}, "skipped"),
        ({"Organisationsnummer": None, "Kommun": "Timrå"}, "new"),
        ({"Organisationsnummer": organisation_number(9)}, "new"),
    ],
)
@pytest.mark.parametrize("in_file", [True, False])
def test_a_name_twin_is_left_for_somebody_to_look_at(
    database: Database, tmp_path: Path, other: dict[str, Any], outcome: str, in_file: bool
):
    first, second = row(1), row(1, **other)
    if in_file:
        report = imported(database, write_csv(tmp_path / "x.csv", [first, second]))
        assert counts(report) == dict(Counter(["new", outcome]))
    else:
        imported(database, write_csv(tmp_path / "x.csv", [first]))
        assert counts(imported(database, write_csv(tmp_path / "y.csv", [second]))) == {outcome: 1}


def test_an_update_changes_what_the_file_states_and_keeps_the_rest(database: Database, tmp_path: Path):
    number = "5560160680"
    known = enterprise(
        name="Ankan",
        organisation_number=number,
        aliases=["Anden"],
        eligibility=[{"reservation": "res-ws", "state": "verified", "on": "2026-01-15"}],
        source="gammal lista",
        source_year=2019,
    )
    with database.writes() as session:
        before = service.register(session, known, home="local", owner_id="somebody")
    heading = ["Namn", "Orgnr", "Land", "Anställda", "Reserverad", "Bekräftad"]
    file = write_csv(tmp_path / "x.csv", [["Ankan AB", number, "SE", 12, "ja", "2026-11-01"]], heading)
    assert counts(imported(database, file)) == {"skipped": 1}
    assert counts(imported(database, file, on_duplicate=OnDuplicate.UPDATE)) == {"updated": 1}
    (after,) = registry(database)
    changed = {"name", "employees", "confirmed_on", "source", "source_year", "rev", "updated_at", "offerings"}
    assert after.model_dump(exclude=changed) == before.model_dump(exclude=changed)
    assert (after.name, after.employees, str(after.confirmed_on), after.rev) == ("Ankan AB", "10-19", "2026-11-01", 2)
    # The year belonged to the source that is no longer named.
    assert (after.source, after.source_year) == ("exempel", None)
    assert counts(imported(database, file, on_duplicate=OnDuplicate.UPDATE)) == {"unchanged": 1}
    with database.reads() as session:
        assert [entry.rev for entry in journal.entries(session, after.id)] == [1, 2]
        assert service.search(session, EnterpriseFilters(words="anden"))[1] == 1
        assert index.check(session) == []


def test_an_update_that_does_not_fit_what_is_there_is_told(database: Database, tmp_path: Path):
    number = "5560160680"
    with database.writes() as session:
        service.register(session, enterprise(name="Ankan", organisation_number=number), home="local")
    file = write_csv(tmp_path / "x.csv", [["Ankan", number, "NO"]], ["Namn", "Orgnr", "Land"])
    report = imported(database, file, on_duplicate=OnDuplicate.UPDATE)
    assert counts(report) == {"broken": 1}
    assert told(report) == {"A2": "give a municipality of the country NO"}


def test_what_a_file_leaves_open_is_asked_for(database: Database, tmp_path: Path):
    file = write_csv(tmp_path / "x.csv", [["Ankan", "Herøy"], ["Bävern", "Sundsvall"]], ["Namn", "Kommun"])
    report = imported(database, file, Defaults(source=""))
    # Herøy is in Norway, wherever; of Sundsvall there is one. Neither says where the facts come from.
    asked = [(fault.place, fault.detail.partition("?")[0].partition(":")[0]) for fault in report.faults]
    assert sorted(asked) == [
        ("A2", "where do the facts come from"),
        ("A3", "where do the facts come from"),
        ("B2", "“Herøy” is more than one place"),
    ]
    assert counts(imported(database, file, Defaults("exempel", "SE"))) == {"new": 1, "broken": 1}


def test_titles_and_codes_are_paired_only_when_it_is_sure(database: Database, tmp_path: Path):
    table = [
        ["Ett", "Städ; Café", "90910000; 55330000", None],
        ["Två", "Städ; Café; Flytt", "90910000; 55330000", "cleaning"],
        ["Tre", "Städ [90910000 cleaning]; Café", None, None],
        ["Fyra", None, "90910000", None],
        ["Fem", None, None, "cleaning"],
    ]
    file = write_csv(tmp_path / "x.csv", table, ["Namn", "Erbjudande", "CPV", "Bransch"], delimiter="\t")
    report = imported(database, file, Defaults("exempel", "SE"))
    found = {one.name: [(o.title, o.cpv, o.sectors) for o in one.offerings] for one in registry(database)}
    assert found == {
        "Ett": [("Städ", ["90910000"], []), ("Café", ["55330000"], [])],
        "Två": [("Städ, Café, Flytt", ["90910000", "55330000"], ["cleaning"])],
        "Tre": [("Städ", ["90910000"], ["cleaning"]), ("Café", [], [])],
        "Fyra": [("Städning", ["90910000"], [])],
        "Fem": [("Lokalvård", [], ["cleaning"])],
    }
    assert [(one.row, one.outcome) for one in report.remarks] == [(3, Outcome.NEW)]


def test_columns_that_are_not_read_are_told(database: Database, tmp_path: Path):
    file = write_csv(tmp_path / "x.csv", [["Ankan", "Timrå", "x", "y", ""]], ["Titel", "Ort", "Plats", "Kommentar", ""])
    said = overrides(["Titel=name", "Kommentar=-"])
    reading = importing.read_file(file, Defaults("exempel", "SE"), said=said)
    assert {column.heading: column.field for column in reading.columns} == {"Titel": "name", "Ort": "place"}
    assert {one.place: one.detail for one in reading.unread} == {
        "C1": "not read: column “Ort” already gives place",
        "D1": "left out, as you say",
    }


def test_the_report_can_be_kept_as_json_and_csv(database: Database, tmp_path: Path):
    report = imported(database, write_csv(tmp_path / "x.csv", [row(1), row(2, Kommun="=x"), row(1)]))
    whole = json.loads(report.as_json(texts("sv")))
    assert (whole["rows"], whole["written"], whole["counts"]["broken"]) == (3, True, 2)
    assert whole["faults"][0]["detail"].startswith("ingen kommun heter “=x”")
    lines = report.as_csv(ENGLISH).removeprefix("\ufeff").splitlines()
    assert lines[0] == "outcome;row;place;column;detail"
    assert lines[1].startswith("broken;3;D3;Kommun;")
    assert list(report.lines(texts("nb")))[-1] == "3 rader: 1 nye, 0 endret, 0 uendret, 0 hoppet over, 2 med feil."


KILLED = """
import signal, sys, time
from pathlib import Path
from app.core.db import Database
from app.enterprises import importing
from app.enterprises.rows import Defaults
from app.wiring import wire

def slowly(stage, items, total):
    for number, item in enumerate(items):
        yield item
        if stage == "Writing":
            print("wrote", number, flush=True)
            time.sleep(0.05 if number < 2 else 60)

# Whoever starts the tests in the background has told its children to ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
wire()
reading = importing.read_file(Path(sys.argv[2]), Defaults("exempel"))
importing._BATCH = 20
with Database(sys.argv[1]).writes() as session:
    importing.import_enterprises(session, reading, progress=slowly)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_an_interrupted_import_leaves_nothing(database: Database, database_url: str, tmp_path: Path, end: int):
    file = write_csv(tmp_path / "x.csv", rows(100))
    with database.writes() as session:
        service.register(session, enterprise(name="Ankan"), home="local")
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, database_url, str(file)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    for line in child.stdout:
        if line == "wrote 2\n":
            break
    child.send_signal(end)
    assert child.wait(timeout=30) != 0
    child.stdout.close()
    assert [one.name for one in registry(database)] == ["Ankan"]
    with database.reads() as session:
        for table in ("offering", "enterprise_area", "enterprise_search", "journal_entry", "match_enterprise"):
            assert session.connection().execute(text(f"SELECT count(*) FROM {table}")).scalar() == 1, table
        assert index.check(session) == []
    # And nothing stands in the way of the next one.
    assert counts(imported(database, file)) == {"new": 100}


def test_five_hundred_rows_with_a_few_broken(database: Database, tmp_path: Path):
    table = rows(500)
    for place in (3, 250, 499):
        table[place] = row(place + 1, Kommun="Ingenstans")
    report = imported(database, write_xlsx(tmp_path / "x.xlsx", table))
    assert counts(report) == {"new": 497, "broken": 3}
    assert list(told(report)) == ["Företag!D5", "Företag!D252", "Företag!D501"]


@pytest.mark.deep
def test_ten_thousand_rows_in_fifteen_seconds(database: Database, tmp_path: Path):
    file = write_xlsx(tmp_path / "x.xlsx", [*rows(9_999), row(10_000, Kommun="Ingenstans")])
    started = time.perf_counter()
    with nothing_collected():
        report = imported(database, file)
    lines = list(report.lines(ENGLISH))
    taken = time.perf_counter() - started
    assert lines[-1] == "10000 rows: 9999 new, 0 updated, 0 unchanged, 0 skipped, 1 broken."
    assert taken <= 15
    with database.reads() as session:
        assert index.check(session) == []
