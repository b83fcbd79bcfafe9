"""The people of an organisation, for whoever looks after them: invite, withdraw, end a place and take that back.

A coordinator or an administrator looks after those of other organisations too, named by `organization`.
"""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from app.accounts import managing
from app.accounts.schemas import InvitationCreate
from app.accounts.vocabulary import INVITES, Attempted, Caller, Role
from app.core.db import Database, ReadSession, WriteSession
from app.core.errors import Conflict, InvalidContent, TooManyRequests
from app.core.i18n import N_, texts
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationRead
from app.organizations.vocabulary import OrganizationKind, Part
from web.entering import counted, faults_of, typed
from web.forms import Fault
from web.pages.common import Language
from web.render import address, show
from web.sessions import AnyCaller
from web.writing import Form, PageRoute, PageWrites, act, see

router = APIRouter(route_class=PageRoute)
_FAULTS = {
    "email": N_("Write an e-mail address, such as namn@kommun.se."),
    "role": N_("Choose one of the roles."),
    "region": N_("Write the code of a region, such as SE-22."),
}
_DONE = {
    "invited": N_("The invitation is on its way. It works once, within three days."),
    "withdrawn": N_("The invitation has been withdrawn."),
    "resumed": N_("The place has been given back."),
}
# What the first people of another organisation most likely are; whoever invites may choose something else.
_ROLES_OF_PARTS = {
    Part.BUYER: Role.BUYER,
    Part.SUPPORT_PROVIDER: Role.SUPPORT_PROVIDER,
    Part.ENTERPRISE: Role.ENTERPRISE,
    Part.COORDINATOR: Role.COORDINATOR,
}
_ROLES_OF_KINDS = {
    OrganizationKind.MUNICIPALITY: Role.BUYER,
    OrganizationKind.REGION: Role.BUYER,
    OrganizationKind.STATE_AUTHORITY: Role.BUYER,
    OrganizationKind.PUBLIC_COMPANY: Role.BUYER,
    OrganizationKind.ENTERPRISE: Role.ENTERPRISE,
}


@dataclass(frozen=True, slots=True)
class House:
    """The organisation whose people are looked after, and the role that somebody new there probably has."""

    id: str
    name: str
    area: str | None
    is_own: bool
    role: Role

    def path(self, *parameters: tuple[str, object]) -> str:
        """Return the address of its page, without the language."""
        own = ("organization", "" if self.is_own else self.id)
        return address("/people", own, *parameters)


@router.get("/people")
def people(
    request: Request, language: Language, by: AnyCaller, organization: str = "", done: str = "", ended: str = ""
) -> Response:
    """Show who has a place here, and who is invited."""
    database: Database = request.app.state.database
    with database.reads() as session:
        house = _house(session, by, organization)
        return _page(request, language, session, by, house, done=done, ended=ended)


@router.post("/people")
def invite(request: Request, language: Language, by: AnyCaller, form: Form) -> Response:
    """Invite somebody. What is answered is the same whether or not the address is known here."""
    database: Database = request.app.state.database
    sent = {name: typed(form, name) for name in ("email", "role", "region", "language")}
    with database.reads() as reads:
        house = _house(reads, by, typed(form, "organization"))
        managing.require(by, house.id, house.area)
    try:
        told = {**sent, "region": sent["region"] or None, "manages": bool(form.get("manages"))}
        data = InvitationCreate.model_validate({**told, "organization_id": house.id})
        counted(request, Attempted.INVITATION, by.actor_id, data.email)
        with database.writes() as session:
            act(request, session)
            managing.invite(
                session, data, organization=house.name, area=house.area, secret=request.app.state.secret, by=by
            )
    except (ValidationError, InvalidContent, TooManyRequests) as fault:
        faults = _faults(fault, language)
        status = fault.status if isinstance(fault, TooManyRequests) else 422
        with database.reads() as reads:
            page = _page(request, language, reads, by, house, status=status, faults=faults, sent=sent)
        page.headers.update(fault.headers if isinstance(fault, TooManyRequests) else {})
        return page
    return see(request, house.path(("done", "invited")))


@router.post("/people/withdraw")
def withdraw(request: Request, language: Language, by: AnyCaller, session: PageWrites, form: Form) -> Response:
    """Withdraw an invitation."""
    house = _house(session, by, typed(form, "organization"))
    try:
        managing.withdraw(session, typed(form, "invitation"), house.id, house.area, by=by)
    except Conflict as fault:
        return _refused(request, language, by, house, fault)
    return see(request, house.path(("done", "withdrawn")))


@router.post("/people/end")
def end(request: Request, language: Language, by: AnyCaller, session: PageWrites, form: Form) -> Response:
    """End somebody's place; the page that follows can take it back."""
    house = _house(session, by, typed(form, "organization"))
    try:
        ended = managing.end(session, typed(form, "place"), house.id, house.area, by=by)
    except Conflict as fault:
        return _refused(request, language, by, house, fault)
    return see(request, house.path(("ended", ended.membership_id)))


@router.post("/people/resume")
def resume(request: Request, language: Language, by: AnyCaller, session: PageWrites, form: Form) -> Response:
    """Take back the end of somebody's place."""
    house = _house(session, by, typed(form, "organization"))
    try:
        managing.resume(session, typed(form, "place"), house.id, house.area, by=by)
    except Conflict as fault:
        return _refused(request, language, by, house, fault)
    return see(request, house.path(("done", "resumed")))


def _house(session: ReadSession | WriteSession, by: Caller, organization_id: str) -> House:
    """Return the organisation that is asked for, or the caller's own. Raises as `organizations.find_own`."""
    if not organization_id or organization_id == by.organization_id:
        own = by.organization_id
        return House(own, organizations.name_of(session, own), None, True, by.role)
    found = organizations.find_own(session, organization_id, by)
    return House(found.id, found.name, found.area_code, False, _role_in(found))


def _role_in(organization: OrganizationRead) -> Role:
    named = (_ROLES_OF_PARTS[part] for part in _ROLES_OF_PARTS if part in organization.parts)
    return next(named, _ROLES_OF_KINDS.get(organization.kind, Role.SUPPORT_PROVIDER))


def _page(
    request: Request,
    language: str,
    session: ReadSession,
    by: Caller,
    house: House,
    *,
    status: int = 200,
    faults: list[Fault] | None = None,
    sent: dict[str, str] | None = None,
    done: str = "",
    ended: str = "",
) -> Response:
    say = texts(language)
    return show(
        request,
        "people/people.html",
        status,
        house=house,
        members=managing.members(session, house.id, house.area, by=by),
        waiting=managing.waiting(session, house.id, house.area, by=by),
        roles=[role for role in Role if role in INVITES[by.role]],
        own_id=by.actor_id,
        own_region=by.region or "",
        sent=sent or {"email": "", "role": house.role.value, "region": "", "language": language},
        looks_after_others=by.role in (Role.COORDINATOR, Role.ADMIN),
        faults=faults or [],
        done=say(_DONE[done]) if done in _DONE else "",
        ended=ended,
    )


def _refused(request: Request, language: str, by: Caller, house: House, fault: Conflict) -> Response:
    """Show the page as it is now, with why nothing was done."""
    database: Database = request.app.state.database
    with database.reads() as session:
        faults = faults_of(fault, texts(language), "members")
        return _page(request, language, session, by, house, status=fault.status, faults=faults)


def _faults(fault: ValidationError | InvalidContent | TooManyRequests, language: str) -> list[Fault]:
    say = texts(language)
    if isinstance(fault, ValidationError):
        names = dict.fromkeys(str(found["loc"][0]) for found in fault.errors())
        return [Fault(name, say(_FAULTS.get(name, N_("Choose one of the answers.")))) for name in names]
    return faults_of(fault, say, "email")
