"""The OpenAPI document: as it was agreed, sound, and described throughout.

The agreed document is tests/openapi.json. When a change of the API is meant, renew it and let the reviewer see what
changed: `.venv/bin/python -m tests.test_openapi`
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core.wording import _FORMS
from app.matching.schemas import Match, MatchQuestion
from app.matching.scoring import _KINDS as EVIDENCE_OF_TERMS
from app.matching.vocabulary import MAX_POINTS, Criterion, EligibilityState
from tests.document import api_of, document

AGREED = Path(__file__).with_name("openapi.json")
METHODS = {"get", "put", "post", "delete", "patch"}
# What is asked by POST, because the question is long; nothing is stored.
QUESTIONS = {"post /matches/preview", "post /opportunities/hints"}
# What is written without a key: the link in an e-mail is one, and opens once; and what anybody may tell a coordinator.
LINKS = {"post /replies/{token}", "post /replies/{token}/questions", "post /enterprises/{enterpriseId}/claims"}
LINKS |= {"post /enterprises/{enterpriseId}/reports", "post /opportunities/{opportunityId}/reports"}
LINKS |= {"post /support-offers/{supportOfferId}/reports", "post /support-offers/{supportOfferId}/corrections"}
LINKS |= {"post /needs-inventories/replies/{token}"}
# The names that the national profile prescribes for /api-info.
PRESCRIBED = {"apiName", "apiVersion", "apiReleased", "apiDocumentation", "apiStatus"}


def found(part: dict[str, Any]) -> dict[str, Any]:
    """Return what a part of the document is, or refers to."""
    if "$ref" not in part:
        return part
    target = document()
    for name in part["$ref"].removeprefix("#/").split("/"):
        target = target[name]
    return target


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each operation with its name."""
    for path, item in document()["paths"].items():
        for method in METHODS & set(item):
            shared = item.get("parameters", [])
            yield f"{method} {path}", item[method] | {"parameters": [*shared, *item[method]["parameters"]]}


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Give every object in a document."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from parts(inner)


def properties() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give schema, field and its description for each field."""
    for name, schema in document()["components"]["schemas"].items():
        for field, part in schema.get("properties", {}).items():
            yield name, field, part


def written(made: dict[str, Any]) -> str:
    """Return the text of the agreed document."""
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def test_the_document_is_the_agreed_one():
    assert written(document()) == AGREED.read_text("utf-8"), "renew it: .venv/bin/python -m tests.test_openapi"


def test_it_is_served_as_it_is_made(app_client: httpx.Client):
    answer = app_client.get("/api/v1/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == document()


def test_the_head_says_who_and_where():
    made = document()
    info = made["info"]
    assert made["openapi"].startswith("3.1")
    assert re.fullmatch(r"\d+\.\d+\.\d+", info["version"])
    # The address of nobody (RFC 6761), until the node has one of its own.
    assert info["contact"]["email"] == "api@samnod.example"
    assert info["license"]["url"].startswith("https://creativecommons.org/")
    assert "Samnod joins" in info["description"]
    assert "Samnod kopplar" in info["description"]
    assert [server["url"] for server in made["servers"]] == ["https://samnod.example/api/v1"]


def test_a_node_says_its_own_address_and_whom_to_ask():
    made = api_of(base_url="https://norr.example/", contact_email="api@norr.example").openapi()
    assert [server["url"] for server in made["servers"]] == ["https://norr.example/api/v1"]
    assert made["info"]["contact"]["email"] == "api@norr.example"
    assert made["info"]["termsOfService"] == "https://norr.example/en/about"
    assert "samnod.example" not in json.dumps(made["info"])


def test_every_operation_is_described():
    names = set()
    for name, operation in operations():
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"], name
        assert operation["operationId"] not in names
        names.add(operation["operationId"])
        for parameter in operation.get("parameters", []):
            assert found(parameter).get("description"), (name, parameter)


def test_who_writes_has_a_key_with_a_scope_and_who_reads_needs_none():
    scopes = set()
    for name, operation in operations():
        named = re.findall(r"Needs a key with the scope `([a-z-]+:[a-z]+)`", operation["description"])
        writes = not name.startswith("get ") and name not in QUESTIONS | LINKS
        assert operation["security"] == ([{"apiKey": []}] if writes else operation["security"]), name
        assert operation["security"] in ([], [{}, {"apiKey": []}], [{"apiKey": []}]), name
        assert len(named) == (operation["security"] == [{"apiKey": []}]), name
        scopes |= {scope for scope in named if writes}
    assert scopes >= {"enterprises:write", "organizations:write"}
    scheme = document()["components"]["securitySchemes"]["apiKey"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert "smn_" in scheme["bearerFormat"]


def test_what_changes_a_record_names_its_version():
    for name, operation in operations():
        headers = {found(one)["name"]: found(one) for one in operation["parameters"] if found(one)["in"] == "header"}
        if name.startswith(("patch ", "delete ")):
            assert headers["if-match"]["required"] is True, name
            assert {"412", "428"} <= set(operation["responses"]), name
        if name.startswith("get "):
            assert "if-none-match" in headers, name
            assert "content" not in found(operation["responses"]["304"]), name
        keyed = name.startswith("post ") and operation["security"] == [{"apiKey": []}]
        assert ("idempotency-key" in headers) == keyed, name
        assert "traceparent" in headers, name


def test_what_is_made_says_where_it_is():
    made = [operation["responses"]["201"] for _, operation in operations() if "201" in operation["responses"]]
    assert made
    for answer in made:
        assert {"ETag", "Location"} <= set(answer["headers"])


def test_every_error_is_a_problem():
    for name, operation in operations():
        refused = {status: found(answer) for status, answer in operation["responses"].items() if status >= "400"}
        # Whether the database may be away as well is sent, and tested, in tests/api/test_http.py.
        assert {"400", "429", "500"} <= set(refused), name
        assert ("404" in refused) == ("{" in name), name
        assert ({"413", "415", "422"} <= set(refused)) == ("requestBody" in operation), name
        assert ("401" in refused) == (operation["security"] != []), name
        assert ("403" in refused) == (operation["security"] == [{"apiKey": []}]), name
        for status, answer in refused.items():
            assert answer["description"], name
            assert set(answer["content"]) == {"application/problem+json"}, (name, status)
            media = answer["content"]["application/problem+json"]
            kind = "ChangedMeanwhile" if status == "412" else "Problem"
            assert media["schema"] == {"$ref": f"#/components/schemas/{kind}"}
            assert media["example"]["status"] == int(status)
            assert re.fullmatch(r"urn:samnod:problem:[a-z]+(-[a-z]+)*", media["example"]["type"])
            assert ("Retry-After" in answer["headers"]) == (status in {"429", "503"})
    assert "HTTPValidationError" not in json.dumps(document())


def test_every_request_and_answer_in_json_has_an_example_of_its_own_shape():
    schemas = document()["components"]["schemas"]
    for name, operation in operations():
        contents = [answer.get("content", {}) for status, answer in operation["responses"].items() if status < "300"]
        contents += [operation["requestBody"]["content"]] if "requestBody" in operation else []
        for kind, media in [pair for content in contents for pair in content.items()]:
            assert "…" not in json.dumps(media["example"], ensure_ascii=False), name
            if kind == "application/json":
                fields = set(schemas[media["schema"]["$ref"].rpartition("/")[2]]["properties"])
                # A change names some fields only, and removes none by its example.
                partial = name.startswith("patch ") and media in operation["requestBody"]["content"].values()
                assert set(media["example"]) <= fields if partial else set(media["example"]) == fields, name
                assert not partial or None not in media["example"].values(), name


def test_the_example_of_a_need_can_be_sent():
    body = document()["paths"]["/matches/preview"]["post"]["requestBody"]
    assert MatchQuestion.model_validate(body["content"]["application/json"]["example"])


def test_the_example_of_a_match_could_be_an_answer():
    answer = document()["paths"]["/matches/preview"]["post"]["responses"]["200"]["content"]["application/json"]
    for match in [*answer["example"]["items"], *answer["example"]["near_misses"]]:
        for reason in match["reasons"]:
            assert 0 <= reason["points"] <= reason["max_points"] == MAX_POINTS[Criterion(reason["criterion"])]
        assert match["score"] == sum(reason["points"] for reason in match["reasons"])
        assert Match.model_validate({name: match[name] for name in Match.model_fields})


def test_words_of_matching_are_the_ones_it_uses():
    schemas = document()["components"]["schemas"]
    assert schemas["Reason"]["properties"]["criterion"]["enum"] == list(Criterion)
    assert set(Criterion) < set(schemas["Gap"]["properties"]["criterion"]["enum"])
    for name in ("Match", "LotMatch", "ReverseMatch"):
        assert schemas[name]["properties"]["eligibility"]["enum"] == list(EligibilityState)
    # The registry has evidence of its own, so the document writes out whose this is.
    kind = schemas["app__matching__schemas__Evidence"]["properties"]["kind"]
    assert set(kind["enum"]) == {"cpv", "word", "neutral", *EVIDENCE_OF_TERMS.values()}
    assert all(f"`{word}`" in kind["description"] for word in kind["enum"])


def test_every_form_of_a_text_is_told_in_words():
    """No reader is shown a regular expression (core/wording.py)."""
    shown = {form for part in parts(document()) if isinstance(form := part.get("pattern"), str)}
    # A language may be sent as a tag, of which the first part is read.
    # So may an Idempotency-Key be any visible characters, and is told so in words when it is not.
    assert {form for form in shown if form not in _FORMS and "@" not in form} == {
        "^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$",
        "^[!-~]+$",
    }


def test_every_reference_leads_somewhere_and_nothing_is_left_over():
    made = document()
    known = {f"#/components/{kind}/{name}" for kind, named in made["components"].items() for name in named}
    used = {part["$ref"] for part in parts(made) if "$ref" in part}
    assert used == known - {"#/components/securitySchemes/apiKey"}


def test_fields_are_snake_case_without_digits():
    wrong = [f"{name}.{field}" for name, field, _ in properties() if not re.fullmatch(r"[a-z]+(_[a-z]+)*", field)]
    assert {field.partition(".")[2] for field in wrong} == PRESCRIBED


def test_parameters_are_named_as_the_profile_says():
    form = {"path": r"[a-z]+([A-Z][a-z]+)*", "query": r"[a-z]+(_[a-z]+)*", "header": r"[a-z]+(-[a-z]+)*"}
    for name, operation in operations():
        for parameter in map(found, operation["parameters"]):
            assert re.fullmatch(form[parameter["in"]], parameter["name"]), (name, parameter["name"])


def test_paths_are_lower_case_nouns():
    for path in document()["paths"]:
        assert re.fullmatch(r"(/([a-z]+(-[a-z]+)*|\{[a-zA-Z]+\}))+", path), path


def test_dates_and_instants_have_an_example():
    for name, field, part in properties():
        formats = {kind.get("format") for kind in [part, *part.get("anyOf", [])]}
        if formats & {"date", "date-time"}:
            assert re.match(r"\d{4}-\d{2}-\d{2}", part["example"]), (name, field)


@pytest.mark.parametrize("name", ["MatchQuestion", "LotQuestion", "Money"])
def test_what_is_sent_may_hold_nothing_unknown(name: str):
    assert document()["components"]["schemas"][name]["additionalProperties"] is False


if __name__ == "__main__":
    AGREED.write_text(written(document()), encoding="utf-8")
