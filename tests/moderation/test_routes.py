"""Moderation over HTTP: anybody reports, the coordinator's key decides, and hidden records are in no answer."""

import httpx
import pytest
from sqlalchemy import text as sql

from app.accounts.vocabulary import Scope
from app.core.db import Database
from app.enterprises import service as enterprises
from app.opportunities import service as opportunities
from tests.factories import enterprise, opportunity
from tests.keys import key_for
from tests.people import person_for

API = "/api/v1"
TOLD = {"kind": "outdated", "text": "Lades ned i våras."}
WHY = {"reason": "Finns inte längre"}
KEEPER, BUYER = "org-keeper", "org-buyer"


@pytest.fixture
def paths(database: Database) -> tuple[str, str]:
    """Write an enterprise and an opportunity, and return their addresses."""
    with database.writes() as session:
        one = enterprises.register(session, enterprise(), home="here", owner_id=KEEPER).id
        need = opportunities.publish(session, opportunity(), home="here", owner_id=BUYER).id
    return f"{API}/enterprises/{one}", f"{API}/opportunities/{need}"


def everything(client: httpx.Client, paths: tuple[str, str]) -> dict[str, str]:
    """Return every public answer that tells of records, by its address; known lists are asked until they are quick."""
    lists = [
        f"{API}/{name}{more}"
        for name in ("enterprises", "opportunities")
        for more in ("", "?words=exempel", "?words=exempelstad&limit=5", "?sort=title", "?sort=updated_at")
    ]
    lists += [f"{API}/enterprises/export?format={form}" for form in ("csv", "ndjson")]
    lists += [f"{API}/enterprises/facets", f"{paths[0]}/matches", f"{paths[1]}/matches"]
    lists += ["/sv/enterprises", "/sv/opportunities", "/sv/?q=städning"]
    preview = {"title": "Städning av skolor", "lots": [{"cpv_main": "90910000"}]}
    found = {path: [client.get(path).text for _ in range(3)][-1] for path in lists}
    return found | {"preview": client.post(f"{API}/matches/preview", json=preview).text}


def test_what_is_hidden_is_in_no_answer_and_comes_back_in_all(
    app_client: httpx.Client, database: Database, paths: tuple[str, str]
):
    key = key_for(database, "coordinator")
    before = everything(app_client, paths)
    ids = [path.rpartition("/")[2] for path in paths]
    assert {path for path, text in before.items() if any(one in text for one in ids)} >= {
        f"{API}/enterprises",
        f"{API}/opportunities",
        f"{paths[0]}/matches",
        f"{API}/enterprises/export?format=ndjson",
        "/sv/?q=städning",
        "preview",
    }
    acts = [app_client.post(f"{path}/hide", params=WHY, headers=key) for path in paths]
    assert [act.status_code for act in acts] == [200, 200]
    for path, text in everything(app_client, paths).items():
        assert not [one for one in ids if one in text.replace(path, "")] or '"status":404' in text.replace(" ", ""), (
            path
        )
    for path in paths:
        for below in ("", "/history", "/matches"):
            assert app_client.get(path + below).status_code == 404, below
        assert app_client.post(f"{path}/reports", json=TOLD).status_code == 404
        assert app_client.post(f"{path}/hide", params=WHY, headers=key).status_code == 409
    for act in reversed(acts):
        undo = f"{API}/moderation-acts/{act.json()['id']}/undo"
        assert app_client.post(undo, params=WHY, headers=key).status_code == 200
        assert app_client.post(undo, params=WHY, headers=key).status_code == 409
    after = everything(app_client, paths)
    # What changed is when, and how often.
    assert {path for path in before if before[path].count(ids[0]) != after[path].count(ids[0])} == set()
    assert {path for path in before if before[path].count(ids[1]) != after[path].count(ids[1])} == set()
    assert before["preview"] == after["preview"]
    assert before[f"{paths[0]}/matches"] == after[f"{paths[0]}/matches"]
    assert before[f"{API}/enterprises/facets"] == after[f"{API}/enterprises/facets"]


def test_the_keeper_reads_what_is_hidden_with_its_key(
    app_client: httpx.Client, database: Database, paths: tuple[str, str]
):
    for path, role, owner in zip(paths, ("enterprise", "buyer"), (KEEPER, BUYER), strict=True):
        app_client.post(f"{path}/hide", params=WHY, headers=key_for(database, "coordinator"))
        key = key_for(database, role, owner)
        assert app_client.get(path, headers=key).json()["hidden_at"]
        objection = app_client.post(
            f"{path}/reports", json={"kind": "objection", "text": "Vi finns kvar."}, headers=key
        )
        assert objection.status_code == 202
        assert app_client.get(path, headers=key_for(database, role, "org-other")).status_code == 404


def test_a_report_is_read_and_dismissed_with_a_key(
    app_client: httpx.Client, database: Database, paths: tuple[str, str]
):
    made = app_client.post(f"{paths[0]}/reports", json=TOLD)
    assert (made.status_code, made.json()["state"]) == (202, "open")
    key = key_for(database, "coordinator")
    waiting = app_client.get(f"{API}/reports", headers=key).json()
    assert [one["id"] for one in waiting["items"]] == [made.json()["id"]]
    assert (
        app_client.get(f"{API}/reports", headers=key_for(database, "coordinator", region="SE-25")).json()["total"] == 0
    )
    done = app_client.post(f"{API}/reports/{made.json()['id']}/dismiss", params=WHY, headers=key)
    assert (done.status_code, done.json()["verb"]) == (200, "dismiss")
    assert app_client.get(f"{API}/reports", headers=key).json()["total"] == 0
    assert app_client.get(f"{API}/moderation-acts?own=true", headers=key).json()["total"] == 1
    narrow = key_for(database, "coordinator", scopes=[Scope.ENTERPRISES_READ])
    assert app_client.get(f"{API}/moderation-acts", headers=narrow).status_code == 403


def test_reports_are_counted_by_where_they_come_from(
    app_client: httpx.Client, database: Database, paths: tuple[str, str]
):
    answers = [app_client.post(f"{paths[n % 2]}/reports", json=TOLD) for n in range(11)]
    assert [answer.status_code for answer in answers] == [202] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_a_keeper_is_reminded_by_key_once_a_month(app_client: httpx.Client, database: Database, paths: tuple[str, str]):
    remind, key = f"{paths[0]}/remind", key_for(database, "coordinator")
    unkept = app_client.post(remind, headers=key | {"Accept-Language": "en"})
    assert (unkept.status_code, "nobody to write to" in unkept.json()["detail"]) == (409, True)
    person_for(database, "enterprise", KEEPER)
    asked = app_client.post(remind, headers=key | {"Idempotency-Key": "one"})
    assert (asked.status_code, asked.json()["verb"], asked.json()["can_be_undone"]) == (200, "remind", False)
    # The same request again is answered as before; another is one letter too many.
    assert app_client.post(remind, headers=key | {"Idempotency-Key": "one"}).json() == asked.json()
    assert app_client.post(remind, headers=key).status_code == 409
    elsewhere = key_for(database, "coordinator", "org-elsewhere", region="SE-23")
    assert app_client.post(remind, headers=elsewhere).status_code == 403
    with database.reads() as session:
        letters = session.execute(sql("SELECT template FROM outbox_letter")).scalars().all()
    assert letters == ["moderation/reconfirm"]
