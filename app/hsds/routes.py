"""The projection over HTTP: reads only, for everybody, without a key."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request

from app.core.db import Reads
from app.core.i18n import Texts, negotiate, texts
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.hsds import service
from app.hsds.schemas import (
    Meta,
    OrganizationQuery,
    OrganizationRow,
    OrganizationWithServices,
    Page,
    PageQuery,
    Service,
    ServiceQuery,
    ServiceRow,
    Taxonomy,
    Term,
    TermQuery,
)
from app.hsds.vocabulary import PROFILE, VERSION

router = APIRouter(route_class=StrictRoute)
AcceptLanguage = Annotated[str | None, Header(description="Language of what we say ourselves: sv, nb or en")]
RecordId = Annotated[str, Path(alias="id", description="Id of the record", max_length=64)]


@router.get("/", summary="About this API")
async def read_meta(request: Request) -> Meta:
    """Return the version of the standard, what this is a profile of, and where its document is."""
    base = request.app.state.base_url or str(request.base_url)
    return Meta(version=VERSION, profile=PROFILE, openapi_url=f"{base.rstrip('/')}/hsds/openapi.json")


@router.get("/services", summary="List services", responses=responses(400), response_model_exclude_none=True)
def list_services(
    session: Reads, query: Annotated[ServiceQuery, Query()], accept_language: AcceptLanguage = None
) -> Page[ServiceRow] | Page[Service]:
    """Return one page of the services that can be had now, by id; `full` brings all that belongs to each."""
    if query.full:
        return service.list_whole_services(session, query, _say(accept_language))
    return service.list_services(session, query, _say(accept_language))


@router.get("/services/{id}", summary="Read a service", responses=responses(404), response_model_exclude_none=True)
def read_service(session: Reads, record_id: RecordId, accept_language: AcceptLanguage = None) -> Service:
    """Return one service with all that belongs to it; one that has left the list says so in its status."""
    return service.find_service(session, record_id, _say(accept_language))


@router.get("/organizations", summary="List organisations", responses=responses(400), response_model_exclude_none=True)
def list_organizations(
    session: Reads, query: Annotated[OrganizationQuery, Query()], accept_language: AcceptLanguage = None
) -> Page[OrganizationRow]:
    """Return one page of the organisations that give a service now, by id."""
    return service.list_organizations(session, query, _say(accept_language))


@router.get(
    "/organizations/{id}", summary="Read an organisation", responses=responses(404), response_model_exclude_none=True
)
def read_organization(
    session: Reads, record_id: RecordId, accept_language: AcceptLanguage = None
) -> OrganizationWithServices:
    """Return one organisation with what belongs to it, and the services that it gives now."""
    return service.find_organization(session, record_id, _say(accept_language))


@router.get("/taxonomies", summary="List taxonomies", responses=responses(400))
async def list_taxonomies(
    query: Annotated[PageQuery, Query()], accept_language: AcceptLanguage = None
) -> Page[Taxonomy]:
    """Return one page of the lists of words that services are described by."""
    return service.list_taxonomies(query, _say(accept_language))


@router.get("/taxonomies/{id}", summary="Read a taxonomy", responses=responses(404))
async def read_taxonomy(record_id: RecordId, accept_language: AcceptLanguage = None) -> Taxonomy:
    """Return one taxonomy."""
    return service.find_taxonomy(record_id, _say(accept_language))


@router.get("/taxonomy_terms", summary="List terms", responses=responses(400))
async def list_terms(query: Annotated[TermQuery, Query()], accept_language: AcceptLanguage = None) -> Page[Term]:
    """Return one page of the terms of one taxonomy, or of all."""
    return service.list_terms(query, _say(accept_language))


@router.get("/taxonomy_terms/{id}", summary="Read a term", responses=responses(404))
async def read_term(record_id: RecordId, accept_language: AcceptLanguage = None) -> Term:
    """Return one term."""
    return service.find_term(record_id, _say(accept_language))


def _say(accept_language: str | None) -> Texts:
    return texts(negotiate(accept_language))
