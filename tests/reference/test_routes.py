"""`GET /codes/{list}`."""

import httpx

from app.reference import service


def test_every_list_has_a_first_page(app_client: httpx.Client) -> None:
    for name in service.list_names():
        answer = app_client.get(f"/api/v1/codes/{name}")
        assert answer.status_code == 200
        body = answer.json()
        assert body["total"] == len(service.code_list(name))
        assert body["items"]
        assert set(body["items"][0]) == {"code", "labels", "parent", "level", "area_codes", "public_service"}


def test_words_and_parent_narrow_the_list(app_client: httpx.Client) -> None:
    found = app_client.get("/api/v1/codes/cpv", params={"words": "renhold", "limit": 1}).json()
    assert found["items"][0]["code"] == "90910000"
    assert found["links"]["next"]
    below = app_client.get("/api/v1/codes/areas", params={"parent": "SE-22"}).json()
    assert below["total"] == 7


def test_what_cannot_be_answered_is_a_problem(app_client: httpx.Client) -> None:
    for address, status in {
        "/api/v1/codes/nonsense": 404,
        "/api/v1/codes/cpv?colour=red": 400,
        "/api/v1/codes/cpv?page=0": 400,
        "/api/v1/codes/cpv?words=%00": 400,
        "/api/v1/codes/cpv?words=" + "a" * 400: 400,
    }.items():
        answer = app_client.get(address)
        assert answer.status_code == status, address
        assert answer.headers["content-type"].startswith("application/problem+json")
