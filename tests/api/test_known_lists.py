"""Lists that are known: the bytes of the ordinary way, rows and counts as they are now, and a way back from faults."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import httpx
import pytest
from pydantic import TypeAdapter
from sqlalchemy import Select, bindparam, select, text
from starlette.applications import Starlette

from app.core import driver, lists
from app.core.db import Database
from app.core.paging import Page
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseSummary
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunitySummary
from tests.api.conftest import API, Served
from tests.factories import enterprise, lot, opportunity

QUESTIONS = [
    "/enterprises",
    "/enterprises?limit=10&page=2",
    "/enterprises?page=3&limit=10&words=exempel&kind=enterprise&kind=network&sort=-name",
    "/enterprises?words=nobody-is-called-this",
    "/enterprises?reserved=res-ws&area=SE-22&located_in=SE&cpv=90910000&sort=-updated_at",
    "/enterprises?words=%20&sector=",
    "/opportunities",
    "/opportunities?form=reserved_goods_services&reserved=res-ws&status=published&sort=-deadline",
]
Asked = Callable[[], int]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Give a function that tells how many lists have been answered in the ordinary way."""
    times = 0

    def counting(search: Callable[..., object]) -> Callable[..., object]:
        def search_and_count(*arguments: object) -> object:
            nonlocal times
            times += 1
            return search(*arguments)

        return search_and_count

    for room in (enterprises, opportunities):
        monkeypatch.setattr(room, "search", counting(room.search))
    return lambda: times


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_known_list_is_the_same_to_the_byte(served: Served, asked: Asked, question: str):
    first, again, second = (served.client.get(API + question) for _ in range(3))
    assert asked() == 2
    assert second.content == again.content == first.content
    for name in ("content-type", "etag", "link", "cache-control", "vary"):
        assert second.headers.get(name) == first.headers.get(name), name
    kind = EnterpriseSummary if "enterprises" in question else OpportunitySummary
    TypeAdapter(Page[kind]).validate_json(second.content, strict=True)  # type: ignore[valid-type]  # chosen above


def test_a_known_list_shows_what_has_changed(served: Served, database: Database, asked: Asked):
    def found() -> tuple[int, list[str]]:
        page = served.client.get(f"{API}/enterprises?limit=3&sort=-name").json()
        return page["total"], [item["name"] for item in page["items"]]

    for _ in range(2):
        assert found() == (25, ["Exempel Städ", "Exempel 23", "Exempel 22"])
    with database.writes() as session:
        enterprises.register(session, enterprise(name="Önnes exempel"), home="here")
    assert found() == (26, ["Önnes exempel", "Exempel Städ", "Exempel 23"])
    with database.writes() as session:
        enterprises.register(session, enterprise(name="Alnö exempel"), home="here", record_id=served.enterprise)
    assert found() == (26, ["Önnes exempel", "Exempel 23", "Exempel 22"])
    assert asked() == 2


def test_a_known_list_of_opportunities_counts_lots_and_rules(served: Served, database: Database, asked: Asked):
    def found() -> list[tuple[int, list[str]]]:
        items = served.client.get(f"{API}/opportunities?sort=title").json()["items"]
        return [(item["lot_count"], item["reserved_participation"]) for item in items]

    for _ in range(2):
        assert found() == [(1, ["res-ws"])]
    lots = [lot(number="1"), lot(number="2", reserved_participation=["res-pub-ser", "res-ws"]), lot(number="3")]
    with database.writes() as session:
        opportunities.publish(session, opportunity(title="Z", lots=lots), home="here")
        opportunities.publish(session, opportunity(title="Ä", lots=[], form="iop"), home="here")
    assert found() == [(1, ["res-ws"]), (3, ["res-pub-ser", "res-ws"]), (0, [])]
    assert asked() == 2


def test_who_sends_a_key_takes_the_ordinary_way(served: Served, asked: Asked):
    for _ in range(3):
        served.client.get(f"{API}/enterprises", headers={"authorization": "Bearer smn_x"})
    assert asked() in {0, 3}


def test_a_refused_question_is_never_known(served: Served, asked: Asked):
    for _ in range(3):
        assert served.client.get(f"{API}/enterprises?limit=20&colour=red").status_code == 400
        assert served.client.get(f"{API}/enterprises?limit=101").status_code == 400
    assert served.client.post(f"{API}/enterprises?limit=20", json={}).status_code in {400, 401}
    assert asked() == 0


def test_a_question_is_known_on_whichever_page(served: Served, database: Database, asked: Asked):
    def page(number: int, limit: int) -> httpx.Response:
        return served.client.get(f"{API}/enterprises?page={number}&kind=enterprise&limit={limit}")

    ordinary = {(number, limit): page(number, limit).json() for number, limit in [(1, 20), (1, 20)]}
    for number, limit in [(1, 20), (2, 20), (3, 10), (9, 3), (100, 100)]:
        found = page(number, limit).json()
        first = 1 + (number - 1) * limit
        assert len(found["items"]) == max(0, min(limit, 26 - first))
        assert (found["page"], found["limit"], found["total"]) == (number, limit, 25)
        assert (found["links"]["next"] is None) == (number * limit >= 25)
        assert (found["links"]["prev"] is None) == (number == 1)
        assert found["links"]["self"] == f"{API}/enterprises?kind=enterprise&page={number}&limit={limit}"
        assert ordinary.get((number, limit), found) == found
    assert asked() == 2
    # What is no page is refused in the ordinary way.
    for refused in ("page=0", "limit=0", "limit=101", "page=101&limit=100", "page=1&page=2", "page=%D9%A3", "limit=-1"):
        assert served.client.get(f"{API}/enterprises?kind=enterprise&{refused}").status_code == 400, refused


def test_a_new_day_asks_anew(served: Served, asked: Asked, monkeypatch: pytest.MonkeyPatch):
    for day in (1, 1, 1, 2, 2, 2):
        monkeypatch.setattr(lists, "today", lambda day=day: date(2026, 1, day))
        assert served.client.get(f"{API}/enterprises?reserved=res-ws").status_code == 200
    assert asked() == 4


def test_only_so_many_questions_are_known(served: Served, asked: Asked, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lists, "_MOST_QUESTIONS", 2)
    for words in ("a", "a", "a", "b", "b", "c", "c", "a"):
        served.client.get(f"{API}/enterprises?words={words}")
    assert asked() == 7
    monkeypatch.setattr(lists, "_LONGEST_QUESTION", 20)
    for _ in range(3):
        served.client.get(f"{API}/enterprises?words=a+very+long+question")
    assert asked() == 10


def test_a_slow_question_is_asked_from_a_thread(served: Served, asked: Asked, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(driver, "_SHORT_SECONDS", 0.0)
    assert {len(served.client.get(f"{API}/enterprises").json()["items"]) for _ in range(4)} == {20}
    assert asked() == 2


def test_a_connection_that_breaks_is_made_anew(served: Served, app: Starlette, asked: Asked):
    quick = app.state.database.quick
    assert {served.client.get(f"{API}/enterprises").status_code for _ in range(4)} == {200}
    before = asked()
    for connection in quick.connections:
        connection.close()
    assert {served.client.get(f"{API}/enterprises").status_code for _ in range(6)} == {200}
    # Once for each thread's connection, at most; then it is known again.
    assert before < asked() < before + 6


@pytest.mark.parametrize("value", [datetime(2026, 1, 1, tzinfo=UTC), b"x"])
def test_what_the_next_request_may_not_share_is_not_prepared(database: Database, value: object):
    asked: Select[object] = select(text("1")).where(bindparam("x", value) == bindparam("y", value))
    assert database.quick.prepare(asked) is None


def test_a_prepared_question_may_not_write(database: Database):
    quick = database.quick
    prepared = quick.prepare(select(text("1")))
    assert prepared is not None
    prepared.sql = "DELETE FROM journal_counter"
    with pytest.raises(quick.fault):
        quick.ask(prepared, {})
