"""What is asked and told about gaps."""

from datetime import date

from pydantic import Field

from app.core.schema import SchemaIn, SchemaOut
from app.gaps.vocabulary import Evidence, GapState, MapForm, RowSort
from app.needs.schemas import NeedSummary
from app.reference.fields import AreaCode
from app.support_offers.schemas import SupportOfferFound, SupportOfferNear
from app.support_offers.vocabulary import Side


class GapFilters(SchemaIn):
    """Which part of the map."""

    area: AreaCode | None = Field(
        default=None,
        description="A country gives its counties, a county its municipalities; without it both countries and counties",
    )
    side: Side | None = Field(default=None, description="Support for, and needs of, only these")
    sort: RowSort = Field(default=RowSort.AREA, description="The order of the rows; `-` descends")


class GapExport(GapFilters):
    """Which part of the map, and as what."""

    format: MapForm = Field(default=MapForm.CSV, description="CSV, or .xlsx")


class SurveyCell(SchemaOut):
    """What the newest survey of this area says."""

    needing: int | None = Field(description="How many need it; null is hidden, because fewer than five could be told")
    answered: int


class GapCell(SchemaOut):
    """One need in one area."""

    need: str | None = Field(description="From `codes/need-category`; null: what does not state any")
    offers: int = Field(description="Offers given there: `here` and `wider`; as the search finds them")
    here: int = Field(description="For this area, or for a part of it")
    wider: int = Field(description="For a larger area that holds it")
    remote: int = Field(description="Beside these: given at a distance, from elsewhere")
    needs: int = Field(description="Published needs of this area, or of a part of it")
    needs_wider: int = Field(description="Published needs of a larger area that holds it")
    survey: SurveyCell | None = Field(description="Null where no survey has asked")
    searches_at_least: int | None = Field(
        description="So many searches of a year found nobody: a round number; null for fewer than five, or none"
    )
    state: GapState | None = Field(description="Null where the need or the area is not stated")
    rests_on: list[Evidence]


class GapRow(SchemaOut):
    """One area: a cell for each need."""

    area: str | None = Field(description="Null: what does not state any area")
    is_whole: bool = Field(description="It holds the rows below it, and is no part beside them")
    offers: int = Field(description="All offers given there, whatever they help with, each once")
    needs: int = Field(description="All published needs of this area, each once")
    gaps: int
    cells: list[GapCell]


class GapMap(SchemaOut):
    """Need by need and area by area: what is offered, what is needed, and where nobody offers it."""

    area: str | None
    columns: list[str | None] = Field(description="The needs, from `codes/need-category`; null: not stated")
    rows: list[GapRow]
    offers: int = Field(description="All published offers, wherever they are given, each once")
    needs: int
    searches_since: date


class NeedAnswers(SchemaOut):
    """The offers that answer a need, the best first, and the nearest where none does."""

    items: list[SupportOfferFound]
    total: int
    nearest: list[SupportOfferNear]


class NeedMet(SchemaOut):
    """A published need that an offer meets, and how."""

    need: NeedSummary
    met: list[str] = Field(description="What both state, from `codes/need-category`")
    areas: list[str] = Field(description="Where both are, the smaller of the two areas")
    text: str


class OfferAnswers(SchemaOut):
    """The published needs that an offer meets."""

    items: list[NeedMet]
    total: int
    survey: list["SurveyNeed"] = Field(description="What surveys of these areas say: only numbers of five and more")


class SurveyNeed(SchemaOut):
    """How many have said in a survey that they need what an offer helps with."""

    need: str
    area: str
    needing: int
    answered: int
