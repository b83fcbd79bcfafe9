"""What is written to the requests for support and read from them."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from app.core.errors import Message
from app.core.i18n import N_
from app.core.keyset import KeysetQuery
from app.core.schema import FunctionAddress, KeptProse, RecordId, SchemaIn, SchemaOut
from app.support_requests.vocabulary import DeclineReason, Helped, RequestSide, RequestState, RequestStep, Sort

_Text = Annotated[KeptProse, StringConstraints(max_length=4000)]


class SupportRequestIn(SchemaIn):
    """What an enterprise asks of an offer. Nothing about people: the text is refused with a personal number in it."""

    offer_id: RecordId = Field(description="The support offer, which is published")
    enterprise_id: RecordId | None = Field(
        default=None, description="The enterprise that asks; may be left out by an organisation that keeps only one"
    )
    text: Annotated[_Text, StringConstraints(min_length=5)] = Field(description="What the enterprise needs")
    contact_email: FunctionAddress | None = Field(
        default=None, description="Where to reach it: a function's address. Without it: what its record says"
    )


class AcceptIn(SchemaIn):
    """What whoever accepts a request says of how to go on."""

    text: _Text = Field(default="", description="How to go on; nothing about people")


class DeclineIn(SchemaIn):
    """Why a request is declined."""

    reason: DeclineReason
    text: _Text = Field(default="", description="More, in one's own words; needed where the reason is another")

    @model_validator(mode="after")
    def _other_is_told(self) -> Self:
        if self.reason is DeclineReason.OTHER and not self.text:
            raise ValueError(Message(N_("write the reason, since it is another than those in the list")))
        return self


class OutcomeIn(SchemaIn):
    """Whether the support helped. Nobody else reads it; what many have said is counted together."""

    helped: Helped
    comment: _Text = Field(default="", description="For oneself: nobody else reads it")


class SupportRequestFilters(KeysetQuery):
    """Which requests: AND between parameters, OR within a repeated one."""

    side: RequestSide | None = Field(
        default=None, description="Those that one has sent, or those that one answers; without it both"
    )
    state: list[RequestState] = Field(default=[], max_length=len(RequestState), description="How far they have come")
    offer_id: RecordId | None = Field(default=None, description="Only requests to this offer")
    enterprise_id: RecordId | None = Field(default=None, description="Only requests of this enterprise")
    sort: Sort = Field(default=Sort.NEWEST, description="The order; `-` descends")


class SupportRequestSummary(SchemaOut):
    """A request as a row of a list."""

    id: str
    rev: int
    side: RequestSide = Field(description="On which side of it the reader is")
    offer_id: str
    offer_name: str
    enterprise_id: str
    enterprise_name: str
    provider_name: str
    is_by_coordinator: bool = Field(description="The coordinator of the region answers in the provider's place")
    state: RequestState
    sent_at: datetime
    due_at: datetime = Field(description="When it expires unless it is answered")
    answered_at: datetime | None
    decided_at: datetime | None
    days_waited: int = Field(description="Whole days until the first answer, or until now")
    is_outcome_asked: bool = Field(description="The enterprise has been asked whether it helped, and has not told yet")
    updated_at: datetime


class RequestEvent(SchemaOut):
    """One step of a request. `role` is as what somebody took it; none: the clock did."""

    at: datetime
    step: RequestStep
    state: RequestState
    role: str | None


class SupportRequestRead(SupportRequestSummary):
    """A request, whole, for one of its two sides."""

    text: str
    contact_email: str | None
    reason: DeclineReason | None
    answer: str
    helped: Helped | None = Field(description="For the enterprise that asked; null for everybody else")
    comment: str = Field(description="For the enterprise that asked; empty for everybody else")
    events: list[RequestEvent]


class OfferExperience(SchemaOut):
    """What those who asked have met with. A figure is told when at least five answers stand behind it."""

    offer_id: str
    reply_days: int | None = Field(description="The median of days to the first answer, of this offer")
    provider_reply_days: int | None = Field(description="The same, of everything that its provider gives")
    helpfulness: float | None = Field(
        description="How much it helped, from 0 to 1 in tenths, by each enterprise's latest word; in part counts half"
    )


class Waiting(SchemaOut):
    """How many requests wait for somebody: to be answered, and to be told whether they helped."""

    to_answer: int
    to_tell: int
