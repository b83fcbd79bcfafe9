"""How well an offer answers a question, and why. Pure: an offer and a question in, codes out.

A question is a set of needs, of areas and of words, over the same lists as the offers: so each reason is a code that
both have, and what an offer lacks is a code that only the question has. Nothing counts that its provider cannot change:
no clicks, no views, no age.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.core.i18n import LANGUAGES
from app.core.text import stems
from app.reference import service as reference
from app.support_offers.schemas import SupportOfferChoices, SupportOfferSummary
from app.support_offers.vocabulary import NEED_LIST, Capacity, Cost, Delivery, LackCode, ReasonCode, Side

_EXACT: Final = (ReasonCode.IN_COUNTRY, ReasonCode.IN_COUNTY, ReasonCode.IN_MUNICIPALITY)
_REMOTE: Final = {Delivery.REMOTE, Delivery.HYBRID}
_COST: Final = {Cost.FREE: ReasonCode.FREE, Cost.PAID: ReasonCode.PAID}
# Words that join the words of a label, and mean none of them.
_JOINING: Final = frozenset(stems("och og and med with mellan mellom between for i in"))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for, as far as it was understood.

    `meant` are the needs that its words stand for; `places` the areas in which an offer answers it, the best first;
    `sides` whom it is to support, which is a wish and no filter.
    """

    needs: tuple[str, ...] = ()
    meant: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    places: tuple[frozenset[str], ...] = ()
    words: str = ""
    sides: tuple[Side, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether nothing is asked for that one offer could answer better than another."""
        return not (self.needs or self.meant or self.places or self.words)


@dataclass(frozen=True, slots=True)
class Told:
    """One reason or lack: its code, and the codes, words, number or day that it is about."""

    code: ReasonCode | LackCode
    values: tuple[str, ...] = ()


def question_of(choices: SupportOfferChoices, sides: Sequence[Side] = ()) -> Question:
    """Return the question that these filters ask, their place already read as an area."""
    return Question(
        needs=tuple(choices.need),
        meant=needs_meant(choices.words),
        areas=tuple(choices.area),
        places=places_of(tuple(choices.area)),
        words=choices.words,
        sides=tuple(sides),
    )


@lru_cache(maxsize=1024)
def needs_meant(words: str) -> tuple[str, ...]:
    """Return the needs whose name these words are, or a part of it: `rådgivning` is `advice`; of free words nothing."""
    wanted = frozenset(stems(words)) - _JOINING
    if not wanted:
        return ()
    whole = [code for code, names in _need_names() if wanted in names]
    return tuple(whole or (code for code, names in _need_names() if any(wanted <= name for name in names)))


@lru_cache(maxsize=1)
def _need_names() -> tuple[tuple[str, tuple[frozenset[str], ...]], ...]:
    """Return the words of each need's names, in every language; `Styrelsekompetens/mentorer` is two names."""
    found = []
    for one in reference.codes(NEED_LIST):
        names = [name for language in LANGUAGES for name in one.label(language).split("/")]
        found.append((one.code, tuple(frozenset(stems(name)) - _JOINING for name in names)))
    return tuple(found)


@lru_cache(maxsize=1024)
def places_of(areas: tuple[str, ...]) -> tuple[frozenset[str], ...]:
    """Return the areas of offers that are given in one of these, the best first: itself, near to it, its country.

    Near to a municipality is its county, to a county its municipalities, to a country all that it holds.
    """
    if not areas:
        return ()
    tiers: list[set[str]] = [set(areas), set(), set()]
    for area in areas:
        above = reference.ancestors(area)
        parts = {one.code for one in (*reference.counties_of(area), *reference.municipalities_of(area))}
        tiers[1] |= (parts - {area}) | set(above[:-1])
        tiers[2] |= set(above[-1:])
    seen: set[str] = set()
    found = []
    for tier in tiers:
        found.append(frozenset(tier - seen))
        seen |= tier
    return tuple(found)


def explained(question: Question, offer: SupportOfferSummary) -> tuple[list[Told], list[Told]]:
    """Return why an offer answers the question, and what it lacks, each in the order in which it matters."""
    reasons, lacks = [], []
    for found, missing in (
        _of_needs(question, offer),
        _of_place(question, offer),
        _of_sides(question, offer),
        _of_words(question),
        _of_room(offer),
        _of_confirmation(offer),
        _of_cost(offer),
    ):
        reasons += found
        lacks += missing
    return reasons, lacks


_Parts = tuple[list[Told], list[Told]]


def _of_needs(question: Question, offer: SupportOfferSummary) -> _Parts:
    asked = question.needs or question.meant
    if not asked:
        return [], []
    met = tuple(code for code in asked if code in offer.needs)
    missing = tuple(code for code in asked if code not in offer.needs)
    lacks = []
    if not offer.needs:
        lacks = [Told(LackCode.NEED_NOT_STATED)]
    elif missing and (question.needs or not met):
        lacks = [Told(LackCode.NEEDS_MISSING, missing)]
    return [Told(ReasonCode.NEED, met)] if met else [], lacks


def _of_place(question: Question, offer: SupportOfferSummary) -> _Parts:
    far = [Told(ReasonCode.AT_A_DISTANCE)] if _REMOTE & set(offer.delivery) else []
    if not question.places:
        return far, [] if offer.service_areas else [Told(LackCode.AREA_NOT_STATED)]
    if not offer.service_areas:
        return far, [Told(LackCode.AREA_NOT_STATED)]
    for places in question.places:
        if here := tuple(code for code in offer.service_areas if code in places):
            return [Told(_how(question.areas, here), here), *far], []
    return far, [Told(LackCode.ELSEWHERE, tuple(offer.service_areas))]


def _how(asked: Sequence[str], here: Sequence[str]) -> ReasonCode:
    """Return how an area fits: in part of what was asked for, or in all of it, by what it is."""
    if not any(reference.covers(code, area) for code in here for area in asked):
        return ReasonCode.IN_PART
    return _EXACT[len(reference.ancestors(here[0]))]


def _of_sides(question: Question, offer: SupportOfferSummary) -> _Parts:
    if not question.sides:
        return [], []
    same = tuple(side.value for side in question.sides if side in offer.sides)
    if same:
        return [Told(ReasonCode.SIDE, same)], []
    return [], [Told(LackCode.OTHER_SIDE, tuple(offer.sides))] if offer.sides else [Told(LackCode.SIDE_NOT_STATED)]


def _of_words(question: Question) -> _Parts:
    return ([Told(ReasonCode.WORDS, (question.words,))] if question.words.strip() else []), []


def _of_room(offer: SupportOfferSummary) -> _Parts:
    if offer.capacity is Capacity.FULL:
        return [], [Told(LackCode.FULL)]
    if offer.capacity is Capacity.UNKNOWN:
        return [], [Told(LackCode.ROOM_NOT_STATED)]
    left = () if offer.places_left is None else (str(offer.places_left),)
    return [Told(ReasonCode.PLACES_FREE, left)], []


def _of_confirmation(offer: SupportOfferSummary) -> _Parts:
    if offer.assured_on is None:
        return [], [Told(LackCode.NOT_CONFIRMED)]
    return [Told(ReasonCode.CONFIRMED, (offer.assured_on.isoformat(),))], []


def _of_cost(offer: SupportOfferSummary) -> _Parts:
    code = _COST.get(offer.cost)
    return ([Told(code)], []) if code else ([], [Told(LackCode.PRICE_NOT_STATED)])
