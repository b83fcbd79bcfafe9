"""What is written to and read from the list of organisations."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from app.core.paging import PageQuery
from app.core.patching import all_optional
from app.core.schema import (
    FunctionAddress,
    FunctionName,
    KeptLine,
    KeptProse,
    Line,
    SchemaIn,
    SchemaOut,
    SourceName,
    WebAddress,
    Whole,
)
from app.organizations.vocabulary import OrganizationKind, Part, Sort, Visibility
from app.reference.fields import AreaCode, AreaCodes, check_organisation_number

# Some actors of the field belong to no country: those of the Union, and the Nordic and international ones.
Country = Annotated[str, StringConstraints(pattern="^(SE|NO|EU|INT)$")]
LanguageCode = Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")]


class OrganizationCreate(SchemaIn):
    """A new organisation. Only the name, country, kind and source are needed."""

    name: KeptLine = Field(min_length=2)
    organisation_number: Annotated[str | None, AfterValidator(check_organisation_number)] = None
    country: Country
    kind: OrganizationKind
    parts: list[Part] = Field(default=[], max_length=len(Part), description="What it does in the field")
    visibility: Visibility = Visibility.PUBLIC
    area_code: AreaCode | None = Field(default=None, description="The municipality, county or country it works in")
    summary: KeptProse = ""
    language: LanguageCode = Field(default="sv", description="Language of the summary")
    website: WebAddress | None = None
    contact_function: FunctionName | None = Field(default=None, description="The function that answers, never a person")
    contact_email: FunctionAddress | None = None
    source: SourceName
    source_year: Whole | None = Field(default=None, ge=1900, le=2200)


@all_optional
class OrganizationPatch(OrganizationCreate):
    """A merge patch (RFC 7396) of an organisation: what is left out stays, null removes, a list is replaced whole."""


class OrganizationFilters(PageQuery):
    """Filters of the list: AND between parameters, OR within a repeated one."""

    words: Line = Field(default="", description="Every word, or its beginning")
    part: list[Part] = Field(default=[], max_length=len(Part), description="What it does in the field")
    kind: list[OrganizationKind] = Field(default=[], max_length=len(OrganizationKind), description="What sort it is")
    located_in: AreaCodes = Field(default=[], max_length=50, description="Area it works in")
    sort: Sort = Field(default=Sort.NAME, description="The order; `-` descends")


class OrganizationRead(SchemaOut):
    """An organisation."""

    id: str
    home: str
    rev: int
    owner_id: str | None
    name: str
    organisation_number: str | None
    country: str
    kind: OrganizationKind
    parts: list[Part]
    visibility: Visibility
    area_code: str | None
    summary: str
    language: str
    website: str | None
    contact_function: str | None
    contact_email: str | None
    source: str
    source_year: int | None
    updated_at: datetime
