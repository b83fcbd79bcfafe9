"""An httpx client that asks the application directly: no socket, no server, the real routes and middleware.

Tests are plain functions, so the client is synchronous; the application runs in an event loop of its own thread.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.applications import Starlette


class _InAnotherThread(httpx.BaseTransport):
    """Hand each request to the application's event loop and wait for the whole answer."""

    def __init__(self, portal: BlockingPortal, app: Starlette, *, raise_faults: bool) -> None:
        self._portal = portal
        self._app = httpx.ASGITransport(app, raise_app_exceptions=raise_faults)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._portal.call(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._app.handle_async_request(request)
        # As it was sent: the client itself reads what is compressed.
        content = b"".join([chunk async for chunk in answer.aiter_raw()])
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(content))


@contextmanager
def client_of(app: Starlette, *, raise_faults: bool = True) -> Iterator[httpx.Client]:
    """Give a client of `app`, started and stopped as a server would.

    A fault of ours stops the test; without `raise_faults` it is answered, as a server answers it.
    """
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)),
        httpx.Client(
            transport=_InAnotherThread(portal, app, raise_faults=raise_faults), base_url="http://testserver"
        ) as client,
    ):
        yield client
