"""Pure decisions about requests for support: what may happen in which state, and what figures say. No database."""

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from types import MappingProxyType
from typing import Final

from app.core.errors import Message
from app.core.i18n import N_
from app.support_offers.schemas import SupportOfferRead
from app.support_offers.vocabulary import Side, Status
from app.support_requests.vocabulary import ENOUGH, OPEN, Helped, RequestState, RequestStep

STEPS: Final[Mapping[RequestStep, Mapping[RequestState, RequestState]]] = MappingProxyType(
    {
        RequestStep.ACKNOWLEDGE: {RequestState.SENT: RequestState.ACKNOWLEDGED},
        RequestStep.ACCEPT: dict.fromkeys(OPEN, RequestState.ACCEPTED),
        RequestStep.DECLINE: dict.fromkeys(OPEN, RequestState.DECLINED),
        RequestStep.WITHDRAW: dict.fromkeys(OPEN, RequestState.WITHDRAWN),
        RequestStep.EXPIRE: dict.fromkeys(OPEN, RequestState.EXPIRED),
        # These keep the state, and are taken only where they mean something.
        RequestStep.REMIND: {state: state for state in OPEN},
        RequestStep.HAND_OVER: {state: state for state in OPEN},
        RequestStep.ASK_OUTCOME: {RequestState.ACCEPTED: RequestState.ACCEPTED},
        RequestStep.TELL_OUTCOME: {RequestState.ACCEPTED: RequestState.ACCEPTED},
    }
)
_WEIGHTS: Final = MappingProxyType({Helped.HELPED: 1.0, Helped.PARTLY: 0.5, Helped.NOT: 0.0})
_DAY: Final = timedelta(days=1)


def refusal(offer: SupportOfferRead, day: date) -> Message | None:
    """Return why an offer takes no requests on a day, as a sentence for whoever asks; None: it does."""
    if offer.status is not Status.PUBLISHED:
        return Message(N_("The offer is not published now: it takes no requests."))
    if offer.sides == [Side.PUBLIC]:
        return Message(N_("This support is for public bodies: it takes no requests from enterprises."))
    if any(last is not None and last < day for last in (offer.deadline_on, offer.ends_on)):
        return Message(N_("The last day to apply has passed: the offer takes no requests."))
    return None


def days_waited(sent_at: datetime, answered_at: datetime | None, at: datetime) -> int:
    """Return the whole days from a request to the first answer, or until `at` while there is none."""
    return max(0, ((answered_at or at) - sent_at) // _DAY)


def usual_reply(times: Sequence[timedelta]) -> int | None:
    """Return the median of these reply times in days, begun ones counted; None while they are too few to tell."""
    if len(times) < ENOUGH:
        return None
    return max(1, math.ceil(median(one / _DAY for one in times)))


def helpfulness(told: Collection[Helped]) -> float | None:
    """Return how much of the support helped, from 0 to 1 (helped in part counts half); None while too few have told."""
    if len(told) < ENOUGH:
        return None
    return sum(_WEIGHTS[one] for one in told) / len(told)
