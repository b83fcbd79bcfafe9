"""Pure decisions about support offers: what may be done in which state, how wide an offer reaches, when it is due."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from app.core.clock import add_months
from app.core.text import fold
from app.support_offers.vocabulary import GRACE_DAYS, Capacity, Cost, Status, Verb

TRANSITIONS: Final[Mapping[Verb, Mapping[Status, Status | None]]] = MappingProxyType(
    {
        Verb.SUBMIT: {Status.DRAFT: Status.IN_REVIEW},
        Verb.RETURN: {Status.IN_REVIEW: Status.DRAFT},
        Verb.PUBLISH: {Status.IN_REVIEW: Status.PUBLISHED},
        # To say that an offer still holds also brings back one that was suspended because nobody said so.
        Verb.RECONFIRM: {Status.PUBLISHED: Status.PUBLISHED, Status.SUSPENDED: Status.PUBLISHED},
        Verb.SUSPEND: {Status.PUBLISHED: Status.SUSPENDED},
        Verb.ARCHIVE: {
            Status.DRAFT: Status.ARCHIVED,
            Status.IN_REVIEW: Status.ARCHIVED,
            Status.PUBLISHED: Status.ARCHIVED,
            Status.SUSPENDED: Status.ARCHIVED,
        },
        Verb.REOPEN: {Status.ARCHIVED: Status.DRAFT},
        Verb.CHANGE: {
            status: status for status in (Status.DRAFT, Status.IN_REVIEW, Status.PUBLISHED, Status.SUSPENDED)
        },
        Verb.REMOVE: {Status.DRAFT: None, Status.ARCHIVED: None},
    }
)
"""From which state each verb leads to which; None: the record is gone. What is not written here cannot be done."""

MUNICIPALITY, COUNTY, COUNTRY, UNSTATED = range(4)
ORDER_OF_STATUS = {Status.PUBLISHED: 0, Status.SUSPENDED: 1, Status.ARCHIVED: 2, Status.DRAFT: 3, Status.IN_REVIEW: 4}
_STEP = 10
# What is not said stands between the good and the bad: unknown is not bad.
_ROOM = {Capacity.OPEN: 0, Capacity.LIMITED: 0, Capacity.UNKNOWN: 1, Capacity.FULL: 2}
_PRICE = {Cost.FREE: 0, Cost.UNKNOWN: 1, Cost.PAID: 2}
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")
_LONGEST_SLUG = 60
# As much of its id as no two records share by chance.
_ID_IN_SLUG: Final = 8
_PLACED = re.compile(r"(?P<what>.*?)\s*\b(?:i|in|på)\s+(?P<place>\S.*)", re.IGNORECASE)


def possible_verbs(status: Status) -> list[Verb]:
    """Return what can be done with an offer in this state, in the order of its life."""
    return [verb for verb, states in TRANSITIONS.items() if status in states]


def reach_of(areas: Sequence[str]) -> int:
    """Return how wide an offer reaches, by its widest area: a municipality, a county, a country, or nobody says."""
    if not areas:
        return UNSTATED
    return max(COUNTRY if len(code) == 2 else COUNTY if len(code) == 5 else MUNICIPALITY for code in areas)


def rank_of(status: Status, reach: int) -> int:
    """Return an offer's place in the list `nearest`: what can be had comes first, then the narrow before the wide."""
    return ORDER_OF_STATUS[status] * _STEP + reach


def merit_of(capacity: Capacity, cost: Cost, assured: date | None) -> int:
    """Return an offer's place among those that answer a question equally well; the lowest comes first.

    Room first, then that its provider has confirmed it, then what it costs. One that is not confirmed in time is
    suspended, so that of published ones a confirmation is always a recent one.
    """
    return (_ROOM[capacity] * 2 + (assured is None)) * len(_PRICE) + _PRICE[cost]


def due_on(assured: date | None, published: date, review_months: int) -> date:
    """Return the day by which an offer is to be confirmed again."""
    return add_months(assured or published, review_months)


def out_of_grace(day: date) -> date:
    """Return the day before which an offer must have been due to be suspended on `day`."""
    return day - timedelta(days=GRACE_DAYS)


def slug_of(name: str, record_id: str) -> str:
    """Return a readable piece of an address that is this record's alone."""
    words = _NOT_A_LETTER.sub("-", fold(name))[:_LONGEST_SLUG].strip("-")
    own = record_id[:_ID_IN_SLUG]
    return f"{words}-{own}" if words else own


def own_slug(told: str, name: str, record_id: str) -> str:
    """Return the slug that a record is told to have, if it is one of its own; else one that is."""
    return told if told.endswith(record_id[:_ID_IN_SLUG]) else slug_of(name, record_id)


def split_place(words: str) -> tuple[str, str]:
    """Return what is looked for and where: "rådgivning i Norrbotten" gives both; without a place, words and nothing."""
    found = _PLACED.fullmatch(words.strip())
    return (found["what"], found["place"]) if found else (words, "")
