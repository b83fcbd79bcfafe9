"""What is written to and read from the list of opportunities."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, field_validator, model_validator

from app.core.errors import Message
from app.core.i18n import N_
from app.core.paging import PageQuery
from app.core.patching import all_optional
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
    SentBackIn,
    SourceName,
    WebAddress,
    Whole,
    composed,
    readable,
)
from app.enterprises.vocabulary import Reservation
from app.legal.schemas import HintRead
from app.opportunities.rules import band_of, legal_person
from app.opportunities.vocabulary import (
    PUBLIC_STATUSES,
    Ending,
    Form,
    LotResult,
    Origin,
    ReservedExecution,
    Sort,
    Status,
    ValueBand,
)
from app.reference.fields import AreaCode, AreaCodes, CpvCode, check_organisation_number

Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
LanguageCode = Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")]
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
    BeforeValidator(composed),
    AfterValidator(readable),
    AfterValidator(without_personal_details),
]

Stated = Annotated[bool | None, Field(strict=True)]


class LotIn(SentBackIn):
    """One lot."""

    read_only = frozenset({"id", "value_minor", "currency"})

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
    procedure_id: Code | None = Field(default=None, description="eForms BT-04: the same for a call and its result")


def _begins(status: Status) -> Status:
    """Refuse that an opportunity begins in any other state than these: the rest are reached by its actions."""
    if status not in (Status.DRAFT, Status.PUBLISHED):
        raise ValueError(
            Message(N_("begin as draft or published; the rest of its life are actions: close, award, cancel"))
        )
    return status


class OpportunityIn(SchemaIn):
    """A new opportunity. Lots may be empty for partnerships and early dialogue."""

    title: Title
    description: KeptProse = ""
    language: LanguageCode = "sv"
    form: Form
    status: Annotated[Status, AfterValidator(_begins)] = Field(
        default=Status.PUBLISHED, description="`draft`, shown to nobody else, or `published`"
    )
    country: Country
    buyer_name: KeptLine = Field(min_length=2)
    buyer_number: Annotated[Code, StringConstraints(max_length=32), AfterValidator(without_personal_numbers)] | None = (
        None
    )
    buyer_area: AreaCode | None = None
    other_buyers: list[KeptLine] = Field(
        default=[], max_length=100, description="Names of those who buy together with the buyer"
    )
    legal_basis: KeptLine | None = Field(default=None, description="As the buyer states it; Samnod does not assert it")
    procedure_type: Code | None = None
    contact_function: FunctionName | None = None
    contact_email: FunctionAddress | None = None
    official_url: WebAddress | None = None
    published_at: Instant | None = None
    deadline_at: Instant | None = None
    questions_until: Instant | None = None
    starts_on: Day | None = None
    electronic_tenders: Stated = Field(default=None, description="Tenders are sent electronically; null: not stated")
    prior_notice: Stated = Field(default=None, description="A prior information notice was sent; null: not stated")
    objectives: list[Code] = Field(default=[], max_length=20)
    srpp_areas: list[Code] = Field(default=[], max_length=6)
    lots: list[LotIn] = Field(default=[], max_length=1000)
    source: SourceName
    source_year: Whole | None = Field(default=None, ge=1900, le=2200)


class OpportunityCreate(OpportunityIn):
    """An opportunity as notices and the demo write it: in any state, and from a notice."""

    status: Status = Status.PUBLISHED
    origin: Origin = Origin.STATED
    notice: NoticeIdentity | None = None


@all_optional
class OpportunityPatch(SentBackIn, OpportunityIn):
    """A merge patch (RFC 7396) of an opportunity: what is left out stays, null removes, a list is replaced whole.

    What was read may be sent back as it is. `status` is changed by the actions `publish`, `close`, `award`, `cancel`.
    """

    read_only = frozenset(
        {
            "id",
            "home",
            "rev",
            "owner_id",
            "origin",
            "updated_at",
            "closed_at",
            "hidden_at",
            "outcome",
            "reserved_participation",
            "lot_count",
            "notice_source",
            "notice_id",
            "notice_version",
            "notice_subtype",
            "notice_number",
            "procedure_id",
            "hints",
        }
    )

    status: Status


class LotAwardIn(SchemaIn):
    """How one lot ended: one winner, or that there is none.

    A lot with several suppliers is told once for each. For a group of suppliers the value stands on its first member.
    """

    lot_number: Code | None = Field(default=None, description="The lot's number; null: the whole opportunity")
    result: LotResult = LotResult.AWARDED
    winner_name: Annotated[KeptLine, Field(min_length=2), AfterValidator(legal_person)] | None = Field(
        default=None, description="A legal person. A natural person's name is never kept: see `is_natural_person`"
    )
    winner_number: (
        Annotated[Code, StringConstraints(max_length=32), AfterValidator(without_personal_numbers)] | None
    ) = Field(default=None, description="Organisation number; a personal number is refused")
    winner_country: Country | None = Field(default=None, description="Where the winner is registered")
    is_natural_person: bool = Field(default=False, strict=True, description="Won by a natural person, not named here")
    is_winner_sme: Stated = Field(default=None, description="A small or medium-sized enterprise, if a source says so")
    is_winner_social: Stated = Field(default=None, description="A social enterprise, if a source says so")
    winner_source: SourceName | None = Field(
        default=None, description="The source of the two statements above", json_schema_extra={"example": "exempel"}
    )
    value: Money | None = Field(default=None, description="What the contract is worth, if it is stated")
    value_band: ValueBand | None = Field(
        default=None,
        description="Follows from `value`; else as the buyer states it",
        json_schema_extra={"example": ValueBand.TO_1M.value},
    )
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = Field(
        default=None, description="Currency of the band (ISO 4217); follows from `value`"
    )
    tender_count: Whole | None = Field(
        default=None, ge=0, le=10_000, description="How many tenders were received", json_schema_extra={"example": 3}
    )
    awarded_on: Day | None = Field(default=None, description="When it is another day than that of the whole")
    reason: KeptProse = Field(default="", description="Why this winner, or why none")

    @model_validator(mode="after")
    def fits_together(self) -> Self:
        """Refuse what contradicts itself, check a Swedish or Norwegian number, and fill in what follows."""
        named = self.winner_name is not None or self.winner_number is not None
        if self.result is LotResult.NO_WINNER and (named or self.is_natural_person):
            raise ValueError(Message(N_("a lot without a winner names none")))
        if self.is_natural_person and named:
            raise ValueError(Message(N_("leave out the name and number of a natural person: they are never kept")))
        if self.result is LotResult.AWARDED and not self.is_natural_person and self.winner_name is None:
            raise ValueError(Message(N_("name the winner, or say that it is a natural person")))
        if (self.is_winner_sme is not None or self.is_winner_social is not None) and self.winner_source is None:
            raise ValueError(Message(N_("give the source of what is said of the winner")))
        if self.winner_number is not None and self.winner_country in (None, "SE", "NO"):
            self.winner_number = check_organisation_number(self.winner_number)
        if self.value is not None:
            if self.value_band not in (None, band_of(self.value.minor)) or self.currency not in (
                None,
                self.value.currency,
            ):
                raise ValueError(Message(N_("the band and its currency must be those of the value")))
            self.value_band, self.currency = band_of(self.value.minor), self.value.currency
        if (self.value_band is None) != (self.currency is None):
            raise ValueError(Message(N_("give a band together with its currency")))
        return self


class AwardIn(SchemaIn):
    """How an opportunity ended with a contract: lot by lot, or as a whole."""

    awarded_on: Day | None = Field(default=None, description="The day of the decision")
    reason: KeptProse = Field(default="", description="Why it was awarded so, in the buyer's words")
    awards: list[LotAwardIn] = Field(min_length=1, max_length=2000)
    replaces_earlier: bool = Field(
        default=False, strict=True, description="Put right what was said before of the same lots"
    )


class CancelIn(SchemaIn):
    """Why an opportunity ends without a contract."""

    reason: KeptProse = Field(min_length=2, description="Why, in the buyer's words")
    cancelled_on: Day | None = Field(default=None, description="The day of the decision; else today")


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


class MoneyRead(SchemaOut):
    """An amount without VAT, written as it can be sent back."""

    amount: str
    currency: str


class OwnFilters(OpportunityFilters):
    """The same filters for who has a key: `status=draft` finds the drafts of its own organisation."""

    status: list[Status] = Field(
        default=[], max_length=5, description="Without it: published. `draft` finds your own drafts, and needs a key"
    )

    @field_validator("status")
    @classmethod
    def only_public(cls, statuses: list[Status]) -> list[Status]:
        """Take every status: whose drafts are shown is asked with the key."""
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
    estimated_value: MoneyRead | None
    value_minor: int | None
    currency: str | None
    duration_months: int | None
    places_wanted: int | None
    target_groups: list[str]


class AwardRead(SchemaOut):
    """How one lot ended, or the whole."""

    lot_number: str | None
    result: LotResult
    winner_name: str | None
    winner_number: str | None
    winner_country: str | None
    is_natural_person: bool
    is_winner_sme: bool | None
    is_winner_social: bool | None
    winner_source: str | None
    value: MoneyRead | None
    value_band: ValueBand | None
    currency: str | None
    tender_count: int | None
    awarded_on: date | None
    reason: str


class OutcomeRead(SchemaOut):
    """How an opportunity ended."""

    kind: Ending
    on: date | None
    reason: str | None
    awards: list[AwardRead]


class OpportunitySummary(SchemaOut):
    """An opportunity as a row of a list."""

    id: str
    home: str = Field(description="The node that keeps the record; on any other it is a copy")
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

    owner_id: str | None
    rev: int
    description: str
    buyer_number: str | None
    other_buyers: list[str]
    legal_basis: str | None
    procedure_type: str | None
    contact_function: str | None
    contact_email: str | None
    questions_until: datetime | None
    starts_on: date | None
    electronic_tenders: bool | None
    prior_notice: bool | None
    closed_at: datetime | None
    outcome: OutcomeRead | None
    objectives: list[str]
    srpp_areas: list[str]
    lots: list[LotRead]
    notice_source: str | None
    notice_id: str | None
    notice_version: str | None
    notice_subtype: str | None
    notice_number: str | None
    procedure_id: str | None
    hidden_at: datetime | None = Field(description="When a coordinator hid it; those who may edit it still see it")


class OpportunityNamed(SchemaOut):
    """What tells an opportunity apart on a coordinator's page."""

    id: str
    name: str
    language: str
    owner_id: str | None
    area: str | None
    hidden_at: datetime | None


class OpportunityWritten(OpportunityRead):
    """An opportunity as it was just written, with what the law says about it. Hints warn and never block."""

    hints: list[HintRead]
