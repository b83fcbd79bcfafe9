"""The registry's commands as an operator meets them."""

import gc
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app import cli
from app.core.db import Database
from app.enterprises import importing, service
from app.enterprises.schemas import EnterpriseFilters
from app.settings import settings
from tests.enterprises.tables import row, write_csv, write_xlsx
from tests.factories import enterprise

Samnod = Callable[..., tuple[int, str, str]]


@pytest.fixture
def samnod(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Samnod]:
    """Give `samnod(...)`: the command over the test's own database; its exit code, and what it said and complained."""
    monkeypatch.setenv("SAMNOD_DATABASE_URL", database_url)
    monkeypatch.setenv("SAMNOD_VAR_DIR", str(tmp_path))
    settings.cache_clear()

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["samnod", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    yield run
    settings.cache_clear()


def number(database: Database) -> int:
    """Return how many enterprises there are."""
    with database.reads() as session:
        return service.search(session, EnterpriseFilters())[1]


def test_an_import_is_rehearsed_told_and_done(samnod: Samnod, database: Database, tmp_path: Path):
    file = write_xlsx(tmp_path / "x.xlsx", [row(1), row(2, Kommun="Ingenstans"), row(3)])
    report = tmp_path / "report.json"
    command = ("import", "enterprises", str(file), "--source", "exempel", "--language", "sv", "--report", str(report))
    code, out, complaints = samnod(*command, "--dry-run")
    assert (code, complaints, number(database)) == (1, "", 0)
    assert out.splitlines() == [
        "Företag!D3 “Kommun”: ingen kommun heter “Ingenstans”. Skriv dess namn eller kod",
        "3 rader: 2 nya, 0 ändrade, 0 oförändrade, 0 överhoppade, 1 felaktiga. Inget skrevs: detta var en provkörning.",
    ]
    assert samnod(*command)[0] == 1
    assert number(database) == 2
    assert json.loads(report.read_text("utf-8"))["counts"]["new"] == 2
    assert samnod("registry", "overdue")[1].endswith("enterprises to confirm\n")


def test_what_cannot_be_imported_is_one_sentence(samnod: Samnod, database: Database, tmp_path: Path):
    file = write_csv(tmp_path / "x.csv", [["Ankan"]], ["Namn"])
    for arguments, told in [
        ((str(tmp_path / "none.csv"),), "cannot be read: No such file or directory\n"),
        ((str(tmp_path),), "cannot be read: Is a directory\n"),
        ((str(file), "--map", "Namn=titel"), "write 'column=field' with one of these fields: name,"),
        ((str(file), "--report", "x.txt"), "--report: name a file that ends in .json or .csv\n"),
        ((str(file), "--map", "Namn=-"), "No column holds names of enterprises."),
    ]:
        code, out, complaints = samnod("import", "enterprises", *arguments)
        assert (code, out) == (1, "")
        assert told in complaints
        assert "Traceback" not in complaints
    assert number(database) == 0


def test_an_import_that_is_broken_off_says_that_nothing_was_written(
    samnod: Samnod, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken_off(*_values: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "_replace", broken_off)
    file = write_csv(tmp_path / "x.csv", [row(1)])
    said = samnod("import", "enterprises", str(file), "--source", "exempel")
    assert said == (130, "", "Interrupted: nothing was written.\n")
    assert number(database) == 0
    assert gc.isenabled()


def test_the_registry_is_exported_to_a_file_and_to_the_next_program(samnod: Samnod, database: Database, tmp_path: Path):
    with database.writes() as session:
        service.register(session, enterprise(name="Ångan"), home="local")
    code, out, _ = samnod("export", "enterprises", "--format", "ndjson")
    assert (code, json.loads(out)["name"]) == (0, "Ångan")
    assert samnod("export", "enterprises", "--to", str(tmp_path / "x.csv"))[:2] == (0, "")
    assert "Ångan" in (tmp_path / "x.csv").read_text("utf-8-sig")


def test_who_has_waited_longest_to_be_confirmed_comes_first(samnod: Samnod, database: Database):
    days = {"Färsk": "2199-01-01", "Gammal": "2019-05-01", "Äldre": "2018-05-01", "Aldrig": None}
    with database.writes() as session:
        for name, day in days.items():
            service.register(session, enterprise(name=name, confirmed_on=day), home="local")
    code, out, _ = samnod("registry", "overdue", "--language", "nb")
    assert code == 0
    assert [line.split("  ", 1)[1].strip() for line in out.splitlines()[:-1]] == [
        "aldri  Aldrig",
        "2018-05-01  Äldre",
        "2019-05-01  Gammal",
    ]
    assert out.endswith("3 virksomheter å bekrefte\n")
