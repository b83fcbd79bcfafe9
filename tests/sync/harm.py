"""Harm from within: what is done to a process of a node before its program runs. Called by name, see starter.py.

A name may carry values after colons: `clock:365` sets the clock a year ahead. What a forged peer says is signed by the
node's own code with the node's own key, so that only what is forged is wrong.
"""

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.core import clock
from app.sync import buckets, calling, pages, running, serving
from app.sync.identity import Signer
from app.sync.kinds import KINDS
from app.sync.vocabulary import Envelope


def do(name: str) -> None:
    """Do the harm of this name."""
    kind, *values = name.split(":")
    _HARM[kind](*values)


def _clock(days: str) -> None:
    """Set this process's clock ahead by so many days; behind, when there is a minus."""
    ahead = timedelta(days=int(days))
    true_time = time.time

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + ahead

    clock.datetime = Wrong
    time.time = lambda: true_time() + ahead.total_seconds()


def _hasty() -> None:
    """Try again at once, unless the peer asks to wait."""
    assert callable(calling._FULL_JITTER)
    calling._FULL_JITTER = lambda _state: 0.01


def _patience(seconds: str) -> None:
    """Give a page so many seconds in all."""
    transport, sleep, _, tries = calling.Line.__init__.__defaults__
    calling.Line.__init__.__defaults__ = (transport, sleep, float(seconds), tries)


def _run_seconds(seconds: str) -> None:
    """Give a whole run so many seconds."""
    known = running.Node.__init__.__defaults__
    running.Node.__init__.__defaults__ = tuple(float(seconds) if one == running.RUN_SECONDS else one for one in known)


def _killed(page: str) -> None:
    """Die by `kill -9` inside the transaction of a page: its records are written and not yet committed."""
    _at_write(int(page), signal.SIGKILL)


def _at_write(page: int, number: signal.Signals) -> None:
    change, told = buckets.change, [0]

    def counted(*arguments: Any) -> None:
        change(*arguments)
        told[0] += 1
        if told[0] == page:
            os.kill(os.getpid(), number)

    buckets.change = counted


def _stalled(page: str) -> None:
    """Stand still (SIGSTOP) when so many pages have come, before the last of them is written."""
    changes, told = calling.Caller.changes, [0]

    def counted(*arguments: Any) -> Any:
        answer = changes(*arguments)
        told[0] += 1
        if told[0] == int(page):
            os.kill(os.getpid(), signal.SIGSTOP)
        return answer

    calling.Caller.changes = counted


def _full_disk(pages_left: str) -> None:
    """Let SQLite find no room for more than so many pages (4 KiB each) beyond what the file has."""

    def limit(connection: Any, _record: Any) -> None:
        (has,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {has + int(pages_left)}")

    event.listen(Engine, "connect", limit)


def _claims(home: str) -> None:
    """Say of the first record of each page that it is at home elsewhere."""
    line_of = pages.line_of
    pages.line_of = lambda one: orjson.dumps(orjson.loads(line_of(one)) | {"home": home, "source": home})


def _wrong_key() -> None:
    """Sign with a key that nobody has been told of, under the id of the right one."""
    sign, other = pages._with_signature, Ed25519PrivateKey.generate()
    pages._with_signature = lambda said, signer: sign(said, Signer(signer.kid, other))


def _endless() -> None:
    """Say on every page that there is more, and have one more record each time."""
    build = pages.build

    def more(lines: Sequence[bytes], asked: pages.Asked, frame: pages.Frame, signer: Signer) -> bytes:
        from dataclasses import replace

        if frame.has_more or asked.kind.value != "changes":
            return build(lines, asked, frame, signer)
        number = max([asked.after, *(orjson.loads(line)["seq"] for line in lines)]) + 1
        made = pages.line_of(_made_up(frame.node, number))
        on = replace(frame, has_more=True, next=number, head=number + 1, digest=None)
        return build([*lines, made], asked, on, signer)

    pages.build = more
    serving._require_common_past = lambda *_: None


def _made_up(home: str, number: int) -> Envelope:
    from tests.sync.neighbours import said

    return said(number % 10**12, number, home=home)


def _newer(version: str) -> None:
    """Be a newer program: what is published has one more field, under this version of every shape."""
    for kind in KINDS.values():
        published = kind.published

        def newer(said: Mapping[str, Any], published: Callable[..., Any] = published) -> dict[str, Any] | None:
            found = published(said)
            return None if found is None else found | {"future": {"of": version}}

        kind.published = newer
        kind.SCHEMA = f"{kind.SCHEMA.partition('/')[0]}/{version}"


def _poison(record_type: str) -> None:
    """Publish records of this type that no reader can keep, under the name of a shape that it knows."""
    kind = KINDS[record_type]
    published = kind.published

    def poisoned(said: Mapping[str, Any]) -> dict[str, Any] | None:
        found = published(said)
        return None if found is None else found | {"country": ["nowhere"]}

    kind.published = poisoned


def _write(home: str, number: str) -> None:
    """Write an organisation as this process would, with whatever else was done to it."""
    from tests.sync.homework import write_into

    write_into(os.environ["SAMNOD_DATABASE_URL"], home, [int(number)])


_HARM: dict[str, Callable[..., None]] = {
    "claims": _claims,
    "clock": _clock,
    "endless": _endless,
    "full_disk": _full_disk,
    "hasty": _hasty,
    "killed": _killed,
    "newer": _newer,
    "patience": _patience,
    "poison": _poison,
    "run_seconds": _run_seconds,
    "stalled": _stalled,
    "write": _write,
    "wrong_key": _wrong_key,
}
