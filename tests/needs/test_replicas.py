"""What of a need leaves the node: what its holder shows, until the holder takes it back."""

from pathlib import Path

import pytest

from app.core.db import Database
from app.core.errors import InvalidContent
from app.enterprises import service as enterprises
from app.needs import replicas, service
from app.needs.vocabulary import Status, Verb
from tests.factories import enterprise
from tests.sync.copying import HOME, SORTS, carried, copy_of, node, said_by, write

SORT = SORTS["need"]


def test_a_need_follows_its_life_until_it_is_withdrawn(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORT.write(at_home)
        carried(at_home, database)
        with at_home.writes() as session:
            service.step(session, record_id, Verb.MEET, note="Vi har fått råd.")
        carried(at_home, database)
        with database.reads() as session:
            found = service.find(session, record_id)
            assert (found.status, found.status_note) == (Status.MET, "Vi har fått råd.")
        with at_home.writes() as session:
            service.step(session, record_id, Verb.WITHDRAW, note="Inte längre.")
        carried(at_home, database)
        with database.reads() as session:
            assert not service.exists(session, record_id)


def test_its_holder_need_not_be_here(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        with at_home.writes() as session:
            holder = enterprises.register(session, enterprise(name="Exempelhållaren"), home=HOME.id).id
        record_id = SORT.write(at_home, enterprise_id=holder, holder_name=None)
        write(database, "need", [copy_of(one) for one in said_by(at_home) if one.type == "need"])
    with database.reads() as session:
        found = service.find(session, record_id)
        assert (found.enterprise_id, found.holder_name) == (holder, "Exempelhållaren")


def test_only_what_its_holder_shows_leaves_the_node(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORT.write(at_home)
        with at_home.reads() as session:
            said = dict(replicas.said(session, [record_id])[record_id][1])
        (envelope,) = said_by(at_home)
    for status in (Status.DRAFT, Status.WITHDRAWN):
        assert replicas.published(said | {"status": status.value}) is None
        with pytest.raises(InvalidContent):
            write(database, "need", [copy_of(envelope, status=status.value)])
    published = replicas.published(said | {"secret": 1}) or {}
    assert set(said) - set(published) == {"id", "home", "rev", "owner_id", "updated_at", "due_on"}
    assert "secret" not in published
