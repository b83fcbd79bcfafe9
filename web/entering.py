"""How a page lets somebody in: attempts counted, a session begun, and what was typed read from the form.

Whoever has two-step sign-in is asked for a code first, whichever way the password came: pages call `enter`.
"""

from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from app.accounts import attempts, sessions, two_step
from app.accounts.vocabulary import Attempted, SignedIn
from app.audit import service as audit
from app.core.db import Database, WriteSession
from app.core.errors import InvalidContent, SamnodError, in_language
from app.core.i18n import Texts
from app.core.limits import address_of, household
from web.forms import Fault
from web.render import address, language_of
from web.sessions import home_of

# What is never sent back to a browser, not even to the one that it came from.
SECRETS: Final = frozenset({"password", "current", "off_current", "one_time_code", "recovery_code"})
_LONGEST: Final = 320


def counted(request: Request, kind: Attempted, *subjects: str) -> tuple[str, ...]:
    """Count an attempt by whom it names and by the address that it comes from; see `attempts.count`.

    Raises:
        TooManyRequests: there have been too many.
    """
    database: Database = request.app.state.database
    here = household(address_of(request.scope))
    return attempts.count(database, kind, (*subjects, f"from {here}"), secret=request.app.state.secret)


@dataclass(frozen=True, slots=True)
class Entry:
    """How far a right password has brought somebody: into a session, or, with `who` None, to where a code is asked."""

    token: str
    who: SignedIn | None


def enter(
    request: Request, session: WriteSession, person_id: str, attempt: tuple[str, ...] = (), *, knows_code: bool = False
) -> Entry:
    """Begin a session for somebody whose password was right, or ask for a code first, unless it was right, too.

    An `attempt` that was counted is forgotten once the session begins.
    """
    secret: bytes = request.app.state.secret
    if not knows_code and two_step.is_on(session, person_id):
        return Entry(two_step.challenge(session, person_id, attempt, secret=secret), None)
    token = begin(request, session, person_id, attempt)
    return Entry(token, sessions.signed_in(session, token, secret=secret))


def go_on(request: Request, entry: Entry, to: str = "") -> Response:
    """Send somebody on to `to` (an address of ours) or to the page of the role; by the page that asks for a code."""
    language = language_of(request)
    if entry.who is None:
        return asked(request, RedirectResponse(address(f"/{language}/sign-in/code", ("to", to)), 303), entry)
    return let_in(request, RedirectResponse(to or f"/{language}{home_of(entry.who)}", 303), entry.token)


def asked(request: Request, answer: Response, entry: Entry) -> Response:
    """Put the challenge's cookie into the answer: only this browser can meet it."""
    cookies = request.app.state.cookies
    cookies.put(answer, cookies.challenge, entry.token)
    return answer


def begin(request: Request, session: WriteSession, person_id: str, attempt: tuple[str, ...] = ()) -> str:
    """Begin a session with a token of its own, end the one that this browser had, and return the token.

    An `attempt` that was counted is forgotten: it has turned out well.
    """
    secret: bytes = request.app.state.secret
    old: SignedIn | None = request.state.signed_in
    if old is not None:
        sessions.end(session, old.person_id, old.session_id)
    token = sessions.begin(session, person_id, secret=secret, device=request.headers.get("user-agent", ""))
    attempts.take_back(session, attempt)
    audit.record(session, "sign-in", "person", person_id)
    return token


def let_in(request: Request, answer: Response, token: str) -> Response:
    """Put the session's cookie into the answer; the forms are tied to the session from now on."""
    cookies = request.app.state.cookies
    cookies.put(answer, cookies.session, token)
    cookies.drop(answer, cookies.form)
    cookies.drop(answer, cookies.challenge)
    return answer


def let_out(request: Request, answer: Response) -> Response:
    """Take the session's cookie away."""
    cookies = request.app.state.cookies
    cookies.drop(answer, cookies.session)
    return answer


def typed(form: FormData, name: str) -> str:
    """Return a field without the blanks around it; empty when it was not sent."""
    value = form.get(name, "")
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""


def secret_typed(form: FormData, name: str = "password") -> str:
    """Return a password as it was typed: blanks belong to it."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def faults_of(error: SamnodError, say: Texts, otherwise: str) -> list[Fault]:
    """Return what a service complains of as faults at the fields of a form; what has no field, at `otherwise`."""
    if isinstance(error, InvalidContent) and error.faults:
        return [Fault(fault.pointer.split("/")[1], in_language(fault.detail, say)) for fault in error.faults]
    return [Fault(otherwise, in_language(error.detail, say))]
