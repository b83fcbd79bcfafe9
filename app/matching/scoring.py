"""A plan read against a document: points, the evidence behind them, and what is missing."""

from collections.abc import Iterable, Mapping, Sequence, Set
from hashlib import blake2b
from typing import NamedTuple

from app.core.text import fold
from app.matching.eligibility import Eligibility
from app.matching.plan import Group, Plan
from app.matching.profile import Need
from app.matching.terms import LABEL_IMPACT, Document, piece_terms
from app.matching.vocabulary import (
    ELIGIBILITY_ORDER,
    INCOMPARABLE_GROUP,
    MAX_POINTS,
    NEUTRAL_GROUP,
    RELEVANT,
    UNIT,
    Combine,
    Criterion,
    GapCode,
)


class Evidence(NamedTuple):
    """One thing two sides share: a term of the enterprise, and what of the lot it answers."""

    kind: str
    """cpv, trade, industry, word, area, seat, size, places or trust."""
    value: str
    """The enterprise's side: a CPV prefix, a trade id, an industry code, a word, an area code, a band or a step."""
    asked: str = ""
    """The lot's side: the code, word or area that it answers."""
    inferred: bool = False
    """True when the lot did not state the code, but its title suggests it."""
    points: int = 0
    """Fine units this evidence is worth (evidence of one group is not added up when only its best counts)."""


class Reason(NamedTuple):
    """The points of one criterion. `points` of all five add up to the score they belong to."""

    criterion: Criterion
    points: int
    max_points: int
    fine: int
    evidence: tuple[Evidence, ...]


class Gap(NamedTuple):
    """Something missing or unknown, by criterion; never a penalty in silence."""

    criterion: Criterion
    code: GapCode


class LotScore(NamedTuple):
    """One enterprise on one lot."""

    lot_id: str
    score: int
    fine: int
    reasons: tuple[Reason, ...]
    gaps: tuple[Gap, ...]
    relevant: bool
    """False when neither codes nor words touch the lot: then it is no match, however near it is."""


class NeedScore(NamedTuple):
    """One enterprise on a whole need: the mean over its lots, equal weight."""

    enterprise_id: str
    score: int
    fine: int
    reasons: tuple[Reason, ...]
    gaps: tuple[Gap, ...]
    lots: tuple[LotScore, ...]
    relevant: bool


class _Held(NamedTuple):
    """What a document holds of one group: the shared terms and the fine units they give."""

    group: Group
    shared: Set[str]
    fine: int


def score_lot(plan: Plan, document: Document) -> LotScore:
    """Return points, evidence and gaps of `document` on the lot of `plan`."""
    held = [_held(group, document) for group in plan.groups]
    fine = _criterion_fine(held)
    total = sum(fine.values())
    shown = apportion(list(fine.values()), rounded(total, UNIT), UNIT)
    reasons = tuple(
        Reason(criterion, points, MAX_POINTS[criterion], fine[criterion], _evidence(plan, document, held, criterion))
        for criterion, points in zip(fine, shown, strict=True)
    )
    gaps = tuple(_gaps(plan, document, fine, held))
    return LotScore(plan.lot_id, sum(shown), total, reasons, gaps, is_relevant(fine))


def score_need(plans: Sequence[Plan], document: Document) -> NeedScore:
    """Return the mean of `document` over the lots, rounded half up; its reasons add up to its score.

    Lots that ask the same share their groups (see `service`): they are read once.
    """
    read: dict[int, LotScore] = {}
    for plan in plans:
        if id(plan.groups) not in read:
            read[id(plan.groups)] = score_lot(plan, document)
    lots = tuple(read[id(plan.groups)]._replace(lot_id=plan.lot_id) for plan in plans)
    if len(lots) == 1:
        only = lots[0]
        return NeedScore(document.enterprise_id, only.score, only.fine, only.reasons, only.gaps, lots, only.relevant)
    count = len(lots)
    score = rounded(sum(lot.score for lot in lots), count)
    columns = list(zip(*(lot.reasons for lot in lots), strict=True))
    shown = apportion([sum(reason.points for reason in column) for column in columns], score, count)
    reasons = tuple(
        Reason(
            column[0].criterion,
            points,
            column[0].max_points,
            sum(reason.fine for reason in column) // count,
            tuple(dict.fromkeys(evidence for reason in column for evidence in reason.evidence)),
        )
        for column, points in zip(columns, shown, strict=True)
    )
    gaps = tuple(dict.fromkeys(gap for lot in lots for gap in lot.gaps))
    fine = sum(lot.fine for lot in lots) // count
    return NeedScore(document.enterprise_id, score, fine, reasons, gaps, lots, any(lot.relevant for lot in lots))


def pieces_read(plans: Iterable[Plan]) -> frozenset[str]:
    """Return the word pieces that scoring and explaining by these plans look for in a document."""
    asked = {term for plan in plans for group in plan.groups if group.of_pieces for term in group.points}
    return frozenset(asked.union(*(piece_terms(word) for plan in plans for word in plan.words)))


def criterion_fine(plan: Plan, document: Document) -> dict[Criterion, int]:
    """Return the fine units of each criterion: its groups added up, never more than its maximum."""
    return _criterion_fine([_held(group, document) for group in plan.groups])


def group_fine(group: Group, document: Document) -> int:
    """Return the fine units of one group."""
    return _held(group, document).fine


def _criterion_fine(held: Iterable[_Held]) -> dict[Criterion, int]:
    fine = dict.fromkeys(Criterion, 0)
    for one in held:
        fine[one.group.criterion] += one.fine
    return {criterion: min(units, MAX_POINTS[criterion] * UNIT) for criterion, units in fine.items()}


def _held(group: Group, document: Document) -> _Held:
    points, terms = group.points, document.pieces if group.of_pieces else document.facts
    shared = points.keys() & terms.keys()
    worths = [points[term] * terms[term] for term in shared]
    units = sum(worths) if group.combine is Combine.SUM else max(worths, default=0)
    return _Held(group, shared, min(group.cap, units // group.scale))


def is_relevant(fine: dict[Criterion, int]) -> bool:
    """Say whether codes and words together touch the lot enough to call it a match."""
    return fine[Criterion.WHAT] + fine[Criterion.WORDS] >= RELEVANT


def rounded(total: int, parts: int) -> int:
    """Return `total / parts` rounded half up."""
    return (2 * total + parts) // (2 * parts)


def apportion(amounts: list[int], target: int, unit: int) -> list[int]:
    """Return whole numbers near `amounts / unit` that add up to `target`: the largest remainders are rounded up."""
    whole = [amount // unit for amount in amounts]
    by_remainder = sorted(range(len(amounts)), key=lambda n: (-(amounts[n] % unit), n))
    for n in by_remainder[: target - sum(whole)]:
        whole[n] += 1
    return whole


def order_key(score: NeedScore, eligibility: Eligibility, tie: str) -> tuple[int, int, int, str]:
    """Return what items are sorted by: score, eligibility at equal score, the unrounded score, the neutral hash."""
    return (-score.score, ELIGIBILITY_ORDER[eligibility.state], -score.fine, tie)


def request_hash(need: Need) -> str:
    """Return a hash of what the need says, so that ties fall alike for the same question everywhere."""
    said = repr([(fold(lot.title), fold(lot.description), lot.cpv_main, lot.cpv_additional, lot.area_codes,
                  lot.fallback_area, lot.reserved_participation) for lot in need.lots])  # fmt: skip
    return blake2b(said.encode(), digest_size=16).hexdigest()


def tie_key(request: str, enterprise_id: str) -> str:
    """Return the neutral order of enterprises that tie on one request."""
    return blake2b(f"{request}:{enterprise_id}".encode(), digest_size=8).hexdigest()


_KINDS = {
    "k": "trade",
    "i": "industry",
    "a": "area",
    "m": "seat",
    "t": "size",
    "e": "size",
    "p": "places",
    "q": "trust",
}
_WORD_COVERED = 60


def _evidence(plan: Plan, document: Document, held: Iterable[_Held], criterion: Criterion) -> tuple[Evidence, ...]:
    """Return what the points of one criterion rest on, without repetitions."""
    found: list[Evidence] = []
    for one in held:
        if one.group.criterion is criterion:
            if one.group.name == "pieces":
                found += _shared_words(plan, document)
            elif one.group.name in {NEUTRAL_GROUP, INCOMPARABLE_GROUP}:
                found.append(Evidence("neutral", one.group.name))
            elif not one.group.of_pieces and one.shared:
                found += _best(plan, one, document)
    return tuple(dict.fromkeys(found))


def _best(plan: Plan, held: _Held, document: Document) -> Iterable[Evidence]:
    """Yield the terms of a group that count: the best one, or each when they are added."""
    points = held.group.points

    def first(term: str) -> tuple[int, int, str]:
        return -points[term], -len(term), term

    counted = [min(held.shared, key=first)] if held.group.combine is Combine.MAX else sorted(held.shared, key=first)
    for term in counted:
        kind, value = term.split(":", 1)
        if kind.startswith("c"):
            asked, inferred = _asked(plan, held.group, value)
            yield Evidence("cpv", _stated_under(document, value), asked, inferred, points[term])
        elif value != "?":
            asked = held.group.name.removeprefix("place:") if kind in "am" else ""
            yield Evidence(_KINDS[kind], value, asked, points=points[term])


def _asked(plan: Plan, group: Group, prefix: str) -> tuple[str, bool]:
    """Return the code of the lot that the group stands for, nearest to `prefix`, and whether it is inferred."""
    asked = [code for code in plan.codes if code.group == group.name]
    best = asked[0] if len(asked) == 1 else max(asked, key=lambda code: _common(code.code, prefix))
    return best.code, best.inferred


def _common(one: str, other: str) -> int:
    """Return how many leading digits two codes share."""
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    return shared


def _stated_under(document: Document, prefix: str) -> str:
    """Return a code the enterprise states under `prefix`, or the prefix when it was read from its texts."""
    return next((code for code in document.codes if code.startswith(prefix)), prefix)


def _shared_words(plan: Plan, document: Document) -> Iterable[Evidence]:
    """Yield the lot's words that the enterprise's own texts hold, whole or as most of their pieces."""
    for word in plan.words:
        parts = piece_terms(word)
        held = sum(document.pieces.get(part, 0) > LABEL_IMPACT for part in parts)
        if 100 * held >= _WORD_COVERED * len(parts):
            yield Evidence("word", word, word)


def _gaps(plan: Plan, document: Document, fine: dict[Criterion, int], held: Iterable[_Held]) -> Iterable[Gap]:
    """Yield what is missing or unknown, first of the lot, then of the enterprise."""
    terms = document.facts
    yield from (Gap(criterion, code) for criterion, code in plan.gaps)
    if not document.codes:
        yield Gap(Criterion.WHAT, GapCode.CODES_MISSING)
    if fine[Criterion.WORDS] == 0:
        yield Gap(Criterion.WORDS, GapCode.WORDS_NONE)
    if "a:?" in terms:
        yield Gap(Criterion.WHERE, GapCode.AREA_NOT_STATED)
    elif plan.places and not _serves(plan, document):
        yield Gap(Criterion.WHERE, GapCode.AREA_OUTSIDE)
    yield from _capacity_gaps(held, terms)
    if "q:?" in terms:
        yield Gap(Criterion.TRUST, GapCode.TRUST_UNKNOWN)
    if not document.confirmed:
        yield Gap(Criterion.TRUST, GapCode.NOT_CONFIRMED)
    if document.lifecycle == "unknown":
        yield Gap(Criterion.TRUST, GapCode.LIFECYCLE_UNKNOWN)


def _serves(plan: Plan, document: Document) -> bool:
    """Say whether a declared area holds each of the places."""
    return all(any(f"a:{area}" in document.facts for area in {place, place[:5], place[:2]}) for place in plan.places)


def _capacity_gaps(held: Iterable[_Held], terms: Mapping[str, int]) -> Iterable[Gap]:
    """Yield what is unknown or too small of the size and of the places free."""
    for one in held:
        if one.group.name == "value" and not one.fine:
            yield Gap(Criterion.CAPACITY, GapCode.CAPACITY_SMALL)
        elif one.group.name == "value" and "t:?" in terms and "e:?" in terms:
            yield Gap(Criterion.CAPACITY, GapCode.CAPACITY_UNKNOWN)
        elif one.group.name == "places" and "p:?" in terms:
            yield Gap(Criterion.CAPACITY, GapCode.PLACES_UNKNOWN)
        elif one.group.name == "places" and one.fine < one.group.cap:
            yield Gap(Criterion.CAPACITY, GapCode.PLACES_FEW)
