"""Pure decisions of the dialogue: what may happen in which state, until when answers are taken, and the links' secret.

No database here.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar

from app.opportunities.schemas import OpportunityRead
from app.opportunities.vocabulary import Status
from app.responses.vocabulary import (
    LINK_LASTS,
    OUTCOME_REMINDERS,
    OUTCOME_WITHIN,
    REMINDED_BEFORE,
    InvitationState,
    InvitationStep,
    LinkState,
    QuestionState,
    QuestionStep,
    ResponseState,
    ResponseStep,
)

State = TypeVar("State", bound=StrEnum)

_WAITING = (InvitationState.QUEUED, InvitationState.SENT, InvitationState.SEEN)
INVITATION_STEPS: Final[Mapping[InvitationStep, Mapping[InvitationState, InvitationState]]] = MappingProxyType(
    {
        InvitationStep.SEND: {InvitationState.QUEUED: InvitationState.SENT},
        # Its own people find it in their inbox also when no e-mail could be sent.
        InvitationStep.SEE: {
            InvitationState.QUEUED: InvitationState.SEEN,
            InvitationState.SENT: InvitationState.SEEN,
        },
        # Who has an account may answer as long as answers are taken, though the link has expired.
        InvitationStep.ANSWER: dict.fromkeys((*_WAITING, InvitationState.EXPIRED), InvitationState.ANSWERED),
        InvitationStep.REOPEN: {InvitationState.ANSWERED: InvitationState.SEEN},
        InvitationStep.EXPIRE: dict.fromkeys(_WAITING, InvitationState.EXPIRED),
        InvitationStep.WITHDRAW: dict.fromkeys(_WAITING, InvitationState.WITHDRAWN),
        InvitationStep.INVITE_AGAIN: {
            InvitationState.EXPIRED: InvitationState.QUEUED,
            InvitationState.WITHDRAWN: InvitationState.QUEUED,
        },
    }
)
RESPONSE_STEPS: Final[Mapping[ResponseStep, Mapping[ResponseState, ResponseState]]] = MappingProxyType(
    {
        ResponseStep.ANSWER: {ResponseState.WITHDRAWN: ResponseState.STANDING},
        ResponseStep.CHANGE: {ResponseState.STANDING: ResponseState.STANDING},
        ResponseStep.WITHDRAW: {ResponseState.STANDING: ResponseState.WITHDRAWN},
    }
)
QUESTION_STEPS: Final[Mapping[QuestionStep, Mapping[QuestionState, QuestionState]]] = MappingProxyType(
    {QuestionStep.ANSWER: {QuestionState.OPEN: QuestionState.ANSWERED}}
)


def takes_answers(opportunity: OpportunityRead, at: datetime) -> bool:
    """Tell whether enterprises may answer at this moment: it is published, not hidden, and its deadline is to come."""
    in_time = opportunity.deadline_at is None or at <= opportunity.deadline_at
    return opportunity.status is Status.PUBLISHED and opportunity.hidden_at is None and in_time


def takes_questions(opportunity: OpportunityRead, at: datetime) -> bool:
    """Tell whether questions may be asked at this moment: the buyer may have given them a last day of their own."""
    in_time = opportunity.questions_until is None or at <= opportunity.questions_until
    return takes_answers(opportunity, at) and in_time


def days_left(until: datetime | None, at: datetime) -> int | None:
    """Return how many whole days are left until a moment; none are when it has passed, None when there is none."""
    return None if until is None else max((until - at).days, 0)


def token_of(secret: bytes, invitation_id: str, sent_at: datetime) -> str:
    """Return the text of the link that an invitation went out with.

    It follows from the node's secret, so that a reminder can carry the same link though only its hash is kept. An
    invitation that is sent anew has a new one.
    """
    told = f"reply:{invitation_id}:{sent_at.isoformat()}".encode()
    return base64.urlsafe_b64encode(hmac.new(secret, told, hashlib.sha256).digest()).decode().rstrip("=")


def hash_of(secret: bytes, token: str) -> str:
    """Return the keyed hash of a link's text: what the database keeps in place of it."""
    return hmac.new(secret, f"link:{token}".encode(), hashlib.sha256).hexdigest()


def link_state(
    state: InvitationState, used_at: datetime | None, expires_at: datetime, *, takes: bool, at: datetime
) -> LinkState:
    """Return what a link can still do; `takes` tells whether the opportunity takes answers."""
    if used_at is not None or state is InvitationState.ANSWERED:
        return LinkState.ANSWERED
    if state is InvitationState.WITHDRAWN:
        return LinkState.WITHDRAWN
    if not takes:
        return LinkState.CLOSED
    return LinkState.EXPIRED if at > expires_at or state is InvitationState.EXPIRED else LinkState.OPEN


def link_lasts_until(sent_at: datetime) -> datetime:
    """Return when a link that is sent now opens nothing any more."""
    return sent_at + LINK_LASTS


def is_reminded(answer_by: datetime | None, at: datetime) -> bool:
    """Tell whether it is time to remind those who have not answered: the last days, and not after them."""
    return answer_by is not None and answer_by - REMINDED_BEFORE <= at < answer_by


def outcome_due_at(deadline_at: datetime) -> datetime:
    """Return until when a buyer is to say how it went."""
    return deadline_at + OUTCOME_WITHIN


def outcome_reminder(deadline_at: datetime, at: datetime) -> int | None:
    """Return which reminder of the outcome it is time for, in days after the deadline; None: none is.

    After a stop only the last one is sent, and what is long past is not dug up.
    """
    passed = [days for days in OUTCOME_REMINDERS if deadline_at + timedelta(days=days) <= at]
    is_old = at > deadline_at + 2 * OUTCOME_WITHIN
    return passed[-1] if passed and not is_old else None
