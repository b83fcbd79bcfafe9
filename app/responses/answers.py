"""What enterprises answer: interest or a decline, until the deadline, changed or taken back as long as it stands."""

from collections.abc import Mapping
from typing import Any

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.audit import service as audit
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.core.preconditions import Precondition
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseRead
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityRead
from app.responses import ground, invitations, queries
from app.responses.rows import response_read
from app.responses.rules import RESPONSE_STEPS
from app.responses.schemas import AnswerIn, ResponseChange, ResponseIn, ResponseRead
from app.responses.tables import EnterpriseResponse
from app.responses.vocabulary import AnswerKind, ResponseState, ResponseStep, StepKind

_KINDS: Mapping[AnswerKind, StepKind] = {
    AnswerKind.INTEREST: StepKind.INTERESTED,
    AnswerKind.DECLINE: StepKind.DECLINED,
}


def respond(session: WriteSession, opportunity_id: str, data: ResponseIn, *, by: Caller) -> ResponseRead:
    """Answer in the name of one of the caller's enterprises, invited or not, and return the answer.

    Raises:
        NotFound: there is no such opportunity, or the caller keeps no such enterprise.
        Forbidden: the opportunity belongs to another node, where it is answered.
        Conflict: no answers are taken, or an answer stands: that one is changed.
        InvalidContent: a partner does not exist, or is the enterprise itself.
    """
    opportunities.find(session, opportunity_id)
    opportunity = ground.held(session, opportunity_id)
    enterprise = ground.enterprise_of(session, data.enterprise_id, by)
    return give(session, opportunity, enterprise, data, by_link=False)


def give(
    session: WriteSession, opportunity: OpportunityRead, enterprise: EnterpriseRead, data: AnswerIn, *, by_link: bool
) -> ResponseRead:
    """Write an enterprise's answer to an opportunity that is held. Raises as `respond`."""
    ground.require_taking(opportunity, now())
    _check_partners(session, enterprise.id, data)
    values = _values(data, by_link=by_link)
    found = ground.fresh(session, queries.response(opportunity.id, enterprise.id))
    row: EnterpriseResponse | None = next(iter(found), None)
    if row is None:
        row = EnterpriseResponse(
            opportunity_id=opportunity.id,
            enterprise_id=enterprise.id,
            enterprise_name=enterprise.name,
            state=ResponseState.STANDING,
            **values,
        )
        session.add(row)
        session.flush()
    elif row.state is ResponseState.STANDING:
        raise Conflict(Message(N_("This enterprise has answered already. Change that answer, or take it back first.")))
    else:
        again = {"rev": row.rev + 1, "updated_at": now(), "answered_at": now()}
        ground.take(session, row, ResponseStep.ANSWER, RESPONSE_STEPS, **values, **again)
    invitations.answered(session, opportunity.id, enterprise.id, by_link=by_link)
    return _written(session, row, _KINDS[row.kind], row.kind.value)


def change(
    session: WriteSession, response_id: str, data: ResponseChange, *, match: Precondition, by: Caller
) -> ResponseRead:
    """Write an answer anew, whole, and return it.

    Raises:
        NotFound: none of the caller's enterprises has such an answer.
        PreconditionFailed: it has changed since the caller read it.
        Conflict: no answers are taken any more, or it was taken back.
        InvalidContent: as `respond`.
    """
    row, opportunity = _own(session, response_id, by)
    before = response_read(row).model_dump(mode="json")
    match.require(row.rev, current=before, sent=data.model_dump(mode="json"))
    ground.require_taking(opportunity, now())
    _check_partners(session, row.enterprise_id, data)
    values = _values(data, by_link=False) | {"rev": row.rev + 1, "updated_at": now()}
    ground.take(session, row, ResponseStep.CHANGE, RESPONSE_STEPS, **values)
    return _written(session, row, _KINDS[row.kind], row.kind.value, before)


def withdraw(session: WriteSession, response_id: str, *, by: Caller) -> ResponseRead:
    """Take an answer back, and return it; until the deadline another can be given.

    Raises:
        NotFound: none of the caller's enterprises has such an answer.
        Conflict: no answers are taken any more, or it was taken back before.
    """
    row, opportunity = _own(session, response_id, by)
    before = response_read(row).model_dump(mode="json")
    ground.require_taking(opportunity, now())
    ground.take(session, row, ResponseStep.WITHDRAW, RESPONSE_STEPS, rev=row.rev + 1, updated_at=now())
    invitations.reopened(session, row.opportunity_id, row.enterprise_id)
    return _written(session, row, StepKind.ANSWER_WITHDRAWN, "withdraw-answer", before)


def find(session: ReadSession, response_id: str, *, by: Caller | None) -> ResponseRead:
    """Return one answer, to the buyer or to the enterprise itself. Raises `NotFound` for everybody else."""
    row = session.get(EnterpriseResponse, response_id)
    if row is not None and (_is_buyer(session, row, by) or _is_enterprise(session, row, by)):
        return response_read(row)
    raise _unknown()


def all_to(session: ReadSession, opportunity_id: str, *, by: Caller) -> list[ResponseRead]:
    """Return the answers to an opportunity of the caller's own, newest first. Raises `NotFound`."""
    ground.read_by(session, opportunity_id, by, Action.SHORTLIST)
    return [response_read(row) for row in ground.fresh(session, queries.responses([opportunity_id]))]


def _own(session: WriteSession, response_id: str, by: Caller) -> tuple[EnterpriseResponse, OpportunityRead]:
    """Return an answer of the caller's own with its opportunity, which nobody changes until the transaction ends."""
    row = session.get(EnterpriseResponse, response_id)
    if row is None or not _is_enterprise(session, row, by):
        raise _unknown()
    opportunity = opportunities.held(session, row.opportunity_id)
    session.refresh(row)
    return row, opportunity


def _is_enterprise(session: ReadSession | WriteSession, row: EnterpriseResponse, by: Caller | None) -> bool:
    if not enterprises.exists(session, row.enterprise_id):
        return False
    enterprise = enterprises.find(session, row.enterprise_id)
    return permissions.may(by, Action.RESPOND, owner_id=enterprise.owner_id, area=enterprise.area_code)


def _is_buyer(session: ReadSession, row: EnterpriseResponse, by: Caller | None) -> bool:
    kept = opportunities.several(session, [row.opportunity_id]).get(row.opportunity_id)
    return kept is not None and permissions.may(by, Action.SHORTLIST, owner_id=kept.owner_id, area=kept.buyer_area)


def _unknown() -> NotFound:
    return NotFound(Message(N_("There is no answer with this id that you may know of.")))


def _values(data: AnswerIn, *, by_link: bool) -> dict[str, Any]:
    return {
        "kind": data.kind,
        "reason": data.reason,
        "text": data.text,
        "is_joint": data.is_joint,
        "partner_ids": list(dict.fromkeys(data.partner_ids)),
        "is_by_link": by_link,
    }


def _check_partners(session: WriteSession, enterprise_id: str, data: AnswerIn) -> None:
    faults = []
    for n, partner_id in enumerate(data.partner_ids):
        if partner_id == enterprise_id:
            faults.append(FieldFault(f"/partner_ids/{n}", Message(N_("an enterprise is not its own partner"))))
        elif not enterprises.exists(session, partner_id):
            faults.append(FieldFault(f"/partner_ids/{n}", Message(N_("there is no enterprise with this id"))))
    if faults:
        raise InvalidContent(Message(SEE_ERRORS), faults)


def _written(
    session: WriteSession, row: EnterpriseResponse, kind: StepKind, action: str, before: dict[str, Any] | None = None
) -> ResponseRead:
    """Write down what happened to an answer, and return it."""
    is_gone = kind is StepKind.ANSWER_WITHDRAWN
    ground.write_step(
        session,
        row.opportunity_id,
        kind,
        row.enterprise_id,
        row.enterprise_name,
        reason=None if is_gone else row.reason,
        text="" if is_gone else row.text,
    )
    read = response_read(row)
    audit.record(session, action, "response", row.id, before=before, after=read.model_dump(mode="json"))
    return read
