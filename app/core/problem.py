"""Errors as RFC 9457 problem documents, for the whole API."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.core.db import SILENCES, is_silence
from app.core.errors import SEE_ERRORS, FieldFault, Message, NotReady, SamnodError, in_language, json_pointer
from app.core.i18n import N_, negotiate, texts
from app.core.wording import plainly

log = logging.getLogger("samnod.problem")
PROBLEM_TYPE = "application/problem+json"
_MOST_FAULTS = 50
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

TITLES = {
    400: N_("The request cannot be read"),
    401: N_("A key is needed"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("The method is not allowed here"),
    409: N_("In conflict with the present state"),
    410: N_("No longer kept"),
    412: N_("Changed by somebody else meanwhile"),
    413: N_("The body is too large"),
    415: N_("The content type is not supported"),
    422: N_("The content is not valid"),
    428: N_("If-Match is needed"),
    429: N_("Too many requests"),
    500: N_("Something went wrong"),
    503: N_("The service is not ready"),
}
_CODES = {
    400: "bad-request",
    401: "key-needed",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    410: "gone",
    412: "changed-meanwhile",
    413: "body-too-large",
    415: "unsupported-media-type",
    422: "invalid-content",
    428: "if-match-needed",
    429: "too-many-requests",
    500: "internal",
    503: "not-ready",
}
# What the framework refuses before a room hears of it.
_DETAILS = {
    404: N_("There is nothing at this address."),
    405: N_("Allowed here: {methods}."),
}


class ProblemField(BaseModel):
    """One field that is wrong."""

    pointer: str = Field(
        description="JSON pointer into the body, or the name of a parameter",
        json_schema_extra={"example": "/lots/0/cpv_main"},
    )
    detail: str = Field(description="What is wrong with it", json_schema_extra={"example": "is required"})


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(
        description="Stable name of the problem", json_schema_extra={"example": "urn:samnod:problem:not-found"}
    )
    title: str = Field(description="The problem in a few words", json_schema_extra={"example": "Not found"})
    status: int = Field(description="The HTTP status", json_schema_extra={"example": 404})
    detail: str = Field(description="What to do about it", json_schema_extra={"example": "There is nothing here."})
    instance: str = Field(description="The path that was asked for", json_schema_extra={"example": "/api/v1/x"})
    errors: list[ProblemField] = Field(description="The fields that are wrong, when fields are")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of a route that may answer with these problems."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": TITLES[status], "content": {PROBLEM_TYPE: {"schema": schema}}} for status in statuses
    }


def type_of(status: int, code: str = "") -> str:
    """Return the stable name of a problem: by its `code`, or the one that its status has."""
    return f"urn:samnod:problem:{code or _CODES.get(status, status)}"


def problem(
    request: Request,
    status: int,
    detail: str,
    faults: Sequence[FieldFault] = (),
    *,
    code: str = "",
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, Any] | None = None,
) -> Response:
    """Return the problem document for this request, in the language its sender prefers."""
    say = texts(negotiate(request.headers.get("accept-language")))
    body = {
        "type": type_of(status, code),
        "title": say(TITLES.get(status, TITLES[500])),
        "status": status,
        "detail": in_language(detail, say),
        "instance": quote(request.scope["path"], errors="replace"),
        "errors": [
            {"pointer": fault.pointer, "detail": in_language(fault.detail, say)} for fault in faults[:_MOST_FAULTS]
        ],
        **(members or {}),
    }
    # A lone surrogate in the name of a field cannot be UTF-8: it is shown escaped, as it was sent.
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    ours = {"Content-Language": say.language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    ours["X-Content-Type-Options"] = "nosniff"
    return Response(content, status, {**ours, **(headers or {})}, media_type=PROBLEM_TYPE)


def refusal(request: Request, error: SamnodError) -> Response:
    """Return the problem document of an error."""
    return problem(
        request,
        error.status,
        error.detail,
        error.faults,
        code=error.code,
        headers=error.headers,
        members=error.members,
    )


def nothing_here(request: Request) -> Response:
    """Return the refusal of an address that nothing answers."""
    return problem(request, 404, Message(_DETAILS[404]))


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""

    async def samnod_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, SamnodError):
            raise error
        return refusal(request, error)

    async def silent_database(request: Request, error: Exception) -> Response:
        if not is_silence(error):
            raise error
        log.error("The database does not answer", exc_info=error)
        return refusal(request, NotReady(Message(N_("The database does not answer. Try again in a moment."))))

    async def validation(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        return _validation_problem(request, error)

    async def http(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        return _http_problem(request, error, app)

    async def unexpected(request: Request, _error: Exception) -> Response:
        told = Message(N_("The fault has been logged. Try again, or tell the node's operator."))
        return problem(request, 500, told)

    app.add_exception_handler(SamnodError, samnod_error)
    for silence in SILENCES:
        app.add_exception_handler(silence, silent_database)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)


def allowed_methods(request: Request, app: FastAPI) -> list[str]:
    """Return every method that some route of `app` answers at this path; HEAD goes with GET."""
    found = [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in app.routes)
    ]
    return ["GET", "HEAD", *found[1:]] if "GET" in found else found


def _http_problem(request: Request, error: HTTPException, app: FastAPI) -> Response:
    status = error.status_code
    headers = dict(error.headers or {})
    if status == 405:
        headers["Allow"] = ", ".join(allowed_methods(request, app))
        return problem(request, status, Message(_DETAILS[status], methods=headers["Allow"]), headers=headers)
    return problem(request, status, _DETAILS.get(status, str(error.detail)), headers=headers)


def _validation_problem(request: Request, error: RequestValidationError) -> Response:
    found = error.errors()
    place = found[0]["loc"][0] if found and found[0]["loc"] else "body"
    if place == "path":
        return problem(request, 404, Message(_DETAILS[404]))
    faults = [FieldFault(_pointer(item["loc"]), plainly(item)) for item in found[:_MOST_FAULTS]]
    if place in {"query", "header"}:
        return problem(request, 400, Message(N_("A parameter is wrong: see errors.")), faults)
    return problem(request, 422, Message(SEE_ERRORS), faults)


def _pointer(loc: tuple[int | str, ...]) -> str:
    """Return a JSON pointer for what is in the body, and the name of a parameter."""
    if loc and loc[0] == "body":
        return json_pointer(loc[1:])
    return str(loc[1] if len(loc) > 1 else loc[0])
