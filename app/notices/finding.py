"""Finds the opportunity that a notice belongs to, and remembers it."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Select
from sqlalchemy.exc import IntegrityError

from app.core.columns import stable_id
from app.core.db import WriteSession
from app.core.errors import Conflict, Message, NotFound
from app.core.i18n import N_
from app.journal import copies
from app.notices import queries
from app.notices.eforms import ParsedNotice
from app.notices.identity import Identity
from app.notices.tables import ReadNotice
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityRead


def record_id(identity: Identity, home: str) -> str:
    """Return the id of the opportunity: from the first notice of a chain of changes, so that each change finds it.

    Two nodes that import one notice have a record each.
    """
    return stable_id("notice", ":".join((home, *_first(identity))))


def existing_opportunity(session: WriteSession, notice: ParsedNotice, home: str) -> OpportunityRead | None:
    """Return this node's opportunity that a notice was imported as, or that it changes, withdraws, calls for or ends.

    A result finds its procurement by the procedure (BT-04), else by the notice it says came before (OPP-090). A call
    finds by its procedure what a result has been read into before the call was.
    """
    for opportunity_id in _named(session, notice.identity, home):
        if found := _find(session, opportunity_id):
            return found
    if notice.identity.is_result:
        return _best(session, notice, _ended_by(session, notice.identity))
    if notice.identity.procedure_id:
        return _best(session, notice, _ids(session, queries.from_results(notice.identity.procedure_id)))
    return None


def remembered(session: WriteSession, identity: Identity) -> ReadNotice | None:
    """Return what is remembered of this notice, or None."""
    return session.execute(queries.read_notice(identity.source, identity.notice_id)).scalar_one_or_none()


def remember(session: WriteSession, notice: ParsedNotice, opportunity_id: str) -> None:
    """Remember that a notice has been read into an opportunity.

    Raises:
        Conflict: somebody else has imported the same notice a moment ago.
    """
    identity = notice.identity
    row = remembered(session, identity) or ReadNotice(
        source=identity.source, notice_id=identity.notice_id, version="", form_type="", opportunity_id=""
    )
    row.version = identity.version
    row.form_type = identity.form_type
    row.opportunity_id = opportunity_id
    row.published_at = notice.opportunity.published_at
    session.add(row)
    try:
        session.flush()
    except IntegrityError as fault:
        raise Conflict(Message(N_("The same notice was imported a moment ago: send it again."))) from fault


def _named(session: WriteSession, identity: Identity, home: str) -> Iterator[str]:
    """Give the ids of what this notice, or the one that it changes, was imported as."""
    for source, notice_id in _own_and_changed(identity):
        if found := opportunities.find_notice(session, source, notice_id):
            yield found.id
        if row := session.execute(queries.read_notice(source, notice_id)).scalar_one_or_none():
            yield row.opportunity_id
    # What a change has made before the notice that it changes came; before nodes had neighbours, no home was in it.
    yield record_id(identity, home)
    yield stable_id("notice", ":".join(_first(identity)))


def _first(identity: Identity) -> tuple[str, str]:
    """Return the first notice of a chain of changes."""
    return (identity.changes_source, identity.changes) if identity.changes else (identity.source, identity.notice_id)


def _own_and_changed(identity: Identity) -> Iterator[tuple[str, str]]:
    yield identity.source, identity.notice_id
    if identity.changes:
        yield identity.changes_source, identity.changes


def _ended_by(session: WriteSession, identity: Identity) -> Iterator[str]:
    """Give the ids of what a result may be the result of."""
    if identity.procedure_id:
        yield from _ids(session, queries.of_procedure(identity.procedure_id))
    for source, notice_id in identity.previous:
        if found := opportunities.find_notice(session, source, notice_id):
            yield found.id
        if row := session.execute(queries.read_notice(source, notice_id)).scalar_one_or_none():
            yield row.opportunity_id
    if identity.previous_numbers:
        yield from _ids(session, queries.of_numbers(identity.previous_numbers))


def _best(session: WriteSession, notice: ParsedNotice, ids: Iterable[str]) -> OpportunityRead | None:
    """Return the one that shares most lots with the notice; of those that share alike, the first."""
    found = [one for one in (_find(session, opportunity_id) for opportunity_id in dict.fromkeys(ids)) if one]
    lots = {lot.number for lot in notice.opportunity.lots}
    return max(found, key=lambda one: len(lots & {lot.number for lot in one.lots}), default=None)


def _ids(session: WriteSession, wanted: Select[str]) -> list[str]:
    return list(session.execute(wanted).scalars())


def _find(session: WriteSession, opportunity_id: str) -> OpportunityRead | None:
    try:
        found = opportunities.find(session, opportunity_id)
    except NotFound:
        return None
    return found if copies.home_of(session, found.home) is None else None
