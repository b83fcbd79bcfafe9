"""How often somebody may ask: token buckets in this process, so that no request writes to the database to be counted.

Each process counts for itself: a server of two workers lets through at most twice as much. Nothing is kept of who
asked but the bucket, and that for as long as there are not too many.
"""

import hashlib
import math
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import problem
from app.core.errors import Message as Told
from app.core.errors import SamnodError, TooManyRequests
from app.core.i18n import N_

_MINUTE = 60
_MOST_BUCKETS = 20_000
_MOST_KEYS = 2_000
# For so long a key that has been looked up is believed to be good, and for so long only its own bucket pays.
_KEY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Policy:
    """So many requests a minute. They may come at once, and are given back evenly."""

    name: str
    quota: int

    @property
    def rate(self) -> float:
        """How many are given back each second."""
        return self.quota / _MINUTE


KEY: Final = Policy("key", 600)
ADDRESS: Final = Policy("address", 300)
PREVIEWS: Final = Policy("previews", 60)
LETTERS: Final = Policy("letters", 3)


@dataclass(frozen=True, slots=True)
class Spent:
    """One request counted: whether it was within the policy, and how much is left."""

    policy: Policy
    allowed: bool
    left: float

    @property
    def seconds(self) -> int:
        """How long until the bucket is full again; for a request that was refused, until the next is let through."""
        missing = self.policy.quota - self.left if self.allowed else 1 - self.left
        return max(1, math.ceil(missing / self.policy.rate))


def headers_of(spent: Iterable[Spent]) -> dict[str, str]:
    """Return what an answer says of the limits, as draft-ietf-httpapi-ratelimit-headers-11 writes it.

    With a request that was refused also `Retry-After`, in seconds.
    """
    counted = list(spent)
    found = {
        "RateLimit-Policy": ", ".join(f'"{one.policy.name}";q={one.policy.quota};w={_MINUTE}' for one in counted),
        "RateLimit": ", ".join(f'"{one.policy.name}";r={int(one.left)};t={one.seconds}' for one in counted),
    }
    waits = [one.seconds for one in counted if not one.allowed]
    return found | {"Retry-After": str(max(waits))} if waits else found


class Limits:
    """The buckets of this process, and who is let through without one."""

    def __init__(self, *, on: bool = True, exempt: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        """Count unless `on` is false; `exempt` names addresses, networks and ids of keys, by commas.

        Raises ValueError when `exempt` holds something that looks like an address and is none.
        """
        self.on = on
        self.clock = clock
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}
        names = [name.strip() for name in exempt.split(",") if name.strip()]
        # The id of a key holds neither dots nor colons.
        self._networks = [ip_network(name, strict=False) for name in names if "." in name or ":" in name]
        self._keys = {name for name in names if "." not in name and ":" not in name}

    def spend(self, policy: Policy, who: str) -> Spent:
        """Count one request of `who`."""
        now = self.clock()
        # Taken out and put in again, the buckets lie in the order in which they were used.
        left, at = self._buckets.pop((policy.name, who), (float(policy.quota), now))
        left = min(policy.quota, left + (now - at) * policy.rate)
        allowed = left >= 1
        left -= allowed
        self._buckets[policy.name, who] = (left, now)
        if len(self._buckets) > _MOST_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        return Spent(policy, allowed, left)

    def is_exempt(self, address: str, key_id: str | None = None) -> bool:
        """Tell whether requests from this address, or with this key, are not counted."""
        return not self.on or key_id in self._keys or any(_lies_in(address, network) for network in self._networks)

    def count_preview(self, request: Request) -> None:
        """Count a ranking that a page asks for. Raises `TooManyRequests`."""
        address = address_of(request.scope)
        if not self.is_exempt(address):
            _require([self.spend(PREVIEWS, household(address))])

    def count_letter(self, request: Request) -> None:
        """Count a letter that somebody without a login has a page send. Raises `TooManyRequests`."""
        address = address_of(request.scope)
        if not self.is_exempt(address):
            _require([self.spend(LETTERS, household(address))])


class Limited:
    """Count each request of the API, tell what is left, and refuse what is too much.

    `key_of` finds the id of the key that a request carries, None when it opens nothing; it is asked once a minute for
    each key. Until it has answered, and for keys that open nothing, the address pays: trying keys costs what asking
    costs.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: Limits,
        key_of: Callable[[Request], Awaitable[str | None]],
        previews: frozenset[str],
    ) -> None:
        self.app = app
        self._limits = limits
        self._key_of = key_of
        self._previews = previews
        self._known: dict[bytes, tuple[str, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, if it is not one too many."""
        if scope["type"] != "http" or not self._limits.on:
            await self.app(scope, receive, send)
            return
        spent = await self._spend(scope)
        headers = headers_of(spent) if spent else {}
        try:
            _require(spent)
        except TooManyRequests as fault:
            await problem.refusal(Request(scope), fault)(scope, receive, send)
            return
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *raw]}
            await send(message)

        await self.app(scope, receive, send_with_limits)

    async def _spend(self, scope: Scope) -> list[Spent]:
        address = address_of(scope)
        carried = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        if carried is None:
            return self._of_visitor(scope, address)
        digest = hashlib.sha256(carried).digest()
        key_id, until = self._known.get(digest, (None, 0.0))
        if key_id is None or until < time.monotonic():
            paid = self._of_visitor(scope, address)
            if not all(one.allowed for one in paid):
                return paid
            key_id = await self._look_up(scope, digest)
            if key_id is None:
                return paid
        return [] if self._limits.is_exempt(address, key_id) else [self._limits.spend(KEY, key_id)]

    def _of_visitor(self, scope: Scope, address: str) -> list[Spent]:
        if self._limits.is_exempt(address):
            return []
        spent = [self._limits.spend(ADDRESS, household(address))]
        if scope["method"] == "POST" and scope["path"].removeprefix(scope.get("root_path", "")) in self._previews:
            spent.append(self._limits.spend(PREVIEWS, household(address)))
        return spent

    async def _look_up(self, scope: Scope, digest: bytes) -> str | None:
        self._known.pop(digest, None)
        try:
            key_id = await self._key_of(Request(scope))
        except (SamnodError, SQLAlchemyError):
            # Whoever answers the request will say what is wrong with the key, or with the database.
            return None
        if key_id is not None:
            self._known[digest] = (key_id, time.monotonic() + _KEY_SECONDS)
            if len(self._known) > _MOST_KEYS:
                del self._known[next(iter(self._known))]
        return key_id


def address_of(scope: Scope) -> str:
    """Return the address that a request comes from; behind a proxy the server has put the right one there."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _require(spent: list[Spent]) -> None:
    if not all(one.allowed for one in spent):
        headers = headers_of(spent)
        told = Told(N_("Too many requests. Come back in {n} seconds."), n=headers["Retry-After"])
        raise TooManyRequests(told, headers=headers)


def household(address: str) -> str:
    """Return whose bucket an address has: one household has 2^64 addresses of IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
    return address


def _lies_in(address: str, network: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(address) in network
    except ValueError:
        return False
