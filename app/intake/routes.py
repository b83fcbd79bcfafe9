"""Requests for cooperation over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from app.accounts.permissions import CooperationHandler, CooperationReader, CooperationRequester
from app.accounts.writing import NodeSecret, Writes, WritingRoute, tagged
from app.core.db import Reads
from app.core.i18n import negotiate
from app.core.keyset import KeysetPage, keyset_page
from app.core.preconditions import MaybeIfMatch
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.intake import service
from app.intake.schemas import (
    ChecklistIn,
    CooperationFilters,
    CooperationIn,
    CooperationRead,
    CooperationSummary,
    DecisionIn,
    ExamineIn,
    ProposalIn,
    ReturnIn,
    SupplementIn,
)

reads = APIRouter(prefix="/cooperation-requests", tags=["cooperation"], route_class=StrictRoute)
writes = APIRouter(prefix="/cooperation-requests", tags=["cooperation"], route_class=WritingRoute)
RequestId = Annotated[str, Path(alias="cooperationRequestId", description="Id of the request", max_length=64)]
AcceptLanguage = Annotated[str | None, Header(description="Language of the warnings: sv, nb or en")]
STEP = responses(401, 403, 404, 409, 412)


@reads.get("", summary="List requests for cooperation", responses=responses(400, 401))
def search_cooperation_requests(
    session: Reads,
    caller: CooperationReader,
    request: Request,
    response: Response,
    filters: Annotated[CooperationFilters, Query()],
) -> KeysetPage[CooperationSummary]:
    """Return one page of the key's own requests, and for a coordinator those of the region. `next` begins the next."""
    found, total, following = service.search(session, filters, caller)
    return keyset_page(found, total, following, filters, request, response)


@reads.get("/{cooperationRequestId}", summary="Read one request for cooperation", responses=responses(401, 404))
def read_cooperation_request(
    session: Reads,
    caller: CooperationReader,
    request_id: RequestId,
    response: Response,
    accept_language: AcceptLanguage = None,
) -> CooperationRead:
    """Return one request, whole, to whoever asked and to whoever handles it; to others it is not there."""
    found = service.find(session, request_id, caller, negotiate(accept_language))
    tagged(response, found.rev)
    return found


@writes.post("", status_code=201, summary="Ask for cooperation", responses=responses(401, 403))
def request_cooperation(
    session: Writes, caller: CooperationRequester, secret: NodeSecret, data: CooperationIn, response: Response
) -> CooperationRead:
    """Send a request to the one receiver of the region: its coordinator."""
    made = service.submit(session, data, by=caller, secret=secret)
    tagged(response, made.rev, f"/api/v1/cooperation-requests/{made.id}")
    return made


@writes.post("/{cooperationRequestId}/supplement", summary="Add to a request", responses=STEP)
def supplement_cooperation_request(
    session: Writes,
    caller: CooperationRequester,
    match: MaybeIfMatch,
    request_id: RequestId,
    data: SupplementIn,
    response: Response,
) -> CooperationRead:
    """Add something to an own request that waits; the coordinator is told."""
    return _tagged(response, service.supplement(session, request_id, data, by=caller, match=match))


@writes.post("/{cooperationRequestId}/withdraw", summary="Take a request back", responses=STEP)
def withdraw_cooperation_request(
    session: Writes, caller: CooperationRequester, match: MaybeIfMatch, request_id: RequestId, response: Response
) -> CooperationRead:
    """Take an own request back, until it is decided."""
    return _tagged(response, service.withdraw(session, request_id, by=caller, match=match))


@writes.post("/{cooperationRequestId}/examine", summary="Examine a request", responses=STEP)
def examine_cooperation_request(
    session: Writes,
    caller: CooperationHandler,
    secret: NodeSecret,
    match: MaybeIfMatch,
    request_id: RequestId,
    data: ExamineIn,
    response: Response,
) -> CooperationRead:
    """Take a request up to examine the possibilities of a cooperation."""
    return _tagged(response, service.examine(session, request_id, data, by=caller, secret=secret, match=match))


@writes.post("/{cooperationRequestId}/checklist", summary="Go through the rules of a partnership", responses=STEP)
def check_cooperation_request(
    session: Writes,
    caller: CooperationHandler,
    match: MaybeIfMatch,
    request_id: RequestId,
    data: ChecklistIn,
    response: Response,
) -> CooperationRead:
    """Say whether the six rules hold; what speaks against a partnership is warned of, and stops nothing."""
    return _tagged(response, service.check(session, request_id, data, by=caller, match=match))


@writes.post("/{cooperationRequestId}/propose", summary="Propose a decision", responses=STEP)
def propose_cooperation_decision(
    session: Writes,
    caller: CooperationHandler,
    secret: NodeSecret,
    match: MaybeIfMatch,
    request_id: RequestId,
    data: ProposalIn,
    response: Response,
) -> CooperationRead:
    """Propose a decision by one of four routes: dialogue, partnership, grant, or socially responsible procurement."""
    return _tagged(response, service.propose(session, request_id, data, by=caller, secret=secret, match=match))


@writes.post("/{cooperationRequestId}/return", summary="Take a proposal back", responses=STEP)
def return_cooperation_proposal(
    session: Writes,
    caller: CooperationHandler,
    secret: NodeSecret,
    match: MaybeIfMatch,
    request_id: RequestId,
    data: ReturnIn,
    response: Response,
) -> CooperationRead:
    """Take a proposal back, to examine the request further."""
    return _tagged(response, service.take_back(session, request_id, data, by=caller, secret=secret, match=match))


@writes.post("/{cooperationRequestId}/decide", summary="Tell what was decided", responses=STEP)
def decide_cooperation_request(
    session: Writes,
    caller: CooperationHandler,
    secret: NodeSecret,
    match: MaybeIfMatch,
    request_id: RequestId,
    data: DecisionIn,
    response: Response,
) -> CooperationRead:
    """Tell what was decided upon the proposal, and why."""
    return _tagged(response, service.decide(session, request_id, data, by=caller, secret=secret, match=match))


def _tagged(response: Response, found: CooperationRead) -> CooperationRead:
    tagged(response, found.rev)
    return found


router = APIRouter()
router.include_router(reads)
router.include_router(writes)
