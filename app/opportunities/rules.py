"""Pure decisions about opportunities: what may be done in which state, who may be named as a winner, value bands."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.core.privacy import without_name
from app.core.text import fold
from app.opportunities.vocabulary import BAND_LIMITS, Status, ValueBand, Verb

TRANSITIONS: Final[Mapping[Verb, Mapping[Status, Status | None]]] = MappingProxyType(
    {
        Verb.PUBLISH: {Status.DRAFT: Status.PUBLISHED},
        # A closed one may still be put right, until it has ended.
        Verb.CHANGE: {
            Status.DRAFT: Status.DRAFT,
            Status.PUBLISHED: Status.PUBLISHED,
            Status.CLOSED: Status.CLOSED,
        },
        Verb.CLOSE: {Status.PUBLISHED: Status.CLOSED},
        # Lots are often awarded one after another, so what is awarded may be awarded further.
        Verb.AWARD: {Status.CLOSED: Status.AWARDED, Status.AWARDED: Status.AWARDED},
        Verb.RESULT: {
            Status.PUBLISHED: Status.AWARDED,
            Status.CLOSED: Status.AWARDED,
            Status.AWARDED: Status.AWARDED,
        },
        Verb.CANCEL: {Status.PUBLISHED: Status.CANCELLED, Status.CLOSED: Status.CANCELLED},
        Verb.REMOVE: {Status.DRAFT: None, Status.CANCELLED: None},
    }
)
"""From which state each verb leads to which; None: the record is gone. What is not written here cannot be done."""

ENDED: Final = frozenset({Status.AWARDED, Status.CANCELLED})
"""The states that nothing leads out of, but removal."""

# Folded. The short ones stand first or last in a name; the long ones say what they are anywhere.
_LEGAL_FORM = re.compile(
    r"^(?:ab|as|stiftelsen|kooperativet)\b"
    r"|\b(?:ab|hb|kb|as|a s|asa|ans|da|sa|ba|kf|iks|bv|nv|ltd|plc|llc|inc|gmbh|oy|oyj|aps|ou|uab|sia)(?: publ)?$"
    r"|(?:bolag|bolaget|forening|foreningen|stiftelse|stiftelsen|kooperativ|kommun|kommune|region|samvirkeforetak)\b"
    r"|\bek for\b"
)
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")


def possible_verbs(status: Status) -> list[Verb]:
    """Return what people can do with an opportunity in this state, in the order of its life."""
    return [verb for verb, states in TRANSITIONS.items() if status in states and verb is not Verb.RESULT]


def band_of(minor: int) -> ValueBand:
    """Return the band of an amount in hundredths of its currency; a band holds its lower limit, not its upper."""
    return next(band for band, (_, limit) in BAND_LIMITS.items() if limit is None or minor < limit * 100)


def legal_person(name: str) -> str:
    """Return the name of a winner that is a legal person.

    A name with a legal form in it is one (`Karl Nilsson Åkeri AB`). Raises `ValueError` for one without that seems to
    be a person's: natural persons are told by a flag, and their names are never kept.
    """
    return name if _LEGAL_FORM.search(_NOT_A_LETTER.sub(" ", fold(name)).strip()) else without_name(name)
