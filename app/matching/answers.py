"""Scores put into answers: what a reader is told of an enterprise, an opportunity or an addition. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.core.clock import today
from app.core.i18n import Texts, texts
from app.matching import effects, schemas
from app.matching.additions import Addition
from app.matching.eligibility import Eligibility, eligibility
from app.matching.index import Known
from app.matching.openings import Told
from app.matching.plan import Plan, compile_plans
from app.matching.profile import Lot, Need
from app.matching.schemas import (
    Effect,
    EligibilityReason,
    Evidence,
    Gap,
    LotMatch,
    Match,
    MatchedEnterprise,
    MatchedOpportunity,
    NearMiss,
    Reason,
    ReverseMatch,
)
from app.matching.scoring import LotScore, NeedScore, request_hash, score_need
from app.matching.texts import addition_label, addition_text, eligibility_text, gain_text, gap_text, reason_text
from app.matching.vocabulary import ELIGIBILITY_ORDER, EligibilityState
from app.opportunities.vocabulary import Status


@dataclass(frozen=True, slots=True)
class Question:
    """A need made ready: its plans, on a day, for a reader."""

    need: Need
    plans: tuple[Plan, ...]
    on: date
    say: Texts

    @property
    def hash(self) -> str:
        """The hash that ties are broken by."""
        return request_hash(self.need)


def question_of(need: Need, language: str) -> Question:
    """Compile a need for a reader."""
    return planned(need, compile_plans(need.lots), texts(language))


def planned(need: Need, plans: tuple[Plan, ...], say: Texts) -> Question:
    """Return a need that is compiled already as it is asked today."""
    on = next((lot.reference_date for lot in need.lots if lot.reference_date), None) or today()
    return Question(need, plans, on, say)


def judge(question: Question, known: Known) -> tuple[NeedScore, Eligibility]:
    """Return the score and the eligibility of one enterprise: the best it has on any lot."""
    lots = [eligibility(lot, known.document, question.on) for lot in question.need.lots]
    return score_need(question.plans, known.document), min(lots, key=lambda found: ELIGIBILITY_ORDER[found.state])


def match(question: Question, known: Known, scored: NeedScore, may: Eligibility) -> Match:
    """Return an enterprise in the answer."""
    return Match(
        enterprise=MatchedEnterprise(
            id=known.enterprise_id,
            name=known.name,
            home=known.home,
            area_code=known.municipality,
            lifecycle=known.document.lifecycle,
        ),
        score=scored.score,
        eligibility=may.state.value,
        **_explained(question, known, scored, may),
    )


def _explained(question: Question, known: Known, scored: NeedScore, may: Eligibility) -> dict[str, Any]:
    say = question.say
    reasons, gaps = _reasons(scored, known, say), _gaps(scored, say)
    if len(scored.lots) == 1:
        # The only lot says what the whole says.
        only = scored.lots[0]
        lots = [LotMatch(lot=only.lot_id, score=only.score, eligibility=may.state.value, reasons=reasons, gaps=gaps)]
    else:
        told: dict[int, tuple[list[Reason], list[Gap]]] = {}
        pairs = zip(question.need.lots, scored.lots, strict=True)
        lots = [_lot_match(question, known, lot, one, told) for lot, one in pairs]
    return {
        "eligibility_reason": EligibilityReason(text=eligibility_text(may, say), legal_basis=may.legal_basis or None),
        "reasons": reasons,
        "gaps": gaps,
        "lots": lots,
    }


def _lot_match(
    question: Question, known: Known, lot: Lot, scored: LotScore, told: dict[int, tuple[list[Reason], list[Gap]]]
) -> LotMatch:
    """Return one lot's match; `told` keeps what is put in words: lots that ask the same share their reasons."""
    may = eligibility(lot, known.document, question.on)
    key = id(scored.reasons)
    if key not in told:
        told[key] = (_reasons(scored, known, question.say), _gaps(scored, question.say))
    reasons, gaps = told[key]
    return LotMatch(lot=scored.lot_id, score=scored.score, eligibility=may.state, reasons=reasons, gaps=gaps)


def _reasons(scored: NeedScore | LotScore, known: Known, say: Texts) -> list[Reason]:
    return [
        Reason(
            criterion=reason.criterion.value,
            points=reason.points,
            max_points=reason.max_points,
            text=reason_text(reason, known.municipality, say),
            evidence=[Evidence(kind=one.kind, value=one.value) for one in reason.evidence],
        )
        for reason in scored.reasons
    ]


def _gaps(scored: NeedScore | LotScore, say: Texts) -> list[Gap]:
    return [Gap(criterion=gap.criterion.value, text=gap_text(gap, say)) for gap in scored.gaps]


def near_miss(question: Question, known: Known, scored: NeedScore, may: Eligibility) -> NearMiss:
    """Return an enterprise that does not match, and what would have to be different."""
    found = match(question, known, scored, may)
    return NearMiss(**{**dict(found), "would_match_if": list(_conditions(question, scored, may))})


def _conditions(question: Question, scored: NeedScore, may: Eligibility) -> Iterable[Gap]:
    """Yield what would have to be different."""
    say = question.say
    if may.state is EligibilityState.INELIGIBLE and may.rule == "lifecycle":
        yield Gap(criterion="lifecycle", text=say("Would match if the enterprise were in operation"))
    elif may.state is EligibilityState.INELIGIBLE and may.rule == "kind":
        yield Gap(criterion="kind", text=say("Would match if it were an enterprise that can tender"))
    elif may.state is EligibilityState.INELIGIBLE:
        text = say("Would get {score} points if the need were not reserved", score=scored.score)
        yield Gap(criterion="reservation", text=text)
    if not scored.relevant:
        yield Gap(criterion="what", text=say("Would match if it offered what is asked for: no code or word in common"))


def reverse_match(told: Told, known: Known, say: Texts) -> ReverseMatch:
    """Return an open opportunity in the answer to an enterprise."""
    question = planned(told.need, told.plans, say)
    scored, may = judge(question, known)
    return ReverseMatch(
        opportunity=MatchedOpportunity(
            id=told.opportunity_id,
            home=told.home,
            title=told.shown.title,
            language=told.shown.language,
            buyer_name=told.shown.buyer_name,
            status=Status.PUBLISHED.value,
            deadline_at=told.deadline_at.isoformat() if told.deadline_at else None,
        ),
        score=scored.score,
        eligibility=may.state.value,
        **_explained(question, known, scored, may),
    )


def effect(addition: Addition, gain: effects.Gain, say: Texts) -> Effect:
    """Return what an addition gives, in words."""
    label = addition_label(addition.field, addition.value, say.language)
    return Effect(
        field=addition.field.value,
        pointer=addition.pointer,
        value=addition.value,
        label=label,
        text=addition_text(addition.field, addition.value, label, say),
        gain=schemas.Gain(
            opportunities=gain.opportunities,
            raised=gain.raised,
            points=gain.points,
            at_most=addition.at_most,
            text=gain_text(gain.opportunities, gain.raised, gain.points, say, at_most=addition.at_most),
        ),
    )
