"""The demo's organisations, and the keys that act for five made-up ones of them."""

from collections.abc import Mapping
from typing import Any, Final

from app.accounts import service as accounts
from app.accounts.schemas import KeyCreate
from app.accounts.vocabulary import Role
from app.core.columns import stable_id
from app.core.db import WriteSession
from app.demo.vocabulary import EXAMPLE_SOURCE
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate

VARIABLE: Final = "SAMNOD_DEMO_KEY_"
REGION = "SE-22"
# One made-up organisation for each role that a key may have, but for the administrator's: nobody is given that one.
_EXAMPLES: Mapping[Role, Mapping[str, Any]] = {
    Role.BUYER: {"name": "Exempelkommunen vid kusten", "kind": "municipality", "parts": ["buyer"]},
    Role.ENTERPRISE: {"name": "Exempel Städkompaniet", "kind": "enterprise", "parts": ["enterprise"]},
    Role.SUPPORT_PROVIDER: {"name": "Exempel Rådgivning", "kind": "adviser", "parts": ["support_provider"]},
    Role.COORDINATOR: {"name": "Exempelregionens samordning", "kind": "region", "parts": ["coordinator"]},
    Role.INTEGRATOR: {"name": "Exempel Upphandlingssystem", "kind": "system_supplier", "parts": ["integrator"]},
}
# A key's short name, as it stands in the file.
_SHORT = {Role.SUPPORT_PROVIDER: "PROVIDER"}
# Who keeps which example records, so that the keys have something to change.
OWNER_OF_ENTERPRISE: Mapping[str, Role] = {"stadkompaniet": Role.ENTERPRISE, "koksgruppen": Role.INTEGRATOR}
OWNER_OF_BUYER: Mapping[str, Role] = {"Exempelkommunen vid kusten": Role.BUYER}


def organization_id(key: str) -> str:
    """Return the id of the organisation `key` of the demo (`"A001"`, `"buyer"`), the same on every node."""
    return stable_id("demo-organization", key)


def example_organizations() -> dict[str, OrganizationCreate]:
    """Return the made-up organisations by key: the role that a key of theirs has."""
    common = {"country": "SE", "area_code": REGION, "source": EXAMPLE_SOURCE}
    return {
        role.value: OrganizationCreate.model_validate(
            {**common, **told, "visibility": "private" if role is Role.INTEGRATOR else "public"}
        )
        for role, told in _EXAMPLES.items()
    }


def load(session: WriteSession, records: Mapping[str, OrganizationCreate], *, home: str) -> int:
    """Write those organisations that are not there yet, and return how many they were."""
    new = {key: data for key, data in records.items() if not organizations.exists(session, organization_id(key))}
    for key, data in new.items():
        organizations.register(session, data, home=home, record_id=organization_id(key))
    return len(new)


def load_keys(session: WriteSession, known: Mapping[str, str], *, secret: bytes) -> dict[str, str]:
    """Return the demo's keys by the name of their variable; those in `known` stay, the others are made.

    A key that the database does not know (it has been made anew since) is written with its old text.
    """
    found: dict[str, str] = {}
    for role in _EXAMPLES:
        variable = f"{VARIABLE}{_SHORT.get(role, role.value.upper())}"
        text = known.get(variable)
        if text is None or not accounts.knows_key(session, text, secret=secret):
            text = accounts.create_key(session, _key_of(role), secret=secret, key=text).key
        found[variable] = text
    return found


def _key_of(role: Role) -> KeyCreate:
    return KeyCreate(
        name=f"Demo ({role.value})",
        organization_id=organization_id(role.value),
        role=role,
        region=REGION if role is Role.COORDINATOR else None,
    )
