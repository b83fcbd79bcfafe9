"""Who may do what, as data: SECURITY's table of roles and actions, and the types that routes ask it by.

One test walks the table over every operation, and fails on an operation that is not in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import Depends, Query, Request
from fastapi.concurrency import run_in_threadpool

from app.accounts import service
from app.accounts.rules import lies_in
from app.accounts.vocabulary import Caller, Role, Scope
from app.core.db import Database, database_of
from app.core.errors import BadRequest, FieldFault, Forbidden, Message, Unauthorized
from app.core.i18n import N_
from app.core.schema import KeptLine
from app.journal import service as journal
from app.journal.vocabulary import Actor


class Action(StrEnum):
    """What can be done to a record that somebody keeps."""

    EDIT_ENTERPRISE = "edit-enterprise"
    VERIFY_ENTERPRISE = "verify-enterprise"
    CONFIRM_ENTERPRISE = "confirm-enterprise"
    EDIT_ORGANIZATION = "edit-organization"
    PUBLISH_OPPORTUNITY = "publish-opportunity"
    READ_LOG = "read-log"
    READ_AUDIT = "read-audit"
    READ_MEMBERS = "read-members"
    MANAGE_PEOPLE = "manage-people"
    INVITE = "invite"
    RESPOND = "respond"
    ANSWER_QUESTION = "answer-question"
    SHORTLIST = "shortlist"
    MODERATE = "moderate"
    EDIT_SUPPORT_OFFER = "edit-support-offer"
    REVIEW_SUPPORT_OFFER = "review-support-offer"
    REQUEST_SUPPORT = "request-support"
    ANSWER_SUPPORT_REQUEST = "answer-support-request"
    EDIT_NEED = "edit-need"
    HOLD_INVENTORY = "hold-inventory"
    REQUEST_COOPERATION = "request-cooperation"
    HANDLE_COOPERATION = "handle-cooperation"


class Reach(StrEnum):
    """Whose records: nobody's, those of the caller's own organisation, those in its region, or all."""

    NONE = "none"
    OWN = "own"
    REGION = "region"
    ALL = "all"


def _row(**reaches: Reach) -> Mapping[Role, Reach]:
    """Return one row of the table; a role that is not named may nothing."""
    return MappingProxyType({role: reaches.get(role.value, Reach.NONE) for role in Role})


_OWN, _REGION, _ALL = Reach.OWN, Reach.REGION, Reach.ALL
# Where a coordinator or an administrator changes what another organisation keeps, the reason is kept (see `require`).
PERMISSIONS: Final[Mapping[Action, Mapping[Role, Reach]]] = MappingProxyType(
    {
        Action.EDIT_ENTERPRISE: _row(enterprise=_OWN, coordinator=_REGION, integrator=_OWN, admin=_ALL),
        # Nobody verifies itself: what an enterprise says of its own right to take part is a declaration.
        Action.VERIFY_ENTERPRISE: _row(coordinator=_REGION, admin=_ALL),
        # Only who keeps a record can say, once a year, that it still holds.
        Action.CONFIRM_ENTERPRISE: _row(enterprise=_OWN, integrator=_OWN),
        Action.EDIT_ORGANIZATION: _row(
            enterprise=_OWN, buyer=_OWN, support_provider=_OWN, coordinator=_REGION, integrator=_OWN, admin=_ALL
        ),
        Action.PUBLISH_OPPORTUNITY: _row(buyer=_OWN, coordinator=_REGION, integrator=_OWN),
        Action.READ_LOG: _row(
            enterprise=_OWN, buyer=_OWN, support_provider=_OWN, coordinator=_REGION, integrator=_OWN, admin=_ALL
        ),
        # The log of acts, unlike a record's history, is not for systems that are connected.
        Action.READ_AUDIT: _row(enterprise=_OWN, buyer=_OWN, support_provider=_OWN, coordinator=_REGION, admin=_ALL),
        Action.READ_MEMBERS: _row(enterprise=_OWN, buyer=_OWN, support_provider=_OWN, coordinator=_REGION, admin=_ALL),
        # People and keys; a person must also look after them (`Caller.manages`).
        Action.MANAGE_PEOPLE: _row(enterprise=_OWN, buyer=_OWN, support_provider=_OWN, coordinator=_REGION, admin=_ALL),
        Action.INVITE: _row(buyer=_OWN, coordinator=_REGION),
        Action.RESPOND: _row(enterprise=_OWN, integrator=_OWN),
        Action.ANSWER_QUESTION: _row(buyer=_OWN),
        Action.SHORTLIST: _row(buyer=_OWN),
        Action.MODERATE: _row(coordinator=_REGION, admin=_ALL),
        Action.EDIT_SUPPORT_OFFER: _row(support_provider=_OWN, coordinator=_REGION, integrator=_OWN, admin=_ALL),
        # Who gives the support writes about it; that it is shown to everybody is decided by who looks after the region.
        Action.REVIEW_SUPPORT_OFFER: _row(coordinator=_REGION, admin=_ALL),
        Action.REQUEST_SUPPORT: _row(enterprise=_OWN, integrator=_OWN),
        # Where an offer has no provider on Samnod, who looks after the region answers for it.
        Action.ANSWER_SUPPORT_REQUEST: _row(support_provider=_OWN, coordinator=_REGION, integrator=_OWN, admin=_ALL),
        # A need is public by its holder's choice: whoever has one publishes it, and a coordinator what a survey found.
        Action.EDIT_NEED: _row(
            enterprise=_OWN, buyer=_OWN, support_provider=_OWN, coordinator=_REGION, integrator=_OWN, admin=_ALL
        ),
        Action.HOLD_INVENTORY: _row(coordinator=_REGION, admin=_ALL),
        Action.REQUEST_COOPERATION: _row(enterprise=_OWN, buyer=_OWN, support_provider=_OWN, integrator=_OWN),
        Action.HANDLE_COOPERATION: _row(coordinator=_REGION, admin=_ALL),
    }
)


def may(caller: Caller | None, action: Action, *, owner_id: str | None, area: str | None) -> bool:
    """Tell whether `caller` may do `action` to a record that `owner_id` keeps, and that lies in `area` (an area code).

    A visitor, who has no key, may none of these.
    """
    if caller is None:
        return False
    reach = PERMISSIONS[action][caller.role]
    owns = owner_id is not None and owner_id == caller.organization_id
    nearby = lies_in(area, caller.region)
    return {
        Reach.NONE: False,
        Reach.OWN: owns,
        Reach.REGION: owns or nearby,
        Reach.ALL: True,
    }[reach]


def require(caller: Caller, action: Action, *, owner_id: str | None, area: str | None) -> None:
    """Refuse what `caller` may not do to a public record, and a change of another's that gives no reason.

    A private record is asked for with `may` first: a stranger is told what it would be told if nothing were there.

    Raises:
        Forbidden: the record is another's.
        BadRequest: a coordinator or an administrator changes another organisation's record and does not say why.
    """
    if not may(caller, action, owner_id=owner_id, area=area):
        raise Forbidden(Message(N_("This record is kept by another organisation, or lies outside your region.")))
    if caller.reason is None and owner_id not in {None, caller.organization_id}:
        told = Message(N_("say why you change another organisation's record; the reason is kept with the change"))
        raise BadRequest(Message(N_("A parameter is wrong: see errors.")), [FieldFault("reason", told)])


def owner_of_new(caller: Caller, action: Action) -> str | None:
    """Return who keeps a record that `caller` makes; what a coordinator registers waits for its own people."""
    return caller.organization_id if PERMISSIONS[action][caller.role] is Reach.OWN else None


async def caller_of(request: Request) -> Caller | None:
    """Return who sent the request, or None for a visitor; cookies and addresses never carry a key.

    Raises:
        Unauthorized: there is an `Authorization` header, but no key that opens anything.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    if not hasattr(request.state, "caller"):
        scheme, _, key = header.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthorized(Message(N_("Send the key as: Authorization: Bearer smn_…")))
        found = await run_in_threadpool(_look_up, database_of(request), key.strip(), request.app.state.secret)
        request.state.caller = replace(found, request_id=getattr(request.state, "request_id", None))
    caller: Caller = request.state.caller
    return caller


def _look_up(database: Database, key: str, secret: bytes) -> Caller:
    with database.reads() as session:
        return service.caller_of(session, key, secret=secret)


Reason = Annotated[
    KeptLine | None,
    Query(min_length=3, description="Why, when a coordinator or administrator changes another organisation's record"),
]


@dataclass(frozen=True, slots=True)
class Knows:
    """A dependency of what everybody may read: the caller, if its key has the `scope`.

    Anybody else is a visitor, who sees what is public.
    """

    scope: Scope

    async def __call__(self, request: Request) -> Caller | None:
        """Return the caller, or None for a visitor. Raises `Unauthorized` for a key that opens nothing."""
        caller = await caller_of(request)
        return caller if caller is not None and self.scope in caller.scopes else None


@dataclass(frozen=True, slots=True)
class Requires:
    """A dependency: a caller whose role may do `action` to some record, with a key that has the `scope`."""

    action: Action
    scope: Scope

    async def admit(self, request: Request) -> Caller:
        """Return the caller, before anything of the request's body is read.

        Raises:
            Unauthorized: there is no key, or none that opens anything.
            Forbidden: the key's role may never do this, or the key lacks the scope.
        """
        caller = await caller_of(request)
        if caller is None:
            raise Unauthorized(Message(N_("Send a key: Authorization: Bearer smn_…")))
        if PERMISSIONS[self.action][caller.role] is Reach.NONE:
            raise Forbidden(Message(N_("A key with the role {role} may not do this."), role=caller.role.value))
        if self.scope not in caller.scopes:
            raise Forbidden(Message(N_("This key lacks the scope {scope}."), scope=self.scope.value))
        return caller

    async def __call__(self, request: Request, reason: Reason = None) -> Caller:
        """Return the caller, with the reason that it gives; the journal is told who it is."""
        caller = replace(await self.admit(request), reason=reason)
        if (session := getattr(request.state, "writes", None)) is not None:
            journal.acting(
                session, Actor(caller.actor_id, caller.organization_id, caller.role.value, caller.request_id, reason)
            )
        return caller


EnterpriseWriter = Annotated[Caller, Depends(Requires(Action.EDIT_ENTERPRISE, Scope.ENTERPRISES_WRITE))]
EnterpriseConfirmer = Annotated[Caller, Depends(Requires(Action.CONFIRM_ENTERPRISE, Scope.ENTERPRISES_WRITE))]
OrganizationWriter = Annotated[Caller, Depends(Requires(Action.EDIT_ORGANIZATION, Scope.ORGANIZATIONS_WRITE))]
OpportunityWriter = Annotated[Caller, Depends(Requires(Action.PUBLISH_OPPORTUNITY, Scope.OPPORTUNITIES_WRITE))]
NoticeWriter = Annotated[Caller, Depends(Requires(Action.PUBLISH_OPPORTUNITY, Scope.NOTICES_WRITE))]
Inviter = Annotated[Caller, Depends(Requires(Action.INVITE, Scope.RESPONSES_WRITE))]
InvitationReader = Annotated[Caller, Depends(Requires(Action.INVITE, Scope.RESPONSES_READ))]
Responder = Annotated[Caller, Depends(Requires(Action.RESPOND, Scope.RESPONSES_WRITE))]
InboxReader = Annotated[Caller, Depends(Requires(Action.RESPOND, Scope.RESPONSES_READ))]
QuestionAnswerer = Annotated[Caller, Depends(Requires(Action.ANSWER_QUESTION, Scope.RESPONSES_WRITE))]
Shortlister = Annotated[Caller, Depends(Requires(Action.SHORTLIST, Scope.RESPONSES_WRITE))]
# What a buyer reads of its own dialogue: whoever may not make the shortlist sees no answers.
DialogueReader = Annotated[Caller, Depends(Requires(Action.SHORTLIST, Scope.RESPONSES_READ))]
Moderator = Annotated[Caller, Depends(Requires(Action.MODERATE, Scope.MODERATION_WRITE))]
ModerationReader = Annotated[Caller, Depends(Requires(Action.MODERATE, Scope.MODERATION_READ))]
SupportOfferWriter = Annotated[Caller, Depends(Requires(Action.EDIT_SUPPORT_OFFER, Scope.SUPPORT_OFFERS_WRITE))]
# What is told to those who may edit an offer, and to nobody else.
SupportOfferKeeper = Annotated[Caller, Depends(Requires(Action.EDIT_SUPPORT_OFFER, Scope.SUPPORT_OFFERS_READ))]
SupportOfferReviewer = Annotated[Caller, Depends(Requires(Action.REVIEW_SUPPORT_OFFER, Scope.SUPPORT_OFFERS_WRITE))]
SupportOfferReader = Annotated[Caller | None, Depends(Knows(Scope.SUPPORT_OFFERS_READ))]
SupportRequester = Annotated[Caller, Depends(Requires(Action.REQUEST_SUPPORT, Scope.SUPPORT_REQUESTS_WRITE))]
SupportRequestAnswerer = Annotated[
    Caller, Depends(Requires(Action.ANSWER_SUPPORT_REQUEST, Scope.SUPPORT_REQUESTS_WRITE))
]
SupportRequestReader = Annotated[Caller | None, Depends(Knows(Scope.SUPPORT_REQUESTS_READ))]
NeedWriter = Annotated[Caller, Depends(Requires(Action.EDIT_NEED, Scope.NEEDS_WRITE))]
NeedReader = Annotated[Caller | None, Depends(Knows(Scope.NEEDS_READ))]
InventoryHolder = Annotated[Caller, Depends(Requires(Action.HOLD_INVENTORY, Scope.INVENTORIES_WRITE))]
InventoryWatcher = Annotated[Caller, Depends(Requires(Action.HOLD_INVENTORY, Scope.INVENTORIES_READ))]
InventoryReader = Annotated[Caller | None, Depends(Knows(Scope.INVENTORIES_READ))]
CooperationRequester = Annotated[Caller, Depends(Requires(Action.REQUEST_COOPERATION, Scope.INTAKE_WRITE))]
CooperationHandler = Annotated[Caller, Depends(Requires(Action.HANDLE_COOPERATION, Scope.INTAKE_WRITE))]
CooperationReader = Annotated[Caller | None, Depends(Knows(Scope.INTAKE_READ))]
ResponseReader = Annotated[Caller | None, Depends(Knows(Scope.RESPONSES_READ))]
EnterpriseReader = Annotated[Caller | None, Depends(Knows(Scope.ENTERPRISES_READ))]
OrganizationReader = Annotated[Caller | None, Depends(Knows(Scope.ORGANIZATIONS_READ))]
OpportunityReader = Annotated[Caller | None, Depends(Knows(Scope.OPPORTUNITIES_READ))]
