"""Pure decisions about gaps: when a need is met, and how much is told of searches."""

from typing import Final

from app.gaps.vocabulary import LEAST_SEARCHES, Evidence, GapState

_NEEDS_AN_OFFER: Final = 3
_STEPS: Final = (1, 2, 4, 10, 20, 40, 100, 200)


def at_least(searches: int) -> int | None:
    """Return a round number of searches that there were at least; None for fewer than five, and for none.

    Round numbers (5, 10, 20, 50, 100 …), so that no sum of areas or days tells of one search.
    """
    told = [LEAST_SEARCHES * step for step in _STEPS if LEAST_SEARCHES * step <= searches]
    return told[-1] if told else None


def judged(
    *, here: int, wider: int, remote: int, needs: int, needing: int | None, searches: int | None
) -> tuple[GapState, list[Evidence]]:
    """Return how a need is met in an area, and what that rests on.

    `here` are the offers given there, `wider` those for a larger area that holds it, `remote` those given at a distance
    from elsewhere; `needs` are published, `needing` have said so in a survey, `searches` found nobody.

    A gap is where nobody offers it, whoever asks. What is given at a distance from elsewhere helps, and closes no gap.
    """
    offers = here + wider
    few = offers > 0 and needs >= _NEEDS_AN_OFFER * offers
    said = {
        Evidence.NO_SUPPLY: offers == 0,
        Evidence.ONLY_WIDER: offers > 0 and here == 0,
        Evidence.FEW_OFFERS: few,
        Evidence.AT_A_DISTANCE: remote > 0,
        Evidence.NEEDS: needs > 0,
        Evidence.SURVEY: bool(needing),
        Evidence.SEARCHES: searches is not None,
    }
    state = GapState.GAP if offers == 0 else GapState.THIN if here == 0 or few else GapState.MET
    return state, [evidence for evidence, holds in said.items() if holds]
