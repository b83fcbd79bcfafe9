"""Opportunities over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from app.accounts.permissions import OpportunityReader, OpportunityWriter
from app.accounts.writing import Home, Writes, WritingRoute, tagged
from app.core.db import Reads
from app.core.i18n import negotiate
from app.core.paging import Page, page_of
from app.core.preconditions import IfMatch
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.journal.schemas import History
from app.legal.schemas import Hints
from app.opportunities import service
from app.opportunities.schemas import (
    AwardIn,
    CancelIn,
    OpportunityIn,
    OpportunityPatch,
    OpportunityRead,
    OpportunitySummary,
    OpportunityWritten,
    OwnFilters,
)

reads = APIRouter(prefix="/opportunities", tags=["opportunities"], route_class=StrictRoute)
writes = APIRouter(prefix="/opportunities", tags=["opportunities"], route_class=WritingRoute)
OpportunityId = Annotated[str, Path(alias="opportunityId", description="Id of the opportunity", max_length=64)]
AcceptLanguage = Annotated[str | None, Header(description="Language of the hints: sv, nb or en")]


@reads.get("", summary="Search opportunities", responses=responses(400, 401))
def search_opportunities(
    session: Reads,
    caller: OpportunityReader,
    request: Request,
    response: Response,
    filters: Annotated[OwnFilters, Query()],
) -> Page[OpportunitySummary]:
    """Return one page of opportunities, the published ones unless `status` says otherwise."""
    found, total = service.search(session, filters, caller)
    return page_of(found, total, filters, request, response, listing=service.LISTING)


@reads.get("/{opportunityId}", summary="Read one opportunity", responses=responses(401, 404))
def read_opportunity(
    session: Reads, caller: OpportunityReader, opportunity_id: OpportunityId, response: Response
) -> OpportunityRead:
    """Return one opportunity, whole. Its `ETag` is what a change of it sends as `If-Match`."""
    found = service.find(session, opportunity_id, caller)
    tagged(response, found.rev)
    return found


@reads.get("/{opportunityId}/history", summary="What has changed", responses=responses(401, 404))
def read_opportunity_history(session: Reads, caller: OpportunityReader, opportunity_id: OpportunityId) -> History:
    """Return the changes of an opportunity, newest first; what it said before is for those who may edit it."""
    return service.history(session, opportunity_id, caller)


@reads.get("/{opportunityId}/hints", summary="What the law says", responses=responses(401, 404))
def read_opportunity_hints(
    session: Reads, caller: OpportunityReader, opportunity_id: OpportunityId, accept_language: AcceptLanguage = None
) -> Hints:
    """Return hints on procurement law, dated and with their basis. They warn and never block: the buyer decides."""
    return service.hints(session, opportunity_id, negotiate(accept_language), caller)


@reads.post("/hints", summary="What the law would say", responses=responses(400, 413, 415, 422))
def preview_opportunity_hints(data: OpportunityIn, accept_language: AcceptLanguage = None) -> Hints:
    """Return the same hints for an opportunity that is not stored. No key is needed."""
    return service.preview_hints(data, negotiate(accept_language))


@writes.post("", status_code=201, summary="Publish an opportunity", responses=responses(401, 403, 409))
def publish_opportunity(
    session: Writes,
    caller: OpportunityWriter,
    home: Home,
    data: OpportunityIn,
    response: Response,
    accept_language: AcceptLanguage = None,
) -> OpportunityWritten:
    """Publish an opportunity that the key's organisation keeps, or with `status` `draft` keep it to yourselves."""
    made = service.publish_for(session, data, home=home, by=caller)
    tagged(response, made.rev, f"/api/v1/opportunities/{made.id}")
    return service.written(made, negotiate(accept_language))


@writes.patch("/{opportunityId}", summary="Change an opportunity", responses=responses(401, 403, 404, 409, 412, 428))
def change_opportunity(
    session: Writes,
    caller: OpportunityWriter,
    match: IfMatch,
    opportunity_id: OpportunityId,
    patch: OpportunityPatch,
    response: Response,
    accept_language: AcceptLanguage = None,
) -> OpportunityWritten:
    """Change what the merge patch names (RFC 7396): what is left out stays, null removes, lists are replaced whole.

    What was read may be sent back as it is. The status has actions of its own.
    """
    changed = service.change(session, opportunity_id, patch, match=match, by=caller)
    tagged(response, changed.rev)
    return service.written(changed, negotiate(accept_language))


@writes.delete(
    "/{opportunityId}",
    status_code=204,
    summary="Remove an opportunity",
    responses=responses(401, 403, 404, 409, 412, 428),
)
def remove_opportunity(
    session: Writes, caller: OpportunityWriter, match: IfMatch, opportunity_id: OpportunityId
) -> None:
    """Remove a draft, or an opportunity that was cancelled; one that is published is cancelled first."""
    service.remove(session, opportunity_id, match=match, by=caller)


@writes.post("/{opportunityId}/publish", summary="Publish a draft", responses=responses(401, 403, 404, 409))
def publish_draft_opportunity(
    session: Writes,
    caller: OpportunityWriter,
    opportunity_id: OpportunityId,
    response: Response,
    accept_language: AcceptLanguage = None,
) -> OpportunityWritten:
    """Show a draft to everybody; the enterprises that fit it meet it at once."""
    shown = service.publish_draft(session, opportunity_id, by=caller)
    tagged(response, shown.rev)
    return service.written(shown, negotiate(accept_language))


@writes.post("/{opportunityId}/close", summary="Close an opportunity", responses=responses(401, 403, 404, 409))
def close_opportunity(
    session: Writes, caller: OpportunityWriter, opportunity_id: OpportunityId, response: Response
) -> OpportunityRead:
    """Take no more tenders."""
    closed = service.close(session, opportunity_id, by=caller)
    tagged(response, closed.rev)
    return closed


@writes.post("/{opportunityId}/award", summary="Tell who won", responses=responses(401, 403, 404, 409))
def award_opportunity(
    session: Writes,
    caller: OpportunityWriter,
    opportunity_id: OpportunityId,
    data: AwardIn,
    response: Response,
    accept_language: AcceptLanguage = None,
) -> OpportunityWritten:
    """Tell how a closed opportunity ended, lot by lot or as a whole. Legal persons are named, natural persons never."""
    awarded = service.award(session, opportunity_id, data, by=caller)
    tagged(response, awarded.rev)
    return service.written(awarded, negotiate(accept_language))


@writes.post("/{opportunityId}/cancel", summary="Cancel an opportunity", responses=responses(401, 403, 404, 409))
def cancel_opportunity(
    session: Writes, caller: OpportunityWriter, opportunity_id: OpportunityId, data: CancelIn, response: Response
) -> OpportunityRead:
    """End a published or closed opportunity without a contract, and say why."""
    cancelled = service.cancel(session, opportunity_id, data, by=caller)
    tagged(response, cancelled.rev)
    return cancelled


router = APIRouter()
router.include_router(reads)
router.include_router(writes)
