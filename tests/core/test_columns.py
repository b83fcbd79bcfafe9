"""Columns that every room shares."""

from sqlalchemy import text

from app.core.columns import stable_id
from app.core.db import Database

POSTGRES = "SELECT collation_name FROM information_schema.columns WHERE column_name IN ('name_sort', 'title_sort')"
SQLITE = "SELECT CASE WHEN sql LIKE '%COLLATE%' THEN sql ELSE 'C' END FROM sqlite_master WHERE name = 'enterprise'"


def test_sort_keys_are_compared_byte_by_byte_whatever_the_databases_language(database: Database):
    with database.reads() as session:
        found = set(session.connection().execute(text(SQLITE if database.is_sqlite else POSTGRES)).scalars())
    # SQLite compares bytes unless told otherwise.
    assert found == {"C"}


def test_a_listed_thing_has_the_same_id_everywhere():
    assert stable_id("enterprise", "1") == stable_id("enterprise", "1") != stable_id("opportunity", "1")
