"""Tables of claims."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from app.claims.vocabulary import ClaimState
from app.core.clock import now
from app.core.columns import id_column, new_id, state_column


class EnterpriseClaim(SQLModel, table=True):
    """What somebody says who wants to keep an enterprise's record.

    The address is not here: accounts hold it, in an invitation that is sent when the claim is verified.
    """

    __tablename__ = "enterprise_claim"

    id: str = Field(default_factory=new_id, sa_column=id_column())
    enterprise_id: str = Field(max_length=36, index=True)
    area: str | None = Field(default=None, max_length=8, description="Where the enterprise has its seat")
    function: str = Field(max_length=300, description="What the claimant is there, never who")
    evidence: str = Field(description="How it can be verified")
    invitation_id: str = Field(max_length=36)
    state: ClaimState = Field(sa_column=state_column(ClaimState, index=True))
    created_at: datetime = Field(default_factory=now)
    decided_at: datetime | None = Field(default=None)
    decided_by: str | None = Field(default=None, max_length=36, description="Who decided: a random id")
    reason: str | None = Field(default=None, max_length=300)
    organization_id: str | None = Field(default=None, max_length=36, description="Who keeps the record since")
