"""Requests for support over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.accounts.permissions import SupportOfferReader, SupportRequestAnswerer, SupportRequester, SupportRequestReader
from app.accounts.writing import Writes, WritingRoute, tagged
from app.core.db import Reads
from app.core.keyset import KeysetPage, keyset_page
from app.core.preconditions import MaybeIfMatch
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.support_requests import service
from app.support_requests.schemas import (
    AcceptIn,
    DeclineIn,
    OfferExperience,
    OutcomeIn,
    SupportRequestFilters,
    SupportRequestIn,
    SupportRequestRead,
    SupportRequestSummary,
)

reads = APIRouter(tags=["support-requests"], route_class=StrictRoute)
writes = APIRouter(prefix="/support-requests", tags=["support-requests"], route_class=WritingRoute)
RequestId = Annotated[str, Path(alias="supportRequestId", description="Id of the request", max_length=64)]
OfferId = Annotated[str, Path(alias="supportOfferId", description="Id of the support offer", max_length=64)]
STEP = responses(401, 403, 404, 409, 412)


@reads.get("/support-requests", summary="List own requests for support", responses=responses(400, 401))
def search_support_requests(
    session: Reads,
    caller: SupportRequestReader,
    request: Request,
    response: Response,
    filters: Annotated[SupportRequestFilters, Query()],
) -> KeysetPage[SupportRequestSummary]:
    """Return one page of what the key's organisation has asked for and is asked for. `next` begins the next page."""
    found, total, following = service.search(session, filters, caller)
    return keyset_page(found, total, following, filters, request, response)


@reads.get(
    "/support-requests/{supportRequestId}", summary="Read one request for support", responses=responses(401, 404)
)
def read_support_request(
    session: Reads, caller: SupportRequestReader, request_id: RequestId, response: Response
) -> SupportRequestRead:
    """Return one request, whole, to the enterprise that asked and to whoever answers; to others it is not there."""
    found = service.find(session, request_id, caller)
    tagged(response, found.rev)
    return found


@reads.get(
    "/support-offers/{supportOfferId}/experience",
    summary="Reply time of an offer, and whether it helped",
    responses=responses(401, 404),
)
def read_support_offer_experience(session: Reads, caller: SupportOfferReader, offer_id: OfferId) -> OfferExperience:
    """Return how soon those who asked were answered, and how much it helped: once five stand behind a figure."""
    return service.experience(session, offer_id, caller)


@writes.post("", status_code=201, summary="Ask for support", responses=responses(401, 403, 409))
def request_support(
    session: Writes, caller: SupportRequester, data: SupportRequestIn, response: Response
) -> SupportRequestRead:
    """Ask for the support of a published offer in the name of an own enterprise. One waits at a time for each offer.

    Where one waits already, the 409 holds its address in `request`.
    """
    made = service.send(session, data, by=caller)
    tagged(response, made.rev, f"/api/v1/support-requests/{made.id}")
    return made


@writes.post("/{supportRequestId}/acknowledge", summary="Say that a request was read", responses=STEP)
def acknowledge_support_request(
    session: Writes, caller: SupportRequestAnswerer, match: MaybeIfMatch, request_id: RequestId, response: Response
) -> SupportRequestRead:
    """Say that a request has been read and will be decided: another month for that begins."""
    return _tagged(response, service.acknowledge(session, request_id, by=caller, match=match))


@writes.post("/{supportRequestId}/accept", summary="Accept a request", responses=STEP)
def accept_support_request(
    session: Writes,
    caller: SupportRequestAnswerer,
    match: MaybeIfMatch,
    request_id: RequestId,
    data: AcceptIn,
    response: Response,
) -> SupportRequestRead:
    """Say that the enterprise gets the support, and how to go on."""
    return _tagged(response, service.accept(session, request_id, data, by=caller, match=match))


@writes.post("/{supportRequestId}/decline", summary="Decline a request", responses=STEP)
def decline_support_request(
    session: Writes,
    caller: SupportRequestAnswerer,
    match: MaybeIfMatch,
    request_id: RequestId,
    data: DeclineIn,
    response: Response,
) -> SupportRequestRead:
    """Say that the enterprise does not get the support, and why."""
    return _tagged(response, service.decline(session, request_id, data, by=caller, match=match))


@writes.post("/{supportRequestId}/withdraw", summary="Take a request back", responses=STEP)
def withdraw_support_request(
    session: Writes, caller: SupportRequester, match: MaybeIfMatch, request_id: RequestId, response: Response
) -> SupportRequestRead:
    """Take an own request back, until it has been accepted or declined."""
    return _tagged(response, service.withdraw(session, request_id, by=caller, match=match))


@writes.post("/{supportRequestId}/outcome", summary="Say whether it helped", responses=STEP)
def tell_support_outcome(
    session: Writes,
    caller: SupportRequester,
    match: MaybeIfMatch,
    request_id: RequestId,
    data: OutcomeIn,
    response: Response,
) -> SupportRequestRead:
    """Say whether the support of an accepted request helped. Nobody reads it; at least five are counted together."""
    return _tagged(response, service.tell_outcome(session, request_id, data, by=caller, match=match))


def _tagged(response: Response, found: SupportRequestRead) -> SupportRequestRead:
    tagged(response, found.rev)
    return found


router = APIRouter()
router.include_router(reads)
router.include_router(writes)
