"""What the API refuses: each with the right problem document that names the field, and nothing written."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import Database
from tests.api.conftest import API, Served

PREVIEW = f"{API}/matches/preview"
JSON = {"content-type": "application/json"}
BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'


@dataclass(frozen=True)
class Refused:
    """A request, and how it is refused."""

    status: int
    path: str = PREVIEW
    body: bytes | Callable[[], Iterator[bytes]] = b""
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=lambda: JSON)
    pointers: tuple[str, ...] = ()


def sent(value: Any) -> bytes:
    """Return a value as JSON."""
    return json.dumps(value).encode()


def asked(**fields: Any) -> bytes:
    """Return a need with these fields."""
    return sent({"title": "städning"} | fields)


def a_lot(**fields: Any) -> bytes:
    """Return a need with one lot with these fields."""
    return asked(lots=[fields])


def chunks(size: int) -> Callable[[], Iterator[bytes]]:
    """Return a body that comes in parts and does not say its length."""
    return lambda: (b"a" * 100_000 for _ in range(size // 100_000))


BODIES = {
    "empty": Refused(400),
    "blank": Refused(400, body=b"  \n"),
    "cut short": Refused(400, body=b'{"title": "st'),
    "not JSON": Refused(400, body=b"title=stad"),
    "two values": Refused(400, body=b'{"title": "a"}{}'),
    "not UTF-8": Refused(400, body=b'{"title": "st\xe4d"}'),
    "UTF-16": Refused(400, body='{"title": "a"}'.encode("utf-16")),
    "NaN": Refused(400, body=b'{"title": "a", "lots": [{"duration_months": NaN}]}'),
    "twice": Refused(400, body=b'{"title": "a", "title": "b"}', pointers=("/title",)),
    "twice in a lot": Refused(400, body=b'{"lots": [{}, {"title": "a", "title": "b"}]}', pointers=("/lots/1/title",)),
    "5000 digits": Refused(400, body=b'{"title": "a", "n": ' + b"9" * 5000 + b"}"),
    "deep": Refused(400, body=b'{"lots":' * 40 + b"1" + b"}" * 40),
    "100,000 deep": Refused(400, body=b"[" * 100_000 + b"]" * 100_000),
    "3 MB": Refused(413, body=b'{"title": "' + b"a" * 3_000_000 + b'"}'),
    "3 MB in parts": Refused(413, body=chunks(3_000_000)),
    "no content type": Refused(415, body=asked(), headers={}),
    "text": Refused(415, body=asked(), headers={"content-type": "text/plain"}),
    "form": Refused(415, body=b"title=a", headers={"content-type": "application/x-www-form-urlencoded"}),
    "XML bomb": Refused(415, body=BOMB, headers={"content-type": "application/xml"}),
    "XML bomb, badly named": Refused(400, body=BOMB),
    "another charset": Refused(415, body=asked(), headers={"content-type": "application/json; charset=latin-1"}),
    "compressed": Refused(415, body=b"\x1f\x8b", headers=JSON | {"content-encoding": "gzip"}),
    "null": Refused(422, body=b"null", pointers=("",)),
    "a list": Refused(422, body=b"[]", pointers=("",)),
    "a text": Refused(422, body=b'"title"', pointers=("",)),
    "nothing in it": Refused(422, body=b"{}", pointers=("/title",)),
    "no title": Refused(422, body=sent({"title": "  "}), pointers=("/title",)),
    "title is a number": Refused(422, body=sent({"title": 5}), pointers=("/title",)),
    "title is null": Refused(422, body=sent({"title": None}), pointers=("/title",)),
    "very long word": Refused(422, body=asked(title="a" * 400), pointers=("/title",)),
    "unknown fields": Refused(422, body=asked(colour="red", lots=[{"x": 1}]), pointers=("/lots/0/x", "/colour")),
    "awkward field": Refused(422, body=asked(**{"a/b~c": 1}), pointers=("/a~1b~0c",)),
    "NUL": Refused(422, body=asked(title="a\x00b"), pointers=("/title",)),
    "NUL in a lot": Refused(422, body=a_lot(description="a\x00"), pointers=("/lots/0/description",)),
    "lone surrogate": Refused(422, body=asked(title="a\ud800"), pointers=("/title",)),
    "surrogate in a code": Refused(422, body=asked(country="\udfff"), pointers=("/country",)),
    "surrogate field": Refused(422, body=b'{"title": "a", "\\ud800": 1}'),
    "NUL field": Refused(422, body=b'{"title": "a", "\\u0000": 1}', pointers=("/\x00",)),
    "lots is an object": Refused(422, body=asked(lots={}), pointers=("/lots",)),
    "a lot is a text": Refused(422, body=asked(lots=["a"]), pointers=("/lots/0",)),
    "101 lots": Refused(422, body=asked(lots=[{}] * 101), pointers=("/lots",)),
    "unknown CPV": Refused(422, body=a_lot(cpv_main="12345678"), pointers=("/lots/0/cpv_main",)),
    "CPV is a number": Refused(422, body=a_lot(cpv_main=90910000), pointers=("/lots/0/cpv_main",)),
    "unknown CPV among others": Refused(
        422, body=a_lot(cpv_additional=["90910000", "x"]), pointers=("/lots/0/cpv_additional/1",)
    ),
    "unknown area": Refused(422, body=a_lot(area_codes=["SE-22", "SE-9999"]), pointers=("/lots/0/area_codes/1",)),
    "area abroad": Refused(422, body=asked(buyer_area_code="FI"), pointers=("/buyer_area_code",)),
    "area is a list": Refused(422, body=asked(buyer_area_code=["SE"]), pointers=("/buyer_area_code",)),
    "unknown reservation": Refused(
        422, body=a_lot(reserved_participation=["res-x"]), pointers=("/lots/0/reserved_participation/0",)
    ),
    "unknown execution": Refused(422, body=a_lot(reserved_execution="maybe"), pointers=("/lots/0/reserved_execution",)),
    "amount is a number": Refused(
        422,
        body=a_lot(estimated_value={"amount": 600000, "currency": "SEK"}),
        pointers=("/lots/0/estimated_value/amount",),
    ),
    "amount is enormous": Refused(
        422,
        body=a_lot(estimated_value={"amount": "9" * 30, "currency": "SEK"}),
        pointers=("/lots/0/estimated_value/amount",),
    ),
    "no currency": Refused(
        422, body=a_lot(estimated_value={"amount": "1"}), pointers=("/lots/0/estimated_value/currency",)
    ),
    "months is a text": Refused(422, body=a_lot(duration_months="6"), pointers=("/lots/0/duration_months",)),
    "months is true": Refused(422, body=a_lot(duration_months=True), pointers=("/lots/0/duration_months",)),
    "months is infinite": Refused(
        422, body=b'{"title": "a", "lots": [{"duration_months": 1e999}]}', pointers=("/lots/0/duration_months",)
    ),
    "months is enormous": Refused(422, body=a_lot(duration_months=10**30), pointers=("/lots/0/duration_months",)),
    "months is negative": Refused(422, body=a_lot(duration_months=-1), pointers=("/lots/0/duration_months",)),
    "country abroad": Refused(422, body=asked(country="FI"), pointers=("/country",)),
    "limit": Refused(400, path=f"{PREVIEW}?limit=101", body=asked(), pointers=("limit",)),
    "limit twice": Refused(400, path=f"{PREVIEW}?limit=1&limit=2", body=asked(), pointers=("limit",)),
    "unknown parameter": Refused(400, path=f"{PREVIEW}?colour=red", body=asked(), pointers=("colour",)),
}


def read(status: int, path: str, *pointers: str, method: str = "GET") -> Refused:
    """Return a request without a body."""
    return Refused(status, f"{API}{path}", method=method, headers={}, pointers=pointers)


READS = {
    "unknown path": read(404, "/nothing"),
    "the root": read(404, "/"),
    "unknown path below": read(404, "/enterprises/a/b/c"),
    "unknown enterprise": read(404, "/enterprises/00000000-0000-0000-0000-000000000000"),
    "unknown opportunity": read(404, "/opportunities/nothing"),
    "matches of nobody": read(404, "/enterprises/nothing/matches"),
    "matches of nothing": read(404, "/opportunities/nothing/matches"),
    "the draft": read(404, "/opportunities/{draft}"),
    "matches of the draft": read(404, "/opportunities/{draft}/matches"),
    "NUL in a path": read(404, "/enterprises/a%00b"),
    "control in a path": read(404, "/opportunities/a%1Bb/matches"),
    "surrogate in a path": read(404, "/enterprises/%ED%A0%80"),
    "no UTF-8 in a path": read(404, "/enterprises/%FF"),
    "long id": read(404, f"/enterprises/{'a' * 3000}"),
    "injection": read(404, "/enterprises/' OR 1=1 --"),
    "traversal": read(404, "/enterprises/..%2F..%2Fetc%2Fpasswd"),
    "unknown list": read(404, "/codes/nonsense"),
    "unknown parameters": read(400, "/enterprises?colour=red&words=a&size=1", "colour", "size"),
    "unknown parameter of one": read(400, "/enterprises/{enterprise}?fields=name", "fields"),
    "page 0": read(400, "/enterprises?page=0", "page"),
    "page is a word": read(400, "/enterprises?page=two", "page"),
    "page is a fraction": read(400, "/enterprises?page=1.5", "page"),
    "limit is a fraction": read(400, "/enterprises?limit=5.0", "limit"),
    "limit has an underscore": read(400, "/opportunities?limit=1_0", "limit"),
    "limit of matches is a fraction": read(400, "/enterprises/{enterprise}/matches?limit=5.0", "limit"),
    "limit of codes in other digits": read(400, "/codes/cpv?limit=%D9%A3", "limit"),
    "page is enormous": read(400, f"/enterprises?page={'9' * 5000}", "page"),
    "limit 101": read(400, "/opportunities?limit=101", "limit"),
    "too deep": read(400, "/enterprises?page=101&limit=100", "limit"),
    "too deep by the usual limit": read(400, "/opportunities?page=501", "limit"),
    "page twice": read(400, "/enterprises?page=1&page=2", "page"),
    "words twice": read(400, "/enterprises?words=a&words=b", "words"),
    "NUL in words": read(400, "/enterprises?words=a%00b", "words"),
    "no UTF-8 in words": read(400, "/enterprises?words=%FF&cpv=90910000", "words"),
    "no UTF-8 in a name": read(400, "/enterprises?w%FF=a"),
    "surrogate in words": read(400, "/opportunities?words=%ED%A0%80", "words"),
    "very long words": read(400, f"/enterprises?words={'a' * 301}", "words"),
    "unknown CPV": read(400, "/enterprises?cpv=90910000&cpv=1", "cpv"),
    "unknown area": read(400, "/enterprises?area=XX", "area"),
    "unknown seat": read(400, "/enterprises?located_in=SE-9999", "located_in"),
    "unknown reservation": read(400, "/opportunities?reserved=x", "reserved"),
    "unknown sector": read(400, "/enterprises?sector=x", "sector"),
    "unknown group": read(400, "/enterprises?target_group=x", "target_group"),
    "unknown kind": read(400, "/enterprises?kind=x", "kind"),
    "unknown order": read(400, "/enterprises?sort=colour", "sort"),
    "drafts": read(400, "/opportunities?status=draft", "status"),
    "51 codes": read(400, "/enterprises?" + "&".join(["cpv=90910000"] * 51), "cpv"),
    "1001 parameters": read(400, "/enterprises?" + "&".join(["cpv=90910000"] * 1001)),
    "parameters of api-info": read(400, "/api-info?x=1", "x"),
    "wrong list parameter": read(400, "/codes/cpv?limit=0", "limit"),
}
METHODS = {
    ("GET", "/matches/preview"): "POST",
    ("PUT", "/matches/preview"): "POST",
    ("PUT", "/enterprises"): "GET, HEAD, POST",
    ("POST", "/enterprises/{enterprise}"): "GET, HEAD, PATCH, DELETE",
    ("PUT", "/opportunities/{opportunity}"): "GET, HEAD, PATCH, DELETE",
    ("OPTIONS", "/opportunities"): "GET, HEAD, POST",
    ("BREW", "/codes/cpv"): "GET, HEAD",
    ("POST", "/api-info"): "GET, HEAD",
    ("DELETE", "/openapi.json"): "GET, HEAD",
}


def complaints(served: Served, name: str, refused: Refused) -> Iterator[str]:
    """Send a request, and say in what its refusal is not as it should be."""
    body = refused.body() if callable(refused.body) else refused.body
    path = refused.path.replace("{enterprise}", served.enterprise).replace("{draft}", served.draft)
    answer = served.client.request(refused.method, path, content=body, headers=refused.headers)
    if answer.status_code != refused.status:
        yield f"{name}: {answer.status_code}, not {refused.status}: {answer.text[:200]}"
        return
    if answer.headers["content-type"] != "application/problem+json":
        yield f"{name}: {answer.headers['content-type']}"
        return
    problem = answer.json()
    if set(problem) != {"type", "title", "status", "detail", "instance", "errors"}:
        yield f"{name}: {sorted(problem)}"
    if problem["status"] != refused.status or not problem["title"] or not problem["detail"]:
        yield f"{name}: {problem}"
    if not problem["instance"].startswith(API) or "?" in problem["instance"]:
        yield f"{name}: {problem['instance']}"
    pointers = {fault["pointer"] for fault in problem["errors"]}
    if not pointers >= set(refused.pointers) or (refused.pointers and len(pointers) > len(refused.pointers)):
        yield f"{name}: names {pointers}, not {refused.pointers}"
    if not all(fault["detail"] for fault in problem["errors"]):
        yield f"{name}: a fault without words"


# One database for all of them: a database each would take minutes.
def test_each_is_refused_and_nothing_is_written(served: Served, rows: Callable[[], dict[str, int]]):
    before = rows()
    everything = BODIES | READS
    assert [one for name, refused in everything.items() for one in complaints(served, name, refused)] == []
    assert rows() == before
    assert before["enterprise"] == 25


def test_a_method_that_is_not_allowed_is_told_which_are(served: Served):
    for (method, path), allowed in METHODS.items():
        path = path.replace("{enterprise}", served.enterprise).replace("{opportunity}", served.opportunity)
        answer = served.client.request(method, API + path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed), (method, path)
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/enterprises/a%0Ab", "/enterprises/%0A", "/%0A", "/enterprises%0A/x"])
def test_an_address_with_a_line_break_is_nowhere(served: Served, path: str):
    answer = served.client.get(API + path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "instance" in answer.json()
    # Elsewhere than in the API it is nothing that a program asks for.
    assert served.client.get("/a%0Ab").status_code == 404


def test_hostile_bodies_are_refused_quickly(served: Served):
    started = time.process_time()
    for name in ("100,000 deep", "3 MB", "3 MB in parts", "5000 digits"):
        assert list(complaints(served, name, BODIES[name])) == []
    for body in (b"[" * 500_000 + b"]" * 500_000, b'{"a":' * 170_000, b"[" + b"[]," * 300_000 + b"]"):
        assert served.client.post(PREVIEW, content=body, headers=JSON).status_code in {400, 422}
    assert time.process_time() - started < 4


def test_a_very_wrong_body_gets_a_short_answer(served: Served):
    answer = served.client.post(PREVIEW, json={f"field_{number}": 1 for number in range(20_000)})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 50


@pytest.mark.parametrize(
    ("language", "title", "detail"),
    [
        ("sv", "Innehållet är inte giltigt", "'x' är ingen CPV-kod"),
        ("nn-NO, en;q=0.5", "Innholdet er ikke gyldig", "'x' er ingen CPV-kode"),
        ("en", "The content is not valid", "'x' is no CPV code"),
        ("fr", "Innehållet är inte giltigt", "'x' är ingen CPV-kod"),
    ],
)
def test_a_problem_is_told_in_the_readers_language(served: Served, language: str, title: str, detail: str):
    answer = served.client.post(
        PREVIEW, json={"title": "a", "lots": [{"cpv_main": "x"}]}, headers={"accept-language": language}
    )
    assert answer.json()["title"] == title
    assert answer.json()["errors"][0]["detail"].startswith(detail)
    assert "accept-language" in answer.headers.get("vary", "").lower()


@pytest.mark.parametrize("language", ["sv", "nb"])
def test_no_problem_is_told_in_english_to_others(served: Served, language: str):
    english = {"en": [], language: []}
    for code, told in english.items():
        for refused in (*BODIES.values(), *READS.values()):
            body = refused.body() if callable(refused.body) else refused.body
            path = refused.path.replace("{enterprise}", served.enterprise).replace("{draft}", served.draft)
            headers = refused.headers | {"accept-language": code}
            problem = served.client.request(refused.method, path, content=body, headers=headers).json()
            told.append([problem["title"], problem["detail"], *(fault["detail"] for fault in problem["errors"])])
    same = [one for one, other in zip(*english.values(), strict=True) if set(one) & set(other)]
    assert same == []
    # Nor half of it: Pydantic joins choices by "or", and shows patterns as they are.
    told_by_others = " ".join(text for one in english[language] for text in one)
    assert " or " not in told_by_others
    assert "^" not in told_by_others.replace("x ^y", "")


def test_what_is_wanted_is_told_in_words(served: Served):
    wrong = {"title": "a", "country": "DK", "language": "svenska", "lots": [{"reserved_participation": ["x"]}]}
    answer = served.client.post(PREVIEW, json=wrong, headers={"accept-language": "sv"})
    assert {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]} == {
        "/country": "måste vara SE eller NO",
        "/language": "måste vara en språkkod med två eller tre gemener, till exempel sv",
        "/lots/0/reserved_participation/0": "måste vara ett av res-ws, res-pub-ser, se-ideburen, no-ideell",
    }


def test_a_search_that_fails_leaves_no_searched_word_in_the_log(
    served: Served, database: Database, caplog: pytest.LogCaptureFixture
):
    """A reader's question is their own: it is neither in the answer nor in the log of a fault."""
    with database.writes() as session:
        session.connection().execute(text("ALTER TABLE enterprise RENAME TO enterprise_gone"))
    word = "-".join(["hemligt", "sokord"])  # in parts, as the trace quotes the lines of this file
    # As a server does it: the fault is answered, then raised again and logged with its trace.
    caplog.set_level(logging.INFO)
    with pytest.raises(SQLAlchemyError) as fault:
        served.client.get(f"{API}/enterprises?words={word}")
    logging.getLogger("samnod").error("failed", exc_info=fault.value)
    # What the test's own client logs is its business.
    logged = "".join(caplog.handler.format(record) for record in caplog.records if record.name != "httpx")
    assert "SELECT enterprise.id" in logged
    assert word not in logged
