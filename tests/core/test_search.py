"""The search tables: what is put is found, what is put again or removed is not, and neither reads every row."""

from typing import Any

import pytest
from sqlalchemy import event, text

from app.core.db import Database
from app.core.search import SearchIndex

INDEX = SearchIndex("enterprise")


def found(database: Database, words: str) -> list[str]:
    """Return the ids that the index finds."""
    with database.reads() as session:
        wanted = INDEX.having(session, words)
        return [] if wanted is None else sorted(session.execute(wanted).scalars())


def rows(database: Database) -> int:
    """Return how many rows the index holds."""
    with database.reads() as session:
        return int(session.connection().execute(text(f"SELECT count(*) FROM {INDEX.name}")).scalar_one())


def test_what_is_put_again_replaces_what_was_there(database: Database):
    with database.writes() as session:
        for record in ("a", "b", "c"):
            INDEX.put(session, record, [f"gemensamt {record}ord"])
    assert found(database, "gemensamt") == ["a", "b", "c"]
    with database.writes() as session:
        INDEX.put(session, "b", ["nytt"])
        INDEX.put(session, "b", ["nyare"])
    assert (found(database, "gemensamt"), found(database, "nytt"), found(database, "nyare")) == (["a", "c"], [], ["b"])
    assert rows(database) == 3


def test_what_is_removed_is_gone_and_can_come_back(database: Database):
    with database.writes() as session:
        INDEX.put(session, "a", ["ord"])
        INDEX.put(session, "b", ["ord"])
        INDEX.remove(session, "a")
        INDEX.remove(session, "unknown")
    assert (found(database, "ord"), rows(database)) == (["b"], 1)
    with database.writes() as session:
        INDEX.put(session, "c", ["ord"])
        INDEX.put(session, "a", ["ord"])
    assert (found(database, "ord"), rows(database)) == (["a", "b", "c"], 3)


def test_what_is_rolled_back_was_never_there(database: Database):
    def put_and_fail() -> None:
        with database.writes() as session:
            INDEX.put(session, "a", ["ord"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        put_and_fail()
    with database.writes() as session:
        INDEX.put(session, "b", ["ord"])
    assert found(database, "ord") == ["b"]


@pytest.mark.parametrize("words", ["", "!? –", "  "])
def test_without_a_word_there_is_nothing_to_look_for(database: Database, words: str):
    with database.reads() as session:
        assert INDEX.having(session, words) is None


def test_a_word_is_found_by_its_beginning_wherever_it_stands(database: Database):
    with database.writes() as session:
        INDEX.put(session, "a", ["fönsterputs sundsvall"])
    for words in ("fönst", "fönst sunds", "sunds fönst"):
        assert found(database, words) == ["a"]
    assert found(database, "putsfönster") == []


def test_no_record_is_looked_for_among_all_the_others(database: Database):
    """Every statement of a put finds its row by a key: the database says how."""
    said: list[tuple[str, Any]] = []

    def listen(_c: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        said.append((statement, values))

    with database.writes() as session:
        INDEX.put(session, "a", ["ord"])
        event.listen(database.write_engine, "before_cursor_execute", listen)
        INDEX.put(session, "a", ["ord"])
        event.remove(database.write_engine, "before_cursor_execute", listen)
        if not database.is_sqlite:
            # With a handful of rows PostgreSQL reads them all, so that it is asked not to.
            session.connection().execute(text("SET LOCAL enable_seqscan = off"))
        plans = [
            " ".join(str(row) for row in session.connection().exec_driver_sql(f"{explain(database)} {one}", values))
            for one, values in said
        ]
        # What a COPY adds, it adds without looking.
        assert len(plans) == (3 if database.is_sqlite else 1)
    for plan in plans:
        # An FTS5 table is always "scanned"; with `=` in its index number it is by one rowid.
        assert "Seq Scan" not in plan
        assert "SCAN" not in plan or "VIRTUAL TABLE INDEX 0:=" in plan


def explain(database: Database) -> str:
    """Return how the database is asked for its plan."""
    return "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
