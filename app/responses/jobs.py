"""What the worker does for the dialogue: batches by the plan, reminders, and links that expire.

Each is one transaction, may run as often as it likes, and does nothing twice. Opportunities are held in one order.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

from sqlalchemy import or_, update
from sqlmodel import col

from app.core.clock import zone
from app.core.db import WriteSession
from app.enterprises import service as enterprises
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityRead
from app.responses import ground, invitations, letters, queries, rules
from app.responses.tables import EnterpriseInvitation, OutreachPlan
from app.responses.vocabulary import Reached, StepKind

_MOST_UNSENT = 500
# How many more matches than a batch are looked through: some have no address.
_SPARE = 50


def pace(session: WriteSession, at: datetime, *, secret: bytes) -> int:
    """Send today's batch of every plan, the best matches first, and what waited for an address; return how many.

    A plan rests when enough are interested, its last day has passed, or the opportunity takes no answers.
    """
    day = at.astimezone(zone("SE")).date()
    sent = 0
    for opportunity_id in session.execute(queries.plans_to_pace(day)).scalars().all():
        opportunity = opportunities.held(session, opportunity_id)
        if _take_day(session, opportunity, at):
            sent += _batch(session, opportunity, at, secret)
    return sent + _send_waiting(session, at, secret)


def remind(session: WriteSession, at: datetime, *, secret: bytes) -> int:
    """Remind those invited who have not answered, once, three days before the last day; return how many."""
    reminded = 0
    for opportunity, rows in _held(session, ground.fresh(session, queries.unreminded())):
        plan = session.get(OutreachPlan, opportunity.id)
        answer_by = (plan.answer_by if plan else None) or opportunity.deadline_at
        if _is_open(session, opportunity, at) and rules.is_reminded(answer_by, at):
            reminded += sum(_remind(session, opportunity, row, at, secret) for row in rows)
    return reminded


def remind_of_outcomes(session: WriteSession, at: datetime) -> int:
    """Remind buyers to tell how it went, 7, 21 and 30 days after the deadline, once each; return how many letters.

    A letter that has been queued before is left out by its key.
    """
    letters_told = 0
    for opportunity in opportunities.past_deadline(session, at):
        deadline = opportunity.deadline_at
        days = rules.outcome_reminder(deadline, at) if deadline else None
        if deadline is not None and days is not None:
            letters_told += letters.outcome_due(session, opportunity, days, rules.outcome_due_at(deadline))
    return letters_told


def expire(session: WriteSession, at: datetime) -> int:
    """Let invitations end whose link has expired without an answer; return how many."""
    expired = 0
    for _, rows in _held(session, ground.fresh(session, queries.overdue(at))):
        for row in rows:
            invitations.expire(session, row)
            expired += 1
    return expired


def _take_day(session: WriteSession, opportunity: OpportunityRead, at: datetime) -> bool:
    """Take today's batch of a plan, and tell whether it was still there to take: of two workers one gets it."""
    day = at.astimezone(zone(opportunity.country)).date()
    paced_on = col(OutreachPlan.paced_on)
    not_yet = or_(paced_on.is_(None), paced_on < day)
    of_plan = (col(OutreachPlan.opportunity_id) == opportunity.id, col(OutreachPlan.batch_size) > 0, not_yet)
    taken = session.connection().execute(update(OutreachPlan).where(*of_plan).values(paced_on=day))
    return taken.rowcount == 1


def _batch(session: WriteSession, opportunity: OpportunityRead, at: datetime, secret: bytes) -> int:
    plan = session.get(OutreachPlan, opportunity.id, populate_existing=True)
    if plan is None or not _is_open(session, opportunity, at):
        return 0
    is_over = plan.answer_by is not None and at > plan.answer_by
    if is_over or 0 < plan.enough <= invitations.interested(session, opportunity.id):
        return 0
    invited = set(session.execute(queries.invited_ids(opportunity.id)).scalars())
    places = invitations.places_of(session, opportunity.id, len(invited) + plan.batch_size + _SPARE)
    sent = 0
    for enterprise_id in [one for one in places if one not in invited]:
        if sent == plan.batch_size:
            break
        # By the plan nobody is invited who cannot be reached; by hand the buyer is told.
        if letters.receivers(session, enterprises.find(session, enterprise_id))[0] is not Reached.NOBODY:
            row = invitations.invite_one(session, opportunity, enterprise_id, places, secret=secret, is_paced=True)
            sent += row is not None
    return sent


def _is_open(session: WriteSession, opportunity: OpportunityRead, at: datetime) -> bool:
    return rules.takes_answers(opportunity, at) and ground.is_shown(session, opportunity)


def _send_waiting(session: WriteSession, at: datetime, secret: bytes) -> int:
    """Send the invitations that found no address when they were made, if there is one now."""
    sent = 0
    for opportunity, rows in _held(session, ground.fresh(session, queries.unsent(_MOST_UNSENT))):
        if not _is_open(session, opportunity, at):
            continue
        for row in rows:
            if enterprises.exists(session, row.enterprise_id):
                enterprise = enterprises.find(session, row.enterprise_id)
                sent += invitations.send(session, opportunity, enterprise, row, secret=secret)
    return sent


def _remind(
    session: WriteSession, opportunity: OpportunityRead, row: EnterpriseInvitation, at: datetime, secret: bytes
) -> int:
    if row.sent_at is None or row.expires_at is None or not enterprises.exists(session, row.enterprise_id):
        return 0
    own = (col(EnterpriseInvitation.id) == row.id, col(EnterpriseInvitation.reminded_at).is_(None))
    taken = session.connection().execute(update(EnterpriseInvitation).where(*own).values(reminded_at=at))
    if taken.rowcount == 0:
        return 0
    enterprise = enterprises.find(session, row.enterprise_id)
    token = rules.token_of(secret, row.id, row.sent_at)
    _, to = letters.receivers(session, enterprise, function_only=row.is_requested)
    letters.invitation(session, opportunity, enterprise, to, token=token, until=row.expires_at, kind="reminder")
    ground.write_step(session, opportunity.id, StepKind.REMINDED, row.enterprise_id, row.enterprise_name)
    return 1


def _held(
    session: WriteSession, rows: Iterable[EnterpriseInvitation]
) -> Iterator[tuple[OpportunityRead, list[EnterpriseInvitation]]]:
    """Give the opportunities of invitations, held one after another, each with its invitations as they are now."""
    for opportunity_id, group in groupby(rows, key=lambda row: row.opportunity_id):
        opportunity = opportunities.held(session, opportunity_id)
        found = list(group)
        states = {row.id: row.state for row in found}
        for row in found:
            session.refresh(row)
        # Whoever answered while we waited is left alone.
        yield opportunity, [row for row in found if row.state is states[row.id]]
