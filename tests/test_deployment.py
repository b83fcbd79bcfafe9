"""The container and the guide: what can be known of them without a Docker engine.

Nothing here builds an image. The Dockerfile's instructions and compose.yaml are read and held against the checkout, and
the files that the image would hold are put in an empty folder, from which the program must run.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main
import yaml
from starlette.routing import Route

from app.cli import app as cli
from app.main import create_app
from app.settings import Settings
from tests.databases import ROOT, SAMNOD

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
SECRETS = ("POSTGRES_PASSWORD", "SAMNOD_SECRET_KEY")


class Instruction(NamedTuple):
    """One instruction of a Dockerfile: `RUN`, and what follows it."""

    word: str
    rest: str


class Stage(NamedTuple):
    """One stage of a Dockerfile: its name, and what is done in it."""

    name: str
    image: str
    done: list[Instruction]

    def all(self, word: str) -> list[str]:
        """Return what follows each instruction `word`."""
        return [one.rest for one in self.done if one.word == word]


def instructions(text: str) -> list[Instruction]:
    """Read a Dockerfile: comments left out, continued lines joined."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    return [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines()]


def stages(text: str) -> list[Stage]:
    """Return the stages of a Dockerfile, with arguments before the first filled in."""
    arguments: dict[str, str] = {}
    found: list[Stage] = []
    for one in instructions(text):
        if one.word == "FROM":
            image, _, name = one.rest.partition(" AS ")
            filled = re.sub(r"\$\{(\w+)\}", lambda place: arguments[place[1]], image)
            found.append(Stage(name.strip(), filled, []))
        elif found:
            found[-1].done.append(one)
        elif one.word == "ARG":
            name, _, value = one.rest.partition("=")
            arguments[name] = value
    return found


STAGES = stages(DOCKERFILE)
FINAL = STAGES[-1]


def copied(stage: Stage) -> list[tuple[str, list[str], str]]:
    """Return each COPY: the stage that it copies from ("" for the checkout), its sources, and where they go."""
    found = []
    for rest in stage.all("COPY"):
        words = shlex.split(rest)
        source = next((word.removeprefix("--from=") for word in words if word.startswith("--from=")), "")
        places = [word for word in words if not word.startswith("--")]
        found.append((source, places[:-1], places[-1]))
    return found


def from_checkout() -> set[str]:
    """Return every path of the checkout that the Dockerfile copies."""
    return {path for stage in STAGES for source, paths, _ in copied(stage) if not source for path in paths}


def option_names(command: str) -> set[str]:
    """Return the options of a `samnod` command."""
    known = typer.main.get_command(cli).commands[command]  # type: ignore[attr-defined]
    return {name for parameter in known.params for name in parameter.opts}


def check_samnod(words: list[str]) -> None:
    """Check that `samnod …` is a command that exists, with options that exist."""
    assert words[0] == "samnod"
    assert {word for word in words[2:] if word.startswith("--")} <= option_names(words[1])


# The image


def test_every_base_image_has_a_tag_that_says_which_one():
    for stage in STAGES:
        assert re.fullmatch(r"[a-z]+:\d+(\.\d+)*-[a-z-]+(@sha256:[0-9a-f]{64})?", stage.image), stage.image


def test_the_image_runs_the_python_that_the_packages_are_locked_for():
    assert {stage.image.split("-")[0] for stage in STAGES if stage.name != "assets"} == {"python:3.11"}


def test_every_package_is_checked_against_a_hash():
    ran = " && ".join(rest for stage in STAGES for rest in stage.all("RUN"))
    steps = [step.strip() for step in ran.split("&&")]
    installs = [step for step in steps if re.search(r"\bpip install\b", step)]
    assert len(installs) == 2
    assert all("--require-hashes" in step or "--no-index" in step for step in installs)
    assert [step for step in steps if step.startswith("npm")] == ["npm ci --ignore-scripts"]
    assert not re.search(r"\b(curl|wget)\b|https?://(?!127\.0\.0\.1)", DOCKERFILE.replace("docs/", ""))
    assert [one for stage in STAGES for one in stage.done if one.word == "ADD"] == []


def test_what_only_builds_does_not_stay():
    ran = " ".join(FINAL.all("RUN"))
    assert "pip install" not in ran
    assert "pip uninstall" in ran
    assert "pip uninstall" in " ".join(STAGES[-2].all("RUN"))
    assert not re.search(r"\b(gcc|build-essential|git|npm|nodejs)\b", ran)
    installs = re.findall(r"apt-get install[^&]*", ran)
    assert all("--no-install-recommends" in one for one in installs)
    assert ran.count("rm -rf /var/lib/apt/lists/*") == len(installs)
    assert {source for source, _, _ in copied(FINAL)} == {"build"}


def test_the_server_is_nobody_who_may_change_the_program():
    (user,) = FINAL.all("USER")
    # By number, so that whoever starts the image can see that it is not root.
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    uid = user.split(":")[0]
    assert f"--uid {uid}" in " ".join(FINAL.all("RUN"))
    after = FINAL.done[[one.word for one in FINAL.done].index("USER") :]
    assert [one.word for one in after if one.word in ("RUN", "COPY", "ADD")] == []
    assert "--chown" not in DOCKERFILE


def test_the_server_writes_to_the_volume_only():
    environment = dict(pair.split("=", 1) for rest in FINAL.all("ENV") for pair in shlex.split(rest))
    assert FINAL.all("VOLUME") == [environment["SAMNOD_VAR_DIR"]]
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"
    assert environment["SAMNOD_ASSETS"] == "vendor"


def test_no_secret_is_baked_in():
    words = " ".join(one.rest for one in instructions(DOCKERFILE) if one.word in ("ENV", "ARG", "LABEL"))
    assert not re.search(r"(?i)secret|password|token|key", words)


def test_the_health_check_asks_a_route_that_exists():
    asked = re.findall(r"http://127\.0\.0\.1:8000(/\w+)", DOCKERFILE + json.dumps(COMPOSE))
    assert set(asked) == {"/healthz", "/readyz"}
    site = create_app(Settings(database_url="sqlite://", secret_key="x" * 32))
    assert set(asked) <= {route.path for route in site.routes if isinstance(route, Route)}
    assert FINAL.all("EXPOSE") == ["8000"]


def test_the_image_starts_with_commands_that_exist():
    (started,) = FINAL.all("CMD")
    shell, option, script = json.loads(started)
    assert (shell, option) == ("sh", "-c")
    migrate, serve = [step.removeprefix("exec ") for step in script.split(" && ")]
    assert migrate == "samnod migrate"
    check_samnod(shlex.split(serve))
    # Whatever stops the container stops the server, and not a shell around it.
    assert "exec samnod serve" in script


def test_what_is_copied_is_there_and_is_let_through():
    # Everything is left out, but for what is named.
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert ignored[0] == "*"
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == from_checkout()
    assert [path for path in from_checkout() if not (ROOT / path).exists()] == []


@pytest.mark.deep
def test_the_files_of_the_image_are_enough_to_run_from(tmp_path: Path):
    """What only lies in the checkout (tests, benchmarks, documents) is not needed by the program."""
    place = tmp_path / "srv"
    place.mkdir()
    for name in from_checkout():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, place / name)
    # As in the image, the program is found where it lies and not in this checkout. One process, because loading the
    # program takes longer than all of this.
    commands = [["migrate"], ["demo"], ["match", "städning"], ["backup", str(tmp_path / "saved")]]
    ran = (
        "import json, sys, app, web\n"
        "from app.cli import app as cli\n"
        "assert app.__path__[0].startswith(sys.argv[1]) and web.__path__[0].startswith(sys.argv[1])\n"
        "for command in json.loads(sys.argv[2]): cli(command, standalone_mode=False)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", ran, str(place), json.dumps(commands)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(place), "SAMNOD_VAR_DIR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "saved").exists()


def test_the_command_is_beside_the_python_that_runs_it():
    # The image copies /srv whole, so the script's first line must name a Python that is in it.
    assert SAMNOD.exists()
    assert "python -m venv /srv/venv" in STAGES[-2].all("RUN")
    assert copied(FINAL) == [("build", ["/srv"], "/srv")]


# compose.yaml


def environment_of(service: dict[str, Any]) -> dict[str, str]:
    """Return the environment of a service."""
    return dict(service.get("environment", {}))


def test_nothing_starts_without_its_secrets():
    for name, service in COMPOSE["services"].items():
        for variable, value in environment_of(service).items():
            for secret in SECRETS:
                if secret in value or variable == secret:
                    assert f"${{{secret}:?" in value, f"{name}: {variable} has a default"
    # No password is written down, and none has a fallback.
    told = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert not re.search(r"\$\{(?:POSTGRES_PASSWORD|SAMNOD_SECRET_KEY)(?!:\?)", told)
    assert "env_file" not in told
    assert "TRUST" not in told.upper().replace("SAMNOD_TRUSTED_PROXIES", "")


def test_the_guide_makes_every_value_that_compose_asks_for():
    told = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    wanted = set(re.findall(r"\$\{(\w+):\?", told))
    made = re.search(r"cat > \.env <<ENV\n(.*?)\nENV", OPERATING, re.DOTALL)
    assert made is not None
    assert wanted <= {line.split("=")[0] for line in made[1].splitlines()}
    assert wanted >= set(SECRETS)


def test_every_setting_in_compose_exists_and_is_read():
    known = {f"SAMNOD_{name.upper()}" for name in Settings.model_fields}
    for name in ("samnod", "migrate", "worker"):
        given = environment_of(COMPOSE["services"][name])
        assert set(given) <= known
        filled = {key: re.sub(r"\$\{(\w+)(:[?-][^}]*)?\}", "abcdefgh" * 4, value) for key, value in given.items()}
        url = Settings(database_url=filled["SAMNOD_DATABASE_URL"]).database
        assert url == f"postgresql+psycopg://samnod:{'abcdefgh' * 4}@db/samnod"


def test_the_database_is_migrated_once_before_anybody_serves():
    services = COMPOSE["services"]
    assert services["migrate"]["command"] == ["samnod", "migrate"]
    assert services["migrate"]["restart"] == "no"
    assert services["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert services["samnod"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    check_samnod(services["samnod"]["command"])
    check_samnod(services["worker"]["command"])
    assert services["worker"]["depends_on"] == services["samnod"]["depends_on"]
    assert "migrate" not in " ".join(services["samnod"]["command"])
    for name in ("db", "samnod"):
        assert services[name]["healthcheck"]["test"][0] == "CMD"


def test_the_server_has_no_more_rights_than_it_needs():
    for name in ("samnod", "migrate", "worker"):
        service = COMPOSE["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service
    assert COMPOSE["services"]["samnod"]["ports"] == ["127.0.0.1:8000:8000"]
    assert "ports" not in COMPOSE["services"]["db"]
    assert COMPOSE["services"]["db"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_what_compose_names_is_declared():
    for name, service in COMPOSE["services"].items():
        assert set(service["networks"]) <= set(COMPOSE["networks"]), name
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"]), name
        named = [volume.split(":")[0] for volume in service.get("volumes", [])]
        assert {volume for volume in named if not volume.startswith(".")} <= set(COMPOSE["volumes"]), name


def test_pg_dump_in_the_image_is_of_the_version_of_the_server():
    server = re.fullmatch(r"postgres:(\d+)-(\w+)", COMPOSE["services"]["db"]["image"])
    assert server is not None
    assert f"postgresql-client-{server[1]}" in " ".join(FINAL.all("RUN"))


# The guide


def test_every_setting_has_its_row_in_the_guide():
    rows = set(re.findall(r"^\| `(SAMNOD_\w+)` \|", OPERATING, re.MULTILINE))
    assert rows == {f"SAMNOD_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize(("name", "told"), [("node", "`local`"), ("assets", "`auto`"), ("log_level", "`info`")])
def test_the_defaults_in_the_guide_are_those_of_the_program(name: str, told: str):
    assert f"| `SAMNOD_{name.upper()}` | {told} |" in OPERATING
    assert str(Settings.model_fields[name].default) == told.strip("`")


def test_the_units_in_the_guide_run_commands_that_exist():
    lines = re.findall(r"^Exec\w+=.*?/bin/(samnod [^\n'\"]+)", OPERATING, re.MULTILINE)
    assert len(lines) == 3
    for line in lines:
        check_samnod(shlex.split(line))


def test_a_dockerfile_is_read_as_docker_reads_it():
    text = (
        "ARG BASE=debian:12-slim\n# why\nFROM ${BASE} AS one\nRUN a \\\n  # meanwhile\n  && b\nCOPY --from=x p q r/\n"
    )
    (stage,) = stages(text)
    assert (stage.name, stage.image) == ("one", "debian:12-slim")
    assert stage.all("RUN") == ["a && b"]
    assert copied(stage) == [("x", ["p", "q"], "r/")]
