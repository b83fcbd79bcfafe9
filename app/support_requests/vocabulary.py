"""Words of the requests for support: an enterprise asks, and who gives the support answers."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.core.i18n import N_

OBJECT: Final = "support_request"
"""What the audit log calls a request."""


class RequestState(StrEnum):
    """sent → acknowledged → accepted, declined or expired; the enterprise may take it back until it is decided."""

    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class RequestStep(StrEnum):
    """What can happen to a request; `rules.STEPS` says in which state."""

    SEND = "send"
    ACKNOWLEDGE = "acknowledge"
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    REMIND = "remind"
    HAND_OVER = "hand-over"
    ASK_OUTCOME = "ask-outcome"
    TELL_OUTCOME = "tell-outcome"


class RequestSide(StrEnum):
    """The two sides of a request: who asks, and who gives the support (or answers for whoever does)."""

    ENTERPRISE = "enterprise"
    PROVIDER = "provider"


class DeclineReason(StrEnum):
    """Why a request is declined: no source has such a list, so the seven are Samnod's own."""

    FULL = "full"
    NOT_ELIGIBLE = "not-eligible"
    OTHER_NEED = "other-need"
    DISTANCE = "distance"
    TIMING = "timing"
    ENDED = "ended"
    OTHER = "other"


DECLINE_LABELS: Final[Mapping[DeclineReason, str]] = MappingProxyType(
    {
        DeclineReason.FULL: N_("There is no room just now"),
        DeclineReason.NOT_ELIGIBLE: N_("The enterprise is not among those whom the support is for"),
        DeclineReason.OTHER_NEED: N_("Other support fits the need better"),
        DeclineReason.DISTANCE: N_("The support is not given there"),
        DeclineReason.TIMING: N_("It cannot be given in time"),
        DeclineReason.ENDED: N_("The support is no longer given"),
        DeclineReason.OTHER: N_("Another reason, which is told below"),
    }
)


class Helped(StrEnum):
    """Whether the support helped, as the enterprise that had it says."""

    HELPED = "helped"
    PARTLY = "partly"
    NOT = "not"


HELPED_LABELS: Final[Mapping[Helped, str]] = MappingProxyType(
    {
        Helped.HELPED: N_("It helped"),
        Helped.PARTLY: N_("It helped in part"),
        Helped.NOT: N_("It did not help"),
    }
)


class Sort(StrEnum):
    """Orders of the list; `-` descends."""

    OLDEST = "sent_at"
    NEWEST = "-sent_at"


OPEN: Final = (RequestState.SENT, RequestState.ACKNOWLEDGED)
"""The states in which a request waits for an answer."""

ANSWER_WITHIN: Final = timedelta(days=30)
"""How long a request waits: a month, within which forvaltningsloven § 11 a wants at least a provisional answer.

To acknowledge it is such an answer, and begins another month in which it is decided.
"""
REMINDED_BEFORE: Final = timedelta(days=7)
"""So long before that whoever is to answer is reminded, once: a week holds a meeting where it can be decided."""
OUTCOME_AFTER: Final = timedelta(days=60)
"""So long after it was accepted the enterprise is asked whether it helped: advice has been given by then, a course has
begun, and what it was is not forgotten."""
ENOUGH: Final = 5
"""So many answers must stand behind a figure that everybody sees: the smallest cell that SECURITY lets be shown."""
MOST_OPEN: Final = 20
"""Who waits for so many answers at once is heard by nobody: no more are sent until some have come."""
MOST_MEASURED: Final = 100
"""How many of the newest answers the usual reply time is taken from: what was so years ago says little."""
