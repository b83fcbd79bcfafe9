"""Requests read strictly: what cannot be read in exactly one way is refused before any of it is used."""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NoReturn, get_origin
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.core.errors import BadRequest, FieldFault, Message, NotFound, TooLarge, UnsupportedMediaType, json_pointer
from app.core.i18n import N_, negotiate
from app.core.schema import UNSTORABLE

LARGEST_BODY = 1024 * 1024
DEEPEST_JSON = 32
_LARGEST_DRAINED = 16 * LARGEST_BODY
_MOST_PARAMETERS = 1000
_LONGEST_NUMBER = 40
# A string that never ends reaches to the end: looked for from each of its quotes again, it would take hours.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_WHOLE = re.compile(r"-?[0-9]+")
_BRACKETS = b"[]{}"
_NOT_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class StrictRoute(APIRoute):
    """A route that refuses a body it was not made for, and parameters it does not know, before anything else."""

    largest_body = LARGEST_BODY

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler with our own refusals."""
        handle = super().get_route_handler()
        parameters = _parameters(self)
        takes_body = self.body_field is not None
        says = any(field.alias == "accept-language" for field in self.dependant.header_params)

        async def strict(request: Request) -> Response:
            _refuse_unreadable_path(request)
            pairs = read_query(request.scope.get("query_string", b""))
            _refuse_wrong_parameters(pairs, parameters)
            read = _ReadRequest({**request.scope, "query_string": urlencode(pairs).encode()}, request.receive)
            read.largest = self.largest_body
            await self.admit(read)
            if takes_body:
                _require_json(request, patch=request.method == "PATCH")
                read.content = read_json(await read.body())
            response = await self.answer(read, handle)
            if says:
                response.headers["Content-Language"] = negotiate(request.headers.get("accept-language"))
            if takes_body:
                # What is read without a body is cached and tagged elsewhere (core/traffic.py).
                response.headers["Vary"] = "Accept-Language"
                response.headers["Cache-Control"] = "no-store"
            return response

        return strict

    async def admit(self, request: Request) -> None:
        """Refuse whom this route is not for, before the body is read; a public route is for everybody."""

    async def answer(self, request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
        """Answer the request, which has been read."""
        return await handle(request)


class _ReadRequest(Request):
    """A request with a body of bounded size, whose JSON has been read already by `read_json`."""

    content: Any = None
    largest = LARGEST_BODY

    async def body(self) -> bytes:
        """Return the body, read once. Raises `TooLarge`."""
        if not hasattr(self, "_body"):
            self._body = await _bounded(self.stream(), self.largest)
        return self._body

    async def json(self) -> Any:
        """Return what was read."""
        return self.content


async def _bounded(stream: AsyncIterator[bytes], largest: int) -> bytes:
    """Return a body of at most `largest` bytes.

    A larger one is read to its end and thrown away, up to a point: many clients hear no answer before they have sent
    everything. FastAPI's own limit answers in plain text, and at once.
    """
    body = bytearray()
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size <= largest:
            body += chunk
        elif size > _LARGEST_DRAINED:
            break
    if size > largest:
        raise TooLarge(Message(N_("The body may have at most {n} bytes."), n=largest))
    return bytes(body)


def read_query(query: bytes) -> list[tuple[str, str]]:
    """Return the parameters of a query string in order, without those that have no value: an empty field says nothing.

    Raises:
        BadRequest: the query is not UTF-8, or has absurdly many parameters.
    """
    try:
        # Byte by byte, so that what is not UTF-8 can be told by its name.
        pairs = parse_qsl(query.decode("latin-1"), encoding="latin-1", max_num_fields=_MOST_PARAMETERS)
    except ValueError as fault:
        raise BadRequest(Message(N_("The address has too many parameters."))) from fault
    found: list[tuple[str, str]] = []
    wrong: list[str] = []
    for pair in pairs:
        name, value = (text.encode("latin-1") for text in pair)
        try:
            found.append((name.decode(), value.decode()))
        except UnicodeDecodeError:
            wrong.append(name.decode(errors="backslashreplace")[:100])
    if wrong:
        faults = [FieldFault(name, Message(N_("is not UTF-8"))) for name in dict.fromkeys(wrong)]
        raise BadRequest(Message(N_("The query of the address is not UTF-8.")), faults)
    return [(name, value) for name, value in found if value.strip()]


def read_json(body: bytes) -> Any:
    """Return the value that a JSON text stands for (RFC 8259), if there is exactly one way to read it.

    Raises:
        BadRequest: the text is empty, not UTF-8 or not JSON; it is nested too deep, names a field twice in one object,
            or holds a number that JSON does not have (NaN) or nobody writes.
    """
    if not body.strip():
        raise BadRequest(Message(N_("The body is empty. Send a JSON object.")))
    _refuse_deep_json(body)
    twice: list[_Twice] = []

    def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Twice:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        names = Counter(name for name, _ in pairs)
        twice.append(_Twice(next(name for name, times in names.items() if times > 1)))
        return twice[-1]

    try:
        read = json.loads(
            body.decode("utf-8-sig"),
            object_pairs_hook=object_of,
            parse_constant=_refuse_constant,
            parse_int=_whole_number,
        )
    except UnicodeDecodeError as fault:
        raise BadRequest(Message(N_("The body is not UTF-8."))) from fault
    except json.JSONDecodeError as fault:
        told = N_("The body is not JSON: {fault} (line {line}, column {column}).")
        raise BadRequest(Message(told, fault=fault.msg, line=fault.lineno, column=fault.colno)) from fault
    if twice:
        _refuse_twice(read)
    return read


@dataclass(frozen=True, slots=True)
class _Twice:
    """Stands for an object in which a field is named more than once."""

    name: str


def _refuse_twice(value: Any) -> NoReturn:
    """Refuse what was read, and point at a field that is given twice, wherever in the body it is."""
    # What holds a field twice is kept whole nowhere, but the outermost such object is always in its place.
    waiting: list[tuple[tuple[int | str, ...], Any]] = [((), value)]
    while True:
        path, one = waiting.pop()
        if isinstance(one, _Twice):
            told = Message(N_("The field {name} is given twice in one object."), name=one.name[:100])
            raise BadRequest(told, [FieldFault(json_pointer([*path, one.name]), Message(N_("given twice")))])
        inner = one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ()
        waiting += [((*path, place), each) for place, each in inner if isinstance(each, dict | list | _Twice)]


def _refuse_constant(constant: str) -> NoReturn:
    raise BadRequest(Message(N_("JSON has no number {number}."), number=constant))


def _whole_number(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise BadRequest(Message(N_("The body holds a number of {n} digits."), n=len(digits)))
    return int(digits)


def _refuse_deep_json(body: bytes) -> None:
    """Refuse JSON nested deeper than any of our schemas, before a parser recurses into it."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST_JSON:
        return
    brackets = _STRING.sub(b"", body).translate(None, _NOT_BRACKETS)
    if max(accumulate(_STEPS[bracket] for bracket in brackets), default=0) > DEEPEST_JSON:
        raise BadRequest(Message(N_("The JSON is nested deeper than {n} levels."), n=DEEPEST_JSON))


def _refuse_unreadable_path(request: Request) -> None:
    """No record has a name that no database can hold."""
    if UNSTORABLE.search(request.scope["path"]):
        raise NotFound(Message(N_("There is nothing at this address.")))


def _require_json(request: Request, *, patch: bool) -> None:
    kind, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = dict(parse_qsl(parameters.replace(" ", "").replace('"', ""), separator=";")).get("charset", "utf-8")
    kinds = {"application/json", "application/merge-patch+json"} if patch else {"application/json"}
    if kind.strip() not in kinds or charset not in {"utf-8", "utf8"}:
        told = N_("Send the body as {kinds}, in UTF-8.")
        raise UnsupportedMediaType(Message(told, kinds=" / ".join(sorted(kinds, reverse=True))))
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType(Message(N_("Send the body without Content-Encoding.")))


@dataclass(frozen=True, slots=True)
class _Parameter:
    """What a query parameter may be: given several times, only a whole number."""

    repeated: bool
    whole: bool


def _parameter(annotation: Any) -> _Parameter:
    return _Parameter(repeated=get_origin(annotation) is list, whole=annotation is int)


def _parameters(route: APIRoute) -> dict[str, _Parameter]:
    """Return the query parameters that the route knows, by name."""
    names: dict[str, _Parameter] = {}
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        waiting.extend(dependant.dependencies)
        for field in dependant.query_params:
            annotation = field.field_info.annotation
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                fields = annotation.model_fields.items()
                names |= {info.alias or name: _parameter(info.annotation) for name, info in fields}
            else:
                names[field.alias] = _parameter(annotation)
    return names


def _refuse_wrong_parameters(pairs: list[tuple[str, str]], parameters: Mapping[str, _Parameter]) -> None:
    names = [name for name, _ in pairs]
    unknown = list(dict.fromkeys(name for name in names if name not in parameters))
    if unknown:
        raise BadRequest(
            Message(
                N_("Unknown parameter: {names}. Known here: {known}."), names=_few(unknown), known=_few(parameters)
            ),
            [FieldFault(name[:100], Message(N_("unknown parameter"))) for name in unknown],
        )
    repeated = [name for name, known in parameters.items() if not known.repeated and names.count(name) > 1]
    if repeated:
        raise BadRequest(
            Message(N_("Given more than once: {names}."), names=_few(repeated)),
            [FieldFault(name, Message(N_("may be given once"))) for name in repeated],
        )
    # Pydantic would read 5.0 and 1_000 as well.
    fractions = [name for name, value in pairs if parameters[name].whole and not _WHOLE.fullmatch(value)]
    if fractions:
        raise BadRequest(
            Message(N_("A parameter is wrong: see errors.")),
            [FieldFault(name, Message(N_("must be a whole number"))) for name in fractions],
        )


def _few(names: Mapping[str, _Parameter] | list[str]) -> str:
    return ", ".join(names)[:200] or "–"
