"""The life of an opportunity: each step is one conditional UPDATE, so that of two at once exactly one is taken.

`rules.TRANSITIONS` says which step is possible in which state. Whoever comes second finds no row to change, and is told
in which state it is now.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlmodel import col

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.core.clock import now, today
from app.core.db import WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.core.patching import merged, sent, validated
from app.core.preconditions import Precondition
from app.journal import copies
from app.journal import service as journal
from app.opportunities import saving
from app.opportunities.queries import SEARCH, is_shown
from app.opportunities.rules import TRANSITIONS, possible_verbs
from app.opportunities.schemas import (
    AwardIn,
    CancelIn,
    OpportunityCreate,
    OpportunityPatch,
    OpportunityRead,
)
from app.opportunities.tables import Award, Lot, Opportunity
from app.opportunities.vocabulary import PUBLIC_STATUSES, LotResult, Status, Verb


def publish_draft(session: WriteSession, opportunity_id: str, *, by: Caller | None = None) -> OpportunityRead:
    """Show a draft to everybody, and return it.

    Raises:
        NotFound: there is none with this id that the caller may know of.
        Forbidden: another organisation keeps it.
        Conflict: it is no draft.
    """
    opportunity, before = _step(session, opportunity_id, Verb.PUBLISH, by)
    opportunity.published_at = opportunity.published_at or now()
    return saving.journalled(session, opportunity, before)


def change(
    session: WriteSession,
    opportunity_id: str,
    patch: OpportunityPatch,
    *,
    match: Precondition,
    by: Caller | None = None,
) -> OpportunityRead:
    """Change what a merge patch (RFC 7396) names in a draft, published or closed opportunity, and return the whole.

    Raises:
        NotFound, Forbidden: as `publish_draft`.
        PreconditionFailed: it has changed since the caller read it; the problem shows both versions.
        Conflict: it has ended.
        InvalidContent: lots are missing where the form needs them, a code is not in its vocabulary, or the patch
            changes the status.
    """
    opportunity, before = locked(session, opportunity_id, by)
    wanted = sent(patch)
    match.require(opportunity.rev, current=before, sent=wanted)
    if wanted.pop("status", opportunity.status) != opportunity.status:
        told = Message(N_("a status is changed by its own action: publish, close, award or cancel"))
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/status", told)])
    data = validated(OpportunityCreate, merged(as_written(before), wanted))
    saving.check(data)
    # Who may change it may not carry it out of reach: a coordinator's region holds before and after.
    _require(by, opportunity, data.buyer_area)
    _take(session, opportunity, Verb.CHANGE)
    return saving.save(session, data, opportunity, before)


def close(session: WriteSession, opportunity_id: str, *, by: Caller | None = None) -> OpportunityRead:
    """Take no more tenders, and return it.

    Raises:
        NotFound, Forbidden: as `publish_draft`.
        Conflict: it is not published.
    """
    opportunity, before = _step(session, opportunity_id, Verb.CLOSE, by)
    opportunity.closed_at = now()
    return saving.journalled(session, opportunity, before)


def award(
    session: WriteSession,
    opportunity_id: str,
    data: AwardIn,
    *,
    by: Caller | None = None,
    by_notice: bool = False,
) -> OpportunityRead:
    """Write how a closed opportunity ended with a contract, and return it.

    Lots may be awarded one after another; one that is awarded already is refused unless `data.replaces_earlier`. A
    result notice (`by_notice`) is also taken for one that is still published: nobody need have closed it here.

    Raises:
        NotFound, Forbidden: as `publish_draft`.
        Conflict: it is in another state, or a lot is awarded already.
        InvalidContent: a lot does not exist, none has a winner, or the day is to come.
    """
    opportunity, before = _step(session, opportunity_id, Verb.RESULT if by_notice else Verb.AWARD, by)
    kept = _kept_awards(session, opportunity_id, data)
    _check_award(session, opportunity, data, kept)
    for position, award in enumerate(data.awards, start=len(kept)):
        session.add(Award(**saving.award_values(opportunity_id, position, award)))
    opportunity.closed_at = opportunity.closed_at or now()
    opportunity.ended_on = data.awarded_on or opportunity.ended_on
    opportunity.ended_reason = data.reason or opportunity.ended_reason
    return saving.journalled(session, opportunity, before)


def cancel(session: WriteSession, opportunity_id: str, data: CancelIn, *, by: Caller | None = None) -> OpportunityRead:
    """End a published or closed opportunity without a contract, saying why, and return it.

    Raises:
        NotFound, Forbidden: as `publish_draft`.
        Conflict: it is a draft, or has ended.
        InvalidContent: the day is to come.
    """
    opportunity, before = _step(session, opportunity_id, Verb.CANCEL, by)
    this_day = today(opportunity.country)
    _refuse_days_to_come([("/cancelled_on", data.cancelled_on)], this_day)
    opportunity.closed_at = opportunity.closed_at or now()
    opportunity.ended_on = data.cancelled_on or this_day
    opportunity.ended_reason = data.reason
    return saving.journalled(session, opportunity, before)


def remove(session: WriteSession, opportunity_id: str, *, match: Precondition, by: Caller | None = None) -> None:
    """Take away a draft, or one that was cancelled; the journal keeps a tombstone.

    Raises:
        NotFound, Forbidden, PreconditionFailed: as `change`.
        Conflict: it is published, closed or awarded.
    """
    opportunity, before = locked(session, opportunity_id, by)
    match.require(opportunity.rev, current=before)
    _take(session, opportunity, Verb.REMOVE)
    gone = journal.removed(saving.RECORD_TYPE, opportunity_id, opportunity.home, opportunity.rev, before)
    # The rows of its lots and awards go with it: the foreign keys cascade.
    session.connection().execute(delete(Opportunity).where(col(Opportunity.id) == opportunity_id))
    session.expunge_all()
    SEARCH.remove(session, opportunity_id)
    journal.record(session, gone)


def hide(session: WriteSession, opportunity_id: str, *, by: Caller) -> OpportunityRead:
    """Let nobody see an opportunity but those who may edit it, until it is restored; return it.

    Raises:
        NotFound: there is none with this id that the caller may know of.
        Forbidden: it lies outside the coordinator's region.
        Conflict: it is hidden already, or a draft, which nobody else sees anyway.
    """
    public = col(Opportunity.status).in_(sorted(PUBLIC_STATUSES))
    return _mark(session, opportunity_id, by, is_shown() & public, hidden=True)


def restore(session: WriteSession, opportunity_id: str, *, by: Caller) -> OpportunityRead:
    """Show an opportunity that was hidden to everybody again; return it.

    Raises:
        NotFound, Forbidden: as `hide`.
        Conflict: it is not hidden.
    """
    return _mark(session, opportunity_id, by, ~is_shown(), hidden=False)


def _mark(
    session: WriteSession, opportunity_id: str, by: Caller, allowed: ColumnElement[bool], *, hidden: bool
) -> OpportunityRead:
    opportunity = _held(session, opportunity_id, by)
    permissions.require(by, Action.MODERATE, owner_id=opportunity.owner_id, area=opportunity.buyer_area)
    before, at = saving.payload(session, opportunity), now()
    own = update(Opportunity).where(col(Opportunity.id) == opportunity_id, allowed)
    values = {"hidden_at": at if hidden else None, "rev": col(Opportunity.rev) + 1, "updated_at": at}
    if session.connection().execute(own.values(values)).rowcount == 0:
        if opportunity.status is Status.DRAFT:
            raise Conflict(Message(N_("It is a draft, which nobody else sees.")))
        raise Conflict(Message(N_("It is hidden already.") if hidden else N_("It is not hidden.")))
    session.refresh(opportunity)
    return saving.journalled(session, opportunity, before)


def may_edit(by: Caller | None, opportunity: Opportunity | OpportunityRead) -> bool:
    """Tell whether `by` may lead this opportunity through its life; a visitor may not."""
    return permissions.may(by, Action.PUBLISH_OPPORTUNITY, owner_id=opportunity.owner_id, area=opportunity.buyer_area)


def is_known_to(by: Caller | None, opportunity: Opportunity | OpportunityRead) -> bool:
    """Tell whether `by` may know of this opportunity: everybody, unless it is a draft or hidden."""
    if opportunity.status in PUBLIC_STATUSES and opportunity.hidden_at is None:
        return True
    if may_edit(by, opportunity):
        return True
    of = {"owner_id": opportunity.owner_id, "area": opportunity.buyer_area}
    return opportunity.hidden_at is not None and permissions.may(by, Action.MODERATE, **of)


def unknown() -> NotFound:
    """Return what is said of an id that nobody has, and of a draft to everybody but who keeps it."""
    return NotFound(Message(N_("There is no opportunity with this id.")))


def locked(session: WriteSession, opportunity_id: str, by: Caller | None) -> tuple[Opportunity, dict[str, Any]]:
    """Return an opportunity that `by` may edit, and what it says; nobody else changes it until the transaction ends.

    Without `by` it is the operator's own doing, or a notice's, and nothing is asked.
    """
    opportunity = _held(session, opportunity_id, by)
    _require(by, opportunity, opportunity.buyer_area)
    return opportunity, saving.payload(session, opportunity)


def _held(session: WriteSession, opportunity_id: str, by: Caller | None) -> Opportunity:
    session.flush()
    opportunity = session.get(Opportunity, opportunity_id, with_for_update=True, populate_existing=True)
    if opportunity is None or (by is not None and not is_known_to(by, opportunity)):
        raise unknown()
    copies.refuse_copy(session, opportunity.home, saving.RECORD_TYPE, opportunity_id)
    return opportunity


def as_written(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an opportunity says in the shape that it was written in, ready to be changed, or copied."""
    written = {name: value for name, value in said.items() if name in OpportunityCreate.model_fields}
    if said["notice_id"] is not None:
        names = {"source": "notice_source", "version": "notice_version", "subtype": "notice_subtype"}
        names |= {"notice_id": "notice_id", "number": "notice_number", "procedure_id": "procedure_id"}
        written["notice"] = {name: said[read] for name, read in names.items()}
    return written


def _require(by: Caller | None, opportunity: Opportunity, area: str | None) -> None:
    if by is not None:
        permissions.require(by, Action.PUBLISH_OPPORTUNITY, owner_id=opportunity.owner_id, area=area)


def _step(
    session: WriteSession, opportunity_id: str, verb: Verb, by: Caller | None
) -> tuple[Opportunity, dict[str, Any]]:
    """Take a step, and return the row after it with what the record said before."""
    opportunity, before = locked(session, opportunity_id, by)
    _take(session, opportunity, verb)
    return opportunity, before


def _take(session: WriteSession, opportunity: Opportunity, verb: Verb) -> None:
    """Take a step, or refuse it. The statement names the states it may be taken from: nobody else can take it too."""
    targets = TRANSITIONS[verb]
    values: dict[str, Any] = {"rev": col(Opportunity.rev) + 1, "updated_at": now()}
    if verb not in (Verb.CHANGE, Verb.REMOVE):
        (values["status"],) = set(targets.values())
    allowed = col(Opportunity.status).in_(sorted(targets))
    taken = session.connection().execute(
        update(Opportunity).where(col(Opportunity.id) == opportunity.id, allowed).values(values)
    )
    if taken.rowcount == 0:
        told = N_("It is {status} and cannot take {verb}. What it can take: {possible}.")
        possible = ", ".join(possible_verbs(opportunity.status)) or "–"
        raise Conflict(Message(told, status=opportunity.status.value, verb=verb.value, possible=possible))
    session.refresh(opportunity)


def _check_award(session: WriteSession, opportunity: Opportunity, data: AwardIn, kept: list[Award]) -> None:
    """Refuse lots that are not there, a lot told of twice over, days to come, and an award without any winner."""
    faults: list[FieldFault] = []
    wanted = select(col(Lot.number)).where(col(Lot.opportunity_id) == opportunity.id)
    numbers = set(session.execute(wanted).scalars())
    whole = [award.lot_number is None for award in data.awards]
    is_mixed = any(whole) and not all(whole)
    told_of: set[str] = set()
    for i, award in enumerate(data.awards):
        if award.lot_number is not None and award.lot_number not in numbers:
            told = Message(N_("there is no lot {number}"), number=award.lot_number)
            faults.append(FieldFault(f"/awards/{i}/lot_number", told))
        elif is_mixed:
            told = Message(N_("tell of the whole, or of each lot, not of both"))
            faults.append(FieldFault(f"/awards/{i}/lot_number", told))
        said = award.model_dump_json()
        # Two natural persons are told alike, since neither is named.
        if said in told_of and not award.is_natural_person:
            faults.append(FieldFault(f"/awards/{i}", Message(N_("this is said twice"))))
        told_of.add(said)
    results = {award.result for award in kept} | {award.result for award in data.awards}
    if LotResult.AWARDED not in results:
        faults.append(FieldFault("/awards", Message(N_("no lot has a winner: cancel it instead, and say why"))))
    if faults:
        raise InvalidContent(Message(SEE_ERRORS), faults)
    days = [(f"/awards/{i}/awarded_on", award.awarded_on) for i, award in enumerate(data.awards)]
    _refuse_days_to_come([("/awarded_on", data.awarded_on), *days], today(opportunity.country))


def _refuse_days_to_come(days: Sequence[tuple[str, date | None]], this_day: date) -> None:
    told = Message(N_("this day is still to come"))
    if faults := [FieldFault(pointer, told) for pointer, day in days if day is not None and day > this_day]:
        raise InvalidContent(Message(SEE_ERRORS), faults)


def _kept_awards(session: WriteSession, opportunity_id: str, data: AwardIn) -> list[Award]:
    """Return the earlier awards that stay beside these; those of the same lots give way, or stand in the way."""
    wanted = select(Award).where(col(Award.opportunity_id) == opportunity_id).order_by(col(Award.position))
    earlier = list(session.execute(wanted).scalars())
    told_of = {award.lot_number for award in data.awards}
    same = [award for award in earlier if None in told_of or award.lot_number is None or award.lot_number in told_of]
    if same and not data.replaces_earlier:
        told = N_("{lots} is awarded already. Send replaces_earlier to put it right.")
        lots = ", ".join(sorted({award.lot_number or "*" for award in same}))
        raise Conflict(Message(told, lots=lots), [FieldFault("/awards", Message(told, lots=lots))])
    for award in same:
        session.delete(award)
    kept = [award for award in earlier if award not in same]
    for position, award in enumerate(kept):
        award.position = position
    return kept
