"""What people do at a node between two nights: they write organisations, change them and take them away."""

from collections.abc import Iterable

from sqlalchemy import update
from sqlmodel import col

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.columns import stable_id
from app.core.db import Database
from app.core.preconditions import Precondition
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.organizations.tables import Organization
from app.wiring import wire
from tests.sync.nodes import Node

ADMIN = Caller("key", "org-admin", Role.ADMIN, frozenset(Scope), reason="prov")


def record_id(node: Node, number: int) -> str:
    """Return the id of the organisation with this number that a node writes."""
    return _record_id(node.id, number)


def write(node: Node, numbers: Iterable[int], summary: str = "Skriven hemma.") -> None:
    """Write organisations with these numbers, or change them, in one transaction."""
    write_into(node.database_url, node.id, numbers, summary)


def write_into(database_url: str, home: str, numbers: Iterable[int], summary: str = "Skriven hemma.") -> None:
    """Write organisations of a home into its database."""
    wire()
    database = Database(database_url)
    with database.writes() as session:
        for number in numbers:
            said = {"name": f"Exempel {home} {number}", "country": "SE", "kind": "association", "source": "test"}
            data = OrganizationCreate.model_validate(said | {"summary": summary})
            organizations.register(session, data, home=home, record_id=_record_id(home, number))
    database.close()


def _record_id(home: str, number: int) -> str:
    return stable_id(home, str(number))


def remove(node: Node, numbers: Iterable[int]) -> None:
    """Take organisations away in one transaction."""
    wire()
    with node.database() as database, database.writes() as session:
        for number in numbers:
            organizations.remove(session, record_id(node, number), match=Precondition(None), by=ADMIN)


def migrate_round_the_journal(node: Node, number: int, summary: str) -> None:
    """Change an organisation as a careless migration does: in its table alone."""
    with node.database() as database, database.writes() as session:
        of = col(Organization.id) == record_id(node, number)
        session.connection().execute(update(Organization).where(of).values(summary=summary))


def summary_at(node: Node, home: Node, number: int) -> str | None:
    """Return what `node` shows of an organisation of `home`; None when it shows none."""
    with node.database() as database, database.reads() as session:
        found = session.get(Organization, record_id(home, number))
        return found.summary if found else None
