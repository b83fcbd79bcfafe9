"""Needs inventories over HTTP."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from app.accounts.permissions import InventoryHolder, InventoryReader, InventoryWatcher
from app.accounts.writing import Home, LinkRoute, NodeSecret, Writes, WritingRoute, tagged
from app.core.db import Reads
from app.core.errors import BadRequest, FieldFault, InvalidContent, Message, UnsupportedMediaType
from app.core.i18n import N_, negotiate, texts
from app.core.multipart import only_file
from app.core.paging import Page, page_of
from app.core.preconditions import IfMatch
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.enterprises.spreadsheet import Table
from app.inventories import service
from app.inventories.schemas import (
    CommentsRead,
    Comparison,
    ComparisonFilters,
    InventoryCreate,
    InventoryFilters,
    InventoryPatch,
    InventoryRead,
    InviteesIn,
    ResponseRate,
    ResultsRead,
    SurveyAnswerIn,
    SurveyImport,
    SurveyInvitation,
    SurveyInvitations,
    SurveyInvited,
    SurveyRead,
)
from app.inventories.vocabulary import ExportForm, Verb

_FIELD = "file"
LARGEST_FILE = 16 * 1024 * 1024
# What a multipart body holds beside the file: boundaries and headers.
_ENVELOPE = 16 * 1024


class ImportRoute(WritingRoute):
    """A route whose body is a table: it is read before the transaction begins, so that no writer waits for it."""

    largest_body = LARGEST_FILE + _ENVELOPE

    async def answer(self, request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
        """Read the table, then answer as a writing route does."""
        content = await _content_of(request)
        state = request.app.state
        if not hasattr(state, "survey_reading"):
            # Two large files at once would keep everybody else waiting.
            state.survey_reading = CapacityLimiter(1)
        reading = partial(service.read_upload, content)
        request.state.table = await anyio.to_thread.run_sync(reading, limiter=state.survey_reading)
        response = await super().answer(request, handle)
        response.headers["Vary"] = "Accept-Language"
        response.headers["Cache-Control"] = "no-store"
        return response


async def _content_of(request: Request) -> bytes:
    """Return the file. Raises `UnsupportedMediaType`, or `BadRequest` when there is none."""
    stated = request.headers.get("content-type", "")
    kind = stated.lower().partition(";")[0].strip()
    if kind not in {"text/csv", "multipart/form-data"}:
        told = N_("Send a CSV table as text/csv, and an .xlsx file as multipart/form-data with the field file.")
        raise UnsupportedMediaType(Message(told))
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType(Message(N_("Send the body without Content-Encoding.")))
    body = await request.body()
    content = only_file(body, stated, _FIELD) if kind == "multipart/form-data" else body
    if not content.strip():
        raise BadRequest(Message(N_("The body is empty. Send a table.")))
    return content


def _table_of(request: Request) -> Table:
    table: Table = request.state.table
    return table


_PLACE: dict[str, Any] = {"prefix": "/needs-inventories", "tags": ["needs-inventories"]}
reads = APIRouter(**_PLACE, route_class=StrictRoute)
writes = APIRouter(**_PLACE, route_class=WritingRoute)
imports = APIRouter(**_PLACE, route_class=ImportRoute)
links = APIRouter(**_PLACE, route_class=LinkRoute)
InventoryId = Annotated[str, Path(alias="needsInventoryId", description="Id of the round", max_length=64)]
InvitationId = Annotated[str, Path(alias="invitationId", description="Id of the invitation", max_length=64)]
Token = Annotated[str, Path(description="The text of the link", max_length=100)]
AcceptLanguage = Annotated[str | None, Header(description="Language of the table: sv, nb or en")]
Form = Annotated[ExportForm, Query(alias="format", description="CSV, or .xlsx")]
STEP = responses(401, 403, 404, 409)


def _exported(told: str) -> dict[int | str, dict[str, Any]]:
    """Return what the document says of a table as a file."""
    content = {
        "text/csv": {"schema": {"type": "string", "description": told}, "example": "Kod;Fråga;Svar;Antal\r\n"},
        service.TYPES[ExportForm.XLSX]: {
            "schema": {"type": "string", "format": "binary", "description": told},
            "example": "needs-inventory.xlsx",
        },
    }
    for one in content.values():
        one["x-why-not-json"] = "A table for spreadsheet programs; the operation beside this one gives the same as JSON"
    return {200: {"description": told, "content": content}}


@reads.get("", summary="List needs inventories", responses=responses(400, 401))
def list_needs_inventories(
    session: Reads,
    caller: InventoryReader,
    request: Request,
    response: Response,
    filters: Annotated[InventoryFilters, Query()],
) -> Page[InventoryRead]:
    """Return one page of rounds, the newest first: those that are closed, and with a key all of one's own region."""
    found, total = service.search(session, filters, caller)
    return page_of(found, total, filters, request, response)


@reads.get("/comparison", summary="Rounds side by side", responses=responses(400))
def compare_needs_inventories(session: Reads, filters: Annotated[ComparisonFilters, Query()]) -> Comparison:
    """Return the ten categories of closed rounds side by side: what one of them hides is hidden in all."""
    return service.compare(session, filters.rounds)


@reads.get("/{needsInventoryId}", summary="Read one needs inventory", responses=responses(401, 404))
def read_needs_inventory(
    session: Reads, caller: InventoryReader, inventory_id: InventoryId, response: Response
) -> InventoryRead:
    """Return one round. Its `ETag` is what a change of it sends as `If-Match`."""
    found = service.find(session, inventory_id, caller)
    tagged(response, found.rev)
    return found


@reads.get("/{needsInventoryId}/results", summary="What a round found", responses=responses(401, 404, 409))
def read_needs_inventory_results(session: Reads, caller: InventoryReader, inventory_id: InventoryId) -> ResultsRead:
    """Return what is published of a closed round; null is hidden, so that nobody learns what fewer than five said."""
    return service.results(session, inventory_id, caller)


@reads.get(
    "/{needsInventoryId}/results/export",
    summary="The same as a table",
    response_class=Response,
    responses=responses(400, 401, 404, 409) | _exported("Number of answers by question and by area"),
)
def export_needs_inventory_results(
    session: Reads,
    caller: InventoryReader,
    inventory_id: InventoryId,
    form: Form = ExportForm.CSV,
    accept_language: AcceptLanguage = None,
) -> Response:
    """Return the results of a closed round as a table, in the reader's language."""
    found = service.results(session, inventory_id, caller)
    table = service.results_file(found, form, negotiate(accept_language))
    headers = {"Content-Disposition": f'attachment; filename="samnod-needs-{found.inventory.id[:8]}.{form.value}"'}
    return Response(table, media_type=service.TYPES[form], headers=headers)


@reads.get("/{needsInventoryId}/response-rate", summary="How many have answered", responses=responses(401, 403, 404))
def read_needs_inventory_response_rate(
    session: Reads, caller: InventoryWatcher, inventory_id: InventoryId
) -> ResponseRate:
    """Return how many answered of those who were asked, once five are; who they are is told to nobody."""
    return service.response_rate(session, inventory_id, by=caller)


@reads.get("/{needsInventoryId}/invitations", summary="Who is asked", responses=responses(401, 403, 404))
def read_needs_inventory_invitations(
    session: Reads, caller: InventoryWatcher, inventory_id: InventoryId
) -> SurveyInvitations:
    """Return everybody who was asked; not who has answered."""
    return service.invitations(session, inventory_id, by=caller)


@reads.get("/{needsInventoryId}/comments", summary="What was written", responses=responses(401, 403, 404, 409))
def read_needs_inventory_comments(session: Reads, caller: InventoryWatcher, inventory_id: InventoryId) -> CommentsRead:
    """Return the comments of a closed round on questions that five or more answered, without who wrote them."""
    return service.comments(session, inventory_id, by=caller)


@writes.post("", status_code=201, summary="Plan a needs inventory", responses=responses(401, 403))
def create_needs_inventory(
    session: Writes, caller: InventoryHolder, home: Home, data: InventoryCreate, response: Response
) -> InventoryRead:
    """Write the draft of a round: the ten categories are always asked, beside questions of your own."""
    made = service.create(session, data, home=home, by=caller)
    tagged(response, made.rev, f"/api/v1/needs-inventories/{made.id}")
    return made


@writes.patch("/{needsInventoryId}", summary="Change a draft", responses=responses(401, 403, 404, 409, 412, 428))
def change_needs_inventory(
    session: Writes,
    caller: InventoryHolder,
    match: IfMatch,
    inventory_id: InventoryId,
    patch: InventoryPatch,
    response: Response,
) -> InventoryRead:
    """Change what the merge patch names (RFC 7396). Once a round is open its questions stay as they are."""
    changed = service.change(session, inventory_id, patch, match=match, by=caller)
    tagged(response, changed.rev)
    return changed


@writes.delete(
    "/{needsInventoryId}",
    status_code=204,
    summary="Remove a draft",
    responses=responses(401, 403, 404, 409, 412, 428),
)
def remove_needs_inventory(session: Writes, caller: InventoryHolder, match: IfMatch, inventory_id: InventoryId) -> None:
    """Remove a round that has not been opened."""
    service.remove(session, inventory_id, match=match, by=caller)


@writes.post("/{needsInventoryId}/open", summary="Open a round", responses=STEP)
def open_needs_inventory(
    session: Writes, caller: InventoryHolder, inventory_id: InventoryId, response: Response
) -> InventoryRead:
    """Take answers from now on, to the end of the last day."""
    return _tagged(response, service.step(session, inventory_id, Verb.OPEN, by=caller))


@writes.post("/{needsInventoryId}/close", summary="Close a round", responses=STEP)
def close_needs_inventory(
    session: Writes, caller: InventoryHolder, inventory_id: InventoryId, response: Response
) -> InventoryRead:
    """Take no more answers, count them once, and publish what tells nobody of fewer than five."""
    return _tagged(response, service.step(session, inventory_id, Verb.CLOSE, by=caller))


@writes.post("/{needsInventoryId}/archive", summary="Archive a round", responses=STEP)
def archive_needs_inventory(
    session: Writes, caller: InventoryHolder, inventory_id: InventoryId, response: Response
) -> InventoryRead:
    """Remove the answers of a closed round, comments too; what was published of them stays."""
    return _tagged(response, service.step(session, inventory_id, Verb.ARCHIVE, by=caller))


@writes.post("/{needsInventoryId}/invitations", summary="Ask organisations", responses=STEP)
def invite_to_needs_inventory(
    session: Writes, caller: InventoryHolder, secret: NodeSecret, inventory_id: InventoryId, data: InviteesIn
) -> SurveyInvited:
    """Send organisations a letter with a link that needs no account. Nobody is asked twice."""
    return service.invite(session, inventory_id, data, by=caller, secret=secret)


@writes.post(
    "/{needsInventoryId}/invitations/{invitationId}/withdraw", summary="Take an invitation back", responses=STEP
)
def withdraw_survey_invitation(
    session: Writes, caller: InventoryHolder, inventory_id: InventoryId, invitation_id: InvitationId
) -> SurveyInvitation:
    """Let a link open nothing any more; what was answered by it stays."""
    return service.withdraw(session, inventory_id, invitation_id, by=caller)


@reads.get("/replies/{token}", summary="Look at a survey through a link", responses=responses(404))
def read_survey(session: Reads, secret: NodeSecret, token: Token, response: Response) -> SurveyRead:
    """Return what the link in an invitation shows. No key is needed: the link is one. To look changes nothing."""
    response.headers["Cache-Control"] = "no-store"
    return service.read_survey(session, token, secret=secret)


@links.post("/replies/{token}", summary="Answer a survey through a link", responses=responses(404, 409, 422, 503))
def answer_survey(session: Writes, secret: NodeSecret, token: Token, data: SurveyAnswerIn) -> SurveyRead:
    """Answer, or answer anew while the round is open. No key is needed; nobody else is shown the answer."""
    return service.answer(session, token, data, secret=secret)


_WHY_NOT_JSON = "A survey that was made elsewhere comes as a table of a spreadsheet program"
_BODY = {
    "required": True,
    "description": "One row an answer; columns are read by their headings, in three languages",
    "content": {
        "text/csv": {
            "x-why-not-json": _WHY_NOT_JSON,
            "schema": {"type": "string", "description": "The file itself", "example": "Kommun;Rådgivning\n"},
            "example": "Kommun;Rådgivning;Rådgivning kommentar\r\nSundsvall;3;Om lån\r\n",
        },
        "multipart/form-data": {
            "x-why-not-json": _WHY_NOT_JSON,
            "schema": {
                "type": "object",
                "required": [_FIELD],
                "properties": {_FIELD: {"type": "string", "format": "binary", "description": "The file"}},
            },
            "example": {_FIELD: "survey.xlsx"},
        },
    },
}


@imports.post(
    "/{needsInventoryId}/import",
    summary="Import a survey",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
    openapi_extra={"requestBody": _BODY},
)
def import_needs_inventory(
    session: Writes,
    caller: InventoryHolder,
    inventory_id: InventoryId,
    table: Annotated[Table, Depends(_table_of)],
    dry_run: Annotated[bool, Query(description="Only tell what would happen; nothing is written")] = False,
    accept_language: AcceptLanguage = None,
) -> SurveyImport:
    """Read a survey that was made elsewhere into a draft, and close it: all of it, or nothing where a cell is wrong.

    A column is known by the name or code of a category in any of three languages, with "comment" for its comments, by
    a question of one's own, or as the area; others are left alone. Formulas and personal identity numbers are refused.
    """
    say = texts(negotiate(accept_language))
    done = service.bring_in(session, inventory_id, table, dry_run=dry_run, by=caller, say=say)
    if not dry_run and not done.written:
        faults = [FieldFault(one.place or _FIELD, one.detail) for one in done.faults]
        raise InvalidContent(Message(N_("Nothing was written: {n} cells are wrong."), n=done.fault_count), faults)
    return done


def _tagged(response: Response, found: InventoryRead) -> InventoryRead:
    tagged(response, found.rev)
    return found


router = APIRouter()
router.include_router(reads)
router.include_router(writes)
router.include_router(imports)
router.include_router(links)
