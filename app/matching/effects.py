"""What each addition to a record would give: the enterprise scored as it is and as it would be against what is open."""

from dataclasses import dataclass

from app.core.clock import today
from app.core.db import ReadSession
from app.matching import openings
from app.matching.additions import Addition, Field, additions
from app.matching.profile import Profile
from app.matching.reverse import Fit, OpenOpportunities
from app.matching.terms import document
from app.matching.vocabulary import MET_SCORE, EligibilityState

_MOST_CODES = 3
_SURE = frozenset({EligibilityState.ELIGIBLE, EligibilityState.DECLARED})


@dataclass(frozen=True, slots=True)
class Gain:
    """What an addition gives: how many more opportunities it meets, how many rise without, and by how many points."""

    opportunities: int
    raised: int
    points: int


@dataclass(frozen=True, slots=True)
class Effects:
    """How an enterprise stands, and what each addition would give, best first."""

    matches: int
    meets: int
    gains: tuple[tuple[Addition, Gain], ...]


def effects(session: ReadSession, profile: Profile) -> Effects:
    """Score `profile` with each addition that it could make, and return those that give anything."""
    reader = OpenOpportunities(session)
    before = reader.fits(document(profile))
    asked = openings.asked_codes(session)
    tried = [
        (addition, _gain(before, reader.fits(document(addition.profile))))
        for addition in additions(profile, asked, today(profile.country))
    ]
    rank = {field: number for number, field in enumerate(Field)}
    worth = [one for one in tried if one[1].opportunities > 0 or one[1].points > 0]
    worth.sort(key=lambda one: (-one[1].opportunities, -one[1].points, rank[one[0].field], one[0].value or ""))
    codes = [one for one in worth if one[0].field is Field.CPV]
    shown = [one for one in worth if one not in codes[_MOST_CODES:]]
    return Effects(len(before), len(_met(before)), tuple(shown))


def _gain(before: list[Fit], after: list[Fit]) -> Gain:
    """Compare. What the enterprise meets is what `meetings` tells of, as far as it is known that it may take part."""
    new = _met(after) - _met(before)
    old = {fit.opportunity_id: fit.score for fit in before}
    rises = [fit.score - old.get(fit.opportunity_id, fit.score) for fit in after if fit.opportunity_id not in new]
    lost = len(_met(before) - _met(after))
    return Gain(len(new) - lost, sum(rise > 0 for rise in rises), sum(rises))


def _met(fits: list[Fit]) -> set[str]:
    return {fit.opportunity_id for fit in fits if fit.score >= MET_SCORE and fit.eligibility in _SURE}
