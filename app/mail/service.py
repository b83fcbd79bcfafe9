"""Queue letters in the caller's transaction, lead them through the outbox, and tell how it stands."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlmodel import col

from app.core.columns import new_id
from app.core.db import ReadSession, WriteSession
from app.core.i18n import DEFAULT_LANGUAGE, LANGUAGES
from app.jobs import service as jobs
from app.mail import queries
from app.mail.rules import Stops, address_hash, next_try, stopped_by
from app.mail.tables import MailStop, OutboxLetter
from app.mail.vocabulary import INVITATIONS, Letter, Parcel, Post, Sender, Shown, State
from app.mail.writing_out import in_words, message_id

# So many letters are taken at once, and for so long: who takes them and dies leaves them to the next.
BATCH: Final = 10
LEASE: Final = timedelta(minutes=2)
# What a letter said may be of use for some days, when somebody says that it never came.
_KEPT_WHOLE: Final = timedelta(days=7)
_KEPT_AT_ALL: Final = timedelta(days=365)
# A worker that is not heard of for so long has stopped, or cannot reach the database.
_SILENCE: Final = timedelta(minutes=10)


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
    session.connection().execute(queries.inserted_once(session, row))


def is_any_due(session: ReadSession, at: datetime) -> bool:
    """Tell whether there is something to send."""
    return session.execute(queries.is_any_due(at)).first() is not None


def take(session: WriteSession, sender: Sender, *, holder: str, at: datetime, secret: bytes) -> list[Parcel]:
    """Take the letters that wait longest, to be sent by `holder` before its lease runs out.

    Invitations to those who want no more are taken out of the way here.
    """
    waiting = queries.due(at).limit(BATCH).with_for_update(skip_locked=True)
    rows = session.execute(waiting).scalars().all()
    refusing = _refusing(session, {row.address for row in rows if row.template in INVITATIONS}, secret)
    taken = []
    for row in rows:
        if row.address in refusing and row.template in INVITATIONS:
            _end(row, State.STOPPED, at)
            continue
        row.state, row.holder, row.held_until = State.SENDING, holder, at + LEASE
        row.message_id = row.message_id or message_id(row.id, sender)
        taken.append(_parcel(row))
    session.flush()
    return taken


def tell_sent(session: WriteSession, letter_id: str, *, holder: str, at: datetime) -> None:
    """Write down that a letter has been sent."""
    if row := _held(session, letter_id, holder):
        _end(row, State.SENT, at)
        row.fault = None


def tell_refused(session: WriteSession, letter_id: str, why: str, *, holder: str, at: datetime) -> None:
    """Write down that a letter will never be sent, and why."""
    if row := _held(session, letter_id, holder):
        _end(row, State.FAILED, at)
        row.fault = why[:300]


def put_off(session: WriteSession, letter_id: str, why: str, *, holder: str, at: datetime) -> None:
    """Let a letter wait, each time longer; after some days it is given up."""
    if row := _held(session, letter_id, holder):
        row.attempts += 1
        row.fault = why[:300]
        again = next_try(at, row.attempts, row.queued_at)
        if again is None:
            _end(row, State.FAILED, at)
        else:
            _put_back(row, again)


def put_back(session: WriteSession, letter_ids: list[str], *, holder: str, until: datetime) -> None:
    """Put letters back that were not tried, to be sent at `until` or later."""
    for letter_id in letter_ids:
        if row := _held(session, letter_id, holder):
            _put_back(row, until)


def wipe(session: WriteSession, at: datetime) -> int:
    """Wipe the addresses and contents of letters that ended a week before `at`, and forget them after a year."""
    ended = col(OutboxLetter.ended_at)
    session.connection().execute(delete(OutboxLetter).where(ended < at - _KEPT_AT_ALL))
    return session.connection().execute(queries.wiped(at - _KEPT_WHOLE)).rowcount


def forget(session: WriteSession, person_id: str) -> None:
    """Remove every letter to a person who is erased, sent or not."""
    session.connection().execute(delete(OutboxLetter).where(col(OutboxLetter.person_id) == person_id))


def stop_invitations(session: WriteSession, hashed: str) -> None:
    """Send no more invitations to an address, known by its hash (`stopped_by`)."""
    if session.get(MailStop, hashed) is None:
        session.add(MailStop(address_hash=hashed))
        session.flush()


def resume_invitations(session: WriteSession, hashed: str) -> None:
    """Send invitations to an address again."""
    session.connection().execute(delete(MailStop).where(col(MailStop.address_hash) == hashed))


def stops_of(token: str, *, secret: bytes) -> tuple[Stops, str] | None:
    """Return what a link in a letter stops, and whose; None when the link is not one of ours."""
    return stopped_by(secret, token)


def numbers(session: ReadSession | WriteSession) -> dict[State, int]:
    """Return how many letters there are in each state."""
    state = col(OutboxLetter.state)
    found = dict(session.execute(select(state, func.count()).group_by(state)).all())
    return {one: found.get(one, 0) for one in State}


def post(session: ReadSession | WriteSession, at: datetime) -> Post:
    """Return how the mail of the node stands at `at`, for whoever looks after it."""
    letters, worked_at = numbers(session), jobs.last_worked(session)
    # Where no worker has ever been heard of, the letters themselves tell for how long.
    since = worked_at or session.execute(queries.waiting_since()).scalar_one()
    waits = bool(letters[State.QUEUED] or letters[State.SENDING])
    return Post(letters, worked_at, waits and since is not None and at - since > _SILENCE)


def shown(session: ReadSession, sender: Sender, *, secret: bytes, limit: int = 50) -> list[Shown]:
    """Return the newest letters as they would be sent, and how far each has come: the demo's own outbox."""
    rows = session.execute(queries.newest(limit)).scalars().all()
    return [_shown(row, sender, secret) for row in rows if row.address is not None]


def _shown(row: OutboxLetter, sender: Sender, secret: bytes) -> Shown:
    subject, text = in_words(_parcel(row, sender), sender, secret=secret)
    return Shown(to=row.address or "", subject=subject, text=text, state=row.state, queued_at=row.queued_at)


def _refusing(session: WriteSession, addresses: set[str | None], secret: bytes) -> set[str]:
    hashes = {address_hash(secret, address): address for address in addresses if address is not None}
    return {hashes[one] for one in session.execute(queries.stopped(set(hashes))).scalars()} if hashes else set()


def _held(session: WriteSession, letter_id: str, holder: str) -> OutboxLetter | None:
    return session.execute(queries.held(letter_id, holder)).scalars().one_or_none()


def _end(row: OutboxLetter, state: State, at: datetime) -> None:
    row.state, row.ended_at, row.holder, row.held_until = state, at, None, None


def _put_back(row: OutboxLetter, until: datetime) -> None:
    row.state, row.next_try_at, row.holder, row.held_until = State.QUEUED, until, None, None


def _parcel(row: OutboxLetter, sender: Sender | None = None) -> Parcel:
    return Parcel(
        id=row.id,
        address=row.address or "",
        person_id=row.person_id,
        language=row.language,
        template=row.template,
        values=row.values or {},
        message_id=row.message_id or (message_id(row.id, sender) if sender else ""),
    )


__all__ = [
    "BATCH",
    "LEASE",
    "Stops",
    "forget",
    "is_any_due",
    "numbers",
    "post",
    "put_back",
    "put_off",
    "queue",
    "resume_invitations",
    "shown",
    "stop_invitations",
    "stops_of",
    "take",
    "tell_refused",
    "tell_sent",
    "wipe",
]
