"""What comes in and goes out about claims."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.accounts.schemas import LoginAddress
from app.claims.vocabulary import ClaimState
from app.core.paging import PageQuery
from app.core.schema import FunctionName, KeptProse, SchemaIn, SchemaOut
from app.reference.fields import AreaCode

Evidence = Annotated[KeptProse, StringConstraints(min_length=5, max_length=2000)]


class ClaimIn(SchemaIn):
    """Somebody says that an enterprise is its own. The address is kept with accounts, and until it is decided."""

    email: LoginAddress = Field(
        description="A work address, to which the invitation goes", json_schema_extra={"example": "namn@example.org"}
    )
    function: Annotated[FunctionName, StringConstraints(min_length=2)] = Field(
        description="What the claimant is there, never who", json_schema_extra={"example": "Verksamhetsledare"}
    )
    evidence: Evidence = Field(
        description="How it can be verified: the organisation number, a switchboard, a public register",
        json_schema_extra={"example": "Organisationsnummer 556677-8899; ring växeln på vår webbplats."},
    )
    language: Literal["sv", "nb", "en"] = Field(default="sv", description="Language of the letters")


class ClaimReceipt(SchemaOut):
    """That a claim has come in; the same whether or not somebody keeps the record already."""

    enterprise_id: str
    received_at: datetime


class ClaimFilters(PageQuery):
    """Which claims: the open ones unless `state` says otherwise."""

    state: ClaimState = Field(default=ClaimState.OPEN, description="Which claims")
    area: AreaCode | None = Field(default=None, description="Area of the enterprise")


class ClaimRead(SchemaOut):
    """A claim, as the coordinator of the region sees it."""

    id: str
    enterprise_id: str
    enterprise_name: str | None = Field(description="None: the record is gone")
    organisation_number: str | None = Field(description="What the record says")
    kept_by: str | None = Field(description="Name of the organisation that keeps the record")
    area: str | None
    email: str | None = Field(description="None: forgotten, when the claim was refused")
    function: str
    evidence: str
    state: ClaimState
    created_at: datetime
    decided_at: datetime | None
    reason: str | None
    organization_id: str | None
