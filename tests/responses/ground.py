"""What the tests of the dialogue begin with: a buyer's opportunity, enterprises that fit it, and who acts for them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.db import Database
from app.enterprises import service as enterprises
from app.mail.tables import OutboxLetter
from app.opportunities import service as opportunities
from app.wiring import wire
from tests.factories import enterprise, opportunity
from tests.keys import REGION, SECRET, organization_of

NODE_SECRET = SECRET.encode()
LINK_LENGTH = 43
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=20)


def caller(role: Role | str, organization_id: str = "", *, reason: str | None = None) -> Caller:
    """Return somebody who acts for an organisation; each role has one of its own unless one is named."""
    role = Role(role)
    region = REGION if role is Role.COORDINATOR else None
    return Caller("actor", organization_id or organization_of(role), role, frozenset(Scope), region, reason)


BUYER = caller(Role.BUYER)
STRANGER = caller(Role.BUYER, "org-of-a-stranger")
FIRM = caller(Role.ENTERPRISE)
OTHER_FIRM = caller(Role.ENTERPRISE, "org-of-another-firm")


def published(database: Database, **said: Any) -> str:
    """Publish an opportunity of the buyer's, which closes in twenty days, and return its id."""
    wire()
    with database.writes() as session:
        data = opportunity(**{"deadline_at": SOON, **said})
        return opportunities.publish(session, data, home="here", owner_id=BUYER.organization_id).id


def firm(database: Database, name: str = "Exempel Städ", *, kept_by: Caller | None = FIRM, **said: Any) -> str:
    """Register an enterprise that fits, with a function address, and return its id."""
    wire()
    with database.writes() as session:
        data = enterprise(**{"name": name, "contact_email": "info@example.invalid", **said})
        owner = kept_by.organization_id if kept_by else None
        return enterprises.register(session, data, home="here", owner_id=owner).id


def letters(database: Database, template: str) -> list[dict[str, Any]]:
    """Return what the letters of one kind hold, in the order of their keys, each with its address."""
    wanted = select(OutboxLetter).where(col(OutboxLetter.template) == template).order_by(col(OutboxLetter.key))
    with database.reads() as session:
        return [{**row.values, "to": row.address} for row in session.execute(wanted).scalars()]


def token_of(database: Database) -> str:
    """Return the text of the only link that was sent."""
    (letter,) = letters(database, "responses/invitation")
    assert len(letter["token"]) == LINK_LENGTH
    return str(letter["token"])
