"""The JSON API: its own application, mounted at /api/v1, with its own errors and documentation."""

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from pydantic import BaseModel

from app.core import problem
from app.core.problem import StrictRoute
from app.core.traffic import EmptyParameters
from app.enterprises.routes import router as enterprises
from app.matching.routes import router as matching
from app.opportunities.routes import router as opportunities
from app.reference.routes import router as reference

VERSION = "1.0.0"
RELEASED = "2026-11-21"
LARGEST_BODY = 1024 * 1024
_ABOUT = """
Samnod joins public buyers and social enterprises in Sweden and Norway: a registry of social enterprises, procurement
opportunities, and matches between them, ranked with every point explained.

Samnod kopplar samman offentliga köpare och sociala företag i Sverige och Norge: ett register, affärsmöjligheter och
matchningar, rangordnade med varje poäng förklarad.

Public data is read without a key. Errors are RFC 9457 problem documents. Texts follow `Accept-Language` (sv, nb, en).
Samnod is a signpost, not a registered notice database.
"""


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


def create_api(state: dict[str, Any]) -> FastAPI:
    """Return the API application; `state` is what its routes read (`database`)."""
    api = FastAPI(
        title="Samnod",
        version=VERSION,
        description=_ABOUT,
        summary="Public buyers meet social enterprises",
        servers=[{"url": "/api/v1"}],
        root_path_in_servers=False,
        docs_url=None,
        redoc_url=None,
        contact={"name": "Samnod", "url": "/en/about"},
        license_info={"name": "CC BY 4.0", "identifier": "CC-BY-4.0"},
        terms_of_service="/en/about",
        max_body_size=LARGEST_BODY,
        redirect_slashes=False,
    )
    for name, value in state.items():
        setattr(api.state, name, value)
    problem.install(api)
    for router in (matching, enterprises, opportunities, reference, info):
        api.include_router(router)
    api.add_middleware(GZipMiddleware, minimum_size=2048, compresslevel=4)
    api.add_middleware(EmptyParameters)
    return api
