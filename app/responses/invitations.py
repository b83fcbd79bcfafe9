"""Enterprises invited to answer: by hand, or a batch a day by the buyer's plan."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.audit import service as audit
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.core.preconditions import Precondition
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseRead
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityRead
from app.responses import ground, letters, queries, rules
from app.responses.rows import invitation_read
from app.responses.rules import INVITATION_STEPS
from app.responses.schemas import InvitationRead, Invited, OutreachIn, OutreachRead
from app.responses.tables import EnterpriseInvitation, EnterpriseResponse, OutreachPlan
from app.responses.vocabulary import AnswerKind, InvitationState, InvitationStep, Reached, ResponseState, StepKind

# How far down the matches a place is looked for.
_RANKED = 200
_AGAIN = INVITATION_STEPS[InvitationStep.INVITE_AGAIN]


def plan(session: ReadSession | WriteSession, opportunity_id: str, *, by: Caller) -> OutreachRead:
    """Return how Samnod invites for the buyer; without a plan its `rev` is 0. Raises `NotFound`."""
    ground.read_by(session, opportunity_id, by, Action.INVITE)
    return plan_of(session, opportunity_id)


def plan_of(session: ReadSession | WriteSession, opportunity_id: str) -> OutreachRead:
    """Return the plan of an opportunity, whoever asks."""
    row = session.get(OutreachPlan, opportunity_id)
    invited = select(func.count()).where(
        col(EnterpriseInvitation.opportunity_id) == opportunity_id,
        col(EnterpriseInvitation.state) != InvitationState.WITHDRAWN,
    )
    return OutreachRead(
        opportunity_id=opportunity_id,
        rev=row.rev if row else 0,
        is_on=bool(row and row.batch_size),
        batch_size=row.batch_size if row else 0,
        enough=row.enough if row else 0,
        answer_by=row.answer_by if row else None,
        invited=session.execute(invited).scalar_one(),
        interested=interested(session, opportunity_id),
    )


def interested(session: ReadSession | WriteSession, opportunity_id: str) -> int:
    """Return how many are interested now."""
    wanted = select(func.count()).where(
        col(EnterpriseResponse.opportunity_id) == opportunity_id,
        col(EnterpriseResponse.state) == ResponseState.STANDING,
        col(EnterpriseResponse.kind) == AnswerKind.INTEREST,
    )
    number: int = session.execute(wanted).scalar_one()
    return number


def set_plan(
    session: WriteSession, opportunity_id: str, data: OutreachIn, *, match: Precondition, by: Caller
) -> OutreachRead:
    """Write how Samnod invites for the buyer from now on, whole, and return it; the next batch goes out by the worker.

    Raises:
        NotFound: the caller keeps no such opportunity.
        PreconditionFailed: somebody has changed the plan since.
        Conflict: the opportunity takes no answers.
        InvalidContent: the day has passed, or comes after the deadline.
    """
    opportunity = ground.led(session, opportunity_id, by, Action.INVITE)
    before = plan_of(session, opportunity_id)
    match.require(before.rev, current=before.model_dump(mode="json"), sent=data.model_dump(mode="json"))
    at = now()
    ground.require_taking(opportunity, at)
    _check_day(opportunity, data.answer_by, at)
    row = session.get(OutreachPlan, opportunity_id, populate_existing=True)
    if row is None:
        row = OutreachPlan(opportunity_id=opportunity_id, rev=0)
        session.add(row)
    row.batch_size, row.enough, row.answer_by = data.batch_size, data.enough, data.answer_by
    row.rev, row.updated_at = before.rev + 1, at
    session.flush()
    audit.record(session, "plan-outreach", "opportunity", opportunity_id, after=data.model_dump(mode="json"))
    return plan_of(session, opportunity_id)


def invite(
    session: WriteSession, opportunity_id: str, enterprise_ids: Sequence[str], *, by: Caller, secret: bytes
) -> Invited:
    """Invite enterprises now, whatever the plan says, and return what came of it; nobody is invited twice.

    `secret` is the node's own, which the links are made with.

    Raises:
        NotFound: the caller keeps no such opportunity.
        BadRequest: a coordinator does not say why.
        Conflict: the opportunity is not published, or its deadline has passed.
        InvalidContent: there is no enterprise with one of these ids.
    """
    opportunity = ground.led(session, opportunity_id, by, Action.INVITE)
    ground.require_taking(opportunity, now())
    missing = [n for n, one in enumerate(enterprise_ids) if not enterprises.exists(session, one)]
    if missing:
        told = Message(N_("there is no enterprise with this id"))
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault(f"/enterprise_ids/{n}", told) for n in missing])
    places = places_of(session, opportunity_id)
    invited: list[InvitationRead] = []
    no_address: list[InvitationRead] = []
    already: list[str] = []
    for enterprise_id in dict.fromkeys(enterprise_ids):
        row = invite_one(session, opportunity, enterprise_id, places, secret=secret)
        if row is None:
            already.append(enterprise_id)
        else:
            (no_address if row.reached is Reached.NOBODY else invited).append(invitation_read(row))
    return Invited(invited=invited, no_address=no_address, already=already)


def places_of(
    session: ReadSession | WriteSession, opportunity_id: str, limit: int = _RANKED
) -> dict[str, tuple[int | None, int | None]]:
    """Return rank and score of the best matches, by enterprise, in order."""
    found = ground.matches(session, opportunity_id, limit)
    return {match.enterprise.id: (rank, match.score) for rank, match in enumerate(found, start=1)}


def invite_one(
    session: WriteSession,
    opportunity: OpportunityRead,
    enterprise_id: str,
    places: dict[str, tuple[int | None, int | None]],
    *,
    secret: bytes,
    is_paced: bool = False,
) -> EnterpriseInvitation | None:
    """Invite one enterprise to an opportunity that is held, and return the invitation; None: it has one, or answered.

    One that could not be sent for want of an address is tried again.
    """
    enterprise = enterprises.find(session, enterprise_id)
    place = places.get(enterprise_id, (None, None))
    found = ground.fresh(session, queries.invitation(opportunity.id, enterprise_id))
    answered = ground.fresh(session, queries.response(opportunity.id, enterprise_id))
    if any(one.state is ResponseState.STANDING for one in answered):
        return None
    row: EnterpriseInvitation | None = next(iter(found), None)
    if row is not None and row.state is not InvitationState.QUEUED and row.state not in _AGAIN:
        return None
    is_new = row is None or row.state in _AGAIN
    told: dict[str, Any] = {"rank": place[0], "score": place[1], "is_paced": is_paced, "is_requested": False}
    if row is None:
        row = EnterpriseInvitation(
            opportunity_id=opportunity.id,
            enterprise_id=enterprise_id,
            enterprise_name=enterprise.name,
            state=InvitationState.QUEUED,
            reached=Reached.NOBODY,
            **told,
        )
        session.add(row)
    elif is_new:
        ground.take(session, row, InvitationStep.INVITE_AGAIN, INVITATION_STEPS, reminded_at=None, seen_at=None, **told)
    if is_new:
        _write(session, row, StepKind.INVITED)
        audit.record(session, "invite", "invitation", row.id, after={"enterprise_id": enterprise_id, **told})
    send(session, opportunity, enterprise, row, secret=secret)
    return row


def send(
    session: WriteSession,
    opportunity: OpportunityRead,
    enterprise: EnterpriseRead,
    row: EnterpriseInvitation,
    *,
    secret: bytes,
) -> bool:
    """Send an invitation that is queued, and tell whether there was anywhere to send it to."""
    reached, to = letters.receivers(session, enterprise, function_only=row.is_requested)
    if not to:
        return False
    at = now()
    token = rules.token_of(secret, row.id, at)
    until = rules.link_lasts_until(at)
    ground.take(
        session,
        row,
        InvitationStep.SEND,
        INVITATION_STEPS,
        reached=reached,
        sent_at=at,
        expires_at=until,
        token_hash=rules.hash_of(secret, token),
        used_at=None,
    )
    kind: letters.Kind = "link" if row.is_requested else "invitation"
    letters.invitation(session, opportunity, enterprise, to, token=token, until=until, kind=kind)
    return True


def withdraw(session: WriteSession, invitation_id: str, *, by: Caller) -> InvitationRead:
    """Take an invitation back: its link opens nothing any more.

    Raises:
        NotFound: the caller leads no dialogue with such an invitation.
        Conflict: it has been answered, or is over.
    """
    row, opportunity = _held(session, invitation_id)
    ground.require(opportunity, by, Action.INVITE)
    ground.take(session, row, InvitationStep.WITHDRAW, INVITATION_STEPS)
    _write(session, row, StepKind.INVITATION_WITHDRAWN)
    audit.record(session, "withdraw-invitation", "invitation", row.id)
    return invitation_read(row)


def see(session: WriteSession, invitation_id: str, *, by: Caller) -> InvitationRead:
    """Write down that an enterprise has opened its invitation; once it is seen, or answered, nothing changes.

    Raises:
        NotFound: none of the caller's enterprises has such an invitation.
    """
    row, _ = _held(session, invitation_id)
    ground.enterprise_of(session, row.enterprise_id, by)
    if row.state in INVITATION_STEPS[InvitationStep.SEE]:
        ground.take(session, row, InvitationStep.SEE, INVITATION_STEPS, seen_at=now())
        _write(session, row, StepKind.SEEN)
    return invitation_read(row)


def answered(session: WriteSession, opportunity_id: str, enterprise_id: str, *, by_link: bool) -> None:
    """Let an invitation that there is follow its answer."""
    for row in ground.fresh(session, queries.invitation(opportunity_id, enterprise_id)):
        if row.state in INVITATION_STEPS[InvitationStep.ANSWER]:
            used = {"used_at": now()} if by_link else {}
            ground.take(session, row, InvitationStep.ANSWER, INVITATION_STEPS, answered_at=now(), **used)


def reopened(session: WriteSession, opportunity_id: str, enterprise_id: str) -> None:
    """Let an invitation wait again for the answer that was taken back."""
    for row in ground.fresh(session, queries.invitation(opportunity_id, enterprise_id)):
        if row.state is InvitationState.ANSWERED:
            ground.take(session, row, InvitationStep.REOPEN, INVITATION_STEPS)


def expire(session: WriteSession, row: EnterpriseInvitation) -> None:
    """Let an invitation that waits end without an answer."""
    ground.take(session, row, InvitationStep.EXPIRE, INVITATION_STEPS)
    _write(session, row, StepKind.EXPIRED)


def all_of(session: ReadSession | WriteSession, opportunity_id: str, *, by: Caller) -> list[InvitationRead]:
    """Return the invitations to an opportunity, by rank. Raises `NotFound` as `plan`."""
    ground.read_by(session, opportunity_id, by, Action.INVITE)
    return [invitation_read(row) for row in ground.fresh(session, queries.invitations(opportunity_id))]


def _check_day(opportunity: OpportunityRead, answer_by: datetime | None, at: datetime) -> None:
    if answer_by is None:
        return
    if answer_by <= at:
        told = Message(N_("this moment has passed"))
    elif opportunity.deadline_at is not None and answer_by > opportunity.deadline_at:
        told = Message(N_("this comes after the deadline"))
    else:
        return
    raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/answer_by", told)])


def _held(session: WriteSession, invitation_id: str) -> tuple[EnterpriseInvitation, OpportunityRead]:
    """Return an invitation with its opportunity, which nobody changes until the transaction ends."""
    row = session.get(EnterpriseInvitation, invitation_id)
    if row is None:
        raise NotFound(Message(N_("There is no invitation with this id that you may know of.")))
    opportunity = opportunities.held(session, row.opportunity_id)
    session.refresh(row)
    return row, opportunity


def _write(session: WriteSession, row: EnterpriseInvitation, kind: StepKind) -> None:
    ground.write_step(
        session, row.opportunity_id, kind, row.enterprise_id, row.enterprise_name, place=(row.rank, row.score)
    )
