"""How a room writes copies of other nodes' records: whose they are is asked first, and who follows them is told.

Most of what a copy costs is reading it and making its rows, which needs no database. That is done first (`drafted`),
here or by another process, and what it gives is written (`write`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, NamedTuple, TypeVar

from pydantic import AfterValidator
from sqlalchemy import Dialect, Table, delete, inspect, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from app.core.bulk import Ready, insert_ready, packed, ready, update_ready
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, InvalidContent, Message
from app.core.i18n import N_
from app.core.images import Imaged, Packing
from app.core.patching import validated
from app.core.schema import SchemaIn
from app.core.search import SearchIndex, words_of
from app.journal import returning
from app.journal import service as journal
from app.journal.vocabulary import Change, Copy, Method

Schema = TypeVar("Schema", bound=SchemaIn)
Rows = returning.Rows
_BESIDE: Final = N_("The copies cannot be kept beside what is here already.")


class Draft(NamedTuple):
    """What becomes of one copy: its rows, table by table, and the texts that it is found by.

    `unique` is what only one record of a node may say: values of those columns of which its room says so.
    """

    rows: Rows
    texts: Sequence[str] = ()
    unique: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Drafted:
    """Copies as they will be written, in plain values: rows as the driver takes them, words as search keeps them.

    Those that come from another process may be in an image.
    """

    homes: dict[str, str]
    rows: dict[type[SQLModel], Ready | Imaged]
    words: dict[str, str] | Imaged
    unique: list[tuple[Any, ...]]

    def packed(self, packing: Packing) -> "Drafted":
        """Return the same with its rows and words in an image, for SQLite."""
        rows: dict[type[SQLModel], Ready | Imaged] = {
            table: packed(packing, own) for table, own in self.rows.items() if isinstance(own, Ready)
        }
        words = packing.put(("id", "words"), list(self.words.items())) if isinstance(self.words, dict) else self.words
        return replace(self, rows=rows, words=words)


class Replicas(Generic[Schema]):
    """Where the copies of one type of record are written, and how.

    A copy is read as `schema`, and `draft` says what becomes of it. `tables` are in the order in which they may be
    written, the record's own first: it has the columns `id` and `home`, and what belongs to it goes with it.
    `taken_back` does with an own record what was done when it became what it is again (`take_back`).
    """

    def __init__(
        self,
        record_type: str,
        schema: type[Schema],
        draft: Callable[[Copy, Schema], Draft],
        tables: Sequence[type[SQLModel]],
        *,
        search: SearchIndex | None = None,
        unique: Sequence[str] = (),
        taken_back: Callable[[WriteSession, str, Schema], None] = lambda *_: None,
    ) -> None:
        self.record_type = record_type
        self._schema = schema
        self._draft = draft
        self._own = tables[0]
        self._tables = tables
        self._search = search
        self._unique = unique
        self._taken_back = taken_back

    def drafted(self, copies: Sequence[Copy], dialect: Dialect) -> Drafted:
        """Return what will be written of these copies to a database of this dialect; nothing is read from it.

        What they say that the schema does not know is passed over: a newer home has more.

        Raises:
            InvalidContent: with a pointer to each field that is wrong in the first copy that cannot be read.
        """
        drafts = [self._draft(one, self._read(one)) for one in copies]
        rows = {table: [row for one in drafts for row in one.rows.get(table, ())] for table in self._tables}
        texts = {copy.id: draft.texts for copy, draft in zip(copies, drafts, strict=True)}
        return Drafted(
            homes={one.id: one.home for one in copies},
            rows={table: ready(dialect, table, of_table) for table, of_table in rows.items() if of_table},
            words={one: words_of(said) for one, said in texts.items()} if self._search else {},
            unique=[one.unique for one in drafts if one.unique is not None],
        )

    def _read(self, copy: Copy) -> Schema:
        return validated(self._schema, copy.payload, unknown="ignore")

    def write(self, session: WriteSession, copies: Sequence[Copy], drafted: Drafted, *, are_new: bool = False) -> None:
        """Write what was drafted of these copies in place of what was here of them, and tell the journal.

        Nothing is looked for of those that `are_new`: should one be here all the same, it is a conflict.

        Raises:
            Conflict: an id is another node's record here, or two copies say what only one may.
        """
        if not are_new:
            self._delete(session, _require_home(session, self._own, drafted.homes))
        if drafted.unique:
            _give_way(session, self._own, drafted, self._unique)
        with _as_conflicts():
            for table, rows in drafted.rows.items():
                insert_ready(session, table, rows)
        self._follow(session, copies, drafted, are_new=are_new)

    def _follow(
        self, session: WriteSession, copies: Sequence[Copy], drafted: Drafted, *, are_new: bool = False
    ) -> None:
        if self._search:
            self._search.put_all(session, drafted.words, are_new=are_new)
        told = [
            Change(self.record_type, one.id, one.home, one.rev, Method.PUT, "", None, one.payload) for one in copies
        ]
        journal.record_copies(session, self.record_type, told)

    def rewrite(self, session: WriteSession, copies: Sequence[Copy], drafted: Drafted) -> None:
        """Write what was drafted of copies that are here into their own rows: what belongs to them is as it was.

        Raises:
            Conflict: one is another node's record or not here, or two copies say what only one may.
        """
        here = _require_home(session, self._own, drafted.homes)
        if len(here) < len(drafted.homes):
            raise Conflict(Message(_BESIDE))
        if drafted.unique:
            _give_way(session, self._own, drafted, self._unique)
        with _as_conflicts():
            update_ready(session, self._own, drafted.rows[self._own], but=["created_at"])
        session.expire_all()
        self._follow(session, copies, drafted)

    def project(self, session: WriteSession, copies: Sequence[Copy]) -> None:
        """Draft copies and write them.

        Raises:
            InvalidContent, Conflict: as `drafted` and `write`.
        """
        self.write(session, copies, self.drafted(copies, session.connection().dialect))

    def take_back(self, session: WriteSession, one: Copy, known: Copy | None) -> None:
        """Let a record of this node's own be again what others were told, and tell the journal.

        `known` is what others could be told of it as it is here; None when that is nothing. All that was never told
        stays as it is: see `returning`.

        Raises:
            InvalidContent, Conflict: as `drafted` and `write`.
        """
        if not _require_home(session, self._own, {one.id: one.home}):
            self.project(session, [one])
            return
        data = self._read(one)
        draft = self._draft(one, data)
        unique = [draft.unique] if draft.unique is not None else []
        drafted = Drafted({one.id: one.home}, {}, {one.id: words_of(draft.texts)}, unique)
        if drafted.unique:
            _give_way(session, self._own, drafted, self._unique)
        with _as_conflicts():
            returning.put_right(session, self._tables, one.id, draft.rows, self._rows_of(known))
        self._taken_back(session, one.id, data)
        self._follow(session, [one], drafted)

    def _rows_of(self, known: Copy | None) -> Rows | None:
        """Return the rows that a copy would have; None of one that the rules of today would refuse."""
        try:
            return self._draft(known, self._read(known)).rows if known is not None else None
        except InvalidContent:
            return None

    def forget(self, session: WriteSession, home: str, record_ids: Sequence[str]) -> None:
        """Take these copies of a node's records away, with all that they said, and tell the journal."""
        columns = _of(self._own).c
        wanted = select(columns.id).where(columns.id.in_(record_ids), columns.home == home)
        gone = list(session.execute(wanted).scalars())
        self._delete(session, gone)
        if self._search:
            self._search.remove_all(session, gone)
        for one in gone:
            journal.record(session, Change(self.record_type, one, home, 0, Method.DELETE, "", {}, None))

    def own_ids(self, session: ReadSession | WriteSession, home: str) -> Sequence[str]:
        """Return the ids of all the records of a node, drafts and hidden ones too."""
        columns = _of(self._own).c
        return session.execute(select(columns.id).where(columns.home == home).order_by(columns.id)).scalars().all()

    def _delete(self, session: WriteSession, record_ids: Sequence[str]) -> None:
        if record_ids:
            # What belongs to a record goes with it: the foreign keys cascade.
            own = _of(self._own)
            session.connection().execute(delete(own).where(own.c.id.in_(record_ids)))
            session.expire_all()


def shown_as(states: Collection[str]) -> AfterValidator:
    """Return a validator that refuses a state in which nobody but its home may know of a record."""

    def check(state: str) -> str:
        if state not in states:
            raise ValueError(Message(N_("only what everybody may see travels between nodes")))
        return state

    return AfterValidator(check)


def _require_home(session: WriteSession, table: type[SQLModel], homes: Mapping[str, str]) -> list[str]:
    """Refuse copies whose id is another node's record here: nobody speaks for anybody else. Return those that are here.

    Raises:
        Conflict: naming the first of them.
    """
    columns = _of(table).c
    here: list[str] = []
    for record_id, home in session.execute(select(columns.id, columns.home).where(columns.id.in_(list(homes)))):
        if home != homes[record_id]:
            told = N_("The record {id} is here already and belongs to {node}.")
            raise Conflict(Message(told, id=record_id, node=home))
        here.append(record_id)
    return here


def _give_way(session: WriteSession, table: type[SQLModel], drafted: Drafted, key: Sequence[str]) -> None:
    """Take what only one record of a node may say (`key`: its columns) from the node's other copies.

    It has moved at home, and they will be told anew; which of them comes first is chance. The last column is emptied.
    """
    columns = _of(table).c
    others = (columns.home.in_(set(drafted.homes.values())), columns.id.not_in(list(drafted.homes)))
    same = tuple_(*(columns[name] for name in key)).in_(drafted.unique)
    session.connection().execute(update(_of(table)).where(*others, same).values({key[-1]: None}))


@contextmanager
def _as_conflicts() -> Iterator[None]:
    """Tell of what the database refuses to keep beside the rest as of a conflict.

    Raises:
        Conflict: two copies say what only one may, or one breaks another rule of the tables.
    """
    try:
        yield
    except IntegrityError as fault:
        raise Conflict(Message(_BESIDE)) from fault


def _of(table: type[SQLModel]) -> Table:
    own: Table = inspect(table).local_table
    return own
