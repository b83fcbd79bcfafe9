"""How good a ranking is: where the winners stand, and how widely the recommendations are spread."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.int64]
CUTS = (1, 5, 10)
RECALL_AT = 50
LIST = 10


@dataclass(slots=True)
class Tally:
    """Counts over the notices judged so far."""

    notices: int = 0
    hits: Counter[int] = field(default_factory=Counter)
    reciprocal: float = 0.0
    recall: float = 0.0

    def add(self, ranks: Sequence[int], relevant: int) -> None:
        """Count one notice: the ranks (0 is best) of its winners among the candidates, of `relevant` winners in all."""
        self.notices += 1
        if ranks:
            best = min(ranks)
            self.hits.update(cut for cut in CUTS if best < cut)
            self.reciprocal += 1 / (best + 1)
            self.recall += sum(rank < RECALL_AT for rank in ranks) / relevant

    def figures(self) -> dict[str, float]:
        """Return the figures, as shares of the notices."""
        count = max(1, self.notices)
        return {
            "notices": self.notices,
            **{f"hit@{cut}": round(self.hits[cut] / count, 4) for cut in CUTS},
            "mrr": round(self.reciprocal / count, 4),
            f"recall@{RECALL_AT}": round(self.recall / count, 4),
        }


def ranks_of(scores: Scores, wanted: Iterable[int], tie: Callable[[int], str]) -> list[int]:
    """Return the rank of each wanted slot: the better scores before it, and the tied ones whose hash stands first."""
    found = []
    for slot in wanted:
        better = int(np.count_nonzero(scores > scores[slot]))
        own = tie(slot)
        found.append(better + sum(tie(int(other)) < own for other in np.flatnonzero(scores == scores[slot])))
    return found


def top(scores: Scores, tie: Callable[[int], str]) -> list[int]:
    """Return the slots of the list shown: the ten best, ties by hash."""
    shown = min(LIST, len(scores))
    least = np.partition(scores, -shown)[-shown]
    above = np.flatnonzero(scores > least).tolist()
    level = sorted(np.flatnonzero(scores == least).tolist(), key=tie)
    return [*above, *level[: shown - len(above)]]


def spread(shown: Counter[int], candidates: int) -> dict[str, float]:
    """Return how many candidates are ever shown, and the share of places that the most shown 1 % take."""
    places = sum(shown.values()) or 1
    few = max(1, candidates // 100)
    return {
        "coverage": round(len(shown) / candidates, 4),
        "top_1_percent_share": round(sum(count for _, count in shown.most_common(few)) / places, 4),
    }
