"""Signing in and out. Whoever's session ended while writing finds what was written again after signing in."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from app.accounts import sessions
from app.core.db import Database
from app.core.errors import Unauthorized, in_language
from app.core.i18n import texts
from web.forms import Fault
from web.pages.common import Language
from web.render import language_of, show
from web.sessions import Guest, Member, home_of
from web.writing import FIELD, Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
# Fields of the sign-in form itself; a draft's own are kept under names of their own.
_DRAFT = "draft."


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
    """Begin a session, and go on to where the person was going."""
    email, password = _text(form, "email"), _text(form, "password")
    to, draft = own_path(_text(form, "to")), _sent_draft(form)
    database: Database = request.app.state.database
    say = texts(language)
    if not email or not password:
        told = say("Write your e-mail address and your password.")
        return _form(request, 422, email=email, to=to, draft=draft, faults=[Fault("email", told)])
    try:
        with database.reads() as reads:
            person_id = sessions.recognised(reads, email, password)
    except Unauthorized as fault:
        told = in_language(fault.detail, say)
        return _form(request, 422, email=email, to=to, draft=draft, faults=[Fault("email", told)])
    secret: bytes = request.app.state.secret
    with database.writes() as session:
        token = sessions.begin(session, person_id, secret=secret, device=request.headers.get("user-agent", ""))
        who = sessions.signed_in(session, token, secret=secret)
    cookies = request.app.state.cookies
    answer: Response
    if draft is not None:
        # The new session has a form token of its own, so the draft is shown once more for its writer to send.
        answer = _onwards(request, token, draft)
    else:
        answer = RedirectResponse(to or f"/{language}{home_of(who)}", 303)
    cookies.put(answer, cookies.session, token)
    cookies.drop(answer, cookies.form)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, who: Member, session: PageWrites) -> Response:
    """End the session."""
    sessions.end(session, who.person_id, who.session_id)
    answer = see(request, "/")
    cookies = request.app.state.cookies
    cookies.drop(answer, cookies.session)
    return answer


def ask(request: Request) -> Response:
    """Answer a request that needs somebody signed in: with the form, and what was written kept in it."""
    if request.method in {"GET", "HEAD"}:
        language = language_of(request)
        to = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        return RedirectResponse(f"/{language}/sign-in?{urlencode({'to': to})}", 303)
    form: FormData = request.state.form
    fields = tuple((name, value) for name, value in form.multi_items() if isinstance(value, str) and name != FIELD)
    return _form(request, 401, draft=Draft(request.url.path, fields))


def own_path(to: str) -> str:
    """Return an address of ours, or nothing for any other: nobody is sent on to another site from here."""
    parts = urlsplit(to)
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


def _onwards(request: Request, token: str, draft: Draft) -> Response:
    """Show a draft again, with a button that sends it; its token is that of the session that has just begun."""
    request.state.new_token = token
    return show(request, "people/onwards.html", draft=draft)


def _sent_draft(form: FormData) -> Draft | None:
    path = own_path(_text(form, f"{_DRAFT}path"))
    prefix = f"{_DRAFT}field."
    fields = tuple(
        (name.removeprefix(prefix), value)
        for name, value in form.multi_items()
        if name.startswith(prefix) and isinstance(value, str)
    )
    return Draft(path, fields) if path else None


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""
