"""The checkable rules of the Swedish national REST API profile: each finds what it should, and our document has none.

A case (cases/<rule>.yaml) holds what is changed in base.yaml, as RFC 7396 merge patches: `good` stays within the rule,
often just so, and `bad` breaks it. `also` names the rules that the same fault must break.
"""

import copy
import json
import os
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.document import document

HERE = Path(__file__).parent
SPECTRAL = HERE / "node_modules" / "@stoplight" / "spectral-cli" / "dist" / "index.js"
CASES = {file.stem: yaml.safe_load(file.read_text("utf-8")) for file in sorted((HERE / "cases").glob("*.yaml"))}
RULES: dict[str, Any] = yaml.safe_load((HERE / "profile.yaml").read_text("utf-8"))["rules"]


def merged(target: Any, patch: Any) -> Any:
    """Return the target with an RFC 7396 merge patch applied."""
    if not isinstance(patch, dict):
        return patch
    kept = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        kept[name] = merged(kept.get(name), value)
    return {name: value for name, value in kept.items() if value is not None or name not in patch}


def lint(ruleset: Path, files: list[Path]) -> list[dict[str, Any]]:
    """Return Spectral's findings in these files: `code`, `message`, `source` and the rest."""
    done = subprocess.run(
        ["node", SPECTRAL, "lint", "--quiet", "--format", "json", "--ruleset", ruleset, *files],
        cwd=HERE,
        env=os.environ | {"NODE_NO_WARNINGS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    # 1 is findings; what cannot be linted at all is 2.
    assert done.returncode in {0, 1}, f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
    findings: list[dict[str, Any]] = json.loads(done.stdout)
    return findings


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counter[str]]:
    """Give how often each rule spoke, by the name of the document: `DOK.01 good`. One process lints them all."""
    folder = tmp_path_factory.mktemp("documents")
    documents = {"base": base(), "ours": document()}
    for rule, case in CASES.items():
        documents |= {f"{rule} {kind}": merged(base(), case[kind]) for kind in ("good", "bad")}
    for name, made in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(made, default=str), encoding="utf-8")
    spoke: dict[str, Counter[str]] = {name: Counter() for name in documents}
    for finding in lint(HERE / "profile.yaml", [folder / f"{name}.json" for name in documents]):
        spoke[Path(finding["source"]).stem][finding["code"]] += 1
    return spoke


@cache
def _base() -> Any:
    return yaml.safe_load((HERE / "base.yaml").read_text("utf-8"))


def base() -> dict[str, Any]:
    """Return the document that follows every rule, to be changed at will."""
    copied: dict[str, Any] = copy.deepcopy(_base())
    return copied


def test_every_rule_has_a_case_and_every_case_a_rule():
    assert set(CASES) == set(RULES)


def test_every_rule_says_what_it_wants_and_how_strongly():
    for name, rule in RULES.items():
        assert rule["description"], name
        assert name in rule["message"], name
        # The profile's two words: SKALL and BÖR.
        wanted = {"error": "shall", "warn": "should"}[rule["severity"]]
        assert wanted in rule["description"], name


def test_the_base_document_breaks_no_rule(findings: dict[str, Counter[str]]):
    assert findings["base"] == {}


@pytest.mark.parametrize("rule", sorted(CASES))
def test_the_rule_finds_the_bad_and_only_the_bad(findings: dict[str, Counter[str]], rule: str):
    assert merged(base(), CASES[rule]["good"]) != base(), "a good case that changes nothing shows nothing"
    assert findings[f"{rule} good"] == {}
    assert set(findings[f"{rule} bad"]) == {rule, *CASES[rule].get("also", [])}


def test_our_document_breaks_no_rule(findings: dict[str, Counter[str]]):
    assert findings["ours"] == {}


# Twenty seconds; each time `tests/test_openapi.py` reads the document and schemathesis makes requests of it.
@pytest.mark.deep
def test_our_document_is_sound_by_the_rules_of_openapi(tmp_path: Path):
    ours = tmp_path / "ours.json"
    ours.write_text(json.dumps(document()), encoding="utf-8")
    assert [(found["message"], found["path"]) for found in lint(HERE / "sound.yaml", [ours])] == []


def test_a_merge_patch_changes_what_it_names():
    assert merged({"a": {"b": 1, "c": [1]}}, {"a": {"b": None, "c": [2]}, "d": {"e": None}}) == {
        "a": {"c": [2]},
        "d": {},
    }
