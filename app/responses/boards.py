"""What a buyer sees: its desk with everything of its own, and the board of one opportunity."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import Forbidden, Message
from app.core.i18n import N_
from app.matching import service as matching
from app.matching.schemas import Match
from app.opportunities import service as opportunities
from app.opportunities.rules import ENDED
from app.opportunities.schemas import OpportunityRead
from app.opportunities.vocabulary import Status
from app.responses import ground, invitations, queries, rules
from app.responses.rows import invitation_read, response_read, shortlist_read
from app.responses.schemas import (
    Board,
    BoardItem,
    DeclineCount,
    Desk,
    DeskItem,
    InvitationRead,
    OutcomeDue,
    ResponseRead,
    ShortlistRead,
)
from app.responses.vocabulary import AnswerKind, DeclineReason, InvitationState

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def desk(session: ReadSession, *, by: Caller) -> Desk:
    """Return the opportunities that the caller's organisation keeps, each with how its dialogue goes.

    First what waits for an outcome, then what is open by deadline, then drafts, then what has ended.

    Raises:
        Forbidden: the caller is no buyer.
    """
    if not permissions.may(by, Action.SHORTLIST, owner_id=by.organization_id, area=None):
        raise Forbidden(Message(N_("Only a buyer has a desk.")))
    kept = opportunities.kept_by(session, by.organization_id)
    counts = _Counts(session, [one.id for one in kept])
    at = now()
    items = [_desk_item(session, one, counts, at) for one in kept]
    return Desk(items=sorted(items, key=_desk_order))


def board(session: ReadSession, opportunity_id: str, *, by: Caller, limit: int = 50, language: str = "sv") -> Board:
    """Return the best `limit` enterprises for an opportunity and all who take part in its dialogue, by rank.

    Raises:
        NotFound: the caller keeps no such opportunity.
    """
    opportunity = ground.read_by(session, opportunity_id, by, Action.SHORTLIST)
    found: list[Match] = []
    total = 0
    if ground.is_shown(session, opportunity):
        answer = matching.for_opportunity(session, opportunity_id, limit=limit, language=language, hidden_too=True)
        found, total = answer.items, answer.total
    said = _Said(session, opportunity_id)
    ranked = [_of_match(match, rank, said) for rank, match in enumerate(found, start=1)]
    shown = {item.enterprise_id for item in ranked}
    others = [_of_name(one, said) for one in sorted(said.names, key=lambda one: said.names[one]) if one not in shown]
    return Board(
        opportunity=ground.told_of(opportunity),
        plan=invitations.plan_of(session, opportunity_id),
        items=[*ranked, *others],
        total=total,
        open_questions=dict(_pairs(session, queries.open_questions([opportunity_id]))).get(opportunity_id, 0),
        outcome=opportunity.outcome,
    )


def outcomes_due(session: ReadSession | WriteSession, at: datetime) -> list[OutcomeDue]:
    """Return every opportunity that has passed its deadline and has no outcome, the oldest first."""
    return due_of(opportunities.past_deadline(session, at), at)


def due_of(found: Iterable[OpportunityRead], at: datetime) -> list[OutcomeDue]:
    """Return those of these opportunities that have passed their deadline and have no outcome, in their order."""
    return [
        OutcomeDue(
            opportunity_id=one.id,
            owner_id=one.owner_id,
            title=one.title,
            deadline_at=one.deadline_at,
            due_at=rules.outcome_due_at(one.deadline_at),
            is_late=at > rules.outcome_due_at(one.deadline_at),
        )
        for one in found
        if one.status in (Status.PUBLISHED, Status.CLOSED)
        and one.owner_id is not None
        and one.deadline_at is not None
        and one.deadline_at < at
    ]


class _Counts:
    """How the dialogues of many opportunities stand, in a handful of questions."""

    def __init__(self, session: ReadSession, ids: Sequence[str]) -> None:
        self.invited: dict[str, dict[InvitationState, int]] = defaultdict(dict)
        for one, state, number in session.execute(queries.invitation_counts(ids)):
            self.invited[one][state] = number
        self.interested: dict[str, int] = defaultdict(int)
        self.declined: dict[str, dict[DeclineReason, int]] = defaultdict(dict)
        for one, kind, reason, number in session.execute(queries.standing(ids)):
            if kind is AnswerKind.INTEREST:
                self.interested[one] += number
            else:
                self.declined[one][reason] = number
        self.questions = dict(_pairs(session, queries.open_questions(ids)))
        self.shortlisted = dict(_pairs(session, queries.shortlist_counts(ids)))


def _pairs(session: ReadSession, wanted: Any) -> list[tuple[str, int]]:
    return [(one, number) for one, number in session.execute(wanted)]


def _desk_item(session: ReadSession, opportunity: OpportunityRead, counts: _Counts, at: datetime) -> DeskItem:
    one = opportunity.id
    invited = counts.invited[one]
    declined = counts.declined[one]
    due_at = _due_at(opportunity, at)
    is_open = rules.takes_answers(opportunity, at)
    return DeskItem(
        opportunity=ground.told_of(opportunity, at),
        matches_met=len(matching.met_since(session, _EVER, opportunity_id=one)) if is_open else 0,
        invited=sum(number for state, number in invited.items() if state is not InvitationState.WITHDRAWN),
        waiting=sum(invited.get(state, 0) for state in queries.WAITING),
        interested=counts.interested[one],
        declined=sum(declined.values()),
        declined_for=[
            DeclineCount(reason=reason, count=declined[reason]) for reason in DeclineReason if reason in declined
        ],
        open_questions=counts.questions.get(one, 0),
        shortlisted=counts.shortlisted.get(one, 0),
        outcome_due_at=due_at,
        is_outcome_late=due_at is not None and at > due_at,
    )


def _due_at(opportunity: OpportunityRead, at: datetime) -> datetime | None:
    deadline = opportunity.deadline_at
    is_over = opportunity.status is Status.CLOSED or (deadline is not None and deadline < at)
    if opportunity.status in (*ENDED, Status.DRAFT) or not is_over:
        return None
    return rules.outcome_due_at(deadline or opportunity.closed_at or at)


def _desk_order(item: DeskItem) -> tuple[int, datetime, str]:
    status = item.opportunity.status
    if item.outcome_due_at is not None:
        return 0, item.outcome_due_at, item.opportunity.id
    place = 1 if status is Status.PUBLISHED else 2 if status is Status.DRAFT else 3
    return place, item.opportunity.deadline_at or _NEVER, item.opportunity.id


class _Said:
    """What has been said about one opportunity, by enterprise."""

    def __init__(self, session: ReadSession, opportunity_id: str) -> None:
        invited = ground.fresh(session, queries.invitations(opportunity_id))
        answered = ground.fresh(session, queries.responses([opportunity_id]))
        listed = ground.fresh(session, queries.shortlist(opportunity_id))
        self.names: dict[str, str] = {row.enterprise_id: row.enterprise_name for row in (*invited, *answered, *listed)}
        self.invitations: dict[str, InvitationRead] = {row.enterprise_id: invitation_read(row) for row in invited}
        self.responses: dict[str, ResponseRead] = {row.enterprise_id: response_read(row) for row in answered}
        self.shortlisted: dict[str, ShortlistRead] = {row.enterprise_id: shortlist_read(row) for row in listed}


def _of_match(match: Match, rank: int, said: _Said) -> BoardItem:
    one = match.enterprise.id
    return BoardItem(
        enterprise_id=one,
        enterprise_name=match.enterprise.name,
        area_code=match.enterprise.area_code,
        rank=rank,
        score=match.score,
        eligibility=match.eligibility,
        reasons=match.reasons,
        invitation=said.invitations.get(one),
        response=said.responses.get(one),
        shortlisted=said.shortlisted.get(one),
    )


def _of_name(enterprise_id: str, said: _Said) -> BoardItem:
    """Return one who takes part but is not among the best: no place and no points are told."""
    return BoardItem(
        enterprise_id=enterprise_id,
        enterprise_name=said.names[enterprise_id],
        area_code=None,
        rank=None,
        score=None,
        eligibility=None,
        reasons=[],
        invitation=said.invitations.get(enterprise_id),
        response=said.responses.get(enterprise_id),
        shortlisted=said.shortlisted.get(enterprise_id),
    )
