"""Whatever is sent, the API never answers 5xx and never writes: random bodies, parameters and paths, from one seed."""

import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.conftest import API, Served

SEED = 20261121
TIMES = 150
TEXTS = [
    "",
    " ",
    "städning",
    "Renhold av skoler i Trondheim",
    "a" * 300,
    "å" * 5000,
    "\x00",
    "\ud800",
    "\u202e\u0000",
    "👷‍♀️" * 20,
    "'; DROP TABLE lot; --",
    '"*" OR NEAR(a, b)',
    ":* & | ! ( )",
    "%s %(x)s {0} {x}",
    "$(id) `id` ../../etc/passwd",
    "<script>alert(1)</script>",
    "-1",
    "1e309",
    "٣",
    "İıſßŉ",
    "\u0301\u0301a",
    "SE-2281",
    "90910000",
    "90910000-9",
    "res-ws",
    "NO0",
    "SE",
]
VALUES: list[Any] = [None, True, 0, -1, 10**9, 10**25, 1.5, 1e300, [], {}, [[]], {"a": 1}, *TEXTS]
LOT_FIELDS = ["title", "description", "cpv_main", "cpv_additional", "area_codes", "reserved_participation"]
LOT_FIELDS += ["reserved_execution", "estimated_value", "duration_months", "unknown"]
FIELDS = ["title", "description", "language", "country", "buyer_area_code", "lots", "unknown"]
FILTERS = ["words", "cpv", "area", "located_in", "reserved", "sector", "target_group", "kind", "form", "status"]
FILTERS += ["page", "limit", "sort", "parent", "unknown"]
PATHS = ["/enterprises", "/opportunities", "/codes/cpv", "/codes/areas", "/codes/target-group"]
GOOD: dict[str, Any] = {
    "title": "städning av skolor",
    "country": "SE",
    "buyer_area_code": "SE-2281",
    "lots": [
        {
            "title": "Lokalvård",
            "cpv_main": "90910000",
            "area_codes": ["SE-22", "NO0"],
            "reserved_participation": ["res-ws"],
            "estimated_value": {"amount": "600000", "currency": "SEK"},
            "duration_months": 24,
        }
    ],
}


def a_value(dice: random.Random, depth: int = 0) -> Any:
    """Return a random value, now and then a list or an object of them."""
    if depth < 3 and dice.random() < 0.2:
        return [a_value(dice, depth + 1) for _ in range(dice.randint(0, 3))]
    return dice.choice(VALUES)


def a_need(dice: random.Random) -> Any:
    """Return a good need with one or a few fields spoilt."""
    need = json.loads(json.dumps(GOOD))
    for _ in range(dice.randint(1, 3)):
        lot = need["lots"][0] if isinstance(need["lots"], list) and need["lots"] else None
        if dice.random() < 0.6 and isinstance(lot, dict):
            lot[dice.choice(LOT_FIELDS)] = a_value(dice)
        else:
            need[dice.choice(FIELDS)] = a_value(dice)
    return need


def spoilt(dice: random.Random, body: bytes) -> bytes:
    """Return the bytes with some of them changed, lost or doubled."""
    found = bytearray(body)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(found))
        found[place : place + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
    return bytes(found)


@pytest.mark.parametrize("part", range(2))
def test_random_needs_are_answered_or_refused(served: Served, rows: Callable[[], dict[str, int]], part: int):
    dice = random.Random(SEED + part)
    before = rows()
    answered: dict[int, int] = {}
    for turn in range(TIMES):
        body = json.dumps(a_need(dice)).encode()
        if turn % 3 == 0:
            body = spoilt(dice, body)
        answer = served.client.post(
            f"{API}/matches/preview?limit=3", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code in {200, 400, 422}, body
        json.loads(answer.content)
        answered[answer.status_code] = answered.get(answer.status_code, 0) + 1
    # Each outcome was met, so the dice do throw what they should.
    assert set(answered) == {200, 400, 422}
    assert rows() == before


@pytest.mark.parametrize("part", range(2))
def test_random_lists_are_answered_or_refused(served: Served, rows: Callable[[], dict[str, int]], part: int):
    dice = random.Random(SEED + part)
    before = rows()
    statuses: set[int] = set()
    for _ in range(TIMES):
        names = [dice.choice(FILTERS) for _ in range(dice.randint(0, 4))]
        pairs = [f"{name}={quote(dice.choice(TEXTS), errors='surrogatepass')}" for name in names]
        answer = served.client.get(f"{API}{dice.choice(PATHS)}?{'&'.join(pairs)}")
        assert answer.status_code in {200, 400}, pairs
        statuses.add(answer.status_code)
    assert statuses == {200, 400}
    assert rows() == before


def test_random_paths_are_answered_or_refused(served: Served):
    dice = random.Random(SEED)
    parts = [
        "enterprises",
        "opportunities",
        "codes",
        "matches",
        "preview",
        served.enterprise,
        served.opportunity,
        "%2F",
    ]
    for _ in range(TIMES):
        names = [dice.choice([*parts, quote(dice.choice(TEXTS), errors="surrogatepass")]) for _ in range(3)]
        method = dice.choice(["GET", "GET", "HEAD", "POST", "DELETE"])
        answer = served.client.request(method, f"{API}/{'/'.join(names[: dice.randint(1, 3)])}")
        assert answer.status_code in {200, 307, 401, 404, 405, 415}, names
