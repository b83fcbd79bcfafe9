"""Words of the gaps: how far support reaches what is needed, and what that rests on."""

from enum import StrEnum
from typing import Final

from app.core.i18n import N_

UNSTATED: Final = ""
"""The need, or the area, that nobody has stated: a column and a row of their own."""
MONTHS_OF_SEARCHES: Final = 12
"""How far back searches that found nobody count."""
LEAST_SEARCHES: Final = 5
"""Of fewer searches nothing is told."""


class GapState(StrEnum):
    """How a need is met in an area."""

    GAP = "gap"
    THIN = "thin"
    MET = "met"


class Evidence(StrEnum):
    """What a state rests on."""

    NO_SUPPLY = "no_supply"
    ONLY_WIDER = "only_wider"
    FEW_OFFERS = "few_offers"
    AT_A_DISTANCE = "at_a_distance"
    NEEDS = "needs"
    SURVEY = "survey"
    SEARCHES = "searches"


class RowSort(StrEnum):
    """Orders of the rows: by area, or the most gaps, needs or offers first."""

    AREA = "area"
    GAPS = "-gaps"
    NEEDS = "-needs"
    OFFERS = "offers"


class MapForm(StrEnum):
    """What the gap map is given as, beside JSON."""

    CSV = "csv"
    XLSX = "xlsx"


STATE_LABELS: Final = {GapState.GAP: N_("gap"), GapState.THIN: N_("thin"), GapState.MET: N_("met")}
EVIDENCE_LABELS: Final = {
    Evidence.NO_SUPPLY: N_("nobody offers it there"),
    Evidence.ONLY_WIDER: N_("only offers for a larger area"),
    Evidence.FEW_OFFERS: N_("three needs or more for each offer"),
    Evidence.AT_A_DISTANCE: N_("given at a distance from elsewhere"),
    Evidence.NEEDS: N_("published needs"),
    Evidence.SURVEY: N_("answers to a survey"),
    Evidence.SEARCHES: N_("searches that found nobody"),
}
