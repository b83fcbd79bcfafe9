"""Words of accounts: roles, scopes, and who is calling."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is on Samnod; a key has one."""

    ENTERPRISE = "enterprise"
    BUYER = "buyer"
    SUPPORT_PROVIDER = "support_provider"
    COORDINATOR = "coordinator"
    INTEGRATOR = "integrator"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a key opens: a kind of record, to read what is not public or to write."""

    ENTERPRISES_READ = "enterprises:read"
    ENTERPRISES_WRITE = "enterprises:write"
    ORGANIZATIONS_READ = "organizations:read"
    ORGANIZATIONS_WRITE = "organizations:write"
    OPPORTUNITIES_READ = "opportunities:read"
    OPPORTUNITIES_WRITE = "opportunities:write"
    NOTICES_WRITE = "notices:write"
    MATCHES_READ = "matches:read"


# What a key of each role opens unless its maker says otherwise: what the role has a use for, and no more.
SCOPES_OF_ROLE: dict[Role, tuple[Scope, ...]] = {
    Role.ENTERPRISE: (
        Scope.ENTERPRISES_READ,
        Scope.ENTERPRISES_WRITE,
        Scope.ORGANIZATIONS_READ,
        Scope.ORGANIZATIONS_WRITE,
        Scope.OPPORTUNITIES_READ,
        Scope.MATCHES_READ,
    ),
    Role.BUYER: (
        Scope.ENTERPRISES_READ,
        Scope.ORGANIZATIONS_READ,
        Scope.ORGANIZATIONS_WRITE,
        Scope.OPPORTUNITIES_READ,
        Scope.OPPORTUNITIES_WRITE,
        Scope.NOTICES_WRITE,
        Scope.MATCHES_READ,
    ),
    Role.SUPPORT_PROVIDER: (
        Scope.ENTERPRISES_READ,
        Scope.ORGANIZATIONS_READ,
        Scope.ORGANIZATIONS_WRITE,
        Scope.OPPORTUNITIES_READ,
        Scope.MATCHES_READ,
    ),
    Role.COORDINATOR: tuple(Scope),
    Role.INTEGRATOR: tuple(Scope),
    Role.ADMIN: tuple(Scope),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request with a key: for which organisation, as what, and what the key opens.

    `region` is the area code that a coordinator looks after (`SE-22`). `reason` is why somebody changes what another
    organisation keeps.
    """

    key_id: str
    organization_id: str
    role: Role
    scopes: frozenset[Scope]
    region: str | None = None
    reason: str | None = None
    request_id: str | None = None
