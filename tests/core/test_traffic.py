"""What is done to every answer on its way out, message by message."""

from typing import Any

import anyio
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.traffic import Compression, NoSniffing, Revalidation

Headers = list[tuple[bytes, bytes]]


def answering(*bodies: bytes, status: int = 200, headers: Headers | None = None) -> ASGIApp:
    """Return an application that answers in so many parts."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": list(headers or [])})
        for number, body in enumerate(bodies, 1):
            await send({"type": "http.response.body", "body": body, "more_body": number < len(bodies)})

    return app


def sent(app: ASGIApp, method: str = "GET", **headers: str) -> list[Message]:
    """Return the messages that leave, each as it left; headers are named with `_` for `-`."""
    found: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        found.append(dict(message))

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": method, "path": "/", "headers": raw}
    anyio.run(app, scope, receive, send)
    return found


def headers_of(messages: list[Message]) -> dict[bytes, bytes]:
    """Return the headers of an answer."""
    assert messages[0]["type"] == "http.response.start"
    found = dict(messages[0]["headers"])
    assert len(found) == len(messages[0]["headers"]), "a header is there twice"
    return found


def test_a_whole_answer_is_tagged_by_what_it_says():
    first, same, other = (headers_of(sent(Revalidation(answering(body)))) for body in (b"a", b"a", b"b"))
    assert first[b"etag"] == same[b"etag"] != other[b"etag"]
    assert first[b"etag"].startswith(b'W/"')
    assert first[b"cache-control"] == b"public, no-cache"
    assert {b"Accept-Encoding", b"Accept-Language", b"Authorization"} == set(first[b"vary"].split(b", "))


@pytest.mark.parametrize(
    ("known", "status"),
    [('"7"', 304), ('W/"7"', 304), ('"1", "7"', 304), ("*", 304), ('"8"', 200), ("7", 200), ("", 200)],
)
def test_a_record_s_own_tag_is_kept_and_compared(known: str, status: int):
    app = Revalidation(answering(b"record", headers=[(b"etag", b'"7"'), (b"content-length", b"6")]))
    messages = sent(app, if_none_match=known)
    assert (messages[0]["status"], headers_of(messages)[b"etag"]) == (status, b'"7"')
    assert (b"content-length" in headers_of(messages)) == (status == 200)
    assert b"".join(message["body"] for message in messages[1:]) == (b"record" if status == 200 else b"")


def test_what_a_key_was_sent_for_is_kept_by_its_owner_only():
    assert headers_of(sent(Revalidation(answering(b"a")), authorization="Bearer x"))[b"cache-control"] == (
        b"private, no-cache"
    )


def test_what_says_itself_how_long_it_may_be_kept_is_believed():
    app = Revalidation(answering(b"a", headers=[(b"cache-control", b"no-store")]))
    assert headers_of(sent(app))[b"cache-control"] == b"no-store"


def test_what_comes_in_parts_leaves_in_parts_without_a_tag():
    messages = sent(Revalidation(answering(b"one", b"two", b"three")), if_none_match="*")
    assert [message.get("body") for message in messages] == [None, b"one", b"two", b"three"]
    assert [message.get("more_body") for message in messages[1:]] == [True, True, False]
    assert messages[0]["status"] == 200
    assert b"etag" not in headers_of(messages)


@pytest.mark.parametrize("status", [201, 204, 404, 429, 503])
def test_what_is_no_reading_is_left_alone(status: int):
    app = answering(b"a", status=status)
    assert sent(Revalidation(app), if_none_match="*") == sent(app)
    assert sent(Revalidation(answering(b"a")), method="POST") == sent(answering(b"a"))


def test_only_who_asks_for_it_gets_it_compressed():
    text = [(b"content-type", b"application/json")]
    app = Compression(answering(b"a" * 5000, headers=text), minimum_size=2048)
    assert headers_of(sent(app, accept_encoding="gzip"))[b"content-encoding"] == b"gzip"
    assert sent(app, accept_encoding="identity") == sent(app) == sent(answering(b"a" * 5000, headers=text))


def test_a_type_is_said_to_be_believed_once():
    assert headers_of(sent(NoSniffing(answering(b"a"))))[b"x-content-type-options"] == b"nosniff"
    told = answering(b"a", headers=[(b"x-content-type-options", b"nosniff")])
    assert sent(NoSniffing(told)) == sent(told)
