"""Gaps over HTTP: the map, what meets a need, and which needs an offer meets."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response

from app.accounts.permissions import NeedReader, SupportOfferReader
from app.core.db import Reads
from app.core.i18n import negotiate
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.gaps import service
from app.gaps.schemas import GapExport, GapFilters, GapMap, NeedAnswers, OfferAnswers
from app.gaps.vocabulary import MapForm

router = APIRouter(tags=["gaps"], route_class=StrictRoute)
NeedId = Annotated[str, Path(alias="needId", description="Id of the need", max_length=64)]
OfferId = Annotated[str, Path(alias="supportOfferId", description="Id of the support offer", max_length=64)]
AcceptLanguage = Annotated[str | None, Header(description="Language of the texts: sv, nb or en")]
Limit = Annotated[int, Query(ge=1, le=100, description="Rows, at most one hundred")]
_TOLD = "The gap map, a row for each need in each area"
_WHY = "A table for spreadsheet programs; the operation beside this one gives the same as JSON"
_AS_CSV = "Område;Områdeskod;Behov\r\nNorrbottens län;SE-25;Rådgivning\r\n"
_TABLES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": _TOLD,
        "content": {
            media: {
                "schema": schema | {"description": _TOLD},
                "example": example,
                "x-why-not-json": _WHY,
            }
            for media, schema, example in (
                (service.TYPES[MapForm.CSV], {"type": "string"}, _AS_CSV),
                (service.TYPES[MapForm.XLSX], {"type": "string", "format": "binary"}, "gap-map.xlsx"),
            )
        },
    }
}


@router.get("/gap-map", summary="Where support is missing", responses=responses(400))
def read_gap_map(session: Reads, filters: Annotated[GapFilters, Query()]) -> GapMap:
    """Return, need by need and area by area, what is offered, what is needed and searched for, and what that means.

    Offers for a larger area and those at a distance are told apart. Numbers of survey answers under five are hidden,
    and so are searches.
    """
    return service.gap_map(session, filters)


@router.get(
    "/gap-map/export", summary="The same as a table", response_class=Response, responses=responses(400) | _TABLES
)
def export_gap_map(
    session: Reads,
    wanted: Annotated[GapExport, Query()],
    accept_language: AcceptLanguage = None,
) -> Response:
    """Return the gap map as a table, in the reader's language."""
    filters = GapFilters(area=wanted.area, side=wanted.side, sort=wanted.sort)
    table = service.as_file(service.gap_map(session, filters), wanted.format, negotiate(accept_language))
    headers = {"Content-Disposition": f'attachment; filename="samnod-gap-map.{wanted.format.value}"'}
    return Response(table, media_type=service.TYPES[wanted.format], headers=headers)


@router.get("/needs/{needId}/offers", summary="What meets a need", responses=responses(401, 404))
def match_need(
    session: Reads, caller: NeedReader, need_id: NeedId, limit: Limit = 20, accept_language: AcceptLanguage = None
) -> NeedAnswers:
    """Return the offers that answer a published need, the best first, each with reasons and what it lacks.

    Where nobody offers it, `nearest` holds what comes closest.
    """
    return service.offers_for(session, need_id, by=caller, language=negotiate(accept_language), limit=limit)


@router.get(
    "/support-offers/{supportOfferId}/needs", summary="Which needs an offer meets", responses=responses(401, 404)
)
def match_support_offer(
    session: Reads,
    caller: SupportOfferReader,
    offer_id: OfferId,
    limit: Limit = 20,
    accept_language: AcceptLanguage = None,
) -> OfferAnswers:
    """Return the published needs that an offer meets, the most urgent first, and what surveys of its areas say."""
    return service.needs_for(session, offer_id, by=caller, language=negotiate(accept_language), limit=limit)
