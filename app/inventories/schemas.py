"""What is written to and read from the needs inventories. No schema that goes out holds what somebody answered."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from app.core.errors import Message
from app.core.i18n import N_
from app.core.paging import PageQuery
from app.core.patching import all_optional
from app.core.schema import Code, Day, FunctionAddress, KeptLine, KeptProse, RecordId, SchemaIn, SchemaOut, Whole
from app.inventories.vocabulary import (
    MOST_CHOICES,
    MOST_OWN,
    InvitationState,
    Language,
    LinkState,
    QuestionKind,
    Side,
    Status,
    Withheld,
)
from app.reference.fields import AreaCode

Comment = Annotated[KeptProse, StringConstraints(max_length=2000)]
Level = Annotated[Whole, Field(ge=0, le=3)]


def _apart(found: list[str]) -> list[str]:
    """Refuse the same choice twice: nobody could tell which of them was meant."""
    if len(set(found)) < len(found):
        raise ValueError(Message(N_("the same choice stands here twice")))
    return found


class OwnQuestion(SchemaIn):
    """A question that a round asks beside the ten categories."""

    kind: QuestionKind
    text: KeptLine = Field(min_length=3, description="The question, in the round's language")
    options: Annotated[list[Annotated[KeptLine, Field(min_length=1)]], AfterValidator(_apart)] = Field(
        default=[],
        max_length=MOST_CHOICES,
        description="What a choice is made from",
        json_schema_extra={"example": ["På plats", "På distans"]},
    )

    @model_validator(mode="after")
    def _choices_have_options(self) -> Self:
        if (self.kind is QuestionKind.CHOICE) != (len(self.options) > 1):
            raise ValueError(Message(N_("a choice has two options or more, and no other question has any")))
        return self


class InventoryCreate(SchemaIn):
    """A new round: a draft until it is opened."""

    name: KeptLine = Field(min_length=3)
    summary: KeptProse = Field(default="", description="Why you ask, and what the answers are used for")
    language: Language = Field(default=Language.SV, description="Language of the name, the summary and own questions")
    area_code: AreaCode = Field(description="Where needs are asked for: a country, a county or a municipality")
    side: Side = Side.ENTERPRISE
    opens_on: Day
    closes_on: Day = Field(description="The last day on which answers are taken")
    own_questions: list[OwnQuestion] = Field(default=[], max_length=MOST_OWN)

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Self:
        if self.closes_on < self.opens_on:
            raise ValueError(Message(N_("a round may not close before it opens")))
        return self


@all_optional
class InventoryPatch(InventoryCreate):
    """A merge patch (RFC 7396) of a draft: what is left out stays, a list is replaced whole."""


class InventoryFilters(PageQuery):
    """Which rounds: without a key those that are closed."""

    status: list[Status] = Field(default=[], max_length=len(Status), description="Without it: all that you may see")
    area: AreaCode | None = Field(default=None, description="Rounds in this area")


class SurveyQuestion(SchemaOut):
    """A question of a round; one of the ten categories has its code as key and no text of its own."""

    key: str
    kind: QuestionKind
    text: str = Field(description="Empty for a category: see `codes/need-category`")
    options: list[str]


class InventoryRead(SchemaOut):
    """A round."""

    id: str
    home: str
    rev: int
    status: Status
    name: str
    summary: str
    language: str
    area_code: str
    side: Side
    opens_on: date
    closes_on: date
    questions: list[SurveyQuestion]
    own_questions: list[OwnQuestion]
    is_imported: bool
    is_demo: bool
    opened_at: datetime | None
    closed_at: datetime | None
    updated_at: datetime


class InviteeIn(SchemaIn):
    """Who is asked: an organisation with people on Samnod, or a function's address."""

    organization_id: RecordId | None = None
    name: KeptLine | None = Field(default=None, min_length=2, description="Needed with an address")
    email: FunctionAddress | None = Field(default=None, description="Of a function, never of a person")
    area_code: AreaCode | None = Field(default=None, description="Where it works; else the organisation's own")
    language: Language = Language.SV

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if (self.organization_id is None) == (self.email is None):
            raise ValueError(Message(N_("give an organisation or an address, and not both")))
        if self.email is not None and self.name is None:
            raise ValueError(Message(N_("give the name of the organisation too")))
        return self


class InviteesIn(SchemaIn):
    """Whom to ask now."""

    invitees: list[InviteeIn] = Field(
        min_length=1,
        max_length=200,
        json_schema_extra={"example": [{"name": "Exempel Städkompaniet", "email": "info@example.org"}]},
    )


class SurveyInvitation(SchemaOut):
    """Somebody who was asked. Who has answered is told to nobody, only how many."""

    id: str
    organization_id: str | None
    name: str
    area_code: str | None
    language: str
    state: InvitationState
    sent_on: date
    reminders: int


class SurveyInvitations(SchemaOut):
    """Everybody who was asked."""

    items: list[SurveyInvitation]


class SurveyInvited(SchemaOut):
    """What came of inviting: nobody is asked twice, and an organisation without people cannot be reached."""

    invited: list[SurveyInvitation]
    already: list[str] = Field(description="Names of those who were asked before")
    no_address: list[str] = Field(description="Names of organisations without people on Samnod")


class ResponseRate(SchemaOut):
    """How many answered of those who were asked."""

    invited: int
    answered: int | None = Field(description="None while fewer than five are asked")
    percent: int | None


class SurveyAnswerIn(SchemaIn):
    """An answer, whole: what is left out is left open."""

    levels: dict[Code, Level] = Field(
        default={},
        max_length=40,
        description="0 to 3, by the question's key",
        json_schema_extra={"example": {"advice": 3, "board": 1}},
    )
    choices: dict[Code, KeptLine] = Field(
        default={},
        max_length=40,
        description="One of the options, by key",
        json_schema_extra={"example": {"q1": "På plats"}},
    )
    texts: dict[Code, Comment] = Field(
        default={},
        max_length=40,
        description="A comment, or the answer to a question of text, by key",
        json_schema_extra={"example": {"advice": "Vi vill prata om lån."}},
    )


class SurveyAnswer(SchemaOut):
    """What the holder of a link has answered so far; nobody else is shown it."""

    levels: dict[str, int]
    choices: dict[str, str]
    texts: dict[str, str]


class SurveyRead(SchemaOut):
    """What a link shows."""

    state: LinkState
    inventory_id: str
    name: str
    summary: str
    language: str
    area_code: str
    closes_on: date
    invited: str = Field(description="The organisation that is asked")
    questions: list[SurveyQuestion]
    answer: SurveyAnswer | None = Field(description="None: nothing has been answered, or the round is closed")


class RowAnswered(SchemaOut):
    """A row of the tables by area."""

    area: str | None = Field(description="None: all areas with too few answers, together; or `unstated`")
    answered: int


class CellRead(SchemaOut):
    """How many answered one thing."""

    value: str
    count: int | None = Field(description="None: hidden")


class RowNeeding(SchemaOut):
    """How many in one row need it."""

    area: str | None
    needing: int | None = Field(description="None: hidden")


class QuestionResult(SchemaOut):
    """What is published of one question."""

    key: str
    kind: QuestionKind
    text: str
    needing: int | None = Field(description="How many said 2 or 3; None: hidden, or another kind of question")
    cells: list[CellRead]
    rows: list[RowNeeding]


class ResultsRead(SchemaOut):
    """What is published of a closed round: counted once, and never below five."""

    inventory: InventoryRead
    withheld: Withheld | None = Field(description="Why nothing is published")
    rows_withheld: Withheld | None = Field(description="Why nothing is published by area")
    answered: int | None
    rows: list[RowAnswered]
    questions: list[QuestionResult]


class CommentsOn(SchemaOut):
    """What was written on one question, without who wrote it, in no order."""

    key: str
    text: str
    comments: list[str]


class CommentsRead(SchemaOut):
    """Comments of a closed round, on questions that five or more answered."""

    items: list[CommentsOn]


class ComparisonFilters(SchemaIn):
    """Which rounds stand side by side."""

    rounds: list[RecordId] = Field(
        default=[], max_length=6, description="Ids of closed rounds, in order; without it the two newest"
    )


class ComparedRow(SchemaOut):
    """One row side by side: a hidden number stays hidden in every round."""

    area: str | None = Field(description="None: all that answered")
    needing: list[int | None]


class ComparedQuestion(SchemaOut):
    """One of the ten categories in each of the rounds."""

    key: str
    rows: list[ComparedRow]


class Comparison(SchemaOut):
    """Rounds side by side."""

    rounds: list[InventoryRead]
    answered: list[int | None]
    questions: list[ComparedQuestion]


class ImportColumn(SchemaOut):
    """A column of the file that was read."""

    heading: str
    key: str = Field(description="The question that it answers, or `area`")
    is_comment: bool


class ImportFault(SchemaOut):
    """What is wrong in one cell."""

    row: int
    place: str = Field(description="As a spreadsheet program names it: `Sheet1!C17`")
    column: str
    detail: str


class SurveyImport(SchemaOut):
    """What an import read, and whether it was written: whole, or not at all."""

    dry_run: bool
    written: bool
    sheet: str
    other_sheets: list[str]
    answers: int
    columns: list[ImportColumn]
    unread: list[str] = Field(description="Headings of columns that were left alone")
    fault_count: int
    faults: list[ImportFault] = Field(description="The first two hundred")
