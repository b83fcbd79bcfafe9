"""Full text search over one folded, stemmed column, the same answers on both databases.

Each room that is searched has a table `<room>_search(id, words)`: an FTS5 table on SQLite, an ordinary one with a GIN
index over `to_tsvector('simple', words)` on PostgreSQL. We fold and stem in Python, so both split alike.

An FTS5 table finds a row by its words or its number, and by anything else only by reading every row. So on SQLite an
ordinary table beside it, `<room>_search_row(number, id)`, knows the number of each record.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice

from sqlalchemy import ColumnElement, Select, TableClause, column, delete, func, literal_column, select, table
from sqlalchemy.engine import Connection

from app.core import images
from app.core.bulk import insert_many
from app.core.db import ReadSession, WriteSession
from app.core.images import Imaged
from app.core.text import stems

# PostgreSQL takes no more than a megabyte of words, and no word over 2 kB. Which of a record's words come often says
# nothing here, so each is kept once.
_MOST_WORDS = 20_000
_LONGEST_WORD = 40


class SearchIndex:
    """The search table of one room."""

    def __init__(self, room: str) -> None:
        self.name = f"{room}_search"
        self.table: TableClause = table(self.name, column("rowid"), column("id"), column("words"))
        self.rows: TableClause = table(f"{self.name}_row", column("number"), column("id"))

    def put(self, session: WriteSession, record_id: str, texts: Iterable[str]) -> None:
        """Index `record_id` under the words of `texts`, in place of what it had."""
        self.put_all(session, {record_id: words_of(texts)})

    def put_all(self, session: WriteSession, words: Mapping[str, str] | Imaged, *, are_new: bool = False) -> None:
        """Index many records, some hundreds at a time, each under what `words_of` gave for its texts.

        Nothing is looked for of those that `are_new`.
        """
        if isinstance(words, Imaged):
            if are_new:
                self._put_image(session, words)
                return
            words = dict(images.values_of(session, words))
        if not words:
            return
        connection = session.connection()
        ids = list(words)
        if not _is_sqlite(session):
            if not are_new:
                connection.execute(delete(self.table).where(self.table.c.id.in_(ids)))
            insert_many(session, self.table, [{"id": one, "words": words[one]} for one in ids])
            return
        numbers: dict[str, int] = {}
        if not are_new:
            wanted = select(self.rows.c.id, self.rows.c.number).where(self.rows.c.id.in_(ids))
            numbers = dict(connection.execute(wanted).all())
        if numbers:
            connection.execute(delete(self.table).where(self.table.c.rowid.in_(list(numbers.values()))))
        if new := [one for one in ids if one not in numbers]:
            last = self._last_number(session)
            numbers |= {one: last + place for place, one in enumerate(new, start=1)}
            insert_many(session, self.rows, [{"number": numbers[one], "id": one} for one in new])
        insert_many(session, self.table, [{"rowid": numbers[one], "id": one, "words": words[one]} for one in ids])

    def _last_number(self, session: WriteSession) -> int:
        # Nobody else writes meanwhile: SQLite has one writer.
        highest = select(func.coalesce(func.max(self.rows.c.number), 0))
        found: int = session.connection().execute(highest).scalar_one()
        return found

    def _put_image(self, session: WriteSession, words: Imaged) -> None:
        connection = session.connection()
        last, found = self._last_number(session), images.address_of(session, words)
        for into, columns in ((self.rows.name, "number, id"), (self.name, "rowid, id, words")):
            given = columns.partition(", ")[2]
            taken = f"INSERT OR FAIL INTO {into} ({columns}) SELECT ? + rowid, {given} FROM {found}"  # noqa: S608  # names of our own
            connection.exec_driver_sql(taken, (last,))

    def remove(self, session: WriteSession, record_id: str) -> None:
        """Forget `record_id`, if it is known."""
        self.remove_all(session, [record_id])

    def remove_all(self, session: WriteSession, record_ids: Sequence[str]) -> None:
        """Forget these records, some hundreds at a time, as far as they are known."""
        connection = session.connection()
        if not _is_sqlite(session):
            connection.execute(delete(self.table).where(self.table.c.id.in_(record_ids)))
            return
        wanted = select(self.rows.c.number).where(self.rows.c.id.in_(record_ids))
        if numbers := list(connection.execute(wanted).scalars()):
            connection.execute(delete(self.table).where(self.table.c.rowid.in_(numbers)))
            connection.execute(delete(self.rows).where(self.rows.c.number.in_(numbers)))

    def having(self, session: ReadSession | WriteSession, words: str) -> Select[str] | None:
        """Return a select of the ids that hold every word of `words`, whole or as a beginning; None if no word."""
        wanted = [stem[:_LONGEST_WORD] for stem in dict.fromkeys(stems(words))]
        if not wanted:
            return None
        return select(self.table.c.id).where(self._match(wanted, sqlite=_is_sqlite(session)))

    def _match(self, wanted: list[str], *, sqlite: bool) -> ColumnElement[bool]:
        if sqlite:
            query = " AND ".join(f'"{word}"*' for word in wanted)
            return literal_column(self.name).op("MATCH", is_comparison=True)(query)
        query = " & ".join(f"{word}:*" for word in wanted)
        return func.to_tsvector("simple", self.table.c.words).op("@@")(func.to_tsquery("simple", query))

    def create(self, connection: Connection) -> None:
        """Create the table, and on SQLite the one beside it, from a migration."""
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"CREATE VIRTUAL TABLE {self.name} USING fts5(id UNINDEXED, words)")
            connection.exec_driver_sql(
                f"CREATE TABLE {self.rows.name} (number INTEGER PRIMARY KEY, id VARCHAR(36) NOT NULL UNIQUE)"
            )
            return
        connection.exec_driver_sql(f"CREATE TABLE {self.name} (id VARCHAR(36) PRIMARY KEY, words TEXT NOT NULL)")
        connection.exec_driver_sql(
            f"CREATE INDEX ix_{self.name}_words ON {self.name} USING gin (to_tsvector('simple', words))"
        )

    def drop(self, connection: Connection) -> None:
        """Drop the table, from a migration."""
        connection.exec_driver_sql(f"DROP TABLE {self.name}")
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"DROP TABLE {self.rows.name}")


def words_of(texts: Iterable[str]) -> str:
    """Return the words by which a record with these texts is found, folded and stemmed, each once."""
    found = dict.fromkeys(chain.from_iterable(map(_stems_of, texts)))
    return " ".join(islice(found, _MOST_WORDS))


def _is_sqlite(session: ReadSession | WriteSession) -> bool:
    return session.get_bind().dialect.name == "sqlite"


# The words of a CPV code or a place are indexed with thousands of records.
@lru_cache(maxsize=8192)
def _stems_of(text: str) -> tuple[str, ...]:
    return tuple([stem[:_LONGEST_WORD] for stem in stems(text)])
