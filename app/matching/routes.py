"""Matching over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query

from app.core.db import Reads
from app.core.i18n import negotiate
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.matching import service
from app.matching.schemas import Completeness, Matches, MatchQuestion, ReverseMatches

router = APIRouter(tags=["matches"], route_class=StrictRoute)
Limit = Annotated[int, Query(ge=1, le=100, description="How many to return, at most one hundred")]
AcceptLanguage = Annotated[str | None, Header(description="Language of the texts: sv, nb or en")]
EnterpriseId = Annotated[str, Path(alias="enterpriseId", description="Id of the enterprise", max_length=64)]
OpportunityId = Annotated[str, Path(alias="opportunityId", description="Id of the opportunity", max_length=64)]


@router.post("/matches/preview", summary="Match a need", responses=responses(400, 413, 415, 422))
def preview_matches(
    session: Reads, question: MatchQuestion, limit: Limit = 20, accept_language: AcceptLanguage = None
) -> Matches:
    """Return ranked and explained enterprises for a need. Nothing is stored, and no key is needed."""
    return service.preview(session, question, limit=limit, language=negotiate(accept_language))


@router.get("/opportunities/{opportunityId}/matches", summary="Match an opportunity", responses=responses(400, 404))
def match_opportunity(
    session: Reads, opportunity_id: OpportunityId, limit: Limit = 20, accept_language: AcceptLanguage = None
) -> Matches:
    """Return the enterprises that fit a published opportunity."""
    return service.for_opportunity(session, opportunity_id, limit=limit, language=negotiate(accept_language))


@router.get(
    "/enterprises/{enterpriseId}/completeness", summary="What a record lacks, by effect", responses=responses(400, 404)
)
def enterprise_completeness(
    session: Reads, enterprise_id: EnterpriseId, accept_language: AcceptLanguage = None
) -> Completeness:
    """Return what an enterprise could add to its record, and what each addition would give among what is open now.

    Counted by scoring the enterprise with the addition, never guessed.
    """
    return service.completeness(session, enterprise_id, language=negotiate(accept_language))


@router.get("/enterprises/{enterpriseId}/matches", summary="Match an enterprise", responses=responses(400, 404))
def match_enterprise(
    session: Reads, enterprise_id: EnterpriseId, limit: Limit = 20, accept_language: AcceptLanguage = None
) -> ReverseMatches:
    """Return the open opportunities that fit an enterprise."""
    return service.for_enterprise(session, enterprise_id, limit=limit, language=negotiate(accept_language))
