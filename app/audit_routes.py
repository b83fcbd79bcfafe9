"""The audit log over HTTP. On the roof: a coordinator reads the log of organisations and enterprises in the region."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Select, literal, select
from sqlmodel import col

from app.accounts.permissions import PERMISSIONS, Action, Reach, Requires
from app.accounts.vocabulary import Caller, Scope
from app.audit import checking
from app.audit.schemas import AuditEntryRead, AuditFilters
from app.core.db import Reads
from app.core.paging import Page, page_of
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.enterprises.tables import Enterprise
from app.organizations.tables import Organization

router = APIRouter(tags=["audit"], route_class=StrictRoute)
AuditReader = Annotated[Caller, Depends(Requires(Action.READ_AUDIT, Scope.AUDIT_READ))]


@router.get("/audit", summary="Read the audit log", responses=responses(400, 401, 403))
def read_audit(
    session: Reads,
    caller: AuditReader,
    request: Request,
    response: Response,
    filters: Annotated[AuditFilters, Query()],
) -> Page[AuditEntryRead]:
    """Return one page of who did what, newest first: what one's own organisation did and what was done to it.

    A coordinator reads the region's, an administrator everybody's. People are random ids, and contents keyed hashes.
    """
    found, total = checking.listed(session, filters, _whose(caller))
    return page_of(found, total, filters, request, response)


def _whose(caller: Caller) -> Sequence[Select[str]] | None:
    """Select the ids of those whose log a caller may read; None: everybody's."""
    reach = PERMISSIONS[Action.READ_AUDIT][caller.role]
    if reach is Reach.ALL:
        return None
    own = [select(literal(caller.organization_id)), _kept_by(caller.organization_id)]
    return [*own, *_of_region(caller.region)] if reach is Reach.REGION and caller.region else own


def _kept_by(organization_id: str) -> Select[str]:
    return select(col(Enterprise.id)).where(col(Enterprise.owner_id) == organization_id)


def _of_region(region: str) -> list[Select[str]]:
    # A code of a country has no dash behind it, and SE is no beginning of SE-22's neighbours.
    inside = f"{region}-%" if len(region) == len("SE") else f"{region}%"
    return [
        select(col(Organization.id)).where(col(Organization.area_code).like(inside)),
        select(col(Enterprise.id)).where(col(Enterprise.municipality).like(inside)),
    ]
