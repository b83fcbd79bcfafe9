"""Signing in, in one step or two, and out. Whoever's session ended while writing finds the draft again afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from app.accounts import attempts, sessions, two_step
from app.accounts.vocabulary import Attempted
from app.core.db import Database, Reads
from app.core.errors import InvalidContent, NotFound, SamnodError, TooManyRequests, Unauthorized
from app.core.i18n import texts
from web.entering import (
    SECRETS,
    Entry,
    asked,
    counted,
    enter,
    faults_of,
    go_on,
    let_in,
    let_out,
    secret_typed,
    typed,
)
from web.forms import Fault
from web.pages.common import Language
from web.render import address, language_of, show
from web.sessions import Guest, Member, home_of
from web.writing import FIELD, Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
# Fields of the sign-in form itself; a draft's own are kept under names of their own.
_DRAFT = "draft."
_LONGEST_TOKEN = 100


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody had written when the session ended: where it was going, and its fields."""

    path: str
    fields: tuple[tuple[str, str], ...]


@router.get("/sign-in")
def sign_in_page(request: Request, language: Language, who: Guest, to: str = "") -> Response:
    """Show the form; whoever is signed in already goes on."""
    if who is not None:
        return RedirectResponse(own_path(to) or f"/{language}{home_of(who)}", 303)
    return _form(request, to=own_path(to))


@router.post("/sign-in")
def sign_in(request: Request, language: Language, form: Form) -> Response:
    """Begin a session and go on to where the person was going, or ask for a code first."""
    email, password = typed(form, "email"), secret_typed(form)
    to, draft = own_path(typed(form, "to")), _sent_draft(form)
    database: Database = request.app.state.database
    say = texts(language)
    if not email or not password:
        told = say("Write your e-mail address and your password.")
        return _form(request, 422, email=email, to=to, draft=draft, faults=[Fault("email", told)])
    try:
        attempt = counted(request, Attempted.SIGN_IN, email.lower())
        with database.reads() as reads:
            person_id = sessions.recognised(reads, email, password)
    except (Unauthorized, TooManyRequests) as fault:
        status = fault.status if isinstance(fault, TooManyRequests) else 422
        told_at = faults_of(fault, say, "email")
        page = _form(request, status, email=email, to=to, draft=draft, faults=told_at)
        page.headers.update(_retry(fault))
        return page
    with database.writes() as session:
        entry = enter(request, session, person_id, attempt)
    return _on_with(request, entry, to, draft)


@router.get("/sign-in/code")
def code_page(request: Request, language: Language, session: Reads, to: str = "") -> Response:
    """Ask for the code, in the browser that the password was typed in; any other is sent to sign in."""
    try:
        two_step.challenged(session, _challenge_of(request), secret=request.app.state.secret)
    except NotFound:
        return RedirectResponse(address(f"/{language}/sign-in", ("to", own_path(to))), 303)
    return _code_form(request, to=own_path(to))


@router.post("/sign-in/code")
def code(request: Request, language: Language, form: Form) -> Response:
    """Begin the session when the code, or the recovery code, is right as the password was."""
    to, draft = own_path(typed(form, "to")), _sent_draft(form)
    database: Database = request.app.state.database
    secret: bytes = request.app.state.secret
    token, say = _challenge_of(request), texts(language)
    sent = {"code": typed(form, "one_time_code"), "recovery_code": typed(form, "recovery_code")}
    at = "recovery_code" if sent["recovery_code"] else "one_time_code"
    try:
        with database.reads() as reads:
            person_id = two_step.challenged(reads, token, secret=secret)
        attempt = attempts.count(database, Attempted.TWO_STEP, (person_id,), secret=secret)
        with database.writes() as session:
            _, of_password = two_step.answer(session, token, **sent, secret=secret)
            entry = enter(request, session, person_id, (*attempt, *of_password), knows_code=True)
    except NotFound as late:
        return _form(request, 422, to=to, draft=draft, faults=faults_of(late, say, "email"))
    except (InvalidContent, TooManyRequests) as fault:
        page = _code_form(request, fault.status, to=to, draft=draft, faults=faults_of(fault, say, at))
        page.headers.update(_retry(fault))
        return page
    return _on_with(request, entry, to, draft)


@router.post("/sign-out")
def sign_out(request: Request, who: Member, session: PageWrites) -> Response:
    """End the session."""
    sessions.end(session, who.person_id, who.session_id)
    return let_out(request, see(request, "/"))


def ask(request: Request) -> Response:
    """Answer a request that needs somebody signed in: with the form, and what was written kept in it."""
    if request.method in {"GET", "HEAD"}:
        language = language_of(request)
        to = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        return RedirectResponse(f"/{language}/sign-in?{urlencode({'to': to})}", 303)
    return _form(request, 401, draft=_draft_of(request))


def ask_again(request: Request) -> Response:
    """Answer a form whose token is not this session's: show what was written, with a button that sends it.

    Nothing has been done. Somebody signed in anew, perhaps in another window, after the page was opened.
    """
    draft = _draft_of(request)
    if draft.path.startswith(f"/{language_of(request)}/sign-in"):
        return _form(request, 403, to=own_path(dict(draft.fields).get("to", "")), draft=_sent_draft(request.state.form))
    return show(request, "people/onwards.html", 403, draft=draft, again=True)


def own_path(to: str) -> str:
    """Return an address of ours, or nothing for any other: nobody is sent on to another site from here."""
    try:
        parts = urlsplit(to)
    except ValueError:
        return ""
    ours = not parts.scheme and not parts.netloc and to.startswith("/") and not to.startswith(("//", "/\\"))
    return to if ours and "\\" not in to and to.isprintable() else ""


def _form(
    request: Request,
    status: int = 200,
    *,
    email: str = "",
    to: str = "",
    draft: Draft | None = None,
    faults: Iterable[Fault] = (),
) -> Response:
    return show(
        request,
        "people/sign_in.html",
        status,
        email=email,
        to=to,
        draft=draft,
        draft_prefix=_DRAFT,
        faults=list(faults),
    )


def _code_form(
    request: Request, status: int = 200, *, to: str = "", draft: Draft | None = None, faults: Iterable[Fault] = ()
) -> Response:
    return show(request, "people/code.html", status, to=to, draft=draft, draft_prefix=_DRAFT, faults=list(faults))


def _challenge_of(request: Request) -> str:
    kept: str = request.cookies.get(request.app.state.cookies.challenge, "")
    return kept[:_LONGEST_TOKEN]


def _on_with(request: Request, entry: Entry, to: str, draft: Draft | None) -> Response:
    """Go on with what somebody was doing: a draft is carried along until it can be sent again."""
    if draft is None:
        return go_on(request, entry, to)
    if entry.who is None:
        return asked(request, _code_form(request, draft=draft), entry)
    # The new session has a form token of its own, so the draft is shown once more for its writer to send.
    return let_in(request, _onwards(request, entry.token, draft), entry.token)


def _onwards(request: Request, token: str, draft: Draft) -> Response:
    """Show a draft again, with a button that sends it; its token is that of the session that has just begun."""
    request.state.new_token = token
    return show(request, "people/onwards.html", draft=draft, again=False)


def _retry(fault: SamnodError) -> dict[str, str]:
    return dict(fault.headers) if isinstance(fault, TooManyRequests) else {}


def _draft_of(request: Request) -> Draft:
    """Return what was sent, without passwords: they are typed again."""
    form: FormData = request.state.form
    left_out = SECRETS | {FIELD}
    fields = tuple(
        (name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in left_out
    )
    return Draft(request.url.path, fields)


def _sent_draft(form: FormData) -> Draft | None:
    path = own_path(typed(form, f"{_DRAFT}path"))
    prefix = f"{_DRAFT}field."
    fields = tuple(
        (name.removeprefix(prefix), value)
        for name, value in form.multi_items()
        if name.startswith(prefix) and isinstance(value, str)
    )
    return Draft(path, fields) if path else None
