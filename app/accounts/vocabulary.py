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
    SUPPORT_OFFERS_READ = "support-offers:read"
    SUPPORT_OFFERS_WRITE = "support-offers:write"
    SUPPORT_REQUESTS_READ = "support-requests:read"
    SUPPORT_REQUESTS_WRITE = "support-requests:write"
    NEEDS_READ = "needs:read"
    NEEDS_WRITE = "needs:write"
    INVENTORIES_READ = "needs-inventories:read"
    INVENTORIES_WRITE = "needs-inventories:write"
    INTAKE_READ = "intake:read"
    INTAKE_WRITE = "intake:write"
    MATCHES_READ = "matches:read"
    RESPONSES_READ = "responses:read"
    RESPONSES_WRITE = "responses:write"
    MODERATION_READ = "moderation:read"
    MODERATION_WRITE = "moderation:write"
    AUDIT_READ = "audit:read"


# What a key of each role opens unless its maker says otherwise: what the role has a use for, and no more.
SCOPES_OF_ROLE: dict[Role, tuple[Scope, ...]] = {
    Role.ENTERPRISE: (
        Scope.ENTERPRISES_READ,
        Scope.ENTERPRISES_WRITE,
        Scope.ORGANIZATIONS_READ,
        Scope.ORGANIZATIONS_WRITE,
        Scope.OPPORTUNITIES_READ,
        Scope.MATCHES_READ,
        Scope.RESPONSES_READ,
        Scope.RESPONSES_WRITE,
        Scope.SUPPORT_OFFERS_READ,
        Scope.SUPPORT_REQUESTS_READ,
        Scope.SUPPORT_REQUESTS_WRITE,
        Scope.NEEDS_READ,
        Scope.NEEDS_WRITE,
        Scope.INTAKE_READ,
        Scope.INTAKE_WRITE,
    ),
    Role.BUYER: (
        Scope.ENTERPRISES_READ,
        Scope.ORGANIZATIONS_READ,
        Scope.ORGANIZATIONS_WRITE,
        Scope.OPPORTUNITIES_READ,
        Scope.OPPORTUNITIES_WRITE,
        Scope.NOTICES_WRITE,
        Scope.MATCHES_READ,
        Scope.RESPONSES_READ,
        Scope.RESPONSES_WRITE,
        Scope.SUPPORT_OFFERS_READ,
        Scope.NEEDS_READ,
        Scope.NEEDS_WRITE,
        Scope.INTAKE_READ,
        Scope.INTAKE_WRITE,
    ),
    Role.SUPPORT_PROVIDER: (
        Scope.ENTERPRISES_READ,
        Scope.ORGANIZATIONS_READ,
        Scope.ORGANIZATIONS_WRITE,
        Scope.OPPORTUNITIES_READ,
        Scope.MATCHES_READ,
        Scope.SUPPORT_OFFERS_READ,
        Scope.SUPPORT_OFFERS_WRITE,
        Scope.SUPPORT_REQUESTS_READ,
        Scope.SUPPORT_REQUESTS_WRITE,
        Scope.NEEDS_READ,
        Scope.NEEDS_WRITE,
        Scope.INTAKE_READ,
        Scope.INTAKE_WRITE,
    ),
    Role.COORDINATOR: tuple(Scope),
    Role.INTEGRATOR: tuple(Scope),
    Role.ADMIN: tuple(Scope),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request: for which organisation, as what, and what it opens.

    `actor_id` is the key's id, or the person's who is signed in. `region` is the area code that a coordinator looks
    after (`SE-22`). `reason` is why somebody changes what another organisation keeps.
    """

    actor_id: str
    organization_id: str
    role: Role
    scopes: frozenset[Scope]
    region: str | None = None
    reason: str | None = None
    request_id: str | None = None
    # A person who looks after the organisation's people and keys; keys never do.
    manages: bool = False


class Digest(StrEnum):
    """How often somebody is told by e-mail what is new."""

    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


class Attempted(StrEnum):
    """What is tried, and counted while it may be somebody guessing."""

    SIGN_IN = "sign-in"
    RESET = "reset"
    INVITATION = "invitation"
    CLAIM = "claim"
    REPORT = "report"
    TWO_STEP = "two-step"
    COOPERATION = "cooperation"
    ANSWER_LINK = "answer-link"


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody whom a letter can be sent to, and how the person wants it."""

    person_id: str
    email: str
    language: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class Place:
    """One of a person's places: an organisation, and what the person is there."""

    membership_id: str
    organization_id: str
    role: Role
    region: str | None
    manages: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person who is signed in, and the place that the person acts from; none: waits for an organisation."""

    person_id: str
    session_id: str
    email: str
    language: str
    places: tuple[Place, ...]
    acting: Place | None

    def caller(self, request_id: str | None = None, reason: str | None = None) -> Caller | None:
        """Return the person as services know who asks; None for one without a place."""
        if self.acting is None:
            return None
        return Caller(
            actor_id=self.person_id,
            organization_id=self.acting.organization_id,
            role=self.acting.role,
            scopes=frozenset(Scope),
            region=self.acting.region,
            reason=reason,
            request_id=request_id,
            manages=self.acting.manages,
        )


# Whom each role may invite. Those who look after a region bring in the first of the other organisations there; nobody
# else makes anything but its like.
INVITES: dict[Role, frozenset[Role]] = {
    Role.ENTERPRISE: frozenset({Role.ENTERPRISE}),
    Role.BUYER: frozenset({Role.BUYER}),
    Role.SUPPORT_PROVIDER: frozenset({Role.SUPPORT_PROVIDER}),
    Role.COORDINATOR: frozenset({Role.ENTERPRISE, Role.BUYER, Role.SUPPORT_PROVIDER, Role.COORDINATOR}),
    Role.INTEGRATOR: frozenset(),
    Role.ADMIN: frozenset(Role) - {Role.INTEGRATOR},
}

# NIST SP 800-63B and ASVS 5.0 ask for length, not for signs.
SHORTEST_PASSWORD = 15
LONGEST_PASSWORD = 128
