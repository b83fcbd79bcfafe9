"""Headers on every answer of the site: what a browser may load, show, tell others and keep."""

import re
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_YEAR = 31_536_000
# The address opens an answer: no cache keeps what it shows, and no other site is told where the visitor came from. Also
# when it opens nothing: a letter may be missing of the right one.
_OPENED_BY_ADDRESS: Final = re.compile(r"/[a-z]{2}/(?:reply|survey)/")


def content_security_policy(cdn: str | None) -> str:
    """Return the policy: nothing but our own files, and those of the one CDN when they are not vendored."""
    files = f"'self' {cdn}" if cdn else "'self'"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {files}",
            f"style-src {files}",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


class Headers:
    """ASGI middleware that adds the headers to each answer, errors too."""

    def __init__(self, app: ASGIApp, *, cdn: str | None, https: bool) -> None:
        self.app = app
        self._always = {
            "Content-Security-Policy": content_security_policy(cdn),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            **({"Strict-Transport-Security": f"max-age={_YEAR}; includeSubDomains"} if https else {}),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with our headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, self._with_headers(scope, send))

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if _OPENED_BY_ADDRESS.match(scope["path"]):
                    headers.update({"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"})
                for name, value in self._always.items():
                    headers.setdefault(name, value)
                headers["Cache-Control"] = _cache_control(scope, message["status"], headers)
                if not _is_static(scope):
                    # A fragment, a page and a redirect can share one address; caches must keep them apart.
                    headers["Vary"] = "HX-Request, Accept-Language, Cookie"
            await send(message)

        return send_with_headers


def _is_static(scope: Scope) -> bool:
    return str(scope["path"]).startswith("/static/")


def _cache_control(scope: Scope, status: int, headers: MutableHeaders) -> str:
    """Files with their hash in the address never change; everything else is asked for again each time.

    What is made for one browser, known by a cookie of ours, is kept by nobody.
    """
    if _is_static(scope) and status in {200, 304} and b"v=" in scope["query_string"]:
        return f"public, max-age={_YEAR}, immutable"
    made_for_one = "set-cookie" in headers or (not _is_static(scope) and _has_cookie(scope))
    if made_for_one or headers.get("cache-control") == "no-store":
        return "no-store"
    return "no-cache"


def _has_cookie(scope: Scope) -> bool:
    """Tell whether the request carries a cookie of ours."""
    return any(name == b"cookie" and b"samnod" in value for name, value in scope["headers"])
