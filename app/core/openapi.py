"""The OpenAPI document: FastAPI's own, with our errors in place of its, and an example of every request and answer.

Examples are put together from those of the fields, so that they cannot drift from the schemas.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.constants import REF_PREFIX
from pydantic.json_schema import models_json_schema

from app.core.problem import PROBLEM_TYPE, TITLES, Problem, responses, type_of

_METHODS = ("get", "post", "put", "patch", "delete")
_EXAMPLES = {
    "date": "2026-11-21",
    "date-time": "2026-11-21T12:00:00Z",
    "uri": "https://www.example.org/",
}
_NONE = object()


def install(app: FastAPI, examples: Mapping[str, Any]) -> None:
    """Let `app` publish the document that `described` makes."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = described(plain(), examples)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents


def described(document: dict[str, Any], examples: Mapping[str, Any]) -> dict[str, Any]:
    """Return FastAPI's document with our errors, examples and security; the document itself is changed.

    `examples` holds one for each field that has none of its own, by `Schema.field` or by `field`.
    """
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    _, ours = models_json_schema([(Problem, "serialization")], ref_template=f"{REF_PREFIX}{{model}}")
    schemas |= ours["$defs"]
    for name, schema in schemas.items():
        for field, part in schema.get("properties", {}).items():
            _give_example(part, examples.get(f"{name}.{field}", examples.get(field, _NONE)))
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                _describe(operations[method], path, schemas)
    return document


def example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """Return an example of `schema`: its own, or one put together from those of its parts."""
    if "example" in schema:
        return schema["example"]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].removeprefix(REF_PREFIX)], schemas)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: example_of(part, schemas) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [example_of(schema["items"], schemas)]
    if kind == "integer":
        return schema.get("default", schema.get("minimum", 1))
    if kind == "boolean":
        return schema.get("default", False)
    return schema.get("default") or _EXAMPLES.get(schema.get("format", ""), "…")


def _describe(operation: dict[str, Any], path: str, schemas: dict[str, Any]) -> None:
    answers = operation["responses"]
    if PROBLEM_TYPE not in answers.get("422", {}).get("content", {}):
        answers.pop("422", None)
    statuses = [400, 500]
    if "{" in path:
        statuses.append(404)
    if "requestBody" in operation:
        statuses += [413, 415, 422]
        for media in operation["requestBody"]["content"].values():
            media["example"] = example_of(media["schema"], schemas)
    for status, answer in responses(*statuses).items():
        answers.setdefault(str(status), answer)
    for status, answer in answers.items():
        for kind, media in answer.get("content", {}).items():
            media["example"] = (
                _problem(int(status), path) if kind == PROBLEM_TYPE else example_of(media["schema"], schemas)
            )
    operation["responses"] = dict(sorted(answers.items()))
    # Public data is read without a key.
    operation["security"] = []


def _problem(status: int, path: str) -> dict[str, Any]:
    return {
        "type": type_of(status),
        "title": TITLES[status],
        "status": status,
        "detail": TITLES[status],
        "instance": f"/api/v1{path.replace('{', '').replace('}', '')}",
        "errors": [],
    }


def _give_example(part: dict[str, Any], example: Any) -> None:
    """Give a field, or each item of a list, an example that fits; dates and instants have theirs (RFC 3339)."""
    kinds = [part, *part.get("anyOf", [])]
    if items := next((kind["items"] for kind in kinds if kind.get("type") == "array"), None):
        _give_example(items, example)
        return
    shape = next((kind["format"] for kind in kinds if kind.get("format") in _EXAMPLES), None)
    if shape or example is not _NONE:
        part.setdefault("example", _EXAMPLES[shape] if shape else example)
