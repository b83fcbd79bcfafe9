"""Code lists over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.core.paging import Page, page_of
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.reference import service
from app.reference.schemas import CodeFilters, CodeRead

router = APIRouter(prefix="/codes", tags=["codes"], route_class=StrictRoute)
ListName = Annotated[
    str,
    Path(
        alias="list",
        description="`cpv`, `areas`, `nuts` or the name of a vocabulary, such as `target_group`",
        max_length=64,
        json_schema_extra={"example": "cpv"},
    ),
]


@router.get("/{list}", summary="Read a list of codes", responses=responses(400, 404))
async def read_codes(
    name: ListName, request: Request, response: Response, filters: Annotated[CodeFilters, Query()]
) -> Page[CodeRead]:
    """Return one page of a list of codes with labels in Swedish, Norwegian and English.

    `words` searches codes and labels in all three languages, best first; `parent` gives the codes directly below one.
    """
    found, total = service.find_codes(name, filters)
    return page_of(found, total, filters, request, response)
