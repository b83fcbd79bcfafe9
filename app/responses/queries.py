"""What the dialogue asks the database. Each function returns a Select; nothing runs here."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlmodel import col

from app.responses.tables import (
    DialogueQuestion,
    DialogueStep,
    EnterpriseInvitation,
    EnterpriseResponse,
    OutreachPlan,
    ShortlistEntry,
)
from app.responses.vocabulary import InvitationState, QuestionState, ResponseState

# Those who have been invited and could still answer.
WAITING = (InvitationState.QUEUED, InvitationState.SENT, InvitationState.SEEN)


def invitations(opportunity_id: str) -> Select[Any]:
    """Select the invitations to an opportunity, by rank."""
    return (
        select(EnterpriseInvitation)
        .where(col(EnterpriseInvitation.opportunity_id) == opportunity_id)
        .order_by(col(EnterpriseInvitation.rank).asc().nulls_last(), col(EnterpriseInvitation.id))
    )


def invitation(opportunity_id: str, enterprise_id: str) -> Select[Any]:
    """Select the invitation of one enterprise to one opportunity."""
    return select(EnterpriseInvitation).where(
        col(EnterpriseInvitation.opportunity_id) == opportunity_id,
        col(EnterpriseInvitation.enterprise_id) == enterprise_id,
    )


def invitation_by_hash(token_hash: str) -> Select[Any]:
    """Select the invitation that a link belongs to."""
    return select(EnterpriseInvitation).where(col(EnterpriseInvitation.token_hash) == token_hash)


def invitations_of(enterprise_ids: Sequence[str], since: datetime | None = None) -> Select[Any]:
    """Select the invitations of these enterprises, or those made since a moment, newest first."""
    wanted = select(EnterpriseInvitation).where(col(EnterpriseInvitation.enterprise_id).in_(enterprise_ids))
    if since is not None:
        wanted = wanted.where(col(EnterpriseInvitation.created_at) >= since)
    return wanted.order_by(col(EnterpriseInvitation.created_at).desc(), col(EnterpriseInvitation.id))


def invited_ids(opportunity_id: str) -> Select[str]:
    """Select who has been invited to an opportunity, in whatever state the invitation is."""
    return select(col(EnterpriseInvitation.enterprise_id)).where(
        col(EnterpriseInvitation.opportunity_id) == opportunity_id
    )


def waiting(opportunity_id: str) -> Select[Any]:
    """Select the invitations to an opportunity that wait for an answer."""
    return invitations(opportunity_id).where(col(EnterpriseInvitation.state).in_(WAITING))


def unsent(limit: int) -> Select[Any]:
    """Select invitations that found no address when they were made."""
    return (
        select(EnterpriseInvitation)
        .where(col(EnterpriseInvitation.state) == InvitationState.QUEUED)
        .order_by(col(EnterpriseInvitation.opportunity_id), col(EnterpriseInvitation.id))
        .limit(limit)
    )


def unreminded() -> Select[Any]:
    """Select the invitations that wait for an answer and have not been reminded of."""
    return (
        select(EnterpriseInvitation)
        .where(
            col(EnterpriseInvitation.state).in_([InvitationState.SENT, InvitationState.SEEN]),
            col(EnterpriseInvitation.reminded_at).is_(None),
        )
        .order_by(col(EnterpriseInvitation.opportunity_id), col(EnterpriseInvitation.id))
    )


def overdue(at: datetime) -> Select[Any]:
    """Select the invitations whose link has expired while they waited."""
    return (
        select(EnterpriseInvitation)
        .where(
            col(EnterpriseInvitation.state).in_([InvitationState.SENT, InvitationState.SEEN]),
            col(EnterpriseInvitation.expires_at) < at,
        )
        .order_by(col(EnterpriseInvitation.opportunity_id), col(EnterpriseInvitation.id))
    )


def invitation_counts(opportunity_ids: Sequence[str]) -> Select[str, InvitationState, int]:
    """Count the invitations to each opportunity by state."""
    one, state = col(EnterpriseInvitation.opportunity_id), col(EnterpriseInvitation.state)
    return select(one, state, func.count()).where(one.in_(opportunity_ids)).group_by(one, state)


def plans_to_pace(day: date) -> Select[str]:
    """Select the opportunities whose plan invites, and has not done so on this day."""
    return (
        select(col(OutreachPlan.opportunity_id))
        .where(
            col(OutreachPlan.batch_size) > 0,
            or_(col(OutreachPlan.paced_on).is_(None), col(OutreachPlan.paced_on) < day),
        )
        .order_by(col(OutreachPlan.opportunity_id))
    )


def response(opportunity_id: str, enterprise_id: str) -> Select[Any]:
    """Select the answer of one enterprise to one opportunity."""
    return select(EnterpriseResponse).where(
        col(EnterpriseResponse.opportunity_id) == opportunity_id,
        col(EnterpriseResponse.enterprise_id) == enterprise_id,
    )


def responses(opportunity_ids: Sequence[str], since: datetime | None = None) -> Select[Any]:
    """Select the answers to these opportunities, or those given or changed since a moment, newest first."""
    wanted = select(EnterpriseResponse).where(col(EnterpriseResponse.opportunity_id).in_(opportunity_ids))
    if since is not None:
        wanted = wanted.where(col(EnterpriseResponse.updated_at) >= since)
    return wanted.order_by(col(EnterpriseResponse.updated_at).desc(), col(EnterpriseResponse.id))


def responses_of(enterprise_ids: Sequence[str]) -> Select[Any]:
    """Select what these enterprises have answered."""
    wanted = select(EnterpriseResponse).where(col(EnterpriseResponse.enterprise_id).in_(enterprise_ids))
    return wanted.order_by(col(EnterpriseResponse.updated_at).desc(), col(EnterpriseResponse.id))


def standing(opportunity_ids: Sequence[str]) -> Select[Any]:
    """Count the answers that stand, by opportunity, kind and reason."""
    by: list[Any] = [
        col(EnterpriseResponse.opportunity_id),
        col(EnterpriseResponse.kind),
        col(EnterpriseResponse.reason),
    ]
    is_standing = col(EnterpriseResponse.state) == ResponseState.STANDING
    return select(*by, func.count()).where(by[0].in_(opportunity_ids), is_standing).group_by(*by)


def questions(opportunity_ids: Sequence[str], since: datetime | None = None) -> Select[Any]:
    """Select the questions about these opportunities, or those asked since a moment, oldest first."""
    wanted = select(DialogueQuestion).where(col(DialogueQuestion.opportunity_id).in_(opportunity_ids))
    if since is not None:
        wanted = wanted.where(col(DialogueQuestion.asked_at) >= since)
    return wanted.order_by(col(DialogueQuestion.asked_at), col(DialogueQuestion.id))


def questions_of(enterprise_ids: Sequence[str], answered_since: datetime) -> Select[Any]:
    """Select the questions of these enterprises that were answered since a moment."""
    wanted = select(DialogueQuestion).where(
        col(DialogueQuestion.enterprise_id).in_(enterprise_ids),
        col(DialogueQuestion.answered_at) >= answered_since,
    )
    return wanted.order_by(col(DialogueQuestion.asked_at), col(DialogueQuestion.id))


def question_count(opportunity_id: str, enterprise_id: str) -> Select[int]:
    """Count the questions that one enterprise has asked about one opportunity."""
    return select(func.count()).where(
        col(DialogueQuestion.opportunity_id) == opportunity_id,
        col(DialogueQuestion.enterprise_id) == enterprise_id,
    )


def open_questions(opportunity_ids: Sequence[str]) -> Select[str, int]:
    """Count the questions about each opportunity that wait for an answer."""
    one = col(DialogueQuestion.opportunity_id)
    is_open = col(DialogueQuestion.state) == QuestionState.OPEN
    return select(one, func.count()).where(one.in_(opportunity_ids), is_open).group_by(one)


def shortlist(opportunity_id: str) -> Select[Any]:
    """Select the shortlist of an opportunity, by rank."""
    return (
        select(ShortlistEntry)
        .where(col(ShortlistEntry.opportunity_id) == opportunity_id)
        .order_by(col(ShortlistEntry.rank).asc().nulls_last(), col(ShortlistEntry.added_at))
    )


def shortlist_counts(opportunity_ids: Sequence[str]) -> Select[str, int]:
    """Count the shortlist of each opportunity."""
    one = col(ShortlistEntry.opportunity_id)
    return select(one, func.count()).where(one.in_(opportunity_ids)).group_by(one)


def steps(opportunity_id: str) -> Select[Any]:
    """Select the steps of a dialogue in the order in which they were taken."""
    wanted = select(DialogueStep).where(col(DialogueStep.opportunity_id) == opportunity_id)
    return wanted.order_by(col(DialogueStep.number))
