"""The registry over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.core.db import Reads
from app.core.paging import Page, page_of
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.enterprises import service
from app.enterprises.schemas import EnterpriseFilters, EnterpriseRead, EnterpriseSummary

router = APIRouter(prefix="/enterprises", tags=["enterprises"], route_class=StrictRoute)
EnterpriseId = Annotated[str, Path(alias="enterpriseId", description="Id of the enterprise", max_length=64)]


@router.get("", summary="Search the registry", responses=responses(400))
def search_enterprises(
    session: Reads, request: Request, response: Response, filters: Annotated[EnterpriseFilters, Query()]
) -> Page[EnterpriseSummary]:
    """Return one page of enterprises. Filters are AND between parameters, OR within a repeated one."""
    found, total = service.search(session, filters)
    return page_of(found, total, filters, request, response)


@router.get("/{enterpriseId}", summary="Read one enterprise", responses=responses(404))
def read_enterprise(session: Reads, enterprise_id: EnterpriseId) -> EnterpriseRead:
    """Return one enterprise, whole."""
    return service.find(session, enterprise_id)
