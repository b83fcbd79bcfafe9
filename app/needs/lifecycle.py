"""The life of a need: each step is one conditional UPDATE, so that of two at once exactly one is taken.

`rules.TRANSITIONS` says which step is possible in which state. Whoever comes second finds no row to change, and is told
in which state it is now.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, update
from sqlmodel import col

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.core.clock import now, today
from app.core.db import WriteSession
from app.core.errors import Conflict, Message, NotFound
from app.core.i18n import N_
from app.core.patching import merged, sent, validated
from app.core.preconditions import Precondition
from app.journal import copies
from app.journal import service as journal
from app.needs import queries, records
from app.needs.rules import TRANSITIONS, possible_verbs, rank_of
from app.needs.schemas import NeedCreate, NeedPatch, NeedRead
from app.needs.tables import Need
from app.needs.vocabulary import PUBLIC_STATUSES, RECORD_TYPE, Verb

# Steps that keep the state or have none to go to.
_STAYS: Final = (Verb.CHANGE, Verb.REMOVE)
# How many the nightly job takes at a time: each is a change that is told.
_BATCH: Final = 500
UNCONFIRMED: Final = N_("Nobody has said in time that the need is still there.")


def step(
    session: WriteSession, need_id: str, verb: Verb, *, by: Caller | None = None, note: str | None = None
) -> NeedRead:
    """Take one step of a need's life, and return it; `note` is why, or how it was met, and is shown with it.

    Without `by` it is the operator's own doing, or the clock's, and nothing is asked.

    Raises:
        NotFound: there is none with this id that the caller may know of.
        Forbidden: another organisation keeps it, and it lies outside the caller's region.
        Conflict: it is in a state that the step does not lead from.
    """
    row, before = locked(session, need_id, by)
    _take(session, row, verb)
    row.status_note = note
    if verb in (Verb.PUBLISH, Verb.RECONFIRM):
        row.assured_on = today(row.country)
    if verb is Verb.PUBLISH:
        row.published_at = now()
    row.rank = rank_of(row.status, row.reach)
    row.due_on = records.due_day(row)
    return records.journalled(session, row, before)


def change(
    session: WriteSession, need_id: str, patch: NeedPatch, *, match: Precondition, by: Caller | None = None
) -> NeedRead:
    """Change what a merge patch (RFC 7396) names, and return the whole record.

    Raises:
        NotFound, Forbidden: as `step`.
        PreconditionFailed: it has changed since the caller read it; the problem shows both versions.
        Conflict: it is met or withdrawn.
        InvalidContent: a code is not in its vocabulary, or nobody is named as its holder.
    """
    row, before = locked(session, need_id, by)
    wanted = sent(patch)
    match.require(row.rev, current=before, sent=wanted)
    written = {name: value for name, value in before.items() if name in NeedCreate.model_fields}
    data = validated(NeedCreate, merged(written, wanted))
    # Who may change it may not carry it out of reach: a coordinator's region holds before and after.
    _require(by, row, data.area_code or next(iter(data.areas), None))
    _take(session, row, Verb.CHANGE)
    return records.write(session, row, data, before)


def remove(session: WriteSession, need_id: str, *, match: Precondition, by: Caller | None = None) -> None:
    """Take away a draft, or what is withdrawn; the journal keeps a tombstone, and nothing of what the record said.

    Raises:
        NotFound, Forbidden, PreconditionFailed: as `change`.
        Conflict: it is published, has lapsed or is met.
    """
    row, before = locked(session, need_id, by)
    match.require(row.rev, current=before)
    _take(session, row, Verb.REMOVE)
    gone = journal.removed(RECORD_TYPE, need_id, row.home, row.rev, before)
    # Its terms go with it: the foreign key cascades.
    session.connection().execute(delete(Need).where(col(Need.id) == need_id))
    session.expunge_all()
    queries.SEARCH.remove(session, need_id)
    journal.record(session, gone)


def lapse_unconfirmed(session: WriteSession, at: datetime) -> int:
    """Let the published needs lapse that nobody has confirmed in time, nor in the grace after it; return how many."""
    due = session.execute(queries.unconfirmed(at.date(), _BATCH)).scalars().all()
    for need_id in due:
        step(session, need_id, Verb.LAPSE, note=UNCONFIRMED)
    return len(due)


def may_edit(by: Caller | None, need: Need | NeedRead) -> bool:
    """Tell whether `by` may lead this need through its life; a visitor may not."""
    return permissions.may(by, Action.EDIT_NEED, owner_id=need.owner_id, area=need.area_code)


def is_known_to(by: Caller | None, need: Need | NeedRead) -> bool:
    """Tell whether `by` may know of this need: everybody, while it is public by its holder's choice."""
    return need.status in PUBLIC_STATUSES or may_edit(by, need)


def unknown() -> NotFound:
    """Return what is said of an id that nobody has, and of a draft to everybody but who may edit it."""
    return NotFound(Message(N_("There is no need with this id.")))


def locked(session: WriteSession, need_id: str, by: Caller | None) -> tuple[Need, dict[str, Any]]:
    """Return a need that `by` may edit, and what it says; nobody else changes it until the transaction ends."""
    session.flush()
    row = session.get(Need, need_id, with_for_update=True, populate_existing=True)
    if row is None or (by is not None and not is_known_to(by, row)):
        raise unknown()
    copies.refuse_copy(session, row.home, RECORD_TYPE, need_id)
    _require(by, row, row.area_code)
    return row, records.payload(records.read_one(session, row))


def _require(by: Caller | None, row: Need, area: str | None) -> None:
    if by is not None:
        permissions.require(by, Action.EDIT_NEED, owner_id=row.owner_id, area=area)


def _take(session: WriteSession, row: Need, verb: Verb) -> None:
    """Take a step, or refuse it. The statement names the states it may be taken from: nobody else can take it too."""
    targets = TRANSITIONS[verb]
    values: dict[str, Any] = {"rev": col(Need.rev) + 1, "updated_at": now()}
    if verb not in _STAYS:
        (values["status"],) = set(targets.values())
    allowed = col(Need.status).in_(sorted(targets))
    own = update(Need).where(col(Need.id) == row.id, allowed)
    if session.connection().execute(own.values(values)).rowcount == 0:
        told = N_("It is {status} and cannot take {verb}. What it can take: {possible}.")
        possible = ", ".join(possible_verbs(row.status)) or "–"
        raise Conflict(Message(told, status=row.status.value, verb=verb.value, possible=possible))
    session.refresh(row)
