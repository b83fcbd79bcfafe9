"""Corrections: anybody says what is wrong with an offer; whoever keeps it accepts or rejects that, once.

A correction is kept here and never only sent: what became of it can be read. Nothing is kept of who wrote it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, update
from sqlmodel import col

from app.accounts import people, permissions
from app.accounts.permissions import Action, Reach
from app.accounts.vocabulary import Caller
from app.audit import service as audit
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, Forbidden, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.core.patching import validated
from app.core.preconditions import Precondition
from app.journal import copies
from app.mail import service as mail
from app.mail.vocabulary import Letter
from app.support_offers import lifecycle, queries
from app.support_offers.schemas import (
    CorrectionAccept,
    CorrectionIn,
    CorrectionRead,
    CorrectionReceipt,
    SupportOfferPatch,
    SupportOfferRead,
)
from app.support_offers.tables import SupportOffer, SupportOfferCorrection
from app.support_offers.vocabulary import (
    CORRECTIONS_KEPT_DAYS,
    PROPOSABLE,
    RECORD_TYPE,
    CorrectionState,
    LedTo,
    Status,
    Verb,
)

_OBJECT: Final = "support_offer_correction"
_MOST_LISTED: Final = 200
_STEPS: Final = {LedTo.SUSPENDED: Verb.SUSPEND, LedTo.ARCHIVED: Verb.ARCHIVE}


def propose(session: WriteSession, offer_id: str, data: CorrectionIn, *, by: Caller | None = None) -> CorrectionReceipt:
    """Write down what somebody says is wrong with an offer, and tell its keeper by letter.

    Raises:
        NotFound: there is none with this id that the reader may know of.
        Forbidden: it belongs to another node.
        Conflict: it is no longer offered, so that there is nothing to correct.
        InvalidContent: something is proposed, and it is not said for which field.
    """
    offer = session.get(SupportOffer, offer_id)
    if offer is None or not lifecycle.is_known_to(by, offer):
        raise lifecycle.unknown()
    copies.refuse_copy(session, offer.home, RECORD_TYPE, offer_id)
    if offer.status is Status.ARCHIVED:
        raise Conflict(Message(N_("It is archived: it is no longer offered, and stays as it was.")))
    if data.proposed is not None and data.field is None:
        told = Message(N_("say which field it is for"))
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/field", told)])
    row = SupportOfferCorrection(
        offer_id=offer_id, offer_rev=offer.rev, state=CorrectionState.OPEN, **data.model_dump()
    )
    session.add(row)
    session.flush()
    _tell_keeper(session, offer, row)
    return CorrectionReceipt.model_validate(row.model_dump(include=set(CorrectionReceipt.model_fields)))


def of_offer(session: ReadSession | WriteSession, offer_id: str, *, by: Caller) -> list[CorrectionRead]:
    """Return the corrections of an offer, for those who may edit it, the oldest first.

    Raises:
        NotFound: there is none with this id that the caller may know of.
        Forbidden: another organisation keeps it, or it lies outside the caller's region.
    """
    offer = session.get(SupportOffer, offer_id)
    if offer is None or not lifecycle.is_known_to(by, offer):
        raise lifecycle.unknown()
    if not lifecycle.may_edit(by, offer):
        raise Forbidden(Message(N_("This record is kept by another organisation, or lies outside your region.")))
    return _read_all(session, queries.corrections(_MOST_LISTED, offer_id=offer_id))


def waiting(session: ReadSession, *, by: Caller, limit: int = _MOST_LISTED) -> list[CorrectionRead]:
    """Return the corrections in the caller's region that nobody has decided, the oldest first.

    Raises:
        Forbidden: the caller looks after no region.
    """
    reach = permissions.PERMISSIONS[Action.REVIEW_SUPPORT_OFFER][by.role]
    if reach is Reach.NONE:
        raise Forbidden(Message(N_("Reports are for the coordinators of the regions.")))
    region = None if reach is Reach.ALL else by.region or "-"
    return _read_all(session, queries.corrections(limit, region=region, state=CorrectionState.OPEN))


def open_counts(session: ReadSession | WriteSession, offer_ids: list[str]) -> dict[str, int]:
    """Return how many open corrections each of these offers has; one without any is left out."""
    rows: Iterable[Any] = session.execute(queries.open_corrections(offer_ids))
    return dict(iter(rows))


def accept(
    session: WriteSession, offer_id: str, correction_id: str, data: CorrectionAccept, *, by: Caller
) -> CorrectionRead:
    """Say that a correction is right, and let it lead to what it leads to, in the same transaction.

    Raises:
        NotFound: there is no such correction of an offer that the caller may know of.
        Forbidden, BadRequest: as `lifecycle.step`.
        Conflict: it has been decided, or the offer is in a state that the step does not lead from.
        InvalidContent: what it proposes cannot be written, or it proposes nothing.
    """
    row = _open(session, offer_id, correction_id, by)
    offer = _led(session, row, data, by)
    decided = {"state": CorrectionState.ACCEPTED, "led_to": data.led_to, "led_to_rev": offer.rev, "note": data.note}
    return _decide(session, row, by, decided)


def reject(session: WriteSession, offer_id: str, correction_id: str, note: str, *, by: Caller) -> CorrectionRead:
    """Say that a correction is not right, and why. Raises as `accept`."""
    row = _open(session, offer_id, correction_id, by)
    return _decide(session, row, by, {"state": CorrectionState.REJECTED, "note": note})


def forget_corrections(session: WriteSession, at: datetime) -> int:
    """Remove the corrections that were decided a year before `at`, and return how many they were."""
    own = SupportOfferCorrection
    old = col(own.decided_at) < at - timedelta(days=CORRECTIONS_KEPT_DAYS)
    return session.connection().execute(delete(own).where(old)).rowcount


def _open(session: WriteSession, offer_id: str, correction_id: str, by: Caller) -> SupportOfferCorrection:
    """Return a correction of an offer that `by` may edit; the offer is locked until the transaction ends."""
    lifecycle.locked(session, offer_id, by)
    row = session.get(SupportOfferCorrection, correction_id, populate_existing=True)
    if row is None or row.offer_id != offer_id:
        raise NotFound(Message(N_("There is no such correction of this offer.")))
    _require_open(row)
    return row


def _require_open(row: SupportOfferCorrection) -> None:
    if row.state is not CorrectionState.OPEN:
        told = N_("It has been decided already: it is {state}.")
        raise Conflict(Message(told, state=row.state.value))


def _led(
    session: WriteSession, row: SupportOfferCorrection, data: CorrectionAccept, by: Caller
) -> SupportOfferRead | SupportOffer:
    """Do what an accepted correction leads to, and return the offer as it is then."""
    if data.led_to in _STEPS:
        if data.note is None:
            raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/note", Message(N_("say why")))])
        return lifecycle.step(session, row.offer_id, _STEPS[data.led_to], by=by, note=data.note)
    if data.led_to is LedTo.CHANGED:
        return session.get_one(SupportOffer, row.offer_id)
    if row.proposed is None or row.field not in PROPOSABLE:
        told = Message(N_("it proposes nothing that can be written as it stands: change the offer yourself"))
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/led_to", told)])
    patch = validated(SupportOfferPatch, {row.field: row.proposed})
    return lifecycle.change(session, row.offer_id, patch, match=Precondition(None), by=by)


def _decide(session: WriteSession, row: SupportOfferCorrection, by: Caller, decided: dict[str, Any]) -> CorrectionRead:
    """Close a correction. The statement names the state that it is closed from: nobody else can close it too."""
    own = SupportOfferCorrection
    still_open = (col(own.id) == row.id, col(own.state) == CorrectionState.OPEN)
    values = {**decided, "decided_at": now(), "decided_by": by.organization_id}
    closed = session.connection().execute(update(own).where(*still_open).values(values))
    session.refresh(row)
    if closed.rowcount == 0:
        _require_open(row)
    audit.record(session, f"correction.{row.state.value}", _OBJECT, row.id, after={"offer": row.offer_id})
    return _read(row, session.get_one(SupportOffer, row.offer_id).name)


def _tell_keeper(session: WriteSession, offer: SupportOffer, row: SupportOfferCorrection) -> None:
    """Queue a letter to everybody who looks after the offer, where its keeper has people on this node."""
    if offer.owner_id is None:
        return
    values = {"name": offer.name, "id": offer.id, "text": row.text, "proposed": row.proposed or ""}
    for one in people.addressees(session, offer.owner_id):
        key = f"support-offers/correction:{row.id}:{one.person_id}"
        mail.queue(session, Letter(one.email, one.language, "support_offers/correction", values, key, one.person_id))


def _read_all(session: ReadSession | WriteSession, wanted: Any) -> list[CorrectionRead]:
    return [_read(row, name) for row, name in session.execute(wanted)]


def _read(row: SupportOfferCorrection, name: str) -> CorrectionRead:
    return CorrectionRead.model_validate({**row.model_dump(exclude={"decided_by"}), "offer_name": name})
