"""Own records are said to others in the transaction that writes them, and buckets add up."""

import pytest

from app.core.db import Database
from app.journal import service as journal
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.organizations.vocabulary import Visibility
from app.sync import buckets, envelopes, queries
from app.sync.canonical import hash_of
from app.wiring import wire

NAMED = {"name": "Exempelkommun", "country": "SE", "kind": "municipality", "source": "test"}


def said_of(database: Database, home: str = "local") -> list[tuple[str, str, int, str]]:
    """Return type, method, rev and payload of what a home has said, in the order of its numbers."""
    with database.reads() as session:
        rows = session.execute(queries.changes(home, 0, 1000)).scalars().all()
        return [(row.type, row.method, row.rev, row.payload) for row in rows]


def adds_up(database: Database, home: str = "local") -> bool:
    with database.reads() as session:
        return buckets.held(session, home) == buckets.counted(session, home)


def test_each_record_is_said_once_as_it_is_now(database: Database):
    wire()
    with database.writes() as session:
        first = organizations.register(session, OrganizationCreate.model_validate(NAMED), home="local")
        organizations.register(session, OrganizationCreate.model_validate(NAMED | {"name": "En till"}), home="local")
    with database.writes() as session:
        data = OrganizationCreate.model_validate(NAMED | {"summary": "Köper städning."})
        organizations.register(session, data, home="local", record_id=first.id)
    told = said_of(database)
    assert [(kind, method, rev) for kind, method, rev, _ in told] == [
        ("organization", "PUT", 1),
        ("organization", "PUT", 2),
    ]
    assert '"summary":"Köper städning."' in told[1][3]
    assert "owner_id" not in told[1][3]
    assert adds_up(database)
    with database.reads() as session:
        assert sum(total.count for total in buckets.held(session, "local").values()) == 2


def test_what_becomes_private_is_taken_back_and_what_always_was_is_never_said(database: Database):
    wire()
    with database.writes() as session:
        shown = organizations.register(session, OrganizationCreate.model_validate(NAMED), home="local")
        organizations.register(
            session,
            OrganizationCreate.model_validate(NAMED | {"visibility": "private", "name": "Hemlig"}),
            home="local",
        )
    with database.writes() as session:
        hidden = OrganizationCreate.model_validate(NAMED | {"visibility": Visibility.PRIVATE})
        organizations.register(session, hidden, home="local", record_id=shown.id)
    assert said_of(database) == [("organization", "DELETE", 2, "")]
    assert adds_up(database)
    with database.reads() as session:
        assert buckets.held(session, "local") == {}
        (row,) = session.execute(queries.changes("local", 0, 10)).scalars()
        assert row.hash == hash_of("")


def test_what_was_never_told_is_found_and_told(database: Database):
    # Without `wire` nobody follows the numbers: a node of an older version wrote like this.
    journal._numbered.clear()
    with database.writes() as session:
        organizations.register(session, OrganizationCreate.model_validate(NAMED), home="local")
    assert said_of(database) == []
    wire()
    with database.writes() as session:
        for change in list(envelopes.unsaid(session, "local")):
            journal.restate(session, change)
    assert [row[:3] for row in said_of(database)] == [("organization", "PUT", 1)]
    with database.reads() as session:
        assert list(envelopes.unsaid(session, "local")) == []
    assert adds_up(database)


def test_a_record_that_no_node_could_read_stays_at_home(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    wire()
    with database.writes() as session:
        data = OrganizationCreate.model_validate(NAMED | {"summary": "“Städning” " * 50})
        record_id = organizations.register(session, data, home="local").id
    monkeypatch.setattr(envelopes, "_LARGEST", 500)
    monkeypatch.setattr(envelopes, "_SURELY_FITS", 100)
    with database.writes() as session:
        (taken_back,) = envelopes.unsaid(session, "local")
        journal.restate(session, taken_back)
    assert said_of(database) == [("organization", "DELETE", 1, "")]
    with database.writes() as session:
        # Nothing is said of it again and again.
        assert list(envelopes.unsaid(session, "local")) == []
        organizations.register(session, data, home="local", record_id=record_id)
        organizations.register(session, OrganizationCreate.model_validate(NAMED | {"name": "Kort"}), home="local")
    assert [row[1] for row in said_of(database)] == ["DELETE", "PUT"]
    assert f"organization {record_id} is too large" in caplog.text
    assert adds_up(database)
