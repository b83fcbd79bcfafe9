"""What an enterprise sees: its inbox, and what is new for whoever reads the digest."""

from collections.abc import Mapping
from datetime import UTC, datetime

from app.accounts.vocabulary import Caller
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseSummary
from app.matching import service as matching
from app.matching.schemas import ReverseMatch
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityRead
from app.opportunities.vocabulary import PUBLIC_STATUSES
from app.responses import boards, ground, queries, rules
from app.responses.rows import invitation_read, question_read, response_read
from app.responses.schemas import Inbox, InboxItem, InvitationRead, News, ResponseRead
from app.responses.vocabulary import InboxState, InvitationState, ResponseState

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
# How many of the best matches of each enterprise are shown.
_MATCHES = 50


def inbox(session: ReadSession, *, by: Caller, state: InboxState | None = None, language: str = "sv") -> Inbox:
    """Return the invitations and matching opportunities of the caller's enterprises: invitations first, then by points.

    With a `state` only those items; the three numbers always count everything.
    """
    at = now()
    items = [
        item for one in enterprises.kept_by(session, by.organization_id) for item in _of(session, one, at, language)
    ]
    items.sort(key=_order)
    numbers = {one: sum(item.state is one for item in items) for one in InboxState}
    return Inbox(
        items=[item for item in items if state in (None, item.state)],
        new=numbers[InboxState.NEW],
        answered=numbers[InboxState.ANSWERED],
        closed=numbers[InboxState.CLOSED],
    )


def news_for(session: ReadSession | WriteSession, organization_id: str, since: datetime) -> News:
    """Return what has happened in an organisation's dialogues since a moment, for a digest.

    What it meets is told by `matching.met_since`.
    """
    at = now()
    own = [one for one in opportunities.kept_by(session, organization_id) if one.status in PUBLIC_STATUSES]
    led = [one.id for one in own]
    kept = [one.id for one in enterprises.kept_by(session, organization_id)]
    answered = ground.fresh(session, queries.responses(led, since))
    asked = ground.fresh(session, queries.questions(led, since))
    invited = ground.fresh(session, queries.invitations_of(kept, since))
    told = ground.fresh(session, queries.questions_of(kept, since))
    return News(
        responses=[response_read(row) for row in answered],
        questions=[question_read(row) for row in asked],
        outcomes_due=boards.due_of(own, at),
        invitations=[invitation_read(row) for row in invited if row.state is not InvitationState.WITHDRAWN],
        answered_questions=[question_read(row, kept) for row in told],
    )


def _of(session: ReadSession, enterprise: EnterpriseSummary, at: datetime, language: str) -> list[InboxItem]:
    """Return the items of one enterprise."""
    invited: dict[str, InvitationRead] = {
        row.opportunity_id: invitation_read(row)
        for row in ground.fresh(session, queries.invitations_of([enterprise.id]))
        if row.state is not InvitationState.WITHDRAWN
    }
    answered: dict[str, ResponseRead] = {
        row.opportunity_id: response_read(row) for row in ground.fresh(session, queries.responses_of([enterprise.id]))
    }
    found = matching.for_enterprise(session, enterprise.id, limit=_MATCHES, language=language, hidden_too=True).items
    matches = {match.opportunity.id: match for match in found}
    met = {one.opportunity_id: one.met_at for one in matching.met_since(session, _EVER, enterprise_id=enterprise.id)}
    known = opportunities.several(session, {*invited, *answered, *matches})
    return [
        _item(enterprise, one, invited.get(one.id), answered.get(one.id), matches.get(one.id), met, at)
        for one in known.values()
    ]


def _item(
    enterprise: EnterpriseSummary,
    opportunity: OpportunityRead,
    invitation: InvitationRead | None,
    response: ResponseRead | None,
    match: ReverseMatch | None,
    met: Mapping[str, datetime],
    at: datetime,
) -> InboxItem:
    return InboxItem(
        enterprise_id=enterprise.id,
        enterprise_name=enterprise.name,
        state=_state(opportunity, response, at),
        opportunity=ground.told_of(opportunity, at),
        invitation=invitation,
        met_at=met.get(opportunity.id),
        score=match.score if match else invitation.score if invitation else None,
        eligibility=match.eligibility if match else None,
        reasons=match.reasons if match else [],
        response=response,
    )


def _state(opportunity: OpportunityRead, response: ResponseRead | None, at: datetime) -> InboxState:
    if not rules.takes_answers(opportunity, at):
        return InboxState.CLOSED
    is_answered = response is not None and response.state is ResponseState.STANDING
    return InboxState.ANSWERED if is_answered else InboxState.NEW


def _order(item: InboxItem) -> tuple[bool, int, str, str]:
    return item.invitation is None, -(item.score or 0), item.opportunity.id, item.enterprise_id
