"""People: who has a place in an organisation, how each wants to be written to, and how a place or a person ends."""

from typing import Final

from sqlalchemy import delete
from sqlmodel import col

from app.accounts import queries, sessions, two_step
from app.accounts.rules import email_key, lies_in
from app.accounts.schemas import MemberRead, PersonRead
from app.accounts.tables import Invitation, Membership, Person
from app.accounts.vocabulary import Addressee, Digest, Role
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Message, NotFound
from app.core.i18n import LANGUAGES, N_
from app.mail import service as mail

__all__ = [
    "addressees",
    "addressees_of_region",
    "change",
    "disable",
    "end",
    "erase",
    "everybody",
    "find",
    "kept_of",
    "members",
    "put",
    "resume",
    "take_place",
    "with_address",
]

_UNKNOWN: Final = N_("There is nobody with this id.")


def addressees(session: ReadSession | WriteSession, organization_id: str) -> list[Addressee]:
    """Return everybody with a living place in an organisation, by address; whoever is disabled is written nothing."""
    rows = session.execute(queries.people_of(organization_id)).scalars()
    return [_addressee(row) for row in rows]


def addressees_of_region(session: ReadSession | WriteSession, area: str | None) -> list[Addressee]:
    """Return the coordinators who look after `area` (an area code, such as `SE-2281`).

    Without one, as for what has no area or lies where nobody looks after, the node's administrators.
    """
    staff = session.execute(queries.staff()).all()
    near = {who.id: who for place, who in staff if place.role is Role.COORDINATOR and lies_in(area, place.region)}
    admins = {who.id: who for place, who in staff if place.role is Role.ADMIN}
    return [_addressee(person) for person in (near or admins).values()]


def members(session: ReadSession | WriteSession, organization_id: str) -> list[MemberRead]:
    """Return the places in an organisation that have not ended, with the people in them, by address."""
    rows = session.execute(queries.members(organization_id)).all()
    return [_member(place, person) for place, person in rows]


def everybody(session: ReadSession) -> list[PersonRead]:
    """Return everybody who can sign in, or could, by address: for whoever runs the node."""
    return [_person(session, row) for row in session.execute(queries.people()).scalars().all()]


def find(session: ReadSession | WriteSession, person_id: str) -> PersonRead:
    """Return one person with the places that have not ended.

    Raises:
        NotFound: there is nobody with this id.
    """
    return _person(session, _row(session, person_id))


def with_address(session: ReadSession | WriteSession, email: str) -> PersonRead | None:
    """Return the person with this e-mail address, disabled or not; None without one."""
    row = session.execute(queries.with_email(email_key(email))).scalars().one_or_none()
    return _person(session, row) if row else None


def put(session: WriteSession, email: str, password_hash: str, *, language: str) -> str:
    """Write somebody with this address and password, or give whoever has the address this password; return the id."""
    row = session.execute(queries.with_email(email_key(email))).scalars().one_or_none()
    row = row or Person(email=email_key(email), password_hash="", language=language, digest=Digest.DAILY)
    row.password_hash, row.disabled_at = password_hash, None
    session.add(row)
    session.flush()
    person_id: str = row.id
    return person_id


def take_place(
    session: WriteSession, person_id: str, organization_id: str, role: Role, *, region: str | None, manages: bool
) -> str:
    """Give a person a place in an organisation, and return its id; a place that the person has is changed to this."""
    place = session.execute(queries.place_in(person_id, organization_id)).scalars().first()
    if place is None:
        place = Membership(person_id=person_id, organization_id=organization_id, role=role, manages=False)
    # An invitation takes nothing away from somebody who looks after the people already.
    place.role, place.region, place.manages = role, region, manages or place.manages
    session.add(place)
    session.flush()
    taken: str = place.id
    return taken


def end(session: WriteSession, membership_id: str, *, organization_id: str) -> MemberRead:
    """End a place in `organization_id`; the person loses it at once, in sessions that are open too.

    Raises:
        NotFound: the organisation has no such place, or it has ended.
        Conflict: nobody would be left who looks after the organisation's people.
    """
    # Everyone's places are locked in one order, so that the last two who manage cannot end each other's at once.
    places = {place.id: place for place in session.execute(queries.places_locked(organization_id)).scalars()}
    place = places.get(membership_id)
    if place is None:
        raise NotFound(Message(N_("There is no such place in the organisation.")))
    if place.manages and not any(other.manages for other in places.values() if other.id != membership_id):
        raise Conflict(
            Message(N_("The last one who looks after the organisation's people cannot leave. Invite another first."))
        )
    place.ended_at = now()
    session.flush()
    return _member(place, _row(session, place.person_id))


def resume(session: WriteSession, membership_id: str, *, organization_id: str) -> MemberRead:
    """Take back the end of a place.

    Raises:
        NotFound: the organisation never had such a place.
        Conflict: the person has got another place there since.
    """
    place = session.get(Membership, membership_id, with_for_update=True)
    if place is None or place.organization_id != organization_id:
        raise NotFound(Message(N_("There is no such place in the organisation.")))
    another = session.execute(queries.place_in(place.person_id, organization_id)).scalars().first()
    if another is not None and another.id != place.id:
        raise Conflict(Message(N_("The person has another place here now.")))
    place.ended_at = None
    session.flush()
    return _member(place, _row(session, place.person_id))


def change(
    session: WriteSession, person_id: str, *, language: str | None = None, digest: Digest | None = None
) -> PersonRead:
    """Change which language a person is written to in, or how often; what is None stays.

    Raises:
        NotFound: there is nobody with this id.
    """
    row = _row(session, person_id)
    row.language = language if language in LANGUAGES else row.language
    row.digest = digest or row.digest
    session.flush()
    return _person(session, row)


def disable(session: WriteSession, person_id: str) -> PersonRead:
    """Let a person sign in no more, and end every session; one who is disabled already keeps the time.

    Raises:
        NotFound: there is nobody with this id.
    """
    row = _row(session, person_id)
    row.disabled_at = row.disabled_at or now()
    sessions.end_all(session, person_id)
    session.flush()
    return _person(session, row)


def kept_of(session: ReadSession | WriteSession, person_id: str) -> dict[str, object]:
    """Return what is kept of a person, for the person to take along (GDPR, Art. 15 and 20).

    Raises:
        NotFound: there is nobody with this id.
    """
    person = _row(session, person_id)
    places = session.execute(queries.places_ever(person_id)).scalars().all()
    begun = session.execute(queries.sessions_ever(person_id)).scalars().all()
    asked = two_step.state(session, person_id)
    return {
        "person": person.model_dump(mode="json", exclude={"password_hash"}),
        "places": [place.model_dump(mode="json", exclude={"person_id"}) for place in places],
        "sessions": [row.model_dump(mode="json", exclude={"person_id", "token_hash"}) for row in begun],
        "two_step": asked.model_dump(mode="json") if asked.on_since else None,
        "invitations": [
            row.model_dump(mode="json", exclude={"token_hash", "invited_by"})
            for row in session.execute(queries.invitations_to(person.email)).scalars()
        ],
    }


def erase(session: WriteSession, person_id: str) -> None:
    """Remove a person, with its places, sessions, letters, and the invitations that were sent to its address.

    Raises:
        NotFound: there is nobody with this id.
    """
    person = _row(session, person_id)
    session.connection().execute(delete(Invitation).where(col(Invitation.email) == person.email))
    mail.forget(session, person_id)
    session.expunge_all()
    # What belongs to the person goes with it: places, sessions and links (ON DELETE CASCADE).
    session.connection().execute(delete(Person).where(col(Person.id) == person_id))


def _row(session: ReadSession | WriteSession, person_id: str) -> Person:
    row = session.get(Person, person_id)
    if row is None:
        raise NotFound(Message(_UNKNOWN))
    return row


def _addressee(row: Person) -> Addressee:
    return Addressee(row.id, row.email, row.language, row.digest)


def _member(place: Membership, person: Person) -> MemberRead:
    return MemberRead(
        membership_id=place.id,
        person_id=person.id,
        email=person.email,
        role=place.role,
        region=place.region,
        manages=place.manages,
        since=place.created_at,
        signed_in_at=person.signed_in_at,
    )


def _person(session: ReadSession | WriteSession, row: Person) -> PersonRead:
    return PersonRead(
        id=row.id,
        email=row.email,
        language=row.language,
        digest=row.digest,
        created_at=row.created_at,
        signed_in_at=row.signed_in_at,
        disabled_at=row.disabled_at,
        places=list(sessions.places_of(session, row.id)),
    )
