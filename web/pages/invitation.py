"""Taking the place that an invitation offers. Opening the link does nothing; sending the form does, once."""

from fastapi import APIRouter, Request, Response

from app.accounts import invitations, sessions, two_step
from app.accounts.schemas import InvitationRead
from app.accounts.vocabulary import Attempted, SignedIn
from app.core.db import Database, Reads, ReadSession, WriteSession
from app.core.errors import Conflict, InvalidContent, NotFound, SamnodError, TooManyRequests, Unauthorized
from app.core.i18n import texts
from app.organizations import service as organizations
from web.entering import counted, enter, faults_of, go_on, secret_typed
from web.forms import Fault
from web.pages.common import InLanguage, Language
from web.render import show
from web.sessions import Guest
from web.writing import Form, PageRoute

router = APIRouter(route_class=PageRoute)


@router.get("/invitation/{token}")
def look(request: Request, _language: InLanguage, session: Reads, who: Guest, token: str) -> Response:
    """Show what the link invites to, and what is asked: a new password, the one there is, or nothing more."""
    try:
        invitation = invitations.look(session, token, secret=request.app.state.secret)
    except NotFound as gone:
        return _gone(request, gone)
    return _page(request, session, token, invitation, who)


@router.post("/invitation/{token}")
def accept(request: Request, language: Language, form: Form, who: Guest, token: str) -> Response:
    """Take the place, and begin a session. Whoever is asked for a code has the place when that has been right, too."""
    database: Database = request.app.state.database
    secret: bytes = request.app.state.secret
    try:
        attempt = counted(request, Attempted.INVITATION, token)
        with database.reads() as reads:
            invitation = invitations.look(reads, token, secret=secret)
        password = secret_typed(form)
        person_id, hashed = _shown(database, invitation, who, password)
        with database.writes() as session:
            if _is_half_way(session, person_id, who):
                return go_on(request, enter(request, session, str(person_id), attempt), request.url.path)
            if person_id is None:
                person_id = invitations.accept_as_new(session, token, hashed, secret=secret)
            else:
                invitations.accept(session, token, person_id=person_id, secret=secret)
            entry = enter(request, session, person_id, attempt, knows_code=True)
    except NotFound as gone:
        return _gone(request, gone)
    except (InvalidContent, Unauthorized, Conflict, TooManyRequests) as fault:
        return _again(request, language, token, who, fault)
    return go_on(request, entry)


def _is_half_way(session: WriteSession, person_id: str | None, who: SignedIn | None) -> bool:
    """Tell whether somebody has said a password and is to be asked for a code: one who is signed in has given it."""
    is_self = who is not None and who.person_id == person_id
    return person_id is not None and not is_self and two_step.is_on(session, person_id)


def _shown(
    database: Database, invitation: InvitationRead, who: SignedIn | None, password: str
) -> tuple[str | None, str]:
    """Return who takes the place and has shown who it is; None for somebody new, with the hash of the password.

    Raises:
        Unauthorized: there is an account with the address, and this is not its password.
        InvalidContent: the new password is not good enough.
    """
    if who is not None and who.email == invitation.email:
        return who.person_id, ""
    with database.reads() as session:
        if invitations.is_known(session, invitation):
            return sessions.recognised(session, invitation.email, password), ""
    return None, invitations.hashed_for(invitation.email, password)


def _again(request: Request, language: str, token: str, who: SignedIn | None, fault: SamnodError) -> Response:
    faults = faults_of(fault, texts(language), "password")
    status = 422 if isinstance(fault, Unauthorized) else fault.status
    database: Database = request.app.state.database
    try:
        with database.reads() as session:
            invitation = invitations.look(session, token, secret=request.app.state.secret)
            page = _page(request, session, token, invitation, who, status, faults)
    except NotFound as gone:
        return _gone(request, gone)
    page.headers.update(fault.headers if isinstance(fault, TooManyRequests) else {})
    return page


def _page(
    request: Request,
    session: ReadSession,
    token: str,
    invitation: InvitationRead,
    who: SignedIn | None,
    status: int = 200,
    faults: list[Fault] | None = None,
) -> Response:
    return show(
        request,
        "people/invitation.html",
        status,
        token=token,
        invitation=invitation,
        organization=organizations.name_of(session, invitation.organization_id),
        is_known=invitations.is_known(session, invitation),
        is_self=who is not None and who.email == invitation.email,
        faults=faults or [],
    )


def _gone(request: Request, gone: NotFound) -> Response:
    return show(request, "people/link_gone.html", 404, told=gone.detail, again="")
