"""What the API says about a code."""

from pydantic import Field

from app.core.paging import PageQuery
from app.core.schema import Line, SchemaOut


class Labels(SchemaOut):
    """A label in the three languages."""

    sv: str
    nb: str
    en: str


class CodeRead(SchemaOut):
    """One code of a list, whatever the list."""

    code: str = Field(description="The code", json_schema_extra={"example": "90910000"})
    labels: Labels
    parent: str | None = Field(description="The code above it in the same list, where the list has levels")
    level: str | None = Field(
        description="Its level: country, county, municipality; division, group, class, category; NUTS level",
        json_schema_extra={"example": "class"},
    )
    area_codes: list[str] = Field(description="NUTS regions only: the counties that make it up today")
    public_service: bool | None = Field(
        description="CPV only: may be reserved under Directive 2014/24/EU Article 77 (115 codes)"
    )


class CodeFilters(PageQuery):
    """What narrows a list of codes."""

    words: Line | None = Field(default=None, description="Words or the beginning of a code, in any of the languages")
    parent: Line | None = Field(default=None, description="Only the codes directly below this one")
