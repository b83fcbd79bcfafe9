"""Corrections of offers, on both databases: written down, told, decided once, and leading to what they lead to."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.clock import now
from app.core.db import Database
from app.core.errors import BadRequest, Conflict, Forbidden, InvalidContent, NotFound
from app.support_offers import corrections, service
from app.support_offers.schemas import CorrectionAccept, CorrectionIn, CorrectionRead, SupportOfferFilters
from app.support_offers.vocabulary import CorrectionState, LedTo, Status
from tests.factories import support_offer
from tests.keys import key_for
from tests.people import person_for

PROVIDER = Caller("a-person", "org-owner", Role.SUPPORT_PROVIDER, frozenset(Scope))
STRANGER = replace(PROVIDER, organization_id="org-stranger")
COORDINATOR = Caller("another", "org-coordinator", Role.COORDINATOR, frozenset(Scope), "SE-25", reason="granskat")
WRONG = CorrectionIn(field="contact_email", text="Adressen finns inte längre.", proposed="info@example.org")
API = "/api/v1/support-offers"


def made(database: Database, status: Status = Status.PUBLISHED, **said: Any) -> str:
    """Write an offer in a state, and return its id."""
    with database.writes() as session:
        return service.register(session, support_offer(**said), home="here", owner_id="org-owner", status=status).id


def proposed(database: Database, offer_id: str, data: CorrectionIn = WRONG) -> str:
    """Correct an offer as a visitor does, and return the correction's id."""
    with database.writes() as session:
        return corrections.propose(session, offer_id, data).id


def accepted(
    database: Database, offer_id: str, correction_id: str, led_to: LedTo, by: Caller = PROVIDER, note: str | None = None
) -> CorrectionRead:
    """Accept a correction in a transaction of its own."""
    data = CorrectionAccept(led_to=led_to, note=note)
    with database.writes() as session:
        return corrections.accept(session, offer_id, correction_id, data, by=by)


def test_an_accepted_correction_leads_to_what_it_says(database: Database):
    person_for(database, Role.SUPPORT_PROVIDER, "org-owner", email="keeper@example.org")
    one = made(database)
    first = accepted(database, one, proposed(database, one), LedTo.APPLIED)
    assert (first.state, first.led_to, first.led_to_rev) == (CorrectionState.ACCEPTED, LedTo.APPLIED, 2)
    with database.reads() as session:
        assert service.find(session, one).contact_email == "info@example.org"
        letters = session.execute(text('SELECT template, "values" FROM outbox_letter')).all()
    assert [letter.template for letter in letters] == ["support_offers/correction"]
    assert "info@example.org" in str(letters[0])
    changed = accepted(database, one, proposed(database, one, CorrectionIn(text="Allt är gammalt.")), LedTo.CHANGED)
    assert changed.led_to_rev == 2
    with pytest.raises(InvalidContent):
        accepted(database, one, proposed(database, one, CorrectionIn(text="Allt är gammalt.")), LedTo.APPLIED)
    with pytest.raises(InvalidContent):
        accepted(database, one, proposed(database, one), LedTo.ARCHIVED)
    gone = accepted(database, one, proposed(database, one), LedTo.ARCHIVED, note="Ges inte längre.")
    assert gone.led_to_rev == 3
    with database.reads() as session:
        read = service.find(session, one)
    assert (read.status, read.status_note) == (Status.ARCHIVED, "Ges inte längre.")
    with pytest.raises(Conflict, match="archived"):
        proposed(database, one)


def test_a_correction_is_decided_once(database: Database):
    one = made(database)
    correction = proposed(database, one)
    with database.writes() as session:
        rejected = corrections.reject(session, one, correction, "Adressen stämmer.", by=PROVIDER)
    assert (rejected.state, rejected.note, rejected.led_to) == (CorrectionState.REJECTED, "Adressen stämmer.", None)
    with pytest.raises(Conflict, match="it is rejected"):
        accepted(database, one, correction, LedTo.CHANGED)
    twice, both = proposed(database, one), Barrier(2)

    def decide(led_to: LedTo | None) -> object:
        both.wait()
        try:
            if led_to is not None:
                return accepted(database, one, twice, led_to).state
            with database.writes() as session:
                return corrections.reject(session, one, twice, "Nej.", by=PROVIDER).state
        except Conflict as fault:
            return type(fault)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(decide, [LedTo.CHANGED, None]))
    assert outcomes in ([CorrectionState.ACCEPTED, Conflict], [Conflict, CorrectionState.REJECTED])


def test_corrections_are_for_those_who_may_edit_and_are_forgotten(database: Database):
    one, draft = made(database), made(database, Status.DRAFT)
    correction = proposed(database, one)
    with pytest.raises(NotFound):
        proposed(database, draft)
    with pytest.raises(InvalidContent):
        proposed(database, one, CorrectionIn(text="Det ska stå annat.", proposed="Annat"))
    with database.reads() as session:
        for by in (PROVIDER, COORDINATOR):
            assert [each.id for each in corrections.of_offer(session, one, by=by)] == [correction]
        assert [each.id for each in corrections.waiting(session, by=COORDINATOR)] == [correction]
        assert corrections.waiting(session, by=replace(COORDINATOR, region="SE-22")) == []
        for stranger in (STRANGER, replace(COORDINATOR, region="SE-22")):
            with pytest.raises(Forbidden):
                corrections.of_offer(session, one, by=stranger)
        assert corrections.open_counts(session, [one, draft]) == {one: 1}
    with pytest.raises(Forbidden):
        accepted(database, one, correction, LedTo.CHANGED, STRANGER)
    with pytest.raises(BadRequest):
        accepted(database, one, correction, LedTo.CHANGED, replace(COORDINATOR, reason=None))
    with pytest.raises(NotFound):
        accepted(database, made(database), correction, LedTo.CHANGED)
    accepted(database, one, correction, LedTo.CHANGED, COORDINATOR)
    with database.writes() as session:
        assert service.forget_corrections(session, now() + timedelta(days=364)) == 0
        assert service.forget_corrections(session, now() + timedelta(days=366)) == 1


def test_a_visitor_corrects_over_http_and_personal_numbers_are_refused(app_client: httpx.Client, database: Database):
    one = made(database)
    where = f"{API}/{one}/corrections"
    sent = app_client.post(where, json={"text": "Adressen finns inte längre."})
    assert (sent.status_code, sent.json()["state"]) == (202, "open")
    secret = app_client.post(where, json={"text": "Ring 811228-9874 om detta."}, headers={"Accept-Language": "sv"})
    assert secret.status_code == 422
    assert "personnummer" in secret.text
    assert app_client.post(where, json={"field": "slug", "text": "Adressen är fel."}).status_code == 422
    key = key_for(database, Role.SUPPORT_PROVIDER, "org-owner")
    listed = app_client.get(where, headers=key).json()["items"]
    assert [each["text"] for each in listed] == ["Adressen finns inte längre."]
    decided = f"{where}/{listed[0]['id']}"
    assert app_client.post(f"{decided}/reject", json={"note": "Den stämmer."}, headers=key).status_code == 200
    assert app_client.post(f"{decided}/accept", json={"led_to": "changed"}, headers=key).status_code == 409
    statuses = [app_client.post(where, json={"text": "Adressen finns inte."}).status_code for _ in range(10)]
    assert statuses[-1] == 429


def test_what_is_hidden_is_nowhere_but_with_those_who_may_edit_it(app_client: httpx.Client, database: Database):
    one, seen = made(database), made(database)
    coordinator = key_for(database, Role.COORDINATOR, region="SE-25")
    keeper = key_for(database, Role.SUPPORT_PROVIDER, "org-owner")
    why = {"reason": "Det är reklam."}
    hidden = app_client.post(f"{API}/{one}/hide", params=why, headers=coordinator)
    assert hidden.status_code == 200, hidden.text
    assert app_client.post(f"{API}/{one}/hide", params=why, headers=coordinator).status_code == 409
    assert [each["id"] for each in app_client.get(API).json()["items"]] == [seen]
    assert app_client.get(f"{API}/facets").json()["total"] == 1
    for path in ("", "/history", "/quality"):
        assert app_client.get(f"{API}/{one}{path}").status_code == 404, path
    assert app_client.post(f"{API}/{one}/corrections", json={"text": "Det är fel."}).status_code == 404
    assert app_client.get(f"{API}/{one}", headers=keeper).json()["hidden_at"]
    with database.reads() as session:
        for sort in ("nearest", "name", "-updated_at"):
            found = service.search(session, SupportOfferFilters.model_validate({"sort": sort, "words": "råd"}))
            assert [each.id for each in found[0]] == [seen]
    objection = {"kind": "objection", "text": "Det är ingen reklam."}
    assert app_client.post(f"{API}/{one}/reports", json=objection, headers=keeper).status_code == 202
    undone = app_client.post(f"/api/v1/moderation-acts/{hidden.json()['id']}/undo", params=why, headers=coordinator)
    assert undone.status_code == 200
    assert app_client.get(f"{API}/{one}").status_code == 200
    draft = made(database, Status.DRAFT)
    assert app_client.post(f"{API}/{draft}/hide", params=why, headers=coordinator).status_code == 409
