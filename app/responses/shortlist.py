"""The buyer's shortlist: whom it looks at more closely, with a note of its own. Nobody else reads it."""

from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.audit import service as audit
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.core.preconditions import Precondition
from app.enterprises import service as enterprises
from app.opportunities.vocabulary import Status
from app.responses import ground, invitations, queries
from app.responses.rows import shortlist_read
from app.responses.schemas import NoteIn, ShortlistIn, ShortlistRead
from app.responses.tables import ShortlistEntry
from app.responses.vocabulary import StepKind


def add(session: WriteSession, opportunity_id: str, data: ShortlistIn, *, by: Caller) -> ShortlistRead:
    """Put an enterprise on the shortlist, and return its place there.

    Raises:
        NotFound: the caller keeps no such opportunity.
        Conflict: it is a draft, or the enterprise is on the list already.
        InvalidContent: there is no such enterprise.
    """
    opportunity = ground.led(session, opportunity_id, by, Action.SHORTLIST)
    if opportunity.status is Status.DRAFT:
        raise Conflict(Message(N_("A draft has no shortlist: publish it first.")))
    if not enterprises.exists(session, data.enterprise_id):
        told = Message(N_("there is no enterprise with this id"))
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/enterprise_id", told)])
    if session.get(ShortlistEntry, (opportunity_id, data.enterprise_id), populate_existing=True) is not None:
        raise Conflict(Message(N_("The enterprise is on the shortlist already.")))
    rank, score = invitations.places_of(session, opportunity_id).get(data.enterprise_id, (None, None))
    row = ShortlistEntry(
        opportunity_id=opportunity_id,
        enterprise_id=data.enterprise_id,
        enterprise_name=enterprises.find(session, data.enterprise_id).name,
        rank=rank,
        score=score,
        note=data.note,
    )
    session.add(row)
    session.flush()
    return _written(session, row, StepKind.SHORTLISTED, "shortlist")


def change(
    session: WriteSession, opportunity_id: str, enterprise_id: str, data: NoteIn, *, match: Precondition, by: Caller
) -> ShortlistRead:
    """Write the note of an enterprise on the shortlist anew, and return it.

    Raises:
        NotFound: the caller keeps no such opportunity, or the enterprise is not on its shortlist.
        PreconditionFailed: it has changed since the caller read it.
    """
    row = _held(session, opportunity_id, enterprise_id, by)
    match.require(row.rev, current=shortlist_read(row).model_dump(mode="json"), sent=data.model_dump())
    row.note, row.rev, row.updated_at = data.note, row.rev + 1, now()
    session.flush()
    return _written(session, row, StepKind.NOTE_CHANGED, "change-note")


def remove(session: WriteSession, opportunity_id: str, enterprise_id: str, *, match: Precondition, by: Caller) -> None:
    """Take an enterprise off the shortlist. Raises as `change`."""
    row = _held(session, opportunity_id, enterprise_id, by)
    match.require(row.rev, current=shortlist_read(row).model_dump(mode="json"))
    _written(session, row, StepKind.TAKEN_OFF, "take-off-shortlist")
    session.delete(row)
    session.flush()


def all_of(session: ReadSession, opportunity_id: str, *, by: Caller) -> list[ShortlistRead]:
    """Return the shortlist of an opportunity of the caller's own, by rank. Raises `NotFound`."""
    ground.read_by(session, opportunity_id, by, Action.SHORTLIST)
    return [shortlist_read(row) for row in ground.fresh(session, queries.shortlist(opportunity_id))]


def _held(session: WriteSession, opportunity_id: str, enterprise_id: str, by: Caller) -> ShortlistEntry:
    ground.led(session, opportunity_id, by, Action.SHORTLIST)
    row = session.get(ShortlistEntry, (opportunity_id, enterprise_id), populate_existing=True)
    if row is None:
        raise NotFound(Message(N_("The enterprise is not on the shortlist.")))
    return row


def _written(session: WriteSession, row: ShortlistEntry, kind: StepKind, action: str) -> ShortlistRead:
    ground.write_step(
        session,
        row.opportunity_id,
        kind,
        row.enterprise_id,
        row.enterprise_name,
        place=(row.rank, row.score),
        text="" if kind is StepKind.TAKEN_OFF else row.note,
    )
    after = {"enterprise_id": row.enterprise_id, "note": row.note}
    audit.record(session, action, "shortlist", row.opportunity_id, after=after)
    return shortlist_read(row)
