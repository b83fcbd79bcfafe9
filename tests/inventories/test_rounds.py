"""A round from its draft to its archive: who may, in which order, by links that act on a POST, and what is told."""

import csv
import io
from datetime import timedelta
from threading import Barrier, Thread

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from app.core.clock import now, today
from app.core.db import Database
from app.core.errors import BadRequest, Conflict, Forbidden, InvalidContent, NotFound, PreconditionFailed
from app.core.preconditions import Precondition
from app.inventories import service
from app.inventories.rules import token_of
from app.inventories.schemas import InventoryCreate, InventoryFilters, InventoryPatch
from app.inventories.tables import InventoryAnswer, InventoryInvitation, NeedsInventory
from app.inventories.vocabulary import ExportForm, LinkState, Verb, Withheld
from app.organizations import service as organizations
from tests.engines import mostly_sqlite
from tests.inventories.ground import (
    ADMIN,
    COORDINATOR,
    ELSEWHERE,
    answered,
    asked,
    drafted,
    give,
    imported,
    invite,
    opened,
    plan,
    step,
)
from tests.keys import key_for
from tests.organizations.test_service import organization
from tests.people import person_for
from tests.responses.ground import NODE_SECRET, letters

COUNTIES = ["SE-22"] * 12 + ["SE-23"] * 12 + ["SE-24"] * 3
# In each of two counties six need advice; in the third one does.
LEVELS = [3] * 6 + [0] * 6 + [2] * 6 + [1] * 6 + [3, 0, 0]


def test_a_round_from_draft_to_archive(database: Database):
    one = drafted(database, area_code="SE")
    with database.reads() as session, pytest.raises(NotFound):
        service.find(session, one.id)
    assert [q.key for q in one.questions][-3:] == ["asf_school", "q1", "q2"]
    assert len(one.questions) == 12, "the eleventh code of the list is for other records"
    one = step(database, one.id, Verb.OPEN)
    with database.writes() as session, pytest.raises(Conflict, match="cannot take change"):
        service.change(session, one.id, InventoryPatch(name="Andra frågor"), match=Precondition(None), by=ADMIN)
    tokens = asked(database, one.id, COUNTIES)
    for token, level in zip(tokens, LEVELS, strict=True):
        give(
            database,
            token,
            levels={"advice": level, "board": 0},
            choices={"q1": "På plats"},
            texts={"advice": "Om lån."},
        )
    give(database, tokens[-1], levels={"advice": 2}, texts={})
    with database.reads() as session, pytest.raises(Conflict, match="nothing is published"):
        service.results(session, one.id, ADMIN)
    assert rate(database, one.id) == (27, 27, 100)
    step(database, one.id, Verb.CLOSE)
    with database.reads() as session:
        found = service.results(session, one.id)
        assert (found.answered, found.withheld) == (27, None)
        rows = {row.area: row.answered for row in found.rows}
        assert rows == {}, "two counties are as small as each other, and all that is left stands with the third"
        told = {question.key: question for question in found.questions}
        advice = {cell.value: cell.count for cell in told["advice"].cells}
        assert told["advice"].needing == 14
        assert advice == {"0": 7, "1": 6, "2": 7, "3": 7, "none": 0}
        assert "q2" not in told, "a text is no number"
        (only,) = service.comments(session, one.id, by=ADMIN).items
        assert (only.key, set(only.comments), len(only.comments)) == ("advice", {"Om lån."}, 26)
        assert {row.invitation_id for row in session.execute(select(InventoryAnswer)).scalars()} == {None}
    step(database, one.id, Verb.ARCHIVE)
    with database.reads() as session:
        assert service.results(session, one.id).answered == 27
        assert service.comments(session, one.id, by=ADMIN).items == []
        assert session.execute(select(InventoryAnswer)).first() is None
        assert set(session.execute(select(InventoryInvitation.address)).scalars()) == {None}
    for verb in (Verb.OPEN, Verb.CLOSE, Verb.ARCHIVE):
        with pytest.raises(Conflict, match="The round is archived"):
            step(database, one.id, verb)


def rate(database: Database, inventory_id: str) -> tuple[int, int | None, int | None]:
    """Return the response rate of a round."""
    with database.reads() as session:
        found = service.response_rate(session, inventory_id, by=ADMIN)
    return found.invited, found.answered, found.percent


@mostly_sqlite
def test_what_is_shown_by_area_is_in_no_file_otherwise(database: Database):
    counties = ["SE-22"] * 14 + ["SE-23"] * 12 + ["SE-24"] * 11 + ["SE-25"] * 3
    levels = [3] * 7 + [0] * 7 + [2] * 6 + [1] * 6 + [0] * 11 + [3, 0, 0]
    closed = imported(database, counties, levels, area_code="SE")
    with database.reads() as session:
        found = service.results(session, closed)
        assert [(row.area, row.answered) for row in found.rows] == [("SE-22", 14), ("SE-23", 12), (None, 14)]
        advice = found.questions[0]
        assert (advice.key, advice.needing) == ("advice", 14)
        # Of the rest one needs it: their row is hidden, and with it those that it could be told from.
        assert [(row.area, row.needing) for row in advice.rows] == [("SE-22", None), ("SE-23", None), (None, None)]
        summed = service.aggregate_by(session, categories=["advice", "board"])
        assert [(one.category, one.area, one.needing, one.answered) for one in summed] == [
            ("advice", "SE", 14, 40),
            ("advice", "SE-22", None, 14),
            ("advice", "SE-23", None, 12),
            ("board", "SE", 0, 40),
            ("board", "SE-22", None, 14),
            ("board", "SE-23", None, 12),
        ]
        assert service.aggregate_by(session, country="NO") == []
    as_csv = service.results_file(found, ExportForm.CSV, "sv").decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(as_csv), delimiter=";"))
    assert ["advice", "Rådgivning", "Behöver det (2 eller 3)", "14"] in table
    assert ["advice", "Rådgivning", "dolt", "dolt", "dolt"] in table
    book = load_workbook(io.BytesIO(service.results_file(found, ExportForm.XLSX, "nb")))
    assert book.sheetnames == ["Spørsmål", "Per område"]
    sheet = [list(row) for row in book["Spørsmål"].iter_rows(values_only=True)]
    assert ["advice", "Rådgivning", "Trenger det (2 eller 3)", 14] in sheet
    assert ["advice", "Rådgivning", "skjult", "skjult", "skjult"] in [
        list(row) for row in book["Per område"].iter_rows(values_only=True)
    ]


@mostly_sqlite
def test_too_few_or_nearly_the_same_answers_are_not_published(database: Database):
    few = answered(database, ["SE-2281"] * 4, [3] * 4)
    first = answered(database, ["SE-2281"] * 8, [3] * 8)
    second = answered(database, ["SE-2281"] * 9, [3] * 9)
    others = answered(database, ["SE-2281"] * 9, [3] * 9, "annan")
    with database.reads() as session:
        told = {one: service.results(session, one) for one in (few, first, second, others)}
    assert [one.withheld for one in told.values()] == [Withheld.FEW, None, Withheld.ALIKE, None]
    assert [one.answered for one in told.values()] == [None, 8, None, 9]
    assert [len(one.questions) for one in told.values()] == [0, 11, 0, 11]
    assert told[first].questions[0].needing == 8, "all of them is no small number"


@mostly_sqlite
def test_rounds_side_by_side_show_what_both_publish(database: Database):
    areas = ["SE-22"] * 20 + ["SE-23"] * 22
    before = imported(database, areas, ([3] * 10 + [0] * 10) + ([3] * 11 + [0] * 11), area_code="SE")
    after = imported(database, areas, ([3] * 5 + [0] * 15) + ([3] * 11 + [0] * 11), area_code="SE")
    small = imported(database, areas, ([3] * 2 + [0] * 18) + ([3] * 1 + [0] * 21), area_code="SE")
    with database.reads() as session:
        found = service.compare(session, [before, after])
        advice = found.questions[0]
        assert [(row.area, row.needing) for row in advice.rows] == [
            (None, [21, 16]),
            ("SE-22", [10, 5]),
            ("SE-23", [11, 11]),
        ]
        hidden = service.compare(session, [before, small]).questions[0]
        assert {number for row in hidden.rows for number in row.needing} == {None}
        newest = [one.id for one in service.compare(session).rounds]
        assert len(newest) == 2
        assert set(newest) < {before, after, small}
        for wrong in ([before, "nowhere"], [before, before]):
            with pytest.raises(BadRequest):
                service.compare(session, wrong)
    table = service.comparison_file(found, ExportForm.CSV, "en").decode("utf-8-sig")
    assert "Advice;All areas;21;16\r\n" in table


@mostly_sqlite
def test_who_holds_rounds_and_where(database: Database):
    one = drafted(database)
    with database.writes() as session, pytest.raises(Forbidden):
        service.create(session, InventoryCreate.model_validate(plan()), home="here", by=ELSEWHERE)
    with pytest.raises(NotFound):
        step(database, one.id, Verb.OPEN, ELSEWHERE)
    assert step(database, one.id, Verb.OPEN, COORDINATOR).opened_at
    with database.reads() as session:
        assert service.search(session, InventoryFilters(), ELSEWHERE) == ([], 0)
        assert service.search(session, InventoryFilters(), COORDINATOR)[1] == 1
        with pytest.raises(NotFound):
            service.response_rate(session, one.id, by=ELSEWHERE)
    step(database, one.id, Verb.CLOSE)
    with pytest.raises(Forbidden):
        step(database, one.id, Verb.ARCHIVE, ELSEWHERE)
    with database.reads() as session, pytest.raises(NotFound):
        service.comments(session, one.id, by=ELSEWHERE)
    draft = drafted(database)
    with database.writes() as session, pytest.raises(PreconditionFailed):
        service.change(session, draft.id, InventoryPatch(name="Nytt"), match=Precondition(frozenset({"7"})), by=ADMIN)
    with database.writes() as session:
        assert (
            service.change(session, draft.id, InventoryPatch(name="Nytt"), match=Precondition(None), by=ADMIN).rev == 2
        )
    with database.writes() as session:
        service.remove(session, draft.id, match=Precondition(None), by=ADMIN)
    with database.reads() as session, pytest.raises(NotFound):
        service.find(session, draft.id, ADMIN)


def test_of_two_who_close_at_once_one_does(database: Database):
    one = opened(database)
    meeting, refused = Barrier(2), []

    def close() -> None:
        meeting.wait()
        try:
            step(database, one.id, Verb.CLOSE)
        except Conflict as fault:
            refused.append(fault.detail)

    threads = [Thread(target=close) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert "The round is closed" in refused[0]


def test_letters_go_to_people_or_functions_and_are_followed_by_two_reminders(database: Database):
    person_for(database, "enterprise", email="anna@example.org", language="nb")
    with database.writes() as session:
        for name, own in (("Exempel Kök", "org-enterprise"), ("Exempel Tyst", "org-silent")):
            organizations.register(session, organization(name=name, area_code="SE-2281"), home="here", record_id=own)
    made = opened(database, closes_on=(today() + timedelta(days=30)).isoformat())
    done = invite(
        database,
        made.id,
        {"organization_id": "org-enterprise"},
        {"organization_id": "org-silent"},
        {"name": "Exempel Sy", "email": "info@example.invalid", "language": "en"},
        {"name": "Exempel Sy", "email": "INFO@example.invalid"},
    )
    assert ([one.name for one in done.invited], done.already) == (["Exempel Kök", "Exempel Sy"], ["Exempel Sy"])
    assert done.no_address == ["Exempel Tyst"]
    assert [one.area_code for one in done.invited] == ["SE-2281", None]
    sent = letters(database, "inventories/invitation")
    assert {one["to"] for one in sent} == {"anna@example.org", "info@example.invalid"}
    with pytest.raises(InvalidContent) as refused:
        invite(database, made.id, {"organization_id": "nowhere"})
    assert [fault.pointer for fault in refused.value.faults] == ["/invitees/0/organization_id"]
    give(database, token_of(NODE_SECRET, done.invited[1].id), levels={"advice": 2})
    assert [reminded(database, days) for days in (6, 7, 8, 14, 21, 29)] == [0, 1, 0, 1, 0, 0]
    told = letters(database, "inventories/reminder")
    assert [one["to"] for one in told] == ["anna@example.org"] * 2
    assert {one["token"] for one in told} < {one["token"] for one in sent}, "the same link as before"


def reminded(database: Database, days: int) -> int:
    """Let the worker remind so many days from now, and return how many it did."""
    with database.writes() as session:
        return service.remind(session, now() + timedelta(days=days), secret=NODE_SECRET)


@mostly_sqlite
def test_what_a_round_does_not_ask_is_refused_and_a_number_of_a_person_too(database: Database):
    made = opened(database)
    (token,) = asked(database, made.id, ["SE-2281"])
    for said, pointers in (
        ({"levels": {"other": 1, "q1": 1}}, ["/levels/other", "/levels/q1"]),
        ({"choices": {"q1": "På båt", "advice": "På plats"}}, ["/choices/advice", "/choices/q1"]),
        ({"texts": {"x/y": "Hej"}}, ["/texts/x~1y"]),
    ):
        with pytest.raises(InvalidContent) as refused:
            give(database, token, **said)
        assert [fault.pointer for fault in refused.value.faults] == pointers
    with pytest.raises(ValueError, match="personal identity number"):
        give(database, token, texts={"advice": "Ring 811218-9876 om det"})


def test_a_link_over_http_acts_on_post_only(app_client: httpx.Client, database: Database):
    made = opened(database)
    (token,) = asked(database, made.id, ["SE-2281"])
    where = f"/api/v1/needs-inventories/replies/{token}"
    for _ in range(2):
        looked = app_client.get(where)
        assert (looked.status_code, looked.json()["state"], looked.json()["answer"]) == (200, "open", None)
        assert "no-store" in looked.headers["cache-control"]
        app_client.head(where)
    key = key_for(database, "admin")
    assert app_client.get(f"/api/v1/needs-inventories/{made.id}/response-rate", headers=key).json() == {
        "invited": 1,
        "answered": None,
        "percent": None,
    }
    first = app_client.post(where, json={"levels": {"advice": 3}, "texts": {"advice": "Om lån."}})
    assert (first.status_code, first.json()["answer"]["levels"]) == (200, {"advice": 3})
    again = app_client.post(where, json={"levels": {"board": 1}})
    assert again.json()["answer"] == {"levels": {"board": 1}, "choices": {}, "texts": {}}
    wrong = app_client.post(where, json={"texts": {"board": "Fråga 811218-9876"}})
    assert (wrong.status_code, [one["pointer"] for one in wrong.json()["errors"]]) == (422, ["/texts/board"])
    assert app_client.get("/api/v1/needs-inventories/replies/" + "x" * 43).status_code == 404
    assert app_client.post("/api/v1/needs-inventories/replies/" + "x" * 43, json={}).status_code == 404
    with database.writes() as session:
        (invitation,) = service.invitations(session, made.id, by=ADMIN).items
        service.withdraw(session, made.id, invitation.id, by=ADMIN)
    assert app_client.get(where).json()["state"] == "withdrawn"
    assert app_client.post(where, json={}).status_code == 409
    step(database, made.id, Verb.CLOSE)
    assert app_client.post(where, json={}).status_code == 409
    public = app_client.get(f"/api/v1/needs-inventories/{made.id}/results")
    assert (public.json()["withheld"], public.json()["questions"]) == ("few", [])


@mostly_sqlite
def test_a_link_opens_nothing_after_the_last_day_and_the_round_closes_by_itself(database: Database):
    made = opened(database)
    (token,) = asked(database, made.id, ["SE-2281"])
    with database.writes() as session:
        session.execute(update(NeedsInventory).values(closes_on=today() - timedelta(days=1)))
    with database.reads() as session:
        assert service.read_survey(session, token, secret=NODE_SECRET).state is LinkState.CLOSED
    with pytest.raises(Conflict, match="round is closed"):
        give(database, token, levels={"advice": 1})
    with database.writes() as session:
        assert service.close_overdue(session, now()) == 1
        assert service.close_overdue(session, now()) == 0
    assert letters(database, "inventories/reminder") == []
