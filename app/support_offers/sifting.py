"""Offers sifted by the filters, counted for each further choice, and put in order. Pure: an index and a question in."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Final

import numpy as np
import numpy.typing as npt

from app.support_offers.index import COUNTY, UNSTATED, Index, Mask, Slots
from app.support_offers.queries import COLUMN_FILTERS, REMOTE, TERM_KINDS, areas_that_serve
from app.support_offers.ranking import Question
from app.support_offers.rules import ORDER_OF_STATUS
from app.support_offers.schemas import SupportOfferChoices
from app.support_offers.vocabulary import NeedMatch, Status, TermKind, Unstated

# The widths of an offer's place in the order: its tiers, its merit and the hash of its id, in one number of 63 bits.
_TIE_BITS: Final = 48
_MERITS: Final = 32
_PLACES: Final = 4
_NEEDS: Final = 4


@dataclass(frozen=True, slots=True)
class Sifted:
    """What each filter leaves, by its name; `always` is what none of them can widen."""

    index: Index
    always: Mask
    masks: Mapping[str, Mask]

    def found(self, without: str = "") -> Mask:
        """Return what all filters leave, or all but one: for the counts of its own choices."""
        masks = (mask for name, mask in self.masks.items() if name != without)
        return reduce(np.logical_and, masks, self.always)

    @property
    def total(self) -> int:
        """How many offers all filters leave."""
        return int(np.count_nonzero(self.found()))


def sifted(index: Index, choices: SupportOfferChoices, words: Mask | None, day: date) -> Sifted:
    """Return what the filters leave of the offers that everybody may see; `words` are those that hold the words."""
    status = [one.value for one in choices.status or [Status.PUBLISHED]]
    always = index.having("status", status) & index.is_offered(day)
    if words is not None:
        always &= words
    if choices.provider_id:
        always &= index.having("provider_id", [choices.provider_id])
    if choices.need_match is NeedMatch.ALL:
        # To ask for all leaves every other need open: each further one would narrow the list.
        for code in choices.need:
            always &= index.having(TermKind.NEED, [code])
    return Sifted(index, always, dict(_masks(index, choices)))


def counts(sifted: Sifted) -> dict[str, Counter[str]]:
    """Count, for each filter, how many offers each of its choices would leave under every other filter."""
    found: dict[str, Counter[str]] = {}
    for name in (*TERM_KINDS, *COLUMN_FILTERS, UNSTATED):
        found[name] = _count(sifted, name, name)
    found[UNSTATED].update(dict.fromkeys(Unstated, 0))
    found["area"] = _count(sifted, COUNTY, "area")
    remote = sifted.found("remote") & sifted.index.having(TermKind.DELIVERY, REMOTE)
    found["remote"] = Counter({"true": int(np.count_nonzero(remote))})
    return found


def ranked(sifted: Sifted, question: Question) -> tuple[Slots, npt.NDArray[np.int64]]:
    """Return the offers that all filters leave, and the place of each in the order `best`: the lowest comes first."""
    slots = np.flatnonzero(sifted.found()).astype(np.int32)
    index = sifted.index
    status = _tier(index, slots, [("status", [one.value]) for one in sorted(Status, key=ORDER_OF_STATUS.__getitem__)])
    tiers = (status * _NEEDS + _needs(index, slots, question)) * _PLACES
    tiers += _tier(index, slots, [(TermKind.AREA, codes) for codes in question.places])
    sides = index.having(TermKind.SIDE, question.sides)[slots] if question.sides else np.ones(len(slots), dtype=bool)
    tiers = (tiers * 2 + ~sides) * _MERITS + index.merit[slots]
    return slots, (tiers << _TIE_BITS) + index.tie[slots]


def _masks(index: Index, choices: SupportOfferChoices) -> Iterator[tuple[str, Mask]]:
    for name in (*TERM_KINDS, *COLUMN_FILTERS, UNSTATED):
        codes = [str(code) for code in getattr(choices, name)]
        if codes and not (name == "need" and choices.need_match is NeedMatch.ALL):
            yield name, index.having(name, codes)
    if choices.area:
        yield "area", index.having(TermKind.AREA, set().union(*map(areas_that_serve, choices.area)))
    if choices.remote:
        yield "remote", index.having(TermKind.DELIVERY, REMOTE)


def _count(sifted: Sifted, kind: str, name: str) -> Counter[str]:
    mask = sifted.found(name)
    known = sifted.index.postings.get(kind, {})
    numbers = {code: int(np.count_nonzero(mask[slots])) for code, slots in known.items()}
    return Counter({code: number for code, number in numbers.items() if number})


def _needs(index: Index, slots: Slots, question: Question) -> npt.NDArray[np.int64]:
    """Return, for each offer, whether it states all needs that were asked for (0), several (1), one (2) or none (3)."""
    asked = question.needs or question.meant
    met = np.zeros(len(slots), dtype=np.int64)
    for code in asked:
        met += index.having(TermKind.NEED, [code])[slots]
    if not question.needs:
        # Of words that may stand for several needs one is as good as two.
        met = np.minimum(met, 1) * len(asked)
    return np.select([met == len(asked), met > 1, met == 1], [0, 1, 2], default=3)


def _tier(index: Index, slots: Slots, tiers: Iterable[tuple[str, Iterable[str]]]) -> npt.NDArray[np.int64]:
    """Return, for each offer, the number of the first of these of which it says something."""
    found = np.zeros(len(slots), dtype=np.int64)
    open_ = np.ones(len(slots), dtype=np.bool_)
    for number, (kind, codes) in enumerate(tiers):
        here = index.having(kind, codes)[slots] & open_
        found[here] = number
        open_ &= ~here
    return found
