"""The organisations whose people a coordinator looks after: found by name, each with the way to its people."""

from fastapi import APIRouter, Request, Response

from app.core.db import Reads
from app.core.i18n import texts
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationFilters
from web.forms import read_filters
from web.pages.common import Language
from web.render import address, show
from web.sessions import CoordinatorCaller

router = APIRouter()


@router.api_route("/coordination/organizations", methods=["GET", "HEAD"])
def organization_list(request: Request, session: Reads, language: Language, by: CoordinatorCaller) -> Response:
    """Show the organisations of the coordinator's region, or of all for an administrator; private ones too."""
    filters, faults = read_filters(OrganizationFilters, request.query_params, texts(language))
    found, total = organizations.looked_after(session, filters, by)
    return show(
        request,
        "coordination/organizations.html",
        422 if faults else 200,
        filters=filters,
        faults=faults,
        found=found,
        total=total,
        region=by.region,
        manages=by.manages,
        people_link=lambda one: address(f"/{language}/people", ("organization", one.id)),
        page_link=lambda page: address(
            f"/{language}/coordination/organizations", ("words", filters.words), ("page", page)
        ),
    )
