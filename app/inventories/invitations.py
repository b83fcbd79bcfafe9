"""Who is asked, with a link that needs no account; reminders, twice at most; and how many have answered."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col

from app.accounts import people
from app.accounts.vocabulary import Caller
from app.audit import service as audit
from app.core.clock import today, zone
from app.core.columns import new_id
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.inventories import queries, rounds
from app.inventories.rules import hash_of, is_reminded, token_of
from app.inventories.schemas import (
    InviteeIn,
    InviteesIn,
    ResponseRate,
    SurveyInvitation,
    SurveyInvitations,
    SurveyInvited,
)
from app.inventories.suppression import SMALLEST
from app.inventories.tables import InventoryInvitation, NeedsInventory
from app.inventories.vocabulary import InvitationState, Status
from app.mail import service as mail
from app.mail.vocabulary import Letter
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationRead

# So many letters of reminder a day and node: the rest wait for tomorrow.
_A_DAY = 500
_AT_LEAST = timedelta(days=7)


def invite(
    session: WriteSession, inventory_id: str, data: InviteesIn, *, by: Caller | None = None, secret: bytes
) -> SurveyInvited:
    """Ask organisations to answer an open round, by letters with a link, and return what came of it.

    Raises:
        NotFound, Forbidden: as `rounds.step`.
        Conflict: the round is not open.
        InvalidContent: there is no organisation with one of these ids.
    """
    row = _open(session, inventory_id, by)
    asked = {one.receiver: one for one in session.execute(queries.invitations(inventory_id)).scalars()}
    found = SurveyInvited(invited=[], already=[], no_address=[])
    for number, one in enumerate(data.invitees):
        organization = _organization(session, one, number, by)
        receiver = organization.id if organization else (one.email or "").lower()
        name = organization.name if organization else one.name or ""
        to = people.addressees(session, organization.id) if organization else []
        if receiver in asked:
            found.already.append(name)
        elif organization and not to:
            found.no_address.append(name)
        else:
            made = _made(session, row, one, organization, receiver, name, secret)
            asked[receiver] = made
            _write(session, row, made, secret)
            found.invited.append(_read(made))
    audit.record(session, "invite-to-inventory", rounds.OBJECT, inventory_id, after={"asked": len(found.invited)})
    return found


def withdraw(session: WriteSession, inventory_id: str, invitation_id: str, *, by: Caller) -> SurveyInvitation:
    """Take an invitation back: its link opens nothing any more. What was answered by it stays, as its holder left it.

    Raises:
        NotFound, Forbidden: as `invite`; or there is no such invitation to this round.
        Conflict: it was taken back before, or the round is not open.
    """
    _open(session, inventory_id, by)
    own = (col(InventoryInvitation.id) == invitation_id, col(InventoryInvitation.inventory_id) == inventory_id)
    sent = col(InventoryInvitation.state) == InvitationState.SENT
    taken = session.connection().execute(
        update(InventoryInvitation).where(*own, sent).values(state=InvitationState.WITHDRAWN)
    )
    row = session.get(InventoryInvitation, invitation_id, populate_existing=True)
    if row is None or row.inventory_id != inventory_id:
        raise NotFound(Message(N_("There is no such invitation to this round.")))
    if taken.rowcount == 0:
        raise Conflict(Message(N_("This invitation was taken back before.")))
    audit.record(session, "withdraw-inventory-invitation", rounds.OBJECT, inventory_id)
    return _read(row)


def all_of(session: ReadSession | WriteSession, inventory_id: str, *, by: Caller) -> SurveyInvitations:
    """Return everybody who was asked. Raises `NotFound` for a round that the caller does not look after."""
    rounds.looked_after(session, inventory_id, by)
    return SurveyInvitations(items=[_read(one) for one in session.execute(queries.invitations(inventory_id)).scalars()])


def response_rate(session: ReadSession | WriteSession, inventory_id: str, *, by: Caller) -> ResponseRate:
    """Return how many answered of those asked: while fewer than five are, only that. Raises as `all_of`."""
    rounds.looked_after(session, inventory_id, by)
    invited, answered = session.execute(queries.standing(inventory_id)).one()
    if invited < SMALLEST:
        return ResponseRate(invited=invited, answered=None, percent=None)
    return ResponseRate(invited=invited, answered=answered, percent=round(100 * answered / invited))


def remind(session: WriteSession, at: datetime, *, secret: bytes) -> int:
    """Remind those who have not answered: a week after the last letter, twice at most, never on the last day.

    At most five hundred a day, those who have waited longest first. Return how many.
    """
    day = at.astimezone(zone("SE")).date()
    reminded = 0
    for one in session.execute(queries.to_remind(_A_DAY, day - _AT_LEAST)).scalars().all():
        row = session.get(NeedsInventory, one.inventory_id)
        if row is not None and is_reminded(one.reminders, one.reminded_on or one.sent_on, row.closes_on, day):
            reminded += _remind(session, row, one, day, secret)
    return reminded


def _remind(session: WriteSession, row: NeedsInventory, one: InventoryInvitation, day: object, secret: bytes) -> int:
    """Remind once, unless another worker has, or the answer came meanwhile."""
    own = (
        col(InventoryInvitation.id) == one.id,
        col(InventoryInvitation.reminders) == one.reminders,
        col(InventoryInvitation.answered).is_(False),
        col(InventoryInvitation.state) == InvitationState.SENT,
    )
    values = {"reminders": one.reminders + 1, "reminded_on": day}
    if session.connection().execute(update(InventoryInvitation).where(*own).values(values)).rowcount == 0:
        return 0
    session.refresh(one)
    _write(session, row, one, secret)
    return 1


def _open(session: WriteSession, inventory_id: str, by: Caller | None) -> NeedsInventory:
    row = rounds.held(session, inventory_id, by)
    if row.status is not Status.OPEN:
        raise Conflict(Message(N_("The round is {status}: nobody is invited to it."), status=row.status.value))
    return row


def _organization(session: WriteSession, one: InviteeIn, number: int, by: Caller | None) -> OrganizationRead | None:
    if one.organization_id is None:
        return None
    try:
        return organizations.find(session, one.organization_id, by)
    except NotFound as fault:
        pointer = f"/invitees/{number}/organization_id"
        told = Message(N_("there is no organisation with this id"))
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault(pointer, told)]) from fault


def _made(
    session: WriteSession,
    row: NeedsInventory,
    one: InviteeIn,
    organization: OrganizationRead | None,
    receiver: str,
    name: str,
    secret: bytes,
) -> InventoryInvitation:
    invitation_id = new_id()
    made = InventoryInvitation(
        id=invitation_id,
        inventory_id=row.id,
        receiver=receiver,
        organization_id=organization.id if organization else None,
        name=name,
        address=one.email,
        language=one.language,
        area_code=one.area_code or (organization.area_code if organization else None),
        state=InvitationState.SENT,
        token_hash=hash_of(secret, token_of(secret, invitation_id)),
        sent_on=today(row.area_code[:2]),
    )
    session.add(made)
    session.flush()
    return made


def _write(session: WriteSession, row: NeedsInventory, one: InventoryInvitation, secret: bytes) -> None:
    """Write the letters of an invitation, or of a reminder of it."""
    kind = "reminder" if one.reminders else "invitation"
    values = {
        "name": row.name,
        "organization": one.name,
        "token": token_of(secret, one.id),
        "until": row.closes_on.isoformat(),
    }
    for to, language, person_id in _receivers(session, one):
        key = f"inventory-{kind}:{one.id}:{one.reminders}:{person_id or 'address'}"
        mail.queue(session, Letter(to, language, f"inventories/{kind}", values, key, person_id))


def _receivers(session: WriteSession, one: InventoryInvitation) -> Iterable[tuple[str, str, str | None]]:
    if one.organization_id is None:
        return [(one.address, one.language, None)] if one.address else []
    return [(found.email, found.language, found.person_id) for found in people.addressees(session, one.organization_id)]


def _read(one: InventoryInvitation) -> SurveyInvitation:
    return SurveyInvitation.model_validate(one)
