"""The matching room's front door: a need in, ranked and explained enterprises out; and the reverse."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from app.core.clock import today
from app.core.db import Database, ReadSession, WriteSession
from app.core.i18n import texts
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseFilters, EnterpriseNamed
from app.journal import copies
from app.journal.vocabulary import Change
from app.matching import forward, index, meetings, openings, ranking, state, waiting
from app.matching.additions import Addition
from app.matching.additions import Field as AdditionField
from app.matching.answers import Question, effect, judge, match, near_miss, question_of, reverse_match
from app.matching.effects import Gain, effects
from app.matching.index import Known
from app.matching.lexicon import infer_codes
from app.matching.needs import need_of_opportunity, need_of_question
from app.matching.profile import Lot, Need, Profile
from app.matching.profiles import profiles
from app.matching.ranking import Candidate, Ranked
from app.matching.reverse import OpenOpportunities
from app.matching.schemas import (
    Completeness,
    Matches,
    MatchQuestion,
    Meeting,
    NearMiss,
    Relaxation,
    ReverseMatches,
)
from app.matching.scoring import pieces_read, tie_key
from app.matching.tables import CHUNK
from app.matching.vocabulary import Side
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityNamed
from app.reference import service as reference

# How many copies are brought into the index in one transaction: nobody else writes to SQLite meanwhile. Whoever meets
# the other side looks through all of it, which takes longer than to be written into the index.
_MEET_AT_ONCE = {Side.ENTERPRISE: 100, Side.OPPORTUNITY: 10}
_WITHOUT_MEETING_AT_ONCE = 2_000
_MANY = 1_000
NEAR_MISSES = 3
_FEW = 3


def preview(session: ReadSession, question: MatchQuestion, *, limit: int = 20, language: str = "sv") -> Matches:
    """Return the enterprises that fit a need that nobody has published, best first, each explained."""
    return _answer(session, question_of(need_of_question(question), language), limit)


def for_opportunity(
    session: ReadSession | WriteSession,
    opportunity_id: str,
    *,
    limit: int = 20,
    language: str = "sv",
    hidden_too: bool = False,
) -> Matches:
    """Return the enterprises that fit a published opportunity: none fit one that is hidden.

    Raises:
        NotFound: there is no such opportunity, or it is hidden and not asked for as `hidden_too`.
    """
    if hidden_too and _is_hidden(opportunities.named(session, [opportunity_id]), opportunity_id):
        return Matches(items=[], total=0, total_is_capped=False, near_misses=[], relaxations=[])
    opportunity = opportunities.find(session, opportunity_id)
    return _answer(session, question_of(need_of_opportunity(opportunity), language), limit)


def for_enterprise(
    session: ReadSession, enterprise_id: str, *, limit: int = 20, language: str = "sv", hidden_too: bool = False
) -> ReverseMatches:
    """Return the open opportunities that fit an enterprise, best first: the same plans, read the other way.

    Raises:
        NotFound: there is no such enterprise, or it is hidden; nothing fits one that is asked for as `hidden_too`.
    """
    known = index.known(session, [enterprise_id]).get(enterprise_id)
    if known is None:
        if not (hidden_too and enterprises.exists(session, enterprise_id, hidden_too=True)):
            enterprises.find(session, enterprise_id)
        return ReverseMatches(items=[], total=0, total_is_capped=False)
    fits = OpenOpportunities(session).fits(known.document)
    told = openings.told(session, [fit.opportunity_id for fit in fits[:limit]])
    return ReverseMatches(
        items=[reverse_match(told[fit.opportunity_id], known, texts(language)) for fit in fits[:limit]],
        total=len(fits),
        total_is_capped=False,
    )


def completeness(
    session: ReadSession, enterprise_id: str, *, language: str = "sv", hidden_too: bool = False
) -> Completeness:
    """Return what an enterprise could add to its record, and what each addition would give now, best first.

    Raises:
        NotFound: as `for_enterprise`.
    """
    if hidden_too and _is_hidden(enterprises.named(session, [enterprise_id]), enterprise_id):
        return Completeness(matches=0, meets=0, effects=[])
    enterprise = enterprises.find(session, enterprise_id)
    profile = next(profiles(session, [enterprise_id]))
    found = effects(session, profile)
    say = texts(language)
    told = [effect(addition, gain, say) for addition, gain in found.gains]
    if enterprises.needs_reconfirmation(enterprise.confirmed_on, today(enterprise.country)):
        again = Addition(AdditionField.CONFIRMATION, "/confirmed_on", profile)
        told.append(effect(again, Gain(0, 0, 0), say))
    return Completeness(matches=found.matches, meets=found.meets, effects=told)


def _is_hidden(named: Mapping[str, EnterpriseNamed] | Mapping[str, OpportunityNamed], record_id: str) -> bool:
    return record_id in named and named[record_id].hidden_at is not None


def why_not(session: ReadSession, question: MatchQuestion, words: str, *, language: str = "sv") -> list[NearMiss]:
    """Return enterprises by name, each with its points for this need and what keeps it where it is."""
    asked = question_of(need_of_question(question), language)
    named, _ = enterprises.search(session, EnterpriseFilters(words=words, limit=_FEW))
    known = index.known(session, [found.id for found in named])
    return [near_miss(asked, known[found.id], *judge(asked, known[found.id])) for found in named if found.id in known]


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
    """Make the index anew and let everybody meet; return how many enterprises it holds. Nothing waits for it then."""
    state.locked(session)
    waiting.forget_all(session)
    number = index.rebuild(session, progress)
    meetings.catch_up(session, (), openings.ids(session))
    return number


def follow_enterprise(session: WriteSession, change: Change) -> None:
    """Keep the index with the registry: called in the transaction of every change of an enterprise."""
    _follow(session, Side.ENTERPRISE, change)


def follow_opportunity(session: WriteSession, change: Change) -> None:
    """Keep the index with the opportunities: called in the transaction of every change of one."""
    _follow(session, Side.OPPORTUNITY, change)


def catch_up(session: WriteSession) -> int:
    """Bring the index up to date with some of the copies that wait for it, and return how many.

    Call it, each time in a transaction of its own, until it returns 0. Enterprises come first. When many wait, none of
    them meets the open opportunities: those wait as well then, and meet everybody when it is their turn.
    """
    state.locked(session)
    wait = waiting.counts(session)
    open_ones = openings.ids(session)
    if wait[Side.OPPORTUNITY] > len(open_ones) + _MANY:
        # Most of them will be closed, and the index holds the open ones alone.
        openings.rebuild(session)
        waiting.forget_side(session, Side.OPPORTUNITY)
        waiting.add(session, {Side.OPPORTUNITY: openings.ids(session)})
        return wait[Side.OPPORTUNITY]
    if wait[Side.ENTERPRISE] and (wait[Side.ENTERPRISE] > _MANY or wait[Side.OPPORTUNITY] >= len(open_ones)):
        taken = waiting.take(session, Side.ENTERPRISE, _WITHOUT_MEETING_AT_ONCE)
        index.patch(session, taken)
        index.let_planner_know(session)
        waiting.add(session, {Side.OPPORTUNITY: open_ones})
        return len(taken)
    side = Side.ENTERPRISE if wait[Side.ENTERPRISE] else Side.OPPORTUNITY
    taken = waiting.take(session, side, _MEET_AT_ONCE[side])
    _patch(session, {one: set(taken) if one is side else set() for one in Side})
    return len(taken)


def index_copies(database: Database, tell: Callable[[int, int], None] = lambda _done, _of: None) -> int:
    """Bring all copies that wait into the index, some in each transaction; return how many that were.

    `tell` hears after each how many are done, and of how many.
    """
    total = 0
    while True:
        with database.writes() as session:
            done = catch_up(session)
            left = sum(waiting.counts(session).values())
        if not done:
            return total
        total += done
        tell(total, total + left)
        database.let_others_write()


def waiting_copies(session: ReadSession) -> int:
    """Return how many copies wait for the index."""
    return sum(waiting.counts(session).values())


def _follow(session: WriteSession, side: Side, change: Change) -> None:
    """Remember what changed: the index is patched once, just before the commit, however many records change.

    Copies of other nodes' records come by the thousand: those wait, and only what is gone leaves the index at once.
    """
    if "matching" not in session.info:
        session.info["matching"] = {side: set() for side in Side}, {side: set() for side in Side}
        session.info.setdefault("before_commit", []).append(_finish)
    now, later = session.info["matching"]
    waits = change.after is not None and copies.is_copying(session)
    (later if waits else now)[side].add(change.record_id)


def _finish(session: WriteSession) -> None:
    now, later = session.info.pop("matching")
    if any(now.values()):
        # Before those that wait, as `catch_up` does: two that lock in different orders would wait for each other.
        state.locked(session)
    waiting.add(session, later)
    if any(now.values()):
        if copies.is_copying(session):
            waiting.forget(session, now)
        _patch(session, now)


def _patch(session: WriteSession, changed: waiting.Changed) -> None:
    index.put_all(session, sorted(changed[Side.ENTERPRISE]))
    openings.put_all(session, sorted(changed[Side.OPPORTUNITY]))
    meetings.catch_up(session, changed[Side.ENTERPRISE], changed[Side.OPPORTUNITY])


def _answer(session: ReadSession | WriteSession, question: Question, limit: int) -> Matches:
    ranked = _rank(session, question)
    listed = ranking.best(ranked, "items", limit, CHUNK)
    nearly = ranking.best(ranked, "near", NEAR_MISSES, CHUNK)
    shown = [one.slot for one in (*listed, *nearly)]
    known = index.known_by_slot(session, shown, pieces_read(question.plans))
    total = ranking.total(ranked, "items")
    return Matches(
        items=[match(question, one, *judge(question, one)) for one in _first(question, listed, known, limit)],
        total=total,
        total_is_capped=False,
        near_misses=[
            near_miss(question, one, *judge(question, one)) for one in _first(question, nearly, known, NEAR_MISSES)
        ],
        relaxations=_relaxations(session, question, ranked, total),
    )


def _rank(session: ReadSession | WriteSession, question: Question) -> list[Ranked]:
    return forward.ranked(session, question.need.lots, question.plans, question.on)


def _first(question: Question, candidates: Sequence[Candidate], known: Mapping[int, Known], limit: int) -> list[Known]:
    """Return the first `limit` candidates, in order; the neutral hash decides between those that tie."""
    request = question.hash

    def order(one: Candidate) -> tuple[int, int, int, str]:
        return -one.score, one.eligibility, -one.fine, tie_key(request, known[one.slot].enterprise_id)

    return [known[one.slot] for one in sorted(candidates, key=order)[:limit]]


def _relaxations(
    session: ReadSession | WriteSession, question: Question, ranked: list[Ranked], total: int
) -> list[Relaxation]:
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
        wider = question_of(broader, say.language)
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
