"""Support offers over HTTP."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Header, Path, Query, Request, Response

from app.accounts.permissions import SupportOfferReader, SupportOfferReviewer, SupportOfferWriter
from app.accounts.writing import Home, Writes, WritingRoute, tagged
from app.core.db import Reads
from app.core.i18n import negotiate
from app.core.preconditions import IfMatch
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.journal.schemas import History
from app.support_offers import service
from app.support_offers.schemas import (
    OfferQuality,
    PageLinks,
    Reasoned,
    SupportOfferChoices,
    SupportOfferCreate,
    SupportOfferFacets,
    SupportOfferFilters,
    SupportOfferPage,
    SupportOfferPatch,
    SupportOfferRead,
)
from app.support_offers.vocabulary import Verb

reads = APIRouter(prefix="/support-offers", tags=["support-offers"], route_class=StrictRoute)
writes = APIRouter(prefix="/support-offers", tags=["support-offers"], route_class=WritingRoute)
OfferId = Annotated[str, Path(alias="supportOfferId", description="Id of the support offer", max_length=64)]
AcceptLanguage = Annotated[str | None, Header(description="Language of the advice: sv, nb or en")]


@reads.get("", summary="Search support offers", responses=responses(400, 401))
def search_support_offers(
    session: Reads,
    caller: SupportOfferReader,
    request: Request,
    response: Response,
    filters: Annotated[SupportOfferFilters, Query()],
    after_answer: BackgroundTasks,
    accept_language: AcceptLanguage = None,
) -> SupportOfferPage:
    """Return one page of offers, the published ones unless `status` says otherwise. `next` begins the next page.

    In the order `best` each row says why it stands where it stands, and what it lacks. Where nobody offers it in the
    area that was asked for, `nearest` holds what comes closest.
    """
    language = negotiate(accept_language)
    found, total, following = service.search(session, filters, caller, language=language)
    near = [] if total else service.nearest(session, filters, language=language)
    if total == 0 and (asked := service.asked_only_for(filters)):
        # Whoever keeps such searches as evidence does it when the answer has left.
        after_answer.add_task(request.app.state.misses.notice, *asked)
    here = request.url
    next_address = here.include_query_params(after=following) if following else None
    links = PageLinks(
        self=f"{here.path}?{here.query}" if here.query else here.path,
        next=f"{next_address.path}?{next_address.query}" if next_address else None,
    )
    if links.next:
        response.headers["Link"] = f'<{links.next}>; rel="next"'
    return SupportOfferPage(items=found, limit=filters.limit, total=total, next=following, links=links, nearest=near)


@reads.get("/facets", summary="Count what each filter would leave", responses=responses(400))
def count_support_offers(session: Reads, filters: Annotated[SupportOfferChoices, Query()]) -> SupportOfferFacets:
    """Return how many offers the filters find, and how many each further choice would leave."""
    return service.counted(session, filters)


@reads.get("/{supportOfferId}", summary="Read one support offer", responses=responses(401, 404))
def read_support_offer(
    session: Reads, caller: SupportOfferReader, offer_id: OfferId, response: Response
) -> SupportOfferRead:
    """Return one offer, whole. Its `ETag` is what a change of it sends as `If-Match`."""
    found = service.find(session, offer_id, caller)
    tagged(response, found.rev)
    return found


@reads.get("/{supportOfferId}/history", summary="What has changed", responses=responses(401, 404))
def read_support_offer_history(session: Reads, caller: SupportOfferReader, offer_id: OfferId) -> History:
    """Return the changes of an offer, newest first; what it said before is for those who may edit it."""
    return service.history(session, offer_id, caller)


@reads.get("/{supportOfferId}/quality", summary="How to improve an offer", responses=responses(401, 404))
def read_support_offer_quality(
    session: Reads, caller: SupportOfferReader, offer_id: OfferId, accept_language: AcceptLanguage = None
) -> OfferQuality:
    """Return how much an offer tells whoever looks for support, how to improve it, and warnings that stop nothing."""
    return service.quality(session, offer_id, negotiate(accept_language), caller)


@writes.post("", status_code=201, summary="Write a support offer", responses=responses(401, 403))
def register_support_offer(
    session: Writes, caller: SupportOfferWriter, home: Home, data: SupportOfferCreate, response: Response
) -> SupportOfferRead:
    """Write the draft of an offer that the key's organisation keeps, and gives unless another provider is named."""
    made = service.register_for(session, data, home=home, by=caller)
    tagged(response, made.rev, f"/api/v1/support-offers/{made.id}")
    return made


@writes.patch("/{supportOfferId}", summary="Change a support offer", responses=responses(401, 403, 404, 409, 412, 428))
def change_support_offer(
    session: Writes,
    caller: SupportOfferWriter,
    match: IfMatch,
    offer_id: OfferId,
    patch: SupportOfferPatch,
    response: Response,
) -> SupportOfferRead:
    """Change what the merge patch names (RFC 7396): what is left out stays, null removes, lists are replaced whole."""
    changed = service.change(session, offer_id, patch, match=match, by=caller)
    tagged(response, changed.rev)
    return changed


@writes.delete(
    "/{supportOfferId}",
    status_code=204,
    summary="Remove a support offer",
    responses=responses(401, 403, 404, 409, 412, 428),
)
def remove_support_offer(session: Writes, caller: SupportOfferWriter, match: IfMatch, offer_id: OfferId) -> None:
    """Remove a draft, or an offer that is archived; one that is published is archived first."""
    service.remove(session, offer_id, match=match, by=caller)


STEP = responses(401, 403, 404, 409)


@writes.post("/{supportOfferId}/submit", summary="Ask for review", responses=STEP)
def submit_support_offer(
    session: Writes, caller: SupportOfferWriter, offer_id: OfferId, response: Response
) -> SupportOfferRead:
    """Hand a draft to the coordinator of the region."""
    return _tagged(response, service.step(session, offer_id, Verb.SUBMIT, by=caller))


@writes.post("/{supportOfferId}/return", summary="Send back to its writer", responses=STEP)
def return_support_offer(
    session: Writes, caller: SupportOfferWriter, offer_id: OfferId, data: Reasoned, response: Response
) -> SupportOfferRead:
    """Make what is in review a draft again, and say what is missing; its writer may also take it back."""
    return _tagged(response, service.step(session, offer_id, Verb.RETURN, by=caller, note=data.note))


@writes.post("/{supportOfferId}/publish", summary="Publish a reviewed offer", responses=STEP)
def publish_support_offer(
    session: Writes, caller: SupportOfferReviewer, offer_id: OfferId, response: Response
) -> SupportOfferRead:
    """Show what is in review to everybody: who looks after the region does."""
    return _tagged(response, service.step(session, offer_id, Verb.PUBLISH, by=caller))


@writes.post("/{supportOfferId}/reconfirm", summary="Say that it still holds", responses=STEP)
def reconfirm_support_offer(
    session: Writes, caller: SupportOfferWriter, offer_id: OfferId, response: Response
) -> SupportOfferRead:
    """Say that a published offer holds as it stands; one that was suspended is shown again. The day is written down."""
    return _tagged(response, service.step(session, offer_id, Verb.RECONFIRM, by=caller))


@writes.post("/{supportOfferId}/suspend", summary="Suspend an offer", responses=STEP)
def suspend_support_offer(
    session: Writes, caller: SupportOfferWriter, offer_id: OfferId, data: Reasoned, response: Response
) -> SupportOfferRead:
    """Take a published offer out of the list until it is confirmed again, and say why."""
    return _tagged(response, service.step(session, offer_id, Verb.SUSPEND, by=caller, note=data.note))


@writes.post("/{supportOfferId}/archive", summary="Archive an offer", responses=STEP)
def archive_support_offer(
    session: Writes, caller: SupportOfferWriter, offer_id: OfferId, data: Reasoned, response: Response
) -> SupportOfferRead:
    """Say that an offer is no longer given, and why; it stays to be read."""
    return _tagged(response, service.step(session, offer_id, Verb.ARCHIVE, by=caller, note=data.note))


@writes.post("/{supportOfferId}/reopen", summary="Take up an archived offer", responses=STEP)
def reopen_support_offer(
    session: Writes, caller: SupportOfferWriter, offer_id: OfferId, response: Response
) -> SupportOfferRead:
    """Make an archived offer a draft again."""
    return _tagged(response, service.step(session, offer_id, Verb.REOPEN, by=caller))


def _tagged(response: Response, offer: SupportOfferRead) -> SupportOfferRead:
    tagged(response, offer.rev)
    return offer


router = APIRouter()
router.include_router(reads)
router.include_router(writes)
