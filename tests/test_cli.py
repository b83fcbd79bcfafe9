"""The `samnod` command as its user meets it: what it prints, where, with which exit code, and never a traceback."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

import pytest
import uvicorn
from rich.console import Console

from app import cli, migrating, terminal, worker_commands
from app.reference import service as reference
from app.settings import settings
from tests.databases import empty_database
from tests.engines import mostly_sqlite
from tests.notices.notices import FILES, own

SWEDISH = FILES / "se_reserved_cleaning.xml"
NEED_A_DATABASE = [
    ("match", "städning"),
    ("demo",),
    ("serve",),
    ("worker", "--once"),
    ("import", "notice", str(SWEDISH)),
    ("import", "reference", str(SWEDISH)),
    ("index", "check"),
    ("index", "rebuild"),
]


class Said(NamedTuple):
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


Samnod = Callable[..., Said]


@pytest.fixture
def samnod(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Callable[..., Said]]:
    """Give `samnod("match", "words", SAMNOD_X="y")`: the command in this process, with its settings read anew."""
    monkeypatch.setenv("SAMNOD_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("SAMNOD_DATABASE_URL", raising=False)

    def run(*arguments: str, **environment: str) -> Said:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["samnod", *arguments])
        settings.cache_clear()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    yield run
    settings.cache_clear()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the list of addresses that a server was started on; none is, and no worker beside it."""
    started: list[str] = []
    monkeypatch.setattr(worker_commands, "beside", lambda _address: nullcontext())
    monkeypatch.setattr(uvicorn, "run", lambda _app, host, **_options: started.append(host))
    return started


@pytest.mark.parametrize("command", NEED_A_DATABASE, ids=" ".join)
def test_a_command_before_migrate_says_so_and_makes_nothing(
    samnod: Samnod, served: list[str], tmp_path: Path, command: tuple[str, ...]
):
    assert samnod(*command) == (1, "", f"{migrating.NOT_MIGRATED}\n")
    assert (served, list(tmp_path.iterdir())) == ([], [])


def test_an_empty_database_is_not_migrated_either(samnod: Samnod, database_kind: str, tmp_path: Path):
    with empty_database(database_kind, tmp_path) as url:
        assert samnod("match", "städning", SAMNOD_DATABASE_URL=url) == (1, "", f"{migrating.NOT_MIGRATED}\n")


@pytest.mark.parametrize("command", [("migrate",), *NEED_A_DATABASE], ids=" ".join)
def test_a_database_that_is_down_is_one_sentence(samnod: Samnod, served: list[str], command: tuple[str, ...]):
    said = samnod(*command, SAMNOD_DATABASE_URL="postgres://u:secret@127.0.0.1:1/x")
    assert (said.code, said.out, said.err.count("\n"), served) == (1, "", 1, [])
    assert said.err.startswith("The database does not answer: ")
    assert "Connection refused" in said.err
    assert "secret" not in said.err


def test_a_file_that_is_no_database_is_one_sentence(samnod: Samnod, tmp_path: Path):
    (tmp_path / "odd.db").write_text("This is a letter. " * 100)
    said = samnod("match", "x", SAMNOD_DATABASE_URL=f"sqlite:///{tmp_path / 'odd.db'}")
    assert said == (1, "", "The database does not answer: file is not a database\n")


def test_tables_that_vanish_are_one_sentence(samnod: Samnod, monkeypatch: pytest.MonkeyPatch, database_kind, tmp_path):
    monkeypatch.setattr(cli, "what_is_missing", lambda _database: None)
    with empty_database(database_kind, tmp_path) as url:
        assert samnod("index", "check", SAMNOD_DATABASE_URL=url) == (1, "", f"{migrating.NOT_MIGRATED}\n")


def test_a_fault_of_our_own_is_not_hidden(monkeypatch: pytest.MonkeyPatch):
    def broken() -> None:
        cli.LotQuestion.model_validate({"cpv_main": 1})

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(ValueError, match="LotQuestion"):
        cli.main()


def test_a_folder_that_cannot_be_made_is_one_sentence(samnod: Samnod, tmp_path: Path):
    (tmp_path / "file").write_text("")
    said = samnod("migrate", SAMNOD_VAR_DIR=str(tmp_path / "file" / "var"))
    assert said == (1, "", f"SAMNOD_VAR_DIR: {tmp_path / 'file' / 'var'} cannot be made: Not a directory\n")


def test_a_folder_that_may_not_be_looked_into_is_one_sentence(
    samnod: Samnod, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def refused(_path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    # Tests may run as root, whom no folder refuses: a folder in the file's place is as unreadable to SQLite.
    monkeypatch.setattr(migrating.Path, "exists", refused)
    said = samnod("match", "x", SAMNOD_DATABASE_URL=f"sqlite:///{tmp_path}")
    assert said == (1, "", "The database does not answer: unable to open database file\n")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SAMNOD_DATABASE_URL", "mysql://x", "must begin with sqlite:///, followed by a file, or with postgresql"),
        ("SAMNOD_DATABASE_URL", "postgresql+psycopg2://x/y", "must begin with sqlite:///"),
        ("SAMNOD_DATABASE_URL", "samnod.db", "must begin with sqlite:///"),
        ("SAMNOD_DATABASE_URL", "postgresql://u:p@h:port/x", "must begin with sqlite:///"),
        ("SAMNOD_LOG_LEVEL", "loud", "must be one of debug, info, warning"),
        ("SAMNOD_ASSETS", "here", "must be one of auto, vendor"),
    ],
)
def test_a_bad_setting_is_named_with_what_it_may_be(samnod: Samnod, name: str, value: str, told: str):
    said = samnod("match", "x", **{name: value})
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert said.err.replace("'", "").startswith(f"{name}: {told}")


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("postgres://u@h/x", "postgresql+psycopg://u@h/x"),
        ("postgresql://u@h/x", "postgresql+psycopg://u@h/x"),
        ("postgresql+psycopg://u@h/x", "postgresql+psycopg://u@h/x"),
        ("sqlite:///x.db", "sqlite:///x.db"),
    ],
)
def test_addresses_of_databases_are_read_as_others_write_them(monkeypatch: pytest.MonkeyPatch, url: str, read: str):
    monkeypatch.setenv("SAMNOD_DATABASE_URL", url)
    monkeypatch.setenv("SAMNOD_LOG_LEVEL", " INFO ")
    found = type(settings())()
    assert (found.database, found.log_level) == (read, "info")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--cpv", "9091x"), "--cpv: "),
        (("--cpv", "90910000", "--cpv", "1"), "--cpv: "),
        (("--reserved", "res-all"), "--reserved: must be one of res-ws"),
        (("--place", "Lutefiskby"), "No municipality or county is called Lutefiskby."),
    ],
)
def test_a_question_that_cannot_be_read_is_told_in_plain_words(samnod: Samnod, options: tuple[str, ...], told: str):
    said = samnod("match", "städning", *options)
    assert (said.code, said.out) == (1, "")
    assert said.err.replace("'", "").startswith(told)
    assert not re.search("[Vv]alue error|cpv_main|pydantic", said.err)


def test_an_unknown_language_is_refused(samnod: Samnod):
    said = samnod("match", "städning", "--language", "xx")
    assert said.code == 2
    assert "'xx' is not one of" in said.err


@mostly_sqlite
def test_from_nothing_to_a_match(samnod: Samnod, database_kind: str, tmp_path: Path):
    with empty_database(database_kind, tmp_path) as url:
        assert samnod("migrate", SAMNOD_DATABASE_URL=url).code == 0
        assert samnod("demo").out.startswith("Loaded ")
        again = samnod("demo").out.splitlines()
        assert again[0] == "The demo is already there."
        keys = (tmp_path / "var" / "demo-keys.env").read_text().splitlines()
        assert len(keys) == 5
        assert again[-5:] == keys
        assert samnod("index", "check") == (0, "The index agrees with the registry.\n", "")
        found = samnod("match", "städning", "--place", "Sundsvall", "--language", "en", "--explain")
        assert found.code == 0
        assert "matches in all." in found.out


@mostly_sqlite
def test_a_command_knows_the_lists_that_were_imported(samnod: Samnod, database_kind: str, tmp_path: Path):
    path = tmp_path / "cpv.csv"
    path.write_text("code,sv,nb\n90919999,Tavelstädning,Tavlevask\n")
    with empty_database(database_kind, tmp_path) as url:
        assert samnod("migrate", SAMNOD_DATABASE_URL=url).code == 0
        assert samnod("import", "reference", str(path)).code == 0
        assert reference.cpv_label("90919999", "sv") != "Tavelstädning"
        assert samnod("index", "check").code == 0
        assert reference.cpv_label("90919999", "sv") == "Tavelstädning"
    with empty_database(database_kind, tmp_path / "var") as url:
        # What is in memory is the node's own.
        assert samnod("migrate", SAMNOD_DATABASE_URL=url).code == 0
        assert samnod("index", "check").code == 0
        assert reference.cpv_label("90919999", "sv") != "Tavelstädning"


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104 -- shown, not listened on
        ("::", "http://127.0.0.1:80"),
        ("::1", "http://[::1]:80"),
        ("samnod.example", "http://samnod.example:80"),
    ],
)
def test_the_address_shown_can_be_opened(host: str, shown: str):
    assert terminal.address_of(host, 80) == shown


def test_serve_prepares_and_says_where(samnod: Samnod, served: list[str]):
    public = {"SAMNOD_SECRET_KEY": "x" * 32, "SAMNOD_BASE_URL": "https://samnod.example"}
    said = samnod("serve", "--prepare", "--host", "::", **public)
    assert (said.code, served) == (0, ["::"])
    assert "Open http://127.0.0.1:8000/ (the API: http://127.0.0.1:8000/api/v1/openapi.json)" in said.out


@pytest.mark.parametrize("base_url", ["", "http://samnod.example", "http://127.0.0.1.example"])
def test_nobody_signs_in_from_elsewhere_over_plain_http(samnod: Samnod, served: list[str], base_url: str):
    """The guard: `secret.is_open_to_listeners`, asked before anything is served."""
    said = samnod("serve", "--host", "::", SAMNOD_SECRET_KEY="x" * 32, SAMNOD_BASE_URL=base_url)
    assert (said.code, served) == (1, [])
    assert said.err.startswith("SAMNOD_BASE_URL must be the public https address")


def test_many_notices_are_counted(samnod: Samnod, tmp_path: Path):
    newer, large, none = tmp_path / "newer.xml", tmp_path / "large.xml", tmp_path / "none.xml"
    newer.write_bytes(own(SWEDISH.name, (">01</cbc:VersionID>", ">02</cbc:VersionID>")))
    with large.open("wb") as file:
        file.truncate(10**12)
    assert samnod("migrate").code == 0
    files = [SWEDISH, SWEDISH, newer, FILES / "void.xml", FILES / "no_old_region.xml", large, none, tmp_path]
    said = samnod("import", "notice", *map(str, files))
    assert (said.code, said.err) == (1, "Nothing was written of what was refused.\n")
    assert said.out.endswith("8 files: 2 new, 1 unchanged, 2 replaced, 0 ended, 3 refused.\n")
    assert f"{large}: refused: The file is larger than 5 MB.\n" in said.out
    assert f"{none}: cannot be read: No such file or directory\n" in said.out
    assert f"{tmp_path}: cannot be read: Is a directory\n" in said.out
    assert samnod("import", "notice", str(SWEDISH.with_name("no_old_region.xml"))).code == 0


def test_a_dry_run_tells_what_would_happen_in_the_order_of_the_files(samnod: Samnod, tmp_path: Path):
    assert samnod("migrate").code == 0
    broken = tmp_path / "broken.xml"
    broken.write_bytes(own(SWEDISH.name, ("LOT-0002", "LOT-0001")))
    files = [str(path) for path in (SWEDISH, broken, FILES / "se_result.xml", SWEDISH)]
    for _ in range(2):
        told = samnod("import", "notice", "--dry-run", *files)
        assert told.code == 1
        assert told.out.endswith(
            "4 files: 1 new, 1 unchanged, 0 replaced, 1 ended, 1 refused.\nThis was a dry run: nothing was written.\n"
        )
    done = samnod("import", "notice", *files)
    assert done.out.endswith("4 files: 1 new, 1 unchanged, 0 replaced, 1 ended, 1 refused.\n")
    assert samnod("import", "notice", "--dry-run", str(SWEDISH)).code == 0


@pytest.mark.parametrize(("watched", "number", "bar"), [(True, 6, True), (True, 2, False), (False, 6, False)])
def test_a_bar_is_for_many_files_and_somebody_watching(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], watched: bool, number: int, bar: bool
):
    monkeypatch.setattr(terminal, "out", Console(force_terminal=watched))
    files = [Path(f"{n}.xml") for n in range(number)]
    assert list(terminal.with_progress(files)) == files
    assert ("Importing" in capsys.readouterr().out) is bar


@pytest.mark.parametrize(
    ("name", "told"), [("", "this is a folder: name the files in it"), ("x", "there is no such file")]
)
def test_a_list_that_is_no_file_is_told_once(samnod: Samnod, tmp_path: Path, name: str, told: str):
    assert samnod("migrate").code == 0
    path = tmp_path / name
    assert samnod("import", "reference", str(path)) == (1, "", f"{path}: refused: {told}\n")
