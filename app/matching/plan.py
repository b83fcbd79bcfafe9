"""A lot compiled to a plan: groups of `{term: points}` that rank, explain and reverse, all from the same figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from app.core.clock import today
from app.matching.capacity import capacity_points, neutral_points, places_points, yearly_value
from app.matching.eligibility import reserved_codes
from app.matching.eligibility import warnings as rule_warnings
from app.matching.lexicon import infer_codes, pieces, significant, trades_in, words
from app.matching.places import folded, place_points
from app.matching.profile import Lot
from app.matching.terms import FULL_IMPACT
from app.matching.vocabulary import (
    INCOMPARABLE_GROUP,
    MAX_POINTS,
    NEUTRAL_GROUP,
    TUNING,
    UNIT,
    Combine,
    Criterion,
    GapCode,
)
from app.matching.weights import code_industries, rarity_of_code, rarity_of_piece
from app.reference.service import cpv_words

PLACE = "place:"
"""The beginning of the name of a group that is one place of performance."""

LABELS = "labels"
"""The name of the group of the label words of stated codes."""


@dataclass(frozen=True, slots=True)
class Group:
    """Terms that are judged together.

    A document's points in the group are, in fine units: the sum of `points * impact` over its terms divided by
    `scale` (rounded down), or the greatest `points * impact` divided by `scale`; never more than `cap`.
    """

    name: str
    criterion: Criterion
    combine: Combine
    points: Mapping[str, int]
    cap: int
    scale: int = 1

    @property
    def of_pieces(self) -> bool:
        """True when the terms are word pieces, which have impacts; all other terms are facts."""
        return self.scale != 1

    @property
    def is_alike_for_all(self) -> bool:
        """True when every document has exactly one of the terms and all are worth the same: nothing is read."""
        return self.name in {NEUTRAL_GROUP, INCOMPARABLE_GROUP}

    @property
    def of_postings(self) -> bool:
        """True when the index keeps the terms as posting lists."""
        return not (self.of_areas or self.of_trust or self.is_alike_for_all)

    @property
    def of_trust(self) -> bool:
        """True when the terms are trust steps, of which everyone has one, and which the index keeps apart."""
        return self.criterion is Criterion.TRUST

    @property
    def of_areas(self) -> bool:
        """True when the terms are areas, which the index keeps apart."""
        return self.name.startswith(PLACE)


@dataclass(frozen=True, slots=True)
class AskedCode:
    """A CPV code or prefix the lot asks for: stated in it, or inferred from its title."""

    code: str
    inferred: bool
    group: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One lot, ready to rank any number of documents. Two lots with equal `groups` rank alike."""

    lot_id: str
    groups: tuple[Group, ...]
    codes: tuple[AskedCode, ...]
    words: tuple[str, ...]
    places: tuple[str, ...]
    gaps: tuple[tuple[Criterion, GapCode], ...]
    """What the lot itself leaves unsaid; the same for every enterprise."""


def compile_plan(lot: Lot) -> Plan:
    """Return the plan of one lot. Only what the lot says, the shipped tables and the distances go into it."""
    coded, codes = _what(lot)
    asked = tuple(group for group in (*coded, *_words(lot, codes)) if group.points)
    return complete_plan(lot, asked, codes, tuple(dict.fromkeys(words(f"{lot.title} {lot.description}"))))


def compile_plans(lots: Sequence[Lot]) -> tuple[Plan, ...]:
    """Return the plan of each lot; lots that ask the same share the groups of one, whatever they are called."""
    compiled: dict[Lot, Plan] = {}
    for lot in lots:
        unnamed = replace(lot, id="")
        if unnamed not in compiled:
            compiled[unnamed] = compile_plan(unnamed)
    return tuple(replace(compiled[replace(lot, id="")], lot_id=lot.id) for lot in lots)


def complete_plan(lot: Lot, asked: tuple[Group, ...], codes: tuple[AskedCode, ...], said: tuple[str, ...]) -> Plan:
    """Return the plan of one lot whose codes and words are compiled already: `asked` and `codes`; `said` are its words.

    Those take time to find and never change; what is added here is quickly found, and may change with the day.
    """
    return Plan(lot.id, (*asked, *other_groups(lot)), codes, said, places_of(lot), tuple(_own_gaps(lot, codes)))


# Groups are never changed once made, and most questions share their codes and places: what is costly is kept.
_KEPT = 4_096


def other_groups(lot: Lot) -> tuple[Group, ...]:
    """Return the groups of a lot that are neither codes nor words: where, capacity and trust."""
    capacity = _capacity(lot.value_minor, lot.currency, lot.duration_months, lot.places_wanted)
    return tuple(group for group in (*_where(places_of(lot)), *capacity, _trust()) if group.points)


def places_of(lot: Lot) -> tuple[str, ...]:
    """Return where the work is done, as far as it is judged: the places named, or the buyer's own."""
    return folded(lot.area_codes or ((lot.fallback_area,) if lot.fallback_area else ()))


def _what(lot: Lot) -> tuple[tuple[Group, ...], tuple[AskedCode, ...]]:
    """Return the groups of codes, stated and inferred, and of the industries that supply them."""
    stated = tuple(dict.fromkeys(filter(None, (lot.cpv_main, *lot.cpv_additional))))
    suggested = infer_codes(lot.title) or infer_codes(f"{lot.title} {lot.description}")
    full = MAX_POINTS[Criterion.WHAT] * UNIT
    groups: list[Group] = []
    asked: list[AskedCode] = []
    for number, (code, share) in enumerate(zip(stated, _shares(len(stated)), strict=True)):
        groups.append(_most(f"code{number}", _code_points(code, share)))
        asked.append(AskedCode(code, False, f"code{number}"))
    inferred = _inferred_points(suggested, full * (TUNING.inferred_beside if stated else TUNING.inferred_alone) // 100)
    if inferred:
        groups.append(_most("inferred", inferred))
        asked.extend(AskedCode(prefix, True, "inferred") for prefix, _ in suggested[:3])
    groups.append(_most("industry", _industry_points(stated or [p for p, _ in suggested[:3]], full)))
    return tuple(groups), tuple(asked)


@lru_cache(maxsize=_KEPT)
def _code_points(code: str, share: int) -> Mapping[str, int]:
    """Return the points of each level of a stated code that weighs `share` hundredths."""
    full = MAX_POINTS[Criterion.WHAT] * UNIT
    return {term: full * TUNING.stated * share * worth // 1_000_000 for term, worth in code_worth(code)}


def _most(name: str, points: Mapping[str, int]) -> Group:
    """Return a group of the what criterion that counts its best term."""
    return Group(name, Criterion.WHAT, Combine.MAX, points, MAX_POINTS[Criterion.WHAT] * UNIT)


def _shares(count: int) -> tuple[int, ...]:
    """Return the hundredths each stated code weighs: the main code most, the others alike, together 100."""
    if count < 2:
        return (100,) * count
    other = min(25, 50 // (count - 1))
    return (100 - other * (count - 1), *((other,) * (count - 1)))


def code_worth(code: str) -> tuple[tuple[str, int], ...]:
    """Return what sharing each level of `code` is worth, in per cent.

    The rarer the shared level, the more it says, against the code's own rarity: sharing the very code is all of it.
    """
    prefix = significant(code)
    levels = [(f"c{n}:{prefix[:n]}", rarity_of_code(prefix[:n])) for n in range(2, min(len(prefix), 5) + 1)]
    if len(code) == 8:
        levels.append((f"c8:{code}", max(rarity_of_code(code), levels[-1][1])))
    top = max(1, levels[-1][1])
    return tuple((term, worth) for term, rarity in levels if (worth := 100 * rarity // top) > 0)


def _inferred_points(suggested: tuple[tuple[str, int], ...], budget: int) -> dict[str, int]:
    """Return the points of codes read from the title: the best of them counts, weighed by how sure each is."""
    points: dict[str, int] = {}
    for prefix, strength in suggested:
        for term, worth in code_worth(prefix):
            points[term] = max(points.get(term, 0), budget * strength * worth // 10_000)
    return points


def _industry_points(codes: list[str] | tuple[str, ...], full: int) -> dict[str, int]:
    """Return the points of industries whose enterprises supply the codes, from the shipped associations."""
    table = code_industries()
    points: dict[str, int] = {}
    for code in codes:
        prefix = significant(code)
        found = next((table[prefix[:n]] for n in range(len(prefix), 1, -1) if prefix[:n] in table), ())
        for industry, strength in found:
            term = f"i:{industry}"
            points[term] = max(points.get(term, 0), full * TUNING.industry * strength // 10_000)
    return points


def _words(lot: Lot, codes: tuple[AskedCode, ...]) -> Iterator[Group]:
    """Yield the groups of the pieces of the lot's words, of the labels of its codes, and of the trades it names."""
    texts = ((lot.title, 100), (lot.description, TUNING.description))
    yield _pieces_group("pieces", texts, TUNING.pieces)
    yield _labels_group(tuple(code.code for code in codes if not code.inferred))
    full = MAX_POINTS[Criterion.WORDS] * UNIT
    named = trades_in(lot.title) or trades_in(lot.description)
    trade_points = {f"k:{trade}": full * TUNING.trades // (100 * len(named)) for trade in named}
    yield Group("trades", Criterion.WORDS, Combine.SUM, trade_points, full)


@lru_cache(maxsize=_KEPT)
def _labels_group(codes: tuple[str, ...]) -> Group:
    """Return the group of the label words of stated codes."""
    labels = " ".join(cpv_words(code) for code in codes)
    return _pieces_group(LABELS, ((labels, 100),), TUNING.labels, TUNING.labels_at_most)


def _pieces_group(name: str, texts: tuple[tuple[str, int], ...], share: int, most: int = 100) -> Group:
    """Return a group that adds up word pieces, rare ones most; all of them at full impact give `share` per cent."""
    full = MAX_POINTS[Criterion.WORDS] * UNIT
    weights: dict[str, int] = {}
    for text, weight in texts:
        for word in words(text):
            for piece in pieces(word):
                rarity = rarity_of_piece(piece)
                if rarity >= TUNING.telling_piece:
                    weights[f"g:{piece}"] = max(weights.get(f"g:{piece}", 0), weight * rarity**2)
    total = sum(weights.values())
    points = {term: full * share * weight // (100 * total) for term, weight in weights.items()}
    return Group(name, Criterion.WORDS, Combine.SUM, points, full * most // 100, FULL_IMPACT)


@lru_cache(maxsize=_KEPT)
def _where(places: tuple[str, ...]) -> tuple[Group, ...]:
    """Return one group per place of performance, each an equal share of the criterion."""
    share = MAX_POINTS[Criterion.WHERE] * UNIT // max(1, len(places))
    return tuple(place_group(place, share) for place in places)


@lru_cache(maxsize=_KEPT)
def place_group(place: str, share: int) -> Group:
    """Return the group of one place that can give `share` fine units."""
    points = {term: share * worth // 100 for term, worth in place_points(place).items()}
    return Group(f"{PLACE}{place}", Criterion.WHERE, Combine.MAX, points, share)


@lru_cache(maxsize=_KEPT)
def _capacity(
    value_minor: int | None, currency: str, duration_months: int | None, places_wanted: int | None
) -> tuple[Group, ...]:
    """Return the groups of value against size and of places wanted against free ones, or one that is alike for all."""
    lot = Lot(
        "",
        "",
        value_minor=value_minor,
        currency=currency,
        duration_months=duration_months,
        places_wanted=places_wanted,
    )
    full = MAX_POINTS[Criterion.CAPACITY] * UNIT
    parts = [("value", capacity_points(lot)), ("places", places_points(lot))]
    known = [part for part in parts if part[1]] or [(_why_neutral(lot), neutral_points())]
    share = full // len(known)
    return tuple(
        Group(
            name, Criterion.CAPACITY, Combine.MAX, {term: share * worth // 100 for term, worth in worths.items()}, share
        )
        for name, worths in known
    )


def _why_neutral(lot: Lot) -> str:
    """Return the name of the group that is alike for all: nothing was asked, or not in a currency that we compare."""
    return INCOMPARABLE_GROUP if lot.value_minor else NEUTRAL_GROUP


@lru_cache(maxsize=1)
def _trust() -> Group:
    """Return the group of the trust steps."""
    full = MAX_POINTS[Criterion.TRUST] * UNIT
    steps = {"?": 30, "0": 30, "1": 45, "2": 60, "3": 75, "4": 90, "5": 100}
    return Group(
        "trust", Criterion.TRUST, Combine.MAX, {f"q:{step}": full * worth // 100 for step, worth in steps.items()}, full
    )


def _own_gaps(lot: Lot, codes: tuple[AskedCode, ...]) -> Iterator[tuple[Criterion, GapCode]]:
    """Yield what the lot leaves unsaid."""
    places = places_of(lot)
    if not codes:
        yield Criterion.WHAT, GapCode.CODE_UNKNOWN
    elif all(code.inferred for code in codes):
        yield Criterion.WHAT, GapCode.CODE_INFERRED
    elif lot.cpv_main and len(significant(lot.cpv_main)) == 2:
        yield Criterion.WHAT, GapCode.CODE_BROAD
    if not places:
        yield Criterion.WHERE, GapCode.PLACE_UNKNOWN
    elif not lot.area_codes:
        yield Criterion.WHERE, GapCode.PLACE_FALLBACK
    if lot.value_minor and yearly_value(lot) is None:
        yield Criterion.CAPACITY, GapCode.VALUE_INCOMPARABLE
    if reserved_codes(lot) and not lot.reservation_gates:
        yield Criterion.TRUST, GapCode.RESERVATION_UNCLEAR
    for warning in rule_warnings(lot, lot.reference_date or today()):
        yield Criterion.WHAT, WARNING_GAPS[warning.code]


WARNING_GAPS = {
    "duration_too_long": GapCode.RESERVED_TOO_LONG,
    "code_not_listed": GapCode.RESERVED_NOT_LISTED,
    "no_rule": GapCode.RESERVED_NO_RULE,
}
