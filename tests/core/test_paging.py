"""Pages of a list."""

import pytest
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.core.paging import Page, PageQuery, page_of


def page(
    query: PageQuery, total: int, *, sent: bytes = b"", path: str = "/api/v1/things"
) -> tuple[Page[str], Response]:
    """Return the page of `total` made-up things, and the answer that carries it."""
    request = Request({"type": "http", "path": path, "query_string": sent, "headers": []})
    response = Response()
    shown = max(0, min(query.limit, total - query.offset))
    return page_of(["x"] * shown, total, query, request, response), response


@pytest.mark.parametrize(
    ("page_number", "limit", "wrong"),
    [(0, 20, "page"), (-1, 20, "page"), (1, 0, "limit"), (1, 101, "limit"), (101, 100, "limit"), (10_001, 1, "page")],
)
def test_a_page_out_of_bounds_names_its_parameter(page_number: int, limit: int, wrong: str):
    with pytest.raises(ValidationError) as fault:
        PageQuery(page=page_number, limit=limit)
    assert fault.value.errors()[0]["loc"] == (wrong,)


def test_the_usual_limit_counts_too():
    with pytest.raises(ValidationError, match="10000"):
        PageQuery(page=501)
    assert PageQuery(page=500).offset == 9980


@pytest.mark.parametrize(
    ("number", "total", "later", "earlier"),
    [
        (1, 0, None, None),
        (1, 20, None, None),
        (1, 21, 2, None),
        (2, 40, None, 1),
        (2, 41, 3, 1),
        (500, 99_999, None, 499),
    ],
)
def test_links_lead_to_the_neighbours(number: int, total: int, later: int | None, earlier: int | None):
    found, response = page(PageQuery(page=number), total)
    assert found.links.self == f"/api/v1/things?page={number}&limit=20"
    assert found.links.next == (later and f"/api/v1/things?page={later}&limit=20")
    assert found.links.prev == (earlier and f"/api/v1/things?page={earlier}&limit=20")
    assert response.headers.get("link", "").count("rel=") == (later is not None) + (earlier is not None)


def test_links_keep_the_other_parameters():
    found, response = page(PageQuery(), 50, sent=b"words=st%C3%A4d&cpv=1&cpv=2&limit=20", path="/api/v1/å\u2003")
    assert found.links.next == "/api/v1/%C3%A5%E2%80%83?words=st%C3%A4d&cpv=1&cpv=2&page=2&limit=20"
    assert response.headers["link"] == f'<{found.links.next}>; rel="next"'
