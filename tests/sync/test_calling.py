"""Calls go to addresses that may be called, wait as long as it makes sense, and stop when the peer says no."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import anyio
import httpx
import pytest

from app.sync import calling, pages
from app.sync.calling import CallFault, Contact, ForbiddenAddress, Line, Refused, is_public
from app.sync.identity import Identity, _signer
from app.sync.vocabulary import PageKind

SIGNER = _signer(b"a secret", "a")
KEYS = Identity([SIGNER]).public_keys
CONTACT = Contact("north", "https://north.test", KEYS, "the token")
Answer = Callable[[httpx.Request], httpx.Response]


class Peer(httpx.AsyncBaseTransport):
    """Answers one after the other; the last one again and again."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.asked.append(request)
        return (self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])(request)


def digest(request: httpx.Request) -> httpx.Response:
    """Answer as a peer does."""
    nonce = request.url.params["nonce"]
    body = pages.signed(PageKind.DIGEST, {"head": 7}, node="north", destination="south", nonce=nonce, signer=SIGNER)
    return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(body)))


def status(code: int, **headers: str) -> Answer:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(code, headers=told, stream=httpx.ByteStream(b""))


def lost(_request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("the line is cut")


@contextmanager
def asking(*answers: Answer, seconds: float = 60.0) -> Iterator[tuple[calling.Caller, Peer, list[float]]]:
    peer, waited = Peer(*answers), list[float]()
    with calling.calling(CONTACT, "south", Line(peer, waited.append, seconds)) as caller:
        yield caller, peer, waited


def test_each_question_has_the_token_and_a_nonce_of_its_own():
    with asking(digest) as (caller, peer, waited):
        assert [caller.digest()["head"] for _ in range(3)] == [7, 7, 7]
        assert caller.requests == 3
        assert caller.received > 100
    assert {one.headers["authorization"] for one in peer.asked} == {"Bearer the token"}
    assert {one.headers["accept-language"] for one in peer.asked} == {"en"}
    assert len({one.url.params["nonce"] for one in peer.asked}) == 3
    assert waited == []


@pytest.mark.parametrize(
    "answer",
    [
        status(500),
        status(503),
        status(429),
        lost,
        lambda _: httpx.Response(200, stream=httpx.ByteStream(b"no such thing")),
    ],
)
def test_what_may_help_is_tried_five_times_with_ever_longer_waits(answer: Answer):
    with asking(answer) as (caller, peer, waited), pytest.raises(CallFault):
        caller.digest()
    assert len(peer.asked) == 5
    assert all(wait <= 2.0**turn for turn, wait in enumerate(waited, start=1))
    with asking(answer, answer, digest) as (caller, _, _):
        assert caller.digest()["head"] == 7


def test_a_peer_is_waited_for_as_long_as_it_asks_but_not_for_ever():
    asked = [
        status(429, Retry_After="7"),
        status(503, Retry_After="86400"),
        status(503, Retry_After="tomorrow"),
        digest,
    ]
    with asking(*asked) as (caller, _, waited):
        caller.digest()
    assert waited[0] == 7
    assert waited[1] == 60
    assert waited[2] <= 8


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 410])
def test_a_peer_that_says_no_is_not_asked_again(code: int):
    with asking(status(code)) as (caller, peer, waited), pytest.raises(Refused) as refused:
        caller.digest()
    assert (refused.value.status, len(peer.asked), waited) == (code, 1, [])


def test_nobody_follows_a_peer_elsewhere():
    with asking(status(302, Location="https://elsewhere.test/")) as (caller, peer, _), pytest.raises(Refused):
        caller.digest()
    assert [one.url.host for one in peer.asked] == ["north.test"]


class Drip(httpx.AsyncByteStream):
    async def __aiter__(self):
        for _ in range(200):
            await anyio.sleep(0.01)
            yield b"x"


@pytest.mark.parametrize("answer", [lambda _: httpx.Response(200, stream=Drip())], ids=["drip"])
def test_a_drip_ends_at_the_deadline_and_is_not_begun_again(answer: Answer):
    with asking(answer, seconds=0.1) as (caller, peer, _), pytest.raises(CallFault, match="whole answer"):
        caller.digest()
    assert len(peer.asked) == 1


def test_whoever_waits_may_stop_the_waiting():
    class Over(Exception):
        pass

    def stop() -> None:
        raise Over

    with asking(lost) as (caller, peer, _):
        caller.before_waiting = stop
        with pytest.raises(Over):
            caller.digest()
    assert len(peer.asked) == 1


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),  # noqa: S104  # an address that is refused
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::8.8.8.8", True),
        ("2002:7f00:1::", False),
        ("ff02::1", False),
        ("::7f00:1", False),
        ("fec0::1", False),
        ("64:ff9b:1::7f00:1", False),
        ("192.0.0.8", False),
        ("192.88.99.1", False),
        ("3fff::1", False),
        ("2a00:1450:400f::1", True),
        ("no address", False),
    ],
)
def test_addresses_of_private_networks_are_known_in_every_disguise(address: str, public: bool):
    assert is_public(address) is public


@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "https://[::1]:1", "https://localhost:1", "http://127.0.0.1:1"])
def test_a_name_that_leads_into_a_private_network_is_not_called(url: str):
    contact = Contact("north", url, KEYS, "the token")
    with calling.calling(contact, "south") as caller, pytest.raises(ForbiddenAddress):
        caller.digest()


def test_what_a_name_says_a_moment_later_does_not_matter(monkeypatch: pytest.MonkeyPatch):
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path.partition("?")[0], self.headers["Host"]))
            self.send_response(403)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            return

    names: list[str] = []

    async def once(host: str, port: int, **_more: object) -> list[object]:
        names.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(calling.anyio, "getaddrinfo", once)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    # A name that nobody else could look up: only the address that was checked can have been called.
    contact = Contact("north", f"http://north.invalid:{server.server_port}", KEYS, "token", may_be_private=True)
    with calling.calling(contact, "south") as caller, pytest.raises(Refused):
        caller.digest()
    thread.join(5)
    server.server_close()
    assert asked == [("/sync/v1/digest", f"north.invalid:{server.server_port}")]
    assert names == ["north.invalid"]
