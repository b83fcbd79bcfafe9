"""Errors as RFC 9457 problem documents, for the whole API."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.core.errors import BadRequest, FieldFault, SamnodError, UnsupportedMediaType
from app.core.i18n import N_, negotiate, texts

PROBLEM_TYPE = "application/problem+json"
DEEPEST_JSON = 32

_TITLES = {
    400: N_("The request cannot be read"),
    401: N_("A key is needed"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("The method is not allowed here"),
    409: N_("In conflict with the present state"),
    413: N_("The body is too large"),
    415: N_("The content type is not supported"),
    422: N_("The content is not valid"),
    429: N_("Too many requests"),
    500: N_("Something went wrong"),
    503: N_("The service is not ready"),
}


class ProblemField(BaseModel):
    """One field that is wrong."""

    pointer: str = Field(description="JSON pointer into the body, or the name of a parameter")
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[ProblemField]


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of a route that may answer with these problems."""
    return {
        status: {"model": Problem, "description": _TITLES[status], "content": {PROBLEM_TYPE: {}}} for status in statuses
    }


def problem(
    request: Request,
    status: int,
    detail: str,
    faults: list[FieldFault] | None = None,
    *,
    code: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    """Return the problem document for this request."""
    say = texts(negotiate(request.headers.get("accept-language")))
    body = {
        "type": f"urn:samnod:problem:{code or status}",
        "title": say(_TITLES.get(status, _TITLES[500])),
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "errors": [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults or []],
    }
    content = json.dumps(body, ensure_ascii=True).encode()
    return Response(content, status, headers, media_type=PROBLEM_TYPE)


class StrictRoute(APIRoute):
    """A route that refuses a body it was not made for, and parameters it does not know, before anything else."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler with our own refusals."""
        handle = super().get_route_handler()
        known = set(_parameter_names(self))
        takes_body = self.body_field is not None

        async def strict(request: Request) -> Response:
            _refuse_unknown_parameters(request, known)
            if takes_body:
                _require_json(request)
                _refuse_deep_json(await request.body())
            return await handle(request)

        return strict


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""

    async def samnod_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, SamnodError):
            raise error
        return problem(request, error.status, error.detail, error.faults, code=error.code)

    async def validation(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        return _validation_problem(request, error)

    async def http(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        headers = dict(error.headers) if error.headers else None
        return problem(request, error.status_code, str(error.detail), headers=headers)

    async def unexpected(request: Request, _error: Exception) -> Response:
        return problem(request, 500, "The fault has been logged. Try again, or tell the node's operator.")

    app.add_exception_handler(SamnodError, samnod_error)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)


def _validation_problem(request: Request, error: RequestValidationError) -> Response:
    found = error.errors()
    place = found[0]["loc"][0] if found and found[0]["loc"] else "body"
    faults = [FieldFault(_pointer(item["loc"]), _plain(item)) for item in found]
    if place == "body" and found[0]["type"] == "json_invalid":
        return problem(request, 400, f"The body is not JSON: {found[0].get('ctx', {}).get('error', '')}", faults)
    if place == "path":
        return problem(request, 404, "There is nothing at this address.", faults)
    if place in {"query", "header"}:
        return problem(request, 400, "A parameter is wrong: see errors.", faults)
    return problem(request, 422, "One or more fields are wrong: see errors.", faults)


def _pointer(loc: tuple[int | str, ...]) -> str:
    if loc and loc[0] == "body":
        parts = [str(part).replace("~", "~0").replace("/", "~1") for part in loc[1:]]
        return "".join(f"/{part}" for part in parts)
    return str(loc[-1]) if loc else ""


def _plain(item: dict[str, Any]) -> str:
    return str(item["msg"]).removeprefix("Value error, ")


def _parameter_names(route: APIRoute) -> list[str]:
    names: list[str] = []
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        waiting.extend(dependant.dependencies)
        for field in dependant.query_params:
            annotation = field.field_info.annotation
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                names.extend(info.alias or name for name, info in annotation.model_fields.items())
            else:
                names.append(field.alias)
    return names


def _refuse_unknown_parameters(request: Request, known: set[str]) -> None:
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        hint = f"Known here: {', '.join(sorted(known))}." if known else "This operation takes no parameters."
        raise BadRequest(
            f"Unknown parameter: {', '.join(unknown)[:200]!r}. {hint}",
            [FieldFault(name[:100], "unknown parameter") for name in unknown],
        )


def _require_json(request: Request) -> None:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise UnsupportedMediaType("Send the body as application/json.")


def _refuse_deep_json(body: bytes) -> None:
    """Refuse JSON nested deeper than any of our schemas, before a parser recurses into it."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST_JSON:
        return
    depth = 0
    in_string = escaped = False
    for byte in body:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            if depth > DEEPEST_JSON:
                raise BadRequest(f"The JSON is nested deeper than {DEEPEST_JSON} levels.", [FieldFault("", "too deep")])
        elif byte in b"]}":
            depth -= 1
