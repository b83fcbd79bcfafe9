"""What accounts ask the database. Each function returns a Select; nothing runs here."""

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlmodel import col

from app.accounts.tables import (
    ApiKey,
    Attempt,
    Invitation,
    LoginSession,
    Membership,
    PasswordReset,
    Person,
    RecoveryCode,
    SignInChallenge,
)
from app.accounts.vocabulary import Role


def by_hash(key_hash: str) -> Select[ApiKey]:
    """Select the key with this keyed hash."""
    return select(ApiKey).where(col(ApiKey.key_hash) == key_hash)


def of_organization(organization_id: str | None) -> Select[ApiKey]:
    """Select the keys of one organisation, or of all, newest first."""
    wanted = select(ApiKey).order_by(col(ApiKey.created_at).desc(), col(ApiKey.id))
    return wanted.where(col(ApiKey.organization_id) == organization_id) if organization_id else wanted


def with_email(email: str) -> Select[Person]:
    """Select the person with this address, which is written as `rules.email_key` writes it."""
    return select(Person).where(col(Person.email) == email)


def people() -> Select[Person]:
    """Select everybody, by address."""
    return select(Person).order_by(col(Person.email))


def people_of(organization_id: str) -> Select[Person]:
    """Select those with a living place in an organisation who can sign in, by address."""
    here = select(col(Membership.person_id)).where(
        col(Membership.organization_id) == organization_id, col(Membership.ended_at).is_(None)
    )
    return people().where(col(Person.id).in_(here), col(Person.disabled_at).is_(None))


def staff() -> Select[Membership, Person]:
    """Select the living places of coordinators and administrators, with the people in them."""
    return (
        select(Membership, Person)
        .join(Person, col(Person.id) == col(Membership.person_id))
        .where(
            col(Membership.role).in_((Role.COORDINATOR, Role.ADMIN)),
            col(Membership.ended_at).is_(None),
            col(Person.disabled_at).is_(None),
        )
        .order_by(col(Person.email))
    )


def members(organization_id: str) -> Select[Membership, Person]:
    """Select the living places in an organisation with the people in them, by address."""
    return (
        select(Membership, Person)
        .join(Person, col(Person.id) == col(Membership.person_id))
        .where(col(Membership.organization_id) == organization_id, col(Membership.ended_at).is_(None))
        .order_by(col(Person.email))
    )


def places_locked(organization_id: str) -> Select[Membership]:
    """Select the living places in an organisation in one order, and keep them from being changed meanwhile."""
    here = (col(Membership.organization_id) == organization_id, col(Membership.ended_at).is_(None))
    return select(Membership).where(*here).order_by(col(Membership.id)).with_for_update()


def place_in(person_id: str, organization_id: str) -> Select[Membership]:
    """Select the living place of a person in an organisation."""
    return select(Membership).where(
        col(Membership.person_id) == person_id,
        col(Membership.organization_id) == organization_id,
        col(Membership.ended_at).is_(None),
    )


def places_ever(person_id: str) -> Select[Membership]:
    """Select every place that a person has had."""
    return select(Membership).where(col(Membership.person_id) == person_id).order_by(col(Membership.created_at))


def sessions_ever(person_id: str) -> Select[LoginSession]:
    """Select every session of a person that is kept."""
    return select(LoginSession).where(col(LoginSession.person_id) == person_id).order_by(col(LoginSession.created_at))


def invitations_to(email: str) -> Select[Invitation]:
    """Select the invitations to an address, oldest first."""
    return select(Invitation).where(col(Invitation.email) == email).order_by(col(Invitation.created_at))


def invitations_of(organization_id: str, at: datetime) -> Select[Invitation]:
    """Select the invitations of an organisation that wait for an answer at `at`, by address."""
    waiting = (col(Invitation.accepted_at).is_(None), col(Invitation.revoked_at).is_(None))
    return (
        select(Invitation)
        .where(col(Invitation.organization_id) == organization_id, *waiting, col(Invitation.expires_at) > at)
        .order_by(col(Invitation.email), col(Invitation.id))
    )


def invitation(token_hash: str, *, lock: bool) -> Select[Invitation]:
    """Select the invitation with this keyed hash; with `lock` nobody else changes it meanwhile."""
    wanted = select(Invitation).where(col(Invitation.token_hash) == token_hash)
    return wanted.with_for_update() if lock else wanted


def reset(token_hash: str, *, lock: bool) -> Select[PasswordReset]:
    """Select the link for a new password with this keyed hash; with `lock` nobody else changes it meanwhile."""
    wanted = select(PasswordReset).where(col(PasswordReset.token_hash) == token_hash)
    return wanted.with_for_update() if lock else wanted


def challenge(token_hash: str, *, lock: bool) -> Select[SignInChallenge]:
    """Select the challenge with this keyed hash; with `lock` nobody else meets it meanwhile."""
    wanted = select(SignInChallenge).where(col(SignInChallenge.token_hash) == token_hash)
    return wanted.with_for_update() if lock else wanted


def recovery_codes_left(person_id: str) -> Select[int]:
    """Select how many of a person's recovery codes have not been used."""
    own = (col(RecoveryCode.person_id) == person_id, col(RecoveryCode.used_at).is_(None))
    return select(func.count()).select_from(RecoveryCode).where(*own)


def attempts_since(kind: str, subject: str, since: datetime) -> Select[datetime]:
    """Select when the attempts of a kind were made by a subject after `since`, the newest first."""
    mine = (col(Attempt.kind) == kind, col(Attempt.subject) == subject, col(Attempt.at) > since)
    return select(col(Attempt.at)).where(*mine).order_by(col(Attempt.at).desc())
