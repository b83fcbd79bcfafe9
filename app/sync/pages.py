"""A page of records as it travels: built and signed by the node that sends it, read and judged by the one that asked.

One JSON object a line. The first line says who answers what, the last one proves it: it counts and hashes all that
comes before, names whom it is for, and is signed. It stands inside the body, because a client of HTTP takes an answer
that was cut short for a whole one. What needs no pages, such as digests, is one signed object (`read_signed`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import orjson

from app.journal.vocabulary import Method
from app.sync.canonical import canonical, hash_of
from app.sync.identity import Signer, is_signed
from app.sync.vocabulary import PAGE_BYTES, PAGE_RECORDS, PROTOCOL, Envelope, PageKind

_PUT: Final = Method.PUT.value
_DELETE: Final = Method.DELETE.value
_PROTOCOL_NAME: Final = PROTOCOL.partition("/")[0]
LARGEST_NUMBER: Final = 2**63 - 1
# The texts of a record beside what it says, and how long each may be.
_TEXTS: Final = (("type", 64), ("subject", 36), ("dataschema", 64), ("hash", 64), ("time", 40))
_LARGEST_REV: Final = 2**31 - 1
# Room for the first and the last line, whose digest names every type.
_FRAME: Final = 16 * 2**10


class PageFault(Exception):
    """An answer that is not taken; asking again may help when `may_be_retried`."""

    may_be_retried = False


class Damaged(PageFault):
    """It was cut short or changed on its way, or is not of this form."""

    may_be_retried = True


class NotAsked(PageFault):
    """It answers another question: an older answer, or one given to somebody else's question."""

    may_be_retried = True


class NewerProtocol(PageFault):
    """It is of a version of the protocol that this program does not speak."""


class Untrusted(PageFault):
    """It is not from the peer: signed with no key of its, or by another node."""


class WrongDestination(Untrusted):
    """It was made for another node."""


class ForeignHome(Untrusted):
    """The peer speaks for records of another node."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer has to be an answer to."""

    kind: PageKind
    nonce: str
    after: int = 0
    run: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page says beside its records.

    `next` is the cursor of the page after it, `head` the number of the newest change at the moment that was read;
    `digest` is `buckets.as_json` of the same moment, on the last page only.
    """

    node: str
    destination: str
    generation: int
    head: int
    next: int
    has_more: bool
    digest: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page that has been checked: it is whole, from the peer, for us, and answers what was asked."""

    records: Sequence[Envelope]
    generation: int
    head: int
    next: int
    has_more: bool
    digest: Mapping[str, Any] | None
    size: int


def fitting(envelopes: Sequence[Envelope]) -> list[bytes]:
    """Return the lines of the first of these records, as many as one page may hold, and one at least."""
    lines: list[bytes] = []
    left = PAGE_BYTES - _FRAME
    for one in envelopes[:PAGE_RECORDS]:
        line = line_of(one)
        left -= len(line) + 1
        if left < 0 and lines:
            break
        lines.append(line)
    return lines


def line_of(one: Envelope) -> bytes:
    """Return a record as a line without its end."""
    return orjson.dumps(as_said(one))


def as_said(one: Envelope) -> dict[str, Any]:
    """Return a record under the attribute names of CloudEvents 1.0 and our own; a tombstone has no `data`.

    `id` names the change, `subject` the record.
    """
    said: dict[str, Any] = {
        "id": str(one.seq),
        "source": one.home,
        "type": one.type,
        "subject": one.id,
        "time": one.time,
        "dataschema": one.dataschema,
        "data": one.payload,
        "home": one.home,
        "seq": one.seq,
        "rev": one.rev,
        "method": one.method,
        "hash": one.hash,
    }
    if one.method == _DELETE:
        del said["data"]
    return said


def build(lines: Sequence[bytes], asked: Asked, frame: Frame, signer: Signer) -> bytes:
    """Return a page: its first line, the records' lines (`fitting`), and the last line that proves them."""
    first = {
        "protocol": PROTOCOL,
        "kind": asked.kind.value,
        "node": frame.node,
        "generation": frame.generation,
        "nonce": asked.nonce,
        "after": asked.after,
        "run": asked.run,
    }
    body = b"\n".join((orjson.dumps(first), *lines, b""))
    last: dict[str, Any] = {
        "kind": asked.kind.value,
        "count": len(lines),
        "sha256": sha256(body).hexdigest(),
        "next": frame.next,
        "has_more": frame.has_more,
        "head": frame.head,
        "destination": frame.destination,
        "generation": frame.generation,
    }
    if frame.digest is not None:
        last["digest"] = frame.digest
    return body + orjson.dumps(_with_signature(last, signer)) + b"\n"


def parse(
    body: bytes,
    *,
    peer: str,
    keys: Mapping[str, str],
    destination: str,
    nonce: str,
    after: int = 0,
    kind: PageKind = PageKind.CHANGES,
) -> PageRead:
    """Return what a whole body says, as `parse_page` does with its lines."""
    *lines, rest = body.split(b"\n")
    if rest:
        raise Damaged("The page ends in the middle of a line.")
    return parse_page(lines, peer=peer, keys=keys, destination=destination, nonce=nonce, after=after, kind=kind)


def parse_page(
    lines: Sequence[bytes],
    *,
    peer: str,
    keys: Mapping[str, str],
    destination: str,
    nonce: str,
    after: int = 0,
    kind: PageKind = PageKind.CHANGES,
) -> PageRead:
    """Return what a page says, given as its lines without their ends; how large they may be is asked before.

    `keys` are the peer's public ones (Base64) by id, `destination` is our own id, and `nonce` and `after` are what was
    asked with. The records are the peer's own; in a page of what it holds (`HELD`) they are ours.

    Raises:
        PageFault: the class says what is wrong with it. Nothing of it may be used.
    """
    if len(lines) < 2:
        raise Damaged("The page ends before its last line.")
    first, last = _object(lines[0]), _object(lines[-1])
    _require_protocol(first)
    body = b"\n".join((*lines[:-1], b""))
    if "signature" not in last or "sha256" not in last:
        raise Damaged("The page ends before its last line.")
    if last["sha256"] != sha256(body).hexdigest() or last.get("count") != len(lines) - 2:
        raise Damaged("The page was changed on its way: its hash is another.")
    _require_signature(last, keys)
    _require_origin(first | {"destination": last.get("destination")}, peer, destination)
    if (first.get("kind"), last.get("kind"), first.get("nonce"), first.get("after")) != (kind, kind, nonce, after):
        raise NotAsked("The page answers another question than the one that was asked.")
    home = destination if kind is PageKind.HELD else peer
    records = [_envelope(_object(line), home) for line in lines[1:-1]]
    read = PageRead(
        records=records,
        generation=_number(last, "generation"),
        head=_number(last, "head"),
        next=_number(last, "next"),
        has_more=last.get("has_more") is True,
        digest=last["digest"] if isinstance(last.get("digest"), dict) else None,
        size=len(body) + len(lines[-1]) + 1,
    )
    _require_order(read, after)
    return read


def signed(
    kind: PageKind, said: Mapping[str, Any], *, node: str, destination: str, nonce: str, signer: Signer
) -> bytes:
    """Return one object with all that `said` has, bound to the question and to who asked it, and signed."""
    bound = {"protocol": PROTOCOL, "kind": kind.value, "node": node, "destination": destination, "nonce": nonce}
    return orjson.dumps(_with_signature({**said, **bound}, signer)) + b"\n"


def read_signed(
    body: bytes, *, kind: PageKind, peer: str, keys: Mapping[str, str], destination: str, nonce: str
) -> dict[str, Any]:
    """Return what a signed object says.

    Raises:
        PageFault: as `parse_page`.
    """
    said = _object(body)
    _require_protocol(said)
    if "signature" not in said:
        raise Damaged("The answer has no signature.")
    _require_signature(said, keys)
    _require_origin(said, peer, destination)
    if (said.get("kind"), said.get("nonce")) != (kind.value, nonce):
        raise NotAsked("The answer is to another question than the one that was asked.")
    return said


def _with_signature(said: Mapping[str, Any], signer: Signer) -> dict[str, Any]:
    named = {**said, "kid": signer.kid}
    return {**named, "signature": signer.sign(canonical(named).encode())}


def _require_signature(said: Mapping[str, Any], keys: Mapping[str, str]) -> None:
    kid = said.get("kid")
    if not isinstance(kid, str) or kid not in keys:
        raise Untrusted("It is signed with a key that is not the peer's: ask its operator for a new introduction.")
    content = canonical({name: value for name, value in said.items() if name != "signature"})
    if not is_signed(content.encode(), str(said["signature"]), keys[kid]):
        raise Untrusted("The signature is not the peer's.")


def _require_protocol(said: Mapping[str, Any]) -> None:
    told = said.get("protocol")
    if told == PROTOCOL:
        return
    if isinstance(told, str) and told.partition("/")[0] == _PROTOCOL_NAME:
        raise NewerProtocol(f"The peer speaks {told[:40]!r}, this program {PROTOCOL}: upgrade the older of the two.")
    raise Damaged("The answer is not of the sync protocol.")


def _require_origin(said: Mapping[str, Any], peer: str, destination: str) -> None:
    if said.get("node") != peer:
        raise Untrusted(f"It is from another node than {peer}.")
    if said.get("destination") != destination:
        raise WrongDestination(f"It was made for another node than {destination}.")


def _require_order(read: PageRead, after: int) -> None:
    """Refuse numbers that would lose records or never end: cursors lead on, and pages do too."""
    last = after
    for one in read.records:
        if one.seq < last or one.seq == after:
            raise Damaged("The records of the page are not in the order of their numbers.")
        last = one.seq
    if len({(one.type, one.id) for one in read.records}) < len(read.records):
        raise Damaged("The page names a record twice.")
    if read.has_more and (not read.records or read.next != last):
        raise Damaged("The page says that there is more, and does not lead on.")
    if not read.has_more and read.next < last:
        raise Damaged("The page leads back.")
    if read.head < read.next:
        raise Damaged("The page leads past the newest change.")


def _object(line: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError as fault:
        raise Damaged("A line of the answer is not JSON.") from fault
    if not isinstance(said, dict):
        raise Damaged("A line of the answer is not an object.")
    return said


def _envelope(said: Mapping[str, Any], home: str) -> Envelope:
    if said.get("home") != home:
        raise ForeignHome(f"The peer speaks for a record of another node than {home}.")
    is_gone = said.get("method") == _DELETE
    if not is_gone and said.get("method") != _PUT:
        raise Damaged("A record says neither PUT nor DELETE.")
    payload = "" if is_gone and "data" not in said else said.get("data")
    if not isinstance(payload, str) or bool(payload) == is_gone or "\x00" in payload:
        raise Damaged("A record does not say what it should.")
    record_type, record_id, dataschema, told_hash, time = _texts(said)
    if told_hash != hash_of(payload):
        raise Damaged(f"The hash of {record_type} {record_id} is not that of what it says.")
    return Envelope(
        home=home,
        type=record_type,
        id=record_id,
        seq=_number(said, "seq", least=1),
        rev=_number(said, "rev", largest=_LARGEST_REV),
        method=_DELETE if is_gone else _PUT,
        dataschema=dataschema,
        hash=told_hash,
        time=time,
        payload=payload,
    )


def _texts(said: Mapping[str, Any]) -> Iterator[str]:
    for name, longest in _TEXTS:
        value = said.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
            raise Damaged(f"{name} is not what it should be.")
        yield value


def _number(said: Mapping[str, Any], name: str, *, least: int = 0, largest: int = LARGEST_NUMBER) -> int:
    value = said.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= largest:
        raise Damaged(f"{name} is not what it should be.")
    return value
