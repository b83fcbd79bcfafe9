"""Pure decisions about needs: what may be done in which state, how wide a need is felt, when it is due."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from app.core.clock import add_months
from app.core.text import fold
from app.needs.vocabulary import GRACE_DAYS, Status, Verb

TRANSITIONS: Final[Mapping[Verb, Mapping[Status, Status | None]]] = MappingProxyType(
    {
        Verb.PUBLISH: {Status.DRAFT: Status.PUBLISHED},
        # To say that a need is still there also brings back one that lapsed because nobody said so.
        Verb.RECONFIRM: {Status.PUBLISHED: Status.PUBLISHED, Status.LAPSED: Status.PUBLISHED},
        Verb.LAPSE: {Status.PUBLISHED: Status.LAPSED},
        Verb.MEET: {Status.PUBLISHED: Status.MET, Status.LAPSED: Status.MET},
        Verb.WITHDRAW: dict.fromkeys((Status.PUBLISHED, Status.LAPSED, Status.MET), Status.WITHDRAWN),
        Verb.REOPEN: {Status.MET: Status.DRAFT, Status.WITHDRAWN: Status.DRAFT},
        Verb.CHANGE: {status: status for status in (Status.DRAFT, Status.PUBLISHED, Status.LAPSED)},
        Verb.REMOVE: {Status.DRAFT: None, Status.WITHDRAWN: None},
    }
)
"""From which state each verb leads to which; None: the record is gone. What is not written here cannot be done."""

MUNICIPALITY, COUNTY, COUNTRY, UNSTATED = range(4)
_ORDER = {Status.PUBLISHED: 0, Status.LAPSED: 1, Status.MET: 2, Status.DRAFT: 3, Status.WITHDRAWN: 4}
_STEP = 10
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")
_LONGEST_SLUG = 60
# As much of its id as no two records share by chance.
_ID_IN_SLUG: Final = 8
_PLACED = re.compile(r"(?P<what>.*?)\s*\b(?:i|in|på)\s+(?P<place>\S.*)", re.IGNORECASE)


def possible_verbs(status: Status) -> list[Verb]:
    """Return what can be done with a need in this state, in the order of its life."""
    return [verb for verb, states in TRANSITIONS.items() if status in states]


def reach_of(areas: Sequence[str]) -> int:
    """Return how wide a need is felt, by its widest area: a municipality, a county, a country, or nobody says."""
    if not areas:
        return UNSTATED
    return max(COUNTRY if len(code) == 2 else COUNTY if len(code) == 5 else MUNICIPALITY for code in areas)


def rank_of(status: Status, reach: int) -> int:
    """Return a need's place in the list `nearest`: what is needed now comes first, then the narrow before the wide."""
    return _ORDER[status] * _STEP + reach


def pressing(urgency: int | None) -> int:
    """Return an urgency as a number to sort by: what nobody has judged comes after what is not urgent."""
    return 0 if urgency is None else urgency + 1


def due_on(assured: date | None, published: date, review_months: int) -> date:
    """Return the day by which a need is to be confirmed again."""
    return add_months(assured or published, review_months)


def out_of_grace(day: date) -> date:
    """Return the day before which a need must have been due to lapse on `day`."""
    return day - timedelta(days=GRACE_DAYS)


def slug_of(title: str, record_id: str) -> str:
    """Return a readable piece of an address that is this record's alone."""
    words = _NOT_A_LETTER.sub("-", fold(title))[:_LONGEST_SLUG].strip("-")
    own = record_id[:_ID_IN_SLUG]
    return f"{words}-{own}" if words else own


def own_slug(told: str, title: str, record_id: str) -> str:
    """Return the slug that a record is told to have, if it is one of its own; else one that is."""
    return told if told.endswith(record_id[:_ID_IN_SLUG]) else slug_of(title, record_id)


def split_place(words: str) -> tuple[str, str]:
    """Return what is looked for and where: "rådgivning i Norrbotten" gives both; without a place, words and nothing."""
    found = _PLACED.fullmatch(words.strip())
    return (found["what"], found["place"]) if found else (words, "")
