"""Calls to a peer: to the address that was checked, within the time there is, and again when that may help.

Nothing here is inside a transaction, and nothing else of the sync speaks to others. A peer is called by its name, but
the connection is made to an address that has been looked up and looked at: names that lead into private networks are
refused unless the operator allowed it, and what the name says a moment later does not matter.
"""

import ipaddress
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import anyio
import httpx
import orjson
from anyio.from_thread import BlockingPortal, start_blocking_portal
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from app.sync import pages
from app.sync.limits import DOCUMENT, PAGE, PAGE_SECONDS, Allowed, Deadline, Reading, TooSlow, Unreadable
from app.sync.pages import PageFault, PageRead
from app.sync.vocabulary import MEDIA_TYPE, PAGE_RECORDS, PageKind, Verdict

TRIES: Final = 5
# Anything up to two seconds, then up to twice as long each time.
_FULL_JITTER: Final = wait_random_exponential(multiplier=2, max=30)
_LONGEST_RETRY_AFTER: Final = 60.0
_SILENCE_SECONDS: Final = 20.0
# What a peer says of its refusal is shown to the operator, and no more of it is read than that takes.
_REFUSAL: Final = Allowed(size=2**14, line=2**14, lines=200)
_SHOWN_REFUSAL: Final = 300
# All that is given out of IPv6 to the open internet (RFC 4291); what lies elsewhere may lead back to this machine.
_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
# For protocols, relays and examples (RFC 6890, 7526, 9637): not all of them are known to every Python.
_SPECIAL: Final = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
_AGAIN: Final = {408, 425, 429, 500, 502, 503, 504}
_Answer = TypeVar("_Answer")


class CallFault(Exception):
    """A call came to nothing; the text says why."""


class Refused(CallFault):
    """The peer answered, and refused: asking again does not help."""

    def __init__(self, status: int, told: str) -> None:
        super().__init__(f"The peer refused ({status}): {told}" if told else f"The peer refused ({status}).")
        self.status = status


class ForbiddenAddress(CallFault):
    """The peer's name leads to an address that is not to be called."""


class _Unanswered(CallFault):
    """No answer, or one that asks to come back later."""

    def __init__(self, told: str, retry_after: float = 0.0) -> None:
        super().__init__(told)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Contact:
    """A peer as it is called: its public keys (Base64) by id, and the token that it knows us by."""

    id: str
    url: str
    keys: Mapping[str, str]
    token: str
    may_be_private: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """How calls are made; tests put something else in place of the network, of waiting and of time."""

    transport: httpx.AsyncBaseTransport | None = None
    sleep: Callable[[float], None] = time.sleep
    seconds: float = PAGE_SECONDS
    tries: int = TRIES


class Caller:
    """Asks one peer; every answer has been checked before it is returned.

    `received` counts the bytes that have come in, as they were sent, and `requests` how often was asked.
    """

    def __init__(
        self, contact: Contact, own: str, portal: BlockingPortal, client: httpx.AsyncClient, line: Line
    ) -> None:
        self._contact = contact
        self._own = own
        self._portal = portal
        self._client = client
        self._line = line
        self._attempt = 0
        self.before_waiting: Callable[[], None] = _do_nothing
        self.received = 0
        self.requests = 0

    def changes(self, after: int, run: str) -> PageRead:
        """Return the page of the peer's changes after a cursor. `run` is the last run that the peer acknowledged."""
        asked = {"after": after, "limit": PAGE_RECORDS, "run": run}
        return self._page(PageKind.CHANGES, "/sync/v1/changes", asked, after=after)

    def held(self, after: int) -> PageRead:
        """Return a page of what the peer holds of our own records, after a number."""
        return self._page(PageKind.HELD, "/sync/v1/held", {"after": after}, after=after)

    def records(self, record_type: str, record_ids: Sequence[str]) -> PageRead:
        """Return these records of the peer as they are now; of those that it has nothing of, nothing."""
        said = {"type": record_type, "ids": list(record_ids)}
        return self._page(PageKind.RECORDS, "/sync/v1/records", said, method="POST")

    def digest(self) -> dict[str, Any]:
        """Return how the peer's own records add up, and the number at which they do."""
        return self._document(PageKind.DIGEST, "/sync/v1/digest")

    def bucket(self, record_type: str, number: int) -> dict[str, Any]:
        """Return what is in one bucket of the peer."""
        return self._document(PageKind.BUCKET, f"/sync/v1/buckets/{record_type}/{number:02x}")

    def acknowledge(self, run: str, cursor: int, generation: int, verdict: Verdict) -> None:
        """Tell the peer how far a run has read it, and how it ended."""
        said = {"run": run, "cursor": cursor, "generation": generation, "verdict": verdict.value}
        self._document(PageKind.ACK, "/sync/v1/ack", said, method="PUT")

    def _page(
        self, kind: PageKind, path: str, said: Mapping[str, Any], *, method: str = "GET", after: int = 0
    ) -> PageRead:
        def read(body: bytes, nonce: str) -> PageRead:
            peer, keys = self._contact.id, self._contact.keys
            return pages.parse(body, peer=peer, keys=keys, destination=self._own, nonce=nonce, after=after, kind=kind)

        return self._again(method, path, said, PAGE, read)

    def _document(
        self, kind: PageKind, path: str, said: Mapping[str, Any] | None = None, *, method: str = "GET"
    ) -> dict[str, Any]:
        def read(body: bytes, nonce: str) -> dict[str, Any]:
            peer, keys = self._contact.id, self._contact.keys
            return pages.read_signed(body, kind=kind, peer=peer, keys=keys, destination=self._own, nonce=nonce)

        return self._again(method, path, said or {}, DOCUMENT, read)

    def _again(
        self,
        method: str,
        path: str,
        said: Mapping[str, Any],
        allowed: Allowed,
        read: Callable[[bytes, str], _Answer],
    ) -> _Answer:
        """Ask until there is an answer that is believed, a few times at most, each time with a nonce of its own.

        What is `said` stands in the address when it is only asked, and in the body otherwise.
        """

        def once() -> _Answer:
            nonce = secrets.token_urlsafe(18)
            return read(self._ask(method, path, {**said, "nonce": nonce}, allowed), nonce)

        trying = Retrying(
            stop=stop_after_attempt(self._line.tries),
            wait=_how_long,
            retry=retry_if_exception(_may_help),
            before_sleep=lambda _: self.before_waiting(),
            sleep=self._line.sleep,
            reraise=True,
        )
        try:
            return trying(once)
        except (PageFault, Unreadable, TooSlow) as fault:
            raise CallFault(str(fault)) from fault

    def _ask(self, method: str, path: str, said: Mapping[str, Any], allowed: Allowed) -> bytes:
        self.requests += 1
        self._attempt += 1
        # What a peer says of its refusal is written down, and told to each reader in a language of theirs.
        headers = {"Accept": MEDIA_TYPE, "Accept-Encoding": "gzip", "Accept-Language": "en"}
        headers["Authorization"] = f"Bearer {self._contact.token}"
        url = f"{self._contact.url}{path}"
        request = (
            httpx.Request(method, url, headers=headers, params=dict(said))
            if method == "GET"
            else httpx.Request(method, url, headers=headers, json=dict(said))
        )
        return self._portal.call(self._answer, request, allowed)

    async def _answer(self, request: httpx.Request, allowed: Allowed) -> bytes:
        try:
            with anyio.fail_after(self._line.seconds):
                return await self._sent(await self._to_address(request), allowed)
        except TimeoutError as fault:
            raise TooSlow(f"There was no whole answer within {self._line.seconds:.0f} seconds.") from fault
        except httpx.TransportError as fault:
            raise _Unanswered(f"The peer does not answer ({type(fault).__name__}).") from fault

    async def _sent(self, request: httpx.Request, allowed: Allowed) -> bytes:
        answer = await self._client.send(request, stream=True)
        try:
            if answer.status_code == httpx.codes.OK:
                return await self._read(answer, allowed)
            if answer.status_code in _AGAIN:
                told = f"The peer cannot answer now ({answer.status_code})."
                raise _Unanswered(told, retry_after=_seconds(answer.headers.get("Retry-After", "")))
            if answer.is_redirect:
                raise Refused(answer.status_code, "it leads elsewhere, and nobody follows it there")
            raise Refused(answer.status_code, await self._refusal(answer))
        finally:
            await answer.aclose()

    async def _read(self, answer: httpx.Response, allowed: Allowed) -> bytes:
        reading = Reading(answer.headers.get("Content-Encoding", ""), allowed, Deadline(self._line.seconds))
        try:
            async for piece in answer.aiter_raw():
                reading.take(piece)
            return reading.whole()
        finally:
            self.received += reading.received

    async def _refusal(self, answer: httpx.Response) -> str:
        """Return why a peer refuses, in its own words if they can be read."""
        try:
            said = orjson.loads(await self._read(answer, _REFUSAL))
        except (Unreadable, orjson.JSONDecodeError):
            return ""
        told = said.get("detail") if isinstance(said, dict) else None
        return "".join(filter(str.isprintable, str(told)))[:_SHOWN_REFUSAL] if told else ""

    async def _to_address(self, request: httpx.Request) -> httpx.Request:
        """Return the request as it is sent to an address that may be called, under the name that was meant."""
        if self._line.transport is not None:
            return request
        url = request.url
        if url.scheme != "https" and not self._contact.may_be_private:
            raise ForbiddenAddress(f"{url.scheme}://{url.host} is not called: only https is.")
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await anyio.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        except OSError as fault:
            raise _Unanswered(f"The name {url.host} is not known.") from fault
        addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
        if not self._contact.may_be_private:
            for address in addresses:
                if not is_public(address):
                    raise ForbiddenAddress(f"{url.host} leads to {address}, which is in no public network.")
        # One that does not answer is not all that there is: the next try is made elsewhere.
        chosen = addresses[(self._attempt - 1) % len(addresses)]
        return httpx.Request(
            request.method,
            url.copy_with(host=chosen),
            headers=request.headers,
            stream=request.stream,
            extensions={"sni_hostname": url.host},
        )


@contextmanager
def calling(contact: Contact, own: str, line: Line | None = None) -> Iterator[Caller]:
    """Give what asks a peer for as long as the block takes; `own` is the id of this node."""
    line = line or Line()
    with start_blocking_portal() as portal:
        client = httpx.AsyncClient(
            transport=line.transport,
            timeout=httpx.Timeout(_SILENCE_SECONDS),
            follow_redirects=False,
            # A proxy of the environment would look the name up for itself.
            trust_env=False,
        )
        with portal.wrap_async_context_manager(client):
            yield Caller(contact, own, portal, client, line)


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the open internet, also when it stands inside an IPv6 address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1] or _translated(ip)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _UNICAST:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in one for one in _SPECIAL)


def _translated(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an address of a translator (RFC 6052) leads to."""
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in ipaddress.IPv6Network("64:ff9b::/96") else None


def _may_help(fault: BaseException) -> bool:
    """Tell whether to ask again: not when the peer said no, and not when it took all the time there was."""
    return isinstance(fault, _Unanswered | Unreadable) or (isinstance(fault, PageFault) and fault.may_be_retried)


def _how_long(state: RetryCallState) -> float:
    """Return how many seconds to wait: anything up to twice as long each time, and as long as the peer asks for."""
    fault = state.outcome.exception() if state.outcome else None
    asked = fault.retry_after if isinstance(fault, _Unanswered) else 0.0
    return max(_FULL_JITTER(state), asked)


def _seconds(retry_after: str) -> float:
    # A date would be compared with our own clock, which may be a year off.
    return min(float(retry_after), _LONGEST_RETRY_AFTER) if retry_after.isdecimal() else 0.0


def _do_nothing() -> None:
    return None
