"""What every step of the dialogue stands on: the opportunity held, the right to act, and one conditional UPDATE.

Whoever says something about an opportunity holds its row until the transaction ends. So nothing is said to one that
has just been closed, and of two who come at once the second sees what the first did.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Message, NotFound
from app.core.i18n import N_
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseRead
from app.journal import copies
from app.matching import service as matching
from app.matching.schemas import Match
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityRead
from app.opportunities.vocabulary import Status
from app.responses import rules
from app.responses.schemas import Told
from app.responses.tables import DialogueQuestion, DialogueStep, EnterpriseInvitation, EnterpriseResponse
from app.responses.vocabulary import DeclineReason, StepKind

Stateful = EnterpriseInvitation | EnterpriseResponse | DialogueQuestion


def held(session: WriteSession, opportunity_id: str) -> OpportunityRead:
    """Return an opportunity of this node that nobody else changes until the transaction ends.

    Raises:
        NotFound: there is none with this id.
        Forbidden: it belongs to another node, where it is answered.
    """
    opportunity = opportunities.held(session, opportunity_id)
    copies.refuse_copy(session, opportunity.home, opportunities.RECORD_TYPE, opportunity_id)
    return opportunity


def led(session: WriteSession, opportunity_id: str, by: Caller, action: Action) -> OpportunityRead:
    """Return an opportunity that `by` leads the dialogue about; nobody else changes it until the transaction ends.

    Raises:
        NotFound: there is none that the caller keeps: another organisation's dialogue is not told of.
        Forbidden: it belongs to another node.
        BadRequest: a coordinator does not say why.
    """
    opportunity = held(session, opportunity_id)
    require(opportunity, by, action)
    return opportunity


def read_by(session: ReadSession | WriteSession, opportunity_id: str, by: Caller, action: Action) -> OpportunityRead:
    """Return an opportunity whose dialogue `by` may read. Raises `NotFound` as `led`."""
    opportunity = opportunities.find(session, opportunity_id, by)
    if not permissions.may(by, action, owner_id=opportunity.owner_id, area=opportunity.buyer_area):
        raise _not_yours()
    return opportunity


def is_shown(session: ReadSession | WriteSession, opportunity: OpportunityRead) -> bool:
    """Tell whether everybody may see an opportunity: no draft, and not hidden by a coordinator."""
    return opportunity.id in opportunities.several(session, [opportunity.id])


def require(opportunity: OpportunityRead, by: Caller, action: Action) -> None:
    """Refuse whoever does not lead the dialogue about this opportunity. Raises as `led`."""
    of_record = {"owner_id": opportunity.owner_id, "area": opportunity.buyer_area}
    if not permissions.may(by, action, **of_record):
        raise _not_yours()
    permissions.require(by, action, **of_record)


def enterprise_of(session: ReadSession | WriteSession, enterprise_id: str, by: Caller) -> EnterpriseRead:
    """Return an enterprise that `by` may answer for. Raises `NotFound` for any other."""
    if enterprises.exists(session, enterprise_id):
        enterprise = enterprises.find(session, enterprise_id)
        if permissions.may(by, Action.RESPOND, owner_id=enterprise.owner_id, area=enterprise.area_code):
            return enterprise
    raise NotFound(Message(N_("You keep no enterprise with this id.")))


def require_taking(opportunity: OpportunityRead, at: datetime) -> None:
    """Refuse what comes too late, or too early. Raises `Conflict`."""
    if opportunity.status is not Status.PUBLISHED:
        told = N_("The opportunity is {status}: it takes no answers.")
        raise Conflict(Message(told, status=opportunity.status.value))
    if not rules.takes_answers(opportunity, at):
        raise Conflict(Message(N_("The deadline has passed: no more answers are taken.")))


def take(
    session: WriteSession,
    row: Stateful,
    step: StrEnum,
    steps: Mapping[Any, Mapping[Any, Any]],
    **values: Any,
) -> None:
    """Take a step with a row, or refuse it. The statement names the states it may be taken from.

    Raises:
        Conflict: it is in another state; the text says in which.
    """
    targets = steps[step]
    (after,) = set(targets.values())
    table: Any = type(row)
    allowed = (col(table.id) == row.id, col(table.state).in_(sorted(targets)))
    session.flush()
    taken = session.connection().execute(update(table).where(*allowed).values(state=after, **values))
    session.refresh(row)
    if taken.rowcount == 0:
        told = N_("This is {state} now, and {step} is not possible any more.")
        raise Conflict(Message(told, state=row.state.value, step=step.value))


def write_step(
    session: WriteSession,
    opportunity_id: str,
    kind: StepKind,
    enterprise_id: str | None = None,
    enterprise_name: str | None = None,
    *,
    place: tuple[int | None, int | None] = (None, None),
    reason: DeclineReason | None = None,
    text: str = "",
) -> None:
    """Write down one step of the dialogue; `place` is rank and score."""
    rank, score = place
    session.add(
        DialogueStep(
            opportunity_id=opportunity_id,
            kind=kind,
            enterprise_id=enterprise_id,
            enterprise_name=enterprise_name,
            rank=rank,
            score=score,
            reason=reason,
            text=text,
        )
    )
    session.flush()


def matches(session: ReadSession | WriteSession, opportunity_id: str, limit: int) -> list[Match]:
    """Return the best enterprises for a public opportunity, in order."""
    return matching.for_opportunity(session, opportunity_id, limit=limit, hidden_too=True).items


def told_of(opportunity: OpportunityRead, at: datetime | None = None) -> Told:
    """Return an opportunity as far as its dialogue needs it."""
    at = at or now()
    own = {name: getattr(opportunity, name) for name in Told.model_fields if name in OpportunityRead.model_fields}
    return Told(
        **own,
        days_left=rules.days_left(opportunity.deadline_at, at),
        takes_answers=rules.takes_answers(opportunity, at),
        takes_questions=rules.takes_questions(opportunity, at),
    )


def fresh(session: ReadSession | WriteSession, wanted: Any) -> list[Any]:
    """Return the rows of a Select as the database has them now, whatever this session has seen of them before."""
    return list(session.execute(wanted.execution_options(populate_existing=True)).scalars().all())


def _not_yours() -> NotFound:
    return NotFound(Message(N_("You keep no opportunity with this id.")))
