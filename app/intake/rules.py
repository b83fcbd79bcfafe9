"""Pure decisions about requests for cooperation: what may happen in which state, days, links, and the six rules."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from app.core.i18n import N_
from app.intake.vocabulary import DAYS, NO_MARKET, OPEN, PARTNERSHIP, Holds, State, Step
from app.legal import service as legal

STEPS: Final[Mapping[Step, Mapping[State, State]]] = MappingProxyType(
    {
        Step.EXAMINE: {State.RECEIVED: State.EXAMINING},
        # A proposal may be put in other words until it is decided.
        Step.PROPOSE: {State.EXAMINING: State.PROPOSED, State.PROPOSED: State.PROPOSED},
        Step.RETURN: {State.PROPOSED: State.EXAMINING},
        Step.DECIDE: {State.PROPOSED: State.DECIDED},
        Step.WITHDRAW: dict.fromkeys(OPEN, State.WITHDRAWN),
        # These keep the state.
        Step.SUPPLEMENT: {state: state for state in OPEN},
        Step.CHECK: {State.EXAMINING: State.EXAMINING, State.PROPOSED: State.PROPOSED},
        Step.REMIND: {state: state for state in OPEN},
    }
)


@dataclass(frozen=True, slots=True)
class Warned:
    """What a handler should know before a partnership is proposed; it stops nothing."""

    rule: str
    text: str
    basis: str


_PRACTICE: Final = "ReSeNS (2018), IOP"
# In words of the rule that is not kept. No law regulates a partnership: the basis is the practice book that states it.
_WARNINGS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "joint_challenge": (N_("The challenge has not been defined together."), f"{_PRACTICE} 1"),
        NO_MARKET: (N_("A market exists: procure instead of making a partnership."), f"{_PRACTICE} 2"),
        "civil_initiative": (N_("The initiative is not the civil-society organisation's."), f"{_PRACTICE} 3"),
        "both_finance": (N_("Only one party pays: both should, with money or work."), f"{_PRACTICE} 4"),
        "not_detailed": (N_("The public side regulates the work in detail, as a buyer does."), f"{_PRACTICE} 5"),
        "long_term": (N_("It is not meant to last."), f"{_PRACTICE} 6"),
    }
)


def possible_steps(state: State) -> list[Step]:
    """Return what can happen to a request in this state, in the order of its life."""
    return [step for step, states in STEPS.items() if state in states]


def warnings(route: str | None, checklist: Mapping[str, Holds]) -> list[Warned]:
    """Return what speaks against a partnership: the rules that do not hold. Other routes have no such rules."""
    if route != PARTNERSHIP:
        return []
    return [Warned(rule, *told) for rule, told in _WARNINGS.items() if checklist.get(rule) == Holds.NO]


def due_on(state: State, day: date, country: str) -> date | None:
    """Return the last day of a step that begins on `day`, as the law counts days; None: nobody waits."""
    return legal.last_day(day, DAYS[state], country) if state in DAYS else None


def country_of(area: str) -> str:
    """Return the country of an area, whose free days and time zone count."""
    return area[:2]


def token_of(secret: bytes, request_id: str) -> str:
    """Return the text of the link by which whoever has no account follows a request.

    It follows from the node's secret, so that every letter can carry it though only its hash is kept.
    """
    told = f"cooperation:{request_id}".encode()
    return base64.urlsafe_b64encode(hmac.new(secret, told, hashlib.sha256).digest()).decode().rstrip("=")


def hash_of(secret: bytes, token: str) -> str:
    """Return the keyed hash of a link's text: what the database keeps in place of it."""
    return hmac.new(secret, f"cooperation-link:{token}".encode(), hashlib.sha256).hexdigest()
