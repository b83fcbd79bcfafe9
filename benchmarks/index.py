"""Every document scored at once: the same plans over posting lists, exact to the unit."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.matching.plan import Group, Plan
from app.matching.terms import Document
from app.matching.vocabulary import MAX_POINTS, UNIT, Combine, Criterion

Fine = npt.NDArray[np.int64]


class Index:
    """Term to the documents that have it, with impacts."""

    def __init__(self, documents: Sequence[Document]) -> None:
        """Index `documents`; results stand in their order."""
        self.ids = [document.enterprise_id for document in documents]
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for slot, document in enumerate(documents):
            for term, impact in document.terms.items():
                found[term].append((slot, impact))
        self._postings = {
            term: (np.array([slot for slot, _ in pairs]), np.array([impact for _, impact in pairs], np.int64))
            for term, pairs in found.items()
        }
        self._places: dict[str, Fine] = {}

    def score(self, plan: Plan) -> Fine:
        """Return the fine total of each document, equal to `score_lot(plan, document).fine`."""
        criteria = self.criteria(plan)
        return sum(criteria.values(), np.zeros(len(self.ids), np.int64))

    def criteria(self, plan: Plan) -> dict[Criterion, Fine]:
        """Return the fine units of each document by criterion."""
        fine = {criterion: np.zeros(len(self.ids), np.int64) for criterion in Criterion}
        for group in plan.groups:
            fine[group.criterion] += self._group(group)
        return {criterion: np.minimum(units, MAX_POINTS[criterion] * UNIT) for criterion, units in fine.items()}

    def _group(self, group: Group) -> Fine:
        """Return one group's units; places recur, so theirs are kept."""
        if group.criterion is not Criterion.WHERE:
            return self._units(group)
        key = f"{group.name}:{group.cap}"
        if key not in self._places:
            self._places[key] = self._units(group)
        return self._places[key]

    def _units(self, group: Group) -> Fine:
        """Add up, or take the greatest of, the points of a group's terms."""
        units = np.zeros(len(self.ids), np.int64)
        for term, points in group.points.items():
            if (posting := self._postings.get(term)) is not None:
                slots, impacts = posting
                if group.combine is Combine.SUM:
                    units[slots] += points * impacts
                else:
                    units[slots] = np.maximum(units[slots], points * impacts)
        return np.minimum(units // group.scale, group.cap)
