"""Sessions of people who are signed in: begun, found again by their cookie, and ended."""

import re
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlmodel import col

from app.accounts.passwords import is_right
from app.accounts.rules import email_key, keyed_hash
from app.accounts.schemas import SessionRead
from app.accounts.tables import LoginSession, Membership, Person
from app.accounts.vocabulary import Place, SignedIn
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import Message, NotFound, Unauthorized
from app.core.i18n import N_

# ASVS 5.0, level 2: half an hour without a sign, twelve hours in any case.
IDLE: Final = timedelta(minutes=30)
ABSOLUTE: Final = timedelta(hours=12)
# A page that is read writes that the session is alive, but not every time.
_SEEN_EVERY: Final = timedelta(minutes=1)
_TOKEN_BYTES = 32
_KEPT: Final = timedelta(days=30)
_BROWSERS = re.compile(r"(Edg|OPR|Firefox|Chrome|Safari)")
_SYSTEMS = re.compile(r"(Android|iPhone|iPad|Windows|Mac OS X|Linux)")
_NAMES = {"Edg": "Edge", "OPR": "Opera", "Mac OS X": "macOS"}


def recognised(session: ReadSession, email: str, password: str) -> str:
    """Return the id of the person whose address and password these are; an unknown address takes no less time.

    Apart from `begin`, and on a session that reads: a hash takes a tenth of a second, and no writer waits for it.

    Raises:
        Unauthorized: the address or the password is wrong; which, is not told.
    """
    person = session.execute(select(Person).where(col(Person.email) == email_key(email))).scalars().one_or_none()
    right = is_right(password, person.password_hash if person else None)
    if person is None or not right or person.disabled_at is not None:
        raise Unauthorized(Message(N_("The e-mail address or the password is wrong.")))
    found: str = person.id
    return found


def begin(session: WriteSession, person_id: str, *, secret: bytes, device: str = "") -> str:
    """Begin a session for a person who has shown who it is, and return its token, for a cookie.

    The token is always a new one, so that nobody can have planted it (session fixation). `device` is the `User-Agent`.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    places = places_of(session, person_id)
    session.connection().execute(update(Person).where(col(Person.id) == person_id).values(signed_in_at=now()))
    session.add(
        LoginSession(
            token_hash=keyed_hash(secret, token),
            person_id=person_id,
            membership_id=places[0].membership_id if places else None,
            device=device_of(device),
            expires_at=now() + ABSOLUTE,
        )
    )
    session.flush()
    return token


def signed_in(session: ReadSession | WriteSession, token: str, *, secret: bytes) -> SignedIn | None:
    """Return who is signed in with this token; None when the session is unknown, ended, or has expired."""
    wanted = (
        select(LoginSession, Person)
        .join(Person, col(Person.id) == col(LoginSession.person_id))
        .where(col(LoginSession.token_hash) == keyed_hash(secret, token), col(Person.disabled_at).is_(None))
    )
    found = session.execute(wanted).one_or_none()
    if found is None or not _is_alive(found[0]):
        return None
    row, person = found
    places = places_of(session, person.id)
    acting = next((place for place in places if place.membership_id == row.membership_id), next(iter(places), None))
    return SignedIn(person.id, row.id, person.email, person.language, places, acting)


def tell_seen(session: WriteSession, session_id: str, at: datetime) -> None:
    """Write down that a session is alive, if that was not written a moment ago."""
    old = col(LoginSession.seen_at) < at - _SEEN_EVERY
    session.connection().execute(update(LoginSession).where(col(LoginSession.id) == session_id, old).values(seen_at=at))


def act_from(session: WriteSession, who: SignedIn, membership_id: str) -> None:
    """Let a person act from another of its places.

    Raises:
        NotFound: it has no such place.
    """
    if membership_id not in {place.membership_id for place in who.places}:
        raise NotFound(Message(N_("You have no such place.")))
    change = update(LoginSession).where(col(LoginSession.id) == who.session_id).values(membership_id=membership_id)
    session.connection().execute(change)


def sessions_of(session: ReadSession, who: SignedIn) -> list[SessionRead]:
    """Return the sessions of a person that are alive, the last seen first."""
    wanted = (
        select(LoginSession)
        .where(col(LoginSession.person_id) == who.person_id)
        .order_by(col(LoginSession.seen_at).desc())
    )
    return [
        SessionRead(id=row.id, device=row.device, created_at=row.created_at, seen_at=row.seen_at,
                    is_this=row.id == who.session_id)
        for row in session.execute(wanted).scalars() if _is_alive(row)
    ]  # fmt: skip


def places_of(session: ReadSession | WriteSession, person_id: str) -> tuple[Place, ...]:
    """Return the living places of a person, the oldest first."""
    wanted = (
        select(Membership)
        .where(col(Membership.person_id) == person_id, col(Membership.ended_at).is_(None))
        .order_by(col(Membership.created_at), col(Membership.id))
    )
    return tuple(
        Place(row.id, row.organization_id, row.role, row.region, row.manages)
        for row in session.execute(wanted).scalars()
    )


def end(session: WriteSession, person_id: str, session_id: str) -> None:
    """End one session of a person. Ending one that has ended changes nothing."""
    own = (col(LoginSession.id) == session_id, col(LoginSession.person_id) == person_id)
    _end(session, *own)


def forget_sessions(session: WriteSession, at: datetime) -> int:
    """Remove the sessions that nobody could have gone on with for a month before `at`; return how many they were."""
    gone = session.connection().execute(delete(LoginSession).where(col(LoginSession.expires_at) < at - _KEPT))
    return gone.rowcount


def end_all(session: WriteSession, person_id: str, *, but: str | None = None) -> None:
    """End every session of a person, `but` one: after a new password nobody stays in with the old."""
    _end(session, col(LoginSession.person_id) == person_id, col(LoginSession.id) != (but or ""))


def device_of(user_agent: str) -> str:
    """Return which browser and system a `User-Agent` names, as far as a person would say it: "Firefox, Windows"."""
    found = [match.group() for match in (_BROWSERS.search(user_agent), _SYSTEMS.search(user_agent)) if match]
    return ", ".join(_NAMES.get(name, name) for name in found)


def _end(session: WriteSession, *which: object) -> None:
    alive = col(LoginSession.ended_at).is_(None)
    session.connection().execute(update(LoginSession).where(alive, *which).values(ended_at=now()))  # type: ignore[arg-type]


def _is_alive(row: LoginSession) -> bool:
    at = now()
    return row.ended_at is None and row.expires_at > at and row.seen_at > at - IDLE
