"""The notices' front door: bring one file in."""

from datetime import datetime

from app.core.columns import stable_id
from app.core.db import WriteSession
from app.core.errors import FieldFault, InvalidContent, NotFound
from app.core.text import tokens
from app.notices.eforms import ParsedNotice, read_notice
from app.notices.identity import Identity
from app.notices.render import render
from app.notices.schemas import NoticeReport
from app.notices.vocabulary import Outcome
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityRead
from app.opportunities.vocabulary import Status

__all__ = ["import_notice", "render"]


def import_notice(session: WriteSession, content: bytes, *, source: str, home: str, now: datetime) -> NoticeReport:
    """Bring a contract or planning notice (eForms XML) in as an opportunity of this node; say what became of it.

    The same version of a notice again changes nothing (but a passed deadline closes it); a newer version, or a notice
    that changes it, replaces what is there; one that withdraws it cancels it. Only the buyer of a notice may do either.
    `source` is the name of the file and `home` the name of this node. All of it happens in the caller's transaction, or
    nothing.

    Raises:
        InvalidContent: the file is refused. `faults` name the line and the field: `line 12, BT-137`.
    """
    notice = read_notice(content, now=now)
    existing = _existing(session, notice.identity)
    if existing is None:
        if notice.identity.withdraws:
            raise _void(notice)
        return _write(session, notice, source, home, _record_id(notice.identity), Outcome.CREATED)
    _check_buyer(existing, notice)
    if _is_same(existing, notice.identity):
        if existing.status is Status.PUBLISHED and notice.opportunity.status is Status.CLOSED:
            return _write(session, notice, source, home, existing.id, Outcome.REPLACED)
        return _report(notice, source, existing, Outcome.UNCHANGED)
    _check_newer(existing, notice)
    outcome = Outcome.WITHDRAWN if notice.identity.withdraws else Outcome.REPLACED
    return _write(session, notice, source, home, existing.id, outcome)


def _existing(session: WriteSession, identity: Identity) -> OpportunityRead | None:
    """Return the opportunity that this notice, or the one that it changes, was imported as."""
    named = ((identity.source, identity.notice_id), (identity.changes_source, identity.changes))
    for source, notice_id in named:
        if notice_id and (found := opportunities.find_notice(session, source, notice_id)):
            return found
    # A notice that has since been changed by another has lost its place there, but the record keeps its id.
    try:
        return opportunities.find(session, _record_id(identity))
    except NotFound:
        return None


def _record_id(identity: Identity) -> str:
    """Return the id of the opportunity: from the first notice of a chain of changes, so that each change finds it."""
    first = (identity.changes_source, identity.changes) if identity.changes else (identity.source, identity.notice_id)
    return stable_id("notice", ":".join(first))


def _is_same(existing: OpportunityRead, identity: Identity) -> bool:
    return (existing.notice_id, _number(existing.notice_version)) == (identity.notice_id, _number(identity.version))


def _check_buyer(existing: OpportunityRead, notice: ParsedNotice) -> None:
    """Refuse a notice that would replace or withdraw what another buyer has published."""
    stated = notice.opportunity
    if existing.buyer_number and stated.buyer_number:
        same = existing.buyer_number == stated.buyer_number
    else:
        same = tokens(existing.buyer_name) == tokens(stated.buyer_name)
    if not same:
        detail = (
            f"Notice {existing.notice_id} is another buyer's: only {existing.buyer_name} may change or withdraw it."
        )
        fault = FieldFault(f"line {notice.buyer_line}, OPT-300", f"the buyer here is {stated.buyer_name}")
        raise InvalidContent(detail, [fault])


def _check_newer(existing: OpportunityRead, notice: ParsedNotice) -> None:
    """Refuse a notice that is older than what it would replace."""
    identity = notice.identity
    if existing.notice_id == identity.notice_id:
        older = _number(identity.version) < _number(existing.notice_version)
    else:
        published, known = notice.opportunity.published_at, existing.published_at
        # A change of what is here may come the same day; one of something that has since been changed may not.
        older = identity.changes is None or bool(published and known and published < known)
        older = older or (identity.changes != existing.notice_id and published == known)
    if older:
        detail = f"Superseded: notice {existing.notice_id} version {existing.notice_version} is already here."
        raise InvalidContent(detail, [FieldFault(f"line {notice.version_line}, BT-757", f"version {identity.version}")])


def _number(version: str | None) -> int:
    return int(version) if version and version.isdecimal() else 0


def _void(notice: ParsedNotice) -> InvalidContent:
    detail = "This notice withdraws another one, which has not been imported."
    return InvalidContent(
        detail, [FieldFault(f"line {notice.changed_line}, BT-758", f"it withdraws {notice.identity.changes}")]
    )


def _write(
    session: WriteSession, notice: ParsedNotice, file: str, home: str, record_id: str, outcome: Outcome
) -> NoticeReport:
    data = notice.opportunity
    if notice.identity.withdraws:
        data = data.model_copy(update={"status": Status.CANCELLED})
    written = opportunities.publish(session, data, home=home, record_id=record_id)
    return _report(notice, file, written, outcome)


def _report(notice: ParsedNotice, file: str, opportunity: OpportunityRead, outcome: Outcome) -> NoticeReport:
    created = {Outcome.CREATED: True, Outcome.UNCHANGED: None}.get(outcome, False)
    return NoticeReport(
        file=file,
        outcome=outcome,
        opportunity_id=opportunity.id,
        created=created,
        status=opportunity.status,
        title=opportunity.title,
        notice_id=notice.identity.notice_id,
        version=notice.identity.version,
        lots=opportunity.lot_count,
        unmapped=notice.unmapped,
        warnings=notice.warnings,
    )
