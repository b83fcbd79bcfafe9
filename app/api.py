"""The JSON API: its own application, mounted at /api/v1, with its own errors and documentation."""

from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.accounts.permissions import caller_of
from app.audit_routes import router as audit
from app.claims.routes import router as claims
from app.contacts.routes import router as contacts
from app.core import openapi, problem
from app.core.limits import Limited
from app.core.lists import KnownLists
from app.core.strict import StrictRoute
from app.core.traffic import Compression, HeadAsGet, NoSniffing, Revalidation
from app.document import EXAMPLES, MORE_ABOUT, RELEASED, VERSION, about, key_of
from app.enterprises.routes import router as enterprises
from app.gaps.routes import router as gaps
from app.intake.routes import router as intake
from app.inventories.routes import router as inventories
from app.matching.routes import router as matching
from app.moderation.routes import router as moderation
from app.needs.routes import router as needs
from app.notices.routes import router as notices
from app.opportunities.routes import router as opportunities
from app.organizations.routes import router as organizations
from app.reference.routes import router as reference
from app.responses.routes import router as responses
from app.support_offers.correction_routes import router as corrections
from app.support_offers.routes import router as support_offers
from app.support_requests.routes import router as support_requests
from app.sync.routes import public as changes


class ApiInfo(BaseModel):
    """About this API, in the form of the Swedish national REST profile."""

    apiName: str  # noqa: N815 -- the profile's own spelling
    apiVersion: str  # noqa: N815
    apiReleased: str  # noqa: N815
    apiDocumentation: str  # noqa: N815
    apiStatus: str  # noqa: N815


info = APIRouter(route_class=StrictRoute, tags=["about"])


@info.get("/api-info", summary="About this API")
def api_info() -> ApiInfo:
    """Return the name, version, date, documentation and status of this API."""
    return ApiInfo(
        apiName="Samnod",
        apiVersion=VERSION,
        apiReleased=RELEASED,
        apiDocumentation="/api/v1/openapi.json",
        apiStatus="active",
    )


def operation_name(route: APIRoute) -> str:
    """Return the name of an operation: that of the function that answers it."""
    return route.name


def _operations() -> APIRouter:
    """Put every room's operations together."""
    found = APIRouter(generate_unique_id_function=operation_name)
    for router in (
        matching,
        enterprises,
        claims,
        organizations,
        contacts,
        intake,
        support_offers,
        corrections,
        support_requests,
        needs,
        inventories,
        opportunities,
        gaps,
        moderation,
        responses,
        notices,
        changes,
        reference,
        audit,
        info,
    ):
        found.include_router(router)
    return found


# Once for the process: what FastAPI makes of a hundred operations takes longer than anything else in an application.
_OPERATIONS: Final = _operations()


async def key_holder(request: Request) -> str | None:
    """Return the id of the key that a request carries, for the limits."""
    caller = await caller_of(request)
    return caller.actor_id if caller else None


def create_api(state: dict[str, Any], *, base_url: str = "", contact_email: str = "") -> FastAPI:
    """Return the API application; `state` is what its routes read (`database`).

    `base_url` is the node's public address and `contact_email` whom to ask, both for the document only.
    """
    api = FastAPI(
        # We write one line a request ourselves; to ask at each request whether anybody measures costs more than that.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        **about(base_url, contact_email),
        root_path_in_servers=False,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_name,
        redirect_slashes=False,
    )
    for name, value in state.items():
        setattr(api.state, name, value)
    problem.install(api)
    api.router.routes.extend(_OPERATIONS.routes)
    openapi.install(api, EXAMPLES, key_of, MORE_ABOUT)
    # The last one added is the first to see a request.
    api.add_middleware(KnownLists, database=state["database"])
    api.add_middleware(Revalidation)
    api.add_middleware(Compression, minimum_size=2048, compresslevel=4)
    api.add_middleware(HeadAsGet)
    api.add_middleware(NoSniffing)
    api.add_middleware(Limited, limits=state["limits"], key_of=key_holder, previews=frozenset({"/matches/preview"}))
    return api
