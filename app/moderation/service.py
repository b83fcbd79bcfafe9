"""Moderation's front door: anybody reports, the coordinator of the region hides, restores, dismisses, and takes back.

Each act has a reason, is kept, and can be taken back. A record that is hidden is hidden in its own room; here is only
why, and by whom.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import col

from app.accounts import people, permissions
from app.accounts.permissions import Action, Reach
from app.accounts.vocabulary import Caller
from app.audit import service as audit
from app.core.clock import now, today
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, Forbidden, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseNamed, EnterpriseRead
from app.journal import copies
from app.journal import service as journal
from app.journal.vocabulary import Actor
from app.mail import service as mail
from app.mail.vocabulary import Letter
from app.moderation import queries
from app.moderation.schemas import ActFilters, ActRead, ReportFilters, ReportIn, ReportRead
from app.moderation.tables import ModerationAct, Report
from app.moderation.vocabulary import INVERSES, REMINDER_DAYS, ReportKind, ReportState, Subject, Verb
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityNamed, OpportunityRead
from app.support_offers import service as support_offers
from app.support_offers.schemas import SupportOfferNamed, SupportOfferRead

__all__ = [
    "acts",
    "dismiss",
    "find",
    "forget_reports",
    "hide",
    "remind",
    "report",
    "reports",
    "reports_of",
    "restore",
    "undo",
    "why_hidden",
]

Record = EnterpriseRead | OpportunityRead | SupportOfferRead
Named = EnterpriseNamed | OpportunityNamed | SupportOfferNamed
# The rooms that records can be hidden in; each has `find`, `named`, `hide` and `restore`.
_ROOMS = {
    Subject.ENTERPRISE: enterprises,
    Subject.OPPORTUNITY: opportunities,
    Subject.SUPPORT_OFFER: support_offers,
}
_SHOWING = (Verb.HIDE, Verb.RESTORE)
_KEPT_FOR = timedelta(days=365)


def report(
    session: WriteSession, subject: Subject, record_id: str, data: ReportIn, *, by: Caller | None = None
) -> ReportRead:
    """Write down what somebody says is wrong with a record, for the coordinator of its region; return it.

    Raises:
        NotFound: there is no such record that the reader may know of.
        Forbidden: it belongs to another node, whose coordinators decide.
        InvalidContent: an objection to what is not hidden, or something else of what is.
    """
    record = find(session, subject, record_id, by)
    copies.refuse_copy(session, record.home, subject.value, record_id)
    if (record.hidden_at is not None) != (data.kind is ReportKind.OBJECTION):
        told = N_("it is not hidden") if record.hidden_at is None else N_("it is hidden: write an objection")
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/kind", Message(told))])
    row = Report(subject=subject, subject_id=record_id, area=_area(record), state=ReportState.OPEN, **data.model_dump())
    session.add(row)
    session.flush()
    return _reports(session, [row])[0]


def reports(session: ReadSession, filters: ReportFilters, *, by: Caller) -> tuple[list[ReportRead], int]:
    """Return one page of the reports in the caller's region, the oldest first, and how many there are in all."""
    region = _region(by)
    rows = session.execute(queries.reports(filters, region)).scalars().all()
    return _reports(session, rows), session.execute(queries.count_reports(filters, region)).scalar_one()


def reports_of(session: ReadSession | WriteSession, report_ids: Iterable[str], *, by: Caller) -> list[ReportRead]:
    """Return those of these reports that lie in the caller's region, open or not."""
    rows = [row for one in report_ids if (row := session.get(Report, one)) is not None]
    return _reports(
        session, [row for row in rows if permissions.may(by, Action.MODERATE, owner_id=None, area=row.area)]
    )


def acts(session: ReadSession, filters: ActFilters, *, by: Caller) -> tuple[list[ActRead], int]:
    """Return one page of what was done in the caller's region, the newest first, and how much there is in all."""
    region = _region(by)
    rows = session.execute(queries.acts(filters, region, by.actor_id)).scalars().all()
    return _acts(session, rows), session.execute(queries.count_acts(filters, region, by.actor_id)).scalar_one()


def find(session: ReadSession | WriteSession, subject: Subject, record_id: str, by: Caller | None) -> Record:
    """Return the record that somebody wants to report or moderate. Raises `NotFound` as its own room does."""
    room: Any = _ROOMS[subject]
    found: Record = room.find(session, record_id, by)
    return found


def find_to_move(session: ReadSession, subject: Subject, record_id: str, *, by: Caller) -> Record:
    """Return a record that `by` may hide or show again.

    Raises:
        NotFound: as `find`.
        Forbidden: it lies outside the caller's region.
    """
    record = find(session, subject, record_id, by)
    if not permissions.may(by, Action.MODERATE, owner_id=None, area=_area(record)):
        raise Forbidden(Message(N_("This record is kept by another organisation, or lies outside your region.")))
    return record


def why_hidden(session: ReadSession, subject: Subject, record_id: str) -> ActRead | None:
    """Return the act by which a record was last hidden, or None; ask only for who may know of the record."""
    row = session.execute(queries.last_act(subject, record_id, Verb.HIDE)).scalars().one_or_none()
    return _acts(session, [row])[0] if row else None


def hide(session: WriteSession, subject: Subject, record_id: str, *, by: Caller) -> ActRead:
    """Hide a record from everybody but those who may edit it, and tell its keeper why; what was reported is settled.

    Raises:
        NotFound: there is no such record that the caller may know of.
        Forbidden: it lies outside the caller's region.
        BadRequest: the caller gives no reason.
        Conflict: it is hidden already, or a draft.
    """
    _acting(session, by)
    act = _moved(session, Verb.HIDE, subject, record_id, by)
    _settle(session, act, col(Report.kind) != ReportKind.OBJECTION)
    return _acts(session, [act])[0]


def restore(session: WriteSession, subject: Subject, record_id: str, *, by: Caller) -> ActRead:
    """Show a record that was hidden again, and tell its keeper; its objections are settled. Raises as `hide`."""
    _acting(session, by)
    act = _moved(session, Verb.RESTORE, subject, record_id, by)
    _settle(session, act, col(Report.kind) == ReportKind.OBJECTION)
    return _acts(session, [act])[0]


def dismiss(session: WriteSession, report_id: str, *, by: Caller) -> ActRead:
    """Close a report without doing anything to the record.

    Raises:
        NotFound: there is no such report in the caller's region.
        BadRequest: the caller gives no reason.
        Conflict: it has been dealt with.
    """
    _acting(session, by)
    row = session.get(Report, report_id, with_for_update=True, populate_existing=True)
    if row is None or not permissions.may(by, Action.MODERATE, owner_id=None, area=row.area):
        raise NotFound(Message(N_("There is no such report in your region.")))
    known = _named(session, row.subject, [row.subject_id]).get(row.subject_id)
    permissions.require(by, Action.MODERATE, owner_id=known.owner_id if known else None, area=row.area)
    act = _act(session, Verb.DISMISS, row.subject, row.subject_id, row.area, by)
    if not _settle(session, act, col(Report.id) == report_id, ReportState.DISMISSED):
        raise Conflict(Message(N_("Somebody has dealt with this report already.")))
    return _acts(session, [act])[0]


def undo(session: WriteSession, act_id: str, *, by: Caller) -> ActRead:
    """Take back an act: everything is as it was before, open reports too. Return the act that took it back.

    Raises:
        NotFound: there is no such act in the caller's region.
        Forbidden, BadRequest: as `hide`.
        Conflict: it has been taken back, cannot be, or something else has been done with the record since.
    """
    _acting(session, by)
    row = session.get(ModerationAct, act_id, with_for_update=True, populate_existing=True)
    if row is None or not permissions.may(by, Action.MODERATE, owner_id=None, area=row.area):
        raise NotFound(Message(N_("There is no such act in your region.")))
    if not _can_be_undone(row):
        raise Conflict(Message(N_("This has been taken back, or cannot be.")))
    verb = INVERSES[row.verb]
    if verb in _SHOWING:
        undoing = _moved(session, verb, row.subject, row.subject_id, by, undoes=row)
    else:
        known = _named(session, row.subject, [row.subject_id]).get(row.subject_id)
        permissions.require(by, Action.MODERATE, owner_id=known.owner_id if known else None, area=row.area)
        undoing = _act(session, verb, row.subject, row.subject_id, row.area, by, undoes=row)
    row.undone_at = undoing.at
    again = update(Report).where(col(Report.act_id) == row.id)
    session.connection().execute(again.values(state=ReportState.OPEN, act_id=None))
    session.flush()
    return _acts(session, [undoing])[0]


def remind(session: WriteSession, enterprise_id: str, *, by: Caller) -> ActRead:
    """Write to whoever keeps an enterprise and ask for the yearly confirmation, at most once a month.

    Raises:
        NotFound: there is no such enterprise that the caller may know of.
        Forbidden: it lies outside the caller's region.
        Conflict: it was confirmed within a year, nobody keeps it, or a letter went out within a month.
    """
    _acting(session, by)
    enterprise = enterprises.held(session, enterprise_id, by=by)
    # A letter changes nothing of the record, so nobody is asked for a reason: it is as if nobody kept it.
    permissions.require(by, Action.MODERATE, owner_id=None, area=enterprise.area_code)
    if not enterprises.needs_reconfirmation(enterprise.confirmed_on, today(enterprise.country)):
        raise Conflict(Message(N_("It was confirmed within a year.")))
    last = session.execute(queries.last_act(Subject.ENTERPRISE, enterprise_id, Verb.REMIND)).scalars().one_or_none()
    if last is not None and last.at > now() - timedelta(days=REMINDER_DAYS):
        raise Conflict(Message(N_("A letter went out within the last {n} days."), n=REMINDER_DAYS))
    act = _act(session, Verb.REMIND, Subject.ENTERPRISE, enterprise_id, enterprise.area_code, by)
    if not _write_to_keeper(session, "moderation/reconfirm", act, enterprise):
        raise Conflict(Message(N_("Nobody keeps this record yet: there is nobody to write to.")))
    return _acts(session, [act])[0]


def forget_reports(session: WriteSession, at: datetime) -> int:
    """Remove the reports that were decided, and made more than a year before `at`; count them. The acts stay."""
    old = (col(Report.state) != ReportState.OPEN, col(Report.created_at) < at - _KEPT_FOR)
    return session.connection().execute(delete(Report).where(*old)).rowcount


def _moved(
    session: WriteSession,
    verb: Verb,
    subject: Subject,
    record_id: str,
    by: Caller,
    *,
    undoes: ModerationAct | None = None,
) -> ModerationAct:
    """Hide a record or show it again, write the act down, and tell the record's keeper."""
    room: Any = _ROOMS[subject]
    record: Record = (room.hide if verb is Verb.HIDE else room.restore)(session, record_id, by=by)
    # The record's row is locked now: what was done last with it stays the last.
    last = session.execute(queries.last_act(subject, record_id, *_SHOWING)).scalars().one_or_none()
    if undoes is not None and (last is None or last.id != undoes.id):
        raise Conflict(Message(N_("Something else has been done with the record since.")))
    act = _act(session, verb, subject, record_id, _area(record), by, undoes=undoes, rev=record.rev)
    _write_to_keeper(session, "moderation/hidden" if verb is Verb.HIDE else "moderation/restored", act, record)
    return act


def _act(
    session: WriteSession,
    verb: Verb,
    subject: Subject,
    record_id: str,
    area: str | None,
    by: Caller,
    *,
    undoes: ModerationAct | None = None,
    rev: int | None = None,
) -> ModerationAct:
    act = ModerationAct(
        verb=verb,
        subject=subject,
        subject_id=record_id,
        area=area,
        reason=by.reason or "",
        actor_id=by.actor_id,
        organization_id=by.organization_id,
        role=by.role.value,
        undoes=undoes.id if undoes else None,
        rev=rev,
    )
    session.add(act)
    session.flush()
    audit.record(session, verb.value, subject.value, record_id, after={"act": act.id})
    return act


def _settle(session: WriteSession, act: ModerationAct, which: Any, state: ReportState = ReportState.SETTLED) -> bool:
    """Close those of a record's open reports that an act answers, and tell whether there were any."""
    own = (col(Report.subject_id) == act.subject_id, col(Report.state) == ReportState.OPEN, which)
    closed = session.connection().execute(update(Report).where(*own).values(state=state, act_id=act.id))
    session.expire_all()
    return closed.rowcount > 0


def _write_to_keeper(session: WriteSession, template: str, act: ModerationAct, record: Record) -> bool:
    """Queue a letter to everybody who looks after a record, and tell whether there is anybody."""
    if record.owner_id is None:
        return False
    name = record.title if isinstance(record, OpportunityRead) else record.name
    values = {"name": name, "reason": act.reason, "subject": act.subject.value, "id": act.subject_id}
    addressees = people.addressees(session, record.owner_id)
    for one in addressees:
        key = f"{template}:{act.id}:{one.person_id}"
        mail.queue(session, Letter(one.email, one.language, template, values, key, one.person_id))
    return bool(addressees)


def _acting(session: WriteSession, by: Caller) -> None:
    """Let the journal keep the reason with the change, wherever the act comes from."""
    actor = Actor(by.actor_id, by.organization_id, by.role.value, by.request_id, by.reason)
    journal.acting(session, actor)


def _region(by: Caller) -> str | None:
    """Return the region that the caller moderates, None for everywhere. Raises `Forbidden`."""
    reach = permissions.PERMISSIONS[Action.MODERATE][by.role]
    if reach is Reach.ALL:
        return None
    if reach is not Reach.REGION or by.region is None:
        raise Forbidden(Message(N_("Reports are for the coordinators of the regions.")))
    return by.region


def _area(record: Record) -> str | None:
    return record.buyer_area if isinstance(record, OpportunityRead) else record.area_code


def _named(session: ReadSession | WriteSession, subject: Subject, ids: Iterable[str]) -> Mapping[str, Named]:
    wanted = set(ids)
    if not wanted:
        return {}
    room: Any = _ROOMS[subject]
    found: Mapping[str, Named] = room.named(session, wanted)
    return found


def _known(session: ReadSession | WriteSession, rows: Iterable[Report | ModerationAct]) -> dict[str, Named]:
    """Return what the rows are about, by id; what is gone is left out."""
    found: dict[str, Named] = {}
    for subject in Subject:
        found |= _named(session, subject, [row.subject_id for row in rows if row.subject is subject])
    return found


def _reports(session: ReadSession | WriteSession, rows: Iterable[Report]) -> list[ReportRead]:
    rows = list(rows)
    known = _known(session, rows)
    return [
        ReportRead(
            **row.model_dump(exclude={"act_id"}),
            subject_name=one.name if (one := known.get(row.subject_id)) else None,
            hidden_at=one.hidden_at if one else None,
        )
        for row in rows
    ]


def _acts(session: ReadSession | WriteSession, rows: Iterable[ModerationAct]) -> list[ActRead]:
    rows = list(rows)
    known = _known(session, rows)
    return [
        ActRead(
            **row.model_dump(exclude={"actor_id", "rev"}),
            subject_name=known[row.subject_id].name if row.subject_id in known else None,
            can_be_undone=_can_be_undone(row),
        )
        for row in rows
    ]


def _can_be_undone(row: ModerationAct) -> bool:
    return row.verb in INVERSES and row.undone_at is None and row.undoes is None
