"""What the tests of requests begin with: a published offer, an enterprise that asks, and who answers."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.db import Database
from app.enterprises import service as enterprises
from app.support_offers import service as support_offers
from app.support_offers.vocabulary import Status
from app.support_requests import service
from app.support_requests.schemas import SupportRequestIn, SupportRequestRead
from app.support_requests.tables import SupportRequest
from app.wiring import wire
from tests.factories import enterprise, support_offer
from tests.keys import organization_of
from tests.people import person_for

SEATED = "SE-2281"


def caller(
    role: Role | str, organization_id: str = "", *, region: str | None = None, reason: str | None = None
) -> Caller:
    """Return somebody who acts for an organisation; each role has one of its own unless one is named."""
    role = Role(role)
    return Caller("actor", organization_id or organization_of(role), role, frozenset(Scope), region, reason)


FIRM, GIVER = caller(Role.ENTERPRISE), caller(Role.SUPPORT_PROVIDER)
NEARBY = caller(Role.COORDINATOR, region="SE-22")


def offered(
    database: Database, *, kept_by: Caller | None = GIVER, status: Status = Status.PUBLISHED, **said: Any
) -> str:
    """Publish an offer in Sundsvall that the provider keeps, and return its id."""
    wire()
    with database.writes() as session:
        data = support_offer(**{"area_code": SEATED, **said})
        owner = kept_by.organization_id if kept_by else None
        return support_offers.register(session, data, home="here", owner_id=owner, status=status).id


def firm(database: Database, name: str = "Exempel Städ", *, kept_by: Caller = FIRM, **said: Any) -> str:
    """Register an enterprise with a function address, and return its id."""
    wire()
    with database.writes() as session:
        data = enterprise(**{"name": name, "contact_email": "info@example.invalid", **said})
        return enterprises.register(session, data, home="here", owner_id=kept_by.organization_id).id


def staffed(database: Database) -> None:
    """Let the enterprise, the provider and the region's coordinator each have somebody who is signed up here."""
    for role, language in ((Role.ENTERPRISE, "sv"), (Role.SUPPORT_PROVIDER, "nb"), (Role.COORDINATOR, "sv")):
        person_for(database, role, language=language)


def ask(
    database: Database, offer_id: str, enterprise_id: str | None = None, *, by: Caller = FIRM
) -> SupportRequestRead:
    """Ask for the support of an offer, and return the request."""
    with database.writes() as session:
        data = SupportRequestIn(offer_id=offer_id, enterprise_id=enterprise_id, text="Vi vill starta ett till kafé.")
        return service.send(session, data, by=by)


def read(database: Database, request_id: str, by: Caller = FIRM) -> SupportRequestRead:
    """Return a request as somebody reads it."""
    with database.reads() as session:
        return service.find(session, request_id, by)


def put(database: Database, request_id: str, **values: datetime | None) -> None:
    """Move moments of a request, as if time had passed."""
    with database.writes() as session:
        session.execute(update(SupportRequest).where(col(SupportRequest.id) == request_id).values(**values))
