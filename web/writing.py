"""Pages that write: nobody else's site can send their forms, and one request is one transaction.

What a page answers decides: with a page of faults (4xx) nothing is written; with a redirect everything is, before the
answer leaves.
"""

import hmac
import secrets
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import urlsplit

from anyio import CancelScope
from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.datastructures import FormData, Headers

from app.accounts.vocabulary import SignedIn
from app.core.db import Database, WriteSession, rehearse
from app.core.errors import Forbidden, Message
from app.core.i18n import N_
from app.journal import service as journal
from app.journal.vocabulary import Actor
from web.sessions import guest, token_of


class StaleForm(Forbidden):
    """The form's token is not that of this session; the site shows what was written, with a button that sends it."""


_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})
FIELD = "_token"
_MOST_FIELDS = 500
_LARGEST_PART = 5 * 1024 * 1024


class PageRoute(APIRoute):
    """A route of the site. One that writes takes `Form`, and `PageWrites` when it writes to the database."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler with what every form of ours is asked."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if request.method in _READING:
                return await handle(request)
            refuse_other_sites(request.headers)
            async with request.form(max_fields=_MOST_FIELDS, max_part_size=_LARGEST_PART) as form:
                request.state.form = form
                # Known before the token is asked: whoever's session has ended keeps the draft instead.
                request.state.visitor = await guest(request)
                _require_token(request, form)
                return await _in_one_transaction(request, handle)

        return guarded


def refuse_other_sites(headers: Headers) -> None:
    """Refuse a form that another site made the browser send (OWASP: Fetch Metadata, then Origin).

    Raises:
        Forbidden: it comes from elsewhere, or does not say where it comes from.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        allowed = site in _OURS
    else:
        allowed = origin is not None and urlsplit(origin).netloc == headers.get("host")
    if not allowed:
        raise Forbidden(Message(N_("This form was sent from another site. Open the page here, and send it again.")))


def form_token(request: Request) -> str:
    """Return the hidden token of the forms on this page: tied to the session, or to this browser without one."""
    # A session that has just begun is not in the request's cookies yet.
    seed = getattr(request.state, "new_token", "") or token_of(request) or _browser(request)
    secret: bytes = request.app.state.secret
    return hmac.new(secret, b"form:" + seed.encode(), sha256).hexdigest()


def _browser(request: Request) -> str:
    """Return what ties the forms of a visitor without a session to the browser; `show` sends a new one as a cookie."""
    if not hasattr(request.state, "form_seed"):
        kept = request.cookies.get(request.app.state.cookies.form, "")
        request.state.form_seed = kept or secrets.token_urlsafe(24)
        request.state.form_seed_is_new = not kept
    seed: str = request.state.form_seed
    return seed


def _require_token(request: Request, form: FormData) -> None:
    sent = form.get(FIELD)
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), form_token(request).encode()):
        raise StaleForm(Message(N_("This form is no longer valid. Open the page again, and send it once more.")))


async def _in_one_transaction(request: Request, handle: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    opened = _Opened(request.app.state.database)
    request.state.opened = opened
    try:
        answer = await handle(request)
        await opened.finish(keep=answer.status_code < 400)
    except BaseException as fault:
        await opened.undo(fault)
        raise
    return answer


class _Opened:
    """The transaction of one request, which begins when somebody asks for it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._block: AbstractContextManager[WriteSession] | None = None
        self._session: WriteSession | None = None

    async def session(self) -> WriteSession:
        if self._session is None:
            await self._database.writers.acquire()
            block = self._database.writes()
            try:
                self._session = await run_in_threadpool(block.__enter__)
            except BaseException:
                self._database.writers.release()
                raise
            self._block = block
        return self._session

    async def finish(self, *, keep: bool) -> None:
        if self._session is not None and not keep:
            rehearse(self._session)
        await self._leave(None)

    async def undo(self, fault: BaseException) -> None:
        await self._leave(fault)

    async def _leave(self, fault: BaseException | None) -> None:
        block, self._block, self._session = self._block, None, None
        if block is None:
            return
        # Whoever waits for the answer may go away; what is half done may not.
        with CancelScope(shield=True):
            try:
                if fault is None:
                    await run_in_threadpool(block.__exit__, None, None, None)
                else:
                    await run_in_threadpool(block.__exit__, type(fault), fault, fault.__traceback__)
            finally:
                self._database.writers.release()


def _form(request: Request) -> FormData:
    form: FormData = request.state.form
    return form


async def _page_writes(request: Request) -> WriteSession:
    opened: _Opened = request.state.opened
    session = await opened.session()
    act(request, session)
    return session


def act(request: Request, session: WriteSession) -> None:
    """Say who makes the changes of a transaction: whoever is signed in, in the place that the person acts from."""
    visitor: SignedIn | None = request.state.visitor
    caller = visitor.caller(getattr(request.state, "request_id", None)) if visitor else None
    if caller is not None:
        journal.acting(session, Actor(caller.actor_id, caller.organization_id, caller.role.value, caller.request_id))


Form = Annotated[FormData, Depends(_form)]
PageWrites = Annotated[WriteSession, Depends(_page_writes)]


def see(request: Request, path: str) -> Response:
    """Return the way on after a form has been taken: 303, so that reloading the page sends nothing again.

    `path` is one of our own addresses without the language.
    """
    language = request.url.path.strip("/").partition("/")[0]
    return RedirectResponse(f"/{language}{path}", 303)
