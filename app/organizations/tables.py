"""Tables of the organisations."""

from sqlalchemy import Column, ForeignKey, Index, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.columns import Synced, id_column, new_id, sort_column, state_column
from app.organizations.vocabulary import OrganizationKind, Part, Visibility


class Organization(Synced, table=True):
    """A buyer, a support provider or another actor of the field; keys act for one."""

    __table_args__ = (UniqueConstraint("home", "organisation_number"), Index(None, "name_sort", "id"))

    id: str = Field(default_factory=new_id, sa_column=id_column())
    owner_id: str | None = Field(default=None, max_length=36, index=True, description="Who keeps it, if not itself")
    name: str = Field(max_length=300)
    name_sort: str = Field(sa_column=sort_column())
    organisation_number: str | None = Field(default=None, max_length=16)
    country: str = Field(max_length=3)
    kind: OrganizationKind = Field(sa_column=state_column(OrganizationKind, index=True))
    visibility: Visibility = Field(sa_column=state_column(Visibility))
    area_code: str | None = Field(default=None, max_length=8, index=True)
    summary: str = Field(default="")
    language: str = Field(max_length=3)
    website: str | None = Field(default=None, max_length=2048)
    contact_function: str | None = Field(default=None, max_length=300)
    contact_email: str | None = Field(default=None, max_length=320)


class OrganizationPart(SQLModel, table=True):
    """One thing that an organisation does in the field."""

    __tablename__ = "organization_part"

    organization_id: str = Field(
        sa_column=Column(String(36), ForeignKey("organization.id", ondelete="CASCADE"), primary_key=True)
    )
    part: Part = Field(sa_column=state_column(Part, primary_key=True))
