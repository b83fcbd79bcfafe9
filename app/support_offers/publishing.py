"""Offers for those who fetch all of them: whole, page by page in an order that no change moves, and who gives them.

Only this node's own: who gathers from several nodes would otherwise have an offer from each of them, and not know whose
it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlmodel import col

from app.core.columns import stable_id
from app.core.db import ReadSession
from app.journal import copies
from app.journal.kept import Kept, kept
from app.support_offers import queries, records
from app.support_offers.queries import is_shown
from app.support_offers.schemas import SupportOfferChoices, SupportOfferRead
from app.support_offers.tables import SupportOffer, SupportOfferTerm
from app.support_offers.vocabulary import (
    NEED_LIST,
    PUBLIC_STATUSES,
    STRUCTURE_LIST,
    TARGET_GROUP_LIST,
    TYPE_LIST,
    Status,
    TermKind,
)

_TERMS: Final = {NEED_LIST: TermKind.NEED, TARGET_GROUP_LIST: TermKind.TARGET_GROUP}
_COLUMNS: Final = {TYPE_LIST: "offer_type", STRUCTURE_LIST: "structure_type"}
_totals: Kept[int] = WeakKeyDictionary()
_providers: Kept[dict[str, "Provider"]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Provider:
    """Who gives offers: an organisation with a record, or one that is known by name only."""

    id: str
    name: str
    has_record: bool
    is_listed: bool
    """Whether an offer of its is in the list; one that has none left is known by what it gave."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the published offers: AND between the fields."""

    words: str = ""
    any_of: tuple[tuple[str, str], ...] = ()
    """Names of code lists with codes: those that say any of them."""
    within: str = ""
    """The name of a code list: those that say anything of it."""
    provider: Provider | None = None
    changed_since: datetime | None = None


def offers_page(session: ReadSession, wanted: Wanted, *, offset: int, limit: int) -> tuple[list[SupportOfferRead], int]:
    """Return so many published offers by id, whole, after the first `offset`, and how many there are in all.

    The id of an offer never changes: no change of it moves it to another page.
    """
    found = _conditions(session, wanted)
    rows = session.execute(
        select(SupportOffer).where(*found).order_by(col(SupportOffer.id)).offset(offset).limit(limit)
    )
    count = select(func.count()).select_from(SupportOffer).where(*found)
    total = kept(session, _totals, repr(wanted), lambda: session.execute(count).scalar_one())
    return records.read_all(session, rows.scalars().all()), total


def providers(session: ReadSession, wanted: Wanted | None = None) -> dict[str, Provider]:
    """Return who gives the offers that are wanted, by id and in its order.

    Without `wanted`: who gives any offer that everybody may read, also one that is suspended or archived.
    """
    return kept(session, _providers, repr(wanted), lambda: _by_id(session.execute(_giving(session, wanted))))


def is_own(session: ReadSession, offer: SupportOfferRead) -> bool:
    """Tell whether an offer is this node's own, and so told of here."""
    return copies.home_of(session, offer.home) is None


def provider_id_of(offer: SupportOfferRead) -> str:
    """Return the id of who gives an offer: its record's, or the one that everybody of its name has on every node."""
    return _id_of(offer.provider_id, offer.provider_name)


def names_of(session: ReadSession, provider: Provider) -> list[tuple[str, str]]:
    """Return the ids and names of a provider's published offers, by id."""
    found = _conditions(session, Wanted(provider=provider))
    asked = select(col(SupportOffer.id), col(SupportOffer.name)).where(*found).order_by(col(SupportOffer.id))
    return [(offer_id, name) for offer_id, name in session.execute(asked)]


def _conditions(session: ReadSession, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [
        *queries.conditions(session, SupportOfferChoices(words=wanted.words)),
        copies.is_own(col(SupportOffer.home)),
    ]
    if wanted.any_of:
        found.append(or_(*(_says(name, code) for name, code in wanted.any_of)))
    if wanted.within:
        found.append(_says(wanted.within))
    if wanted.provider:
        found.append(_is_given_by(wanted.provider))
    if wanted.changed_since:
        found.append(col(SupportOffer.updated_at) >= wanted.changed_since)
    return found


def _says(name: str, code: str | None = None) -> ColumnElement[bool]:
    """Find the offers that say a code of a list, or anything of it."""
    if name in _COLUMNS:
        column = col(getattr(SupportOffer, _COLUMNS[name]))
        return column.is_not(None) if code is None else column == code
    term = SupportOfferTerm
    said = [col(term.kind) == _TERMS[name], *([] if code is None else [col(term.code) == code])]
    return col(SupportOffer.id).in_(select(col(term.offer_id)).where(*said))


def _is_given_by(provider: Provider) -> ColumnElement[bool]:
    if provider.has_record:
        return col(SupportOffer.provider_id) == provider.id
    return and_(col(SupportOffer.provider_id).is_(None), col(SupportOffer.provider_name) == provider.name)


def _giving(session: ReadSession, wanted: Wanted | None) -> Select[str | None, str, Any]:
    """Select everybody who gives offers: the record's id, the name, and whether any of the offers is published."""
    public = and_(
        is_shown(),
        copies.is_own(col(SupportOffer.home)),
        col(SupportOffer.status).in_(sorted(PUBLIC_STATUSES)),
        col(SupportOffer.published_at).is_not(None),
    )
    found = [public] if wanted is None else _conditions(session, wanted)
    listed = and_(*queries.conditions(session, SupportOfferChoices(status=[Status.PUBLISHED])))
    who = (col(SupportOffer.provider_id), col(SupportOffer.provider_name))
    return select(*who, func.max(case((listed, 1), else_=0))).where(*found).group_by(*who).order_by(*who)


def _by_id(rows: Iterable[Any]) -> dict[str, Provider]:
    """Return providers by id; where offers have copied different names of one record, it has the first."""
    found: dict[str, Provider] = {}
    for record_id, name, is_listed in rows:
        one = _id_of(record_id, name)
        before = found.get(one)
        listed = bool(is_listed) or (before is not None and before.is_listed)
        found[one] = Provider(one, before.name if before else name, record_id is not None, listed)
    return dict(sorted(found.items()))


def _id_of(record_id: str | None, name: str) -> str:
    return record_id or stable_id("provider", name)
