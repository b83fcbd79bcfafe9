"""Who looks at a page: the session's cookie, the person behind it, and the places that pages are for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from app.accounts import sessions
from app.accounts.vocabulary import Caller, Role, SignedIn
from app.core.clock import now
from app.core.db import Database
from app.core.errors import Forbidden, Message, SamnodError
from app.core.i18n import N_

_SEEN_SECONDS: Final = 60
_HOMES: Final = {
    Role.BUYER: "/desk",
    Role.ENTERPRISE: "/inbox",
    Role.SUPPORT_PROVIDER: "/support-offers/mine",
    Role.COORDINATOR: "/coordination",
    Role.ADMIN: "/coordination",
}
_LONGEST_TOKEN: Final = 100


class SignInNeeded(SamnodError):
    """The page is for people who are signed in; the site answers with the sign-in page and keeps what was written."""

    status, code = 401, "sign-in-needed"


@dataclass(frozen=True, slots=True)
class Cookies:
    """The names of our cookies and how they are set.

    `__Host-` and Secure, but on plain http on one's own machine, where no client would send such a cookie back.
    """

    secure: bool

    @property
    def session(self) -> str:
        """The name of the cookie with the session's token."""
        return "__Host-samnod" if self.secure else "samnod"

    @property
    def form(self) -> str:
        """The name of the cookie that ties the forms of a visitor without a session to the browser."""
        return "__Host-samnod-form" if self.secure else "samnod-form"

    @property
    def challenge(self) -> str:
        """The name of the cookie of a browser whose password was right, and which is asked for a code."""
        return "__Host-samnod-code" if self.secure else "samnod-code"

    def put(self, answer: Response, name: str, value: str) -> None:
        """Set a cookie for as long as the browser is open."""
        answer.set_cookie(name, value, path="/", secure=self.secure, httponly=True, samesite="lax")

    def drop(self, answer: Response, name: str) -> None:
        """Take a cookie away."""
        answer.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="lax")


def home_of(who: SignedIn | None) -> str:
    """Return where somebody begins, without the language: the page of the role that the person acts in."""
    return _HOMES.get(who.acting.role, "/account") if who and who.acting else "/account"


def token_of(request: Request) -> str:
    """Return the token of the session's cookie; empty without one."""
    token = request.cookies.get(_cookies(request).session, "")
    return token if len(token) <= _LONGEST_TOKEN else ""


async def guest(request: Request) -> SignedIn | None:
    """Return who is signed in, or None; asked once a request."""
    if not hasattr(request.state, "signed_in"):
        token = token_of(request)
        request.state.signed_in = await run_in_threadpool(_look_up, request, token) if token else None
    found: SignedIn | None = request.state.signed_in
    return found


async def member(request: Request) -> SignedIn:
    """Return who is signed in.

    Raises:
        SignInNeeded: nobody is.
    """
    found = await guest(request)
    if found is None:
        raise SignInNeeded(Message(N_("Sign in to go on.")))
    return found


@dataclass(frozen=True, slots=True)
class ActingAs:
    """A dependency: a person who is signed in and acts in one of these roles."""

    roles: frozenset[Role]

    async def __call__(self, request: Request) -> Caller:
        """Return the person as services know who asks.

        Raises:
            SignInNeeded: nobody is signed in.
            Forbidden: the person acts in another role.
        """
        who = await member(request)
        caller = who.caller(getattr(request.state, "request_id", None))
        if caller is None or caller.role not in self.roles:
            raise Forbidden(Message(N_("This page is for others than the organisation that you act for now.")))
        return caller


Guest = Annotated[SignedIn | None, Depends(guest)]
Member = Annotated[SignedIn, Depends(member)]
BuyerCaller = Annotated[Caller, Depends(ActingAs(frozenset({Role.BUYER, Role.COORDINATOR})))]
EnterpriseCaller = Annotated[Caller, Depends(ActingAs(frozenset({Role.ENTERPRISE})))]
CoordinatorCaller = Annotated[Caller, Depends(ActingAs(frozenset({Role.COORDINATOR, Role.ADMIN})))]
AnyCaller = Annotated[Caller, Depends(ActingAs(frozenset(Role)))]


def _cookies(request: Request) -> Cookies:
    cookies: Cookies = request.app.state.cookies
    return cookies


def _look_up(request: Request, token: str) -> SignedIn | None:
    database: Database = request.app.state.database
    with database.reads() as session:
        found = sessions.signed_in(session, token, secret=request.app.state.secret)
    if found is not None:
        _tell_seen(request, database, found.session_id)
    return found


def _tell_seen(request: Request, database: Database, session_id: str) -> None:
    """Keep the session alive, at most once a minute in this process: a page that is read need not wait for writers."""
    told: dict[str, datetime] = request.app.state.sessions_told
    at = now()
    if (at - told.get(session_id, datetime.min.replace(tzinfo=UTC))).total_seconds() < _SEEN_SECONDS:
        return
    if len(told) > 10_000:
        told.clear()
    told[session_id] = at
    with database.writes() as session:
        sessions.tell_seen(session, session_id, at)
