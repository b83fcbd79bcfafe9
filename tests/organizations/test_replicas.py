"""What of an organisation leaves the node, and what its copies keep."""

from pathlib import Path

from app.core.db import Database
from app.organizations import replicas, service
from app.organizations.vocabulary import Visibility
from tests.sync.copying import SORTS, carried, copy_of, node, said_by, write

SORT = SORTS["organization"]


def test_only_what_is_named_of_a_public_one_leaves_the_node(tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORT.write(at_home)
        with at_home.reads() as session:
            said = dict(replicas.said(session, [record_id])[record_id][1])
    published = replicas.published(said | {"secret": 1, "organisation_number": "8507099805"}) or {}
    assert set(said) - set(published) == {"id", "home", "rev", "owner_id", "visibility", "updated_at"}
    assert "secret" not in published
    assert published["organisation_number"] is None
    assert replicas.published(said | {"visibility": Visibility.PRIVATE}) is None


def test_what_becomes_private_at_home_is_gone_here(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORT.write(at_home)
        carried(at_home, database)
        with database.reads() as session:
            assert service.exists(session, record_id)
        SORT.write(at_home, record_id, visibility="private")
        carried(at_home, database)
    with database.reads() as session:
        assert not service.exists(session, record_id)


def test_a_number_that_has_moved_at_home_moves_here(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        first, second = SORT.write(at_home), SORT.write(at_home, name="En till", organisation_number=None)
        carried(at_home, database)
        SORT.write(at_home, first, organisation_number=None)
        SORT.write(at_home, second, name="En till")
        write(database, "organization", [copy_of(said_by(at_home)[-1])])
    with database.reads() as session:
        assert service.find(session, first).organisation_number is None
        assert service.find(session, second).organisation_number == "5560360793"
