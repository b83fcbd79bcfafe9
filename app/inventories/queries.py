"""What the needs inventories ask the database. Each function returns a Select; nothing runs here."""

from datetime import date

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlmodel import col

from app.inventories.schemas import InventoryFilters
from app.inventories.tables import InventoryAnswer, InventoryInvitation, NeedsInventory
from app.inventories.vocabulary import MOST_REMINDERS, PUBLIC, InvitationState, Status


def page(filters: InventoryFilters, region: str | None, *, everything: bool) -> Select[NeedsInventory]:
    """Select one page of rounds, the newest first: those that are closed, and all of the reader's own region."""
    newest = select(NeedsInventory).where(*_listed(filters, region, everything=everything))
    newest = newest.order_by(col(NeedsInventory.closes_on).desc(), col(NeedsInventory.id))
    return newest.limit(filters.limit).offset(filters.offset)


def count(filters: InventoryFilters, region: str | None, *, everything: bool) -> Select[int]:
    """Count what `page` finds."""
    return select(func.count()).select_from(NeedsInventory).where(*_listed(filters, region, everything=everything))


def published() -> Select[NeedsInventory]:
    """Select every closed round, the newest first."""
    newest = select(NeedsInventory).where(col(NeedsInventory.status).in_(sorted(PUBLIC)))
    return newest.order_by(col(NeedsInventory.closes_on).desc(), col(NeedsInventory.id))


def overdue(day: date) -> Select[str]:
    """Select the ids of the open rounds whose last day was before `day`."""
    late = (col(NeedsInventory.status) == Status.OPEN, col(NeedsInventory.closes_on) < day)
    return select(col(NeedsInventory.id)).where(*late).order_by(col(NeedsInventory.id))


def invitations(inventory_id: str) -> Select[InventoryInvitation]:
    """Select everybody who was asked, by name."""
    own = select(InventoryInvitation).where(col(InventoryInvitation.inventory_id) == inventory_id)
    return own.order_by(col(InventoryInvitation.name), col(InventoryInvitation.id))


def standing(inventory_id: str) -> Select[int, int]:
    """Select how many are asked, and how many of those have answered."""
    answered = func.count().filter(col(InventoryInvitation.answered).is_(True))
    own = (
        col(InventoryInvitation.inventory_id) == inventory_id,
        or_(col(InventoryInvitation.state) == InvitationState.SENT, col(InventoryInvitation.answered).is_(True)),
    )
    return select(func.count(), answered).where(*own)


def answerers(inventory_id: str) -> Select[InventoryInvitation]:
    """Select who has answered a round: to compare rounds with each other, and for nothing else."""
    own = (col(InventoryInvitation.inventory_id) == inventory_id, col(InventoryInvitation.answered).is_(True))
    return select(InventoryInvitation).where(*own)


def to_remind(limit: int, sent_before: date) -> Select[InventoryInvitation]:
    """Select invitations of open rounds that nobody has answered, and that may be reminded once more."""
    wanted = select(InventoryInvitation).join(
        NeedsInventory, col(NeedsInventory.id) == col(InventoryInvitation.inventory_id)
    )
    last = func.coalesce(col(InventoryInvitation.reminded_on), col(InventoryInvitation.sent_on))
    waiting = (
        col(NeedsInventory.status) == Status.OPEN,
        col(InventoryInvitation.state) == InvitationState.SENT,
        col(InventoryInvitation.answered).is_(False),
        col(InventoryInvitation.reminders) < MOST_REMINDERS,
        last <= sent_before,
    )
    return wanted.where(*waiting).order_by(last, col(InventoryInvitation.id)).limit(limit)


def by_hash(token_hash: str) -> Select[InventoryInvitation]:
    """Select the invitation with this link."""
    return select(InventoryInvitation).where(col(InventoryInvitation.token_hash) == token_hash)


def answer_to(invitation_id: str) -> Select[InventoryAnswer]:
    """Select what was answered to an invitation of an open round."""
    return select(InventoryAnswer).where(col(InventoryAnswer.invitation_id) == invitation_id)


def answers(inventory_id: str) -> Select[str | None, dict[str, object], dict[str, str]]:
    """Select area, levels and choices, and texts of all answers to a round, in the order of their random ids."""
    columns = (col(InventoryAnswer.area_code), col(InventoryAnswer.given), col(InventoryAnswer.texts))
    return select(*columns).where(col(InventoryAnswer.inventory_id) == inventory_id).order_by(col(InventoryAnswer.id))


def _listed(filters: InventoryFilters, region: str | None, *, everything: bool) -> list[ColumnElement[bool]]:
    public = col(NeedsInventory.status).in_(sorted(PUBLIC))
    shown = [] if everything else [or_(public, _lies_in(region)) if region else public]
    if filters.status:
        shown.append(col(NeedsInventory.status).in_(sorted(filters.status)))
    return [*shown, _lies_in(filters.area)] if filters.area else shown


def _lies_in(area: str) -> ColumnElement[bool]:
    return col(NeedsInventory.area_code).startswith(f"{area}-" if len(area) == len("SE") else area)
