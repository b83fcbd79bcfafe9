"""What happens to every request on its way in and out: an id, a log line, and empty parameters dropped."""

import logging
import re
import time
import uuid
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("samnod.request")
_TRACEPARENT = re.compile(r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")


class Traffic:
    """Log each request once, carry `traceparent` through, and give the answer an `X-Request-Id`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = uuid.uuid4().hex
        trace = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), "")
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500

        async def send_with_ids(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                headers.append((b"x-request-id", request_id.encode()))
                if _TRACEPARENT.match(trace):
                    headers.append((b"traceparent", trace.encode()))
            await send(message)

        try:
            await self.app(scope, receive, send_with_ids)
        finally:
            log.info(
                "%s %s",
                scope["method"],
                scope["path"],
                extra={"status": status, "ms": round((time.perf_counter() - started) * 1000, 1), "request": request_id},
            )


class EmptyParameters:
    """Drop parameters without a value: a form sends every field, and an empty one means nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        query = scope.get("query_string", b"")
        if scope["type"] == "http" and query:
            pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=False, encoding="utf-8", errors="replace")
            scope = {**scope, "query_string": urlencode(pairs).encode()}
        await self.app(scope, receive, send)
