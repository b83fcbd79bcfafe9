"""The keys of an organisation's systems: made, shown once, rotated and revoked by whoever looks after them."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from app.accounts import managing
from app.accounts.schemas import KeyCreate, NewKey
from app.accounts.vocabulary import SCOPES_OF_ROLE, Caller, Scope
from app.core.clock import now
from app.core.db import Reads, ReadSession, WriteSession
from app.core.errors import Conflict, InvalidContent
from app.core.i18n import N_, texts
from web.entering import faults_of, typed
from web.forms import Fault
from web.pages.common import Language
from web.render import show
from web.sessions import AnyCaller
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
SCOPES = {
    Scope.ENTERPRISES_READ: N_("Read enterprises"),
    Scope.ENTERPRISES_WRITE: N_("Change enterprises"),
    Scope.ORGANIZATIONS_READ: N_("Read organisations"),
    Scope.ORGANIZATIONS_WRITE: N_("Change organisations"),
    Scope.OPPORTUNITIES_READ: N_("Read opportunities"),
    Scope.OPPORTUNITIES_WRITE: N_("Publish and change opportunities"),
    Scope.NOTICES_WRITE: N_("Import notices"),
    Scope.SUPPORT_OFFERS_READ: N_("Read support offers"),
    Scope.SUPPORT_OFFERS_WRITE: N_("Change support offers"),
    Scope.SUPPORT_REQUESTS_READ: N_("Read requests for support"),
    Scope.SUPPORT_REQUESTS_WRITE: N_("Ask for support, and answer"),
    Scope.NEEDS_READ: N_("Read needs that are not published"),
    Scope.NEEDS_WRITE: N_("Change needs"),
    Scope.INVENTORIES_READ: N_("Read surveys of needs"),
    Scope.INVENTORIES_WRITE: N_("Hold surveys of needs"),
    Scope.INTAKE_READ: N_("Read requests for cooperation"),
    Scope.INTAKE_WRITE: N_("Ask for cooperation, and handle it"),
    Scope.MATCHES_READ: N_("Read matches"),
    Scope.RESPONSES_READ: N_("Read answers and questions"),
    Scope.RESPONSES_WRITE: N_("Invite, answer and ask"),
    Scope.MODERATION_READ: N_("Read what waits for a coordinator"),
    Scope.MODERATION_WRITE: N_("Decide as a coordinator"),
    Scope.AUDIT_READ: N_("Read the log of what was done"),
}
DAYS = (90, 365, 730)
_FAULTS = {"name": N_("Write what uses the key, in at least two letters."), "days": N_("Choose one of the answers.")}


@router.get("/keys")
def keys(request: Request, language: Language, session: Reads, by: AnyCaller, done: str = "") -> Response:
    """Show the keys, without the keys themselves."""
    return _page(request, language, session, by, done=done)


@router.post("/keys")
def make(request: Request, language: Language, by: AnyCaller, session: PageWrites, form: Form) -> Response:
    """Make a key, and show it this once."""
    sent: dict[str, object] = {
        "name": typed(form, "name"),
        "days": typed(form, "days"),
        "scopes": form.getlist("scopes"),
    }
    try:
        data = KeyCreate.model_validate({**sent, "organization_id": by.organization_id, "role": by.role})
        made = managing.create_key(session, data, secret=request.app.state.secret, by=by)
    except ValidationError as fault:
        say = texts(language)
        names = dict.fromkeys(str(found["loc"][0]) for found in fault.errors())
        faults = [Fault(name, say(_FAULTS.get(name, N_("Choose one of the answers.")))) for name in names]
        return _page(request, language, session, by, status=422, faults=faults, sent=sent)
    except InvalidContent as fault:
        faults = faults_of(fault, texts(language), "name")
        return _page(request, language, session, by, status=422, faults=faults, sent=sent)
    return _page(request, language, session, by, made=made)


@router.post("/keys/{key_id}/rotate")
def rotate(request: Request, language: Language, by: AnyCaller, session: PageWrites, key_id: str) -> Response:
    """Make a key like this one, and show it this once; the old one opens for a week more."""
    try:
        made = managing.rotate_key(session, key_id, secret=request.app.state.secret, by=by)
    except Conflict as fault:
        faults = faults_of(fault, texts(language), "keys")
        return _page(request, language, session, by, status=fault.status, faults=faults)
    return _page(request, language, session, by, made=made)


@router.post("/keys/{key_id}/revoke")
def revoke(request: Request, by: AnyCaller, session: PageWrites, key_id: str) -> Response:
    """Let a key open nothing from now on."""
    managing.revoke_key(session, key_id, by=by)
    return see(request, "/keys?done=revoked")


def _page(
    request: Request,
    language: str,
    session: ReadSession | WriteSession,
    by: Caller,
    *,
    status: int = 200,
    made: NewKey | None = None,
    faults: list[Fault] | None = None,
    sent: Mapping[str, object] | None = None,
    done: str = "",
) -> Response:
    say = texts(language)
    found = managing.keys(session, by=by)
    at = now()
    return show(
        request,
        "people/keys.html",
        status,
        keys=[key for key in found if key.revoked_at is None and key.expires_at > at],
        ended=[key for key in found if key.revoked_at is not None or key.expires_at <= at],
        made=made,
        scopes={scope: say(SCOPES.get(scope, scope.value)) for scope in SCOPES_OF_ROLE[by.role]},
        names={scope: say(SCOPES.get(scope, scope.value)) for scope in Scope},
        days=DAYS,
        sent=sent or {"name": "", "days": "365", "scopes": list(SCOPES_OF_ROLE[by.role])},
        faults=faults or [],
        done=say("The key opens nothing any more.") if done == "revoked" else "",
    )
