"""What is written to the dialogue and read from it."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from app.core.errors import Message
from app.core.i18n import N_
from app.core.schema import Instant, KeptProse, RecordId, SchemaIn, SchemaOut, SentBackIn, Whole
from app.matching.schemas import EligibilityName, Reason
from app.opportunities.schemas import OutcomeRead
from app.opportunities.vocabulary import Form, Status
from app.responses.vocabulary import (
    AnswerKind,
    DeclineReason,
    InboxState,
    InvitationState,
    LinkState,
    QuestionState,
    Reached,
    ResponseState,
    StepKind,
)

_Text = Annotated[KeptProse, StringConstraints(max_length=4000)]


class OutreachIn(SentBackIn):
    """How Samnod invites for the buyer: the best matches first, a batch a day."""

    read_only = frozenset({"opportunity_id", "rev", "interested", "invited", "is_on"})

    batch_size: Whole = Field(default=0, ge=0, le=100, description="How many are invited a day; 0: by hand")
    enough: Whole = Field(
        default=0, ge=0, le=1000, description="No more are invited once so many are interested; 0: go on"
    )
    answer_by: Instant | None = Field(
        default=None,
        description="When the buyer wants to have heard from those invited, at the latest at the deadline; null: then",
    )


class OutreachRead(SchemaOut):
    """The plan as it is; without one its `rev` is 0, and the buyer invites by hand."""

    opportunity_id: str
    rev: int
    is_on: bool
    batch_size: int
    enough: int
    answer_by: datetime | None
    invited: int = Field(description="How many are invited so far")
    interested: int = Field(description="How many of all are interested now")


class InviteIn(SchemaIn):
    """Whom to invite."""

    enterprise_ids: list[RecordId] = Field(min_length=1, max_length=100, description="Ids of enterprises")


class InvitationRead(SchemaOut):
    """An invitation of one enterprise."""

    id: str
    opportunity_id: str
    enterprise_id: str
    enterprise_name: str
    state: InvitationState
    reached: Reached = Field(
        description="`people`: the enterprise's own; `address`: its function address; `nobody`: it has neither, and "
        "the invitation waits until it has"
    )
    rank: int | None = Field(description="Its place among the matches when it was invited; null: it was not one")
    score: int | None
    is_paced: bool
    is_requested: bool = Field(description="The buyer has not invited it: it asked for the link to answer with itself")
    created_at: datetime
    sent_at: datetime | None
    expires_at: datetime | None
    seen_at: datetime | None
    answered_at: datetime | None
    reminded_at: datetime | None


class Invited(SchemaOut):
    """What came of inviting."""

    invited: list[InvitationRead]
    no_address: list[InvitationRead] = Field(description="Written down, but there is nowhere to send an e-mail")
    already: list[str] = Field(description="Ids of enterprises that were invited before, and are not invited twice")


class Invitations(SchemaOut):
    """The invitations to one opportunity, by rank."""

    items: list[InvitationRead]


class AnswerIn(SchemaIn):
    """What an enterprise answers."""

    kind: AnswerKind
    reason: DeclineReason | None = Field(default=None, description="Why it declines; needed then, and only then")
    text: _Text = Field(default="", description="More, in its own words; names and numbers of people are refused")
    is_joint: bool = Field(default=False, strict=True, description="It wants to bid together with others")
    partner_ids: list[RecordId] = Field(
        default=[], max_length=20, description="Ids of the enterprises that it wants to bid with, as far as it knows"
    )

    @model_validator(mode="after")
    def fits_together(self) -> Self:
        """Refuse what contradicts itself."""
        if self.kind is AnswerKind.DECLINE and self.reason is None:
            raise ValueError(Message(N_("choose why you decline")))
        if self.kind is AnswerKind.INTEREST and self.reason is not None:
            raise ValueError(Message(N_("a reason belongs to an answer that declines")))
        if self.kind is AnswerKind.DECLINE and (self.is_joint or self.partner_ids):
            raise ValueError(Message(N_("who declines does not bid with others")))
        self.is_joint = self.is_joint or bool(self.partner_ids)
        return self


class ResponseIn(AnswerIn):
    """An answer in the name of one of the caller's enterprises."""

    enterprise_id: RecordId = Field(description="The enterprise that answers; the caller's organisation keeps it")


class ResponseChange(SentBackIn, AnswerIn):
    """An answer written anew, whole. What was read may be sent back as it is."""

    read_only = frozenset(
        {
            "id",
            "opportunity_id",
            "enterprise_id",
            "enterprise_name",
            "state",
            "is_by_link",
            "rev",
            "answered_at",
            "updated_at",
        }
    )


class ResponseRead(SchemaOut):
    """An answer: shown to the buyer and to the enterprise itself, and to nobody else."""

    id: str
    opportunity_id: str
    enterprise_id: str
    enterprise_name: str
    state: ResponseState
    kind: AnswerKind
    reason: DeclineReason | None
    text: str
    is_joint: bool
    partner_ids: list[str]
    is_by_link: bool = Field(description="Given through the link in the e-mail")
    rev: int
    answered_at: datetime
    updated_at: datetime


class Responses(SchemaOut):
    """The answers to one opportunity, newest first."""

    items: list[ResponseRead]


class QuestionText(SchemaIn):
    """A question to the buyer. It is shown to everybody with its answer, and who asked to nobody."""

    text: _Text = Field(min_length=3)


class QuestionIn(QuestionText):
    """A question in the name of one of the caller's enterprises."""

    enterprise_id: RecordId = Field(description="The enterprise that asks; the caller's organisation keeps it")


class QuestionAnswerIn(SchemaIn):
    """The buyer's answer, once for all."""

    answer: _Text = Field(min_length=1)
    shown_text: _Text | None = Field(
        default=None, description="The question in other words, where its own tell who asks; null: as it was asked"
    )


class QuestionRead(SchemaOut):
    """A question and its answer, without who asked."""

    id: str
    opportunity_id: str
    state: QuestionState
    text: str
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None
    is_own: bool = Field(description="The caller's own organisation asked it")


class Questions(SchemaOut):
    """Questions about one opportunity, oldest first: the answered ones, and what the caller may see beside them."""

    items: list[QuestionRead]


class NoteIn(SchemaIn):
    """The buyer's own note."""

    note: _Text = ""


class ShortlistIn(NoteIn):
    """An enterprise for the shortlist."""

    enterprise_id: RecordId


class ShortlistRead(SchemaOut):
    """An enterprise on the shortlist: the buyer's alone."""

    opportunity_id: str
    enterprise_id: str
    enterprise_name: str
    rank: int | None
    score: int | None
    note: str
    rev: int
    added_at: datetime
    updated_at: datetime


class Shortlist(SchemaOut):
    """The shortlist, by rank."""

    items: list[ShortlistRead]


class Told(SchemaOut):
    """The opportunity that a dialogue is about, as far as its pages need it."""

    id: str
    title: str
    language: str
    form: Form
    status: Status
    country: str
    buyer_name: str
    deadline_at: datetime | None
    questions_until: datetime | None
    days_left: int | None = Field(description="Whole days until the deadline; null: it has none")
    takes_answers: bool
    takes_questions: bool


class ReplyRead(SchemaOut):
    """What the link in an e-mail shows."""

    state: LinkState
    opportunity: Told
    enterprise_id: str
    enterprise_name: str
    expires_at: datetime
    response: ResponseRead | None
    questions: list[QuestionRead]


class DeclineCount(SchemaOut):
    """How many declined for one reason."""

    reason: DeclineReason
    count: int


class DeskItem(SchemaOut):
    """One of the buyer's own opportunities, with how its dialogue goes."""

    opportunity: Told
    matches_met: int = Field(description="How many enterprises meet it now")
    invited: int
    waiting: int = Field(description="How many of those invited have not answered yet")
    interested: int
    declined: int
    declined_for: list[DeclineCount]
    open_questions: int
    shortlisted: int
    outcome_due_at: datetime | None = Field(description="Until when the outcome is to be told; null: not now")
    is_outcome_late: bool


class Desk(SchemaOut):
    """The buyer's desk: what waits for an outcome first, then by deadline."""

    items: list[DeskItem]


class BoardItem(SchemaOut):
    """One enterprise on the board: its match, and what has been said."""

    enterprise_id: str
    enterprise_name: str
    area_code: str | None
    rank: int | None = Field(description="Its place now; null: it is no match, or far down")
    score: int | None
    eligibility: EligibilityName | None
    reasons: list[Reason]
    invitation: InvitationRead | None
    response: ResponseRead | None
    shortlisted: ShortlistRead | None


class Board(SchemaOut):
    """Everybody who matches an opportunity or takes part in its dialogue, by rank."""

    opportunity: Told
    plan: OutreachRead
    items: list[BoardItem]
    total: int = Field(description="How many match in all")
    open_questions: int
    outcome: OutcomeRead | None


class InboxItem(SchemaOut):
    """One opportunity in an enterprise's inbox."""

    enterprise_id: str
    enterprise_name: str
    state: InboxState
    opportunity: Told
    invitation: InvitationRead | None = Field(description="Null: it matches, but nobody has invited it")
    met_at: datetime | None
    score: int | None
    eligibility: EligibilityName | None
    reasons: list[Reason]
    response: ResponseRead | None


class Inbox(SchemaOut):
    """An enterprise's inbox: invitations first, then by points."""

    items: list[InboxItem]
    new: int
    answered: int
    closed: int


class DialogueStepRead(SchemaOut):
    """One step of the dialogue. Who asked a question is not told."""

    at: datetime
    kind: StepKind
    enterprise_id: str | None
    enterprise_name: str | None
    rank: int | None
    score: int | None
    reason: DeclineReason | None
    text: str


class Dialogue(SchemaOut):
    """The whole dialogue about an opportunity, in the order of time: for the procurement file."""

    opportunity: Told
    plan: OutreachRead
    steps: list[DialogueStepRead]
    invitations: list[InvitationRead]
    responses: list[ResponseRead]
    questions: list[QuestionRead]
    shortlist: list[ShortlistRead]
    outcome: OutcomeRead | None


class OutcomeDue(SchemaOut):
    """An opportunity whose deadline has passed, and whose outcome has not been told."""

    opportunity_id: str
    owner_id: str
    title: str
    deadline_at: datetime
    due_at: datetime
    is_late: bool


class News(SchemaOut):
    """What is new for an organisation, as a buyer and as a keeper of enterprises."""

    responses: list[ResponseRead]
    questions: list[QuestionRead]
    outcomes_due: list[OutcomeDue]
    invitations: list[InvitationRead]
    answered_questions: list[QuestionRead]
