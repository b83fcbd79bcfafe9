"""Words of the dialogue between a buyer and the enterprises."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.core.i18n import N_


class InvitationState(StrEnum):
    """queued → sent → seen → answered or expired; a buyer may take an invitation back until it is answered."""

    QUEUED = "queued"
    SENT = "sent"
    SEEN = "seen"
    ANSWERED = "answered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class InvitationStep(StrEnum):
    """What can happen to an invitation; `rules.INVITATION_STEPS` says in which state."""

    SEND = "send"
    SEE = "see"
    ANSWER = "answer"
    # The answer was taken back, so that it waits for one again.
    REOPEN = "reopen"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    INVITE_AGAIN = "invite-again"


class Reached(StrEnum):
    """By which way an invitation went out."""

    PEOPLE = "people"
    ADDRESS = "address"
    NOBODY = "nobody"


class AnswerKind(StrEnum):
    """What an enterprise says to an opportunity."""

    INTEREST = "interest"
    DECLINE = "decline"


class ResponseState(StrEnum):
    """An answer stands until it is taken back, and may be given again."""

    STANDING = "standing"
    WITHDRAWN = "withdrawn"


class ResponseStep(StrEnum):
    """What can be done with an answer that has been given once."""

    ANSWER = "answer"
    CHANGE = "change"
    WITHDRAW = "withdraw"


class QuestionState(StrEnum):
    """A question is open until it has been answered, once for all."""

    OPEN = "open"
    ANSWERED = "answered"


class QuestionStep(StrEnum):
    """What can be done with a question."""

    ANSWER = "answer"


class DeclineReason(StrEnum):
    """Why an enterprise declines: no source has such a list, so the seven are Samnod's own."""

    CAPACITY = "capacity"
    SERVICES = "services"
    DISTANCE = "distance"
    SIZE = "size"
    REQUIREMENTS = "requirements"
    TIME = "time"
    OTHER = "other"


DECLINE_LABELS: Final[Mapping[DeclineReason, str]] = MappingProxyType(
    {
        DeclineReason.CAPACITY: N_("No room for more just now"),
        DeclineReason.SERVICES: N_("Not what we do"),
        DeclineReason.DISTANCE: N_("Too far away"),
        DeclineReason.SIZE: N_("Too large for us"),
        DeclineReason.REQUIREMENTS: N_("We do not meet the requirements"),
        DeclineReason.TIME: N_("Too little time to answer"),
        DeclineReason.OTHER: N_("Another reason"),
    }
)


class StepKind(StrEnum):
    """One step of the dialogue, as the procurement file tells it."""

    INVITED = "invited"
    # Nobody invited it: it asked for the link to answer with.
    LINK_ASKED = "link-asked"
    INVITATION_WITHDRAWN = "invitation-withdrawn"
    SEEN = "seen"
    REMINDED = "reminded"
    EXPIRED = "expired"
    INTERESTED = "interested"
    DECLINED = "declined"
    ANSWER_WITHDRAWN = "answer-withdrawn"
    ASKED = "asked"
    QUESTION_ANSWERED = "question-answered"
    SHORTLISTED = "shortlisted"
    NOTE_CHANGED = "note-changed"
    TAKEN_OFF = "taken-off"
    AWARDED = "awarded"
    CANCELLED = "cancelled"


STEP_LABELS: Final[Mapping[StepKind, str]] = MappingProxyType(
    {
        StepKind.INVITED: N_("Invited"),
        StepKind.LINK_ASKED: N_("Link to answer with asked for"),
        StepKind.INVITATION_WITHDRAWN: N_("Invitation taken back"),
        StepKind.SEEN: N_("Invitation seen"),
        StepKind.REMINDED: N_("Reminded"),
        StepKind.EXPIRED: N_("Invitation expired"),
        StepKind.INTERESTED: N_("Interested"),
        StepKind.DECLINED: N_("Declined"),
        StepKind.ANSWER_WITHDRAWN: N_("Answer taken back"),
        StepKind.ASKED: N_("Question asked"),
        StepKind.QUESTION_ANSWERED: N_("Question answered"),
        StepKind.SHORTLISTED: N_("Put on the shortlist"),
        StepKind.NOTE_CHANGED: N_("Note on the shortlist changed"),
        StepKind.TAKEN_OFF: N_("Taken off the shortlist"),
        StepKind.AWARDED: N_("Awarded"),
        StepKind.CANCELLED: N_("Cancelled"),
    }
)


class InboxState(StrEnum):
    """Where an opportunity stands for an enterprise."""

    NEW = "new"
    ANSWERED = "answered"
    CLOSED = "closed"


class LinkState(StrEnum):
    """What a link in an e-mail can still do."""

    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


LINK_LASTS: Final = timedelta(days=30)
# Whoever was invited and has not answered is reminded once, so long before the last day.
REMINDED_BEFORE: Final = timedelta(days=3)
# A buyer tells how it went within so many days after the deadline, and is reminded on these.
OUTCOME_WITHIN: Final = timedelta(days=30)
OUTCOME_REMINDERS: Final = (7, 21, 30)
MOST_QUESTIONS: Final = 20
