"""The matching room's front door: a need in, ranked and explained enterprises out; and the reverse."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from app.core.clock import today
from app.core.db import ReadSession, WriteSession
from app.core.i18n import Texts, texts
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseFilters
from app.journal.vocabulary import Change
from app.matching import forward, index, meetings, openings, ranking, schemas
from app.matching.additions import Addition
from app.matching.additions import Field as AdditionField
from app.matching.effects import Gain, effects
from app.matching.eligibility import Eligibility, eligibility
from app.matching.index import Known
from app.matching.lexicon import infer_codes
from app.matching.needs import need_of_opportunity, need_of_question
from app.matching.openings import Told
from app.matching.plan import Plan, compile_plans
from app.matching.profile import Lot, Need, Profile
from app.matching.profiles import profiles
from app.matching.ranking import Candidate, Ranked
from app.matching.reverse import OpenOpportunities
from app.matching.schemas import (
    Completeness,
    Effect,
    EligibilityReason,
    Evidence,
    Gap,
    LotMatch,
    Match,
    MatchedEnterprise,
    MatchedOpportunity,
    Matches,
    MatchQuestion,
    Meeting,
    NearMiss,
    Reason,
    Relaxation,
    ReverseMatch,
    ReverseMatches,
)
from app.matching.scoring import LotScore, NeedScore, pieces_read, request_hash, score_need, tie_key
from app.matching.tables import CHUNK
from app.matching.texts import addition_label, addition_text, eligibility_text, gain_text, gap_text, reason_text
from app.matching.vocabulary import ELIGIBILITY_ORDER, EligibilityState
from app.opportunities import service as opportunities
from app.opportunities.vocabulary import Status
from app.reference import service as reference

NEAR_MISSES = 3
_FEW = 3


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


def preview(session: ReadSession, question: MatchQuestion, *, limit: int = 20, language: str = "sv") -> Matches:
    """Return the enterprises that fit a need that nobody has published, best first, each explained."""
    return _answer(session, _question(need_of_question(question), language), limit)


def for_opportunity(session: ReadSession, opportunity_id: str, *, limit: int = 20, language: str = "sv") -> Matches:
    """Return the enterprises that fit a published opportunity. Raises `NotFound`."""
    opportunity = opportunities.find(session, opportunity_id)
    return _answer(session, _question(need_of_opportunity(opportunity), language), limit)


def for_enterprise(
    session: ReadSession, enterprise_id: str, *, limit: int = 20, language: str = "sv"
) -> ReverseMatches:
    """Return the open opportunities that fit an enterprise, best first: the same plans, read the other way.

    Raises:
        NotFound: there is no such enterprise.
    """
    known = index.known(session, [enterprise_id]).get(enterprise_id)
    if known is None:
        enterprises.find(session, enterprise_id)
        return ReverseMatches(items=[], total=0, total_is_capped=False)
    fits = OpenOpportunities(session).fits(known.document)
    told = openings.told(session, [fit.opportunity_id for fit in fits[:limit]])
    return ReverseMatches(
        items=[_reverse(told[fit.opportunity_id], known, texts(language)) for fit in fits[:limit]],
        total=len(fits),
        total_is_capped=False,
    )


def completeness(session: ReadSession, enterprise_id: str, *, language: str = "sv") -> Completeness:
    """Return what an enterprise could add to its record, and what each addition would give now, best first.

    Raises:
        NotFound: there is no such enterprise.
    """
    enterprise = enterprises.find(session, enterprise_id)
    profile = next(profiles(session, [enterprise_id]))
    found = effects(session, profile)
    say = texts(language)
    told = [_effect(addition, gain, say) for addition, gain in found.gains]
    if enterprises.needs_reconfirmation(enterprise.confirmed_on, today(enterprise.country)):
        again = Addition(AdditionField.CONFIRMATION, "/confirmed_on", profile)
        told.append(_effect(again, Gain(0, 0, 0), say))
    return Completeness(matches=found.matches, meets=found.meets, effects=told)


def _effect(addition: Addition, gain: Gain, say: Texts) -> Effect:
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


def why_not(session: ReadSession, question: MatchQuestion, words: str, *, language: str = "sv") -> list[NearMiss]:
    """Return enterprises by name, each with its points for this need and what keeps it where it is."""
    asked = _question(need_of_question(question), language)
    named, _ = enterprises.search(session, EnterpriseFilters(words=words, limit=_FEW))
    known = index.known(session, [found.id for found in named])
    return [_near_miss(asked, known[found.id], *_judge(asked, known[found.id])) for found in named if found.id in known]


def inferred_codes(question: MatchQuestion) -> list[str]:
    """Return the CPV codes that the words of a need suggest, best first."""
    text = question.title
    suggested = infer_codes(text) or infer_codes(f"{text} {question.description}")
    return list(dict.fromkeys(prefix.ljust(8, "0") for prefix, _ in suggested[:4]))


def met_since(
    session: ReadSession, moment: datetime, *, enterprise_id: str | None = None, opportunity_id: str | None = None
) -> list[Meeting]:
    """Return who met at `moment` or later, still fits, and can still act on it, newest first: what alerts tell of."""
    return meetings.since(session, moment, enterprise_id=enterprise_id, opportunity_id=opportunity_id)


def rebuild(session: WriteSession, progress: Callable[[Iterator[Profile]], Iterator[Profile]] = iter) -> int:
    """Make the index anew and let everybody meet; return how many enterprises it holds."""
    number = index.rebuild(session, progress)
    meetings.catch_up(session, (), openings.ids(session))
    return number


def follow_enterprise(session: WriteSession, change: Change) -> None:
    """Keep the index with the registry: called in the transaction of every change of an enterprise."""
    _follow(session, "enterprise", change.record_id)


def follow_opportunity(session: WriteSession, change: Change) -> None:
    """Keep the index with the opportunities: called in the transaction of every change of one."""
    _follow(session, "opportunity", change.record_id)


def _follow(session: WriteSession, side: str, record_id: str) -> None:
    """Remember what changed: the index is patched once, just before the commit, however many records change."""
    if "matching" not in session.info:
        session.info["matching"] = {"enterprise": set(), "opportunity": set()}
        session.info.setdefault("before_commit", []).append(_catch_up)
    session.info["matching"][side].add(record_id)


def _catch_up(session: WriteSession) -> None:
    changed: dict[str, set[str]] = session.info.pop("matching")
    index.put_all(session, sorted(changed["enterprise"]))
    openings.put_all(session, sorted(changed["opportunity"]))
    meetings.catch_up(session, changed["enterprise"], changed["opportunity"])


def _question(need: Need, language: str) -> Question:
    return _planned(need, compile_plans(need.lots), texts(language))


def _planned(need: Need, plans: tuple[Plan, ...], say: Texts) -> Question:
    on = next((lot.reference_date for lot in need.lots if lot.reference_date), None) or today()
    return Question(need, plans, on, say)


def _answer(session: ReadSession, question: Question, limit: int) -> Matches:
    ranked = _rank(session, question)
    listed = ranking.best(ranked, "items", limit, CHUNK)
    nearly = ranking.best(ranked, "near", NEAR_MISSES, CHUNK)
    shown = [one.slot for one in (*listed, *nearly)]
    known = index.known_by_slot(session, shown, pieces_read(question.plans))
    total = ranking.total(ranked, "items")
    return Matches(
        items=[_match(question, one, *_judge(question, one)) for one in _first(question, listed, known, limit)],
        total=total,
        total_is_capped=False,
        near_misses=[
            _near_miss(question, one, *_judge(question, one)) for one in _first(question, nearly, known, NEAR_MISSES)
        ],
        relaxations=_relaxations(session, question, ranked, total),
    )


def _rank(session: ReadSession, question: Question) -> list[Ranked]:
    return forward.ranked(session, question.need.lots, question.plans, question.on)


def _first(question: Question, candidates: Sequence[Candidate], known: Mapping[int, Known], limit: int) -> list[Known]:
    """Return the first `limit` candidates, in order; the neutral hash decides between those that tie."""
    request = question.hash

    def order(one: Candidate) -> tuple[int, int, int, str]:
        return -one.score, one.eligibility, -one.fine, tie_key(request, known[one.slot].enterprise_id)

    return [known[one.slot] for one in sorted(candidates, key=order)[:limit]]


def _judge(question: Question, known: Known) -> tuple[NeedScore, Eligibility]:
    """Return the score and the eligibility of one enterprise: the best it has on any lot."""
    lots = [eligibility(lot, known.document, question.on) for lot in question.need.lots]
    return score_need(question.plans, known.document), min(lots, key=lambda found: ELIGIBILITY_ORDER[found.state])


def _match(question: Question, known: Known, scored: NeedScore, may: Eligibility) -> Match:
    return Match(
        enterprise=MatchedEnterprise(
            id=known.enterprise_id,
            name=known.name,
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


def _near_miss(question: Question, known: Known, scored: NeedScore, may: Eligibility) -> NearMiss:
    match = _match(question, known, scored, may)
    return NearMiss(**{**dict(match), "would_match_if": list(_conditions(question, scored, may))})


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


def _relaxations(session: ReadSession, question: Question, ranked: list[Ranked], total: int) -> list[Relaxation]:
    """Return changes that give more matches, with how many in all."""
    say = question.say
    found: list[Relaxation] = []
    lots = question.need.lots
    if any(lot.reserved_participation and lot.reservation_gates for lot in lots):
        # Without a gate everyone at work counts, and that is known from the same ranking.
        unreserved = sum(int(part.supplier.sum()) for part in ranked)
        if unreserved > total:
            text = say("Remove the reservation")
            found.append(Relaxation(change="remove-reservation", text=text, total=unreserved))
    if total < _FEW and len({lot.cpv_main for lot in lots}) == 1 and lots[0].cpv_main:
        broader = Need(tuple(_broader(lot) for lot in lots))
        wider = _question(broader, say.language)
        counted = ranking.total(_rank(session, wider), "items")
        if counted > total:
            code = f"{lots[0].cpv_main[:2]}000000"
            label = reference.cpv_label(code, say.language) or code
            text = say("Take the broader code {code} {label}", code=code, label=label)
            found.append(Relaxation(change=f"broader-code:{code}", text=text, total=counted))
    return found


def _broader(lot: Lot) -> Lot:
    """Return the lot under the division of its main code."""
    return replace(lot, cpv_main=f"{lot.cpv_main[:2]}000000") if lot.cpv_main else lot


def _reverse(told: Told, known: Known, say: Texts) -> ReverseMatch:
    question = _planned(told.need, told.plans, say)
    scored, may = _judge(question, known)
    return ReverseMatch(
        opportunity=MatchedOpportunity(
            id=told.opportunity_id,
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
