"""What of an opportunity leaves the node, and what its copies keep: how it ended too, and never who a person is."""

from pathlib import Path

import pytest

from app.core.db import Database
from app.core.errors import InvalidContent
from app.matching import service as matching
from app.opportunities import replicas, service
from app.opportunities.schemas import AwardIn, CancelIn, LotAwardIn
from app.opportunities.vocabulary import LotResult, Status
from tests.factories import opportunity
from tests.sync.copying import HOME, SORTS, carried, copy_of, node, said_by, shown, write

SORT = SORTS["opportunity"]
NATURAL = {"is_natural_person": True, "lot_number": "LOT-0002"}
WINNER = {
    "winner_name": "Exempel Städ AB",
    "winner_number": "5560360793",
    "winner_country": "SE",
    "lot_number": "LOT-0001",
    "value": {"amount": "600000.50", "currency": "SEK"},
    "tender_count": 3,
    "is_winner_sme": True,
    "winner_source": "exempel",
    "reason": "Lägst pris.",
}


def test_how_it_ended_travels_lot_by_lot(database: Database, tmp_path: Path):
    lots = [
        {"title": "Skolor", "cpv_main": "90910000", "estimated_value": {"amount": "1000", "currency": "SEK"}},
        {
            "title": "Bad",
            "cpv_additional": ["90911000"],
            "foreign_areas": ["DK01"],
            "reserved_participation": ["res-ws"],
        },
    ]
    with node(tmp_path) as at_home:
        record_id = SORT.write(at_home, lots=lots, procedure_type="open", legal_basis="LOU 4 kap. 18 §")
        carried(at_home, database)
        with at_home.writes() as session:
            service.close(session, record_id)
            awards = [LotAwardIn.model_validate(one) for one in (WINNER, NATURAL)]
            service.award(session, record_id, AwardIn(awards=awards, reason="Bäst."))
        carried(at_home, database)
        assert shown(database, "opportunity", record_id) == shown(at_home, "opportunity", record_id)
    with database.reads() as session:
        found = service.find(session, record_id)
        assert found.status is Status.AWARDED
        assert found.outcome is not None
        assert [one.winner_name for one in found.outcome.awards] == ["Exempel Städ AB", None]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_what_is_cancelled_without_lots_travels_too(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        with at_home.writes() as session:
            data = opportunity(form="early_dialogue", lots=[])
            record_id = service.publish(session, data, home=HOME.id).id
            service.cancel(session, record_id, CancelIn(reason="Behovet finns inte längre."))
        carried(at_home, database)
        assert shown(database, "opportunity", record_id) == shown(at_home, "opportunity", record_id)


def test_a_persons_name_and_number_are_never_told(tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORT.write(at_home)
        with at_home.reads() as session:
            said = dict(replicas.said(session, [record_id])[record_id][1])
    award = dict.fromkeys(LotAwardIn.model_fields) | {"result": LotResult.AWARDED, "currency": None}
    named = award | {"winner_name": "Anna Andersson", "winner_number": "8507099805", "is_natural_person": True}
    sole = award | {"winner_name": "Exempel Bygg", "winner_number": "8507099805", "is_natural_person": False}
    outcome = {"kind": "awarded", "on": None, "reason": None, "awards": [named, sole]}
    published = replicas.published(said | {"outcome": outcome, "buyer_number": "850709-9805", "secret": 1})
    assert published is not None
    assert published["buyer_number"] is None
    assert [(one["winner_name"], one["winner_number"]) for one in published["outcome"]["awards"]] == [
        (None, None),
        ("Exempel Bygg", None),
    ]
    assert not {"secret", "owner_id", "hidden_at", "id", "rev"} & set(published)
    assert "id" not in published["lots"][0]


def test_a_draft_is_told_to_nobody_until_it_is_published(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORT.write(at_home, status="draft")
        assert said_by(at_home) == []
        with at_home.writes() as session:
            service.publish_draft(session, record_id)
        (envelope,) = carried(at_home, database)
    assert "owner_id" not in envelope.payload
    with pytest.raises(InvalidContent):
        write(database, "opportunity", [copy_of(envelope, status="draft")])
    with pytest.raises(InvalidContent):
        write(database, "opportunity", [copy_of(envelope, outcome={"kind": "awarded", "awards": []})])


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_copies_are_matched_with_each_other(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORT.write(at_home)
        firm = SORTS["enterprise"].write(at_home)
        carried(at_home, database)
    matching.index_copies(database)
    with database.reads() as session:
        assert [one.opportunity.id for one in matching.for_enterprise(session, firm).items] == [record_id]
        assert [one.enterprise.id for one in matching.for_opportunity(session, record_id).items] == [firm]
