"""The JSON API: its own application, mounted at /api/v1, with its own errors and documentation."""

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from pydantic import BaseModel

from app.core import openapi, problem
from app.core.strict import StrictRoute
from app.core.traffic import HeadAsGet, NoSniffing, Revalidation
from app.enterprises.routes import router as enterprises
from app.matching.routes import router as matching
from app.matching.vocabulary import MAX_POINTS, Criterion
from app.opportunities.routes import router as opportunities
from app.reference.routes import router as reference

VERSION = "1.0.0"
RELEASED = "2026-11-21"
_ABOUT = """
Samnod joins public buyers and social enterprises in Sweden and Norway: a registry of social enterprises, procurement
opportunities, and matches between them, ranked with every point explained.

Samnod kopplar samman offentliga köpare och sociala företag i Sverige och Norge: ett register, affärsmöjligheter och
matchningar, rangordnade med varje poäng förklarad.

Public data is read without a key. Errors are RFC 9457 problem documents. Texts follow `Accept-Language` (sv, nb, en).
Samnod is a signpost, not a registered notice database.
"""

# Examples for the document, by the field's name (or `Schema.field`) where the schema gives none.
EXAMPLES = {
    "ApiInfo.apiName": "Samnod",
    "ApiInfo.apiVersion": VERSION,
    "ApiInfo.apiReleased": RELEASED,
    "ApiInfo.apiDocumentation": "/api/v1/openapi.json",
    "ApiInfo.apiStatus": "active",
    "Gap.criterion": "capacity",
    "Gap.text": "Omsättning: uppgift saknas",
    "Labels.en": "Cleaning services",
    "Labels.nb": "Rengjøringstjenester",
    "Labels.sv": "Städtjänster",
    "Links.next": "/api/v1/enterprises?page=2&limit=20",
    "Links.prev": None,
    "Links.self": "/api/v1/enterprises?page=1&limit=20",
    "MatchedOpportunity.deadline_at": "2026-12-21T22:59:00Z",
    "MatchedOpportunity.title": "Städning av skolor",
    "OpportunityRead.description": "Daglig städning av fyra skolor.",
    "OpportunityRead.title": "Städning av skolor",
    "OpportunitySummary.title": "Städning av skolor",
    "Relaxation.change": "remove-reservation",
    "Relaxation.text": "Ta bort reservationen",
    "aliases": "Exempel Städ",
    "area_code": "SE-2281",
    "area_codes": "SE-2281",
    "buyer_area": "SE-2281",
    "buyer_name": "Exempelstads kommun",
    "buyer_number": None,
    "contact_email": "info@example.invalid",
    "contact_function": "Kundtjänst",
    "country": "SE",
    "cpv": "90910000",
    "cpv_additional": "90911200",
    "cpv_main": "90910000",
    "criterion": "what",
    "CriterionRead.criterion": "democratic_eu",
    "currency": "SEK",
    "description": "Daglig städning av kontor och skolor.",
    "duration_months": 24,
    "eligibility": "eligible",
    "foreign_areas": "FI1D",
    "founded_year": 2015,
    "home": "local",
    "id": "5b0c1a6e-3f0e-4d0a-9d5e-2f6f0f6f7a10",
    "industry_codes": "81210",
    "kind": "cpv",
    "language": "sv",
    "languages": "sv",
    "legal_basis": "LOU 4 kap. 18 §",
    "legal_form": "ek_for",
    "lifecycle": "active",
    "lot": "LOT-0001",
    "max_points": MAX_POINTS[Criterion.WHAT],
    "name": "Exempel Städkompaniet",
    "CertificateRead.name": "Exempelintyg",
    "notice_id": None,
    "notice_number": None,
    "notice_source": None,
    "notice_subtype": None,
    "notice_version": None,
    "number": "LOT-0001",
    "objectives": "opp",
    "official_url": "https://www.example.org/",
    "organisation_number": None,
    "parent": "90900000",
    "place": "Sundsvall",
    "places_free": 2,
    "places_wanted": 2,
    "points": 30,
    "procedure_type": "open",
    "reserved_participation": "res-ws",
    # The sum of its reasons, of which the example has one.
    "score": 30,
    "sectors": "cleaning",
    "service_areas": "SE-22",
    "source": "exempel",
    "source_year": 2026,
    "srpp_areas": "employment_opportunities",
    "status": "published",
    "summary": "Ett påhittat företag som städar.",
    "target_groups": "far_from_labour_market",
    "text": "Erbjuder städtjänster (90910000)",
    "title": "Kontorsstädning",
    "value": "90910000",
    "value_minor": 60_000_000,
    "website": "https://www.example.org/",
}


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
        contact={"name": "Samnod"},
        license_info={"name": "CC BY 4.0", "identifier": "CC-BY-4.0"},
        terms_of_service="/en/about",
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,
    )
    for name, value in state.items():
        setattr(api.state, name, value)
    problem.install(api)
    for router in (matching, enterprises, opportunities, reference, info):
        api.include_router(router)
    openapi.install(api, EXAMPLES)
    # The last one added is the first to see a request.
    api.add_middleware(Revalidation)
    api.add_middleware(GZipMiddleware, minimum_size=2048, compresslevel=4)
    api.add_middleware(HeadAsGet)
    api.add_middleware(NoSniffing)
    return api
