"""An enterprise without an account here asks for the link to answer with: it has met the opportunity at another node.

Anybody may ask in any enterprise's name, so the link goes to the function address in the enterprise's own record and
nowhere else, and nobody is told whether there is one.
"""

from app.audit import service as audit
from app.core.clock import now
from app.core.db import WriteSession
from app.core.errors import NotFound
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseRead
from app.journal import copies
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityRead
from app.responses import ground, invitations, letters, queries, rules
from app.responses.rules import INVITATION_STEPS
from app.responses.tables import EnterpriseInvitation
from app.responses.vocabulary import InvitationState, InvitationStep, Reached, ResponseState, StepKind


def send_link(session: WriteSession, opportunity_id: str, enterprise_id: str, *, secret: bytes) -> None:
    """Send an enterprise the link that it answers an opportunity of this node with, unless it has answered.

    What is done differs, so nobody may wait for it: whoever asked has been answered before this is called. The buyer
    sees that a link was asked for. One that is good already is sent again, once a day; what the buyer has taken back
    stays so.
    """
    try:
        opportunity = opportunities.held(session, opportunity_id)
        enterprise = enterprises.find(session, enterprise_id)
    except NotFound:
        return
    if (
        _takes_answers(session, opportunity)
        and enterprise.contact_email
        and not _has_answered(session, opportunity, enterprise)
    ):
        found = ground.fresh(session, queries.invitation(opportunity.id, enterprise.id))
        _send(session, opportunity, enterprise, next(iter(found), None), secret)


def _takes_answers(session: WriteSession, opportunity: OpportunityRead) -> bool:
    is_own = copies.home_of(session, opportunity.home) is None
    return is_own and ground.is_shown(session, opportunity) and rules.takes_answers(opportunity, now())


def _has_answered(session: WriteSession, opportunity: OpportunityRead, enterprise: EnterpriseRead) -> bool:
    given = ground.fresh(session, queries.response(opportunity.id, enterprise.id))
    return any(one.state is ResponseState.STANDING for one in given)


def _send(
    session: WriteSession,
    opportunity: OpportunityRead,
    enterprise: EnterpriseRead,
    row: EnterpriseInvitation | None,
    secret: bytes,
) -> None:
    if row is None or row.state is InvitationState.EXPIRED:
        row = _asked(session, opportunity, enterprise, row)
    if row.state is InvitationState.QUEUED:
        invitations.send(session, opportunity, enterprise, row, secret=secret)
    elif row.state in (InvitationState.SENT, InvitationState.SEEN):
        _send_again(session, opportunity, enterprise, row, secret)


def _asked(
    session: WriteSession, opportunity: OpportunityRead, enterprise: EnterpriseRead, row: EnterpriseInvitation | None
) -> EnterpriseInvitation:
    """Write down that the enterprise has asked."""
    if row is None:
        row = EnterpriseInvitation(
            opportunity_id=opportunity.id,
            enterprise_id=enterprise.id,
            enterprise_name=enterprise.name,
            state=InvitationState.QUEUED,
            reached=Reached.NOBODY,
            is_requested=True,
        )
        session.add(row)
        session.flush()
    else:
        again = {"reminded_at": None, "seen_at": None, "is_paced": False, "is_requested": True}
        ground.take(session, row, InvitationStep.INVITE_AGAIN, INVITATION_STEPS, **again)
    ground.write_step(session, opportunity.id, StepKind.LINK_ASKED, enterprise.id, enterprise.name)
    audit.record(session, "ask-for-link", "invitation", row.id, after={"enterprise_id": enterprise.id})
    return row


def _send_again(
    session: WriteSession,
    opportunity: OpportunityRead,
    enterprise: EnterpriseRead,
    row: EnterpriseInvitation,
    secret: bytes,
) -> None:
    """Send a link that is still good once more, so that the first letter's goes on working."""
    at = now()
    if row.sent_at is None or row.expires_at is None or row.expires_at <= at:
        return
    _, to = letters.receivers(session, enterprise, function_only=True)
    token = rules.token_of(secret, row.id, row.sent_at)
    day = at.date().isoformat()
    letters.invitation(session, opportunity, enterprise, to, token=token, until=row.expires_at, kind="link", day=day)
