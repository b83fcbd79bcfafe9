"""Copies of other nodes' records: written by the sync alone, and changed by nobody but their home.

Every change of a record is told to the journal, so this is one wall for all rooms: a transaction that changes what
belongs to another node is refused, and told where it can be changed.
"""

from typing import Final

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from app.core.db import ReadSession, WriteSession
from app.core.errors import Forbidden, Message
from app.core.i18n import N_
from app.journal.schemas import NodeRead
from app.journal.tables import JournalNode
from app.journal.vocabulary import Change

_COPYING: Final = "copying"
_NODES: Final = "nodes"


def copying(session: WriteSession) -> None:
    """Say that this transaction writes copies: what it changes belongs to other nodes."""
    session.info[_COPYING] = True


def is_copying(session: WriteSession) -> bool:
    """Tell whether this transaction writes copies."""
    return bool(session.info.get(_COPYING))


def nodes(session: ReadSession | WriteSession) -> dict[str, NodeRead]:
    """Return the other nodes whose records are here, by their id."""
    if _NODES not in session.info:
        rows = session.execute(select(JournalNode).order_by(col(JournalNode.id))).scalars()
        session.info[_NODES] = {row.id: NodeRead(id=row.id, name=row.name, url=row.url) for row in rows}
    found: dict[str, NodeRead] = session.info[_NODES]
    return found


def home_of(session: ReadSession | WriteSession, home: str) -> NodeRead | None:
    """Return the other node that a record belongs to; None for one of this node's own."""
    return nodes(session).get(home)


def know(session: WriteSession, node: NodeRead) -> None:
    """Remember a node whose records may come here, or what it is called now."""
    session.merge(JournalNode(**node.model_dump()))
    session.flush()
    session.info.pop(_NODES, None)


def forget(session: WriteSession, node_id: str) -> None:
    """Forget a node of which nothing is here any more."""
    session.connection().execute(delete(JournalNode).where(col(JournalNode.id) == node_id))
    session.expire_all()
    session.info.pop(_NODES, None)


def require_own(session: WriteSession, change: Change) -> None:
    """Refuse a change of another node's record.

    Raises:
        Forbidden: with the name and the address of its home.
    """
    refuse_copy(session, change.home, change.type, change.record_id)


def is_own(home: Mapped[str]) -> ColumnElement[bool]:
    """Find the records of this node by the column of their home: what is done by the clock is done to these alone."""
    return home.not_in(select(col(JournalNode.id)))


def refuse_copy(session: ReadSession | WriteSession, home: str, record_type: str, record_id: str) -> None:
    """Refuse what can only be done where the record is at home; what is this node's own passes.

    Raises:
        Forbidden: with the name and the address of its home.
    """
    node = home_of(session, home)
    if node is not None:
        told = N_("This record belongs to {node} and can only be changed there: {url}")
        url = address_at_home(node, record_type, record_id)
        raise Forbidden(Message(told, node=node.name, url=url), members={"home": {"node": node.id, "url": url}})


def address_at_home(node: NodeRead, record_type: str, record_id: str) -> str:
    """Return the address of a record's page at its home, which chooses the reader's language."""
    return f"{node.url}/records/{record_type}/{record_id}"
