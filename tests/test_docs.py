"""What the documentation names exists, and what exists is documented: settings, commands, make targets, endpoints."""

import re
import tomllib
from pathlib import Path

import pytest
import typer.main

from app.cli import app as cli
from app.core.errors import SamnodError
from app.core.problem import TITLES, type_of
from app.demo.organizations import VARIABLE as KEY_VARIABLE
from app.settings import Settings
from tests.document import document

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
OPERATING = ROOT / "docs" / "operating.md"

SETTING = re.compile(r"\bSAMNOD_[A-Z0-9_]+\b")
MAKE = re.compile(r"(?<!\w)make ((?:[a-z]+-)*[a-z]+)\b")
SAMNOD = re.compile(r"(?:\.venv/bin/|[$;&] |^ *|`)samnod ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", re.MULTILINE)
ENDPOINT = re.compile(r"/api/v1(/[A-Za-z0-9{}/_.-]*[A-Za-z0-9}])")
# Read by the tests and by Docker, not by the program's settings.
OTHER_VARIABLES = {"SAMNOD_TEST_SESSION"}


def documents() -> dict[str, str]:
    """Return the pages that speak to whoever runs or uses Samnod, by name."""
    pages = [README, *sorted((ROOT / "docs").glob("*.md"))]
    return {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in pages}


def code_of(text: str) -> str:
    """Return only what a page shows as code: blocks and `spans`, where a command is meant to be typed."""
    blocks = re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`[^`\n]+`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return "\n".join([*blocks, *spans])


def make_targets() -> set[str]:
    """Return the commands that `make help` lists."""
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def samnod_commands() -> set[str]:
    """Return every command of `samnod`, also the second words: `match`, `import notice`."""
    root = typer.main.get_command(cli)
    found = set()
    for name, command in root.commands.items():
        found.add(name)
        found |= {f"{name} {second}" for second in getattr(command, "commands", {})}
    return found


def endpoints() -> set[str]:
    """Return the paths of the OpenAPI document, with every parameter written {}."""
    return {without_names(path) for path in document()["paths"]} | {"/openapi.json"}


def without_names(path: str) -> str:
    """Return a path with what varies written {}: `/codes/{list}` is `/codes/{}`."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def unknown_endpoints(text: str, known: set[str]) -> set[str]:
    """Return the endpoints named in `text` that no route of `known` answers."""
    patterns = [re.compile(re.escape(path).replace(r"\{\}", "[^/]+")) for path in known]
    named = {without_names(path) for path in ENDPOINT.findall(text)}
    return {path for path in named if not any(pattern.fullmatch(path) for pattern in patterns)}


def unknown_commands(text: str, known: set[str]) -> set[str]:
    """Return the `samnod` commands in `text` that do not exist; the second word may be an argument."""
    groups = {name.split()[0] for name in known if " " in name}
    return {
        words
        for words in SAMNOD.findall(text)
        if words not in known and (words.split()[0] not in known or words.split()[0] in groups)
    }


def test_every_setting_is_documented_and_every_documented_setting_exists():
    settings = {f"SAMNOD_{name.upper()}" for name in Settings.model_fields}
    operating = OPERATING.read_text(encoding="utf-8") if OPERATING.exists() else ""
    documented = set(SETTING.findall(README.read_text(encoding="utf-8") + operating))
    assert settings - documented == set(), "not documented"
    for name, text in documents().items():
        named = {found for found in SETTING.findall(text) if not found.startswith(KEY_VARIABLE)}
        assert named - settings - OTHER_VARIABLES == set(), f"{name} names settings without effect"


def test_every_make_command_in_the_documents_exists():
    for name, text in documents().items():
        assert set(MAKE.findall(code_of(text))) <= make_targets(), name


@pytest.mark.parametrize("target", ["setup", "run", "test", "bench"])
def test_the_readme_shows_the_commands_everybody_needs(target: str):
    assert f"make {target}" in code_of(README.read_text(encoding="utf-8"))


def test_every_samnod_command_in_the_documents_exists():
    for name, text in documents().items():
        assert unknown_commands(code_of(text), samnod_commands()) == set(), name


def test_every_samnod_command_is_in_the_readme_or_the_guide():
    text = code_of("\n".join(documents().values()))
    shown = {word for words in SAMNOD.findall(text) for word in (words, words.split()[0])}
    assert samnod_commands() - shown == set()


def test_every_endpoint_in_the_documents_exists():
    known = endpoints()
    for name, text in documents().items():
        assert unknown_endpoints(text, known) == set(), name


def problem_types() -> set[str]:
    """Return the stable name of every problem that the API answers with."""
    errors = [SamnodError]
    for error in errors:
        errors += error.__subclasses__()
    # The site has one of its own, which is answered with a page.
    of_the_api = [error for error in errors if not error.__module__.startswith("web.")]
    return {type_of(status) for status in TITLES} | {type_of(error.status, error.code) for error in of_the_api}


def test_every_problem_is_in_the_page_of_the_api_and_every_one_there_exists():
    named = re.findall(r"urn:samnod:problem:[a-z-]+", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"))
    assert set(named) == problem_types()
    assert len(named) == len(set(named))


def test_what_does_not_exist_is_found():
    assert unknown_endpoints("`GET /api/v1/enterprizes`", {"/enterprises"}) == {"/enterprizes"}
    assert unknown_endpoints("/api/v1/codes/cpv and /api/v1/codes/{list}.", {"/codes/{}"}) == set()
    known = {"match", "import", "import notice"}
    assert unknown_commands("`samnod mach x`", known) == {"mach x"}
    assert unknown_commands("`samnod import notices FILE`", known) == {"import notices"}
    assert unknown_commands("$ samnod match städning\n`samnod import notice FILE`", known) == set()
    assert MAKE.findall("`make test-deep` and make run") == ["test-deep", "run"]


def test_links_between_documents_lead_somewhere():
    for name, text in documents().items():
        links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text)
        assert [link for link in links if not ((ROOT / name).parent / link).exists()] == [], name


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    packages = {re.split(r"[\[<>=; ]", requirement)[0] for requirement in listed}
    reasons = set(re.findall(r"^\| ([a-z0-9-]+) \|", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE))
    assert packages - reasons == set(), "without a reason"
    assert reasons - packages - {"pydantic"} == set(), "a reason for nothing"
