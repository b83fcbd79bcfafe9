"""On which databases a test runs each time, and on which only among the long tests.

What asks the database by itself runs on both each time. What stands above the rooms' services, or goes through the same
statements a hundred times, runs on SQLite each time and on PostgreSQL among the long tests, of which CI draws a sample.
"""

from typing import Final

import pytest

MOSTLY_SQLITE: Final = ["sqlite", pytest.param("postgresql", marks=pytest.mark.deep)]
# For one test; a folder overrides the fixture `database_kind` instead.
mostly_sqlite = pytest.mark.parametrize("database_kind", MOSTLY_SQLITE)
