"""Published needs over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.accounts.permissions import NeedReader, NeedWriter
from app.accounts.writing import Home, Writes, WritingRoute, tagged
from app.core.db import Reads
from app.core.keyset import KeysetPage, keyset_page
from app.core.preconditions import IfMatch
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.journal.schemas import History
from app.needs import service
from app.needs.schemas import (
    NeedChoices,
    NeedCreate,
    NeedFacets,
    NeedFilters,
    NeedNote,
    NeedPatch,
    NeedRead,
    NeedSummary,
)
from app.needs.vocabulary import Verb

reads = APIRouter(prefix="/needs", tags=["needs"], route_class=StrictRoute)
writes = APIRouter(prefix="/needs", tags=["needs"], route_class=WritingRoute)
NeedId = Annotated[str, Path(alias="needId", description="Id of the need", max_length=64)]


@reads.get("", summary="Search needs", responses=responses(400, 401))
def search_needs(
    session: Reads,
    caller: NeedReader,
    request: Request,
    response: Response,
    filters: Annotated[NeedFilters, Query()],
) -> KeysetPage[NeedSummary]:
    """Return one page of needs, the published ones unless `status` says otherwise. `next` begins the next page."""
    found, total, following = service.search(session, filters, caller)
    return keyset_page(found, total, following, filters, request, response)


@reads.get("/facets", summary="Count what each filter would leave", responses=responses(400))
def count_needs(session: Reads, filters: Annotated[NeedChoices, Query()]) -> NeedFacets:
    """Return how many needs the filters find, and how many each further choice would leave."""
    return service.counted(session, filters)


@reads.get("/{needId}", summary="Read one need", responses=responses(401, 404))
def read_need(session: Reads, caller: NeedReader, need_id: NeedId, response: Response) -> NeedRead:
    """Return one need, whole. Its `ETag` is what a change of it sends as `If-Match`."""
    found = service.find(session, need_id, caller)
    tagged(response, found.rev)
    return found


@reads.get("/{needId}/history", summary="What has changed", responses=responses(401, 404))
def read_need_history(session: Reads, caller: NeedReader, need_id: NeedId) -> History:
    """Return the changes of a need, newest first; what it said before is for those who may edit it."""
    return service.history(session, need_id, caller)


@writes.post("", status_code=201, summary="Write a need", responses=responses(401, 403))
def register_need(session: Writes, caller: NeedWriter, home: Home, data: NeedCreate, response: Response) -> NeedRead:
    """Write the draft of a need that the key's organisation keeps, and has unless another holder is named."""
    made = service.register_for(session, data, home=home, by=caller)
    tagged(response, made.rev, f"/api/v1/needs/{made.id}")
    return made


@writes.patch("/{needId}", summary="Change a need", responses=responses(401, 403, 404, 409, 412, 428))
def change_need(
    session: Writes, caller: NeedWriter, match: IfMatch, need_id: NeedId, patch: NeedPatch, response: Response
) -> NeedRead:
    """Change what the merge patch names (RFC 7396): what is left out stays, null removes, lists are replaced whole."""
    changed = service.change(session, need_id, patch, match=match, by=caller)
    tagged(response, changed.rev)
    return changed


@writes.delete("/{needId}", status_code=204, summary="Remove a need", responses=responses(401, 403, 404, 409, 412, 428))
def remove_need(session: Writes, caller: NeedWriter, match: IfMatch, need_id: NeedId) -> None:
    """Remove a draft, or a need that is withdrawn; one that is published is withdrawn first."""
    service.remove(session, need_id, match=match, by=caller)


STEP = responses(401, 403, 404, 409)


@writes.post("/{needId}/publish", summary="Publish a need", responses=STEP)
def publish_need(session: Writes, caller: NeedWriter, need_id: NeedId, response: Response) -> NeedRead:
    """Show a draft to everybody: its holder's choice, and nobody reviews it first."""
    return _tagged(response, service.step(session, need_id, Verb.PUBLISH, by=caller))


@writes.post("/{needId}/reconfirm", summary="Say that it is still there", responses=STEP)
def reconfirm_need(session: Writes, caller: NeedWriter, need_id: NeedId, response: Response) -> NeedRead:
    """Say that a need is still there; one that has lapsed is shown again. The day is written down."""
    return _tagged(response, service.step(session, need_id, Verb.RECONFIRM, by=caller))


@writes.post("/{needId}/met", summary="Say that it has been met", responses=STEP)
def meet_need(session: Writes, caller: NeedWriter, need_id: NeedId, data: NeedNote, response: Response) -> NeedRead:
    """Say that a need has been met, and how: everybody may read it, and it is listed no longer."""
    return _tagged(response, service.step(session, need_id, Verb.MEET, by=caller, note=data.note))


@writes.post("/{needId}/withdraw", summary="Withdraw a need", responses=STEP)
def withdraw_need(session: Writes, caller: NeedWriter, need_id: NeedId, data: NeedNote, response: Response) -> NeedRead:
    """Take a need back, and say why: from then on only those who may edit it see it."""
    return _tagged(response, service.step(session, need_id, Verb.WITHDRAW, by=caller, note=data.note))


@writes.post("/{needId}/reopen", summary="Take up a need again", responses=STEP)
def reopen_need(session: Writes, caller: NeedWriter, need_id: NeedId, response: Response) -> NeedRead:
    """Make a need that was met or withdrawn a draft again."""
    return _tagged(response, service.step(session, need_id, Verb.REOPEN, by=caller))


def _tagged(response: Response, need: NeedRead) -> NeedRead:
    tagged(response, need.rev)
    return need


router = APIRouter()
router.include_router(reads)
router.include_router(writes)
