"""Rows that come as an image are stored as they would be without it, and nothing of the image stays behind."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core import bulk, images
from app.core.db import Database, WriteSession
from app.core.images import Imaged
from app.core.search import SearchIndex
from app.enterprises.records import table_of
from app.enterprises.tables import Enterprise, EnterpriseEligibility
from tests.core.test_bulk import an_enterprise
from tests.databases import migrated_database

INDEX = SearchIndex("enterprise")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with migrated_database("sqlite", tmp_path) as url:
        database = Database(url)
        yield database
        database.close()


def sent(database: Database, table: type, *rows: dict[str, Any]) -> Imaged:
    """Return rows as they come from another process."""
    with images.packing() as packing:
        made = bulk.packed(packing, bulk.ready(database.write_engine.dialect, table, rows))
    arrived: Imaged = pickle.loads(pickle.dumps(made))  # noqa: S301  # our own
    return arrived


def sent_words(**words: str) -> Imaged:
    with images.packing() as packing:
        return packing.put(("id", "words"), list(words.items()))


def here(database: Database) -> dict[str, dict[str, Any]]:
    """Return the enterprises that are here, by id."""
    with database.reads() as session:
        rows = session.connection().execute(select(table_of(Enterprise))).mappings()
        return {row["id"]: dict(row) for row in rows}


def beside(session: WriteSession) -> list[str]:
    """Return the databases that a connection reads from beside its own."""
    return [name for _, name, _ in session.connection().exec_driver_sql("PRAGMA database_list") if name != "main"]


def test_what_comes_as_an_image_is_stored_as_what_does_not(database: Database):
    with database.writes() as session:
        bulk.insert_ready(session, Enterprise, sent(database, Enterprise, an_enterprise("a"), an_enterprise("b")))
        bulk.insert_many(session, Enterprise, [an_enterprise("c")])
    found = here(database)
    assert list(found) == ["a", "b", "c"]
    assert found["a"] | {"id": ""} == found["c"] | {"id": ""}


def test_an_image_of_nothing_is_made():
    with images.packing() as packing:
        pass
    assert packing.image.content == b""


@pytest.mark.parametrize("number", [1, 7, 8, 9, 17])
def test_rows_of_an_image_are_all_there_in_their_order(database: Database, number: int):
    rows = [(f"{place}", place, None) for place in range(number)]
    with images.packing() as packing:
        packed = packing.put(("text", "order", "nothing"), rows)
    with database.writes() as session:
        assert images.values_of(session, packed) == rows


def test_nothing_of_images_stays_when_the_transaction_ends(database: Database):
    both = sent(database, Enterprise, an_enterprise("a")), sent(database, Enterprise, an_enterprise("b"))
    with database.writes() as session:
        for one in both:
            bulk.insert_ready(session, Enterprise, one)
        assert [images.values_of(session, one)[0][0] for one in both] == ["a", "b"]
        assert beside(session) == ["image_0", "image_1"]
    with database.writes() as session:
        assert beside(session) == []
        with pytest.raises(IntegrityError):
            bulk.insert_ready(session, Enterprise, both[0])
    with database.writes() as session:
        assert beside(session) == []
        bulk.insert_ready(session, Enterprise, sent(database, Enterprise, an_enterprise("c")))
    assert list(here(database)) == ["a", "b", "c"]


def test_an_image_is_read_again_after_what_was_read_of_it_was_undone(database: Database):
    rows = sent(database, Enterprise, an_enterprise("a"), an_enterprise("b"))
    with database.writes() as session:
        for _ in range(2):
            undone = session.begin_nested()
            bulk.insert_ready(session, Enterprise, rows)
            undone.rollback()
        bulk.insert_ready(session, Enterprise, rows)
    assert list(here(database)) == ["a", "b"]


@pytest.mark.parametrize("fault", ["an id that is there", "a parent that is not", "no name"])
def test_what_the_database_refuses_of_an_image_leaves_nothing(database: Database, fault: str):
    gone = {"enterprise_id": "x", "reservation": "res-ws", "state": "declared", "on": None, "valid_until": None}

    def write() -> None:
        with database.writes() as session:
            bulk.insert_many(session, Enterprise, [an_enterprise("b")])
            if fault == "an id that is there":
                rows = sent(database, Enterprise, an_enterprise("a"), an_enterprise("b"))
                bulk.insert_ready(session, Enterprise, rows)
            elif fault == "a parent that is not":
                bulk.insert_ready(session, EnterpriseEligibility, sent(database, EnterpriseEligibility, gone))
            else:
                bulk.insert_ready(session, Enterprise, sent(database, Enterprise, an_enterprise("c", name=None)))

    with pytest.raises(IntegrityError):
        write()
    assert here(database) == {}


def test_words_of_an_image_are_found_and_replace_what_was_there(database: Database):
    def found(words: str) -> list[str]:
        with database.reads() as session:
            wanted = INDEX.having(session, words)
            assert wanted is not None
            return sorted(session.execute(wanted).scalars())

    with database.writes() as session:
        INDEX.put(session, "a", ["gammalt"])
        INDEX.put_all(session, sent_words(b="nytt eget", c="nytt"), are_new=True)
    assert (found("gammalt"), found("nytt"), found("eget")) == (["a"], ["b", "c"], ["b"])
    with database.writes() as session:
        INDEX.put_all(session, sent_words(a="nytt", c="annat", d="nytt"))
    assert (found("gammalt"), found("nytt"), found("annat")) == ([], ["a", "b", "d"], ["c"])
    with database.writes() as session:
        INDEX.remove(session, "b")
    assert (found("eget"), found("nytt")) == ([], ["a", "d"])
