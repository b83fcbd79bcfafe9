"""Organisations over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.accounts.permissions import OrganizationReader, OrganizationWriter
from app.accounts.writing import Home, Writes, WritingRoute, tagged
from app.core.db import Reads
from app.core.paging import Page, page_of
from app.core.preconditions import IfMatch
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.journal.schemas import History
from app.organizations import service
from app.organizations.schemas import OrganizationCreate, OrganizationFilters, OrganizationPatch, OrganizationRead

reads = APIRouter(prefix="/organizations", tags=["organizations"], route_class=StrictRoute)
writes = APIRouter(prefix="/organizations", tags=["organizations"], route_class=WritingRoute)
OrganizationId = Annotated[str, Path(alias="organizationId", description="Id of the organisation", max_length=64)]


@reads.get("", summary="Search organisations", responses=responses(400, 401))
def search_organizations(
    session: Reads,
    caller: OrganizationReader,
    request: Request,
    response: Response,
    filters: Annotated[OrganizationFilters, Query()],
) -> Page[OrganizationRead]:
    """Return one page of buyers, support providers and other actors. Private ones are shown to their keeper alone."""
    found, total = service.search(session, filters, caller)
    return page_of(found, total, filters, request, response)


@reads.get("/{organizationId}", summary="Read one organisation", responses=responses(401, 404))
def read_organization(
    session: Reads, caller: OrganizationReader, organization_id: OrganizationId, response: Response
) -> OrganizationRead:
    """Return one organisation. Its `ETag` is what a change of it sends as `If-Match`."""
    found = service.find(session, organization_id, caller)
    tagged(response, found.rev)
    return found


@reads.get("/{organizationId}/history", summary="What has changed", responses=responses(401, 404))
def read_organization_history(session: Reads, caller: OrganizationReader, organization_id: OrganizationId) -> History:
    """Return the changes of an organisation; what it said before is for those who may edit it."""
    return service.history(session, organization_id, caller)


@writes.post("", status_code=201, summary="Register an organisation", responses=responses(401, 403, 409))
def register_organization(
    session: Writes, caller: OrganizationWriter, home: Home, data: OrganizationCreate, response: Response
) -> OrganizationRead:
    """Register an organisation that the key's own organisation keeps."""
    made = service.register_for(session, data, home=home, by=caller)
    tagged(response, made.rev, f"/api/v1/organizations/{made.id}")
    return made


@writes.patch("/{organizationId}", summary="Change an organisation", responses=responses(401, 403, 404, 409, 412, 428))
def change_organization(
    session: Writes,
    caller: OrganizationWriter,
    match: IfMatch,
    organization_id: OrganizationId,
    patch: OrganizationPatch,
    response: Response,
) -> OrganizationRead:
    """Change what the merge patch names (RFC 7396): what is left out stays, null removes, lists are replaced whole."""
    changed = service.change(session, organization_id, patch, match=match, by=caller)
    tagged(response, changed.rev)
    return changed


@writes.delete(
    "/{organizationId}",
    status_code=204,
    summary="Remove an organisation",
    responses=responses(401, 403, 404, 409, 412, 428),
)
def remove_organization(
    session: Writes, caller: OrganizationWriter, match: IfMatch, organization_id: OrganizationId
) -> None:
    """Take an organisation out of the list; what is left says that it was here, and nothing of what it said."""
    service.remove(session, organization_id, match=match, by=caller)


router = APIRouter()
router.include_router(reads)
router.include_router(writes)
