"""Notices through the API: what a sender is answered, what is refused, and who may do what to whose opportunity."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import inspect, text

from app.core.db import Database
from app.notices import service
from app.notices.xml import LARGEST_BYTES
from tests.engines import mostly_sqlite
from tests.keys import key_for, organization_of
from tests.notices.notices import own, real
from tests.notices.test_service import IMPORTED, REFUSED, SAME_IDENTIFIER

NOTICES = "/api/v1/notices"
CALL, RESULT, VOID = "se_reserved_cleaning.xml", "se_result.xml", "void.xml"
XML = {"Content-Type": "application/xml"}
Send = Callable[..., httpx.Response]


@pytest.fixture
def key(database: Database) -> dict[str, str]:
    """Give the key of a buyer."""
    return key_for(database, "buyer")


@pytest.fixture
def send(app_client: httpx.Client, key: dict[str, str]) -> Send:
    """Give a function that sends a notice with the buyer's key; other headers and parameters are added."""

    def post(content: bytes, *, headers: dict[str, str] | None = None, **parameters: str) -> httpx.Response:
        return app_client.post(NOTICES, content=content, headers=XML | key | (headers or {}), params=parameters)

    return post


def counted(database: Database) -> dict[str, int]:
    """Count the rows of every table."""
    with database.reads() as session:
        connection = session.connection()
        names = inspect(connection).get_table_names()
        return {name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in names}


@mostly_sqlite
def test_every_notice_of_the_development_data_twice(send: Send, database: Database):
    names = sorted([*IMPORTED, *REFUSED, SAME_IDENTIFIER])
    assert len(names) == 23
    for expected in ({201}, {200}):
        for name in names:
            before = counted(database)
            answer = send(real(name))
            if name in IMPORTED:
                assert {answer.status_code} == expected, name
                assert answer.json()["lots"] == IMPORTED[name]
                continue
            assert answer.status_code == 422, name
            assert all(error["pointer"].startswith("line ") for error in answer.json()["errors"]), name
            assert counted(database) == before, name


def test_a_new_notice_is_answered_with_the_opportunity_that_it_became(
    send: Send, app_client: httpx.Client, database: Database
):
    answer = send(own(CALL))
    assert answer.status_code == 201
    made = answer.json()
    assert (made["status"], made["outcome"], made["created"], made["lots"]) == ("published", "created", True, 2)
    assert answer.headers["location"] == f"/api/v1/opportunities/{made['opportunity_id']}"
    read = app_client.get(answer.headers["location"])
    assert read.json()["title"] == made["title"] == "Reserverad upphandling: städning av skolor"
    assert read.json()["owner_id"] == organization_of("buyer")
    assert read.headers["etag"] == answer.headers["etag"]
    assert {"field": "BT-22-Procedure", "line": 65} in [
        {name: field[name] for name in ("field", "line")} for field in made["unmapped"]
    ]
    again = send(own(CALL))
    assert (again.status_code, again.json()["outcome"], again.json()["created"]) == (200, "unchanged", False)


def test_a_file_in_a_form_is_the_same_as_the_file(send: Send, app_client: httpx.Client, key: dict[str, str]):
    sent = app_client.post(NOTICES, files={"file": ("städning.xml", own(CALL), "text/xml")}, headers=key)
    assert sent.status_code == 201
    assert send(own(CALL)).json()["opportunity_id"] == sent.json()["opportunity_id"]


def test_a_result_ends_and_a_void_withdraws(send: Send):
    send(own(CALL))
    ended = send(own(RESULT))
    assert (ended.status_code, ended.json()["outcome"], ended.json()["status"]) == (200, "ended", "awarded")
    another = (("5d0c4b1d2e01</cbc:ID>", "5d0c4b1d2e21</cbc:ID>"), ("2e02</cbc:Con", "2e22</cbc:Con"))
    send(own(CALL, *another))
    withdrawn = send(own(VOID, ("2e01-01<", "2e21-01<")))
    assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "cancelled")


def test_a_dry_run_tells_and_writes_nothing(send: Send, database: Database):
    before = counted(database)
    told = send(own(CALL), dry_run="true")
    assert (told.status_code, told.json()["outcome"], told.json()["created"]) == (200, "created", True)
    assert "location" not in told.headers
    assert counted(database) == before
    made = send(own(CALL))
    assert made.status_code == 201
    assert made.json()["opportunity_id"] == told.json()["opportunity_id"]
    before = counted(database)
    assert send(own(RESULT), dry_run="true").json()["status"] == "awarded"
    assert send(own(CALL), dry_run="true").json()["outcome"] == "unchanged"
    assert counted(database) == before
    assert send(own(CALL, ("LOT-0002", "LOT-0001")), dry_run="true").status_code == 422


def test_a_fault_names_its_line_and_its_field(send: Send, database: Database):
    before = counted(database)
    answer = send(own(CALL, (">90919300<", ">99000000<"), (">600000<", ">much<")))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"].split(", ")[1] for error in answer.json()["errors"]] == ["BT-262", "BT-27"]
    assert counted(database) == before


@pytest.mark.parametrize(
    ("language", "text"), [("sv", "ingen vinnare är utsedd"), ("nb", "ingen vinner er valgt"), ("en", "no winner has")]
)
def test_warnings_are_in_the_reader_s_language(send: Send, language: str, text: str):
    answer = send(own(RESULT, (">clos-nw<", ">open-nw<")), headers={"Accept-Language": language})
    assert any(text in warning["text"] for warning in answer.json()["warnings"])
    assert answer.headers["content-language"] == language
    assert "Accept-Language" in answer.headers["vary"]


BOUNDARY = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        pytest.param(b"", "application/xml", 400, id="nothing"),
        pytest.param(b" \n", "application/xml", 400, id="white space"),
        pytest.param(b"<a/>", "text/plain", 415, id="another type"),
        pytest.param(b"{}", "application/json", 415, id="JSON"),
        pytest.param(b"<a/>", "application/xml; charset=latin-1", 415, id="another encoding"),
        pytest.param(b"<a/>", BOUNDARY, 400, id="no form"),
        pytest.param(b"--x\r\n\r\n<a/>\r\n--x--", BOUNDARY, 400, id="a part without a name"),
        pytest.param(b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\n<a/>", BOUNDARY, 400, id="cut short"),
        pytest.param(
            b"--x\r\nContent-Disposition: form-data; name=other\r\n\r\n<a/>\r\n--x--", BOUNDARY, 400, id="another field"
        ),
        pytest.param(
            b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\n\r\n--x--\r\n", BOUNDARY, 400, id="an empty file"
        ),
        pytest.param(b"--x--", "multipart/form-data", 400, id="no boundary"),
        pytest.param(b"--x\r\n" * 50, BOUNDARY, 400, id="boundaries only"),
        pytest.param(b"<a>" + b" " * LARGEST_BYTES + b"</a>", "application/xml", 413, id="more than 5 MiB"),
        pytest.param(b"<a>" + b" " * 2 * LARGEST_BYTES + b"</a>", "application/xml", 413, id="much more"),
        pytest.param(b"<a>" + b" " * (LARGEST_BYTES - 7) + b"</a>", "application/xml", 422, id="just 5 MiB"),
    ],
)
def test_what_is_no_notice_is_refused(send: Send, database: Database, content: bytes, kind: str, status: int):
    before = counted(database)
    answer = send(content, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert counted(database) == before


def test_a_compressed_body_is_refused(send: Send):
    assert send(own(CALL), headers={"Content-Encoding": "gzip"}).status_code == 415


def test_who_has_no_key_for_it_is_refused_before_the_notice_is_read(app_client: httpx.Client, database: Database):
    answer = app_client.post(NOTICES, content=b"<a/>", headers=XML)
    assert answer.status_code == 401
    for role in ("enterprise", "support_provider"):
        assert app_client.post(NOTICES, content=b"", headers=XML | key_for(database, role)).status_code == 403
    narrow = key_for(database, "buyer", scopes=["opportunities:write"])
    refused = app_client.post(NOTICES, content=b"", headers=XML | narrow)
    assert refused.status_code == 403
    assert "notices:write" in refused.json()["detail"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(own(CALL), id="the same"),
        pytest.param(own(CALL, (">01</cbc:VersionID>", ">02</cbc:VersionID>")), id="a newer version"),
        pytest.param(own(VOID), id="a void"),
        pytest.param(own(RESULT), id="a result"),
    ],
)
def test_what_another_organisation_keeps_is_not_touched(
    send: Send, app_client: httpx.Client, database: Database, content: bytes
):
    made = send(own(CALL))
    before = counted(database)
    stranger = key_for(database, "buyer", "another")
    answer = app_client.post(NOTICES, content=content, headers=XML | stranger)
    assert answer.status_code == 403
    assert {name: number for name, number in counted(database).items() if name != "api_key"} == {
        name: number for name, number in before.items() if name != "api_key"
    }
    assert app_client.get(made.headers["location"]).json()["rev"] == 1


def test_a_coordinator_imports_in_its_region_and_says_why_elsewhere(
    send: Send, app_client: httpx.Client, database: Database
):
    coordinator = XML | key_for(database, "coordinator")
    made = app_client.post(NOTICES, content=own(CALL), headers=coordinator)
    assert made.status_code == 201
    assert app_client.get(made.headers["location"]).json()["owner_id"] is None
    away = key_for(database, "coordinator", "elsewhere", region="SE-12")
    assert app_client.post(NOTICES, content=own(RESULT), headers=XML | away).status_code == 403
    assert app_client.post(NOTICES, content=own(RESULT), headers=coordinator).status_code == 200


def test_a_request_that_comes_again_is_answered_as_before(send: Send, database: Database):
    first = send(own(CALL), headers={"Idempotency-Key": "one"})
    before = counted(database)
    again = send(own(CALL), headers={"Idempotency-Key": "one"})
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert counted(database) == before
    assert send(own(RESULT), headers={"Idempotency-Key": "one"}).status_code == 422


@pytest.fixture
def writers_while_reading(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Give how many writers' places were taken each time that a notice was read."""
    taken: list[int] = []
    read = service.read_notice

    def watched(*arguments: Any, **options: Any) -> Any:
        taken.append(app.state.database.writers.borrowed_tokens)
        return read(*arguments, **options)

    monkeypatch.setattr(service, "read_notice", watched)
    return taken


def test_no_writer_waits_while_a_notice_is_read(writers_while_reading: list[int], send: Send):
    assert send(own(CALL)).status_code == 201
    assert writers_while_reading == [0]
