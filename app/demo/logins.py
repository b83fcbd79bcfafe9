"""The demo's logins: one for each role, for whoever starts the demo on its own machine."""

import secrets
from collections.abc import Mapping
from typing import Final

from app.accounts import passwords, people
from app.accounts.vocabulary import Role
from app.core.db import WriteSession
from app.demo.organizations import REGION, organization_id
from app.demo.vocabulary import LOGIN, address_of

_ADMIN_OF: Final = Role.COORDINATOR
_ROLES: Final = {
    Role.BUYER: "BUYER",
    Role.ENTERPRISE: "ENTERPRISE",
    Role.COORDINATOR: "COORDINATOR",
    Role.ADMIN: "ADMIN",
    Role.SUPPORT_PROVIDER: "PROVIDER",
}
_RANDOM_BYTES: Final = 15


def load(session: WriteSession, known: Mapping[str, str]) -> dict[str, str]:
    """Return the passwords of the demo's logins by their variables; whoever is not there is made.

    A password in `known` stays as it is; somebody whose password is not known (the file is lost) is given a new one.
    """
    found: dict[str, str] = {}
    for role, name in _ROLES.items():
        variable = f"{LOGIN}{name}"
        email, password = address_of(variable), known.get(variable)
        person = people.with_address(session, email)
        if password is None or person is None:
            password = password or secrets.token_urlsafe(_RANDOM_BYTES)
            person_id = people.put(session, email, passwords.hashed(password), language="sv")
            region = REGION if role is Role.COORDINATOR else None
            people.take_place(session, person_id, _organization_of(role), role, region=region, manages=True)
        found[variable] = password
    return found


def _organization_of(role: Role) -> str:
    """Return where somebody of a role sits; the administrator in the coordinators' house."""
    return organization_id((_ADMIN_OF if role is Role.ADMIN else role).value)
