"""What stands between two nodes and does harm: it passes requests on, and does to the answers what it is told to.

The address at which a node is known to its peers is that of such a proxy. Without an order it changes nothing.
"""

import gzip
import http.client
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

CHANGES = "/sync/v1/changes"
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass(frozen=True)
class Question:
    """A request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path without its parameters."""
        return urlsplit(self.target).path

    def asking(self, **parameters: str) -> "Question":
        """Return the same question with other parameters."""
        parts = urlsplit(self.target)
        said = dict(parse_qsl(parts.query)) | parameters
        return replace(self, target=f"{parts.path}?{urlencode(said)}")


@dataclass(frozen=True)
class Answer:
    """A response as it is sent; `body` as it travels, packed or not."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> bytes:
        """The body, unpacked."""
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body

    def saying(self, text: bytes) -> "Answer":
        """Return the same answer with another body, packed."""
        return replace(self, body=gzip.compress(text, 1), headers=self.headers | {"content-encoding": "gzip"})


class Exchange:
    """One question and its answer, in the hands of a fault."""

    def __init__(self, handler: BaseHTTPRequestHandler, question: Question, proxy: "Proxy") -> None:
        self._handler = handler
        self.question = question
        self.proxy = proxy

    def ask(self, question: Question | None = None) -> Answer:
        """Ask the node itself."""
        return self.proxy.ask(question or self.question)

    def send(self, answer: Answer, *, length: int | None = None) -> None:
        """Send an answer; `length` is what it says of its length, if not the truth."""
        handler = self._handler
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(answer.body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(answer.body)

    def drip(self, answer: Answer, seconds: float) -> None:
        """Send an answer a byte at a time, until nobody listens."""
        handler = self._handler
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(answer.body)))
        handler.end_headers()
        for byte in answer.body:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(seconds)

    def reset(self) -> None:
        """Tear the connection off."""
        handler = self._handler
        handler.close_connection = True
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()


Fault = Callable[[Exchange], None]


@dataclass
class _Order:
    fault: Fault
    path: str
    skip: int
    times: int


@dataclass
class Proxy:
    """Stands before a node: `url` is where its peers find it, `upstream` where it listens."""

    upstream: int
    port: int = 0
    asked: list[Question] = field(default_factory=list)
    answered: list[tuple[Question, Answer]] = field(default_factory=list)
    _orders: list[_Order] = field(default_factory=list)
    _done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def harm(self, fault: Fault, *, path: str = CHANGES, skip: int = 0, times: int = 1) -> None:
        """Do this to the next `times` answers to what begins with `path`, after `skip` whole ones."""
        with self._lock:
            self._orders.append(_Order(fault, path, skip, times))

    def heal(self) -> None:
        """Forget all orders, and what was asked and answered."""
        with self._lock:
            self._orders.clear()
            self.asked.clear()
            self.answered.clear()
            self._done = 0

    @property
    def has_harmed(self) -> bool:
        """Tell whether any order has been carried out."""
        return self._done > 0

    def ask(self, question: Question) -> Answer:
        """Ask the node itself."""
        wire = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=120)
        try:
            headers = {name: value for name, value in question.headers.items() if name not in _HOP}
            wire.request(question.method, question.target, question.body or None, headers)
            got = wire.getresponse()
            kept = {name.lower(): value for name, value in got.getheaders() if name.lower() not in _HOP}
            answer = Answer(got.status, kept, got.read())
        finally:
            wire.close()
        with self._lock:
            self.answered.append((question, answer))
        return answer

    def fault_for(self, question: Question) -> Fault:
        """Return what is to be done with a question, and count it."""
        with self._lock:
            self.asked.append(question)
            for order in self._orders:
                if order.times > 0 and question.path.startswith(order.path):
                    if order.skip:
                        order.skip -= 1
                        break
                    order.times -= 1
                    self._done += 1
                    return order.fault
        return none


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        question = Question(self.command, self.path, headers, body)
        exchange = Exchange(self, question, self.proxy)
        try:
            self.proxy.fault_for(question)(exchange)
        except (http.client.HTTPException, OSError):
            # The node is gone, or whoever asked: nobody is told more than a torn connection tells.
            exchange.reset()

    do_GET = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815 -- as http.server wants them

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def finish(self) -> None:
        """Close what is still open."""
        try:
            super().finish()
        except (OSError, ValueError):
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing of a connection that whoever asked has torn off, as a killed process does."""

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, also one that a fault has torn off."""
        try:
            super().shutdown_request(request)
        except OSError:
            request.close()


@contextmanager
def standing_before(upstream: int) -> Iterator[Proxy]:
    """Give a proxy before the node that listens on port `upstream`."""
    proxy = Proxy(upstream)
    with _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": proxy})) as server:
        proxy.port = server.server_address[1]
        running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        running.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            running.join()


def none(exchange: Exchange) -> None:
    """Do no harm."""
    exchange.send(exchange.ask())


def reset(exchange: Exchange) -> None:
    """Tear the connection off before an answer."""
    exchange.reset()


def answered_and_reset(exchange: Exchange) -> None:
    """Let the node do what it is asked, and tear the connection off before anybody hears of it."""
    exchange.ask()
    exchange.reset()


def cut_connection(exchange: Exchange) -> None:
    """Send half of the answer, and tear the connection off."""
    answer = exchange.ask()
    exchange.send(replace(answer, body=answer.body[: len(answer.body) // 2]), length=len(answer.body))
    exchange.reset()


def status(code: int, **headers: str) -> Fault:
    """Answer with another status: 503, or 429 with `retry_after`."""

    def refuse(exchange: Exchange) -> None:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        exchange.send(Answer(code, {"content-type": "text/plain"} | said, b"no"))

    return refuse


def truncated_gzip(exchange: Exchange) -> None:
    """Send two thirds of a packed body as if they were all of it: HTTP sees nothing wrong with that."""
    answer = exchange.ask()
    packed = answer if answer.headers.get("content-encoding") == "gzip" else answer.saying(answer.body)
    exchange.send(replace(packed, body=packed.body[: len(packed.body) * 2 // 3]))


def missing_trailer(exchange: Exchange) -> None:
    """Leave out the last line, which proves the others."""
    answer = exchange.ask()
    exchange.send(answer.saying(b"".join(answer.text.splitlines(keepends=True)[:-1])))


def flipped_byte(exchange: Exchange) -> None:
    """Change one bit in the middle."""
    answer = exchange.ask()
    text = bytearray(answer.text)
    text[len(text) // 2] ^= 1
    exchange.send(answer.saying(bytes(text)))


def record_twice(exchange: Exchange) -> None:
    """Send the first record of a page twice."""
    answer = exchange.ask()
    first, one, *rest = answer.text.splitlines(keepends=True)
    exchange.send(answer.saying(b"".join([first, one, one, *rest])))


def reordered(exchange: Exchange) -> None:
    """Send the records of a page in another order."""
    answer = exchange.ask()
    first, *records, last = answer.text.splitlines(keepends=True)
    exchange.send(answer.saying(b"".join([first, *reversed(records), last])))


def replayed(exchange: Exchange) -> None:
    """Send what was answered to the same path before, as it was then; signed by the peer."""
    before = [answer for question, answer in exchange.proxy.answered if question.path == exchange.question.path]
    exchange.send(before[0] if before else exchange.ask())


def page_twice(exchange: Exchange) -> None:
    """Answer with the page before: the last one that was answered is sent again, signature and all."""
    before = [answer for question, answer in exchange.proxy.answered if question.path == exchange.question.path]
    exchange.send(before[-1] if before else exchange.ask())


def wrong_nonce(exchange: Exchange) -> None:
    """Answer with a page that was made for another question."""
    exchange.send(exchange.ask(exchange.question.asking(nonce="0123456789abcdef0123456789abcdef")))


def another_page(exchange: Exchange) -> None:
    """Answer with the page after another cursor, freshly signed for the question's nonce."""
    exchange.send(exchange.ask(exchange.question.asking(after="1")))


def as_somebody_else(token: str) -> Fault:
    """Ask in the name of another peer: the answer is whole, and made for that one."""

    def ask(exchange: Exchange) -> None:
        other = replace(exchange.question, headers=exchange.question.headers | {"authorization": token})
        exchange.send(exchange.ask(other))

    return ask


def zip_bomb(line: int) -> Fault:
    """Send a small body that unpacks into 256 MiB, in lines of so many bytes."""

    def send(exchange: Exchange) -> None:
        exchange.send(replace(exchange.ask(), headers=_PACKED, body=_bomb(line)))

    return send


@cache
def _bomb(line: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    lines = b"0" * (line - 1) + b"\n"
    return b"".join([packer.compress(lines) for _ in range(256 * 2**20 // line)] + [packer.flush()])


def long_line(exchange: Exchange) -> None:
    """Put a line of 5 MiB before the last one."""
    _with_line(exchange, b'{"data":"' + b"x" * (5 * 2**20) + b'"}\n')


def deep_json(exchange: Exchange) -> None:
    """Put a line before the last one that is nested 100,000 deep."""
    _with_line(exchange, b"[" * 100_000 + b"]" * 100_000 + b"\n")


def slow_drip(exchange: Exchange) -> None:
    """Send a byte each tenth of a second: each comes in time, and the page never ends."""
    exchange.drip(exchange.ask(), 0.1)


_PACKED = {"content-type": "application/x-ndjson", "content-encoding": "gzip"}


def _with_line(exchange: Exchange, line: bytes) -> None:
    answer = exchange.ask()
    *lines, last = answer.text.splitlines(keepends=True)
    exchange.send(answer.saying(b"".join([*lines, line, last])))
