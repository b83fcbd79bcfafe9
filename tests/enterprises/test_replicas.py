"""What of an enterprise leaves the node, and what its copies keep."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.db import Database
from app.core.errors import Conflict, InvalidContent
from app.enterprises import records, replicas, service
from app.enterprises.schemas import EnterpriseCreate
from app.enterprises.tables import Enterprise
from app.moderation import service as moderation
from app.moderation.vocabulary import Subject
from tests.inventories.ground import ADMIN
from tests.sync.copying import HOME, SORTS, carried, copy_of, node, said_by, write

SORT = SORTS["enterprise"]
ADMIN_WITH_REASON = replace(ADMIN, reason="prov")
NUMBER, ANOTHER = "5560360793", "5562311208"


def numbers(database: Database, ids: list[str]) -> list[str | None]:
    """Return the organisation numbers of enterprises."""
    with database.reads() as session:
        return [service.find(session, one).organisation_number for one in ids]


def told(database: Database, record_id: str) -> dict[str, Any]:
    """Return what the journal would say of an enterprise now."""
    with database.reads() as session:
        return dict(replicas.said(session, [record_id])[record_id][1])


def test_only_what_is_named_leaves_the_node(tmp_path: Path):
    with node(tmp_path) as at_home:
        said = told(at_home, SORT.write(at_home))
    published = replicas.published(
        said | {"secret": 1, "offerings": [one | {"secret": 1} for one in said["offerings"]]}
    )
    assert published is not None
    assert set(said) - set(published) == {"id", "home", "rev", "owner_id", "hidden_at", "updated_at"}
    assert set(published) <= set(said)
    assert "secret" not in published["offerings"][0]


def test_a_sole_traders_number_stays_and_the_record_travels(tmp_path: Path):
    with node(tmp_path) as at_home:
        said = told(at_home, SORT.write(at_home))
    published = replicas.published(said | {"organisation_number": "8507099805"})
    assert published is not None
    assert published["organisation_number"] is None


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_what_is_hidden_is_taken_back_and_what_is_restored_is_told_again(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORT.write(at_home)
        carried(at_home, database)
        for act, is_there in ((moderation.hide, False), (moderation.restore, True)):
            with at_home.writes() as session:
                act(session, Subject.ENTERPRISE, record_id, by=ADMIN_WITH_REASON)
            carried(at_home, database)
            with database.reads() as session:
                assert service.exists(session, record_id) is is_there


def test_a_number_that_has_moved_at_home_moves_here_whichever_comes_first(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        first, second = SORT.write(at_home), SORT.write(at_home, organisation_number=ANOTHER)
        carried(at_home, database)
        SORT.write(at_home, first, organisation_number=None)
        SORT.write(at_home, second, organisation_number=NUMBER)
        taken, given = said_by(at_home)
        write(database, "enterprise", [copy_of(given)])
        assert numbers(database, [first, second]) == [None, NUMBER]
        write(database, "enterprise", [copy_of(taken)])
        assert numbers(database, [first, second]) == [None, NUMBER]
        twice = [copy_of(taken, organisation_number=NUMBER), copy_of(given)]
        with pytest.raises(Conflict, match="beside what is here"):
            write(database, "enterprise", twice)
        with database.writes() as session:
            own = service.register(session, _like(database, second), home="here")
    assert numbers(database, [own.id]) == [NUMBER]


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"organisation_number": "8507099805"},
        {"contact_email": "anna.andersson@example.invalid"},
        {"summary": "Ring Anna på 070-123 45 67."},
        {"legal_form": "no_such_form"},
        {"offerings": [{"title": "Städ", "cpv": ["12"]}]},
        {"name": None},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_could_not_be_written_here_is_not_copied_either(database: Database, tmp_path: Path, wrong: dict[str, Any]):
    with node(tmp_path) as at_home:
        SORT.write(at_home)
        (envelope,) = said_by(at_home)
    with pytest.raises(InvalidContent):
        write(database, "enterprise", [copy_of(envelope, **wrong)])
    with database.reads() as session:
        assert session.get(Enterprise, envelope.id) is None


def _like(database: Database, record_id: str) -> EnterpriseCreate:
    with database.reads() as session:
        found = service.find(session, record_id)
    assert found.home == HOME.id
    return EnterpriseCreate.model_validate(records.as_sent(found))
