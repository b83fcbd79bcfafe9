"""Offers that a coordinator hides from everybody but those who may edit them, and shows again."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlmodel import col

from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Message
from app.core.i18n import N_
from app.support_offers import queries, records
from app.support_offers.lifecycle import locked
from app.support_offers.schemas import SupportOfferNamed, SupportOfferRead
from app.support_offers.tables import SupportOffer
from app.support_offers.vocabulary import PUBLIC_STATUSES


def hide(session: WriteSession, offer_id: str, *, by: Caller) -> SupportOfferRead:
    """Hide an offer from everybody but those who may edit it; return it.

    Raises:
        NotFound: there is none with this id that the caller may know of.
        Forbidden: it lies outside the caller's region.
        BadRequest: another organisation keeps it, and the caller does not say why.
        Conflict: it is hidden already, or nobody else sees it anyway.
    """
    public = col(SupportOffer.status).in_(sorted(PUBLIC_STATUSES)) & col(SupportOffer.published_at).is_not(None)
    return _mark(session, offer_id, by, queries.is_shown() & public, hidden=True)


def restore(session: WriteSession, offer_id: str, *, by: Caller) -> SupportOfferRead:
    """Show an offer that was hidden to everybody again; return it.

    Raises:
        NotFound, Forbidden, BadRequest: as `hide`.
        Conflict: it is not hidden.
    """
    return _mark(session, offer_id, by, ~queries.is_shown(), hidden=False)


def named(session: ReadSession | WriteSession, offer_ids: Collection[str]) -> dict[str, SupportOfferNamed]:
    """Return what tells these offers apart, hidden ones too, by id; one that is gone is left out."""
    rows = session.connection().execute(queries.named(offer_ids)).mappings()
    return {row["id"]: SupportOfferNamed(**_without(row, "area_code"), area=row["area_code"]) for row in rows}


def _without(row: Any, name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def _mark(
    session: WriteSession, offer_id: str, by: Caller, allowed: ColumnElement[bool], *, hidden: bool
) -> SupportOfferRead:
    row, before = locked(session, offer_id, by, Action.MODERATE)
    at = now()
    own = update(SupportOffer).where(col(SupportOffer.id) == offer_id, allowed)
    values = {"hidden_at": at if hidden else None, "rev": col(SupportOffer.rev) + 1, "updated_at": at}
    if session.connection().execute(own.values(values)).rowcount == 0:
        if hidden and row.hidden_at is None:
            raise Conflict(Message(N_("It is a draft, which nobody else sees.")))
        raise Conflict(Message(N_("It is hidden already.") if hidden else N_("It is not hidden.")))
    session.refresh(row)
    return records.journalled(session, row, before)
