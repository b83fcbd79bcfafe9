"""What happens to every request on its way in and out: an id, a log line, HEAD, and answers already known."""

import hashlib
import logging
import re
import time
import uuid

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("samnod.request")
# W3C Trace Context, version 00; ids of zeroes only are invalid.
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


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
                if _TRACEPARENT.fullmatch(trace):
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


class HeadAsGet:
    """Answer HEAD as GET without the body, which FastAPI's routes do not do themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self.app({**scope, "method": "GET"}, receive, send_without_body)


class NoSniffing:
    """Tell browsers to believe the content type: JSON that holds somebody's text is never read as a page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self.app(scope, receive, send_with_header)


class Revalidation:
    """Give what is read an `ETag`, and answer 304 to a client that has it already.

    The tag is of the answer itself, so it needs no knowledge of what the answer is made from; it saves the transfer,
    not the work. It is weak, because the same answer may travel compressed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        known = next((value for name, value in scope["headers"] if name == b"if-none-match"), b"")
        start: Message = {}
        body = bytearray()

        async def send_tagged(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            for answer in _tagged(start, bytes(body), known):
                await send(answer)

        await self.app(scope, receive, send_tagged)


def _tagged(start: Message, body: bytes, known: bytes) -> list[Message]:
    if start["status"] != 200:
        return [start, {"type": "http.response.body", "body": body}]
    tag = b'W/"' + hashlib.blake2b(body, digest_size=12).hexdigest().encode() + b'"'
    # A cache may keep the answer, and asks each time whether it still holds.
    ours = [(b"etag", tag), (b"cache-control", b"public, no-cache"), (b"vary", b"Accept-Language")]
    headers = [*start.get("headers", []), *ours]
    if known.strip() == b"*" or tag in [one.strip() for one in known.split(b",")]:
        kept = [pair for pair in headers if pair[0].lower() not in (b"content-length", b"content-type")]
        return [{**start, "status": 304, "headers": kept}, {"type": "http.response.body", "body": b""}]
    return [{**start, "headers": headers}, {"type": "http.response.body", "body": body}]
