"""The whole dialogue about an opportunity, for the buyer's procurement file."""

from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.core.db import ReadSession
from app.responses import ground, invitations, queries
from app.responses.rows import invitation_read, question_read, response_read, shortlist_read
from app.responses.schemas import Dialogue, DialogueStepRead


def dialogue(session: ReadSession, opportunity_id: str, *, by: Caller) -> Dialogue:
    """Return everything that was said about an opportunity of the caller's own, in the order of time.

    Raises:
        NotFound: the caller keeps no such opportunity.
    """
    opportunity = ground.read_by(session, opportunity_id, by, Action.SHORTLIST)
    steps = ground.fresh(session, queries.steps(opportunity_id))
    return Dialogue(
        opportunity=ground.told_of(opportunity),
        plan=invitations.plan_of(session, opportunity_id),
        steps=[DialogueStepRead.model_validate(row) for row in steps],
        invitations=[invitation_read(row) for row in ground.fresh(session, queries.invitations(opportunity_id))],
        responses=[response_read(row) for row in ground.fresh(session, queries.responses([opportunity_id]))],
        questions=[question_read(row) for row in ground.fresh(session, queries.questions([opportunity_id]))],
        shortlist=[shortlist_read(row) for row in ground.fresh(session, queries.shortlist(opportunity_id))],
        outcome=opportunity.outcome,
    )
