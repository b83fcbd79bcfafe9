"""Limits: buckets that fill again, whose they are, what an answer says of them, and how many there may be."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.core import limits
from app.core.errors import TooManyRequests, Unauthorized
from app.core.limits import ADDRESS, KEY, PREVIEWS, Limited, Limits, Policy, address_of, headers_of
from app.main import create_app
from app.settings import Settings
from tests.client import client_of
from tests.databases import migrated_database

API = "/api/v1"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
FEW = Policy("few", 6)


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def spend(buckets: Limits, times: int, who: str = "a") -> list[bool]:
    """Count some requests; return which were allowed."""
    return [buckets.spend(FEW, who).allowed for _ in range(times)]


def test_a_bucket_is_spent_and_fills_evenly():
    clock = Clock()
    buckets = Limits(clock=clock)
    assert spend(buckets, 8) == [True] * 6 + [False] * 2
    # Six a minute are one every ten seconds.
    clock.now += 9.9
    assert spend(buckets, 1) == [False]
    clock.now += 0.2
    assert spend(buckets, 2) == [True, False]
    clock.now += 3600
    assert spend(buckets, 7) == [True] * 6 + [False]
    assert spend(buckets, 1, "b") == [True]


def test_an_answer_says_what_is_left_and_when_it_is_whole_again():
    buckets = Limits(clock=Clock())
    assert headers_of([buckets.spend(FEW, "a")]) == {
        "RateLimit-Policy": '"few";q=6;w=60',
        "RateLimit": '"few";r=5;t=10',
    }
    spend(buckets, 5)
    refused = [buckets.spend(FEW, "a"), buckets.spend(KEY, "k")]
    assert headers_of(refused) == {
        "RateLimit-Policy": '"few";q=6;w=60, "key";q=600;w=60',
        "RateLimit": '"few";r=0;t=10, "key";r=599;t=1',
        "Retry-After": "10",
    }


def test_no_more_than_so_many_buckets_are_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "_MOST_BUCKETS", 100)
    buckets = Limits(clock=Clock())
    spend(buckets, 6, "busy")
    for number in range(1000):
        spend(buckets, 1, f"visitor {number}")
        # Whoever asks all the time is not forgotten for the many who ask once.
        assert spend(buckets, 1, "busy") == [False]
    assert len(buckets._buckets) == 100


@pytest.mark.parametrize(
    ("exempt", "address", "key_id", "free"),
    [
        ("", "192.0.2.7", None, False),
        ("192.0.2.7", "192.0.2.7", None, True),
        (" 192.0.2.0/24 , 2001:db8::/32", "192.0.2.9", None, True),
        ("192.0.2.0/24,2001:db8::/32", "2001:db8:1::1", None, True),
        ("192.0.2.0/24", "198.51.100.1", None, False),
        ("192.0.2.0/24", "testclient", None, False),
        ("5b0c1a6e,192.0.2.1", "198.51.100.1", "5b0c1a6e", True),
        ("5b0c1a6e", "198.51.100.1", "other", False),
    ],
)
def test_peers_are_let_through(exempt: str, address: str, key_id: str | None, free: bool):
    assert Limits(exempt=exempt).is_exempt(address, key_id) is free


def test_an_address_that_is_none_stops_the_start(tmp_path: Path):
    with pytest.raises(ValueError, match="rate_limit_exempt"):
        Settings(var_dir=tmp_path, rate_limit_exempt="192.0.2.256")
    assert Settings(var_dir=tmp_path, rate_limits="Off").rate_limits is False  # type: ignore[arg-type]  # as it is set


def from_address(address: str) -> Request:
    """Return a request from an address."""
    return Request({"type": "http", "client": (address, 1), "headers": [], "path": "/"})


def test_a_household_of_ipv6_addresses_has_one_bucket():
    buckets = Limits(clock=Clock())
    for number in range(PREVIEWS.quota):
        buckets.count_preview(from_address(f"2001:db8:0:1::{number:x}"))
    with pytest.raises(TooManyRequests):
        buckets.count_preview(from_address("2001:db8:0:1:ffff::1"))
    buckets.count_preview(from_address("2001:db8:0:2::1"))
    buckets.count_preview(from_address("192.0.2.1"))
    # One address, written in two ways.
    for _ in range(PREVIEWS.quota - 1):
        buckets.count_preview(from_address("::ffff:192.0.2.1"))
    with pytest.raises(TooManyRequests):
        buckets.count_preview(from_address("192.0.2.1"))


def test_a_request_from_a_socket_without_address_is_counted_too():
    scope: Scope = {"type": "http", "client": None}
    assert address_of(scope) == ""


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[httpx.Client]:
    """Give a client of the application with its limits on."""
    with migrated_database("sqlite", tmp_path) as url:
        app = create_app(Settings(database_url=url, var_dir=tmp_path))
        # However slow the machine, no time passes here.
        app.state.limits.clock = Clock()
        with client_of(app) as client:
            yield client


def left(answer: httpx.Response) -> dict[str, int]:
    """Return how much is left of each policy."""
    return {name: int(number) for name, number in re.findall(r'"(\w+)";r=(\d+)', answer.headers["ratelimit"])}


def test_a_visitor_is_told_what_is_left_and_refused_in_the_end(limited: httpx.Client):
    first = limited.get(f"{API}/api-info")
    assert first.headers["ratelimit-policy"] == '"address";q=300;w=60'
    assert left(first) == {"address": 299}
    answers = [limited.get(f"{API}/nowhere") for _ in range(ADDRESS.quota)]
    assert [answer.status_code for answer in answers[:-1]] == [404] * (ADDRESS.quota - 1)
    refused = answers[-1]
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
    assert refused.json()["type"] == "urn:samnod:problem:too-many-requests"
    assert (refused.headers["retry-after"], left(refused)) == ("1", {"address": 0})
    assert refused.json()["detail"] == "För många anrop. Kom tillbaka om 1 sekunder."
    told = limited.get(f"{API}/enterprises", headers={"accept-language": "nb", "traceparent": TRACE})
    assert (told.status_code, told.json()["title"]) == (429, "For mange forespørsler")
    assert told.headers["traceparent"] == TRACE
    # Health and the site are not the API.
    assert limited.get("/healthz").status_code == 200
    assert "ratelimit" not in limited.get("/en/").headers


def test_previews_have_a_bucket_of_their_own_that_pages_share(limited: httpx.Client):
    need = {"title": "städning"}
    first = limited.post(f"{API}/matches/preview", json=need)
    assert left(first) == {"address": 299, "previews": 59}
    assert {limited.get("/sv/?q=st%C3%A4dning").status_code for _ in range(PREVIEWS.quota - 1)} == {200}
    for language, told in (("sv", "För många sökningar"), ("nb", "For mange søk"), ("en", "Too many searches")):
        page = limited.get(f"/{language}/?q=st%C3%A4dning")
        assert (page.status_code, page.headers["content-type"]) == (429, "text/html; charset=utf-8")
        assert page.headers["retry-after"] == "1"
        assert told in page.text
        # The page without a question is for everybody.
        assert limited.get(f"/{language}/").status_code == 200
    refused = limited.post(f"{API}/matches/preview", json=need)
    assert (refused.status_code, left(refused)["previews"]) == (429, 0)
    assert limited.get(f"{API}/enterprises").status_code == 200


def test_limits_may_be_off(app_client: httpx.Client):
    assert "ratelimit" not in app_client.get(f"{API}/api-info").headers


class Gate:
    """What one request after the other costs, with keys that we choose."""

    def __init__(self, known: dict[str, str], **options: Any) -> None:
        self.asked: list[str] = []
        self.known = known
        self.limited = Limited(self.nothing, limits=Limits(**options), key_of=self.key_of, previews=frozenset())

    async def nothing(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer nothing: only what a request costs matters."""

    async def key_of(self, request: Request) -> str | None:
        """Return the id of a key, as the application does."""
        self.asked.append(request.headers["authorization"])
        found = self.known.get(request.headers["authorization"])
        if found == "broken":
            raise Unauthorized("not a key")
        return found

    def cost(self, key: str = "", address: str = "192.0.2.1") -> list[str]:
        """Return the policies that a request was counted under, with `!` when that was one too many."""
        headers = [(b"authorization", key.encode())] if key else []
        scope = {"type": "http", "method": "GET", "path": "/", "client": (address, 1), "headers": headers}
        spent = anyio.run(self.limited._spend, scope)
        return [f"{one.policy.name}{'' if one.allowed else '!'}" for one in spent]


def test_a_key_pays_for_itself_wherever_it_is_used():
    gate = Gate({"Bearer good": "1", "bearer  good": "1"}, clock=Clock())
    assert [gate.cost("Bearer good", f"192.0.2.{number}") for number in range(3)] == [["key"]] * 3
    assert gate.asked == ["Bearer good"]
    # The same key written otherwise is the same bucket.
    for _ in range(KEY.quota - 3):
        assert gate.cost("bearer  good") == ["key"]
    assert gate.cost("Bearer good") == ["key!"]
    assert gate.cost() == ["address"]


@pytest.mark.parametrize("state", ["unknown", "broken"])
def test_a_key_that_opens_nothing_costs_the_address(state: str):
    known = {f"Bearer {number}": "broken" for number in range(400)} if state == "broken" else {}
    gate = Gate(known, clock=Clock())
    for number in range(ADDRESS.quota):
        assert gate.cost(f"Bearer {number}") == ["address"]
    # From here on no key is even looked up.
    assert gate.cost("Bearer 399") == gate.cost() == ["address!"]
    assert len(gate.asked) == ADDRESS.quota


def test_a_key_is_looked_up_again_after_a_while(monkeypatch: pytest.MonkeyPatch):
    gate = Gate({"Bearer good": "1"}, clock=Clock())
    monkeypatch.setattr(limits, "_KEY_SECONDS", -1.0)
    gate.cost("Bearer good")
    gate.known.clear()
    assert gate.cost("Bearer good") == ["address"]
    assert len(gate.asked) == 2


def test_only_so_many_keys_are_remembered(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "_MOST_KEYS", 2)
    gate = Gate({f"Bearer {number}": str(number) for number in range(3)}, clock=Clock())
    for number in (0, 1, 2, 2, 0):
        assert gate.cost(f"Bearer {number}") == ["key"]
    assert gate.asked == ["Bearer 0", "Bearer 1", "Bearer 2", "Bearer 0"]


def test_a_peer_is_not_counted():
    gate = Gate({"Bearer peer": "7", "Bearer other": "8"}, exempt="7,198.51.100.0/24", clock=Clock())
    assert gate.cost("Bearer peer") == []
    assert gate.cost("Bearer other") == ["key"]
    assert gate.cost(address="198.51.100.9") == []
