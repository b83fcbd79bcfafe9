"""One enterprise against every open opportunity: the same plans as the other way, the same integers, the same order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.clock import today
from app.core.db import ReadSession, WriteSession
from app.matching import lanes, openings
from app.matching.eligibility import eligibility
from app.matching.openings import Opening
from app.matching.plan import Group, other_groups
from app.matching.profile import Lot
from app.matching.scoring import group_fine, rounded, tie_key
from app.matching.tables import CHUNK
from app.matching.terms import Document
from app.matching.vocabulary import ELIGIBILITY_ORDER, MAX_POINTS, RELEVANT, UNIT, Criterion, EligibilityState

Units = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Fit:
    """How an enterprise fits one open opportunity, before it is explained."""

    opportunity_id: str
    score: int
    fine: int
    eligibility: EligibilityState
    tie: str

    @property
    def order(self) -> tuple[int, int, int, str]:
        """What fits are sorted by: see `scoring.order_key`."""
        return -self.score, ELIGIBILITY_ORDER[self.eligibility], -self.fine, self.tie


class OpenOpportunities:
    """The open opportunities as one transaction sees them. What was read for one enterprise serves the next."""

    def __init__(self, session: ReadSession | WriteSession) -> None:
        self._session = session
        self._read: set[str] = set()
        self._asked: dict[int, dict[str, bytes]] = {}
        self._openings: dict[int, Opening | None] = {}

    def fits(self, document: Document) -> list[Fit]:
        """Return the open opportunities that the enterprise fits and may take part in, best first."""
        terms = lanes.asked_terms(document)
        self._read_terms([term for term in terms if term not in self._read])
        tallies = {chunk: lanes.tally(terms, held) for chunk, held in self._asked.items()}
        tied = [
            slot
            for chunk, (what, words) in tallies.items()
            for slot in (np.flatnonzero(what + words >= RELEVANT) + chunk * CHUNK).tolist()
        ]
        judge = _Judge(document, tallies)
        found = [judge.fit(one) for one in self._opportunities(tied)]
        return sorted((one for one in found if one is not None), key=lambda one: one.order)

    def _read_terms(self, terms: Sequence[str]) -> None:
        self._read.update(terms)
        for chunk, held in openings.asked_of(self._session, terms).items():
            self._asked.setdefault(chunk, {}).update(held)

    def _opportunities(self, slots: Sequence[int]) -> list[Opening]:
        """Return the opportunities of lots; None is remembered of those whose deadline has passed."""
        missing = [slot for slot in slots if slot not in self._openings]
        if missing:
            self._openings.update(dict.fromkeys(missing))
            for opening in openings.open_with(self._session, missing):
                self._openings.update(dict.fromkeys((one.slot for one in opening.lots), opening))
        found = {one.opportunity_id: one for slot in slots if (one := self._openings[slot])}
        return list(found.values())


_NONE: Units = np.zeros(0, np.int32)


class _Judge:
    """One enterprise, with what codes and words give it by lot."""

    def __init__(self, document: Document, tallies: Mapping[int, tuple[Units, Units]]) -> None:
        self._document = document
        self._tallies = tallies
        # Lots share most of the groups that are neither codes nor words. They are kept, so that an id stays its own.
        self._known: dict[int, tuple[Group, int]] = {}

    def fit(self, opening: Opening) -> Fit | None:
        """Return how the enterprise fits an opportunity of which it fits a lot; None when it may not take part."""
        may = min((self._may(one.lot) for one in opening.lots), key=lambda state: ELIGIBILITY_ORDER[state])
        if may is EligibilityState.INELIGIBLE:
            return None
        count = shown = fine = 0
        for one in opening.lots:
            total = self._asked(one.slot) + self._beside(one.lot)
            count += one.weight
            shown += one.weight * rounded(total, UNIT)
            fine += one.weight * total
        tie = tie_key(opening.request, self._document.enterprise_id)
        return Fit(opening.opportunity_id, rounded(shown, count), fine // count, may, tie)

    def _may(self, lot: Lot) -> EligibilityState:
        return eligibility(lot, self._document, lot.reference_date or today()).state

    def _asked(self, slot: int) -> int:
        """Return the fine units of codes and words on one lot."""
        chunk, place = divmod(slot, CHUNK)
        what, words = self._tallies.get(chunk, (_NONE, _NONE))
        return int(what[place] + words[place]) if place < what.size else 0

    def _beside(self, lot: Lot) -> int:
        """Return the fine units of where, capacity and trust."""
        fine: dict[Criterion, int] = {}
        for group in other_groups(lot):
            if id(group) not in self._known:
                self._known[id(group)] = (group, group_fine(group, self._document))
            fine[group.criterion] = fine.get(group.criterion, 0) + self._known[id(group)][1]
        return sum(min(units, MAX_POINTS[criterion] * UNIT) for criterion, units in fine.items())
