"""Somebody's own account: how to be written to, the password, where one is signed in, and what is kept."""

import json

from fastapi import APIRouter, Request, Response

from app.accounts import invitations, people, resets, sessions, two_step
from app.accounts.vocabulary import Attempted, Digest, SignedIn
from app.audit import service as audit
from app.core.db import Database, Reads
from app.core.errors import InvalidContent, TooManyRequests
from app.core.i18n import LANGUAGES, N_, texts
from app.digests import service as digests
from app.organizations import service as organizations
from web.entering import counted, faults_of, let_out, secret_typed, typed
from web.forms import Fault
from web.pages.common import InLanguage, Language
from web.render import LANGUAGE_NAMES, address, show
from web.sessions import Guest, Member, home_of
from web.writing import Form, PageRoute, PageWrites, act, see

router = APIRouter(route_class=PageRoute)
DIGESTS = {
    Digest.DAILY: N_("Every day when there is something new"),
    Digest.WEEKLY: N_("Once a week when there is something new"),
    Digest.OFF: N_("Never"),
}
# What the page says after each form has been taken.
_DONE = {
    "settings": N_("Saved."),
    "password": N_("Your password has been changed, and you are signed out everywhere else."),
    "session": N_("Signed out there."),
    "place": N_("You now act for this organisation."),
}


@router.get("/account")
def account(request: Request, language: Language, who: Member, done: str = "") -> Response:
    """Show the account."""
    return _page(request, language, who, done=done)


@router.post("/account")
def settings(request: Request, who: Member, session: PageWrites, form: Form) -> Response:
    """Change the language of letters, and how often they come."""
    digest = typed(form, "digest")
    people.change(
        session,
        who.person_id,
        language=typed(form, "language"),
        digest=Digest(digest) if digest in set(Digest) else None,
    )
    return see(request, address("/account", ("done", "settings")))


@router.post("/account/password")
def password(request: Request, language: Language, who: Member, form: Form) -> Response:
    """Change the password, for somebody who knows the old one."""
    database: Database = request.app.state.database
    try:
        counted(request, Attempted.SIGN_IN, who.email)
        with database.reads() as reads:
            resets.require_password(reads, who.person_id, secret_typed(form, "current"))
        hashed = invitations.hashed_for(who.email, secret_typed(form))
    except (InvalidContent, TooManyRequests) as fault:
        faults = faults_of(fault, texts(language), "current")
        page = _page(request, language, who, faults=faults, status=fault.status)
        page.headers.update(fault.headers)
        return page
    with database.writes() as session:
        act(request, session)
        resets.change(session, who.person_id, hashed, session_id=who.session_id)
    return see(request, address("/account", ("done", "password")))


@router.post("/account/place")
def place(request: Request, who: Member, session: PageWrites, form: Form) -> Response:
    """Act from another of one's places."""
    sessions.act_from(session, who, typed(form, "place"))
    return see(request, address("/account", ("done", "place")))


@router.post("/account/sessions")
def end_session(request: Request, who: Member, session: PageWrites, form: Form) -> Response:
    """End a session elsewhere, or all of them."""
    if typed(form, "session") == "all":
        sessions.end_all(session, who.person_id, but=who.session_id)
    else:
        sessions.end(session, who.person_id, typed(form, "session"))
    return see(request, address("/account", ("done", "session")))


@router.get("/account/export")
def export(who: Member, session: Reads) -> Response:
    """Give what is kept of somebody, as a file."""
    kept = people.kept_of(session, who.person_id)
    text = json.dumps(kept, indent=1, ensure_ascii=False, default=str)
    headers = {"Content-Disposition": 'attachment; filename="samnod.json"', "Cache-Control": "no-store"}
    return Response(text, media_type="application/json", headers=headers)


@router.get("/account/erase")
def erase_page(request: Request, _language: InLanguage, _who: Member) -> Response:
    """Ask whether it is meant."""
    return show(request, "people/erase.html", faults=[])


@router.post("/account/erase")
def erase(request: Request, language: Language, who: Member, form: Form) -> Response:
    """Remove the account and what belongs to it, for somebody who knows its password."""
    database: Database = request.app.state.database
    try:
        counted(request, Attempted.SIGN_IN, who.email)
        with database.reads() as reads:
            resets.require_password(reads, who.person_id, secret_typed(form, "current"))
    except (InvalidContent, TooManyRequests) as fault:
        page = show(request, "people/erase.html", fault.status, faults=faults_of(fault, texts(language), "current"))
        page.headers.update(fault.headers)
        return page
    with database.writes() as session:
        people.erase(session, who.person_id)
        digests.forget(session, who.person_id)
        audit.forget(session, who.person_id)
    return let_out(request, see(request, "/account/erased"))


@router.get("/account/erased")
def erased(request: Request, _language: InLanguage, _who: Guest) -> Response:
    """Say that the account is gone."""
    return show(request, "people/erased.html")


def _page(
    request: Request,
    language: str,
    who: SignedIn,
    *,
    done: str = "",
    faults: list[Fault] | None = None,
    status: int = 200,
) -> Response:
    database: Database = request.app.state.database
    with database.reads() as session:
        person = people.find(session, who.person_id)
        asked = two_step.state(session, who.person_id)
        own_sessions = sessions.sessions_of(session, who)
        places = [(one, organizations.name_of(session, one.organization_id)) for one in who.places]
    say = texts(language)
    return show(
        request,
        "people/account.html",
        status,
        person=person,
        two_step=asked,
        sessions=own_sessions,
        places=places,
        acting=who.acting,
        home=home_of(who),
        digests={digest: say(name) for digest, name in DIGESTS.items()},
        languages_of_letters={code: LANGUAGE_NAMES[code] for code in LANGUAGES},
        done=say(_DONE[done]) if done in _DONE else "",
        faults=faults or [],
    )
