"""Many writers at once lose nothing, on both databases: the long version of what one request relies on."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app.core.db import Database

WRITERS = 8
TIMES = 20


@pytest.fixture
def counted(database: Database) -> Database:
    """Give the database with a table that counts."""
    with database.writes() as session:
        session.connection().execute(text("CREATE TABLE counted (number INTEGER NOT NULL)"))
        session.connection().execute(text("INSERT INTO counted VALUES (0)"))
    return database


@pytest.mark.deep
def test_no_writer_is_lost_or_refused(counted: Database):
    start = threading.Barrier(WRITERS)

    def add_many() -> None:
        start.wait()
        for _ in range(TIMES):
            with counted.writes() as session:
                session.connection().execute(text("UPDATE counted SET number = number + 1"))

    with ThreadPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(add_many) for _ in range(WRITERS)]:
            done.result()
    with counted.reads() as session:
        assert session.connection().execute(text("SELECT number FROM counted")).scalar() == WRITERS * TIMES


@pytest.mark.deep
def test_a_reader_sees_one_moment_while_others_write(counted: Database):
    with counted.reads() as reader:
        before = reader.connection().execute(text("SELECT number FROM counted")).scalar()
        with counted.writes() as writer:
            writer.connection().execute(text("UPDATE counted SET number = number + 1"))
        assert reader.connection().execute(text("SELECT number FROM counted")).scalar() == before
    with counted.reads() as later:
        assert later.connection().execute(text("SELECT number FROM counted")).scalar() == before + 1
