"""Moderation over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.accounts import attempts
from app.accounts.permissions import (
    EnterpriseReader,
    ModerationReader,
    Moderator,
    OpportunityReader,
    SupportOfferReader,
)
from app.accounts.vocabulary import Attempted, Caller
from app.accounts.writing import Writes, WritingRoute
from app.core.db import Reads, database_of
from app.core.limits import address_of, household
from app.core.paging import Page, page_of
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.moderation import service
from app.moderation.schemas import ActFilters, ActRead, ReportFilters, ReportIn, ReportRead
from app.moderation.vocabulary import Subject

reads = APIRouter(tags=["moderation"], route_class=StrictRoute)
writes = APIRouter(tags=["moderation"], route_class=WritingRoute)
EnterpriseId = Annotated[str, Path(alias="enterpriseId", description="Id of the enterprise", max_length=64)]
OpportunityId = Annotated[str, Path(alias="opportunityId", description="Id of the opportunity", max_length=64)]
SupportOfferId = Annotated[str, Path(alias="supportOfferId", description="Id of the support offer", max_length=64)]
ReportId = Annotated[str, Path(alias="reportId", description="Id of the report", max_length=64)]
ActId = Annotated[str, Path(alias="actId", description="Id of the act", max_length=64)]


def _taken(request: Request, subject: Subject, record_id: str, data: ReportIn, by: Caller | None) -> ReportRead:
    """Write a report down, unless too many come from one address."""
    database = database_of(request)
    here = household(address_of(request.scope))
    attempts.count(database, Attempted.REPORT, (f"from {here}",), secret=request.app.state.secret)
    with database.writes() as session:
        return service.report(session, subject, record_id, data, by=by)


@reads.post(
    "/enterprises/{enterpriseId}/reports",
    status_code=202,
    summary="Report an enterprise",
    responses=responses(400, 401, 404, 413, 415, 422, 429),
)
def report_enterprise(
    request: Request, caller: EnterpriseReader, enterprise_id: EnterpriseId, data: ReportIn
) -> ReportRead:
    """Tell the coordinator of the region what is wrong with the record. No key is needed; nothing is kept of who tells.

    Ten in five minutes are taken from one address. The keeper of a record that was hidden objects here, with its key.
    """
    return _taken(request, Subject.ENTERPRISE, enterprise_id, data, caller)


@reads.post(
    "/opportunities/{opportunityId}/reports",
    status_code=202,
    summary="Report an opportunity",
    responses=responses(400, 401, 404, 413, 415, 422, 429),
)
def report_opportunity(
    request: Request, caller: OpportunityReader, opportunity_id: OpportunityId, data: ReportIn
) -> ReportRead:
    """Tell the coordinator of the region what is wrong with the record; as for an enterprise."""
    return _taken(request, Subject.OPPORTUNITY, opportunity_id, data, caller)


@reads.post(
    "/support-offers/{supportOfferId}/reports",
    status_code=202,
    summary="Report a support offer",
    responses=responses(400, 401, 404, 413, 415, 422, 429),
)
def report_support_offer(
    request: Request, caller: SupportOfferReader, offer_id: SupportOfferId, data: ReportIn
) -> ReportRead:
    """Tell the coordinator of the region that an offer should not be here; as for an enterprise.

    What its provider can put right is better sent to `corrections`: they go to whoever keeps the offer.
    """
    return _taken(request, Subject.SUPPORT_OFFER, offer_id, data, caller)


@reads.get("/reports", summary="Read the reports", responses=responses(400, 401, 403))
def list_reports(
    session: Reads,
    caller: ModerationReader,
    request: Request,
    response: Response,
    filters: Annotated[ReportFilters, Query()],
) -> Page[ReportRead]:
    """Return one page of the reports in the coordinator's region, the oldest first."""
    found, total = service.reports(session, filters, by=caller)
    return page_of(found, total, filters, request, response)


@reads.get("/moderation-acts", summary="Read what was done", responses=responses(400, 401, 403))
def list_moderation_acts(
    session: Reads,
    caller: ModerationReader,
    request: Request,
    response: Response,
    filters: Annotated[ActFilters, Query()],
) -> Page[ActRead]:
    """Return one page of what coordinators did in the region and why, the newest first."""
    found, total = service.acts(session, filters, by=caller)
    return page_of(found, total, filters, request, response)


@writes.post("/reports/{reportId}/dismiss", summary="Dismiss a report", responses=responses(401, 403, 404, 409))
def dismiss_report(session: Writes, caller: Moderator, report_id: ReportId) -> ActRead:
    """Close a report without doing anything to the record; `reason` says why."""
    return service.dismiss(session, report_id, by=caller)


@writes.post("/moderation-acts/{actId}/undo", summary="Take back an act", responses=responses(401, 403, 404, 409))
def undo_moderation_act(session: Writes, caller: Moderator, act_id: ActId) -> ActRead:
    """Let everything be as it was before an act, open reports too; `reason` says why."""
    return service.undo(session, act_id, by=caller)


@writes.post("/enterprises/{enterpriseId}/hide", summary="Hide an enterprise", responses=responses(401, 403, 404, 409))
def hide_enterprise(session: Writes, caller: Moderator, enterprise_id: EnterpriseId) -> ActRead:
    """Let nobody see an enterprise but those who may edit it; `reason` is told to its keeper."""
    return service.hide(session, Subject.ENTERPRISE, enterprise_id, by=caller)


@writes.post(
    "/enterprises/{enterpriseId}/restore", summary="Show an enterprise again", responses=responses(401, 403, 404, 409)
)
def restore_enterprise(session: Writes, caller: Moderator, enterprise_id: EnterpriseId) -> ActRead:
    """Show an enterprise that was hidden to everybody again; `reason` is told to its keeper."""
    return service.restore(session, Subject.ENTERPRISE, enterprise_id, by=caller)


@writes.post(
    "/enterprises/{enterpriseId}/remind",
    summary="Remind an enterprise's keeper",
    responses=responses(401, 403, 404, 409),
)
def remind_keeper(session: Writes, caller: Moderator, enterprise_id: EnterpriseId) -> ActRead:
    """Write to whoever keeps an enterprise that nobody has confirmed for a year, at most once in thirty days.

    No reason is asked for: a letter changes nothing of the record, and cannot be taken back.
    """
    return service.remind(session, enterprise_id, by=caller)


@writes.post(
    "/opportunities/{opportunityId}/hide", summary="Hide an opportunity", responses=responses(401, 403, 404, 409)
)
def hide_opportunity(session: Writes, caller: Moderator, opportunity_id: OpportunityId) -> ActRead:
    """Let nobody see an opportunity but those who may edit it; `reason` is told to its keeper."""
    return service.hide(session, Subject.OPPORTUNITY, opportunity_id, by=caller)


@writes.post(
    "/opportunities/{opportunityId}/restore",
    summary="Show an opportunity again",
    responses=responses(401, 403, 404, 409),
)
def restore_opportunity(session: Writes, caller: Moderator, opportunity_id: OpportunityId) -> ActRead:
    """Show an opportunity that was hidden to everybody again; `reason` is told to its keeper."""
    return service.restore(session, Subject.OPPORTUNITY, opportunity_id, by=caller)


@writes.post(
    "/support-offers/{supportOfferId}/hide", summary="Hide a support offer", responses=responses(401, 403, 404, 409)
)
def hide_support_offer(session: Writes, caller: Moderator, offer_id: SupportOfferId) -> ActRead:
    """Let nobody see an offer but those who may edit it; `reason` is told to its keeper."""
    return service.hide(session, Subject.SUPPORT_OFFER, offer_id, by=caller)


@writes.post(
    "/support-offers/{supportOfferId}/restore",
    summary="Show a support offer again",
    responses=responses(401, 403, 404, 409),
)
def restore_support_offer(session: Writes, caller: Moderator, offer_id: SupportOfferId) -> ActRead:
    """Show an offer that was hidden to everybody again; `reason` is told to its keeper."""
    return service.restore(session, Subject.SUPPORT_OFFER, offer_id, by=caller)


router = APIRouter()
router.include_router(reads)
router.include_router(writes)
