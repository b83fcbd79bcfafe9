"""The question a buyer asks, and the answer: ranked enterprises with every point explained."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, JsonValue

from app.core.schema import Line, Money, Prose, SchemaIn, SchemaOut, Whole
from app.enterprises.vocabulary import Reservation
from app.matching.additions import Field as AdditionField
from app.matching.vocabulary import Criterion, EligibilityState
from app.opportunities.schemas import LanguageCode
from app.opportunities.vocabulary import ReservedExecution
from app.reference.fields import AreaCode, AreaCodes, CpvCode


def _primary_language(tag: Any) -> Any:
    """Return the first part of a language tag (BCP 47): `sv` of `sv-SE`."""
    return tag.partition("-")[0].lower() if isinstance(tag, str) else tag


LanguageTag = Annotated[
    LanguageCode,
    BeforeValidator(_primary_language),
    Field(
        description="Language of the texts that are sent, as a code or tag (`sv`, `sv-SE`: the first part is read). It "
        "is for display; words are matched across the languages, so it has no influence on points",
        json_schema_extra={"pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$"},
    ),
]
Home = Annotated[str, Field(description="The node that keeps the record; on any other it is a copy")]
# Texts in the answer, with their vocabulary in the document.
CriterionName = Annotated[str, Field(json_schema_extra={"enum": [one.value for one in Criterion]})]
EligibilityName = Annotated[
    str,
    Field(
        description="May it take part? `declared`: by its own word; `unknown`: nothing is known, or it has expired",
        json_schema_extra={"enum": [one.value for one in EligibilityState]},
    ),
]
EVIDENCE_KINDS: list[JsonValue] = [
    "cpv",
    "trade",
    "industry",
    "word",
    "area",
    "seat",
    "size",
    "places",
    "trust",
    "neutral",
]
# Besides the criteria: what keeps an enterprise from taking part at all.
_CONDITIONS = ("lifecycle", "kind", "reservation")


class LotQuestion(SchemaIn):
    """One lot of the need; every field may be left out."""

    title: Line = ""
    description: Prose = ""
    cpv_main: CpvCode | None = None
    cpv_additional: list[CpvCode] = Field(default=[], max_length=50)
    area_codes: AreaCodes = Field(default=[], max_length=400)
    reserved_participation: list[Reservation] = Field(default=[], max_length=8)
    reserved_execution: ReservedExecution | None = Field(
        default=None,
        description="Must the contract be carried out in sheltered employment (eForms BT-736)? It is kept for display, "
        "and has no influence on points",
    )
    estimated_value: Money | None = None
    duration_months: Whole | None = Field(default=None, ge=0, le=600)


class MatchQuestion(SchemaIn):
    """A need. Only the title is required: three words will do."""

    title: Line = Field(min_length=1, json_schema_extra={"example": "Städning av skolor"})
    description: Prose = ""
    language: LanguageTag = "sv"
    country: str | None = Field(default=None, pattern="^(SE|NO)$")
    buyer_area_code: AreaCode | None = None
    lots: list[LotQuestion] = Field(default=[], max_length=100)


class MatchedEnterprise(SchemaOut):
    """The enterprise, as far as a list needs it."""

    id: str
    name: str
    home: Home
    area_code: str | None
    lifecycle: str


class Evidence(SchemaOut):
    """What a reason stands on: a code or an id, never a person."""

    kind: str = Field(
        description="What `value` is. `cpv`: a CPV code; `trade`: a trade; `industry`: an industry code; `word`: a "
        "word of the need; `area`: an area served; `seat`: an area of the seat; `size`: a band of turnover or "
        "employees; `places`: work-training places; `trust`: what the enterprise has shown; `neutral`: nothing was "
        "asked or can be compared",
        json_schema_extra={"enum": EVIDENCE_KINDS},
    )
    value: str


class Reason(SchemaOut):
    """Points for one criterion, and why."""

    criterion: CriterionName
    points: int
    max_points: int
    text: str
    evidence: list[Evidence]


class Gap(SchemaOut):
    """What is missing or unknown under one criterion. Unknown is not bad."""

    criterion: str = Field(
        description="A criterion; in `would_match_if` also what keeps the enterprise from taking part at all",
        json_schema_extra={"enum": [*(one.value for one in Criterion), *_CONDITIONS]},
    )
    text: str


class EligibilityReason(SchemaOut):
    """Why the enterprise may take part in what is reserved, with the legal basis."""

    text: str
    legal_basis: str | None


class LotMatch(SchemaOut):
    """The match for one lot."""

    lot: str
    score: int
    eligibility: EligibilityName
    reasons: list[Reason]
    gaps: list[Gap]


class Match(SchemaOut):
    """One enterprise in the answer. `score` is the sum of the reasons' points."""

    enterprise: MatchedEnterprise
    score: int
    eligibility: EligibilityName
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
    home: Home
    title: str
    language: str
    buyer_name: str
    status: str
    deadline_at: str | None


class ReverseMatch(SchemaOut):
    """One open opportunity that fits an enterprise."""

    opportunity: MatchedOpportunity
    score: int
    eligibility: EligibilityName
    eligibility_reason: EligibilityReason
    reasons: list[Reason]
    gaps: list[Gap]
    lots: list[LotMatch]


class Meeting(SchemaOut):
    """An enterprise and an open opportunity that fit well enough to be told of."""

    opportunity_id: str
    enterprise_id: str
    first_at: datetime
    met_at: datetime
    score: int
    eligibility: EligibilityName


class Gain(SchemaOut):
    """What an addition gives, counted by scoring the enterprise with it."""

    opportunities: int = Field(description="How many more open opportunities the enterprise would meet")
    raised: int = Field(description="How many others it would have more points for")
    points: int = Field(description="How many points more in those others, in all")
    at_most: bool = Field(description="It depends on the answer; this is what the best answer gives")
    text: str = Field(json_schema_extra={"example": "4 öppna affärsmöjligheter till."})


class Effect(SchemaOut):
    """Something the enterprise could add to its record, and what that would give."""

    field: str = Field(json_schema_extra={"enum": [one.value for one in AdditionField]})
    pointer: str = Field(
        description="Where in the record (RFC 6901; `-` is the end of a list)",
        json_schema_extra={"example": "/offerings/0/cpv/-"},
    )
    value: str | None = Field(
        description="The code to add; null: only the enterprise knows what to say",
        json_schema_extra={"example": "90911200"},
    )
    label: str | None = Field(
        description="What `value` means, in the reader's language",
        json_schema_extra={"example": "Städning av byggnader"},
    )
    text: str = Field(json_schema_extra={"example": "Lägg till CPV-koden 90911200 Städning av byggnader"})
    gain: Gain


class Completeness(SchemaOut):
    """What an enterprise could add to its record, by effect on what is open now, best first.

    It meets an opportunity when it has fifty points and is known to be allowed to take part.
    """

    matches: int = Field(description="How many open opportunities match the record as it is")
    meets: int = Field(description="How many of them it meets")
    effects: list[Effect]


class ReverseMatches(SchemaOut):
    """The open opportunities of one enterprise, best first."""

    items: list[ReverseMatch]
    total: int
    total_is_capped: bool
