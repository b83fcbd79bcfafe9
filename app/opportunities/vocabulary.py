"""Words and limits of procurement opportunities."""

from enum import StrEnum


class Form(StrEnum):
    """The six forms in the vocabulary `social_procurement_form`."""

    RESERVED_PLACES = "reserved_places"
    RESERVED_GOODS_SERVICES = "reserved_goods_services"
    SOCIAL_REQUIREMENTS = "social_requirements"
    IOP = "iop"
    EARLY_DIALOGUE = "early_dialogue"
    DIRECT_AWARD = "direct_award"


class Status(StrEnum):
    """draft → published → closed → awarded or cancelled."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"
    AWARDED = "awarded"
    CANCELLED = "cancelled"


class Verb(StrEnum):
    """What can be done with an opportunity; `rules.TRANSITIONS` says in which state."""

    PUBLISH = "publish"
    CHANGE = "change"
    CLOSE = "close"
    AWARD = "award"
    CANCEL = "cancel"
    REMOVE = "remove"
    # A result notice tells how it ended, whether or not anybody closed it here.
    RESULT = "result"


class Ending(StrEnum):
    """The two ways in which an opportunity ends."""

    AWARDED = "awarded"
    CANCELLED = "cancelled"


class LotResult(StrEnum):
    """How one lot ended (eForms BT-142: selec-w, clos-nw)."""

    AWARDED = "awarded"
    NO_WINNER = "no-winner"


class ValueBand(StrEnum):
    """The size of a contract without VAT, in units of its own currency: from the first amount to below the second."""

    UNDER_100K = "under-100k"
    TO_500K = "100k-500k"
    TO_1M = "500k-1m"
    TO_5M = "1m-5m"
    TO_10M = "5m-10m"
    TO_50M = "10m-50m"
    TO_100M = "50m-100m"
    FROM_100M = "100m-or-more"


class ReservedExecution(StrEnum):
    """eForms BT-736: the contract must be carried out in sheltered employment programmes."""

    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not-known"


class Origin(StrEnum):
    """Who stated the facts: a user (a reservation gates), or an imported notice (it needs a second witness)."""

    STATED = "stated"
    NOTICE = "notice"


class Sort(StrEnum):
    """Orders of the list of opportunities; those without a deadline come last."""

    DEADLINE = "deadline"
    DEADLINE_DESC = "-deadline"
    PUBLISHED = "published_at"
    PUBLISHED_DESC = "-published_at"
    TITLE = "title"


# What each band holds: from the first amount, its lower limit, to below the second; None: without end.
BAND_LIMITS: dict[ValueBand, tuple[int, int | None]] = {
    ValueBand.UNDER_100K: (0, 100_000),
    ValueBand.TO_500K: (100_000, 500_000),
    ValueBand.TO_1M: (500_000, 1_000_000),
    ValueBand.TO_5M: (1_000_000, 5_000_000),
    ValueBand.TO_10M: (5_000_000, 10_000_000),
    ValueBand.TO_50M: (10_000_000, 50_000_000),
    ValueBand.TO_100M: (50_000_000, 100_000_000),
    ValueBand.FROM_100M: (100_000_000, None),
}
# These need no lots: a partnership or a dialogue comes before there is anything to divide.
LOTLESS_FORMS = frozenset({Form.IOP, Form.EARLY_DIALOGUE})
PUBLIC_STATUSES = frozenset({Status.PUBLISHED, Status.CLOSED, Status.AWARDED, Status.CANCELLED})
