"""The registry over HTTP."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.accounts.permissions import EnterpriseConfirmer, EnterpriseReader, EnterpriseWriter
from app.accounts.writing import Home, Writes, WritingRoute, tagged
from app.core.clock import today
from app.core.db import Reads, database_of
from app.core.paging import Page, page_of
from app.core.preconditions import IfMatch
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.enterprises import exporting, service
from app.enterprises.schemas import (
    EnterpriseChoices,
    EnterpriseCreate,
    EnterpriseExport,
    EnterpriseFacets,
    EnterpriseFilters,
    EnterprisePatch,
    EnterpriseRead,
    EnterpriseSummary,
)
from app.journal.schemas import History

reads = APIRouter(prefix="/enterprises", tags=["enterprises"], route_class=StrictRoute)
writes = APIRouter(prefix="/enterprises", tags=["enterprises"], route_class=WritingRoute)
EXPORTED: dict[int | str, dict[str, Any]] = responses(400, 503) | {
    200: {
        "description": "The records, as an attachment",
        "content": {
            kind: {"schema": {"type": "string"}, "example": exporting.EXAMPLES[form]}
            for form, kind in exporting.TYPES.items()
        },
    }
}
EnterpriseId = Annotated[str, Path(alias="enterpriseId", description="Id of the enterprise", max_length=64)]


@reads.get("", summary="Search the registry", responses=responses(400))
def search_enterprises(
    session: Reads, request: Request, response: Response, filters: Annotated[EnterpriseFilters, Query()]
) -> Page[EnterpriseSummary]:
    """Return one page of enterprises. Filters are AND between parameters, OR within a repeated one."""
    found, total = service.search(session, filters)
    return page_of(found, total, filters, request, response, listing=service.LISTING)


@reads.get("/facets", summary="Count what each filter would leave", responses=responses(400))
def count_enterprises(session: Reads, filters: Annotated[EnterpriseChoices, Query()]) -> EnterpriseFacets:
    """Return how many enterprises the filters find, and how many each further choice would leave."""
    return service.counted(session, filters)


@reads.get("/export", summary="Export the registry", response_class=StreamingResponse, responses=EXPORTED)
async def export_enterprises(request: Request, filters: Annotated[EnterpriseExport, Query()]) -> StreamingResponse:
    """Return everything that the filters find, in one stream: CSV that a spreadsheet opens, or a JSON record a line."""
    parts = exporting.streamed(database_of(request), filters)
    # Asked for before the answer begins, so that what is wrong can still be told.
    first = await anext(parts)
    name = f"samnod-enterprises-{today().isoformat()}.{filters.format.value}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if request.scope.get("samnod.head"):
        await parts.aclose()
    return StreamingResponse(_after(first, parts), media_type=exporting.TYPES[filters.format], headers=headers)


async def _after(first: bytes, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in parts:
        yield part


@reads.get("/{enterpriseId}", summary="Read one enterprise", responses=responses(401, 404))
def read_enterprise(
    session: Reads, caller: EnterpriseReader, enterprise_id: EnterpriseId, response: Response
) -> EnterpriseRead:
    """Return one enterprise, whole. Its `ETag` is what a change of it sends as `If-Match`."""
    found = service.find(session, enterprise_id, caller)
    tagged(response, found.rev)
    return found


@reads.get("/{enterpriseId}/history", summary="What has changed", responses=responses(401, 404))
def read_enterprise_history(session: Reads, caller: EnterpriseReader, enterprise_id: EnterpriseId) -> History:
    """Return the changes of an enterprise, newest first; what it said before is for those who may edit it."""
    return service.history(session, enterprise_id, caller)


@writes.post("", status_code=201, summary="Register an enterprise", responses=responses(401, 403, 409))
def register_enterprise(
    session: Writes, caller: EnterpriseWriter, home: Home, data: EnterpriseCreate, response: Response
) -> EnterpriseRead:
    """Register an enterprise that the key's organisation keeps; open opportunities meet it at once."""
    made = service.register_for(session, data, home=home, by=caller)
    tagged(response, made.rev, f"/api/v1/enterprises/{made.id}")
    return made


@writes.patch("/{enterpriseId}", summary="Change an enterprise", responses=responses(401, 403, 404, 409, 412, 428))
def change_enterprise(
    session: Writes,
    caller: EnterpriseWriter,
    match: IfMatch,
    enterprise_id: EnterpriseId,
    patch: EnterprisePatch,
    response: Response,
) -> EnterpriseRead:
    """Change what the merge patch names (RFC 7396): what is left out stays, null removes, lists are replaced whole."""
    changed = service.change(session, enterprise_id, patch, match=match, by=caller)
    tagged(response, changed.rev)
    return changed


@writes.post("/{enterpriseId}/confirm", summary="Confirm an enterprise", responses=responses(401, 403, 404))
def confirm_enterprise(
    session: Writes, caller: EnterpriseConfirmer, enterprise_id: EnterpriseId, response: Response
) -> EnterpriseRead:
    """Say that the record is right as it stands, as its keeper is asked to once a year; the day is written down."""
    confirmed = service.confirm(session, enterprise_id, by=caller)
    tagged(response, confirmed.rev)
    return confirmed


@writes.delete(
    "/{enterpriseId}", status_code=204, summary="Remove an enterprise", responses=responses(401, 403, 404, 412, 428)
)
def remove_enterprise(session: Writes, caller: EnterpriseWriter, match: IfMatch, enterprise_id: EnterpriseId) -> None:
    """Take an enterprise out of the registry; what is left says that it was here, and nothing of what it said."""
    service.remove(session, enterprise_id, match=match, by=caller)


router = APIRouter()
router.include_router(reads)
router.include_router(writes)
