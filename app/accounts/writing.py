"""Routes that write: one request is one transaction, committed before the answer leaves.

The session is opened here and not in a dependency, because the answer has to be known when it is kept for its
`Idempotency-Key`, and the commit has to be over when the answer is sent.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Annotated

from anyio import CancelScope
from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import OperationalError

from app.accounts import idempotency, service
from app.accounts.permissions import Requires
from app.accounts.vocabulary import Caller
from app.core.clock import now
from app.core.db import WriteSession, database_of
from app.core.errors import Message, NotReady
from app.core.i18n import N_
from app.core.preconditions import etag_of
from app.core.strict import StrictRoute

# Requests with an Idempotency-Key that this process is working on.
_running: set[tuple[str, str]] = set()


class WritingRoute(StrictRoute):
    """A route whose endpoint takes `Writes`, and a caller from `permissions`."""

    async def admit(self, request: Request) -> None:
        """Let nobody send a body who may not write."""
        for dependant in self.dependant.dependencies:
            if isinstance(dependant.call, Requires):
                request.state.caller = await dependant.call.admit(request)

    async def answer(self, request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
        """Answer in one transaction; a request that has been answered before is answered the same way."""
        caller: Caller = request.state.caller
        key = idempotency.key_of(request)
        # The body is read before the writer's place is taken: a slow client keeps nobody waiting.
        body = await request.body()
        if key is None:
            return await _in_one_transaction(request, caller, handle)
        place = (caller.organization_id, key)
        if place in _running:
            raise idempotency.in_progress()
        _running.add(place)
        try:
            request_hash = idempotency.hash_of(request, body)
            return await _in_one_transaction(request, caller, handle, key, request_hash)
        finally:
            _running.discard(place)


class LinkRoute(WritingRoute):
    """A route that writes for whoever has a link that opens once: no key, and nothing is done twice anyway."""

    async def answer(self, request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
        """Answer in one transaction."""
        await request.body()
        return await _in_one_transaction(request, None, handle)


async def _in_one_transaction(
    request: Request,
    caller: Caller | None,
    handle: Callable[[Request], Awaitable[Response]],
    key: str | None = None,
    request_hash: str = "",
) -> Response:
    database = database_of(request)

    def recalled() -> Response | None:
        return idempotency.recall(session, caller.organization_id, key, request_hash) if caller and key else None

    def finish(answer: Response) -> None:
        if caller and key:
            idempotency.keep(session, caller.organization_id, key, request_hash, answer)
        if caller:
            service.tell_use(session, caller.actor_id, now())
        opened.__exit__(None, None, None)

    async with database.writers:
        opened = database.writes()
        session = opened.__enter__()
        request.state.writes = session
        try:
            if key and (answer := await run_in_threadpool(recalled)):
                await run_in_threadpool(opened.__exit__, None, None, None)
                return answer
            answer = await handle(request)
            # Whoever waits for the answer may go away; what is half done may not.
            with CancelScope(shield=True):
                await run_in_threadpool(finish, answer)
        except OperationalError as fault:
            await _undo(opened, fault)
            raise NotReady(Message(N_("The database is busy. Nothing was written; send the same again."))) from fault
        except BaseException as fault:
            await _undo(opened, fault)
            raise
    return answer


async def _undo(opened: AbstractContextManager[WriteSession], fault: BaseException) -> None:
    with CancelScope(shield=True):
        await run_in_threadpool(opened.__exit__, type(fault), fault, fault.__traceback__)


def _writes(request: Request) -> WriteSession:
    session: WriteSession = request.state.writes
    return session


Writes = Annotated[WriteSession, Depends(_writes)]


def home_of(request: Request) -> str:
    """Return the name of this node, which new records have as their home."""
    home: str = request.app.state.home
    return home


Home = Annotated[str, Depends(home_of)]


def secret_of(request: Request) -> bytes:
    """Return the node's own secret, which links are made with."""
    secret: bytes = request.app.state.secret
    return secret


NodeSecret = Annotated[bytes, Depends(secret_of)]


def tagged(response: Response, rev: int, location: str | None = None) -> None:
    """Give the answer the record's entity tag, and the address of a new record."""
    response.headers["ETag"] = etag_of(rev)
    if location is not None:
        response.headers["Location"] = location
