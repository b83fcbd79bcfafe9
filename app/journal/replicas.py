"""How a room writes copies of other nodes' records: whose they are is asked first, and who follows them is told."""

from collections.abc import Sequence

from sqlalchemy import inspect, select
from sqlmodel import SQLModel

from app.core.db import WriteSession
from app.core.errors import Conflict, Message
from app.core.i18n import N_
from app.journal import service as journal
from app.journal.vocabulary import Change, Copy, Method


def require_home(session: WriteSession, table: type[SQLModel], copies: Sequence[Copy]) -> None:
    """Refuse copies whose id is another node's record here: nobody speaks for anybody else.

    `table` has the columns `id` and `home`.

    Raises:
        Conflict: naming the first of them.
    """
    homes = {one.id: one.home for one in copies}
    columns = inspect(table).local_table.c
    for record_id, home in session.execute(select(columns.id, columns.home).where(columns.id.in_(list(homes)))):
        if home != homes[record_id]:
            told = N_("The record {id} is here already and belongs to {node}.")
            raise Conflict(Message(told, id=record_id, node=home))


def written(session: WriteSession, record_type: str, copies: Sequence[Copy]) -> None:
    """Tell the journal of copies that are here now: rooms above follow them as they follow our own records."""
    for one in copies:
        journal.record(session, Change(record_type, one.id, one.home, one.rev, Method.PUT, "", None, one.payload))


def forgotten(session: WriteSession, record_type: str, home: str, record_ids: Sequence[str]) -> None:
    """Tell the journal of copies that are gone."""
    for one in record_ids:
        journal.record(session, Change(record_type, one, home, 0, Method.DELETE, "", {}, None))
