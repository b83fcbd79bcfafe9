"""Copies that wait for the index: other nodes' records come by the thousand, and are brought into it together."""

from collections.abc import Collection, Mapping

from sqlalchemy import delete, func, select
from sqlmodel import col

from app.core.bulk import insert_many
from app.core.db import ReadSession, WriteSession
from app.matching.tables import MatchWaiting
from app.matching.vocabulary import Side

Changed = Mapping[Side, Collection[str]]
"""Ids of records by their side."""


def add(session: WriteSession, changed: Changed) -> None:
    """Let records wait until `take`; those that wait already wait anew: whoever takes them now has not seen this."""
    forget(session, changed)
    rows = [{"side": side, "record_id": one} for side, ids in changed.items() for one in sorted(ids)]
    insert_many(session, MatchWaiting, rows)


def forget(session: WriteSession, changed: Changed) -> None:
    """Let records wait no more: they are in the index, or gone."""
    for side, ids in changed.items():
        if ids:
            these = (col(MatchWaiting.side) == side, col(MatchWaiting.record_id).in_(sorted(ids)))
            session.connection().execute(delete(MatchWaiting).where(*these))


def forget_all(session: WriteSession) -> None:
    """Let nothing wait any more."""
    session.connection().execute(delete(MatchWaiting))


def forget_side(session: WriteSession, side: Side) -> None:
    """Let nothing wait any more on one side."""
    session.connection().execute(delete(MatchWaiting).where(col(MatchWaiting.side) == side))


def take(session: WriteSession, side: Side, most: int) -> list[str]:
    """Return some of those that wait on one side, which wait no more once the transaction is committed."""
    of_side = col(MatchWaiting.side) == side
    some = select(col(MatchWaiting.record_id)).where(of_side).order_by(col(MatchWaiting.record_id)).limit(most)
    taken = delete(MatchWaiting).where(of_side, col(MatchWaiting.record_id).in_(some))
    return sorted(session.connection().execute(taken.returning(col(MatchWaiting.record_id))).scalars())


def counts(session: ReadSession | WriteSession) -> dict[Side, int]:
    """Return how many wait on each side."""
    side = col(MatchWaiting.side)
    found = {
        Side(one): number for one, number in session.connection().execute(select(side, func.count()).group_by(side))
    }
    return {one: found.get(one, 0) for one in Side}
