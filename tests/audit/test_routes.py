"""Who reads which part of the audit log."""

import httpx
import pytest

from app.accounts.vocabulary import Scope
from app.audit import service as audit
from app.core.db import Database
from app.enterprises import service as enterprises
from app.journal import service as journal
from app.journal.vocabulary import Actor
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from tests import factories
from tests.keys import key_for as any_key_for


def key_for(database: Database, role: str, organization_id: str = "", **more: str) -> dict[str, str]:
    """Return a key that opens the log."""
    return any_key_for(database, role, organization_id, scopes=[Scope.AUDIT_READ], **more)


def lying_in(area: str) -> OrganizationCreate:
    """Return an organisation in a municipality."""
    told = {"name": f"Exempel {area}", "country": "SE", "kind": "municipality", "area_code": area, "source": "exempel"}
    return OrganizationCreate.model_validate(told)


@pytest.fixture
def log(database: Database) -> dict[str, str]:
    """Write down acts of three organisations; return the ids of those who live somewhere."""
    with database.writes() as session:
        near, far = (organizations.register(session, lying_in(one), home="test").id for one in ("SE-2281", "SE-2580"))
        kept = enterprises.register(session, factories.enterprise(), home="test", owner_id="org-enterprise").id
    acts = {"near": (near, "t1"), "far": (far, "t2"), "strange": ("org-strange", kept)}
    for action, (organization_id, object_id) in acts.items():
        with database.writes() as session:
            journal.acting(session, Actor(f"who-{action}", organization_id, "buyer"))
            audit.record(session, action, "thing", object_id)
    return {"near": near, "far": far, "kept": kept}


def read(client: httpx.Client, key: dict[str, str], query: str = "") -> set[str]:
    """Return the actions that a key is told of."""
    answer = client.get(f"/api/v1/audit{query}", headers=key)
    assert answer.status_code == 200, answer.text
    assert "who-" not in answer.text
    return {one["action"] for one in answer.json()["items"]} & {"near", "far", "strange"}


def test_each_reads_its_own_log_the_region_or_all(app_client: httpx.Client, database: Database, log: dict[str, str]):
    assert read(app_client, key_for(database, "buyer", log["near"])) == {"near"}
    assert read(app_client, key_for(database, "buyer", "org-nobody")) == set()
    # What others did to what it keeps.
    assert read(app_client, key_for(database, "enterprise", "org-enterprise")) == {"strange"}
    assert read(app_client, key_for(database, "coordinator", region="SE-25")) == {"far"}
    assert read(app_client, key_for(database, "coordinator", region="SE")) >= {"near", "far"}
    assert read(app_client, key_for(database, "admin")) == {"near", "far", "strange"}
    assert read(app_client, key_for(database, "admin"), "?object_id=t1") == {"near"}


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_systems_and_visitors_read_nothing(app_client: httpx.Client, database: Database, log: dict[str, str]):
    assert app_client.get("/api/v1/audit").status_code == 401
    assert app_client.get("/api/v1/audit", headers=key_for(database, "integrator", log["near"])).status_code == 403
