"""What the end of an opportunity means for its dialogue; called in the transaction of every change of one."""

from typing import Any

from sqlalchemy import delete
from sqlmodel import col

from app.core.db import WriteSession
from app.journal.vocabulary import Change
from app.opportunities import service as opportunities
from app.opportunities.vocabulary import Status
from app.responses import ground, invitations, letters, queries
from app.responses.tables import (
    DialogueQuestion,
    DialogueStep,
    EnterpriseInvitation,
    EnterpriseResponse,
    OutreachPlan,
    ShortlistEntry,
)
from app.responses.vocabulary import ResponseState, StepKind

_ENDINGS = {Status.AWARDED.value: StepKind.AWARDED, Status.CANCELLED.value: StepKind.CANCELLED}
_ALL: tuple[Any, ...] = (
    OutreachPlan,
    EnterpriseInvitation,
    EnterpriseResponse,
    DialogueQuestion,
    ShortlistEntry,
    DialogueStep,
)


def follow_opportunity(session: WriteSession, change: Change) -> None:
    """Let invitations expire when an opportunity has an outcome, and tell those who answered; forget one that is gone.

    The journal calls it with every change of an opportunity.
    """
    if change.after is None:
        for table in _ALL:
            session.connection().execute(delete(table).where(col(table.opportunity_id) == change.record_id))
    elif change.before is not None and change.before.get("status") != change.after.get("status"):
        kind = _ENDINGS.get(str(change.after.get("status")))
        if kind is not None:
            _end(session, change.record_id, kind)


def _end(session: WriteSession, opportunity_id: str, kind: StepKind) -> None:
    for row in ground.fresh(session, queries.waiting(opportunity_id)):
        invitations.expire(session, row)
    # Held by whoever ends it; found so even when a coordinator has hidden it.
    opportunity = opportunities.held(session, opportunity_id)
    reason = opportunity.outcome.reason if opportunity.outcome else None
    ground.write_step(session, opportunity_id, kind, text=reason or "")
    rows = ground.fresh(session, queries.responses([opportunity_id]))
    answered = [row.enterprise_id for row in rows if row.state is ResponseState.STANDING]
    letters.outcome(session, opportunity, answered)
