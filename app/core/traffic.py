"""What happens to every request on its way in and out: an id, a log line, HEAD, and answers already known."""

import hashlib
import logging
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("samnod.request")
# W3C Trace Context, version 00; ids of zeroes only are invalid.
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
# A link that opens something, as rooms make them: 32 bytes in base64 (RFC 4648, section 5). No log may hold one.
_LINK = re.compile(r"(?<=/)[\w-]{43}(?=/|$)")


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
        request_id = secrets.token_hex(16)
        trace = (_header(scope, b"traceparent") or b"").decode("latin-1")
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
                _LINK.sub("…", scope["path"]),
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

        # What is costly to make can be left unmade: nobody will see it.
        await self.app({**scope, "method": "GET", "samnod.head": True}, receive, send_without_body)


class Compression(GZipMiddleware):
    """Compress long answers for clients that can read them, and leave all others alone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        asked = scope["type"] == "http" and b"gzip" in (_header(scope, b"accept-encoding") or b"")
        await (super().__call__ if asked else self.app)(scope, receive, send)


class NoSniffing:
    """Tell browsers to believe the content type: JSON that holds somebody's text is never read as a page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start" and _header(message, b"x-content-type-options") is None:
                message["headers"] = [*message.get("headers", []), (b"x-content-type-options", b"nosniff")]
            await send(message)

        await self.app(scope, receive, send_with_header)


class OpenToAll:
    """Let a page of any site read the answers (the Fetch standard's CORS): there is nothing here but what is public.

    Said with every answer, also to whoever is no browser: an answer may be kept and given to another reader.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; what a browser asks before it asks is answered here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_to_all(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *_OPEN]}
            await send(message)

        if scope["method"] == "OPTIONS" and _header(scope, b"access-control-request-method") is not None:
            await Response(status_code=204, headers=_BEFORE)(scope, receive, send_to_all)
        else:
            await self.app(scope, receive, send_to_all)


_OPEN = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"),
]
_BEFORE = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Accept-Language, If-None-Match, Traceparent",
    "Access-Control-Max-Age": "86400",
}


class Revalidation:
    """Say how long what is read may be kept, and answer 304 to a client that has it already.

    A record has a tag of its own, its revision. Other answers get one of the answer itself, which needs no knowledge of
    what the answer is made from; it saves the transfer, not the work. It is weak, because the same answer may travel
    compressed. What comes in parts is passed on as it comes, and what a key was sent for is kept by nobody in between.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        known = [one.strip().removeprefix(b"W/") for one in (_header(scope, b"if-none-match") or b"").split(b",")]
        keeper = b"public" if _header(scope, b"authorization") is None else b"private"
        await self.app(scope, receive, _Tagging(send, known, keeper).send)


class _Tagging:
    """The way out of one answer."""

    __slots__ = ("_held", "_keeper", "_known", "_out", "_unchanged")

    def __init__(self, out: Send, known: list[bytes], keeper: bytes) -> None:
        self._out, self._known, self._keeper = out, known, keeper
        self._held: Message | None = None
        self._unchanged = False

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on, with what belongs in its headers."""
        if message["type"] == "http.response.start" and message["status"] == 200:
            # Held until the body tells whether it can be tagged.
            self._held = message
            return
        if self._held is not None:
            start, self._held = self._held, None
            tag = _header(start, b"etag")
            if tag is None and not message.get("more_body"):
                tag = b'W/"' + hashlib.blake2b(message.get("body", b""), digest_size=12).hexdigest().encode() + b'"'
                start["headers"] = [*start.get("headers", []), (b"etag", tag)]
            self._unchanged = tag is not None and not {tag.removeprefix(b"W/"), b"*"}.isdisjoint(self._known)
            await self._out(self._start(start))
        await self._out({**message, "body": b""} if self._unchanged else message)

    def _start(self, start: Message) -> Message:
        headers = list(start.get("headers", []))
        if _header(start, b"cache-control") is None:
            # A cache may keep the answer, and asks each time whether it still holds.
            headers.append((b"cache-control", self._keeper + b", no-cache"))
        headers.append((b"vary", b"Accept-Encoding, Accept-Language, Authorization"))
        if not self._unchanged:
            return {**start, "headers": headers}
        kept = [pair for pair in headers if pair[0].lower() not in (b"content-length", b"content-type")]
        return {**start, "status": 304, "headers": kept}


def _header(message: Mapping[str, Any], name: bytes) -> bytes | None:
    """Return the value of a header of a request's scope or of an answer's start; names are in small letters (ASGI)."""
    for key, value in message.get("headers", ()):
        if key == name:
            found: bytes = value
            return found
    return None
