"""How a room writes copies of other nodes' records: whose they are is asked first, and who follows them is told."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import AfterValidator
from sqlalchemy import Table, inspect, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Message
from app.core.i18n import N_
from app.core.patching import validated
from app.core.schema import SchemaIn
from app.journal import service as journal
from app.journal.vocabulary import Change, Copy, Method

Schema = TypeVar("Schema", bound=SchemaIn)


def read(schema: type[Schema], copies: Sequence[Copy]) -> list[tuple[Copy, Schema]]:
    """Return copies with what they say as `schema`; what else they say is passed over: a newer home has more.

    Raises:
        InvalidContent: with a pointer to each field that is wrong in the first that cannot be read.
    """
    return [(one, validated(schema, one.payload, unknown="ignore")) for one in copies]


def shown_as(states: Collection[str]) -> AfterValidator:
    """Return a validator that refuses a state in which nobody but its home may know of a record."""

    def check(state: str) -> str:
        if state not in states:
            raise ValueError(Message(N_("only what everybody may see travels between nodes")))
        return state

    return AfterValidator(check)


def require_home(session: WriteSession, table: type[SQLModel], copies: Sequence[Copy]) -> list[str]:
    """Refuse copies whose id is another node's record here: nobody speaks for anybody else. Return those that are here.

    `table` has the columns `id` and `home`.

    Raises:
        Conflict: naming the first of them.
    """
    homes = {one.id: one.home for one in copies}
    columns = _of(table).c
    here: list[str] = []
    for record_id, home in session.execute(select(columns.id, columns.home).where(columns.id.in_(list(homes)))):
        if home != homes[record_id]:
            told = N_("The record {id} is here already and belongs to {node}.")
            raise Conflict(Message(told, id=record_id, node=home))
        here.append(record_id)
    return here


def give_way(
    session: WriteSession, table: type[SQLModel], copies: Sequence[Copy], key: Sequence[str], values: Iterable[Any]
) -> None:
    """Take what only one record of a node may say (`key`: its columns) from the node's other copies.

    It has moved at home, and they will be told anew; which of them comes first is chance. The last column is emptied.
    """
    if taken := list(values):
        columns = _of(table).c
        others = (columns.home == copies[0].home, columns.id.not_in([one.id for one in copies]))
        same = tuple_(*(columns[name] for name in key)).in_(taken)
        session.connection().execute(update(_of(table)).where(*others, same).values({key[-1]: None}))


@contextmanager
def as_conflicts() -> Iterator[None]:
    """Tell of what the database refuses to keep beside the rest as of a conflict.

    Raises:
        Conflict: two copies say what only one may, or one breaks another rule of the tables.
    """
    try:
        yield
    except IntegrityError as fault:
        raise Conflict(Message(N_("The copies cannot be kept beside what is here already."))) from fault


def own_ids(session: ReadSession | WriteSession, table: type[SQLModel], home: str) -> Sequence[str]:
    """Return the ids of all the records of a node, whatever state they are in."""
    columns = _of(table).c
    return session.execute(select(columns.id).where(columns.home == home).order_by(columns.id)).scalars().all()


def here(session: WriteSession, table: type[SQLModel], home: str, record_ids: Sequence[str]) -> list[str]:
    """Return those of these ids that are a node's records here."""
    columns = _of(table).c
    wanted = select(columns.id).where(columns.id.in_(record_ids), columns.home == home)
    return list(session.execute(wanted).scalars())


def written(session: WriteSession, record_type: str, copies: Sequence[Copy]) -> None:
    """Tell the journal of copies that are here now: rooms above follow them as they follow our own records."""
    for one in copies:
        journal.record(session, Change(record_type, one.id, one.home, one.rev, Method.PUT, "", None, one.payload))


def forgotten(session: WriteSession, record_type: str, home: str, record_ids: Sequence[str]) -> None:
    """Tell the journal of copies that are gone."""
    for one in record_ids:
        journal.record(session, Change(record_type, one, home, 0, Method.DELETE, "", {}, None))


def _of(table: type[SQLModel]) -> Table:
    own: Table = inspect(table).local_table
    return own
