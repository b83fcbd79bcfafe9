"""Offers looked for: one page in the order that was asked for, how many there are, and the nearest where none is."""

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from app.accounts.vocabulary import Caller, Role
from app.core.clock import today
from app.core.db import ReadSession
from app.core.errors import BadRequest, FieldFault, Message
from app.core.i18n import N_, texts
from app.journal.kept import Kept, kept
from app.reference import service as reference
from app.support_offers import queries, records
from app.support_offers.distances import nearest_of
from app.support_offers.index import UNSTATED, Slots, current
from app.support_offers.queries import NOBODY, REMOTE, Viewer
from app.support_offers.ranking import Question, explained, question_of
from app.support_offers.rules import split_place
from app.support_offers.schemas import (
    SupportOfferChoices,
    SupportOfferFilters,
    SupportOfferFound,
    SupportOfferNear,
    SupportOfferSummary,
)
from app.support_offers.sifting import Sifted, ranked, sifted
from app.support_offers.tables import SupportOffer
from app.support_offers.vocabulary import PUBLIC_STATUSES, NeedMatch, Side, Sort, TermKind, Unstated
from app.support_offers.wording import lacks_told, reasons_told

Choices = TypeVar("Choices", bound=SupportOfferChoices)
_MOST_NEAR = 5
_totals: Kept[int] = WeakKeyDictionary()


def search(
    session: ReadSession, filters: SupportOfferFilters, by: Caller | None = None, *, language: str = "en"
) -> tuple[list[SupportOfferFound], int, str | None]:
    """Return one page of offers, how many the filters find in all, and where the next page begins, if there is one.

    In the order `best` each offer says, in `language`, why it answers the question and what it lacks.

    Raises:
        BadRequest: a visitor looks for drafts, or `after` is not what a page gave.
    """
    if by is None and set(filters.status) - PUBLIC_STATUSES:
        told = Message(N_("what is not published is shown to those who may edit it: send a key"))
        raise _wrong("status", told)
    filters, viewer = understood(filters), _viewer(by)
    order = order_of(filters)
    after = _read_key(filters.after, order)
    if order is Sort.BEST:
        sifted = sift(session, filters)
        question = question_of(filters)
        rows, following = _best(session, sifted, question, filters.limit, after)
        return found(session, rows, question, language), sifted.total, following
    total = _total(session, filters, viewer)
    rows = list(session.execute(queries.page(session, filters, order, viewer, after)).scalars())
    shown = rows[: filters.limit]
    following = _write_key(order, _key_of(shown[-1], order)) if len(rows) > len(shown) else None
    return found(session, shown, None, language), total, following


def answering(
    session: ReadSession, choices: SupportOfferChoices, sides: Sequence[Side], *, limit: int, language: str
) -> tuple[list[SupportOfferFound], int]:
    """Return the offers that answer a need best, with their reasons, and how many do in all.

    `sides` is whom the support is for: who says so comes first, and nobody is left out for it.
    """
    question = question_of(choices, sides)
    sifted = sift(session, choices)
    rows, _ = _best(session, sifted, question, limit, None)
    return found(session, rows, question, language), sifted.total


def nearest(
    session: ReadSession, choices: SupportOfferChoices, *, language: str = "en", limit: int = _MOST_NEAR
) -> list[SupportOfferNear]:
    """Return what comes closest to a question that nobody answers in its area: the same support elsewhere.

    What is given at a distance comes first, then the closest by kilometres, then whole countries, at last what does not
    say where it is given. Nothing without an area.
    """
    asked = understood(plain_choices(choices))
    if not asked.area:
        return []
    question = question_of(asked)
    sifted = sift(session, asked.model_copy(update={"area": [], "status": []}))
    near = nearest_of(asked.area, _given(sifted), limit)
    by_id = {row.id: row for row in session.execute(queries.these([one.offer_id for one in near])).scalars()}
    # One that was taken away this moment is not told.
    near = [one for one in near if one.offer_id in by_id]
    shown = found(session, [by_id[one.offer_id] for one in near], question, language)
    return [
        SupportOfferNear.model_validate({**_members(offer), "nearest_area": one.area, "distance_km": one.distance_km})
        for offer, one in zip(shown, near, strict=True)
    ]


def sift(session: ReadSession, choices: SupportOfferChoices) -> Sifted:
    """Return what each filter leaves of the offers that everybody may see; the place is already read as an area."""
    index = current(session)
    words = index.of_words(session, choices.words) if choices.words else None
    return sifted(index, choices, words, today())


def understood(choices: Choices) -> Choices:
    """Return the filters with a place that ends the words (`rådgivning i Norrbotten`) read as the area."""
    what, place = split_place(choices.words)
    areas = [one.code for one in reference.areas_named(place)] if place else []
    if not areas or choices.area:
        return choices
    return choices.model_copy(update={"words": what, "area": areas})


def asked_only_for(filters: SupportOfferChoices) -> tuple[list[str], list[str]] | None:
    """Return the needs and areas that a search asks for, as far as it was understood; None if it asks for more.

    That nobody is found who is also free of charge, or has room, does not mean that nobody offers it.
    """
    asked = understood(plain_choices(filters))
    bare = SupportOfferChoices(words=asked.words, need=asked.need, area=asked.area)
    if asked != bare or (asked.need_match is NeedMatch.ALL and len(asked.need) > 1):
        return None
    return asked.need or list(question_of(asked).meant), asked.area


def order_of(filters: SupportOfferFilters) -> Sort:
    """Return the order that was asked for; without one, the best first when anything is asked.

    Drafts answer nobody's question: a list with any among them is not ranked.
    """
    if set(filters.status) - PUBLIC_STATUSES and filters.sort in {None, Sort.BEST}:
        return Sort.NEAREST
    if filters.sort is not None:
        return filters.sort
    return Sort.NEAREST if question_of(understood(filters)).is_open else Sort.BEST


def plain_choices(choices: SupportOfferChoices) -> SupportOfferChoices:
    """Return the filters alone, without the order and the page of a list."""
    return SupportOfferChoices.model_validate(_said(choices))


def found(
    session: ReadSession, rows: Sequence[SupportOffer], question: Question | None, language: str
) -> list[SupportOfferFound]:
    """Return these offers as rows of a list, each with why it answers the question, if there is one."""
    say = texts(language)
    answers = []
    for offer in records.summaries(session, rows):
        reasons, lacks = explained(question, offer) if question else ([], [])
        said: dict[str, Any] = {
            "reasons": reasons_told(reasons, say, language),
            "lacks": lacks_told(lacks, say, language),
        }
        # Each part has been checked already.
        answers.append(SupportOfferFound.model_construct(**_members(offer), **said))
    return answers


def _best(
    session: ReadSession, sifted: Sifted, question: Question, limit: int, after: list[Any] | None
) -> tuple[list[SupportOffer], str | None]:
    """Return the best that come after a place in the order, and where the next page begins."""
    slots, places = ranked(sifted, question)
    if after is not None:
        left = places > after[0]
        slots, places = slots[left], places[left]
    if len(places) > limit + 1:
        first = np.argpartition(places, limit)[: limit + 1]
        slots, places = slots[first], places[first]
    order = np.argsort(places)
    ids = [sifted.index.ids[slot] for slot in slots[order][:limit]]
    by_id = {row.id: row for row in session.execute(queries.these(ids)).scalars()}
    following = _write_key(Sort.BEST, [int(places[order][limit - 1])]) if len(places) > limit else None
    # One that was taken away this moment is not shown.
    return [by_id[one] for one in ids if one in by_id], following


def _given(sifted: Sifted) -> Iterator[tuple[str, str | None, bool]]:
    """Yield the offers found, once for each area that they are given in, with whether they are given at a distance."""
    index, mask = sifted.index, sifted.found()
    remote = index.having(TermKind.DELIVERY, REMOTE)
    areas: list[tuple[str | None, Slots]] = [*index.postings.get(TermKind.AREA, {}).items()]
    for area, slots in [*areas, (None, index.postings[UNSTATED][Unstated.AREA])]:
        for slot in slots[mask[slots]]:
            yield index.ids[slot], area, bool(remote[slot])


def _total(session: ReadSession, filters: SupportOfferFilters, viewer: Viewer) -> int:
    """Return how many the filters find; what everybody may see is counted once until somebody writes."""

    def ask() -> int:
        return session.connection().execute(queries.count(session, filters, viewer)).scalar_one()

    if viewer != NOBODY:
        return ask()
    return kept(session, _totals, plain_choices(filters).model_dump_json(), ask)


def _viewer(by: Caller | None) -> Viewer:
    if by is None:
        return NOBODY
    region = by.region if by.role is Role.COORDINATOR else None
    return Viewer(by.organization_id, region, everything=by.role is Role.ADMIN)


def _said(choices: SupportOfferChoices) -> dict[str, Any]:
    return {name: getattr(choices, name) for name in SupportOfferChoices.model_fields}


def _members(offer: SupportOfferSummary) -> dict[str, Any]:
    return {name: getattr(offer, name) for name in type(offer).model_fields}


def _key_of(row: SupportOffer, order: Sort) -> list[Any]:
    values = [getattr(row, name) for name in queries.ORDERS[order][0]]
    return [value.isoformat() if isinstance(value, datetime) else value for value in values]


def _write_key(order: Sort, key: Sequence[Any]) -> str:
    """Return where a row stands in an order, as text that a client sends back unread."""
    return base64.urlsafe_b64encode(json.dumps([order.value, *key]).encode()).decode().rstrip("=")


def _read_key(after: str | None, order: Sort) -> list[Any] | None:
    """Return where the page before ended. Raises `BadRequest` for what no page of this order gave."""
    if not after:
        return None
    kinds = [int] if order is Sort.BEST else [_KINDS.get(name, str) for name in queries.ORDERS[order][0]]
    try:
        said, *values = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        if said != order.value or len(values) != len(kinds):
            raise ValueError(said)
        return [kind(value) for kind, value in zip(kinds, values, strict=True)]
    except (ValueError, TypeError) as fault:
        raise _wrong("after", Message(N_("is not the end of a page of this list in this order"))) from fault


_KINDS: dict[str, Any] = {"rank": int, "updated_at": datetime.fromisoformat}


def _wrong(parameter: str, told: Message) -> BadRequest:
    return BadRequest(Message(N_("A parameter is wrong: see errors.")), [FieldFault(parameter, told)])
