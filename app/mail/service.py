"""Queue letters in the caller's transaction, and tell how the outbox stands."""

from sqlalchemy import func, select
from sqlmodel import col

from app.core.columns import new_id
from app.core.db import ReadSession, WriteSession
from app.core.i18n import DEFAULT_LANGUAGE, LANGUAGES
from app.mail.queries import inserted_once
from app.mail.tables import OutboxLetter
from app.mail.vocabulary import Letter, State


def queue(session: WriteSession, letter: Letter) -> None:
    """Put a letter into the outbox: it is sent after the transaction is committed, and not at all if it is undone.

    A letter with a `key` that was queued before is left out.
    """
    row_id = new_id()
    row = {
        "id": row_id,
        "key": letter.key or row_id,
        "address": letter.to,
        "person_id": letter.person_id,
        "language": letter.language if letter.language in LANGUAGES else DEFAULT_LANGUAGE,
        "template": letter.template,
        "values": dict(letter.values),
        "state": State.QUEUED,
        "attempts": 0,
    }
    session.connection().execute(inserted_once(session, row))


def numbers(session: ReadSession | WriteSession) -> dict[State, int]:
    """Return how many letters there are in each state."""
    state = col(OutboxLetter.state)
    found = session.execute(select(state, func.count()).group_by(state)).all()
    return {one: dict(found).get(one, 0) for one in State}
