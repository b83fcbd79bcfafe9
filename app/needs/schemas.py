"""What is written to and read from the published needs."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from app.core.errors import Message
from app.core.i18n import N_
from app.core.keyset import KeysetQuery
from app.core.patching import all_optional
from app.core.schema import Code, KeptLine, KeptProse, Line, RecordId, SchemaIn, SchemaOut, SourceName, Whole
from app.needs.vocabulary import (
    CATEGORY_LIST,
    MOST_URGENT,
    REVIEW_MONTHS,
    SUPPORT_AREA_LISTS,
    CategoryMatch,
    Side,
    Sort,
    Status,
    Unstated,
)
from app.reference import service as reference
from app.reference.fields import AreaCode, AreaCodes

Country = Annotated[str, StringConstraints(pattern="^(SE|NO|EU|INT)$")]
LanguageCode = Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")]
Urgency = Annotated[Whole, Field(ge=0, le=MOST_URGENT)]


def _in_lists(*names: str) -> AfterValidator:
    """Return a validator that refuses codes which are in none of the vocabularies called `names`."""

    def check(code: str) -> str:
        if not any(reference.has_code(name, code) for name in names):
            raise ValueError(Message(N_("{code} is not in the list {lists}"), code=code, lists=", ".join(names)))
        return code

    return AfterValidator(check)


def _once(found: list[str]) -> list[str]:
    return list(dict.fromkeys(found))


CategoryCode = Annotated[Code, _in_lists(CATEGORY_LIST)]
SupportAreaCode = Annotated[Code, _in_lists(*SUPPORT_AREA_LISTS)]


class NeedCreate(SchemaIn):
    """A new need. Only what is needed, the country and the source must be said: unknown is not bad."""

    title: KeptLine = Field(min_length=2, description="What is needed, in a few words")
    description: KeptProse = Field(default="", description="More of it: what it is for, what has been tried")
    language: LanguageCode = Field(default="sv", description="Language of the texts")
    categories: Annotated[list[CategoryCode], AfterValidator(_once)] = Field(
        default=[], max_length=11, description="What kind of support (`codes/need-category`)"
    )
    support_areas: Annotated[list[SupportAreaCode], AfterValidator(_once)] = Field(
        default=[],
        max_length=9,
        description=(
            "Which areas of support it belongs to (`codes/support-area-enterprise`, `codes/support-area-public`, "
            "`codes/support-area-common`)"
        ),
    )
    sides: Annotated[list[Side], AfterValidator(_once)] = Field(
        default=[], max_length=len(Side), description="Who needs it"
    )
    urgency: Urgency | None = Field(default=None, description="0 not now, 1 within the year, 2 soon, 3 at once")
    holder_id: RecordId | None = Field(default=None, description="The organisation that has the need")
    enterprise_id: RecordId | None = Field(default=None, description="The enterprise of the registry that has it")
    holder_name: KeptLine | None = Field(
        default=None, description="Who has it, when it has no record here; else its record's name"
    )
    country: Country = Field(description="Where it is felt")
    areas: AreaCodes = Field(default=[], max_length=50, description="The municipalities or counties where it is felt")
    area_code: AreaCode | None = Field(
        default=None,
        description="Where its holder is, else the first of `areas`; the coordinator there looks after the record",
    )
    review_months: Whole = Field(default=REVIEW_MONTHS, ge=1, le=24, description="How long a confirmation holds")
    licence: Annotated[Code, Field(min_length=2)] = "CC-BY-4.0"
    source: SourceName
    source_year: Whole | None = Field(default=None, ge=1900, le=2200)
    source_section: KeptLine | None = Field(default=None, description="Where in the source it is told")


@all_optional
class NeedPatch(NeedCreate):
    """A merge patch (RFC 7396) of a need: what is left out stays, null removes, a list is replaced whole."""


class NeedNote(SchemaIn):
    """How a need was met, which is shown with it; or why it is withdrawn."""

    note: KeptLine = Field(min_length=3)


class NeedChoices(SchemaIn):
    """The filters: AND between parameters, OR within a repeated one (but see `category_match`)."""

    words: Line = Field(
        default="", description="Every word, or its beginning; `… i Norrbotten` at the end is read as the area"
    )
    category: list[CategoryCode] = Field(
        default=[], max_length=20, description="What kind of support (`codes/need-category`)"
    )
    category_match: CategoryMatch = Field(
        default=CategoryMatch.ANY, description="Of several categories: any one, or all"
    )
    support_area: list[SupportAreaCode] = Field(default=[], max_length=20, description="Which areas of support")
    side: list[Side] = Field(default=[], max_length=len(Side), description="Who needs it")
    urgency: list[Annotated[int, Field(ge=0, le=MOST_URGENT)]] = Field(
        default=[], max_length=MOST_URGENT + 1, description="How urgent: 0 not now, 3 at once"
    )
    area: AreaCodes = Field(
        default=[],
        max_length=50,
        description="Where it is felt: a need of a county is also its municipalities', one of a country all its areas'",
    )
    unstated: list[Unstated] = Field(default=[], max_length=len(Unstated), description="What nobody has said of it")
    holder_id: RecordId | None = Field(default=None, description="The organisation that has it")
    enterprise_id: RecordId | None = Field(default=None, description="The enterprise that has it")
    status: list[Status] = Field(
        default=[],
        max_length=len(Status),
        description="Without it: published. `draft` and `withdrawn` find those that you may edit, and need a key",
    )


class NeedFilters(NeedChoices, KeysetQuery):
    """The filters of the list, with its order and where the page begins."""

    sort: Sort = Field(default=Sort.NEAREST, description="The order; `-` descends")


class NeedSummary(SchemaOut):
    """A need as a row of a list."""

    id: str
    home: str = Field(description="The node that keeps the record; on any other it is a copy")
    slug: str
    title: str
    language: str
    categories: list[str]
    support_areas: list[str]
    sides: list[Side]
    urgency: int | None
    holder_id: str | None
    enterprise_id: str | None
    holder_name: str
    country: str
    areas: list[str]
    status: Status
    status_note: str | None
    source: str
    source_year: int | None
    assured_on: date | None
    due_on: date | None
    published_at: datetime | None
    updated_at: datetime


class NeedRead(NeedSummary):
    """A need, whole."""

    rev: int
    owner_id: str | None
    licence: str
    description: str
    area_code: str | None
    review_months: int
    source_section: str | None


class NeedFacet(SchemaOut):
    """One choice of a filter, and how many needs it would leave."""

    code: str
    count: int
    chosen: bool


class NeedFacetGroup(SchemaOut):
    """The choices of one filter."""

    name: str
    facets: list[NeedFacet]


class NeedFacets(SchemaOut):
    """How many needs the filters find, and how many each further choice would leave."""

    total: int
    groups: list[NeedFacetGroup]


class NeedAdvice(SchemaOut):
    """What would make a need easier to meet."""

    field: str
    text: str
