"""New passwords: by a link that was sent to the address, once and for an hour, or by somebody who knows the old one."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, update
from sqlmodel import col

from app.accounts import passwords, queries, sessions, two_step
from app.accounts.rules import email_key, keyed_hash
from app.accounts.tables import PasswordReset, Person
from app.audit import service as audit
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.mail import service as mail
from app.mail.vocabulary import Letter

LASTS: Final = timedelta(hours=1)
_TOKEN_BYTES: Final = 32
_OBJECT: Final = "person"
_GONE: Final = N_("This link has been used or is more than an hour old. Ask for a new one.")


def send_link(session: WriteSession, email: str, *, secret: bytes) -> None:
    """Send a link for a new password to an address, if somebody has it here.

    What is done differs, so nobody may wait for it: whoever asked has been answered before this is called.
    """
    person = session.execute(queries.with_email(email_key(email))).scalars().one_or_none()
    if person is None or person.disabled_at is not None:
        return
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row = PasswordReset(token_hash=keyed_hash(secret, token), person_id=person.id, expires_at=now() + LASTS)
    session.add(row)
    session.flush()
    mail.queue(
        session,
        Letter(person.email, person.language, "accounts/password_reset", {"token": token}, person_id=person.id),
    )


def look(session: ReadSession | WriteSession, token: str, *, secret: bytes) -> str:
    """Return the address of the person whose password a link changes; looking changes nothing.

    Raises:
        NotFound: the link is unknown, used or too old; which of them, is not told.
    """
    row = _living(session, token, secret)
    person = session.get(Person, row.person_id)
    if person is None or person.disabled_at is not None:
        raise NotFound(Message(_GONE))
    email: str = person.email
    return email


def use(session: WriteSession, token: str, password_hash: str, *, secret: bytes) -> str:
    """Give a person the password that was hashed, end every session, tell the person by mail; return the person's id.

    Raises:
        NotFound: as `look`.
    """
    look(session, token, secret=secret)
    row = _living(session, token, secret)
    row.used_at = now()
    person_id: str = row.person_id
    _set(session, person_id, password_hash, keep_session=None)
    return person_id


def change(session: WriteSession, person_id: str, password_hash: str, *, session_id: str) -> None:
    """Give a person who is signed in a new password, end the person's other sessions, and tell it by mail."""
    _set(session, person_id, password_hash, keep_session=session_id)


def require_password(session: ReadSession, person_id: str, password: str) -> None:
    """Refuse whoever cannot say the password of a person, though it holds the person's session.

    Raises:
        InvalidContent: it is another; the fault is at `/current`.
    """
    person = session.get(Person, person_id)
    if not passwords.is_right(password, person.password_hash if person else None):
        told = Message(N_("This is not your password."))
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/current", told)])


def forget_resets(session: WriteSession, at: datetime) -> int:
    """Remove the links that ran out a day before `at`, and return how many they were."""
    old = col(PasswordReset.expires_at) < at - timedelta(days=1)
    return session.connection().execute(delete(PasswordReset).where(old)).rowcount


def _set(session: WriteSession, person_id: str, password_hash: str, *, keep_session: str | None) -> None:
    person = session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound(Message(_GONE))
    person.password_hash = password_hash
    # Whoever asked for another link, or sits in another browser, has to know the new password.
    unused = (col(PasswordReset.person_id) == person_id, col(PasswordReset.used_at).is_(None))
    session.flush()
    session.connection().execute(update(PasswordReset).where(*unused).values(used_at=now()))
    sessions.end_all(session, person_id, but=keep_session)
    two_step.end_challenges(session, person_id)
    session.flush()
    mail.queue(session, Letter(person.email, person.language, "accounts/password_changed", {}, person_id=person_id))
    audit.record(session, "password.change", _OBJECT, person_id)


def _living(session: ReadSession | WriteSession, token: str, secret: bytes) -> PasswordReset:
    wanted = queries.reset(keyed_hash(secret, token), lock=isinstance(session, WriteSession))
    row: PasswordReset | None = session.execute(wanted).scalars().one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= now():
        raise NotFound(Message(_GONE))
    return row
