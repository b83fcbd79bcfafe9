"""Words of the intake: one receiver a region takes requests for cooperation, and leads each to a decision.

The steps and the four routes are the reports' (`intake_step`, `intake_route`), and so are the six rules of a
partnership between the public and civil society (`iop_rule`). What a decision says, and that a request may be taken
back or supplemented, is Samnod's own.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.core.i18n import N_

OBJECT: Final = "cooperation_request"
"""What the audit log calls a request."""

ROUTE_LIST: Final = "intake_route"
RULE_LIST: Final = "iop_rule"
PARTNERSHIP: Final = "iop"
"""The route that the six rules are about."""
NO_MARKET: Final = "no_market"
PROCUREMENT: Final = "srpp"


class State(StrEnum):
    """received → examining → proposed → decided; whoever asks may take it back until it is decided."""

    RECEIVED = "received"
    EXAMINING = "examining"
    PROPOSED = "proposed"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """What can happen to a request; `rules.STEPS` says in which state."""

    RECEIVE = "receive"
    EXAMINE = "examine"
    PROPOSE = "propose"
    RETURN = "return"
    DECIDE = "decide"
    WITHDRAW = "withdraw"
    SUPPLEMENT = "supplement"
    CHECK = "check"
    REMIND = "remind"


class Outcome(StrEnum):
    """What was decided."""

    AGREED = "agreed"
    DECLINED = "declined"


class Holds(StrEnum):
    """Whether one of the six rules holds, as the handler sees it."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class Side(StrEnum):
    """The two sides of a request: who asks, and who handles it."""

    REQUESTER = "requester"
    HANDLER = "handler"


class Sort(StrEnum):
    """Orders of the list; `-` descends."""

    OLDEST = "received_at"
    NEWEST = "-received_at"


STATE_LABELS: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.RECEIVED: N_("Received"),
        State.EXAMINING: N_("Being examined"),
        State.PROPOSED: N_("A decision is proposed"),
        State.DECIDED: N_("Decided"),
        State.WITHDRAWN: N_("Request withdrawn"),
    }
)
STEP_LABELS: Final[Mapping[Step, str]] = MappingProxyType(
    {
        Step.RECEIVE: N_("The request came in"),
        Step.EXAMINE: N_("The possibilities are examined"),
        Step.PROPOSE: N_("A decision was proposed"),
        Step.RETURN: N_("The proposal was taken back to be examined further"),
        Step.DECIDE: N_("It was decided"),
        Step.WITHDRAW: N_("The request was taken back"),
        Step.SUPPLEMENT: N_("Whoever asks added something"),
        Step.CHECK: N_("The rules of a partnership were gone through"),
        Step.REMIND: N_("The day set had passed, and the handler was reminded"),
    }
)
OPEN: Final = (State.RECEIVED, State.EXAMINING, State.PROPOSED)
"""The states in which a request waits for somebody."""

DAYS: Final[Mapping[State, int]] = MappingProxyType({State.RECEIVED: 14, State.EXAMINING: 60, State.PROPOSED: 30})
"""How long each step may take unless the handler sets another day: Samnod's own, since no law has a number.

Förvaltningslagen 9 § and forvaltningsloven § 11 a say without delay. A last day that is free rolls on.
"""
MOST_SUPPLEMENTS: Final = 20
"""So often something may be added: a request is no correspondence."""
