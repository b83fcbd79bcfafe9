"""Keys for tests: made for an organisation, and sent as a client sends them."""

from app.accounts import service as accounts
from app.accounts.schemas import KeyCreate
from app.accounts.vocabulary import Role, Scope
from app.core.db import Database

# The secret of every node in the tests.
SECRET = "a-secret-of-the-tests-and-nobody-else"
REGION = "SE-22"


def key_for(
    database: Database,
    role: Role | str,
    organization_id: str = "",
    *,
    scopes: list[Scope] | None = None,
    region: str = REGION,
    days: int = 30,
) -> dict[str, str]:
    """Return the header with a new key; each role has an organisation of its own unless one is named."""
    role = Role(role)
    data = KeyCreate(
        name=f"Test {role.value}",
        organization_id=organization_id or organization_of(role),
        role=role,
        scopes=scopes or [],
        region=region if role is Role.COORDINATOR else None,
        days=days,
    )
    with database.writes() as session:
        made = accounts.create_key(session, data, secret=SECRET.encode())
    return {"Authorization": f"Bearer {made.key}"}


def organization_of(role: Role | str) -> str:
    """Return the id of the organisation that keys of a role act for in tests."""
    return f"org-{Role(role).value}"
