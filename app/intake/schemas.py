"""What comes in and goes out about requests for cooperation."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from app.core.errors import Message
from app.core.i18n import N_
from app.core.keyset import KeysetQuery
from app.core.schema import (
    Code,
    Day,
    FunctionAddress,
    FunctionName,
    KeptLine,
    KeptProse,
    SchemaIn,
    SchemaOut,
)
from app.intake.vocabulary import ROUTE_LIST, RULE_LIST, Holds, Outcome, Side, Sort, State, Step
from app.reference import service as reference
from app.reference.fields import AreaCode


def _in_list(name: str) -> AfterValidator:
    """Return a validator that refuses codes which are not in the vocabulary called `name`."""

    def check(code: str) -> str:
        if not reference.has_code(name, code):
            raise ValueError(Message(N_("{code} is not in the list {lists}"), code=code, lists=name))
        return code

    return AfterValidator(check)


RouteCode = Annotated[Code, _in_list(ROUTE_LIST), Field(json_schema_extra={"example": "iop"})]
RuleCode = Annotated[Code, _in_list(RULE_LIST), Field(json_schema_extra={"example": "no_market"})]
Told = Annotated[KeptProse, StringConstraints(min_length=3, max_length=5000)]
Said = Annotated[KeptProse, StringConstraints(min_length=10, max_length=10_000)]


class CooperationIn(SchemaIn):
    """A request for cooperation, sent to the coordinator of the region. Nothing about persons is taken."""

    title: KeptLine = Field(min_length=3, json_schema_extra={"example": "Café i bygdegården"})
    text: Said = Field(
        description="What you want to do together, and why, without personal data",
        json_schema_extra={"example": "Vi vill driva kaféet med arbetsträning och söker ett samarbete med kommunen."},
    )
    area_code: AreaCode = Field(description="Where: a municipality or a county; its coordinator receives the request")
    wished_route: RouteCode | None = Field(default=None, description="From `codes/intake-route`, if you know")
    contact_function: FunctionName | None = Field(default=None, description="The function that answers, never a person")
    contact_email: FunctionAddress | None = Field(
        default=None, description="Where the answer goes when the organisation has nobody on Samnod"
    )
    language: Literal["sv", "nb", "en"] = Field(default="sv", description="Language of the letters")


class OpenCooperationIn(CooperationIn):
    """The same from whoever has no account: it says who it is, and where the link to follow the request is sent."""

    requester_name: KeptLine = Field(min_length=2, description="The association or organisation that asks")
    contact_email: FunctionAddress = Field(description="An address of a function, to which the link is sent")


class ExamineIn(SchemaIn):
    """That the possibilities are being examined; `due_on` until when, unless the usual day."""

    due_on: Day | None = Field(default=None, description="Until when; without one, the usual day")
    note: KeptLine = Field(default="", description="Shown to whoever asks")


class ProposalIn(SchemaIn):
    """A proposed decision: by which route, what, and why."""

    route: RouteCode
    proposal: Told = Field(json_schema_extra={"example": "Kommunen och föreningen träffar en överenskommelse om IOP."})
    reason: Told = Field(json_schema_extra={"example": "Det finns ingen marknad för verksamheten."})
    due_on: Day | None = Field(default=None, description="By when it is to be decided; without one, the usual day")


class ReturnIn(SchemaIn):
    """Why a proposal is taken back to be examined further."""

    note: KeptLine = Field(min_length=3, json_schema_extra={"example": "Kostnaden är inte utredd."})


class DecisionIn(SchemaIn):
    """What was decided, and why."""

    outcome: Outcome
    decision: Told = Field(json_schema_extra={"example": "Nämnden beslutar enligt förslaget."})
    reason: Told = Field(json_schema_extra={"example": "Nämndens protokoll § 14."})


class ChecklistIn(SchemaIn):
    """Whether each of the six rules of a partnership holds; a rule that is left out stays as it was."""

    rules: dict[RuleCode, Holds] = Field(
        max_length=20,
        description="By the codes of `codes/iop-rule`",
        json_schema_extra={"example": {"no_market": "no"}},
    )


class SupplementIn(SchemaIn):
    """What whoever asks adds."""

    note: Told = Field(json_schema_extra={"example": "Bygdegården har nu sagt ja till lokalen."})


class CooperationFilters(KeysetQuery):
    """Which requests: the caller's own, and for a coordinator those of the region."""

    state: list[State] = Field(default=[], max_length=len(State), description="Without it: in every state")
    area: AreaCode | None = Field(default=None, description="A county or municipality")
    overdue: bool = Field(default=False, description="Only those whose day has passed")
    sort: Sort = Field(default=Sort.OLDEST, description="The order; `-` descends")


class CooperationSummary(SchemaOut):
    """A request as a row of a list."""

    id: str
    rev: int
    side: Side = Field(description="On which side of it the caller is")
    title: str
    requester_name: str
    area_code: str
    state: State
    route: str | None = Field(description="The route that is proposed or decided")
    outcome: Outcome | None
    due_on: date | None = Field(description="By when the step that it is in is to be done")
    is_overdue: bool
    received_at: datetime
    updated_at: datetime


class CooperationEvent(SchemaOut):
    """One step of a request."""

    at: datetime
    step: Step
    state: State
    role: str | None = Field(description="As what somebody took it; null: the clock, or whoever has the link")
    note: str


class CooperationWarning(SchemaOut):
    """What speaks against a partnership; it stops nothing."""

    rule: str
    text: str
    basis: str


class CooperationRead(CooperationSummary):
    """A request, whole."""

    text: str
    wished_route: str | None
    organization_id: str | None
    contact_function: str | None
    contact_email: str | None
    language: str
    checklist: dict[str, Holds]
    warnings: list[CooperationWarning]
    proposal: str
    proposal_reason: str
    decision: str
    decision_reason: str
    decided_at: datetime | None
    steps: list[Step] = Field(description="What the caller can do with it now")
    events: list[CooperationEvent]
