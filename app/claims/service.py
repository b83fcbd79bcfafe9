"""Claims: somebody says that a record is its own enterprise; the coordinator of the region verifies or refuses it.

Whoever claims is told the same whether or not somebody keeps the record, and whatever becomes of it is sent by mail.
"""

from datetime import datetime, timedelta
from typing import Final

from app.accounts import invitations, people, permissions
from app.accounts.permissions import Action
from app.accounts.schemas import InvitationCreate
from app.accounts.vocabulary import Caller, Role
from app.audit import service as audit
from app.claims import queries
from app.claims.schemas import ClaimFilters, ClaimIn, ClaimRead, ClaimReceipt
from app.claims.tables import EnterpriseClaim
from app.claims.vocabulary import ClaimState
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import BadRequest, Conflict, FieldFault, Message, NotFound
from app.core.i18n import N_
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseRead
from app.enterprises.vocabulary import RECORD_TYPE
from app.journal import copies
from app.mail import service as mail
from app.mail.vocabulary import Letter
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.organizations.vocabulary import OrganizationKind, Part

_OBJECT: Final = "enterprise_claim"
# An address that nobody has decided about is not kept for ever, nor is what was decided.
_OPEN_FOR: Final = timedelta(days=90)
_KEPT_FOR: Final = timedelta(days=365)


def submit(session: WriteSession, enterprise_id: str, data: ClaimIn) -> ClaimReceipt:
    """Write a claim down, and tell the coordinators of the region by mail.

    The same is done and answered whether or not somebody keeps the record already.

    Raises:
        NotFound: there is no enterprise with this id that everybody may know of.
        Forbidden: it belongs to another node: that one knows who keeps it.
    """
    enterprise = enterprises.find(session, enterprise_id)
    copies.refuse_copy(session, enterprise.home, RECORD_TYPE, enterprise_id)
    held = InvitationCreate(email=data.email, role=Role.ENTERPRISE, manages=True, language=data.language)
    claim = EnterpriseClaim(
        enterprise_id=enterprise_id,
        area=enterprise.area_code,
        function=data.function,
        evidence=data.evidence,
        invitation_id=invitations.hold(session, held),
        state=ClaimState.OPEN,
    )
    session.add(claim)
    session.flush()
    for one in people.addressees_of_region(session, claim.area):
        values = {"enterprise": enterprise.name}
        key = f"claim/{claim.id}/{one.person_id}"
        mail.queue(session, Letter(one.email, one.language, "claims/new_claim", values, key, one.person_id))
    audit.record(session, "claim.submit", _OBJECT, claim.id)
    return ClaimReceipt(enterprise_id=enterprise_id, received_at=claim.created_at)


def listed(session: ReadSession, filters: ClaimFilters, *, by: Caller) -> tuple[list[ClaimRead], int]:
    """Return one page of the claims in the coordinator's region, and how many the filters find in all."""
    region = None if by.role is Role.ADMIN else by.region or "-"
    rows = session.execute(queries.listed(filters, region)).scalars().all()
    total = session.execute(queries.count(filters, region)).scalar_one()
    return [_read(session, row) for row in rows], total


def verify(session: WriteSession, claim_id: str, *, secret: bytes, by: Caller) -> ClaimRead:
    """Give an enterprise's record into the hands of its own people: invite the claimant to the organisation keeping it.

    A record that nobody keeps is given to the organisation with its number, or to a new one. `by.reason` says how the
    claim was verified; it is kept.

    Raises:
        NotFound: there is no such claim in the caller's region, or the enterprise is gone.
        BadRequest: the caller does not say how it was verified.
        Conflict: somebody has decided it already.
    """
    claim = _open(session, claim_id, by)
    enterprise = enterprises.held(session, claim.enterprise_id, by=by)
    organization_id = enterprise.owner_id
    if organization_id is None:
        organization_id = _organization_for(session, enterprise)
        enterprises.entrust(session, enterprise.id, organization_id, by=by)
    name = organizations.name_of(session, organization_id) or enterprise.name
    invitations.release(
        session,
        claim.invitation_id,
        organization_id=organization_id,
        organization=name,
        secret=secret,
        by=by.actor_id,
    )
    claim.organization_id = organization_id
    return _decide(session, claim, ClaimState.VERIFIED, by)


def refuse(session: WriteSession, claim_id: str, *, by: Caller) -> ClaimRead:
    """Refuse a claim, tell the claimant why (`by.reason`), and forget the address.

    Raises:
        NotFound, BadRequest, Conflict: as `verify`.
    """
    claim = _open(session, claim_id, by)
    if (to := invitations.address_of(session, claim.invitation_id)) is not None:
        known = enterprises.named(session, [claim.enterprise_id]).get(claim.enterprise_id)
        values = {"enterprise": known.name if known else "", "reason": by.reason}
        mail.queue(session, Letter(*to, "claims/refused", values, f"claim-refused/{claim.id}"))
        decided = _decide(session, claim, ClaimState.REFUSED, by)
        invitations.discard(session, claim.invitation_id)
        return decided.model_copy(update={"email": None})
    return _decide(session, claim, ClaimState.REFUSED, by)


def forget_claims(session: WriteSession, at: datetime) -> int:
    """Remove the claims that nobody decided for three months before `at`, and those decided a year ago; count them."""
    gone = session.execute(queries.old(at - _OPEN_FOR, at - _KEPT_FOR)).scalars().all()
    held = [claim.invitation_id for claim in gone if claim.state is ClaimState.OPEN]
    for claim in gone:
        session.delete(claim)
    session.flush()
    for invitation_id in held:
        invitations.discard(session, invitation_id)
    return len(gone)


def _open(session: WriteSession, claim_id: str, by: Caller) -> EnterpriseClaim:
    """Return a claim that waits for `by` to decide, and that nobody else decides until the transaction ends."""
    # Looked at anew: whoever held it until now may have decided.
    claim = session.get(EnterpriseClaim, claim_id, with_for_update=True, populate_existing=True)
    if claim is None or not permissions.may(by, Action.MODERATE, owner_id=None, area=claim.area):
        raise NotFound(Message(N_("There is no claim with this id in your region.")))
    if by.reason is None:
        told = Message(N_("say why, or how you found out; the reason is kept"))
        raise BadRequest(Message(N_("A parameter is wrong: see errors.")), [FieldFault("reason", told)])
    if claim.state is not ClaimState.OPEN:
        raise Conflict(Message(N_("Somebody has decided this claim already.")))
    return claim


def _decide(session: WriteSession, claim: EnterpriseClaim, state: ClaimState, by: Caller) -> ClaimRead:
    claim.state, claim.decided_at, claim.decided_by, claim.reason = state, now(), by.actor_id, by.reason
    session.flush()
    audit.record(session, f"claim.{state.value}", _OBJECT, claim.id, after={"enterprise": claim.enterprise_id})
    return _read(session, claim)


def _organization_for(session: WriteSession, enterprise: EnterpriseRead) -> str:
    """Return the organisation that is to keep an enterprise: the one with its number, or a new one."""
    number = enterprise.organisation_number
    known = organizations.numbered(session, enterprise.home, number) if number else None
    if known is not None:
        return known
    told = OrganizationCreate(
        name=enterprise.name,
        organisation_number=number,
        country=enterprise.country,
        kind=OrganizationKind.ENTERPRISE,
        parts=[Part.ENTERPRISE],
        area_code=enterprise.area_code,
        source=enterprise.source,
    )
    return organizations.register(session, told, home=enterprise.home).id


def _read(session: ReadSession | WriteSession, claim: EnterpriseClaim) -> ClaimRead:
    known = enterprises.named(session, [claim.enterprise_id]).get(claim.enterprise_id)
    to = invitations.address_of(session, claim.invitation_id)
    keeper = known.owner_id if known else None
    own = {name: getattr(claim, name) for name in ClaimRead.model_fields if hasattr(claim, name)}
    return ClaimRead(
        **own,
        enterprise_name=known.name if known else None,
        organisation_number=known.organisation_number if known else None,
        kept_by=organizations.name_of(session, keeper) if keeper else None,
        email=to[0] if to else None,
    )
