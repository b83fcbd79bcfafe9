"""What is written to and read from the list of opportunities."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, field_validator

from app.core.errors import Message
from app.core.i18n import N_
from app.core.paging import PageQuery
from app.core.privacy import without_personal_details, without_personal_numbers
from app.core.schema import (
    Code,
    Day,
    FunctionAddress,
    FunctionName,
    Instant,
    KeptLine,
    KeptProse,
    Line,
    Money,
    SchemaIn,
    SchemaOut,
    SourceName,
    WebAddress,
    Whole,
    composed,
    readable,
)
from app.enterprises.vocabulary import Reservation
from app.opportunities.vocabulary import PUBLIC_STATUSES, Form, Origin, ReservedExecution, Sort, Status
from app.reference.fields import AreaCode, AreaCodes, CpvCode

Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
LanguageCode = Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")]
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
    BeforeValidator(composed),
    AfterValidator(readable),
    AfterValidator(without_personal_details),
]


class LotIn(SchemaIn):
    """One lot."""

    number: Code | None = Field(default=None, description="The buyer's own name of the lot; else LOT-0001, …")
    title: KeptLine
    description: KeptProse = ""
    cpv_main: CpvCode | None = None
    cpv_additional: list[CpvCode] = Field(default=[], max_length=50)
    area_codes: AreaCodes = Field(default=[], max_length=400)
    foreign_areas: list[Annotated[Code, StringConstraints(max_length=8)]] = Field(
        default=[], max_length=50, description="NUTS codes outside Sweden and Norway"
    )
    reserved_participation: list[Reservation] = Field(default=[], max_length=8)
    reserved_execution: ReservedExecution | None = None
    estimated_value: Money | None = None
    duration_months: Whole | None = Field(default=None, ge=0, le=600)
    places_wanted: Whole | None = Field(default=None, ge=0, le=10_000)
    target_groups: list[Code] = Field(default=[], max_length=40)


class NoticeIdentity(SchemaIn):
    """Where an imported opportunity comes from: importing again replaces it."""

    source: Code
    notice_id: Code
    version: Annotated[Code, StringConstraints(max_length=16)]
    subtype: Annotated[Code, StringConstraints(max_length=8)] | None = None
    number: Code | None = None


class OpportunityCreate(SchemaIn):
    """A new opportunity. Lots may be empty for partnerships and early dialogue."""

    title: Title
    description: KeptProse = ""
    language: LanguageCode = "sv"
    form: Form
    status: Status = Status.PUBLISHED
    origin: Origin = Origin.STATED
    country: Country
    buyer_name: KeptLine = Field(min_length=2)
    buyer_number: Annotated[Code, StringConstraints(max_length=32), AfterValidator(without_personal_numbers)] | None = (
        None
    )
    buyer_area: AreaCode | None = None
    legal_basis: KeptLine | None = Field(default=None, description="As the buyer states it; Samnod does not assert it")
    procedure_type: Code | None = None
    contact_function: FunctionName | None = None
    contact_email: FunctionAddress | None = None
    official_url: WebAddress | None = None
    published_at: Instant | None = None
    deadline_at: Instant | None = None
    questions_until: Instant | None = None
    starts_on: Day | None = None
    objectives: list[Code] = Field(default=[], max_length=20)
    srpp_areas: list[Code] = Field(default=[], max_length=6)
    lots: list[LotIn] = Field(default=[], max_length=1000)
    source: SourceName
    source_year: Whole | None = Field(default=None, ge=1900, le=2200)
    notice: NoticeIdentity | None = None


class OpportunityFilters(PageQuery):
    """Filters of the list: AND between parameters, OR within a repeated one."""

    words: Line = Field(default="", description="Every word, or its beginning, in any of the languages")
    cpv: list[CpvCode] = Field(default=[], max_length=50, description="A CPV code; a broader code finds its narrower")
    area: AreaCodes = Field(default=[], max_length=50, description="Place of performance, or the buyer's when none")
    reserved: list[Reservation] = Field(default=[], max_length=8, description="A lot of it is reserved so")
    form: list[Form] = Field(default=[], max_length=6, description="Form of social procurement")
    status: list[Status] = Field(default=[], max_length=5, description="Without it: published; drafts are never shown")
    sort: Sort = Field(default=Sort.DEADLINE, description="The order; `-` descends, and what has no date comes last")

    @field_validator("status")
    @classmethod
    def only_public(cls, statuses: list[Status]) -> list[Status]:
        """Refuse to look for drafts."""
        if not PUBLIC_STATUSES.issuperset(statuses):
            raise ValueError(Message(N_("drafts are not shown")))
        return statuses


class LotRead(SchemaOut):
    """One lot."""

    id: str
    number: str
    title: str
    description: str
    cpv_main: str | None
    cpv_additional: list[str]
    area_codes: list[str]
    foreign_areas: list[str]
    reserved_participation: list[str]
    reserved_execution: ReservedExecution | None
    value_minor: int | None
    currency: str | None
    duration_months: int | None
    places_wanted: int | None
    target_groups: list[str]


class OpportunitySummary(SchemaOut):
    """An opportunity as a row of a list."""

    id: str
    title: str
    language: str
    form: Form
    status: Status
    origin: Origin
    country: str
    buyer_name: str
    buyer_area: str | None
    published_at: datetime | None
    deadline_at: datetime | None
    official_url: str | None
    source: str
    source_year: int | None
    updated_at: datetime
    reserved_participation: list[str]
    lot_count: int


class OpportunityRead(OpportunitySummary):
    """An opportunity, whole."""

    home: str
    rev: int
    description: str
    buyer_number: str | None
    legal_basis: str | None
    procedure_type: str | None
    contact_function: str | None
    contact_email: str | None
    questions_until: datetime | None
    starts_on: date | None
    objectives: list[str]
    srpp_areas: list[str]
    lots: list[LotRead]
    notice_source: str | None
    notice_id: str | None
    notice_version: str | None
    notice_subtype: str | None
    notice_number: str | None
