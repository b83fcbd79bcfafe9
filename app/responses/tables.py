"""Tables of the dialogue. What stands here is the buyer's and the enterprise's own business: nothing of it is synced.

Opportunities and enterprises are other rooms', so they are referred to by id; names are kept as they were then, since
a procurement file tells what was so.
"""

from datetime import date, datetime

from sqlalchemy import JSON, Column, Index, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from app.core.clock import now
from app.core.columns import id_column, new_id, state_column
from app.responses.vocabulary import (
    AnswerKind,
    DeclineReason,
    InvitationState,
    QuestionState,
    Reached,
    ResponseState,
    StepKind,
)


class OutreachPlan(SQLModel, table=True):
    """How a buyer lets Samnod invite, a batch a day; without a row, or with no batch, it invites by hand."""

    __tablename__ = "outreach_plan"

    opportunity_id: str = Field(primary_key=True, max_length=36)
    batch_size: int = Field(default=0, description="How many are invited a day; 0: by hand")
    enough: int = Field(default=0, description="How many interested are enough; 0: it goes on until the last day")
    answer_by: datetime | None = Field(default=None)
    paced_on: date | None = Field(default=None, description="The day of the last batch")
    rev: int = Field(default=1)
    updated_at: datetime = Field(default_factory=now)


class EnterpriseInvitation(SQLModel, table=True):
    """An invitation of one enterprise to one opportunity. Of its link only a keyed hash is here."""

    __tablename__ = "enterprise_invitation"
    __table_args__ = (UniqueConstraint("opportunity_id", "enterprise_id"),)

    id: str = Field(default_factory=new_id, sa_column=id_column())
    opportunity_id: str = Field(max_length=36)
    enterprise_id: str = Field(max_length=36, index=True)
    enterprise_name: str = Field(max_length=300)
    state: InvitationState = Field(sa_column=state_column(InvitationState, index=True))
    reached: Reached = Field(sa_column=state_column(Reached))
    rank: int | None = Field(default=None, description="Among the matches when it was invited; None: it was not one")
    score: int | None = Field(default=None)
    token_hash: str | None = Field(default=None, max_length=64, unique=True)
    is_paced: bool = Field(default=False, description="Invited by the plan and not by hand")
    is_requested: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": false()},
        description="Nobody invited it: it asked for the link itself",
    )
    created_at: datetime = Field(default_factory=now)
    sent_at: datetime | None = Field(default=None)
    expires_at: datetime | None = Field(default=None)
    seen_at: datetime | None = Field(default=None)
    answered_at: datetime | None = Field(default=None)
    used_at: datetime | None = Field(default=None, description="When its link was answered by")
    reminded_at: datetime | None = Field(default=None)


class EnterpriseResponse(SQLModel, table=True):
    """What one enterprise says to one opportunity, as it stands now."""

    __tablename__ = "enterprise_response"
    __table_args__ = (UniqueConstraint("opportunity_id", "enterprise_id"),)

    id: str = Field(default_factory=new_id, sa_column=id_column())
    opportunity_id: str = Field(max_length=36)
    enterprise_id: str = Field(max_length=36, index=True)
    enterprise_name: str = Field(max_length=300)
    state: ResponseState = Field(sa_column=state_column(ResponseState))
    kind: AnswerKind = Field(sa_column=state_column(AnswerKind))
    reason: DeclineReason | None = Field(default=None, sa_column=state_column(DeclineReason, nullable=True))
    text: str = Field(default="")
    is_joint: bool = Field(default=False)
    partner_ids: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    is_by_link: bool = Field(default=False)
    rev: int = Field(default=1)
    answered_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now, index=True)


class DialogueQuestion(SQLModel, table=True):
    """A question to a buyer. Who asked is told to nobody but the asker."""

    __tablename__ = "dialogue_question"

    id: str = Field(default_factory=new_id, sa_column=id_column())
    opportunity_id: str = Field(max_length=36, index=True)
    enterprise_id: str = Field(max_length=36, index=True)
    state: QuestionState = Field(sa_column=state_column(QuestionState))
    text: str = Field(description="As it was asked")
    shown_text: str = Field(default="", description="As the buyer shows it, where its own words tell who asks")
    answer: str = Field(default="")
    asked_at: datetime = Field(default_factory=now, index=True)
    answered_at: datetime | None = Field(default=None)


class ShortlistEntry(SQLModel, table=True):
    """An enterprise that a buyer looks at more closely, with a note of the buyer's own."""

    __tablename__ = "shortlist_entry"

    opportunity_id: str = Field(primary_key=True, max_length=36)
    enterprise_id: str = Field(primary_key=True, max_length=36)
    enterprise_name: str = Field(max_length=300)
    rank: int | None = Field(default=None)
    score: int | None = Field(default=None)
    note: str = Field(default="")
    rev: int = Field(default=1)
    added_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)


class DialogueStep(SQLModel, table=True):
    """One step of the dialogue, in the order in which they were taken; nothing is ever changed in it."""

    __tablename__ = "dialogue_step"
    __table_args__ = (Index(None, "opportunity_id", "number"),)

    number: int | None = Field(default=None, primary_key=True)
    opportunity_id: str = Field(max_length=36)
    at: datetime = Field(default_factory=now)
    kind: StepKind = Field(sa_column=state_column(StepKind))
    enterprise_id: str | None = Field(default=None, max_length=36)
    enterprise_name: str | None = Field(default=None, max_length=300)
    rank: int | None = Field(default=None)
    score: int | None = Field(default=None)
    reason: DeclineReason | None = Field(default=None, sa_column=state_column(DeclineReason, nullable=True))
    text: str = Field(default="")
