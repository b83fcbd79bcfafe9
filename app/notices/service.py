"""The notices' front door: bring one file in."""

from datetime import datetime

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.core.db import WriteSession
from app.core.errors import FieldFault, InvalidContent
from app.core.i18n import N_
from app.core.text import tokens
from app.notices import rules
from app.notices.eforms import ParsedNotice, read_notice
from app.notices.endings import end
from app.notices.finding import existing_opportunity, record_id, remember, remembered
from app.notices.identity import Identity
from app.notices.render import render
from app.notices.results import Result
from app.notices.schemas import NoticeReport, Remark
from app.notices.vocabulary import Outcome
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityRead
from app.opportunities.vocabulary import Status

__all__ = ["bring_in", "import_notice", "read_notice", "render"]


def import_notice(session: WriteSession, content: bytes, *, source: str, home: str, now: datetime) -> NoticeReport:
    """Read a notice (eForms XML) and bring it in: `read_notice` and `bring_in` in one."""
    return bring_in(session, read_notice(content, now=now), source=source, home=home)


def bring_in(
    session: WriteSession, notice: ParsedNotice, *, source: str, home: str, by: Caller | None = None
) -> NoticeReport:
    """Bring a notice in as an opportunity of this node, or as the end of one; say what became of it.

    The same version of a notice again changes nothing (but a passed deadline closes it); a newer version, or a notice
    that changes it, replaces what is there; one that withdraws it cancels it; a result ends it. Only the buyer of a
    notice may do any of that, and where `by` sends it with a key, only who keeps the opportunity. `source` is the name
    of the file and `home` the name of this node. All of it happens in the caller's transaction, or nothing.

    Raises:
        InvalidContent: the file is refused. `faults` name the line and the field: `line 12, BT-137`.
        Conflict: the opportunity is not in a state in which this can be done.
        Forbidden: another organisation keeps the opportunity, or the buyer lies outside a coordinator's region.
    """
    existing = existing_opportunity(session, notice, home)
    owner = _admit(existing, notice, by)
    if existing is not None:
        _check_buyer(existing, notice)
    if notice.result is not None:
        return _end(session, notice, notice.result, source, home, existing, owner)
    if existing is None:
        if notice.identity.withdraws:
            raise _void(notice)
        return _write(session, notice, source, home, record_id(notice.identity, home), Outcome.CREATED, owner)
    if _is_same(existing, notice.identity):
        if existing.status is Status.PUBLISHED and notice.opportunity.status is Status.CLOSED:
            return _write(session, notice, source, home, existing.id, Outcome.REPLACED)
        return _report(notice, source, existing, Outcome.UNCHANGED)
    if _is_known_by_result_only(existing):
        # What has had a result takes no more tenders.
        notice.opportunity.status = Status.CLOSED
    else:
        _check_newer(existing, notice)
    outcome = Outcome.WITHDRAWN if notice.identity.withdraws else Outcome.REPLACED
    return _write(session, notice, source, home, existing.id, outcome)


def _end(
    session: WriteSession,
    notice: ParsedNotice,
    result: Result,
    file: str,
    home: str,
    existing: OpportunityRead | None,
    owner: str | None,
) -> NoticeReport:
    """Bring in a result: of what is here, else of a procurement that only its result tells of."""
    identity = notice.identity
    if identity.withdraws:
        detail = "This notice withdraws a result. Import the corrected result instead: it replaces what was told."
        raise InvalidContent(
            detail, [FieldFault(f"line {notice.changed_line}, BT-758", f"it withdraws {identity.changes}")]
        )
    known = remembered(session, identity)
    if known is not None and existing is not None:
        if _number(known.version) == _number(identity.version):
            return _report(notice, file, existing, Outcome.UNCHANGED)
        if _number(known.version) > _number(identity.version):
            raise _superseded(notice, known.notice_id, known.version)
    if existing is None:
        _remark_unknown_reservation(notice)
        existing = opportunities.publish(
            session, notice.opportunity, home=home, record_id=record_id(identity, home), owner_id=owner
        )
        outcome = Outcome.CREATED
    else:
        outcome = Outcome.ENDED
    written = end(session, notice, result, existing)
    remember(session, notice, existing.id)
    return _report(notice, file, written, outcome)


def _admit(existing: OpportunityRead | None, notice: ParsedNotice, by: Caller | None) -> str | None:
    """Refuse whom the opportunity is not for; return who keeps it if it is new. The operator (None) may everything."""
    if by is None:
        return None
    owner = existing.owner_id if existing else permissions.owner_of_new(by, Action.PUBLISH_OPPORTUNITY)
    area = existing.buyer_area if existing else notice.opportunity.buyer_area
    permissions.require(by, Action.PUBLISH_OPPORTUNITY, owner_id=owner, area=area)
    return owner


def _remark_unknown_reservation(notice: ParsedNotice) -> None:
    message = N_(
        "No call for this result is here: whether it was reserved is not known, since a result may not say so."
    )
    notice.warnings.append(Remark(field="BT-71", line=notice.result_line, message=message, values={}))


def _is_same(existing: OpportunityRead, identity: Identity) -> bool:
    return (existing.notice_id, _number(existing.notice_version)) == (identity.notice_id, _number(identity.version))


def _is_known_by_result_only(existing: OpportunityRead) -> bool:
    """Tell whether what is here was made from a result, before the call for it came."""
    return rules.is_result_subtype(existing.notice_subtype or "")


def _check_buyer(existing: OpportunityRead, notice: ParsedNotice) -> None:
    """Refuse a notice that would replace, withdraw or end what another buyer has published."""
    stated = notice.opportunity
    if existing.buyer_number and stated.buyer_number:
        same = existing.buyer_number == stated.buyer_number
    else:
        same = tokens(existing.buyer_name) == tokens(stated.buyer_name)
    if not same:
        which = existing.notice_id or existing.id
        detail = f"Notice {which} is another buyer's: only {existing.buyer_name} may change, withdraw or end it."
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
        raise _superseded(notice, existing.notice_id, existing.notice_version)


def _superseded(notice: ParsedNotice, notice_id: str | None, version: str | None) -> InvalidContent:
    detail = f"Superseded: notice {notice_id} version {version} is already here."
    return InvalidContent(
        detail, [FieldFault(f"line {notice.version_line}, BT-757", f"version {notice.identity.version}")]
    )


def _number(version: str | None) -> int:
    return int(version) if version and version.isdecimal() else 0


def _void(notice: ParsedNotice) -> InvalidContent:
    detail = "This notice withdraws another one, which has not been imported."
    return InvalidContent(
        detail, [FieldFault(f"line {notice.changed_line}, BT-758", f"it withdraws {notice.identity.changes}")]
    )


def _write(
    session: WriteSession,
    notice: ParsedNotice,
    file: str,
    home: str,
    record: str,
    outcome: Outcome,
    owner: str | None = None,
) -> NoticeReport:
    data = notice.opportunity
    if notice.identity.withdraws:
        data = data.model_copy(update={"status": Status.CANCELLED})
    written = opportunities.publish(session, data, home=home, record_id=record, owner_id=owner)
    remember(session, notice, written.id)
    return _report(notice, file, written, outcome)


def _report(notice: ParsedNotice, file: str, opportunity: OpportunityRead, outcome: Outcome) -> NoticeReport:
    created = {Outcome.CREATED: True, Outcome.UNCHANGED: None}.get(outcome, False)
    return NoticeReport(
        file=file,
        outcome=outcome,
        opportunity_id=opportunity.id,
        rev=opportunity.rev,
        created=created,
        status=opportunity.status,
        title=opportunity.title,
        notice_id=notice.identity.notice_id,
        version=notice.identity.version,
        lots=opportunity.lot_count,
        unmapped=notice.unmapped,
        warnings=notice.warnings,
    )
