"""Words of the matching room: criteria, their maxima, eligibility and the units points are counted in."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SCORER_VERSION: Final = "2026.11-6"
"""Changes whenever a rule, a weight or a shipped table changes what any pair scores."""

UNIT: Final = 1000
"""Fine units in one point: scores are integers all the way, and only what is shown is rounded to points."""


class Criterion(StrEnum):
    """What a match is judged on, in the order it is shown."""

    WHAT = "what"
    WORDS = "words"
    WHERE = "where"
    CAPACITY = "capacity"
    TRUST = "trust"


MAX_POINTS: Final = {
    Criterion.WHAT: 36,
    Criterion.WORDS: 36,
    Criterion.WHERE: 18,
    Criterion.CAPACITY: 5,
    Criterion.TRUST: 5,
}
"""The most points each criterion can give; together 100."""


class EligibilityState(StrEnum):
    """May this enterprise take part? In the order they stand at equal score."""

    ELIGIBLE = "eligible"
    DECLARED = "declared"
    UNKNOWN = "unknown"
    INELIGIBLE = "ineligible"


ELIGIBILITY_ORDER: Final = {state: order for order, state in enumerate(EligibilityState)}


class Combine(StrEnum):
    """How the points of a group's terms become one figure."""

    SUM = "sum"
    MAX = "max"


NEUTRAL_GROUP: Final = "neutral"
"""Name of the group that gives everyone the same, when a lot says nothing of a criterion."""

INCOMPARABLE_GROUP: Final = "incomparable"
"""The same, when a value is stated in a currency that we do not compare."""


class GapCode(StrEnum):
    """What a match says is missing or unknown; the texts are the service's."""

    CODE_BROAD = "code_broad"
    CODE_INFERRED = "code_inferred"
    CODE_UNKNOWN = "code_unknown"
    CODES_MISSING = "codes_missing"
    WORDS_NONE = "words_none"
    PLACE_UNKNOWN = "place_unknown"
    PLACE_FALLBACK = "place_fallback"
    AREA_NOT_STATED = "area_not_stated"
    AREA_OUTSIDE = "area_outside"
    CAPACITY_UNKNOWN = "capacity_unknown"
    CAPACITY_SMALL = "capacity_small"
    PLACES_UNKNOWN = "places_unknown"
    PLACES_FEW = "places_few"
    TRUST_UNKNOWN = "trust_unknown"
    NOT_CONFIRMED = "not_confirmed"
    LIFECYCLE_UNKNOWN = "lifecycle_unknown"
    RESERVATION_UNCLEAR = "reservation_unclear"
    RESERVED_TOO_LONG = "reserved_too_long"
    RESERVED_NOT_LISTED = "reserved_not_listed"
    RESERVED_NO_RULE = "reserved_no_rule"
    VALUE_INCOMPARABLE = "value_incomparable"


@dataclass(frozen=True, slots=True)
class Tuning:
    """The few free figures, in per cent unless said; chosen on the training awards alone (docs/decisions)."""

    stated: int = 56
    """Of the what points: the most that the stated codes give."""
    inferred_alone: int = 65
    """The most that codes read from the title give when the lot states none."""
    inferred_beside: int = 25
    """The same beside stated codes."""
    industry: int = 19
    description: int = 30
    """Weight of a word of the description, against 100 for the title."""
    pieces: int = 150
    """For all the words of the title at full impact: a text that holds two thirds of them reaches the maximum."""
    labels: int = 25
    """For all the label words of the stated codes, in three languages; few share more than half of them."""
    labels_at_most: int = 12
    trades: int = 30
    telling_piece: int = 300
    """Rarity (hundredths of a nat) from which a word piece is asked for. What every twentieth supplier has says
    little, and its list of suppliers is the longest to read."""


TUNING: Final = Tuning()

MET_SCORE: Final = 50
"""The points from which an enterprise and an opportunity meet: about one enterprise in two hundred for a mixed need."""

RELEVANT: Final = 8 * UNIT
"""What codes and words together must give before an enterprise counts as a match at all."""


class Side(StrEnum):
    """The two sides that meet."""

    ENTERPRISE = "enterprise"
    OPPORTUNITY = "opportunity"
