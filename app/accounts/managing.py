"""What those do who look after an organisation's people and keys: for their own organisation, or in their region.

Another organisation's people and keys are none of theirs: they are told what they would be told if nothing were there.
"""

from datetime import timedelta
from typing import Final

from app.accounts import invitations, people, permissions, service
from app.accounts.permissions import Action
from app.accounts.rules import lies_in
from app.accounts.schemas import InvitationCreate, InvitationRead, KeyCreate, KeyRead, MemberRead, NewInvitation, NewKey
from app.accounts.vocabulary import INVITES, SCOPES_OF_ROLE, Caller, Role
from app.audit import service as audit
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, FieldFault, Forbidden, InvalidContent, Message, NotFound
from app.core.i18n import N_

# For so long both the old key and the new open, so that a system can be given the new one without a pause.
OVERLAP: Final = timedelta(days=7)


def require(by: Caller, organization_id: str, area: str | None) -> None:
    """Refuse whoever does not look after the people and keys of an organisation, which works in `area`.

    Raises:
        Forbidden: it is the caller's own organisation, but others look after its people.
        NotFound: it is another, which is not the caller's business.
    """
    if not permissions.may(by, Action.MANAGE_PEOPLE, owner_id=organization_id, area=area):
        raise NotFound(Message(N_("There is no organisation with this id that you look after.")))
    if not by.manages:
        raise Forbidden(Message(N_("Others in your organisation look after its people and keys.")))


def members(session: ReadSession, organization_id: str, area: str | None, *, by: Caller) -> list[MemberRead]:
    """Return the places of an organisation. Raises as `require`."""
    require(by, organization_id, area)
    return people.members(session, organization_id)


def waiting(session: ReadSession, organization_id: str, area: str | None, *, by: Caller) -> list[InvitationRead]:
    """Return the invitations of an organisation that wait. Raises as `require`."""
    require(by, organization_id, area)
    return invitations.waiting(session, organization_id)


def invite(
    session: WriteSession, data: InvitationCreate, *, organization: str, area: str | None, secret: bytes, by: Caller
) -> NewInvitation:
    """Invite somebody to the organisation that `data` names, which is called `organization` and works in `area`.

    Raises:
        InvalidContent: the caller may invite nobody to such a role, or to look after such a region.
        NotFound, Forbidden: as `require`.
    """
    require(by, data.organization_id, area)
    if data.role not in INVITES[by.role]:
        told = Message(N_("You cannot invite somebody to this role."))
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/role", told)])
    if data.role is Role.COORDINATOR and by.role is not Role.ADMIN and not _within(data.region, by.region):
        told = Message(N_("The region must be yours, or a part of it."))
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/region", told)])
    return invitations.invite(session, data, organization=organization, secret=secret, by=by.actor_id)


def withdraw(session: WriteSession, invitation_id: str, organization_id: str, area: str | None, *, by: Caller) -> None:
    """Withdraw an invitation. Raises as `require` and `invitations.revoke`."""
    require(by, organization_id, area)
    invitations.revoke(session, invitation_id, organization_id=organization_id)


def end(session: WriteSession, membership_id: str, organization_id: str, area: str | None, *, by: Caller) -> MemberRead:
    """End somebody's place in an organisation. Raises as `require` and `people.end`."""
    require(by, organization_id, area)
    ended = people.end(session, membership_id, organization_id=organization_id)
    audit.record(session, "place.end", "membership", membership_id, before={"role": ended.role})
    return ended


def resume(
    session: WriteSession, membership_id: str, organization_id: str, area: str | None, *, by: Caller
) -> MemberRead:
    """Take back the end of somebody's place. Raises as `require` and `people.resume`."""
    require(by, organization_id, area)
    resumed = people.resume(session, membership_id, organization_id=organization_id)
    audit.record(session, "place.resume", "membership", membership_id, after={"role": resumed.role})
    return resumed


def keys(session: ReadSession | WriteSession, *, by: Caller) -> list[KeyRead]:
    """Return the keys of the caller's own organisation, newest first. Raises `Forbidden`."""
    require(by, by.organization_id, None)
    return service.list_keys(session, by.organization_id)


def create_key(session: WriteSession, data: KeyCreate, *, secret: bytes, by: Caller) -> NewKey:
    """Make a key for the caller's own organisation, with the caller's role and region, whatever `data` says of these.

    Raises:
        InvalidContent: a scope opens what the role has no use for.
        Forbidden: as `require`.
    """
    require(by, by.organization_id, None)
    if set(data.scopes) - set(SCOPES_OF_ROLE[by.role]):
        told = Message(N_("Your organisation cannot make a key that opens this."))
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/scopes", told)])
    own = data.model_copy(update={"organization_id": by.organization_id, "role": by.role, "region": _region_of(by)})
    made = service.create_key(session, own, secret=secret)
    audit.record(session, "key.create", "api_key", made.id, after={"scopes": made.scopes})
    return made


def rotate_key(session: WriteSession, key_id: str, *, secret: bytes, by: Caller) -> NewKey:
    """Make a key like one that there is; the old one opens for a week more, so that nothing stands still.

    Raises:
        NotFound: the organisation has no such key.
        Conflict: it has been revoked or has run out.
        Forbidden: as `require`.
    """
    _require_own_key(session, key_id, by)
    made = service.rotate_key(session, key_id, secret=secret, overlap=OVERLAP)
    audit.record(session, "key.rotate", "api_key", key_id, after={"new": made.id})
    return made


def revoke_key(session: WriteSession, key_id: str, *, by: Caller) -> KeyRead:
    """Let a key of the caller's own organisation open nothing from now on. Raises as `rotate_key`."""
    _require_own_key(session, key_id, by)
    revoked = service.revoke_key(session, key_id)
    audit.record(session, "key.revoke", "api_key", key_id)
    return revoked


def _require_own_key(session: WriteSession, key_id: str, by: Caller) -> None:
    if key_id not in {key.id for key in keys(session, by=by)}:
        raise NotFound(Message(N_("There is no key with this id.")))


def _region_of(by: Caller) -> str | None:
    return by.region if by.role is Role.COORDINATOR else None


def _within(area: str | None, region: str | None) -> bool:
    return area is not None and (area == region or lies_in(area, region))
