"""What of a survey leaves the node: the results of a closed round, and nothing of an answer or of who was asked."""

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.core.db import Database
from app.core.errors import InvalidContent
from app.core.i18n import texts
from app.enterprises.spreadsheet import Table
from app.inventories import replicas, service
from app.inventories.schemas import InventoryCreate
from app.inventories.tables import InventoryAnswer, InventoryInvitation
from app.inventories.vocabulary import Verb
from tests.inventories.ground import ADMIN, asked, give, plan, step
from tests.sync.copying import HOME, SORTS, carried, copy_of, node, said_by, write

SORT = SORTS["needs_inventory"]


def made(at_home: Database) -> str:
    """Write the draft of a round of the other node."""
    with at_home.writes() as session:
        return service.create(session, InventoryCreate.model_validate(plan()), home=HOME.id, by=ADMIN).id


def test_a_round_is_told_of_when_it_closes_without_anybodys_answer(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        made(at_home)
        step(at_home, (is_open := made(at_home)), Verb.OPEN)
        give(at_home, asked(at_home, is_open, ["SE-2281"])[0], levels={"advice": 3}, texts={})
        for token in asked(at_home, is_open, ["SE-2281"] * 6, "byra"):
            give(at_home, token, levels={"advice": 3}, choices={"q1": "På plats"}, texts={"advice": "Hemligt."})
        assert said_by(at_home) == []
        step(at_home, is_open, Verb.CLOSE)
        (envelope,) = carried(at_home, database)
        record_id = envelope.id
    assert "Hemligt" not in envelope.payload
    assert "firma" not in envelope.payload
    assert "byra" not in envelope.payload
    with database.reads() as session:
        for table in (InventoryAnswer, InventoryInvitation):
            assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0
        found = service.results(session, record_id)
        assert (found.answered, found.inventory.home) == (7, HOME.id)
        assert [one.inventory_id for one in service.aggregate_by(session, categories=["advice"])][:1] == [record_id]
        choice = next(one for one in found.questions if one.key == "q1")
        assert [cell.value for cell in choice.cells] == ["På plats", "På distans", "none"]


def test_a_count_below_five_is_never_told_and_never_believed(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORT.write(at_home)
        (envelope,) = said_by(at_home)
        with at_home.reads() as session:
            said = dict(replicas.said(session, [record_id])[record_id][1])
    results = json.loads(envelope.payload)["results"]
    results["questions"]["advice"]["needing"] = 4
    assert replicas.published(said | {"results": results}) is None
    with pytest.raises(InvalidContent):
        write(database, "needs_inventory", [copy_of(envelope, results=results)])
    assert replicas.published(said | {"status": "open"}) is None
    published = replicas.published(said | {"secret": 1}) or {}
    assert set(said) - set(published) == {"id", "home", "rev", "updated_at"}


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_an_imported_round_is_told_of_too(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        table = Table("", "", 1, ["area", "advice"], [(n, ("SE-2281", 3)) for n in range(2, 12)])
        one = made(at_home)
        with at_home.writes() as session:
            service.bring_in(session, one, table, dry_run=False, by=ADMIN, say=texts("sv"))
        assert [(told.type, told.id) for told in said_by(at_home)] == [("needs_inventory", one)]
