"""The OpenAPI document: FastAPI's own, with what FastAPI cannot see.

Our errors in place of its, an example of every request and answer, who may call, and the headers that the middleware
reads and writes. What every operation shares is written once, under `components`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.constants import REF_PREFIX
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import Field
from pydantic.json_schema import models_json_schema

from app.core.db import database_of
from app.core.examples import example_of, example_of_change, give_examples
from app.core.patching import MERGE_PATCH
from app.core.preconditions import optional_precondition, precondition
from app.core.problem import PROBLEM_TYPE, TITLES, Problem, type_of

_METHODS = ("get", "post", "put", "patch", "delete")
_JSON = "application/json"
KEY_SCHEME = "apiKey"
# Every operation may find the request unreadable, the caller too eager, or itself broken.
_ALWAYS = (400, 429, 500)


class ChangedMeanwhile(Problem):
    """Somebody else has changed the record: both versions, to look at and to choose from."""

    current: dict[str, Any] = Field(
        description="The record as it is now", json_schema_extra={"example": {"name": "Exempel", "rev": 4}}
    )
    sent: dict[str, Any] = Field(description="What was sent", json_schema_extra={"example": {"name": "Exemplet"}})


@dataclass(frozen=True, slots=True)
class KeyNeed:
    """What an operation wants of a key: none, one that may be sent, or one with a scope that must be sent."""

    accepted: bool = False
    scope: str = ""

    def security(self) -> list[dict[str, list[str]]]:
        """Return the operation's `security`."""
        if self.scope:
            return [{KEY_SCHEME: []}]
        return [{}, {KEY_SCHEME: []}] if self.accepted else []

    def told(self) -> str:
        """Return the sentence that ends the operation's description."""
        return f"Needs a key with the scope `{self.scope}`." if self.scope else ""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known about an operation beside FastAPI's document."""

    key: KeyNeed
    # Whether `If-Match` is read, and whether a change without it is refused.
    reads_tag: bool
    wants_tag: bool
    # Whether the database is asked, which may be away.
    asks_database: bool


def _told_of(app: FastAPI, key_of: Callable[[Sequence[Any]], KeyNeed]) -> dict[str, Told]:
    """Return what is known of each operation, by its id: its route tells, and whom the route depends on."""
    found = {}
    for context in iter_route_contexts(app.routes):
        if isinstance(route := context.original_route, APIRoute):
            calls = list(_calls_of(route.dependant))
            key, wants = key_of(calls), precondition in calls
            found[route.name] = Told(
                key,
                reads_tag=wants or optional_precondition in calls,
                wants_tag=wants,
                asks_database=key.accepted or bool(key.scope) or database_of in calls,
            )
    return found


def _calls_of(dependant: Dependant) -> Iterator[Any]:
    """Give everything that FastAPI calls to answer a route, dependencies of dependencies too."""
    yield dependant.call
    for inner in dependant.dependencies:
        yield from _calls_of(inner)


def install(
    app: FastAPI,
    examples: Mapping[str, Any],
    key_of: Callable[[Sequence[Any]], KeyNeed],
    more: Mapping[str, Any],
) -> None:
    """Let `app` publish the document that `described` makes.

    `key_of` tells what a route wants of a key, from all that FastAPI calls to answer it; `more` is merged into `info`.
    """
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            document["info"] |= more
            app.openapi_schema = described(document, examples, _told_of(app, key_of))
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents


def described(document: dict[str, Any], examples: Mapping[str, Any], told: Mapping[str, Told]) -> dict[str, Any]:
    """Return FastAPI's document with all that it lacks; the document itself is changed.

    `examples` holds one for each field that has none of its own, by `Schema.field` or by `field`; `told` what is known
    of each operation, by its id.
    """
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    _, ours = models_json_schema(
        [(Problem, "serialization"), (ChangedMeanwhile, "serialization")], ref_template=f"{REF_PREFIX}{{model}}"
    )
    schemas |= ours["$defs"]
    give_examples(schemas, examples)
    refused: set[int] = set()
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                refused |= _describe(item[method], method, path, told[item[method]["operationId"]], schemas)
        item["parameters"] = [_ref("parameters", "Traceparent")]
    components["parameters"] = _PARAMETERS
    components["headers"] = _HEADERS
    components["responses"] = {_name_of(status): _refusal(status, schemas) for status in sorted(refused)}
    components["responses"]["NotModified"] = {
        "description": "The client has this answer already",
        "headers": _headers("ETag"),
    }
    components["securitySchemes"] = {KEY_SCHEME: _KEY}
    return document


def _describe(
    operation: dict[str, Any], method: str, path: str, told: Told, schemas: Mapping[str, dict[str, Any]]
) -> set[int]:
    """Complete one operation; return the statuses that refuse something."""
    answers = operation["responses"]
    if PROBLEM_TYPE not in answers.get("422", {}).get("content", {}):
        answers.pop("422", None)
    refused = {int(status) for status, answer in answers.items() if PROBLEM_TYPE in answer.get("content", {})}
    refused |= _refusals(operation, method, path, told)
    if "requestBody" in operation:
        _describe_request(operation["requestBody"]["content"], method, schemas)
    for status, answer in answers.items():
        if int(status) not in refused:
            _describe_answer(answer, int(status), method, told, schemas)
    answers |= {str(status): _ref("responses", _name_of(status)) for status in refused}
    if method == "get":
        answers["304"] = _ref("responses", "NotModified")
    operation["responses"] = dict(sorted(answers.items()))
    operation["security"] = told.key.security()
    operation["description"] = "\n\n".join(filter(None, [operation["description"], told.key.told()]))
    _describe_headers(operation, method, told)
    return refused


def _refusals(operation: dict[str, Any], method: str, path: str, told: Told) -> set[int]:
    refused = set(_ALWAYS)
    if "{" in path:
        refused.add(404)
    if "requestBody" in operation:
        refused |= {413, 415, 422}
    if told.key.accepted:
        refused.add(401)
    if told.key.scope:
        refused |= {401, 403}
    if told.key.scope and method == "post":
        # A request that comes again with its Idempotency-Key: while it is worked on, and with another body.
        refused |= {409, 422}
    if told.asks_database:
        refused.add(503)
    if told.reads_tag:
        refused.add(412)
    if told.wants_tag:
        refused.add(428)
    return refused


def _describe_request(content: dict[str, Any], method: str, schemas: Mapping[str, dict[str, Any]]) -> None:
    if method == "patch" and _JSON in content:
        content[_JSON]["example"] = example_of_change(content[_JSON]["schema"], schemas)
        content[MERGE_PATCH] = content[_JSON]
    for kind, media in content.items():
        if kind.endswith("json"):
            media.setdefault("example", example_of(media["schema"], schemas))


def _describe_answer(
    answer: dict[str, Any], status: int, method: str, told: Told, schemas: Mapping[str, dict[str, Any]]
) -> None:
    for media in answer.get("content", {}).values():
        media.setdefault("example", example_of(media.get("schema", {}), schemas))
    names = ["ETag"] if method == "get" or (told.key.scope and status in {200, 201}) else []
    if told.key.scope and status == 201:
        names.append("Location")
    answer["headers"] = answer.get("headers", {}) | _headers(*names)


def _describe_headers(operation: dict[str, Any], method: str, told: Told) -> None:
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        if parameter["in"] == "header" and parameter["name"] == "if-match":
            parameter["required"] = told.wants_tag
    if method == "get":
        parameters.append(_ref("parameters", "IfNoneMatch"))
    if method == "post" and told.key.scope:
        parameters.append(_ref("parameters", "IdempotencyKey"))


def _refusal(status: int, schemas: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the answer with which every operation refuses in this way."""
    schema = _schema_of(status)
    example = example_of({"$ref": schema}, schemas) | {
        "type": type_of(status),
        "title": TITLES[status],
        "status": status,
        "detail": TITLES[status],
        "instance": "/api/v1/enterprises",
        "errors": [],
    }
    return {
        "description": TITLES[status],
        "headers": _headers(*_HEADERS_OF_REFUSAL.get(status, ())),
        "content": {PROBLEM_TYPE: {"schema": {"$ref": schema}, "example": example}},
    }


def _schema_of(status: int) -> str:
    return f"{REF_PREFIX}{(ChangedMeanwhile if status == 412 else Problem).__name__}"


def _name_of(status: int) -> str:
    """Return the component's name of a refusal: `NotFound`, from its stable name `…:not-found`."""
    return "".join(word.capitalize() for word in type_of(status).rpartition(":")[2].split("-"))


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _headers(*names: str) -> dict[str, dict[str, str]]:
    """Return references to the headers with these names, and to those that every answer carries."""
    return {name: _ref("headers", name.replace("-", "")) for name in (*_ON_EVERY_ANSWER, *names)}


_ON_EVERY_ANSWER = ("traceparent", "RateLimit", "RateLimit-Policy")
_HEADERS_OF_REFUSAL = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def _text(example: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "example": example, **more}


_KEY = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "smn_ and 43 letters and digits",
    "description": "A key acts for one organisation, in one role, within its scopes, and expires. The operator of the "
    "node makes it and shows it once. It is sent in this header only: never in an address or a cookie.",
}
_PARAMETERS = {
    "Traceparent": {
        "name": "traceparent",
        "in": "header",
        "required": False,
        "description": "W3C Trace Context: carried through, and sent back as it came; what is no trace is not read",
        "schema": _text(_TRACE),
    },
    "IfNoneMatch": {
        "name": "if-none-match",
        "in": "header",
        "required": False,
        "description": "ETags of answers that the client has: 304 when one of them still holds",
        "schema": _text('W/"0b6e5d0f7a1c4f0d8a3b2c1d"'),
    },
    "IdempotencyKey": {
        "name": "idempotency-key",
        "in": "header",
        "required": False,
        "description": "Of the client's own making, 1 to 255 visible ASCII characters: the same request sent again "
        "within 24 hours is answered as before, and does nothing twice",
        "schema": _text("0b6e5d0f-7a1c-4f0d-8a3b-2c1d0e9f8a7b", minLength=1, maxLength=255, pattern="^[!-~]+$"),
    },
}
_HEADERS = {
    "traceparent": {"description": "The trace that was sent, if it is one", "schema": _text(_TRACE)},
    "ETag": {"description": "What version this is", "schema": _text('"3"')},
    "Location": {"description": "Where the new record is read", "schema": _text("/api/v1/enterprises/5b0c1a6e")},
    "RateLimit": {
        "description": "Of each limit, how much is left (r) and for how many seconds (t)",
        "schema": _text('"address";r=299;t=1'),
    },
    "RateLimitPolicy": {
        "description": "The limits that hold: so many requests (q) in so many seconds (w)",
        "schema": _text('"address";q=300;w=60'),
    },
    "RetryAfter": {
        "description": "How many seconds to wait",
        "schema": {"type": "integer", "minimum": 0, "example": 5},
    },
    "WWWAuthenticate": {"description": "How a key is sent", "schema": _text("Bearer")},
}
