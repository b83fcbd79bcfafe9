"""Notices over HTTP: one operation, which takes the file itself."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Depends, Header, Query, Request, Response

from app.accounts.permissions import NoticeWriter
from app.accounts.writing import Home, Writes, WritingRoute, tagged
from app.core.clock import now
from app.core.db import rehearse
from app.core.errors import BadRequest, Message, TooLarge, UnsupportedMediaType
from app.core.i18n import N_, negotiate
from app.core.multipart import only_file
from app.core.problem import responses
from app.notices import service
from app.notices.eforms import ParsedNotice
from app.notices.schemas import NoticeAnswer
from app.notices.vocabulary import Outcome
from app.notices.xml import LARGEST_BYTES

_XML, _FORM, _FIELD = "application/xml", "multipart/form-data", "file"
# What a multipart body holds beside the file: boundaries and headers.
_ENVELOPE = 16 * 1024


class NoticeRoute(WritingRoute):
    """A route whose body is a notice: it is read before the transaction begins, so that no writer waits for it."""

    largest_body = LARGEST_BYTES + _ENVELOPE

    async def answer(self, request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
        """Read the notice, then answer as a writing route does."""
        content = await _content_of(request)
        reading = partial(service.read_notice, content, now=now())
        request.state.notice = await anyio.to_thread.run_sync(reading, limiter=_reading_place(request.app.state))
        response = await super().answer(request, handle)
        response.headers["Vary"] = "Accept-Language"
        response.headers["Cache-Control"] = "no-store"
        return response


def _reading_place(state: Any) -> CapacityLimiter:
    """Return the one place where notices are read: two large ones at once would keep everybody else waiting."""
    if not hasattr(state, "notice_reading"):
        state.notice_reading = CapacityLimiter(1)
    place: CapacityLimiter = state.notice_reading
    return place


async def _content_of(request: Request) -> bytes:
    """Return the file. Raises `UnsupportedMediaType`, `TooLarge`, or `BadRequest` when there is none."""
    stated = request.headers.get("content-type", "")
    kind, _, parameters = stated.lower().partition(";")
    charset = parameters.replace(" ", "").replace('"', "").replace("'", "").partition("charset=")[2].partition(";")[0]
    if kind.strip() not in {_XML, _FORM} or charset not in {"", "utf-8", "utf8"}:
        told = N_("Send the notice as application/xml in UTF-8, or as multipart/form-data with the field file.")
        raise UnsupportedMediaType(Message(told))
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType(Message(N_("Send the body without Content-Encoding.")))
    body = await request.body()
    content = only_file(body, stated, _FIELD) if kind.strip() == _FORM else body
    if not content.strip():
        raise BadRequest(Message(N_("The body is empty. Send a notice.")))
    if len(content) > LARGEST_BYTES:
        raise TooLarge(Message(N_("The body may have at most {n} bytes."), n=LARGEST_BYTES))
    return content


def _notice_of(request: Request) -> ParsedNotice:
    notice: ParsedNotice = request.state.notice
    return notice


router = APIRouter(prefix="/notices", tags=["notices"], route_class=NoticeRoute)

# The profile wants JSON, or to be told why not (tests/spectral).
_WHY_NOT_JSON = "An eForms notice is an XML document (Commission Implementing Regulation (EU) 2019/1780)"
_BODY = {
    "required": True,
    "description": "An eForms notice, UTF-8, at most 5 MiB",
    "content": {
        _XML: {
            "x-why-not-json": _WHY_NOT_JSON,
            "schema": {"type": "string", "description": "The file itself", "example": "<ContractNotice/>"},
            "example": '<?xml version="1.0" encoding="UTF-8"?><ContractNotice></ContractNotice>',
        },
        _FORM: {
            "x-why-not-json": _WHY_NOT_JSON,
            "schema": {
                "type": "object",
                "required": [_FIELD],
                "properties": {_FIELD: {"type": "string", "format": "binary", "description": "The file"}},
            },
            "example": {_FIELD: "notice.xml"},
        },
    },
}


@router.post(
    "",
    status_code=201,
    summary="Import a notice",
    responses={
        200: {"model": NoticeAnswer, "description": "Here already, or what is here was replaced, withdrawn or ended"},
        **responses(400, 401, 403, 409, 413, 415, 422),
    },
    openapi_extra={"requestBody": _BODY},
)
def import_notice(
    session: Writes,
    caller: NoticeWriter,
    home: Home,
    notice: Annotated[ParsedNotice, Depends(_notice_of)],
    response: Response,
    dry_run: Annotated[bool, Query(description="Only tell what would happen; nothing is written")] = False,
    accept_language: Annotated[str | None, Header(description="Language of the warnings: sv, nb or en")] = None,
) -> NoticeAnswer:
    """Read an eForms contract, planning, change or result notice into an opportunity that the key's organisation keeps.

    The same notice again changes nothing, a newer version replaces, a void withdraws, and a result ends what its call
    has made. What Samnod has no room for is listed, and faults name their line and field: `line 12, BT-137`.
    """
    if dry_run:
        rehearse(session)
    report = service.bring_in(session, notice, source="", home=home, by=caller)
    location = f"/api/v1/opportunities/{report.opportunity_id}"
    tagged(response, report.rev, None if dry_run and report.created else location)
    response.status_code = 201 if report.outcome is Outcome.CREATED and not dry_run else 200
    return NoticeAnswer.of(report, negotiate(accept_language))
