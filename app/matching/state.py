"""The index's one row: who changes the index holds it until the commit."""

from sqlalchemy import select

from app.core.db import WriteSession
from app.matching.tables import MatchState


def locked(session: WriteSession) -> MatchState:
    """Return the row, locked: two patches of one posting at a time would lose one of them.

    So whoever registers an enterprise and whoever publishes an opportunity also see each other's work.
    """
    state: MatchState = session.execute(select(MatchState).with_for_update()).scalar_one()
    return state
