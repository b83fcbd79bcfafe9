"""Corrections of support offers over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from app.accounts import attempts
from app.accounts.permissions import SupportOfferKeeper, SupportOfferReader, SupportOfferWriter
from app.accounts.vocabulary import Attempted
from app.accounts.writing import Writes, WritingRoute
from app.core.db import Reads, database_of
from app.core.limits import address_of, household
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.support_offers import corrections
from app.support_offers.schemas import (
    CorrectionAccept,
    CorrectionIn,
    CorrectionList,
    CorrectionRead,
    CorrectionReceipt,
    Reasoned,
)

reads = APIRouter(prefix="/support-offers", tags=["support-offers"], route_class=StrictRoute)
writes = APIRouter(prefix="/support-offers", tags=["support-offers"], route_class=WritingRoute)
OfferId = Annotated[str, Path(alias="supportOfferId", description="Id of the support offer", max_length=64)]
CorrectionId = Annotated[str, Path(alias="correctionId", description="Id of the correction", max_length=64)]


@reads.post(
    "/{supportOfferId}/corrections",
    status_code=202,
    summary="Correct a support offer",
    responses=responses(400, 401, 404, 409, 413, 415, 422, 429),
)
def correct_support_offer(
    request: Request, caller: SupportOfferReader, offer_id: OfferId, data: CorrectionIn
) -> CorrectionReceipt:
    """Tell whoever keeps the offer what is wrong or out of date. No key is needed; nothing is kept of who tells.

    Ten in five minutes are taken from one address.
    """
    database = database_of(request)
    here = household(address_of(request.scope))
    attempts.count(database, Attempted.REPORT, (f"from {here}",), secret=request.app.state.secret)
    with database.writes() as session:
        return corrections.propose(session, offer_id, data, by=caller)


@reads.get("/{supportOfferId}/corrections", summary="Read an offer's corrections", responses=responses(401, 403, 404))
def list_support_offer_corrections(session: Reads, caller: SupportOfferKeeper, offer_id: OfferId) -> CorrectionList:
    """Return what has been corrected and what became of it, the oldest first, for those who may edit the offer."""
    return CorrectionList(items=corrections.of_offer(session, offer_id, by=caller))


@writes.post(
    "/{supportOfferId}/corrections/{correctionId}/accept",
    summary="Accept a correction",
    responses=responses(401, 403, 404, 409),
)
def accept_support_offer_correction(
    session: Writes, caller: SupportOfferWriter, offer_id: OfferId, correction_id: CorrectionId, data: CorrectionAccept
) -> CorrectionRead:
    """Say that a correction is right. `led_to` says what it leads to: that is done in the same moment."""
    return corrections.accept(session, offer_id, correction_id, data, by=caller)


@writes.post(
    "/{supportOfferId}/corrections/{correctionId}/reject",
    summary="Reject a correction",
    responses=responses(401, 403, 404, 409),
)
def reject_support_offer_correction(
    session: Writes, caller: SupportOfferWriter, offer_id: OfferId, correction_id: CorrectionId, data: Reasoned
) -> CorrectionRead:
    """Say that a correction is not right, and why; it stays to be read by those who may edit the offer."""
    return corrections.reject(session, offer_id, correction_id, data.note, by=caller)


router = APIRouter()
router.include_router(reads)
router.include_router(writes)
