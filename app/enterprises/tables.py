"""Tables of the registry. Child rows belong to one enterprise and are replaced with it."""

from datetime import date, datetime

from sqlalchemy import Column, ForeignKey, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.columns import Synced, id_column, index_of_shown, new_id, part_id, sort_column, state_column
from app.enterprises.vocabulary import (
    EligibilityState,
    EmployeesBand,
    Evidence,
    Kind,
    Lifecycle,
    OfferingKind,
    Ownership,
    Reservation,
    TurnoverBand,
)


def _of_enterprise(*, primary_key: bool = False) -> Column[str]:
    parent = ForeignKey("enterprise.id", ondelete="CASCADE")
    return Column(String(36), parent, nullable=False, primary_key=primary_key, index=not primary_key)


class Enterprise(Synced, table=True):
    """A social enterprise, or a project, network, association or event of the field."""

    __table_args__ = (
        UniqueConstraint("home", "organisation_number"),
        index_of_shown("name_sort", "id"),
        index_of_shown("updated_at", "id"),
        index_of_shown("kind"),
        index_of_shown("municipality"),
    )

    id: str = Field(default_factory=new_id, sa_column=id_column())
    owner_id: str | None = Field(default=None, max_length=36, index=True, description="The organisation that keeps it")
    name: str = Field(max_length=300)
    name_sort: str = Field(sa_column=sort_column())
    organisation_number: str | None = Field(default=None, max_length=16)
    country: str = Field(max_length=2)
    kind: Kind = Field(sa_column=state_column(Kind))
    lifecycle: Lifecycle = Field(sa_column=state_column(Lifecycle))
    legal_form: str | None = Field(default=None, max_length=64)
    municipality: str | None = Field(default=None, max_length=8)
    place: str | None = Field(default=None, max_length=300)
    founded_year: int | None = Field(default=None)
    public_ownership: Ownership = Field(sa_column=state_column(Ownership))
    summary: str = Field(default="")
    language: str = Field(max_length=3)
    employees: EmployeesBand | None = Field(default=None, sa_column=state_column(EmployeesBand, nullable=True))
    turnover: TurnoverBand | None = Field(default=None, sa_column=state_column(TurnoverBand, nullable=True))
    contact_function: str | None = Field(default=None, max_length=300)
    contact_email: str | None = Field(default=None, max_length=320)
    website: str | None = Field(default=None, max_length=2048)
    confirmed_on: date | None = Field(default=None)
    hidden_at: datetime | None = Field(default=None, description="When a coordinator hid it from everybody else")


class EnterpriseAlias(SQLModel, table=True):
    """Another name for the same enterprise."""

    __tablename__ = "enterprise_alias"

    enterprise_id: str = Field(sa_column=_of_enterprise(primary_key=True))
    name: str = Field(primary_key=True, max_length=300)


class Offering(SQLModel, table=True):
    """One thing that an enterprise sells, or one kind of work-training place."""

    id: str = Field(default_factory=part_id, sa_column=id_column())
    enterprise_id: str = Field(sa_column=_of_enterprise())
    position: int
    title: str = Field(max_length=300)
    description: str = Field(default="")
    kind: OfferingKind = Field(sa_column=state_column(OfferingKind))
    language: str = Field(max_length=3)
    cpv_is_guess: bool = Field(default=False)
    places_free: int | None = Field(default=None)


class OfferingCpv(SQLModel, table=True):
    """A CPV code of an offering; `enterprise_id` is repeated so that a filter reads one index."""

    __tablename__ = "offering_cpv"

    offering_id: str = Field(
        sa_column=Column(String(36), ForeignKey("offering.id", ondelete="CASCADE"), primary_key=True)
    )
    code: str = Field(primary_key=True, max_length=8, index=True)
    enterprise_id: str = Field(sa_column=_of_enterprise())
    position: int = Field(default=0)


class OfferingSector(SQLModel, table=True):
    """A sector of an offering."""

    __tablename__ = "offering_sector"

    offering_id: str = Field(
        sa_column=Column(String(36), ForeignKey("offering.id", ondelete="CASCADE"), primary_key=True)
    )
    sector: str = Field(primary_key=True, max_length=64, index=True)
    enterprise_id: str = Field(sa_column=_of_enterprise())


class EnterpriseCriterion(SQLModel, table=True):
    """One criterion of the definition, and how well it is known."""

    __tablename__ = "enterprise_criterion"

    enterprise_id: str = Field(sa_column=_of_enterprise(primary_key=True))
    criterion: str = Field(primary_key=True, max_length=64)
    state: Evidence = Field(sa_column=state_column(Evidence))
    on: date | None = Field(default=None)


class EnterpriseCertificate(SQLModel, table=True):
    """A certificate with its dates."""

    __tablename__ = "enterprise_certificate"

    enterprise_id: str = Field(sa_column=_of_enterprise(primary_key=True))
    name: str = Field(primary_key=True, max_length=300)
    valid_from: date | None = Field(default=None)
    valid_until: date | None = Field(default=None)


class EnterpriseEligibility(SQLModel, table=True):
    """What is known of the right to take part in reserved procurements: never the share itself, never a document."""

    __tablename__ = "enterprise_eligibility"

    enterprise_id: str = Field(sa_column=_of_enterprise(primary_key=True))
    reservation: Reservation = Field(sa_column=state_column(Reservation, primary_key=True))
    state: EligibilityState = Field(sa_column=state_column(EligibilityState))
    on: date | None = Field(default=None)
    valid_until: date | None = Field(default=None)


class EnterpriseArea(SQLModel, table=True):
    """An area that the enterprise declares it serves."""

    __tablename__ = "enterprise_area"

    enterprise_id: str = Field(sa_column=_of_enterprise(primary_key=True))
    area: str = Field(primary_key=True, max_length=8, index=True)


class EnterpriseTargetGroup(SQLModel, table=True):
    """A group that the enterprise gives work or training to."""

    __tablename__ = "enterprise_target_group"

    enterprise_id: str = Field(sa_column=_of_enterprise(primary_key=True))
    target_group: str = Field(primary_key=True, max_length=64, index=True)


class EnterpriseIndustry(SQLModel, table=True):
    """An industry code (SNI in Sweden, SN in Norway; both NACE)."""

    __tablename__ = "enterprise_industry"

    enterprise_id: str = Field(sa_column=_of_enterprise(primary_key=True))
    code: str = Field(primary_key=True, max_length=8)


class EnterpriseLanguage(SQLModel, table=True):
    """A language that the enterprise works in."""

    __tablename__ = "enterprise_language"

    enterprise_id: str = Field(sa_column=_of_enterprise(primary_key=True))
    language: str = Field(primary_key=True, max_length=3)
