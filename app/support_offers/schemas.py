"""What is written to and read from the support offers."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from app.core.errors import Message
from app.core.i18n import N_
from app.core.patching import all_optional
from app.core.schema import (
    Code,
    Day,
    FunctionAddress,
    FunctionName,
    KeptLine,
    KeptProse,
    Line,
    Money,
    RecordId,
    SchemaIn,
    SchemaOut,
    SourceName,
    WebAddress,
    Whole,
)
from app.organizations.vocabulary import OrganizationKind
from app.reference import service as reference
from app.reference.fields import AreaCode, AreaCodes
from app.support_offers.vocabulary import (
    CORRECTABLE,
    NEED_LIST,
    REVIEW_MONTHS,
    STRUCTURE_LIST,
    TARGET_GROUP_LIST,
    TYPE_LIST,
    Capacity,
    CorrectionState,
    Cost,
    Delivery,
    LackCode,
    LedTo,
    NeedMatch,
    ReasonCode,
    Side,
    Sort,
    Stage,
    Status,
    Unstated,
)

Country = Annotated[str, StringConstraints(pattern="^(SE|NO|EU|INT)$")]
LanguageCode = Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")]


def _in_list(name: str) -> AfterValidator:
    """Return a validator that refuses codes which are not in the vocabulary called `name`."""

    def check(code: str) -> str:
        if not reference.has_code(name, code):
            raise ValueError(Message(N_("{code} is not in the list {lists}"), code=code, lists=name))
        return code

    return AfterValidator(check)


def _once(found: list[str]) -> list[str]:
    return list(dict.fromkeys(found))


TypeCode = Annotated[Code, _in_list(TYPE_LIST)]
StructureCode = Annotated[Code, _in_list(STRUCTURE_LIST)]
NeedCode = Annotated[Code, _in_list(NEED_LIST)]
TargetGroupCode = Annotated[Code, _in_list(TARGET_GROUP_LIST)]


CorrectionText = Annotated[KeptProse, StringConstraints(min_length=10, max_length=2000)]
ProposedText = Annotated[KeptProse, StringConstraints(min_length=1, max_length=2000)]


def _correctable(name: str) -> str:
    if name not in CORRECTABLE:
        raise ValueError(Message(N_("it is no field of an offer that can be corrected")))
    return name


CorrectedField = Annotated[str, AfterValidator(_correctable), Field(json_schema_extra={"enum": list(CORRECTABLE)})]


class SupportOfferCreate(SchemaIn):
    """A new support offer. Only the name, type, country and source are needed: unknown is not bad."""

    name: KeptLine = Field(min_length=2)
    summary: KeptProse = ""
    description: KeptProse = ""
    language: LanguageCode = Field(default="sv", description="Language of the texts")
    country: Country = Field(description="Whose law the provider is under")
    area_code: AreaCode | None = Field(
        default=None, description="Where the provider is; the coordinator of that region looks after the record"
    )
    provider_id: RecordId | None = Field(default=None, description="The organisation that gives the support")
    provider_name: KeptLine | None = Field(
        default=None, description="Its name when it has no record here; else its record's name"
    )
    provider_kind: OrganizationKind | None = Field(default=None, description="What sort it is, when it has no record")
    offer_type: TypeCode = Field(description="From `codes/offer-type`")
    structure_type: StructureCode | None = Field(default=None, description="From `codes/support-structure-type`")
    needs: Annotated[list[NeedCode], AfterValidator(_once)] = Field(
        default=[], max_length=20, description="What it helps with (`codes/need-category`)"
    )
    target_groups: Annotated[list[TargetGroupCode], AfterValidator(_once)] = Field(default=[], max_length=40)
    stages: Annotated[list[Stage], AfterValidator(_once)] = Field(default=[], max_length=len(Stage))
    sides: Annotated[list[Side], AfterValidator(_once)] = Field(default=[], max_length=len(Side))
    eligibility: KeptProse = Field(default="", description="Who may use it, in words")
    service_areas: AreaCodes = Field(default=[], max_length=400, description="Where it is given")
    delivery: Annotated[list[Delivery], AfterValidator(_once)] = Field(default=[], max_length=len(Delivery))
    how_to_apply: KeptProse = ""
    website: WebAddress | None = None
    contact_function: FunctionName | None = Field(default=None, description="The function that answers, never a person")
    contact_email: FunctionAddress | None = None
    cost: Cost = Cost.UNKNOWN
    price: Money | None = None
    funding_source: KeptLine | None = None
    de_minimis: bool | None = Field(default=None, description="Whether it counts as de minimis aid to an enterprise")
    amount: KeptLine | None = Field(default=None, description="How much of it one gets")
    starts_on: Day | None = None
    ends_on: Day | None = None
    deadline_on: Day | None = Field(default=None, description="Last day to apply")
    capacity: Capacity = Capacity.UNKNOWN
    places_left: Whole | None = Field(default=None, ge=0, le=100_000)
    waiting_days: Whole | None = Field(default=None, ge=0, le=3650)
    review_months: Whole = Field(default=REVIEW_MONTHS, ge=1, le=24, description="How long a confirmation holds")
    licence: Annotated[Code, Field(min_length=2)] = "CC-BY-4.0"
    source: SourceName
    source_year: Whole | None = Field(default=None, ge=1900, le=2200)
    status_at_source: KeptLine | None = Field(default=None, description="What the source said of it, in its year")

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError(Message(N_("an offer may not end before it starts")))
        return self


@all_optional
class SupportOfferPatch(SupportOfferCreate):
    """A merge patch (RFC 7396) of an offer: what is left out stays, null removes, a list is replaced whole."""


class Reasoned(SchemaIn):
    """Why an offer is sent back, suspended or archived: shown with it."""

    note: KeptLine = Field(min_length=3)


class SupportOfferChoices(SchemaIn):
    """The filters: AND between parameters, OR within a repeated one (but see `need_match`)."""

    words: Line = Field(
        default="", description="Every word, or its beginning; `… i Norrbotten` at the end is read as the area"
    )
    need: list[NeedCode] = Field(default=[], max_length=20, description="What it helps with (`codes/need-category`)")
    need_match: NeedMatch = Field(default=NeedMatch.ANY, description="Of several needs: any one, or all")
    offer_type: list[TypeCode] = Field(default=[], max_length=20, description="From `codes/offer-type`")
    structure_type: list[StructureCode] = Field(
        default=[], max_length=10, description="From `codes/support-structure-type`"
    )
    target_group: list[TargetGroupCode] = Field(default=[], max_length=40, description="From `codes/target-group`")
    stage: list[Stage] = Field(default=[], max_length=len(Stage), description="How far the enterprise has come")
    side: list[Side] = Field(default=[], max_length=len(Side), description="Whom it supports")
    area: AreaCodes = Field(
        default=[],
        max_length=50,
        description="Where it is given: an offer for a county serves its municipalities, one for a country all",
    )
    remote: bool = Field(default=False, description="Given at a distance, wholly or in part")
    cost: list[Cost] = Field(default=[], max_length=len(Cost), description="What it costs")
    capacity: list[Capacity] = Field(default=[], max_length=len(Capacity), description="Whether there is room")
    unstated: list[Unstated] = Field(default=[], max_length=len(Unstated), description="What nobody has said of it")
    provider_id: RecordId | None = Field(default=None, description="The organisation that gives it")
    status: list[Status] = Field(
        default=[],
        max_length=len(Status),
        description="Without it: published. `draft` and `in_review` find those that you may edit, and need a key",
    )


class SupportOfferFilters(SupportOfferChoices):
    """The filters of the list, with its order and where the page begins."""

    sort: Sort | None = Field(
        default=None,
        description="The order; `-` descends. Without it: `best` when words, needs or areas are asked for, "
        "else `nearest`",
    )
    after: Line | None = Field(default=None, description="The `next` of the page before; it repeats and skips nothing")
    limit: int = Field(default=20, ge=1, le=100, description="Rows a page, at most one hundred")


class SupportOfferSummary(SchemaOut):
    """An offer as a row of a list."""

    id: str
    home: str = Field(description="The node that keeps the record; on any other it is a copy")
    slug: str
    name: str
    summary: str
    language: str
    country: str
    provider_id: str | None
    provider_name: str
    offer_type: str
    structure_type: str | None
    needs: list[str]
    target_groups: list[str]
    stages: list[Stage]
    sides: list[Side]
    service_areas: list[str]
    delivery: list[Delivery]
    cost: Cost
    amount: str | None
    ends_on: date | None
    deadline_on: date | None
    capacity: Capacity
    places_left: int | None
    status: Status
    status_note: str | None
    status_at_source: str | None
    source: str
    source_year: int | None
    assured_on: date | None
    due_on: date | None
    updated_at: datetime


class OfferReason(SchemaOut):
    """Why an offer answers what was asked: a code, what it is about, and the same in words."""

    code: ReasonCode
    values: list[str] = Field(description="Codes of needs or areas, the words, the places free, or the day")
    text: str


class OfferLack(SchemaOut):
    """What an offer lacks of what was asked, or does not say."""

    code: LackCode
    values: list[str]
    text: str


class SupportOfferFound(SupportOfferSummary):
    """An offer as a row of a list, with why it stands where it stands; both lists are empty in any order but `best`."""

    reasons: list[OfferReason]
    lacks: list[OfferLack]


class SupportOfferNear(SupportOfferFound):
    """An offer that is not given where it was asked for."""

    nearest_area: str | None = Field(description="The area that it is given in and that lies closest")
    distance_km: int | None = Field(description="How far away that is, between the middles of the areas")


class SupportOfferRead(SupportOfferSummary):
    """An offer, whole."""

    rev: int
    owner_id: str | None
    licence: str
    description: str
    area_code: str | None
    provider_kind: OrganizationKind | None
    eligibility: str
    how_to_apply: str
    website: str | None
    contact_function: str | None
    contact_email: str | None
    price: Money | None
    funding_source: str | None
    de_minimis: bool | None
    starts_on: date | None
    waiting_days: int | None
    review_months: int
    published_at: datetime | None
    hidden_at: datetime | None = Field(description="When a coordinator hid it; those who may edit it still see it")


class SupportOfferNamed(SchemaOut):
    """What tells an offer apart on a coordinator's page."""

    id: str
    name: str
    language: str
    owner_id: str | None
    area: str | None
    hidden_at: datetime | None


class CorrectionIn(SchemaIn):
    """What is wrong with an offer, or out of date. Nothing is kept of who says it."""

    field: CorrectedField | None = Field(default=None, description="What it is about; without it, the whole offer")
    text: CorrectionText = Field(description="What is wrong, without personal data")
    proposed: ProposedText | None = Field(default=None, description="What should stand there instead")


class CorrectionAccept(SchemaIn):
    """What an accepted correction leads to, in the same moment."""

    led_to: LedTo = Field(
        description="`applied` writes what was proposed; `changed` says that you changed the offer yourself"
    )
    note: KeptLine | None = Field(default=None, min_length=3, description="What was decided, in words")


class CorrectionRead(SchemaOut):
    """A correction, and what became of it."""

    id: str
    offer_id: str
    offer_name: str
    offer_rev: int = Field(description="Which version of the offer was read")
    field: str | None
    text: str
    proposed: str | None
    state: CorrectionState
    led_to: LedTo | None
    led_to_rev: int | None = Field(description="The version of the offer that it led to")
    note: str | None
    created_at: datetime
    decided_at: datetime | None


class CorrectionReceipt(SchemaOut):
    """What is answered to whoever corrects: that it was written down."""

    id: str
    offer_id: str
    state: CorrectionState
    created_at: datetime


class CorrectionList(SchemaOut):
    """The corrections of one offer, the oldest first."""

    items: list[CorrectionRead]


class PageLinks(SchemaOut):
    """Addresses of this page and the next, relative to the server."""

    self: str
    next: str | None


class SupportOfferPage(SchemaOut):
    """One page of offers. `next` begins after the last row of this one, whatever has been written meanwhile."""

    items: list[SupportOfferFound]
    limit: int
    total: int
    next: str | None
    links: PageLinks
    nearest: list[SupportOfferNear] = Field(
        description="When nobody offers it in the area that was asked for: at a distance, or the closest ones elsewhere"
    )


class OfferFacet(SchemaOut):
    """One choice of a filter, and how many offers it would leave."""

    code: str
    count: int
    chosen: bool


class OfferFacetGroup(SchemaOut):
    """The choices of one filter."""

    name: str
    facets: list[OfferFacet]


class SupportOfferFacets(SchemaOut):
    """How many offers the filters find, and how many each further choice would leave."""

    total: int
    groups: list[OfferFacetGroup]


class Improvement(SchemaOut):
    """What would make an offer easier to use, and what it is worth."""

    field: str
    points: int
    text: str


class OfferWarning(SchemaOut):
    """What the provider should know before it goes on; it stops nothing."""

    code: str
    text: str
    legal_basis: str


class OfferQuality(SchemaOut):
    """How much an offer tells whoever looks for support: points of a hundred, and how to improve it."""

    score: int
    improvements: list[Improvement]
    warnings: list[OfferWarning]
