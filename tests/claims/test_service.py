"""Claims: verified once by the region's coordinator, with a reason; and never a word to whoever asks."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from app.accounts import invitations, people
from app.accounts.vocabulary import Caller, Role, Scope
from app.claims import service
from app.claims.schemas import ClaimFilters, ClaimIn
from app.core.clock import now
from app.core.db import Database
from app.core.errors import BadRequest, Conflict, NotFound
from app.enterprises import service as enterprises
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from tests.factories import enterprise
from tests.keys import SECRET, key_for
from tests.people import person_for

KEY = SECRET.encode()
CLAIM = {"email": "vi@example.org", "function": "Verksamhetsledare", "evidence": "Ring växeln på webbplatsen."}
COORDINATOR = Caller("who-decides", "org-coordinator", Role.COORDINATOR, frozenset(Scope), "SE-22", "växeln svarade ja")


def registered(database: Database, owner_id: str | None = None, **told: object) -> str:
    """Register an enterprise in Sundsvall, and return its id."""
    with database.writes() as session:
        return enterprises.register(session, enterprise(**told), home="here", owner_id=owner_id).id


def claimed(database: Database, enterprise_id: str, **told: object) -> str:
    """Claim an enterprise, and return the claim's id."""
    with database.writes() as session:
        service.submit(session, enterprise_id, ClaimIn.model_validate({**CLAIM, **told}))
    with database.reads() as session:
        return session.execute(text("SELECT id FROM enterprise_claim ORDER BY created_at DESC")).scalars().all()[0]


def one(database: Database, question: str) -> object:
    """Return the one value that a question of the database finds."""
    with database.reads() as session:
        return session.execute(text(question)).scalar_one()


def test_a_verified_claim_gives_the_record_to_its_people(database: Database):
    person_for(database, "coordinator", email="sam@example.org")
    enterprise_id = registered(database, organisation_number="5566778899")
    claim_id = claimed(database, enterprise_id)
    assert one(database, "SELECT address FROM outbox_letter") == "sam@example.org"
    with database.writes() as session:
        decided = service.verify(session, claim_id, secret=KEY, by=COORDINATOR)
        assert (decided.state, decided.reason) == ("verified", "växeln svarade ja")
        waiting = invitations.waiting(session, decided.organization_id or "")
    assert [(who.email, who.role, who.manages) for who in waiting] == [("vi@example.org", "enterprise", True)]
    with database.writes() as session:
        found = enterprises.find(session, enterprise_id)
        assert found.owner_id == decided.organization_id
        assert organizations.find(session, decided.organization_id or "").kind == "enterprise"
        keeper = Caller("a-person", decided.organization_id or "", Role.ENTERPRISE, frozenset(Scope))
        assert enterprises.confirm(session, enterprise_id, by=keeper).confirmed_on
    assert one(database, "SELECT count(*) FROM outbox_letter WHERE template = 'accounts/invitation'") == 1


def test_an_organisation_with_the_number_is_linked(database: Database):
    told = {"name": "Exempel AB", "country": "SE", "kind": "cooperative", "source": "exempel"}
    with database.writes() as session:
        data = OrganizationCreate.model_validate({**told, "organisation_number": "5566778899"})
        known = organizations.register(session, data, home="here").id
    claim_id = claimed(database, registered(database, organisation_number="5566778899"))
    with database.writes() as session:
        assert service.verify(session, claim_id, secret=KEY, by=COORDINATOR).organization_id == known


def test_a_claim_to_a_record_that_is_kept_leads_to_its_keeper(database: Database):
    claim_id = claimed(database, registered(database, owner_id="org-enterprise"))
    with database.writes() as session:
        assert service.verify(session, claim_id, secret=KEY, by=COORDINATOR).organization_id == "org-enterprise"


def test_a_refused_claim_is_told_and_the_address_is_forgotten(database: Database):
    claim_id = claimed(database, registered(database))
    with database.writes() as session:
        assert service.refuse(session, claim_id, by=COORDINATOR).email is None
    assert one(database, "SELECT count(*) FROM invitation") == 0
    assert one(database, "SELECT address FROM outbox_letter WHERE template = 'claims/refused'") == "vi@example.org"
    assert one(database, "SELECT owner_id FROM enterprise") is None


def test_what_is_decided_stays_decided(database: Database):
    claim_id = claimed(database, registered(database))
    with database.writes() as session:
        service.verify(session, claim_id, secret=KEY, by=COORDINATOR)
    with database.writes() as session, pytest.raises(Conflict):
        service.verify(session, claim_id, secret=KEY, by=COORDINATOR)
    with database.writes() as session, pytest.raises(Conflict):
        service.refuse(session, claim_id, by=COORDINATOR)


def test_a_decision_needs_a_reason_and_the_region(database: Database):
    """The guards: `service._open` asks for the reason, and whether the claim lies in the region."""
    claim_id = claimed(database, registered(database))
    with database.writes() as session, pytest.raises(BadRequest):
        service.verify(session, claim_id, secret=KEY, by=replace(COORDINATOR, reason=None))
    far = replace(COORDINATOR, region="SE-23")
    with database.writes() as session, pytest.raises(NotFound):
        service.refuse(session, claim_id, by=far)
    with database.reads() as session:
        assert service.listed(session, ClaimFilters(), by=far) == ([], 0)
        assert service.listed(session, ClaimFilters(), by=COORDINATOR)[1] == 1
        assert service.listed(session, ClaimFilters(), by=replace(far, region=None)) == ([], 0)
        assert service.listed(session, ClaimFilters(), by=replace(far, role=Role.ADMIN))[1] == 1


def test_of_two_who_decide_at_once_one_is_told(database: Database):
    claim_id = claimed(database, registered(database))
    outcomes: list[str] = []
    ready = threading.Barrier(2)

    def decide(how: Callable[..., object], **told: object) -> None:
        ready.wait()
        try:
            with database.writes() as session:
                how(session, claim_id, by=COORDINATOR, **told)
            outcomes.append("done")
        except Conflict:
            outcomes.append("conflict")

    both = [
        threading.Thread(target=decide, args=(service.verify,), kwargs={"secret": KEY}),
        threading.Thread(target=decide, args=(service.refuse,)),
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(outcomes) == ["conflict", "done"]


def test_old_claims_are_forgotten_with_their_addresses(database: Database):
    claimed(database, registered(database))
    with database.writes() as session:
        assert service.forget_claims(session, now() + timedelta(days=80)) == 0
        assert service.forget_claims(session, now() + timedelta(days=100)) == 1
    assert one(database, "SELECT count(*) FROM invitation") == 0


def test_the_answer_is_the_same_whoever_keeps_the_record(database: Database, app_client: httpx.Client):
    """The guard: `submit` never looks at the keeper."""
    free = registered(database, name="Exempel Fri")
    kept = registered(database, owner_id="org-enterprise", name="Exempel Egen")
    answers = [app_client.post(f"/api/v1/enterprises/{which}/claims", json=CLAIM) for which in (free, kept)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert [set(answer.json()) for answer in answers] == [{"enterprise_id", "received_at"}] * 2
    assert app_client.post("/api/v1/enterprises/none/claims", json=CLAIM).status_code == 404
    wrong = app_client.post(f"/api/v1/enterprises/{free}/claims", json={**CLAIM, "email": "a@b.se\r\nBcc: x@y.se"})
    assert wrong.status_code == 422


def test_a_coordinator_decides_through_the_api(database: Database, app_client: httpx.Client):
    claim_id = claimed(database, registered(database))
    key = key_for(database, "coordinator")
    listed = app_client.get("/api/v1/claims", headers=key).json()["items"]
    assert [(found["id"], found["email"]) for found in listed] == [(claim_id, "vi@example.org")]
    path = f"/api/v1/claims/{claim_id}/verify"
    assert app_client.post(path, headers=key).status_code == 400
    assert app_client.post(path, headers=key, params={"reason": "växeln"}).json()["state"] == "verified"
    assert app_client.post(path, headers=key, params={"reason": "växeln"}).status_code == 409
    assert app_client.get("/api/v1/claims", headers=key_for(database, "buyer")).status_code == 403
    with database.reads() as session:
        assert people.everybody(session) == []
