"""The life of a round: each step is one conditional UPDATE, so that of two at once exactly one is taken."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import col

from app.accounts import permissions
from app.accounts.permissions import Action, Reach
from app.accounts.vocabulary import Caller
from app.audit import service as audit
from app.core.clock import now, today, zone
from app.core.columns import new_id
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Message, NotFound
from app.core.i18n import N_
from app.core.patching import merged, sent, validated
from app.core.preconditions import Precondition
from app.inventories import publishing, queries
from app.inventories.rules import TRANSITIONS, possible_verbs
from app.inventories.schemas import (
    InventoryCreate,
    InventoryFilters,
    InventoryPatch,
    InventoryRead,
    OwnQuestion,
    SurveyQuestion,
)
from app.inventories.tables import InventoryAnswer, InventoryInvitation, NeedsInventory
from app.inventories.vocabulary import PUBLIC, Status, Verb
from app.journal import copies
from app.journal import service as journal

OBJECT = "needs_inventory"


def create(
    session: WriteSession,
    data: InventoryCreate,
    *,
    home: str,
    by: Caller | None = None,
    record_id: str | None = None,
    is_demo: bool = False,
) -> InventoryRead:
    """Write the draft of a round, and return it. Without `by` it is the node's own doing: the demo's.

    Raises:
        Forbidden: the area lies outside the coordinator's region.
    """
    _require(by, data.area_code)
    row = NeedsInventory(id=record_id or new_id(), home=home, status=Status.DRAFT, is_demo=is_demo, **_columns(data))
    session.add(row)
    session.flush()
    audit.record(session, "plan-inventory", OBJECT, row.id, after=data.model_dump(mode="json"))
    return read(row)


def change(
    session: WriteSession, inventory_id: str, patch: InventoryPatch, *, match: Precondition, by: Caller
) -> InventoryRead:
    """Change what a merge patch names of a draft, and return it.

    Raises:
        NotFound: there is no such round that the caller may know of.
        Forbidden: it lies outside the coordinator's region, or would.
        PreconditionFailed: somebody has changed it since the caller read it.
        Conflict: it is open or closed: its questions stay as they are.
    """
    row = held(session, inventory_id, by)
    before = read(row).model_dump(mode="json")
    wanted = sent(patch)
    match.require(row.rev, current=before, sent=wanted)
    written = {name: value for name, value in before.items() if name in InventoryCreate.model_fields}
    data = validated(InventoryCreate, merged(written, wanted))
    _require(by, data.area_code)
    take(session, row, Verb.CHANGE, **_columns(data))
    audit.record(session, "change-inventory", OBJECT, row.id, before=written, after=data.model_dump(mode="json"))
    return read(row)


def remove(session: WriteSession, inventory_id: str, *, match: Precondition, by: Caller) -> None:
    """Take a draft away. Raises as `change`."""
    row = held(session, inventory_id, by)
    match.require(row.rev, current=read(row).model_dump(mode="json"))
    take(session, row, Verb.REMOVE)
    session.connection().execute(delete(NeedsInventory).where(col(NeedsInventory.id) == inventory_id))
    session.expunge_all()
    audit.record(session, "remove-inventory", OBJECT, inventory_id)


def step(session: WriteSession, inventory_id: str, verb: Verb, *, by: Caller | None = None) -> InventoryRead:
    """Open, close or archive a round, and return it. Without `by` it is the clock's doing, or the demo's.

    What may be published is decided and written down when it closes. When it is archived the answers themselves, and
    the addresses of those who were asked, are removed.

    Raises:
        NotFound: there is no such round that the caller may know of.
        Forbidden: it lies outside the coordinator's region.
        Conflict: it is in another state; or it is to be opened after its last day.
    """
    row = held(session, inventory_id, by)
    if verb is Verb.OPEN and row.closes_on < today(row.area_code[:2]):
        raise Conflict(Message(N_("The last day of the round has passed: choose another, and open it then.")))
    moment = {Verb.OPEN: "opened_at", Verb.CLOSE: "closed_at"}.get(verb)
    take(session, row, verb, **({moment: now()} if moment else {}))
    if verb is Verb.CLOSE:
        close(session, row)
    if verb is Verb.ARCHIVE:
        forget_answers(session, inventory_id)
        _tell(session, row)
    audit.record(session, f"{verb.value}-inventory", OBJECT, inventory_id)
    return read(row)


def close(session: WriteSession, row: NeedsInventory) -> None:
    """Publish what may be published of a round that has just been closed, and tell the journal."""
    publishing.publish(session, row)
    session.flush()
    session.refresh(row)
    _tell(session, row)


def forget_answers(session: WriteSession, inventory_id: str) -> None:
    """Remove the answers of a round, and where its letters went; what is published stays."""
    connection = session.connection()
    connection.execute(delete(InventoryAnswer).where(col(InventoryAnswer.inventory_id) == inventory_id))
    asked = col(InventoryInvitation.inventory_id) == inventory_id
    connection.execute(update(InventoryInvitation).where(asked).values(address=None))


def close_overdue(session: WriteSession, at: datetime) -> int:
    """Close the open rounds whose last day has passed; return how many."""
    late = session.execute(queries.overdue(at.astimezone(zone("SE")).date())).scalars().all()
    for inventory_id in late:
        step(session, inventory_id, Verb.CLOSE)
    return len(late)


def find(session: ReadSession | WriteSession, inventory_id: str, by: Caller | None = None) -> InventoryRead:
    """Return one round. Raises `NotFound` for one that is not closed, unless the caller looks after it."""
    return read(known(session, inventory_id, by))


def exists(session: ReadSession | WriteSession, inventory_id: str) -> bool:
    """Tell whether there is a round with this id, a draft included."""
    return session.get(NeedsInventory, inventory_id) is not None


def own(session: ReadSession | WriteSession, inventory_id: str, *, by: Caller) -> InventoryRead:
    """Return a round that `by` looks after. Raises `NotFound` for any other, a closed one too."""
    return read(looked_after(session, inventory_id, by))


def search(
    session: ReadSession, filters: InventoryFilters, by: Caller | None = None
) -> tuple[list[InventoryRead], int]:
    """Return one page of rounds, the newest first, and how many there are in all."""
    reach = permissions.PERMISSIONS[Action.HOLD_INVENTORY][by.role] if by else Reach.NONE
    region = by.region if by and reach is Reach.REGION else None
    everything = reach is Reach.ALL
    rows = session.execute(queries.page(filters, region, everything=everything)).scalars().all()
    total = session.execute(queries.count(filters, region, everything=everything)).scalar_one()
    return [read(row) for row in rows], total


def known(session: ReadSession | WriteSession, inventory_id: str, by: Caller | None) -> NeedsInventory:
    """Return a round that the caller may know of. Raises `NotFound` for any other."""
    row = session.get(NeedsInventory, inventory_id)
    if row is None or not (row.status in PUBLIC or may_hold(by, row.area_code)):
        raise NotFound(Message(N_("There is no needs inventory with this id.")))
    return row


def held(session: WriteSession, inventory_id: str, by: Caller | None) -> NeedsInventory:
    """Return a round that `by` looks after; nobody else changes it until the transaction ends. Raises as `step`."""
    session.flush()
    row = session.get(NeedsInventory, inventory_id, with_for_update=True, populate_existing=True)
    if row is None or (by is not None and not (row.status in PUBLIC or may_hold(by, row.area_code))):
        raise NotFound(Message(N_("There is no needs inventory with this id.")))
    copies.refuse_copy(session, row.home, OBJECT, inventory_id)
    _require(by, row.area_code)
    return row


def looked_after(session: ReadSession | WriteSession, inventory_id: str, by: Caller) -> NeedsInventory:
    """Return a round that `by` looks after, to read what only such may. Raises `NotFound` for any other."""
    row = session.get(NeedsInventory, inventory_id)
    if row is None or not may_hold(by, row.area_code):
        raise NotFound(Message(N_("There is no needs inventory with this id.")))
    return row


def may_hold(by: Caller | None, area: str) -> bool:
    """Tell whether `by` looks after rounds in an area."""
    return permissions.may(by, Action.HOLD_INVENTORY, owner_id=None, area=area)


def take(session: WriteSession, row: NeedsInventory, verb: Verb, **values: Any) -> None:
    """Take a step, or refuse it. The statement names the states it may be taken from: nobody else can take it too.

    Raises:
        Conflict: it is in another state; the text says in which.
    """
    targets = TRANSITIONS[verb]
    (after,) = set(targets.values())
    values |= {"rev": col(NeedsInventory.rev) + 1, "updated_at": now()} | ({"status": after} if after else {})
    allowed = col(NeedsInventory.status).in_(sorted(targets))
    taken = session.connection().execute(
        update(NeedsInventory).where(col(NeedsInventory.id) == row.id, allowed).values(values)
    )
    session.refresh(row)
    if taken.rowcount == 0:
        told = N_("The round is {status} and cannot take {verb}. What it can take: {possible}.")
        possible = ", ".join(possible_verbs(row.status)) or "–"
        raise Conflict(Message(told, status=row.status.value, verb=verb.value, possible=possible))


def payload(row: NeedsInventory) -> dict[str, Any]:
    """Return what a round says, as JSON can say it: its plan, and what is published of it; nothing of its answers."""
    return {**read(row).model_dump(mode="json", exclude={"questions"}), "results": row.results}


def _tell(session: WriteSession, row: NeedsInventory) -> None:
    # Before it is closed a round is nobody's business but of those who hold it, and the journal is told nothing.
    journal.record(session, journal.changed(OBJECT, row.id, row.home, row.rev, payload(row)))


def read(row: NeedsInventory) -> InventoryRead:
    """Return a round as it is read."""
    asked = publishing.questions_of(row.own_questions)
    own = {name: getattr(row, name) for name in InventoryRead.model_fields if name not in {"questions"}}
    own["own_questions"] = [OwnQuestion.model_validate(one) for one in row.own_questions]
    return InventoryRead(**own, questions=[SurveyQuestion.model_validate(one) for one in asked])


def _columns(data: InventoryCreate) -> dict[str, Any]:
    columns = {name: getattr(data, name) for name in InventoryCreate.model_fields}
    return columns | {"own_questions": [one.model_dump(mode="json") for one in data.own_questions]}


def _require(by: Caller | None, area: str) -> None:
    if by is not None:
        permissions.require(by, Action.HOLD_INVENTORY, owner_id=None, area=area)
