"""The question a buyer asks, and the answer: ranked enterprises with every point explained."""

from pydantic import Field

from app.core.schema import Line, Money, Prose, SchemaIn, SchemaOut, Whole
from app.enterprises.vocabulary import Reservation
from app.opportunities.schemas import LanguageCode
from app.opportunities.vocabulary import ReservedExecution
from app.reference.fields import AreaCode, AreaCodes, CpvCode


class LotQuestion(SchemaIn):
    """One lot of the need; every field may be left out."""

    title: Line = ""
    description: Prose = ""
    cpv_main: CpvCode | None = None
    cpv_additional: list[CpvCode] = Field(default=[], max_length=50)
    area_codes: AreaCodes = Field(default=[], max_length=400)
    reserved_participation: list[Reservation] = Field(default=[], max_length=8)
    reserved_execution: ReservedExecution | None = None
    estimated_value: Money | None = None
    duration_months: Whole | None = Field(default=None, ge=0, le=600)


class MatchQuestion(SchemaIn):
    """A need. Only the title is required: three words will do."""

    title: Line = Field(min_length=1, json_schema_extra={"example": "Städning av skolor"})
    description: Prose = ""
    language: LanguageCode = "sv"
    country: str | None = Field(default=None, pattern="^(SE|NO)$")
    buyer_area_code: AreaCode | None = None
    lots: list[LotQuestion] = Field(default=[], max_length=100)


class MatchedEnterprise(SchemaOut):
    """The enterprise, as far as a list needs it."""

    id: str
    name: str
    area_code: str | None
    lifecycle: str


class Evidence(SchemaOut):
    """What a reason stands on: a code or an id, never a person."""

    kind: str = Field(description="cpv, sector, word, area, distance_km, turnover, places, criterion, …")
    value: str


class Reason(SchemaOut):
    """Points for one criterion, and why."""

    criterion: str
    points: int
    max_points: int
    text: str
    evidence: list[Evidence]


class Gap(SchemaOut):
    """What is missing or unknown under one criterion. Unknown is not bad."""

    criterion: str
    text: str


class EligibilityReason(SchemaOut):
    """Why the enterprise may take part in what is reserved, with the legal basis."""

    text: str
    legal_basis: str | None


class LotMatch(SchemaOut):
    """The match for one lot."""

    lot: str
    score: int
    eligibility: str
    reasons: list[Reason]
    gaps: list[Gap]


class Match(SchemaOut):
    """One enterprise in the answer. `score` is the sum of the reasons' points."""

    enterprise: MatchedEnterprise
    score: int
    eligibility: str
    eligibility_reason: EligibilityReason
    reasons: list[Reason]
    gaps: list[Gap]
    lots: list[LotMatch]


class NearMiss(Match):
    """An enterprise that would match if something were different."""

    would_match_if: list[Gap]


class Relaxation(SchemaOut):
    """A change of the question that gives more matches, and how many in all."""

    change: str
    text: str
    total: int


class Matches(SchemaOut):
    """The answer."""

    items: list[Match]
    total: int
    total_is_capped: bool
    near_misses: list[NearMiss]
    relaxations: list[Relaxation]


class MatchedOpportunity(SchemaOut):
    """The opportunity, as far as a list needs it."""

    id: str
    title: str
    language: str
    buyer_name: str
    status: str
    deadline_at: str | None


class ReverseMatch(SchemaOut):
    """One open opportunity that fits an enterprise."""

    opportunity: MatchedOpportunity
    score: int
    eligibility: str
    eligibility_reason: EligibilityReason
    reasons: list[Reason]
    gaps: list[Gap]
    lots: list[LotMatch]


class ReverseMatches(SchemaOut):
    """The open opportunities of one enterprise, best first."""

    items: list[ReverseMatch]
    total: int
    total_is_capped: bool
