"""Columns that every room shares."""

import os
import subprocess
import sys
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.columns import part_id, stable_id
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


def test_ids_of_parts_follow_each_other():
    made = [part_id() for _ in range(10_000)]
    assert made == sorted(set(made))
    assert {UUID(one).version for one in made} == {7}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are no copies of each other here")
def test_processes_that_are_copies_of_each_other_draw_ids_of_their_own():
    # In a program of its own: a copy of the tests' process would have its threads' locks, and nobody who opens them.
    program = """
import os
from app.core.columns import part_id
part_id()
if other := os.fork():
    os.waitpid(other, 0)
print(part_id())
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    one, other = said.split()
    # The last bits are drawn: two processes that say the same of them only need to meet in one millisecond.
    assert one[-17:] != other[-17:]
