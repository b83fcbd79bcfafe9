"""Many rows at once: stored as an ordinary insert stores them, and refused as it refuses."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Column, Enum, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import IntegrityError

from app.core.bulk import insert_many, read_many
from app.core.db import Database
from app.enterprises.records import table_of
from app.enterprises.tables import Enterprise, EnterpriseEligibility, Offering
from app.enterprises.vocabulary import EmployeesBand, Kind, OfferingKind
from app.matching.tables import MatchEnterprise

SECRET = "hemligtsökord"


def an_enterprise(record_id: str, **changed: Any) -> dict[str, Any]:
    """Return the columns of an enterprise, with every sort of value that a table holds."""
    at = datetime(2026, 11, 22, 13, 14, 15, 678901, tzinfo=UTC)
    sound = {
        "id": record_id, "home": "local", "rev": 1, "source": "exempel", "source_year": None, "created_at": at,
        "updated_at": at, "name": 'Tab\tbacksteg\\N, "citat" ½ 日本', "name_sort": "tab", "country": "SE",
        "kind": Kind.PROJECT, "lifecycle": "active", "public_ownership": "no", "summary": "rad\nrad\r\nrad",
        "language": "sv", "employees": EmployeesBand("10-19"), "organisation_number": None,
        "confirmed_on": date(2026, 1, 2),
    }  # fmt: skip
    return sound | changed


def test_values_are_stored_as_an_ordinary_insert_stores_them(database: Database):
    enterprise, offering, indexed = map(table_of, (Enterprise, Offering, MatchEnterprise))
    one_offering = {
        "enterprise_id": "a", "position": 0, "title": "Lokalvård", "description": "", "kind": OfferingKind.SERVICE,
        "language": "sv", "cpv_is_guess": True, "places_free": 3,
    }  # fmt: skip
    in_index = {"name": "x", "municipality": None, "document": bytes(range(256))}
    with database.writes() as session:
        insert_many(session, enterprise, [an_enterprise("a"), an_enterprise("b", name="\\.")])
        insert_many(session, offering, [{"id": "a", **one_offering}])
        insert_many(session, indexed, [{"enterprise_id": "a", "slot": 0, **in_index}])
        connection = session.connection()
        connection.execute(insert(enterprise), [an_enterprise("c"), an_enterprise("d", name="\\.")])
        connection.execute(insert(offering), [{"id": "c", **one_offering}])
        connection.execute(insert(indexed), [{"enterprise_id": "c", "slot": 1, **in_index}])
    with database.reads() as session:
        for table, key in ((enterprise, "id"), (offering, "id"), (indexed, "enterprise_id")):
            rows = {row[key]: dict(row) for row in session.connection().execute(select(table)).mappings()}
            for bulky, ordinary in (("a", "c"), ("b", "d")) if table is enterprise else (("a", "c"),):
                same = {key, "slot"}
                assert {k: v for k, v in rows[bulky].items() if k not in same} == {
                    k: v for k, v in rows[ordinary].items() if k not in same
                }


def test_no_rows_are_no_statement(database: Database):
    with database.writes() as session:
        insert_many(session, table_of(Enterprise), [])


@pytest.mark.parametrize("fault", ["a number that is there", "a parent that is not", "an unknown state"])
def test_what_the_database_refuses_is_told_without_the_values(database: Database, fault: str):
    def write() -> None:
        with database.writes() as session:
            insert_many(session, table_of(Enterprise), [an_enterprise("a", name=SECRET)])
            if fault == "a number that is there":
                insert_many(session, table_of(Enterprise), [an_enterprise("b"), an_enterprise("a", name=SECRET)])
            elif fault == "a parent that is not":
                gone = {"enterprise_id": SECRET, "reservation": "res-ws", "state": "declared", "on": None}
                insert_many(session, table_of(EnterpriseEligibility), [gone])
            else:
                insert_many(session, table_of(Enterprise), [an_enterprise("c", kind=SECRET)])

    with pytest.raises(LookupError if fault == "an unknown state" else IntegrityError) as told:
        write()
    if fault == "a number that is there":
        assert SECRET not in str(told.value)
    with database.reads() as session:
        assert session.connection().execute(select(table_of(Enterprise))).all() == []


@pytest.mark.parametrize("is_refused", [False, True])
def test_states_are_checked_by_the_database_again_when_the_rows_are_in(database: Database, is_refused: bool):
    with database.writes() as session:
        insert_many(session, Enterprise, [an_enterprise("a")])
        if is_refused:
            with pytest.raises(IntegrityError), session.begin_nested():
                insert_many(session, Enterprise, [an_enterprise("b"), an_enterprise("a")])
        with pytest.raises(IntegrityError), session.begin_nested():
            session.connection().execute(text("UPDATE enterprise SET kind = 'nothing that is known'"))


def test_what_a_table_checks_beside_states_is_checked(database: Database):
    kind = Enum(Kind, native_enum=False, create_constraint=True, name="kind_known")
    table = Table("checked", MetaData(), Column("number", Integer, CheckConstraint("number > 0")), Column("kind", kind))
    with database.writes() as session:
        table.create(session.connection())
        insert_many(session, table, [{"number": 1, "kind": Kind.PROJECT}])
        with pytest.raises(IntegrityError), session.begin_nested():
            insert_many(session, table, [{"number": 0, "kind": Kind.PROJECT}])
        table.drop(session.connection())


def test_rows_are_read_by_their_ids_and_by_what_else_they_are(database: Database):
    with database.writes() as session:
        insert_many(session, Enterprise, [an_enterprise("a"), an_enterprise("b"), an_enterprise("c")])
        assert sorted(
            read_many(session, Enterprise, ["id", "kind"], ["a", "c", "nobody"], home="local", country="SE")
        ) == [
            ("a", Kind.PROJECT.value),
            ("c", Kind.PROJECT.value),
        ]
        assert read_many(session, Enterprise, ["id"], ["a"], home="another") == []
        assert read_many(session, Enterprise, ["id"], []) == []
