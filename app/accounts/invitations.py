"""Invitations: a link that makes a person a member, once and for three days. Only its keyed hash is kept."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from app.accounts import passwords, people, queries
from app.accounts.rules import email_key, keyed_hash
from app.accounts.schemas import InvitationCreate, InvitationRead, NewInvitation
from app.accounts.tables import Invitation, Person
from app.accounts.vocabulary import Digest, Role
from app.audit import service as audit
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.mail import service as mail
from app.mail.vocabulary import Letter

LASTS: Final = timedelta(hours=72)
# An invitation that came to nothing holds an address that we have no more use for.
_KEPT: Final = timedelta(days=30)
_TOKEN_BYTES: Final = 32
_OBJECT: Final = "invitation"
_GONE: Final = N_("This link has been used, has been withdrawn or is more than three days old. Ask for a new one.")


def invite(
    session: WriteSession, data: InvitationCreate, *, organization: str, secret: bytes, by: str | None = None
) -> NewInvitation:
    """Write an invitation, put its letter in the outbox, and return it with the token of its link.

    The same is done whether or not somebody with this address is known. `organization` is the name that the letter
    tells, `by` the person who invites. Whether `by` may is asked by `managing.invite`.

    Raises:
        InvalidContent: a coordinator is given no region.
    """
    row = _row_of(data, by)
    return _send(session, row, organization, secret)


def hold(session: WriteSession, data: InvitationCreate) -> str:
    """Write an invitation that is sent to nobody yet, and return its id: `release` sends it, `discard` forgets it."""
    row = _row_of(data, None)
    # It opens nothing: nobody knows a token of which this would be the hash, and it has run out.
    row.expires_at = row.created_at
    session.add(row)
    session.flush()
    held: str = row.id
    return held


def release(
    session: WriteSession, invitation_id: str, *, organization_id: str, organization: str, secret: bytes, by: str
) -> None:
    """Send an invitation that was held, to a place in this organisation.

    Raises:
        NotFound: it has been forgotten.
    """
    row = session.get(Invitation, invitation_id, with_for_update=True)
    if row is None:
        raise NotFound(Message(N_("There is no such invitation.")))
    row.organization_id, row.invited_by = organization_id, by
    row.created_at, row.expires_at = now(), now() + LASTS
    _send(session, row, organization, secret)


def address_of(session: ReadSession | WriteSession, invitation_id: str) -> tuple[str, str] | None:
    """Return the e-mail address and the language of an invitation, for a letter; None when it is forgotten."""
    row = session.get(Invitation, invitation_id)
    return (row.email, row.language) if row else None


def discard(session: WriteSession, invitation_id: str) -> None:
    """Forget an invitation, and with it the address."""
    session.expunge_all()
    session.connection().execute(delete(Invitation).where(col(Invitation.id) == invitation_id))


def look(session: ReadSession | WriteSession, token: str, *, secret: bytes) -> InvitationRead:
    """Return what a link invites to; looking changes nothing, so that mail scanners may follow it.

    Raises:
        NotFound: the link is unknown, used, withdrawn or too old; which of them, is not told.
    """
    return _read(_living(session, token, secret))


def is_known(session: ReadSession | WriteSession, invitation: InvitationRead) -> bool:
    """Tell whoever holds the link whether there is an account with its address already."""
    return people.with_address(session, invitation.email) is not None


def accept(session: WriteSession, token: str, *, person_id: str, secret: bytes) -> str:
    """Give a person who has shown who it is the place that a link invites to, and return the person's id.

    Raises:
        NotFound: as `look`; also for a link that was sent to another address than the person's.
    """
    row = _living(session, token, secret)
    if people.find(session, person_id).email != row.email:
        raise NotFound(Message(_GONE))
    return _take(session, row, person_id)


def accept_as_new(session: WriteSession, token: str, password_hash: str, *, secret: bytes) -> str:
    """Make the person that a link invites, with a password, and give it the place; return the person's id.

    `password_hash` is `hashed_for`'s: it takes a tenth of a second, for which no writer should wait.

    Raises:
        NotFound: as `look`.
        Conflict: somebody with this address has an account; it signs in instead.
    """
    row = _living(session, token, secret)
    if people.with_address(session, row.email) is not None:
        raise _has_account()
    person = Person(
        email=row.email, password_hash=password_hash, language=row.language, digest=Digest.DAILY, signed_in_at=None
    )
    session.add(person)
    try:
        session.flush()
    except IntegrityError as fault:
        # Another link to the same address was followed a moment ago.
        raise _has_account() from fault
    return _take(session, row, person.id)


def hashed_for(email: str, password: str) -> str:
    """Return the hash of a new password for somebody with this address.

    Raises:
        InvalidContent: it is too short, too long or easy to guess; the fault is at `/password`.
    """
    try:
        passwords.require_good(password, known=[email, *email.replace("@", ".").split(".")])
    except ValueError as fault:
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/password", fault.args[0])]) from fault
    return passwords.hashed(password)


def waiting(session: ReadSession | WriteSession, organization_id: str) -> list[InvitationRead]:
    """Return the invitations of an organisation that have not been answered, withdrawn or run out, by address."""
    return [_read(row) for row in session.execute(queries.invitations_of(organization_id, now())).scalars()]


def revoke(session: WriteSession, invitation_id: str, *, organization_id: str) -> None:
    """Withdraw an invitation; its link opens nothing from now on.

    Raises:
        NotFound: the organisation has none with this id.
        Conflict: it has been accepted.
    """
    row = session.get(Invitation, invitation_id, with_for_update=True)
    if row is None or row.organization_id != organization_id:
        raise NotFound(Message(N_("There is no such invitation.")))
    if row.accepted_at is not None:
        raise Conflict(Message(N_("The invitation has been accepted: end the place instead.")))
    row.revoked_at = row.revoked_at or now()
    session.flush()
    audit.record(session, "invitation.revoke", _OBJECT, row.id)


def forget_invitations(session: WriteSession, at: datetime) -> int:
    """Remove the invitations that ran out a month before `at`, and return how many they were.

    One that is held for a claim has its own life; it is forgotten with the claim.
    """
    old = (col(Invitation.expires_at) < at - _KEPT, col(Invitation.organization_id) != "")
    return session.connection().execute(delete(Invitation).where(*old)).rowcount


def _row_of(data: InvitationCreate, by: str | None) -> Invitation:
    if data.role is Role.COORDINATOR and data.region is None:
        told = Message(N_("a coordinator needs the region to look after, such as SE-22"))
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/region", told)])
    return Invitation(
        # Of a token that nobody has, until there is one to send.
        token_hash=keyed_hash(secrets.token_bytes(_TOKEN_BYTES), ""),
        email=email_key(data.email),
        organization_id=data.organization_id,
        role=data.role,
        region=data.region if data.role is Role.COORDINATOR else None,
        manages=data.manages,
        language=data.language,
        invited_by=by,
        expires_at=now() + LASTS,
    )


def _send(session: WriteSession, row: Invitation, organization: str, secret: bytes) -> NewInvitation:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row.token_hash = keyed_hash(secret, token)
    session.add(row)
    session.flush()
    values = {"organization": organization, "token": token, "manages": row.manages}
    mail.queue(session, Letter(row.email, row.language, "accounts/invitation", values))
    audit.record(session, "invitation.send", _OBJECT, row.id, after={"role": row.role, "manages": row.manages})
    return NewInvitation(token=token, **_read(row).model_dump())


def _living(session: ReadSession | WriteSession, token: str, secret: bytes) -> Invitation:
    hashed = keyed_hash(secret, token)
    wanted = queries.invitation(hashed, lock=isinstance(session, WriteSession))
    row: Invitation | None = session.execute(wanted).scalars().one_or_none()
    if row is None or row.accepted_at is not None or row.revoked_at is not None or row.expires_at <= now():
        raise NotFound(Message(_GONE))
    return row


def _has_account() -> Conflict:
    return Conflict(Message(N_("You have an account already: sign in with your password to take the place.")))


def _take(session: WriteSession, row: Invitation, person_id: str) -> str:
    row.accepted_at = now()
    place = people.take_place(session, person_id, row.organization_id, row.role, region=row.region, manages=row.manages)
    audit.record(session, "invitation.accept", _OBJECT, row.id, after={"membership": place})
    return person_id


def _read(row: Invitation) -> InvitationRead:
    return InvitationRead.model_validate(row)
