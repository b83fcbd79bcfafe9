"""Claims over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.accounts import attempts
from app.accounts.permissions import ModerationReader, Moderator
from app.accounts.vocabulary import Attempted
from app.accounts.writing import Writes, WritingRoute
from app.claims import service
from app.claims.schemas import ClaimFilters, ClaimIn, ClaimRead, ClaimReceipt
from app.core.db import Reads, database_of
from app.core.limits import address_of, household
from app.core.paging import Page, page_of
from app.core.problem import responses
from app.core.strict import StrictRoute

reads = APIRouter(tags=["claims"], route_class=StrictRoute)
writes = APIRouter(tags=["claims"], route_class=WritingRoute)
EnterpriseId = Annotated[str, Path(alias="enterpriseId", description="Id of the enterprise", max_length=64)]
ClaimId = Annotated[str, Path(alias="claimId", description="Id of the claim", max_length=64)]


@reads.post(
    "/enterprises/{enterpriseId}/claims",
    status_code=202,
    summary="Claim an enterprise",
    responses=responses(400, 404, 413, 415, 422, 429, 503),
)
def claim_enterprise(request: Request, enterprise_id: EnterpriseId, data: ClaimIn) -> ClaimReceipt:
    """Say that an enterprise is one's own. No key is needed, and ten in five minutes are taken from one address.

    The coordinator of the region finds out; what becomes of it is sent to the address.
    """
    database = database_of(request)
    subjects = (data.email, f"from {household(address_of(request.scope))}")
    attempts.count(database, Attempted.CLAIM, subjects, secret=request.app.state.secret)
    with database.writes() as session:
        return service.submit(session, enterprise_id, data)


@reads.get("/claims", summary="Read the claims", responses=responses(400, 401, 403))
def list_claims(
    session: Reads,
    caller: ModerationReader,
    request: Request,
    response: Response,
    filters: Annotated[ClaimFilters, Query()],
) -> Page[ClaimRead]:
    """Return one page of the claims in the coordinator's region, the oldest first."""
    found, total = service.listed(session, filters, by=caller)
    return page_of(found, total, filters, request, response)


@writes.post("/claims/{claimId}/verify", summary="Verify a claim", responses=responses(400, 401, 403, 404, 409))
def verify_claim(session: Writes, caller: Moderator, request: Request, claim_id: ClaimId) -> ClaimRead:
    """Give the record into the hands of the claimant's organisation; `reason` says how you found out."""
    return service.verify(session, claim_id, secret=request.app.state.secret, by=caller)


@writes.post("/claims/{claimId}/refuse", summary="Refuse a claim", responses=responses(400, 401, 403, 404, 409))
def refuse_claim(session: Writes, caller: Moderator, claim_id: ClaimId) -> ClaimRead:
    """Refuse a claim; `reason` is told to the claimant."""
    return service.refuse(session, claim_id, by=caller)


router = APIRouter()
router.include_router(reads)
router.include_router(writes)
