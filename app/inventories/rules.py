"""Pure decisions about rounds: what may be done in which state, who is reminded, and what a link is made of."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from app.inventories.vocabulary import MOST_REMINDERS, InvitationState, LinkState, Status, Verb

TRANSITIONS: Final[Mapping[Verb, Mapping[Status, Status | None]]] = MappingProxyType(
    {
        Verb.OPEN: {Status.DRAFT: Status.OPEN},
        Verb.CLOSE: {Status.OPEN: Status.CLOSED},
        # A survey that was made elsewhere is over when it comes here.
        Verb.IMPORT: {Status.DRAFT: Status.CLOSED},
        Verb.ARCHIVE: {Status.CLOSED: Status.ARCHIVED},
        # Once a round is open its questions stay as they are: all answer the same.
        Verb.CHANGE: {Status.DRAFT: Status.DRAFT},
        Verb.REMOVE: {Status.DRAFT: None},
    }
)
"""From which state each verb leads to which; None: the round is gone. What is not written here cannot be done."""

UNSTATED: Final = "unstated"
"""The row of those whose area nobody said."""

_COUNTRY, _COUNTY = len("SE"), len("SE-22")
# A reminder comes after a week at the earliest, and the last days are left in peace.
_BETWEEN: Final = timedelta(days=7)
_LAST_DAYS: Final = timedelta(days=1)


def possible_verbs(status: Status) -> list[Verb]:
    """Return what can be done with a round in this state."""
    return [verb for verb, states in TRANSITIONS.items() if status in states]


def area_in(area: str | None, round_area: str) -> str:
    """Return the area that an answer is counted in: a county of a round's country, a municipality of its county."""
    if area is None or not area.startswith(round_area):
        return UNSTATED
    length = _COUNTY if len(round_area) == _COUNTRY else len(area)
    return area[:length] if len(area) >= length > len(round_area) else UNSTATED


def token_of(secret: bytes, invitation_id: str) -> str:
    """Return the text of the link of an invitation.

    It follows from the node's secret, so that reminders carry the same link though only its hash is kept.
    """
    told = f"inventory:{invitation_id}".encode()
    return base64.urlsafe_b64encode(hmac.new(secret, told, hashlib.sha256).digest()).decode().rstrip("=")


def hash_of(secret: bytes, token: str) -> str:
    """Return the keyed hash of a link's text: what the database keeps in place of it."""
    return hmac.new(secret, f"inventory-link:{token}".encode(), hashlib.sha256).hexdigest()


def link_state(state: InvitationState, status: Status, closes_on: date, day: date) -> LinkState:
    """Return what a link can still do on a day: answers are taken to the end of the round's last day."""
    if state is InvitationState.WITHDRAWN:
        return LinkState.WITHDRAWN
    return LinkState.OPEN if status is Status.OPEN and day <= closes_on else LinkState.CLOSED


def is_reminded(reminders: int, last: date, closes_on: date, day: date) -> bool:
    """Tell whether it is time to remind: a week after the last letter, twice at most, and not on the last day."""
    return reminders < MOST_REMINDERS and last + _BETWEEN <= day <= closes_on - _LAST_DAYS
