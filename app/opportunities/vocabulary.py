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


# These need no lots: a partnership or a dialogue comes before there is anything to divide.
LOTLESS_FORMS = frozenset({Form.IOP, Form.EARLY_DIALOGUE})
PUBLIC_STATUSES = frozenset({Status.PUBLISHED, Status.CLOSED, Status.AWARDED, Status.CANCELLED})
