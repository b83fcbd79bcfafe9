"""Words of the legal hints: the facts they look at, and what a hint says."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.core.errors import Message, in_language
from app.core.i18n import texts
from app.reference.service import label


class Severity(StrEnum):
    """How much a hint asks for. None of them stops anything: the buyer decides."""

    WARNING = "warning"
    INFO = "info"


class HintCode(StrEnum):
    """What a hint is about."""

    TENDER_TIME_SHORT = "tender-time-short"
    TENDER_TIME_REASONABLE = "tender-time-reasonable"
    REQUEST_TIME_SHORT = "request-time-short"
    DIRECT_AWARD_ROOM = "direct-award-room"
    DIRECT_AWARD_EXCEEDED = "direct-award-exceeded"
    DIRECT_AWARD_LISTED_SERVICES = "direct-award-listed-services"
    EU_THRESHOLD_REACHED = "eu-threshold-reached"
    RESERVED_SHARE = "reserved-share"
    PUBLIC_SERVICE_CODE = "public-service-code"
    PUBLIC_SERVICE_LENGTH = "public-service-length"
    PUBLIC_SERVICE_ONCE = "public-service-once"
    STANDSTILL = "standstill"
    AWARD_NOTICE = "award-notice"
    OFFICIAL_LINK = "official-link"
    IOP_RULE = "iop-rule"


@dataclass(frozen=True, slots=True)
class LotFacts:
    """What the hints look at in one lot. Whatever is not stated is None, and None gives no hint."""

    number: str = ""
    cpv_main: str | None = None
    reserved: tuple[str, ...] = ()
    duration_months: int | None = None
    value_minor: int | None = None
    """Hundredths of `currency`, without VAT."""
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the hints look at in an opportunity. Days are those of its country; None: not stated."""

    country: str
    form: str
    """A code of `social_procurement_form`."""
    lots: tuple[LotFacts, ...] = ()
    procedure_type: str | None = None
    """eForms BT-105: `open`, `restricted`, …"""
    sent_on: date | None = None
    """The day the notice is sent, or published."""
    deadline_on: date | None = None
    awarded_on: date | None = None
    """The day the decision to award is sent."""
    electronic_tenders: bool | None = None
    prior_notice: bool | None = None
    has_official_link: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, amount or day that a hint rests on."""

    name: str
    value: str
    unit: str


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing that the law says about an opportunity, with its basis, its source and from when to when it holds."""

    code: HintCode
    severity: Severity
    pointer: str
    """The field it is about, as a JSON pointer (RFC 6901)."""
    said: Message
    legal_basis: str | None
    source: str
    valid_from: date | None
    valid_to: date | None
    figures: tuple[Figure, ...] = ()
    vocabulary: tuple[str, str] | None = None
    """A list and a code in it, when the text is that code's label."""

    def text(self, language: str) -> str:
        """Return what it says, in one of the three languages."""
        return label(*self.vocabulary, language) if self.vocabulary else in_language(self.said, texts(language))
