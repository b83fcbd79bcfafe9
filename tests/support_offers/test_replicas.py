"""What of a support offer leaves the node, and how its copies are found."""

import json
from pathlib import Path

import pytest

from app.core.db import Database
from app.core.errors import InvalidContent
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.support_offers import replicas, service
from app.support_offers.schemas import SupportOfferChoices, SupportOfferFilters
from app.support_offers.vocabulary import PUBLIC_STATUSES, Sort, Status, Verb
from tests.sync.copying import HOME, SORTS, carried, copy_of, forget, node, said_by, write

SORT = SORTS["support_offer"]
PROVIDER = {"name": "Exempelrådgivarna", "country": "SE", "kind": "adviser", "source": "exempel"}


def found(database: Database) -> list[str]:
    """Return the offers of advice in Luleå, as the index in memory ranks them."""
    filters = SupportOfferFilters(need=["advice"], area=["SE-2580"], sort=Sort.BEST)
    with database.reads() as session:
        return [one.id for one in service.search(session, filters)[0]]


def test_the_index_in_memory_follows_copies(database: Database, tmp_path: Path):
    assert found(database) == []
    with node(tmp_path) as at_home:
        record_id = SORT.write(at_home)
        carried(at_home, database)
        assert found(database) == [record_id]
        with database.reads() as session:
            assert service.counted(session, SupportOfferChoices()).total == 1
        with at_home.writes() as session:
            service.step(session, record_id, Verb.SUSPEND, note="Uppehåll i sommar.")
        carried(at_home, database)
        assert found(database) == []
        with database.reads() as session:
            one = service.find(session, record_id)
            assert (one.status, one.status_note) == (Status.SUSPENDED, "Uppehåll i sommar.")
            assert one.due_on is not None
    forget(database, "support_offer", [record_id])
    with database.reads() as session:
        assert service.counted(session, SupportOfferChoices(status=list(PUBLIC_STATUSES))).total == 0


def test_its_provider_need_not_be_here(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        with at_home.writes() as session:
            provider = organizations.register(session, OrganizationCreate.model_validate(PROVIDER), home=HOME.id).id
        record_id = SORT.write(at_home, provider_id=provider, provider_name=None)
        offers = [one for one in said_by(at_home) if one.type == "support_offer"]
        write(database, "support_offer", [copy_of(one) for one in offers])
    with database.reads() as session:
        one = service.find(session, record_id)
        assert (one.provider_id, one.provider_name) == (provider, "Exempelrådgivarna")
        assert one.slug == _slug(offers[0].payload)


def test_drafts_hidden_ones_and_what_was_never_shown_stay_at_home(tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORT.write(at_home)
        with at_home.reads() as session:
            said = dict(replicas.said(session, [record_id])[record_id][1])
    assert replicas.published(said) is not None
    for more in (
        {"status": "draft"},
        {"status": "in_review"},
        {"status": "archived", "published_at": None},
        {"hidden_at": "2026-11-01T10:00:00Z"},
    ):
        assert replicas.published(said | more) is None
    published = replicas.published(said | {"secret": 1}) or {}
    assert set(said) - set(published) == {"id", "home", "rev", "owner_id", "hidden_at", "updated_at", "due_on"}
    assert "secret" not in published


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("wrong", [{"status": "draft"}, {"provider_name": None}, {"slug": "../x"}], ids=str)
def test_what_is_no_public_offer_is_not_copied(database: Database, tmp_path: Path, wrong: dict[str, str | None]):
    with node(tmp_path) as at_home:
        SORT.write(at_home)
        (envelope,) = said_by(at_home)
    with pytest.raises(InvalidContent):
        write(database, "support_offer", [copy_of(envelope, **wrong)])


def _slug(payload: str) -> str:
    return str(json.loads(payload)["slug"])
