"""A page is taken when it is whole, from the peer, for us, and answers what was asked; everything else has a name."""

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson
import pytest

from app.sync import pages
from app.sync.canonical import canonical, hash_of
from app.sync.identity import Identity, Signer, _signer
from app.sync.pages import Asked, Frame
from app.sync.vocabulary import PAGE_BYTES, PAGE_RECORDS, Envelope, PageKind

NORR, SODRA = _signer(b"the secret of norr", "a"), _signer(b"the secret of sodra", "a")
KEYS = Identity([NORR]).public_keys
ASKED = Asked(PageKind.CHANGES, "a-nonce-of-sixteen", 10, "run-1")
FRAME = Frame(node="norr", destination="sodra", generation=0, head=40, next=40, has_more=False)
WANTED: dict[str, Any] = {
    "peer": "norr",
    "keys": KEYS,
    "destination": "sodra",
    "nonce": "a-nonce-of-sixteen",
    "after": 10,
}


def record(seq: int, record_id: str = "", **said: Any) -> Envelope:
    payload = canonical({"name": "Exempel Städ", "zeichen": "“ ”\u2028"} | said)
    one = record_id or f"record-{seq}"
    return Envelope("norr", "organization", one, seq, 3, "PUT", "organization/1.0", hash_of(payload), "2026", payload)


def gone(seq: int) -> Envelope:
    return record(seq)._replace(method="DELETE", payload="", hash=hash_of(""))


def page(
    records: list[Envelope], asked: Asked = ASKED, frame: Frame = FRAME, signer: Signer = NORR, digest: Any = None
) -> bytes:
    return pages.build(pages.fitting(records), asked, replace(frame, digest=digest), signer)


def test_what_is_built_is_read():
    digest = {"organization": {"count": 1, "sum": "00" * 32}}
    read = pages.parse(page([record(11), gone(12)], digest=digest), **WANTED)
    assert list(read.records) == [record(11), gone(12)]
    assert (read.generation, read.head, read.next, read.has_more) == (0, 40, 40, False)
    assert read.digest == digest


def test_a_record_travels_under_the_names_of_cloudevents_and_a_tombstone_says_nothing():
    first, second = (json.loads(line) for line in page([record(11), gone(12)]).splitlines()[1:3])
    assert {name: first[name] for name in ("id", "source", "type", "subject")} == {
        "id": "11",
        "source": "norr",
        "type": "organization",
        "subject": "record-11",
    }
    assert hash_of(first["data"]) == first["hash"]
    assert "data" not in second


def test_an_empty_page_is_read():
    assert pages.parse(page([]), **WANTED).records == []


def test_no_byte_of_a_page_can_be_changed():
    body = page([record(11), gone(12)])
    for place in range(0, len(body), 7):
        for changed in (body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :], body[:place]):
            with pytest.raises(pages.PageFault):
                pages.parse(changed, **WANTED)


def _without_line(body: bytes, number: int) -> bytes:
    lines = body.splitlines(keepends=True)
    return b"".join([*lines[:number], *lines[number + 1 :]])


def test_a_page_that_was_cut_at_a_line_is_damaged():
    body = page([record(11), record(12)])
    for number in range(4):
        with pytest.raises(pages.Damaged):
            pages.parse(_without_line(body, number), **WANTED)


FIRST, EARLIER, LATER, LAST = 0, 1, 2, -1


def _by_hand(line: int = FIRST, said: dict[str, Any] | None = None) -> bytes:
    """Return a page of which one line says something else, hashed and signed as it is then; None takes a name away."""
    told = [orjson.loads(one) for one in page([record(11), record(12)]).splitlines()]
    told[line] = {name: value for name, value in (told[line] | (said or {})).items() if value is not None}
    body = b"".join(orjson.dumps(one) + b"\n" for one in told[:-1])
    last = {name: value for name, value in told[LAST].items() if name != "signature"}
    last |= {"sha256": sha256(body).hexdigest(), "count": len(told) - 2}
    return body + orjson.dumps(last | {"signature": NORR.sign(canonical(last).encode())}) + b"\n"


WRONG: list[tuple[type[pages.PageFault], int, dict[str, Any]]] = [
    (pages.NewerProtocol, FIRST, {"protocol": "samnod-sync/2"}),
    (pages.Damaged, FIRST, {"protocol": "other/1"}),
    (pages.Untrusted, FIRST, {"node": "sodra"}),
    (pages.WrongDestination, LAST, {"destination": "mitt"}),
    (pages.NotAsked, FIRST, {"nonce": "another-nonce-of-16"}),
    (pages.NotAsked, FIRST, {"after": 9}),
    (pages.NotAsked, FIRST, {"kind": "records"}),
    (pages.NotAsked, LAST, {"kind": "held"}),
    (pages.ForeignHome, LATER, {"home": "mitt"}),
    (pages.Damaged, EARLIER, {"seq": 13}),
    (pages.Damaged, EARLIER, {"seq": 10}),
    (pages.Damaged, LATER, {"subject": "record-11"}),
    (pages.Damaged, LATER, {"data": "{}"}),
    (pages.Damaged, LATER, {"data": None}),
    (pages.Damaged, LATER, {"data": "\x00", "hash": hash_of("\x00")}),
    (pages.Damaged, LATER, {"method": "PATCH"}),
    (pages.Damaged, LATER, {"method": "DELETE"}),
    (pages.Damaged, LATER, {"rev": "3"}),
    (pages.Damaged, LATER, {"rev": True}),
    (pages.Damaged, LATER, {"rev": 2**31}),
    (pages.Damaged, LATER, {"subject": "x" * 37}),
    (pages.Damaged, LATER, {"type": ""}),
    (pages.Damaged, LAST, {"has_more": True}),
    (pages.Damaged, LAST, {"has_more": True, "next": 13}),
    (pages.Damaged, LAST, {"next": 11}),
    (pages.Damaged, LAST, {"head": 39}),
    (pages.Damaged, LAST, {"next": "40"}),
]


@pytest.mark.parametrize(("fault", "line", "said"), WRONG)
def test_what_the_peer_itself_says_wrongly_has_a_name(fault: type[pages.PageFault], line: int, said: dict[str, Any]):
    with pytest.raises(fault) as told:
        pages.parse(_by_hand(line, said), **WANTED)
    assert type(told.value) is fault


def test_the_page_by_hand_is_taken_when_nothing_is_wrong_with_it():
    assert len(pages.parse(_by_hand(), **WANTED).records) == 2


def test_a_page_that_says_there_is_more_and_shows_nothing_is_refused():
    with pytest.raises(pages.Damaged):
        pages.parse(page([], frame=replace(FRAME, has_more=True, next=10)), **WANTED)


def test_another_nodes_signature_is_not_the_peers():
    with pytest.raises(pages.Untrusted):
        pages.parse(page([record(11)], signer=SODRA), **WANTED)
    forged = Signer(NORR.kid, SODRA.key)
    with pytest.raises(pages.Untrusted):
        pages.parse(page([record(11)], signer=forged), **WANTED)


def test_what_a_peer_holds_of_ours_is_ours():
    asked = Asked(PageKind.HELD, "a-nonce-of-sixteen", 10)
    ours = record(11)._replace(home="sodra")
    body = page([ours], asked)
    assert list(pages.parse(body, **WANTED, kind=PageKind.HELD).records) == [ours]
    with pytest.raises(pages.ForeignHome):
        pages.parse(page([record(11)], asked), **WANTED, kind=PageKind.HELD)


def test_a_page_holds_so_many_records_and_so_many_bytes_but_always_one():
    assert len(pages.fitting([record(number) for number in range(1, 600)])) == PAGE_RECORDS
    heavy = [record(number, text="x" * (PAGE_BYTES // 3)) for number in range(1, 6)]
    assert len(pages.fitting(heavy)) == 2
    assert len(pages.fitting([record(1, text="x" * PAGE_BYTES), record(2)])) == 1
    assert pages.fitting([]) == []


def test_a_signed_object_is_read_by_whom_it_was_made_for():
    told = {"generation": 0, "head": 7}
    body = pages.signed(PageKind.DIGEST, told, node="norr", destination="sodra", nonce="n" * 16, signer=NORR)
    wanted: dict[str, Any] = {"peer": "norr", "keys": KEYS, "destination": "sodra", "nonce": "n" * 16}
    assert pages.read_signed(body, kind=PageKind.DIGEST, **wanted)["head"] == 7
    for fault, other in (
        (pages.NotAsked, {"kind": PageKind.BUCKET}),
        (pages.NotAsked, {"nonce": "m" * 16}),
        (pages.Untrusted, {"peer": "mitt"}),
        (pages.WrongDestination, {"destination": "mitt"}),
        (pages.Untrusted, {"keys": {}}),
    ):
        with pytest.raises(fault):
            pages.read_signed(body, **{"kind": PageKind.DIGEST, **wanted, **other})
    with pytest.raises(pages.Untrusted):
        pages.read_signed(body.replace(b'"head":7', b'"head":8'), kind=PageKind.DIGEST, **wanted)
    with pytest.raises(pages.Damaged):
        pages.read_signed(body[:-20], kind=PageKind.DIGEST, **wanted)
