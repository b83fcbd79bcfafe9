"""A node's own record that says again what others were told keeps all that they never were."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from app.core.clock import now
from app.core.db import Database
from app.journal import copies
from app.journal.vocabulary import Copy
from app.sync.kinds import KINDS
from tests.sync.copying import _INSIDE_SEARCH, HOME, SORTS, node, shown

# What tells of a change, and what is found by words.
_FOLLOWS = ("journal_", "match_", "sync_", "alembic")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Database]:
    with node(tmp_path) as database:
        yield database


def told(database: Database, kind: str, one: str) -> Copy:
    """Return what others could be told of a record now."""
    with database.reads() as session:
        rev, said = KINDS[kind].said(session, [one])[one]
    published = KINDS[kind].published(said)
    assert published is not None
    return Copy(one, HOME.id, rev, now(), published)


def take_back(database: Database, kind: str, wanted: Copy, known: Copy | None) -> None:
    with database.writes() as session:
        copies.copying(session)
        KINDS[kind].REPLICAS.take_back(session, wanted, known)


def rows(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return all rows that a record and those who answer it have, by table."""
    names = inspect(database.write_engine).get_table_names()
    with database.reads() as session:
        return {
            name: [dict(row) for row in session.execute(text(f"SELECT * FROM {name} ORDER BY 1, 2")).mappings()]
            for name in names
            if not name.startswith(_FOLLOWS) and not name.endswith(("_search", *_INSIDE_SEARCH))
        }


@pytest.mark.parametrize("kind", SORTS)
def test_what_was_told_otherwise_is_put_right_and_all_else_stays(home: Database, kind: str):
    sort = SORTS[kind]
    one = sort.write(home)
    wanted, before = told(home, kind, one), shown(home, kind, one)
    sort.change(home, one)
    changed = rows(home)
    assert shown(home, kind, one) != before
    take_back(home, kind, wanted, told(home, kind, one))
    assert shown(home, kind, one) == before
    after = rows(home)
    # Who keeps it, when it came, and the ids of parts that say what they said; whoever answered is there as before.
    kept = changed.keys() - {table.__tablename__ for table in KINDS[kind].REPLICAS._tables}
    assert {table: after[table] for table in kept} == {table: changed[table] for table in kept}
    (own,) = [row for row in after[kind] if row["id"] == one]
    (was,) = [row for row in changed[kind] if row["id"] == one]
    assert (own.get("owner_id"), own["created_at"], own["rev"]) == (was.get("owner_id"), was["created_at"], wanted.rev)
    for table in ("offering", "lot"):
        assert [row["id"] for row in after[table]] == [row["id"] for row in changed[table]]
    # Search finds it by what it says again.
    with home.reads() as session:
        assert one in sort.search(session)


def test_answers_to_a_survey_stay_unless_it_was_archived(home: Database):
    one = SORTS["needs_inventory"].write(home)
    closed, answers = told(home, "needs_inventory", one), rows(home)["inventory_answer"]
    for known in (closed, None):
        take_back(home, "needs_inventory", closed._replace(rev=closed.rev + 1), known)
        assert len(answers) == 20
        assert rows(home)["inventory_answer"] == answers
    archived = {**closed.payload, "status": "archived"}
    take_back(home, "needs_inventory", closed._replace(rev=closed.rev + 2, payload=archived), closed)
    assert rows(home)["inventory_answer"] == []


def test_a_part_that_says_something_else_is_written_anew_and_other_parts_are_not(home: Database):
    one = SORTS["opportunity"].write(home)
    known, before = told(home, "opportunity", one), rows(home)
    (first,) = known.payload["lots"]
    said = {**known.payload, "lots": [{**first, "title": "Städning av förskolor"}]}
    take_back(home, "opportunity", known._replace(rev=known.rev + 1, payload=said), known)
    after = rows(home)
    assert [row["title"] for row in after["lot"]] == ["Städning av förskolor"]
    assert len(after["lot_area"]) == len(before["lot_area"]) > 0
    assert after["opportunity_buyer"] == before["opportunity_buyer"]


def test_a_record_that_is_not_here_is_written(home: Database):
    one = SORTS["enterprise"].write(home)
    known, before = told(home, "enterprise", one), shown(home, "enterprise", one)
    with home.writes() as session:
        copies.copying(session)
        KINDS["enterprise"].REPLICAS.forget(session, HOME.id, [one])
    take_back(home, "enterprise", known, None)
    assert shown(home, "enterprise", one) == before
