"""What is written to and read from the registry."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from app.core.errors import Message
from app.core.i18n import N_
from app.core.paging import PageQuery
from app.core.patching import all_optional
from app.core.schema import (
    Code,
    Day,
    FunctionAddress,
    FunctionName,
    KeptLine,
    KeptProse,
    Line,
    SchemaIn,
    SchemaOut,
    SentBackIn,
    SourceName,
    WebAddress,
    Whole,
)
from app.enterprises.vocabulary import (
    EligibilityState,
    EmployeesBand,
    Evidence,
    ExportForm,
    Kind,
    Lifecycle,
    OfferingKind,
    Ownership,
    Reservation,
    Sort,
    TurnoverBand,
)
from app.reference import service as reference
from app.reference.fields import AreaCode, AreaCodes, CpvCode, IndustryCode, check_organisation_number

Country = Annotated[str, StringConstraints(pattern="^(SE|NO)$")]
LanguageCode = Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")]


def _in_list(name: str) -> AfterValidator:
    """Return a validator that refuses codes which are not in the vocabulary called `name`."""

    def check(code: str) -> str:
        if not reference.has_code(name, code):
            raise ValueError(Message(N_("{code} is not in the list {lists}"), code=code, lists=name))
        return code

    return AfterValidator(check)


SectorCode = Annotated[Code, _in_list("sector")]
TargetGroupCode = Annotated[Code, _in_list("target_group")]


class OfferingIn(SentBackIn):
    """One thing that the enterprise sells, or a kind of work-training place that it offers.

    What has been read may be sent back: its `id` is Samnod's own, and is not looked at.
    """

    read_only = frozenset({"id"})

    title: KeptLine = Field(min_length=2)
    description: KeptProse = ""
    kind: OfferingKind = OfferingKind.SERVICE
    language: LanguageCode = "sv"
    cpv: list[CpvCode] = Field(default=[], max_length=50)
    cpv_is_guess: bool = Field(default=False, description="The codes were guessed from a text by the registry")
    sectors: list[Code] = Field(default=[], max_length=20)
    places_free: Whole | None = Field(default=None, ge=0, le=10_000)


class CriterionIn(SchemaIn):
    """One criterion of the definition (`asf_criterion`, `social_enterprise_criterion`), and how well it is known."""

    criterion: Code
    state: Evidence
    on: Day | None = None


class CertificateIn(SchemaIn):
    """A certificate, for instance SKOOPI's."""

    name: KeptLine
    valid_from: Day | None = None
    valid_until: Day | None = None


class EligibilityIn(SchemaIn):
    """What is known of the right to take part in procurements reserved under `reservation`."""

    reservation: Reservation
    state: EligibilityState
    on: Day | None = None
    valid_until: Day | None = None


class EnterpriseCreate(SchemaIn):
    """A new enterprise. Only the name, country and source are needed: unknown is not bad."""

    name: KeptLine = Field(min_length=2)
    aliases: list[KeptLine] = Field(default=[], max_length=20)
    organisation_number: Annotated[str | None, AfterValidator(check_organisation_number)] = None
    country: Country
    kind: Kind = Kind.ENTERPRISE
    lifecycle: Lifecycle = Lifecycle.UNKNOWN
    legal_form: Code | None = Field(default=None, description="From `legal_form_se` or `legal_form_no`")
    area_code: AreaCode | None = Field(default=None, description="Area code of the seat's municipality")
    place: KeptLine | None = None
    founded_year: Whole | None = Field(default=None, ge=1500, le=2200)
    public_ownership: Ownership = Ownership.UNKNOWN
    summary: KeptProse = ""
    language: LanguageCode = Field(default="sv", description="Language of the summary")
    offerings: list[OfferingIn] = Field(default=[], max_length=50)
    criteria: list[CriterionIn] = Field(default=[], max_length=20)
    certificates: list[CertificateIn] = Field(default=[], max_length=20)
    eligibility: list[EligibilityIn] = Field(default=[], max_length=8)
    service_areas: AreaCodes = Field(default=[], max_length=400)
    target_groups: list[Code] = Field(default=[], max_length=40)
    industry_codes: list[IndustryCode] = Field(default=[], max_length=10)
    employees: EmployeesBand | None = None
    turnover: TurnoverBand | None = None
    languages: list[LanguageCode] = Field(default=[], max_length=20)
    contact_function: FunctionName | None = Field(default=None, description="The function that answers, never a person")
    contact_email: FunctionAddress | None = None
    website: WebAddress | None = None
    source: SourceName
    source_year: Whole | None = Field(default=None, ge=1900, le=2200)
    confirmed_on: Day | None = Field(default=None, description="When the enterprise last confirmed the record")


@all_optional
class EnterprisePatch(EnterpriseCreate):
    """A merge patch (RFC 7396) of an enterprise: what is left out stays, null removes, a list is replaced whole."""


class EnterpriseChoices(SchemaIn):
    """The registry's filters: AND between parameters, OR within a repeated one."""

    words: Line = Field(default="", description="Every word, or its beginning, in any of the languages")
    cpv: list[CpvCode] = Field(default=[], max_length=50, description="A CPV code; a broader code finds its narrower")
    area: AreaCodes = Field(default=[], max_length=50, description="Area served")
    located_in: AreaCodes = Field(default=[], max_length=50, description="Area of the seat")
    reserved: list[Reservation] = Field(
        default=[], max_length=8, description="May take part in what is reserved so, by its word or verified"
    )
    sector: list[SectorCode] = Field(default=[], max_length=50, description="Sector of an offering (`codes/sector`)")
    target_group: list[TargetGroupCode] = Field(
        default=[], max_length=50, description="Whom it gives work or training to (`codes/target-group`)"
    )
    kind: list[Kind] = Field(default=[], max_length=8, description="What sort of record")
    confirmed_before: Day | None = Field(default=None, description="Last confirmed before this day, or never")
    overdue: bool = Field(default=False, description="Not confirmed for a year, or never")


class EnterpriseFilters(EnterpriseChoices, PageQuery):
    """The filters of the list, with its order and page."""

    sort: Sort = Field(default=Sort.NAME, description="The order; `-` descends")


class EnterpriseExport(EnterpriseChoices):
    """The filters of an export: everything that they find, in one answer."""

    format: ExportForm = Field(default=ExportForm.CSV, description="`csv` for spreadsheets, `ndjson` for programs")
    sort: Sort = Field(default=Sort.NAME, description="The order; `-` descends")


class OfferingRead(SchemaOut):
    """One offering."""

    id: str
    title: str
    description: str
    kind: OfferingKind
    language: str
    cpv: list[str]
    cpv_is_guess: bool
    sectors: list[str]
    places_free: int | None


class CriterionRead(SchemaOut):
    """One criterion."""

    criterion: str
    state: Evidence
    on: date | None


class CertificateRead(SchemaOut):
    """One certificate."""

    name: str
    valid_from: date | None
    valid_until: date | None


class EligibilityRead(SchemaOut):
    """The right to take part under one rule."""

    reservation: Reservation
    state: EligibilityState
    on: date | None
    valid_until: date | None


class EnterpriseSummary(SchemaOut):
    """An enterprise as a row of a list."""

    id: str
    home: str = Field(description="The node that keeps the record; on any other it is a copy")
    name: str
    country: str
    kind: Kind
    lifecycle: Lifecycle
    legal_form: str | None
    area_code: str | None
    place: str | None
    summary: str
    language: str
    source: str
    source_year: int | None
    confirmed_on: date | None
    updated_at: datetime


class EnterpriseRead(EnterpriseSummary):
    """An enterprise, whole."""

    rev: int
    owner_id: str | None
    aliases: list[str]
    organisation_number: str | None
    founded_year: int | None
    public_ownership: Ownership
    offerings: list[OfferingRead]
    criteria: list[CriterionRead]
    certificates: list[CertificateRead]
    eligibility: list[EligibilityRead]
    service_areas: list[str]
    target_groups: list[str]
    industry_codes: list[str]
    employees: EmployeesBand | None
    turnover: TurnoverBand | None
    languages: list[str]
    contact_function: str | None
    contact_email: str | None
    website: str | None
    hidden_at: datetime | None = Field(description="When a coordinator hid it; those who may edit it still see it")


class EnterpriseNamed(SchemaOut):
    """What tells an enterprise apart on a coordinator's page."""

    id: str
    name: str
    organisation_number: str | None
    language: str
    owner_id: str | None
    area: str | None
    contact_email: str | None
    hidden_at: datetime | None


class Facet(SchemaOut):
    """One choice of a filter, and how many enterprises it would leave."""

    code: str
    count: int
    chosen: bool


class FacetGroup(SchemaOut):
    """The choices of one filter."""

    name: str
    facets: list[Facet]


class EnterpriseFacets(SchemaOut):
    """How many enterprises the filters find, and how many each further choice would leave."""

    total: int
    groups: list[FacetGroup]
