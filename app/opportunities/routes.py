"""Opportunities over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.core.db import Reads
from app.core.paging import Page, page_of
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.opportunities import service
from app.opportunities.schemas import OpportunityFilters, OpportunityRead, OpportunitySummary

router = APIRouter(prefix="/opportunities", tags=["opportunities"], route_class=StrictRoute)
OpportunityId = Annotated[str, Path(alias="opportunityId", description="Id of the opportunity", max_length=64)]


@router.get("", summary="Search opportunities", responses=responses(400))
def search_opportunities(
    session: Reads, request: Request, response: Response, filters: Annotated[OpportunityFilters, Query()]
) -> Page[OpportunitySummary]:
    """Return one page of opportunities, the published ones unless `status` says otherwise."""
    found, total = service.search(session, filters)
    return page_of(found, total, filters, request, response)


@router.get("/{opportunityId}", summary="Read one opportunity", responses=responses(404))
def read_opportunity(session: Reads, opportunity_id: OpportunityId) -> OpportunityRead:
    """Return one opportunity, whole."""
    return service.find(session, opportunity_id)
