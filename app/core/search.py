"""Full text search over one folded, stemmed column, the same answers on both databases.

Each room that is searched has a table `<room>_search(id, words)`: an FTS5 table on SQLite, an ordinary one with a GIN
index over `to_tsvector('simple', words)` on PostgreSQL. We fold and stem in Python, so both split alike.
"""

from collections.abc import Iterable
from itertools import islice

from sqlalchemy import ColumnElement, Select, TableClause, column, delete, func, insert, literal_column, select, table
from sqlalchemy.engine import Connection

from app.core.db import ReadSession, WriteSession
from app.core.text import stems

# PostgreSQL takes no more than a megabyte of words, and no word over 2 kB. Which of a record's words come often says
# nothing here, so each is kept once.
_MOST_WORDS = 20_000
_LONGEST_WORD = 40


class SearchIndex:
    """The search table of one room."""

    def __init__(self, room: str) -> None:
        self.name = f"{room}_search"
        self.table: TableClause = table(self.name, column("id"), column("words"))

    def put(self, session: WriteSession, record_id: str, texts: Iterable[str]) -> None:
        """Index `record_id` under the words of `texts`, in place of what it had."""
        self.remove(session, record_id)
        words = dict.fromkeys(stem[:_LONGEST_WORD] for text_ in texts for stem in stems(text_))
        kept = " ".join(islice(words, _MOST_WORDS))
        session.connection().execute(insert(self.table).values(id=record_id, words=kept))

    def remove(self, session: WriteSession, record_id: str) -> None:
        """Forget `record_id`."""
        session.connection().execute(delete(self.table).where(self.table.c.id == record_id))

    def having(self, session: ReadSession | WriteSession, words: str) -> Select[str] | None:
        """Return a select of the ids that hold every word of `words`, whole or as a beginning; None if no word."""
        wanted = [stem[:_LONGEST_WORD] for stem in dict.fromkeys(stems(words))]
        if not wanted:
            return None
        return select(self.table.c.id).where(self._match(session.get_bind().dialect.name, wanted))

    def _match(self, dialect: str, wanted: list[str]) -> ColumnElement[bool]:
        if dialect == "sqlite":
            query = " AND ".join(f'"{word}"*' for word in wanted)
            return literal_column(self.name).op("MATCH", is_comparison=True)(query)
        query = " & ".join(f"{word}:*" for word in wanted)
        return func.to_tsvector("simple", self.table.c.words).op("@@")(func.to_tsquery("simple", query))

    def create(self, connection: Connection) -> None:
        """Create the table, from a migration."""
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"CREATE VIRTUAL TABLE {self.name} USING fts5(id UNINDEXED, words)")
            return
        connection.exec_driver_sql(f"CREATE TABLE {self.name} (id VARCHAR(36) PRIMARY KEY, words TEXT NOT NULL)")
        connection.exec_driver_sql(
            f"CREATE INDEX ix_{self.name}_words ON {self.name} USING gin (to_tsvector('simple', words))"
        )

    def drop(self, connection: Connection) -> None:
        """Drop the table, from a migration."""
        connection.exec_driver_sql(f"DROP TABLE {self.name}")
