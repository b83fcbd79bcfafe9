"""Simple rankings that the product has to beat, made as good as such rankings get.

Each gives integer scores over the same candidates. Those with popularity in them use it openly: among suppliers with
the same shared code the one with most awards under it stands first, which is the strongest way to break such ties.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from math import log

import numpy as np
import numpy.typing as npt

from app.matching.lexicon import significant, words
from benchmarks.awards import Notice, Row, area_of, plain_title
from benchmarks.metrics import Scores

Worth = npt.NDArray[np.float64]
Ranker = Callable[[Notice], Scores]
SCALE = 100_000
_PREFIXES = range(1, 9)
_COUNTY = 5
# Chosen on the last two months of the training file.
_REGION_WORTH = 0.5
_TITLE_WORTH = 4.0
_BUYER_WORTH = 1.0


class Baselines:
    """What the training awards say of each candidate, ready to rank."""

    def __init__(self, rows: Sequence[Row], candidates: Sequence[str]) -> None:
        """Read the training rows once; `candidates` gives the order of the scores."""
        self._slots = {winner: slot for slot, winner in enumerate(candidates)}
        self._size = len(candidates)
        self._awards = np.zeros(self._size)
        self._under: dict[str, Counter[int]] = defaultdict(Counter)
        self._in_county: dict[str, set[int]] = defaultdict(set)
        self._of_buyer: dict[str, set[int]] = defaultdict(set)
        self._texts: dict[int, set[str]] = defaultdict(set)
        for row in rows:
            self._read(row)
        self._holders: dict[str, list[int]] = defaultdict(list)
        for slot, text in self._texts.items():
            for word in text:
                self._holders[word].append(slot)

    def _read(self, row: Row) -> None:
        """Take in one award."""
        slot = self._slots[row["winner_id"]]
        self._awards[slot] += 1
        code = significant(row["cpv_main"])
        for length in _PREFIXES:
            if length <= len(code):
                self._under[code[:length]][slot] += 1
        if area := area_of(row):
            self._in_county[area[:_COUNTY]].add(slot)
        self._of_buyer[row["buyer_id"]].add(slot)
        self._texts[slot].update(words(plain_title(row)))

    def _rarity(self, word: str) -> float:
        """Return ln(candidates / candidates whose titles hold the word)."""
        return log(self._size / len(self._holders[word])) if word in self._holders else 0.0

    def rankers(self) -> dict[str, Ranker]:
        """Return the baselines by name, weakest idea first; only the last uses buyer history."""
        return {
            "random": lambda _: np.zeros(self._size, np.int64),
            "popularity": lambda _: self._scaled(self._awards),
            "CPV prefix": lambda notice: self._scaled(self._codes(notice)),
            "CPV prefix + region": lambda notice: self._scaled(self._codes(notice) + self._region(notice)),
            "… + title": lambda notice: self._scaled(self._with_title(notice)),
            "… + title + buyer": lambda notice: self._scaled(self._with_title(notice) + self._buyer(notice)),
        }

    def _scaled(self, scores: Worth) -> Scores:
        """Return scores as integers."""
        return np.asarray(np.rint(scores * SCALE), dtype=np.int64)

    def _codes(self, notice: Notice) -> Worth:
        """Return the digits shared with the notice's code, and less than one digit for awards under it."""
        scores: Worth = self._awards / (self._awards.max() + 1) / 1000
        code = significant(notice.cpv)
        for length in range(1, len(code) + 1):
            for slot, count in self._under.get(code[:length], {}).items():
                scores[slot] = length + count / (count + 3) * 0.9
        return scores

    def _region(self, notice: Notice) -> Worth:
        """Return the worth of having delivered in the notice's county."""
        scores = np.zeros(self._size)
        if notice.area:
            scores[list(self._in_county.get(notice.area[:_COUNTY], ()))] = _REGION_WORTH
        return scores

    def _with_title(self, notice: Notice) -> Worth:
        """Return codes, region and how much of the title's words, rare ones most, each supplier's titles hold."""
        asked = set(words(notice.title))
        held = np.zeros(self._size)
        for word in asked:
            if holders := self._holders.get(word):
                held[holders] += self._rarity(word) ** 2
        whole = sum(self._rarity(word) ** 2 for word in asked) or 1.0
        return self._codes(notice) + self._region(notice) + _TITLE_WORTH * held / whole

    def _buyer(self, notice: Notice) -> Worth:
        """Return the worth of having won from this buyer before."""
        scores = np.zeros(self._size)
        scores[list(self._of_buyer.get(notice.buyer, ()))] = _BUYER_WORTH
        return scores
