"""Words of the published needs. Categories and support areas are code lists (`reference`)."""

from enum import StrEnum
from typing import Final

RECORD_TYPE = "need"
"""What the journal calls a record of this room."""

# The code lists that a record is written in. No code is in two lists of support areas.
CATEGORY_LIST = "need_category"
PUBLIC_AREAS = "support_area_public"
SUPPORT_AREA_LISTS = ("support_area_enterprise", PUBLIC_AREAS, "support_area_common")


class Status(StrEnum):
    """Where in its life a need is. One that nobody has confirmed in time has lapsed, and is no longer listed."""

    DRAFT = "draft"
    PUBLISHED = "published"
    LAPSED = "lapsed"
    MET = "met"
    WITHDRAWN = "withdrawn"


class Verb(StrEnum):
    """What can be done with a need; `rules.TRANSITIONS` says in which state."""

    PUBLISH = "publish"
    RECONFIRM = "reconfirm"
    LAPSE = "lapse"
    MEET = "met"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    CHANGE = "change"
    REMOVE = "remove"


class Side(StrEnum):
    """Who needs it: social enterprises, the public bodies that meet them, or (both said) both.

    Some reports tell what the labour market of a region lacks, which is neither's own.
    """

    ENTERPRISE = "enterprise"
    PUBLIC = "public"
    LABOUR_MARKET = "labour_market"


class TermKind(StrEnum):
    """What a need may say several of."""

    CATEGORY = "category"
    SUPPORT_AREA = "support_area"
    SIDE = "side"
    AREA = "area"


class CategoryMatch(StrEnum):
    """Of several categories: any one of them, or all."""

    ANY = "any"
    ALL = "all"


class Unstated(StrEnum):
    """What a need may leave unsaid, and is found by all the same."""

    CATEGORY = "category"
    AREA = "area"
    SIDE = "side"
    URGENCY = "urgency"


class Sort(StrEnum):
    """Orders of the list. `nearest`: what is felt in one municipality, then a county, a country, an unstated area."""

    NEAREST = "nearest"
    URGENCY_DESC = "-urgency"
    TITLE = "title"
    UPDATED_DESC = "-updated_at"


# What is withdrawn is its holder's alone again: a need is public by its holder's choice.
PUBLIC_STATUSES: Final = frozenset({Status.PUBLISHED, Status.LAPSED, Status.MET})
MOST_URGENT: Final = 3
"""Urgency goes from 0 (not now) to this, as in the rounds of the inventory."""
REVIEW_MONTHS: Final = 12
"""How long a need counts as confirmed unless it says otherwise."""
GRACE_DAYS: Final = 30
"""How long after that it is still shown."""
