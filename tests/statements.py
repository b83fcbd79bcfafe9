"""Statements are compiled once a process, not once a database: every test has a database, and so engines, of its own.

An engine keeps what it has compiled under its dialect, the object that knows one kind of database; so all engines of a
kind are given the dialect of the first. What is sent to the database stays what it would have been. Compiling was a
quarter of what the tests worked.
"""

from functools import cache
from typing import Any

from sqlalchemy import URL, Engine, create_engine

from tests.databases import postgres_server


def sharing_engine(url: URL, **options: Any) -> Engine:
    """Return what SQLAlchemy's `create_engine` returns, with the compiled statements of all engines of the kind."""
    engine = create_engine(url, **options)
    first = _first(url.get_backend_name())
    engine.dialect = engine.pool._dialect = first.dialect
    engine._compiled_cache = first._compiled_cache
    return engine


@cache
def _first(kind: str) -> Engine:
    url = "sqlite://" if kind == "sqlite" else postgres_server().url("postgres")
    engine = create_engine(url, query_cache_size=10_000)
    # At the first connection a dialect learns what the database can do.
    engine.connect().close()
    engine.dispose()
    return engine
