"""The coordinator's desk and the reports that come to it, over HTTP: with and without JavaScript, in each language."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.clock import now
from app.core.db import Database
from app.enterprises import service as enterprises
from app.moderation import service as moderation
from app.moderation.schemas import ActFilters, ReportFilters, ReportIn
from app.moderation.vocabulary import ReportKind, ReportState, Subject, Verb
from app.opportunities import service as opportunities
from tests.factories import enterprise, opportunity
from tests.mail.letters import a_letter, queued
from tests.people import person_for, send, signed_in, token_in

KEEPER = "org-keeper"
COORDINATOR = Caller("c", "org-coordinator", Role.COORDINATOR, frozenset(Scope), region="SE-22")
WHY = "Finns inte längre"
LANGUAGES = ("sv", "nb", "en")
HTMX = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def one(database: Database) -> str:
    """Write an enterprise that somebody keeps, and return its id."""
    with database.writes() as session:
        return enterprises.register(session, enterprise(), home="here", owner_id=KEEPER).id


@pytest.fixture
def waiting(database: Database, one: str) -> str:
    """Report the enterprise, and return the report's id."""
    data = ReportIn(kind=ReportKind.OUTDATED, text="Lades ned i våras.")
    with database.writes() as session:
        return moderation.report(session, Subject.ENTERPRISE, one, data).id


def posted(client: httpx.Client, path: str, page: str = "/sv/account", **fields: str) -> httpx.Response:
    """Send a form as htmx does."""
    token = token_in(client.get(page).text)
    return client.post(path, data={"_token": token, **fields}, headers=HTMX)


def states(database: Database) -> list[ReportState]:
    """Return the states of all reports."""
    with database.reads() as session:
        return [
            one.state
            for state in ReportState
            for one in moderation.reports(session, ReportFilters(state=state), by=COORDINATOR)[0]
        ]


def acts(database: Database) -> list[Verb]:
    """Return what was done, in order of the verbs."""
    with database.reads() as session:
        return sorted(one.verb for one in moderation.acts(session, ActFilters(), by=COORDINATOR)[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_anybody_reports_and_nothing_is_kept_of_who(
    database: Database, app_client: httpx.Client, one: str, language: str
):
    page = f"/{language}/enterprises/{one}/report"
    assert f'href="{page}"' in app_client.get(f"/{language}/enterprises/{one}").text
    answer = send(app_client, page, {"kind": "outdated", "text": "Lades ned i våras."})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}?sent=1")
    assert 'role="status"' in app_client.get(answer.headers["location"]).text
    with database.reads() as session:
        (kept,), _ = moderation.reports(session, ReportFilters(), by=COORDINATOR)
    assert (kept.subject_id, kept.kind, kept.text) == (one, ReportKind.OUTDATED, "Lades ned i våras.")


def test_an_opportunity_is_reported_too_and_a_draft_is_not(database: Database, app_client: httpx.Client):
    with database.writes() as session:
        shown = opportunities.publish(session, opportunity(), home="here").id
        draft = opportunities.publish(session, opportunity(status="draft"), home="here").id
    sent = {"kind": "wrong", "text": "Länken leder fel."}
    assert send(app_client, f"/sv/opportunities/{shown}/report", sent).status_code == 303
    assert app_client.get(f"/sv/opportunities/{draft}/report").status_code == 404
    assert states(database) == [ReportState.OPEN]


def test_what_is_wrong_with_a_report_is_told_at_its_fields(database: Database, app_client: httpx.Client, one: str):
    page = f"/sv/enterprises/{one}/report"
    answer = send(app_client, page, {"text": "Fråga 811218-9876 om hur det gick."})
    assert answer.status_code == 422
    assert answer.text.count('<p class="ds-validation-message">') == 2
    assert "Fråga 811218-9876" in answer.text
    assert "<title>Fel:" in answer.text
    assert states(database) == []


def test_reports_from_one_address_are_counted(database: Database, app_client: httpx.Client, one: str):
    sent = {"kind": "outdated", "text": "Lades ned i våras."}
    answers = [send(app_client, f"/sv/enterprises/{one}/report", sent) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [303] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert len(states(database)) == 10


def test_htmx_gets_the_form_alone(app_client: httpx.Client, one: str):
    fragment = app_client.get(f"/sv/enterprises/{one}/report", headers=HTMX).text
    assert "<html" not in fragment
    assert "<form" in fragment
    assert "autofocus" in fragment


@pytest.mark.parametrize("role", ["enterprise", "buyer", ""])
def test_the_desk_is_for_coordinators(database: Database, app_client: httpx.Client, one: str, role: str):
    if role:
        signed_in(app_client, database, role)
    expected = 403 if role else 303
    for path in ("/sv/coordination", f"/sv/coordination/enterprises/{one}/hide"):
        assert app_client.get(path).status_code == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_desk_where_nothing_waits_says_what_to_do(database: Database, app_client: httpx.Client, language: str):
    signed_in(app_client, database, "coordinator")
    page = app_client.get(f"/{language}/coordination").text
    told = {"sv": "Inget väntar", "nb": "Ingenting venter", "en": "Nothing waits"}
    assert told[language] in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_javascript_a_report_is_decided_and_taken_back(
    database: Database, app_client: httpx.Client, one: str, waiting: str, language: str
):
    signed_in(app_client, database, "coordinator")
    desk = f"/{language}/coordination"
    page = app_client.get(desk).text
    assert "Lades ned i våras." in page
    # Reports, claims, records to confirm and outcomes: numbers beside each other, in no order.
    assert re.findall(r'<dd class="v">(\d+)</dd>', page) == ["1", "0", "1", "0", "0"]
    assert 'class="steps"' not in page
    answer = send(app_client, desk, {"do": "hide", "reason": WHY}, f"{desk}/reports/{waiting}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{desk}?done=")
    after = app_client.get(answer.headers["location"]).text
    assert WHY in after
    assert app_client.get(f"/{language}/enterprises").text.count(one) == 0
    (undo,) = re.findall(r'action="(\S+/undo)"', after)
    assert send(app_client, desk, {}, undo).status_code == 303
    assert states(database) == [ReportState.OPEN]
    assert one in app_client.get(f"/{language}/enterprises").text


def test_with_htmx_the_row_becomes_what_was_done(database: Database, app_client: httpx.Client, waiting: str):
    signed_in(app_client, database, "coordinator")
    answer = posted(app_client, f"/sv/coordination/reports/{waiting}", do="dismiss", reason="Stämmer inte")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert f'<li id="r-{waiting}"' in answer.text
    assert "autofocus" in answer.text
    assert '<div id="told" hx-swap-oob="innerHTML">' in answer.text
    assert acts(database) == [Verb.DISMISS]


@pytest.mark.parametrize("reason", ["", "ab", "Ring 811218-9876 och fråga", "x" * 301])
def test_a_reason_is_asked_for_and_nothing_is_done_without(
    database: Database, app_client: httpx.Client, waiting: str, reason: str
):
    signed_in(app_client, database, "coordinator")
    path = f"/sv/coordination/reports/{waiting}"
    for answer in (
        posted(app_client, path, do="hide", reason=reason),
        send(app_client, "/sv/coordination", {"do": "hide", "reason": reason}, path),
    ):
        assert answer.status_code == 422
        assert "Skriv varför" in answer.text
    assert (states(database), acts(database)) == ([ReportState.OPEN], [])


def test_whoever_comes_second_is_told_and_nothing_is_written(
    database: Database, app_client: httpx.Client, waiting: str
):
    signed_in(app_client, database, "coordinator")
    path = f"/sv/coordination/reports/{waiting}"
    assert posted(app_client, path, do="dismiss", reason=WHY).status_code == 200
    plain = send(app_client, "/sv/account", {"do": "dismiss", "reason": WHY}, path)
    assert plain.status_code == 409
    assert "redan avgjort" in plain.text
    assert posted(app_client, path, do="dismiss", reason=WHY).status_code == 422
    assert acts(database) == [Verb.DISMISS]


def test_a_report_of_another_region_is_not_there(database: Database, app_client: httpx.Client, waiting: str):
    signed_in(app_client, database, "coordinator", region="SE-25")
    assert "Lades ned" not in app_client.get("/sv/coordination").text
    answer = posted(app_client, f"/sv/coordination/reports/{waiting}", do="hide", reason=WHY)
    assert answer.status_code == 404
    assert acts(database) == []


def test_an_administrator_sees_all_regions_and_chooses_one(database: Database, app_client: httpx.Client, waiting: str):
    signed_in(app_client, database, "admin")
    assert "Lades ned" in app_client.get("/sv/coordination").text
    assert "Lades ned" in app_client.get("/sv/coordination?area=SE-22").text
    assert "Lades ned" not in app_client.get("/sv/coordination?area=SE-25").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_keeper_sees_a_hidden_page_why_it_is_and_objects(
    database: Database, app_client: httpx.Client, one: str, language: str
):
    signed_in(app_client, database, "coordinator")
    form = f"/{language}/coordination/enterprises/{one}/hide"
    assert send(app_client, form, {"reason": ""}).status_code == 422
    assert send(app_client, form, {"reason": WHY}).status_code == 303
    assert send(app_client, form, {"reason": WHY}).status_code == 409
    app_client.cookies.clear()
    page = f"/{language}/enterprises/{one}"
    assert app_client.get(page).status_code == 404
    assert app_client.get(f"{page}/report").status_code == 404
    signed_in(app_client, database, "enterprise", KEEPER)
    assert WHY in app_client.get(page).text
    sent = {"kind": "objection", "text": "Vi finns kvar, på ny adress."}
    assert send(app_client, f"{page}/report", sent).status_code == 303
    assert states(database) == [ReportState.OPEN]


def test_a_coordinator_shows_a_record_again_from_its_page(database: Database, app_client: httpx.Client, one: str):
    signed_in(app_client, database, "coordinator")
    page = f"/sv/coordination/enterprises/{one}"
    assert f'href="{page}/hide"' in app_client.get(f"/sv/enterprises/{one}").text
    send(app_client, f"{page}/hide", {"reason": WHY})
    assert f'href="{page}/restore"' in app_client.get(f"/sv/enterprises/{one}").text
    assert send(app_client, f"{page}/restore", {"reason": "Rättad av er"}).status_code == 303
    app_client.cookies.clear()
    assert app_client.get(f"/sv/enterprises/{one}").status_code == 200


def test_a_keeper_is_reminded_from_the_desk_once(database: Database, app_client: httpx.Client, one: str):
    person_for(database, "enterprise", KEEPER)
    signed_in(app_client, database, "coordinator")
    path = f"/sv/coordination/enterprises/{one}/remind"
    assert posted(app_client, path).status_code == 200
    again = send(app_client, "/sv/account", {}, path)
    assert again.status_code == 409
    assert "30 dagarna" in again.text
    assert acts(database) == [Verb.REMIND]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_worker_that_is_silent_while_letters_wait_is_told_on_top(
    database: Database, app_client: httpx.Client, language: str
):
    told = {"sv": "Brev skickas inte: 1 väntar", "nb": "Brev blir ikke sendt: 1 venter", "en": "1 wait"}[language]
    signed_in(app_client, database, "coordinator")
    queued(database, a_letter())
    desk = f"/{language}/coordination"
    assert told not in app_client.get(desk).text
    with database.writes() as session:
        session.execute(text("UPDATE outbox_letter SET queued_at = :then"), {"then": now() - timedelta(minutes=11)})
    assert told in app_client.get(desk).text
