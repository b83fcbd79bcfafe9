"""Copies of other nodes' records are brought into the index together, after they have come; what is gone leaves it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.core.db import Database
from app.enterprises import service as enterprises
from app.matching import index, openings, service, waiting
from app.matching.schemas import LotQuestion, MatchQuestion
from app.matching.vocabulary import Side
from tests.factories import enterprise
from tests.sync.copying import SORTS, carried, forget, node

CLEANING = MatchQuestion(title="Städning av skolor", lots=[LotQuestion(cpv_main="90910000", area_codes=["SE-2281"])])


def found(database: Database) -> list[str]:
    """Return the enterprises that fit a need of cleaning, by name."""
    with database.reads() as session:
        return sorted(item.enterprise.name for item in service.preview(session, CLEANING).items)


def caught_up(database: Database) -> int:
    """Bring everything that waits into the index, and return in how many transactions."""
    turns = 0
    while True:
        with database.writes() as session:
            if not service.catch_up(session):
                return turns
        turns += 1


def differences(database: Database) -> list[str]:
    """Return what the index says that the registry does not."""
    with database.reads() as session:
        return index.check(session)


@pytest.mark.parametrize("many", [1_000, 5], ids=["few", "many"])
def test_copies_wait_and_questions_are_answered_meanwhile(
    database: Database, tmp_path: Path, many: int, monkeypatch: pytest.MonkeyPatch
):
    # Three a transaction, be they few or many.
    monkeypatch.setattr(service, "_MANY", many)
    monkeypatch.setattr(service, "_WITHOUT_MEETING_AT_ONCE", 3)
    monkeypatch.setattr(service, "_MEET_AT_ONCE", dict.fromkeys(Side, 3))
    number = 8
    sort = SORTS["enterprise"]
    with node(tmp_path) as at_home:
        ids = [sort.write(at_home, name=f"Exempel {n}", organisation_number=None) for n in range(number)]
        sort.write(at_home, ids[0], name="Exempel 0", organisation_number=None)
        opportunity = SORTS["opportunity"].write(at_home)
        carried(at_home, database)
        assert found(database) == []
        with database.reads() as session:
            assert waiting.counts(session) == {Side.ENTERPRISE: number, Side.OPPORTUNITY: 1}
        # The opportunity waits until they are in, and meets them all.
        assert caught_up(database) == 4
        assert len(found(database)) == number
        assert differences(database) == []
        with database.reads() as session:
            assert service.for_opportunity(session, opportunity).total == number
            assert len(service.met_since(session, datetime(2000, 1, 1, tzinfo=UTC))) == number
        sort.write(at_home, ids[0], name="Exempel Ny", organisation_number=None)
        carried(at_home, database)
        assert "Exempel Ny" not in found(database)
        caught_up(database)
        assert "Exempel Ny" in found(database)
        assert differences(database) == []
        # Many come to a node that has been told of opportunities: those wait again, and meet who is new.
        for n in range(number, 2 * number):
            sort.write(at_home, name=f"Exempel {n}", organisation_number=None)
        carried(at_home, database)
        assert caught_up(database) >= 3
        with database.reads() as session:
            assert service.for_opportunity(session, opportunity).total == 2 * number
            assert len(service.met_since(session, datetime(2000, 1, 1, tzinfo=UTC))) == 2 * number
        assert differences(database) == []
        forget(database, "enterprise", ids[:-1])
        assert sorted(found(database)) == sorted(f"Exempel {n}" for n in range(number - 1, 2 * number))
        assert differences(database) == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_of_many_opportunities_only_the_open_ones_stay(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(service, "_MANY", 2)
    sort = SORTS["opportunity"]
    with node(tmp_path) as at_home:
        SORTS["enterprise"].write(at_home)
        ids = [sort.write(at_home, title=f"Städning {n}", notice=None) for n in range(4)]
        carried(at_home, database)
    caught_up(database)
    with database.reads() as session:
        assert waiting.counts(session) == {Side.ENTERPRISE: 0, Side.OPPORTUNITY: 0}
        assert sorted(openings.ids(session)) == sorted(ids)
        assert openings.check(session) == []
        assert len(service.met_since(session, datetime(2000, 1, 1, tzinfo=UTC))) == 4


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_what_waits_and_is_gone_again_waits_no_more(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORTS["enterprise"].write(at_home)
        carried(at_home, database)
    forget(database, "enterprise", [record_id])
    with database.reads() as session:
        assert waiting.counts(session) == {Side.ENTERPRISE: 0, Side.OPPORTUNITY: 0}
    assert caught_up(database) == 0
    assert differences(database) == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_own_records_are_in_the_index_at_once(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        SORTS["enterprise"].write(at_home)
        carried(at_home, database)
    with database.writes() as session:
        enterprises.register(session, enterprise(name="Exempel Här"), home="here")
    assert found(database) == ["Exempel Här"]
    with database.writes() as session:
        service.rebuild(session)
    assert found(database) == ["Exempel Här", "Exempel Städ"]
    assert caught_up(database) == 0
