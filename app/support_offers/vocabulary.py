"""Words of the support offers. Types, structures, needs and target groups are code lists (`reference`)."""

from enum import StrEnum
from typing import Final

RECORD_TYPE = "support_offer"
"""What the journal calls a record of this room."""

# The code lists that a record is written in, by field.
TYPE_LIST = "offer_type"
STRUCTURE_LIST = "support_structure_type"
NEED_LIST = "need_category"
TARGET_GROUP_LIST = "target_group"


class Status(StrEnum):
    """Where in its life an offer is."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    SUSPENDED = "suspended"
    ARCHIVED = "archived"


class Verb(StrEnum):
    """What can be done with an offer; `rules.TRANSITIONS` says in which state."""

    SUBMIT = "submit"
    RETURN = "return"
    PUBLISH = "publish"
    RECONFIRM = "reconfirm"
    SUSPEND = "suspend"
    ARCHIVE = "archive"
    REOPEN = "reopen"
    CHANGE = "change"
    REMOVE = "remove"


class Stage(StrEnum):
    """How far the enterprise has come that an offer is for."""

    IDEA = "idea"
    START = "start"
    RUNNING = "running"
    GROWTH = "growth"


class Side(StrEnum):
    """Whom an offer supports: social enterprises, the public bodies that meet them, or (both said) both."""

    ENTERPRISE = "enterprise"
    PUBLIC = "public"


class Delivery(StrEnum):
    """How the support is given."""

    ON_SITE = "on_site"
    REMOTE = "remote"
    HYBRID = "hybrid"


class Cost(StrEnum):
    """What it costs whoever uses it."""

    FREE = "free"
    PAID = "paid"
    UNKNOWN = "unknown"


class Capacity(StrEnum):
    """Whether there is room."""

    OPEN = "open"
    LIMITED = "limited"
    FULL = "full"
    UNKNOWN = "unknown"


class TermKind(StrEnum):
    """What an offer may say several of."""

    NEED = "need"
    TARGET_GROUP = "target_group"
    STAGE = "stage"
    SIDE = "side"
    AREA = "area"
    DELIVERY = "delivery"


class NeedMatch(StrEnum):
    """Of several needs: any one of them, or all."""

    ANY = "any"
    ALL = "all"


class CorrectionState(StrEnum):
    """open → accepted or rejected, once."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class LedTo(StrEnum):
    """What an accepted correction led to. `applied`: what it proposed was written, in the same moment.

    `changed`: the offer was changed in some other way; `suspended` and `archived` are done in the same moment.
    """

    APPLIED = "applied"
    CHANGED = "changed"
    SUSPENDED = "suspended"
    ARCHIVED = "archived"


class Unstated(StrEnum):
    """What an offer may leave unsaid, and is found by all the same."""

    NEED = "need"
    AREA = "area"


class Sort(StrEnum):
    """Orders of the list. `best`: what answers the question best, each row with its reasons.

    `nearest`: what is for one municipality, then a county, a country, and an unstated area.
    """

    BEST = "best"
    NEAREST = "nearest"
    NAME = "name"
    UPDATED_DESC = "-updated_at"


# Who has been shown to everybody stays known: a link that was followed once tells what became of the offer.
PUBLIC_STATUSES: Final = frozenset({Status.PUBLISHED, Status.SUSPENDED, Status.ARCHIVED})
# What a correction may propose other words for, and whoever accepts it can let be written as they stand.
PROPOSABLE: Final = (
    *("name", "summary", "description", "eligibility", "how_to_apply", "website", "contact_function", "contact_email"),
    *("amount", "funding_source", "starts_on", "ends_on", "deadline_on"),
)
# What else a correction may be about: who corrects says it in words.
CORRECTABLE: Final = (
    *PROPOSABLE,
    *("provider_name", "offer_type", "structure_type", "needs", "target_groups", "stages", "sides", "service_areas"),
    *("delivery", "cost", "price", "de_minimis", "capacity", "places_left", "waiting_days"),
)
CORRECTIONS_KEPT_DAYS: Final = 365
"""How long a correction is kept that has been decided."""
REVIEW_MONTHS: Final = 12
"""How long an offer counts as confirmed unless it says otherwise."""
GRACE_DAYS: Final = 30
"""How long after that it is still shown."""


class ReasonCode(StrEnum):
    """Why an offer answers a question."""

    NEED = "need"
    IN_MUNICIPALITY = "in_municipality"
    IN_COUNTY = "in_county"
    IN_COUNTRY = "in_country"
    IN_PART = "in_part"
    AT_A_DISTANCE = "at_a_distance"
    SIDE = "side"
    WORDS = "words"
    PLACES_FREE = "places_free"
    CONFIRMED = "confirmed"
    HELPED = "helped"
    FREE = "free"
    PAID = "paid"


class LackCode(StrEnum):
    """What an offer does not say, or has not, that a question asks for."""

    NEEDS_MISSING = "needs_missing"
    NEED_NOT_STATED = "need_not_stated"
    ELSEWHERE = "elsewhere"
    AREA_NOT_STATED = "area_not_stated"
    OTHER_SIDE = "other_side"
    SIDE_NOT_STATED = "side_not_stated"
    FULL = "full"
    ROOM_NOT_STATED = "room_not_stated"
    NOT_CONFIRMED = "not_confirmed"
    PRICE_NOT_STATED = "price_not_stated"
